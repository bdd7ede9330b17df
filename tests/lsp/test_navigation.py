from __future__ import annotations

from collections.abc import Callable

import pytest

from flowengine.catalogue.catalogue import Catalogue
from flowengine.findings import Span
from flowengine.lsp.navigation import definition, uses
from flowengine.lsp.positions import Point

At = Callable[[str], tuple[str, Point]]


def text_at(text: str, span: Span) -> str:
    assert span.line == span.end_line
    return text.split("\n")[span.line - 1][span.column - 1 : span.end_column - 1]


@pytest.mark.parametrize(
    ("mark", "line"),
    [
        ("start: sea|>rch", "  search:"),
        ("conversationActive: gre|>et", "  greet:"),
        ("onSuccess: do|>ne", "  done: {end: success}"),
        ('$(search.conver|>sationId)"', "  search:"),
        ("$(na|>me)", 'variables: {name: {type: string, default: ""}, greeting: ""}'),
        ("set: {na|>me:", 'variables: {name: {type: string, default: ""}, greeting: ""}'),
        ("sea|>rch:", "  search:"),
    ],
)
def test_a_name_leads_to_where_it_stands(flow: str, at: At, catalogue: Catalogue, mark: str, line: str) -> None:
    text, point = at(flow.replace(mark.replace("|>", ""), mark, 1))

    span = definition(text, point, catalogue)

    assert span is not None
    assert text.split("\n")[span.line - 1] == line


@pytest.mark.parametrize("mark", ["$(trig|>ger.sms.serviceNumber)", "title: 👋 Kn|>own?", "chan|>nel: sms"])
def test_what_is_no_name_leads_nowhere(flow: str, at: At, catalogue: Catalogue, mark: str) -> None:
    assert definition(*at(flow.replace(mark.replace("|>", ""), mark, 1)), catalogue) is None


def test_names_lead_there_while_the_text_is_no_yaml(flow: str, at: At, catalogue: Catalogue) -> None:
    text, point = at(flow.replace("title: 👋", 'title: "').replace("onSuccess: done", "onSuccess: do|>ne"))

    span = definition(text, point, catalogue)

    assert span is not None
    assert text_at(text, span) == "done"


def test_nodes_in_braces_are_found(at: At, catalogue: Catalogue) -> None:
    text, point = at("flow: x\nstart: |>a\nnodes: {b: {end: error},\n a: {end: success}}\n")

    assert definition(text, point, catalogue) == Span(4, 2, 4, 3)


def test_every_use_of_a_node_is_found(flow: str, at: At, catalogue: Catalogue) -> None:
    text, point = at(flow.replace("start: search", "start: sea|>rch"))

    found = uses(text, point, catalogue, True)

    assert {text_at(text, span) for span in found} == {"search"}
    assert [span.line for span in found] == [6, 8, 15, 25]
    assert len(uses(text, point, catalogue, False)) == 3


def test_every_use_of_a_variable_is_found(flow: str, at: At, catalogue: Catalogue) -> None:
    text, point = at(flow.replace("$(name)", "$(na|>me)"))

    assert [span.line for span in uses(text, point, catalogue, True)] == [2, 15, 25]


def test_without_yaml_there_are_no_uses(flow: str, at: At, catalogue: Catalogue) -> None:
    assert uses(*at(flow.replace("start: search", "start: sea|>rch").replace("👋 K", '"')), catalogue, True) == []
