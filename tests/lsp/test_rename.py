from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from flowengine.catalogue.catalogue import Catalogue
from flowengine.check.validate import read_flow, report
from flowengine.errors import UsageError
from flowengine.flowfile.yaml_tree import parse_yaml, to_value
from flowengine.lsp.positions import Point
from flowengine.lsp.rename import rename, renameable

At = Callable[[str], tuple[str, Point]]
FLOWS = Path(__file__).resolve().parents[2] / "flows"

WRITTEN = r"""flow: written
start: "sea"
defaults: {edges: {onError: sea}}
nodes:
  'sea':
    type: set-variables@1.0
    inputs:
      values:
        a: $(sea.outcome)
        b: '👋 $(sea) $$(sea) $(sea.outcome)$(seal.outcome)'
        c: |
          $(sea.outcome)
            $(sea["outcome"])
        d: >-
          Folded $(sea.outcome)
          text
        e: "\u00e4 $(sea.outcome)"
    set: {a: $(sea.outcome)}
    edges: {onSuccess: sea, "sea": sea}
  sea-l: {end: success}
"""


def renamed(text: str, point: Point, new: str, catalogue: Catalogue) -> str:
    lines = text.split("\n")
    for span in reversed(rename(text, point, new, catalogue)):
        line = lines[span.line - 1]
        assert line[span.column - 1 : span.end_column - 1] == "sea"
        lines[span.line - 1] = line[: span.column - 1] + new + line[span.end_column - 1 :]
    return "\n".join(lines)


def test_the_node_its_edges_and_its_references_are_renamed_and_nothing_else(at: At, catalogue: Catalogue) -> None:
    text, point = at(WRITTEN.replace("'sea':", "'s|>ea':"))

    after = renamed(text, point, "ocean", catalogue)

    wanted = (
        text.replace("$$(sea)", "KEPT").replace('"sea":', "LABEL").replace("$(seal", "SEAL").replace("sea-l", "END")
    )
    wanted = wanted.replace("sea", "ocean")
    wanted = (
        wanted.replace("KEPT", "$$(sea)").replace("LABEL", '"sea":').replace("SEAL", "$(seal").replace("END", "sea-l")
    )
    assert after == wanted


def test_beside_a_reference_that_cannot_be_read_the_others_are_renamed(flow: str, at: At, catalogue: Catalogue) -> None:
    text, point = at(flow.replace("start: search", "start: |>search").replace("$(name) of", "$(1) of"))

    assert [span.line for span in rename(text, point, "find", catalogue)] == [6, 8, 15, 25]


@pytest.mark.parametrize("path", sorted(FLOWS.glob("*.yaml")), ids=lambda path: path.stem)
def test_after_renaming_every_node_a_flow_is_as_right_as_before(path: Path, catalogue: Catalogue) -> None:
    before = report(read_flow(path.read_text("utf-8"), path), catalogue).findings
    text = path.read_text("utf-8")

    for name in to_value(parse_yaml(text, ""))["nodes"]:
        line = next(number for number, one in enumerate(text.split("\n")) if one.startswith(f"  {name}:"))
        lines = text.split("\n")
        for span in reversed(rename(text, Point(line, 2), f"{name}_2", catalogue)):
            old = lines[span.line - 1]
            lines[span.line - 1] = f"{old[: span.column - 1]}{name}_2{old[span.end_column - 1 :]}"
        text = "\n".join(lines)

    after = report(read_flow(text, path), catalogue).findings
    assert [(one.code, one.span and one.span.line) for one in after] == [
        (one.code, one.span and one.span.line) for one in before
    ]


@pytest.mark.parametrize(
    ("new", "why"),
    [
        ("a b", "cannot be the id of a node"),
        ("", "cannot be the id of a node"),
        ("run", "cannot be the id of a node"),
        ("true", "is not read as text"),
        ("greet", "there is a node 'greet' already"),
        ("name", "there is a variable 'name' already"),
    ],
)
def test_a_name_that_cannot_be_is_refused(flow: str, at: At, catalogue: Catalogue, new: str, why: str) -> None:
    with pytest.raises(UsageError, match=why):
        rename(*at(flow.replace("start: search", "start: |>search")), new, catalogue)


def test_the_same_name_changes_nothing(flow: str, at: At, catalogue: Catalogue) -> None:
    assert rename(*at(flow.replace("start: search", "start: |>search")), "search", catalogue) == []


@pytest.mark.parametrize(
    ("mark", "why"),
    [("$(na|>me)", "'name' is a variable"), ("$(trig|>ger.sms.serviceNumber)", "'trigger' is no node of this flow")],
)
def test_only_nodes_can_be_renamed(flow: str, at: At, catalogue: Catalogue, mark: str, why: str) -> None:
    with pytest.raises(UsageError, match=why):
        renameable(*at(flow.replace(mark.replace("|>", ""), mark)), catalogue)


def test_where_there_is_no_name_there_is_nothing_to_rename(flow: str, at: At, catalogue: Catalogue) -> None:
    text, point = at(flow.replace("title: 👋 Known?", "title: 👋 Kn|>own?"))

    assert renameable(text, point, catalogue) is None
    with pytest.raises(UsageError, match="there is no node here"):
        rename(text, point, "new", catalogue)


def test_while_the_text_is_no_yaml_nothing_is_renamed(flow: str, at: At, catalogue: Catalogue) -> None:
    broken = flow.replace("start: search", "start: |>search").replace("title: 👋", 'title: "')

    with pytest.raises(UsageError, match=r"no YAML at the moment \(line 25: "):
        rename(*at(broken), "new", catalogue)


def test_a_reference_that_is_hidden_by_escapes_is_not_forgotten(flow: str, at: At, catalogue: Catalogue) -> None:
    hidden = flow.replace("start: search", "start: |>search").replace("of $(search", r"of \x24(search")

    with pytest.raises(UsageError, match="line 25 refers to 'search' with escapes"):
        rename(*at(hidden), "new", catalogue)
