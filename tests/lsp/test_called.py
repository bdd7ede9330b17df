"""What is offered of flows that a file can call, and the way from a call to the flow."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from flowengine.catalogue.catalogue import Catalogue
from flowengine.lsp.called import CatalogueAt
from flowengine.lsp.completion import complete
from flowengine.lsp.hover import hover
from flowengine.lsp.navigation import called_file, definition, uses
from flowengine.lsp.outline import outline
from flowengine.lsp.positions import Point

At = Callable[[str], tuple[str, Point]]

CALLED = """\
flow: called
title: Greets somebody
description: Says hello.
inputs: {name: {type: string, description: Who is greeted.}, greeting: {type: string, default: Hello}}
outputs: {said: $(said), name: $(name)}
variables: {said: {type: string}}
start: say
nodes:
  say:
    type: set-variables@1.0
    inputs: {values: {said: "$(greeting), $(name)!"}}
    edges: {onSuccess: done, onInvalidData: failed}
  done: {end: success, title: greeted, description: It is said.}
  failed: {end: error, title: not greeted}
"""
CALLER = """\
flow: caller
variables: {text: ""}
start: call
nodes:
  call:
    type: call-flow@1.0
    inputs:
      flow: called
      inputs: {name: Kim}
    set: {text: $(call.said)}
    edges: {greeted: done}
  done: {end: success}
"""


@pytest.fixture
def near(tmp_path: Path) -> CatalogueAt:
    (tmp_path / "flowengine.yaml").write_text("default: sandbox\n")
    (tmp_path / "called.yaml").write_text(CALLED)
    (tmp_path / "flows").mkdir()
    return CatalogueAt(Catalogue(), tmp_path / "flows" / "caller.yaml")


def offered(at: At, near: Catalogue, old: str, new: str) -> dict[str, str]:
    assert old in CALLER
    return {item.label: item.detail for item in complete(*at(CALLER.replace(old, new, 1)), near)}


def test_the_flows_that_can_be_called_are_offered(at: At, near: CatalogueAt) -> None:
    assert offered(at, near, "flow: called", "flow: |>") == {"called": "Greets somebody"}


def test_the_inputs_of_the_called_flow_are_offered(at: At, near: CatalogueAt) -> None:
    assert offered(at, near, "{name: Kim}", "{|>}") == {"name": "required", "greeting": ""}


def test_the_ends_of_the_called_flow_are_offered_first(at: At, near: CatalogueAt) -> None:
    assert offered(at, near, "{greeted: done}", "{|>}") == {
        "greeted": "success",
        "not greeted": "error",
        "onError": "error",
    }


def test_the_outputs_of_the_called_flow_are_offered(at: At, near: CatalogueAt) -> None:
    assert list(offered(at, near, "$(call.said)", "$(call.|>)")) == ["name", "said", "outcome"]


def test_without_the_flow_what_every_call_has_is_offered(at: At, near: CatalogueAt) -> None:
    assert "greeted" not in offered(at, near, "flow: called\n", "flow: nothing\n    |>")
    text = CALLER.replace("flow: called", "flow: nothing").replace("{greeted: done}", "{|>}")
    assert "onError" in {item.label for item in complete(*at(text), near)}


def test_an_end_is_explained(at: At, near: CatalogueAt) -> None:
    assert "It is said." in hover(*at(CALLER.replace("{greeted", "{gree|>ted")), near)
    assert "Who is greeted." in hover(*at(CALLER.replace("{name: Kim", "{na|>me: Kim")), near)


def test_the_id_of_a_called_flow_leads_to_its_file(at: At, near: CatalogueAt, tmp_path: Path) -> None:
    found = called_file(*at(CALLER.replace("flow: called", "flow: cal|>led")), near)

    assert found is not None
    assert (found[0], found[1].line, found[1].column) == (tmp_path / "called.yaml", 1, 7)


@pytest.mark.parametrize("mark", ["flow: cal|>ler", "name: K|>im", "start: ca|>ll", "type: call-f|>low@1.0"])
def test_nothing_else_leads_to_another_file(at: At, near: CatalogueAt, mark: str) -> None:
    assert called_file(*at(CALLER.replace(mark.replace("|>", ""), mark, 1)), near) is None


def test_two_flows_of_one_id_lead_nowhere(at: At, near: CatalogueAt, tmp_path: Path) -> None:
    (tmp_path / "twin.yaml").write_text(CALLED)
    assert called_file(*at(CALLER.replace("flow: called", "flow: cal|>led")), near) is None


def test_an_input_is_a_name_like_a_variables(at: At, near: CatalogueAt) -> None:
    text, point = at(CALLED.replace('"$(greeting), $(name)!"', '"$(greeting), $(na|>me)!"'))
    span = definition(text, point, near)

    assert span is not None
    assert (span.line, span.column) == (4, 10)
    assert [one.line for one in uses(text, point, near, with_own=True)] == [4, 5, 11]


def test_outputs_are_offered_what_the_flow_has(at: At, near: CatalogueAt) -> None:
    text, point = at(CALLED.replace("said: $(said)", "said: $(|>)"))
    assert {item.label for item in complete(text, point, near)} == {"name", "greeting", "said", "say", "trigger", "run"}


def test_inputs_are_in_the_outline() -> None:
    (inputs,) = [one for one in outline(CALLED) if one.name == "inputs"]
    assert [(one.name, one.kind, one.detail) for one in inputs.inside] == [
        ("name", "variable", "string"),
        ("greeting", "variable", "string"),
    ]
