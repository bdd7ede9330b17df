from __future__ import annotations

import pytest

from flowengine.lsp.draft import read_draft

WAY = """\
flow: way
defaults: {edges: {onError: failed}}
start: a
nodes:
  a: {type: delay@1.0, edges: {onTimeout: b}}
  b: {type: delay@1.0, edges: {onTimeout: c}}
  c: {type: delay@1.0, edges: {onTimeout: b}}
  d: {type: delay@1.0, edges: {onTimeout: a}}
  failed: {end: error}
"""


def test_a_right_flow_is_read_whole(flow: str) -> None:
    draft = read_draft(flow)

    assert list(draft.nodes) == ["search", "greet", "done", "failed"]
    assert draft.nodes["search"]["inputs"]["channel"] == "sms"
    assert draft.variables["name"] == {"type": "string", "default": ""}


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("title: 👋 Known?", "title: 👋 Known?\n    inp"),
        ("title: 👋 Known?", 'title: "👋 Known?'),
        ("title: 👋 Known?", "title: {"),
        ("title: 👋 Known?", "title: &known"),
        ("title: 👋 Known?", "type: twice"),
        ("title: 👋 Known?", "\ttitle: tab"),
    ],
)
def test_a_wrong_line_hides_little(flow: str, right: str, wrong: str) -> None:
    draft = read_draft(flow.replace(right, wrong))

    assert list(draft.nodes) == ["search", "greet", "done", "failed"]
    assert draft.nodes["greet"]["edges"] == {"onSuccess": "done"}
    assert draft.data["start"] == "search"


def test_a_half_typed_line_leaves_the_rest_of_its_node(flow: str) -> None:
    draft = read_draft(flow.replace("    title: 👋 Known?", "    titl"))

    assert draft.nodes["search"]["type"] == "search-conversation@1.3"
    assert draft.nodes["search"]["edges"]["conversationActive"] == "greet"


@pytest.mark.parametrize(
    "text", ["", "nodes: []", "nodes: 1", "nodes:\n  a: 1", "[1]", "variables: x", "{", "- a\n- b"]
)
def test_what_has_another_shape_is_left_out(text: str) -> None:
    draft = read_draft(text)

    assert not any(draft.nodes.values())
    assert not draft.variables


def test_what_can_have_run_before_a_node_is_what_leads_to_it() -> None:
    draft = read_draft(WAY)

    assert draft.before("b") == {"a", "b", "c", "d"}
    assert draft.before("a") == {"d"}
    assert draft.before("d") == set()
    assert draft.before("failed") == {"a", "b", "c", "d"}
