from __future__ import annotations

import difflib
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flowengine.catalogue.catalogue import Catalogue
from flowengine.check.validate import read_flow, validate
from flowengine.core.values import same
from flowengine.flowfile.yaml_tree import parse_yaml, to_value
from flowengine.studio.operations import Editing, Refused

FLOWS = sorted((Path(__file__).parents[2] / "flows").glob("*.yaml"))
CATALOGUE = Catalogue()

Op = dict[str, Any]


def edited(text: str, *operations: Op) -> str:
    editing = Editing(text, CATALOGUE)
    editing.do(operations)
    return editing.text


def data_of(text: str) -> Any:
    return to_value(parse_yaml(text, ""))


def difference(old: str, new: str) -> list[str]:
    lines = difflib.unified_diff(old.split("\n"), new.split("\n"), n=0)
    return [line for line in lines if line[:2] not in {"--", "++", "@@"}]


@pytest.mark.parametrize(
    ("operation", "lines"),
    [
        (
            {"op": "connect", "node": "search", "outcome": "conversationOnHold", "to": "create"},
            ["-      conversationOnHold: append", "+      conversationOnHold: create"],
        ),
        (
            {"op": "connect", "node": "search", "outcome": "onError", "to": "create"},
            ["+      onError: create"],
        ),
        (
            {"op": "connect", "node": None, "outcome": "Failure", "to": "changed"},
            ["-    Failure: failed", "+    Failure: changed"],
        ),
        (
            {"op": "disconnect", "node": "reopen", "outcome": "ConversationReopenFailed"},
            [
                "-    edges: {ConversationReopened: append, ConversationReopenFailed: changed}",
                "+    edges: {ConversationReopened: append}",
            ],
        ),
        (
            {"op": "set", "node": "search", "path": ["inputs", "businessNumber"], "value": "+447700900999"},
            [
                "-      businessNumber: $(trigger.sms.serviceNumber)",
                '+      businessNumber: "+447700900999"',
            ],
        ),
        ({"op": "set", "node": "search", "path": ["timeout"], "value": "5s"}, ["+    timeout: 5s"]),
        (
            {"op": "set", "node": None, "path": ["variables", "count"], "value": {"type": "number", "default": 0}},
            ["+  count: {type: number, default: 0}"],
        ),
        (
            {"op": "set", "node": "search", "path": ["set"], "remove": True},
            ["-    set: {conversationId: $(search.conversationId)}"],
        ),
        (
            {"op": "set", "node": None, "path": ["trigger", "when", 1], "value": {"value": "a", "equals": "b"}},
            ["+    - {value: a, equals: b}"],
        ),
        ({"op": "set-start", "node": "search"}, ["-start: read", "+start: search"]),
        (
            {"op": "change-type", "node": "reopen", "type": "close-conversation"},
            ["-    type: reopen-conversation@1.0", "+    type: close-conversation@1.0"],
        ),
        ({"op": "add-end", "end": "error"}, ["+  failed-2: {end: error}"]),
        (
            {"op": "add-node", "type": "delay", "title": "Wait: a bit"},
            ["+  delay:", "+    type: delay@1.0", '+    title: "Wait: a bit"', "+"],
        ),
        (
            {
                "op": "add-node",
                "type": "delay",
                "id": "pause",
                "after": {"node": "search", "outcome": "conversationClosed"},
            },
            [
                "-      conversationClosed: reopen",
                "+      conversationClosed: pause",
                "+",
                "+  pause:",
                "+    type: delay@1.0",
                "+    edges: {onTimeout: reopen}",
            ],
        ),
    ],
)  # fmt: skip
def test_an_operation_changes_its_own_lines_only(sms: str, operation: Op, lines: list[str]) -> None:
    new = edited(sms, operation)

    assert difference(sms, new) == lines
    read_flow(new, Path("flow.yaml"))


def test_renaming_takes_all_references_along(sms: str) -> None:
    new = edited(sms, {"op": "rename", "node": "search", "to": "find"})

    assert not re.search(r"\$\(search\b|[:{,] search\b(?!-)|^ +search:", new, re.MULTILINE)
    assert [one for one in validate(read_flow(new, Path("f.yaml")), CATALOGUE) if one.severity == "error"] == []
    assert edited(new, {"op": "rename", "node": "find", "to": "search"}) == sms


def test_a_duplicate_is_written_alike_and_leads_nowhere(sms: str) -> None:
    operation: Op = {"op": "duplicate", "node": "search"}
    editing = Editing(sms, CATALOGUE)
    editing.do([operation, operation])
    nodes = data_of(editing.text)["nodes"]

    assert editing.added == ["search-2", "search-3"]
    assert list(nodes).index("search-3") == list(nodes).index("search") + 1
    assert "edges" not in nodes["search-2"]
    assert nodes["search"]["set"] == {"conversationId": "$(search.conversationId)"}
    alike = {"edges": nodes["search"]["edges"], "set": nodes["search"]["set"]}
    assert {**nodes["search-3"], **alike} == nodes["search"]
    assert nodes["search-3"]["set"] == {"conversationId": "$(search-3.conversationId)"}
    assert all(line.startswith("+") for line in difference(sms, editing.text))


@pytest.mark.parametrize("head", ["", "nodes:\n", "flow: x\nstart: delay\nnodes:\n"])
def test_nodes_that_are_pasted_keep_their_edges_to_each_other(sms: str, head: str) -> None:
    copied = "  search: {type: delay@1.0, edges: {onTimeout: out, onError: no}}\n  out: {end: success, title: 'a: b'}\n"
    nodes = data_of(edited(sms, {"op": "paste", "text": head + copied}))["nodes"]

    assert nodes["search-2"] == {"type": "delay@1.0", "edges": {"onTimeout": "out"}}
    assert nodes["out"] == {"end": "success", "title": "a: b"}


def test_nodes_that_are_pasted_refer_to_each_other(sms: str) -> None:
    copied = """
search: {type: search-conversation@1.3, set: {a: "$(search.conversationId), $$(search.x) of $(create.x)"}}
append:
  type: append-message@1.4
  inputs: {conversationId: $(search.conversationId), text: "$(search", list: [$(run.id)]}
"""
    nodes = data_of(edited(sms, {"op": "paste", "text": copied}))["nodes"]

    assert nodes["search-2"]["set"] == {"a": "$(search-2.conversationId), $$(search.x) of $(create.x)"}
    assert nodes["append-2"]["inputs"] == {
        "conversationId": "$(search-2.conversationId)",
        "text": "$(search",
        "list": ["$(run.id)"],
    }


def test_removing_a_node_removes_what_leads_to_it(sms: str) -> None:
    new = data_of(edited(sms, {"op": "remove", "node": "failed"}))

    assert "failed" not in new["nodes"]
    assert "edges" not in new["defaults"]
    assert new["nodes"]["changed"]["edges"] == {"Look again": "search"}


def test_removing_the_start_lets_the_flow_begin_behind_it(sms: str) -> None:
    new = edited(sms, {"op": "remove", "node": "read"})

    assert data_of(new)["start"] == "search"
    assert "nodes:\n  search:" in new


def test_a_flow_is_built_from_an_empty_text(catalogue: Catalogue) -> None:
    new = edited(
        "",
        {"op": "new", "id": "hello", "title": "Say hello"},
        {"op": "add-node", "type": "search-conversation", "id": "search"},
        {"op": "set-start", "node": "search"},
        {"op": "set", "node": "search", "path": ["inputs"], "value": {"channel": "sms"}},
        {"op": "set", "node": "search", "path": ["inputs", "businessNumber"], "value": "+447700900900"},
        {"op": "set", "node": "search", "path": ["inputs", "customerNumber"], "value": "$(trigger.sms.senderNumber)"},
        {"op": "add-end", "end": "error", "id": "failed"},
        {"op": "connect", "node": None, "outcome": "onInvalidChoice", "to": "failed"},
        {"op": "connect", "node": "search", "outcome": "conversationActive", "to": "done"},
        {"op": "set", "node": None, "path": ["trigger"], "value": {"channel": "sms", "event": "incoming-message"}},
    )

    assert new == (
        "flow: hello\nformat: 1\ntitle: Say hello\n\ntrigger:\n  channel: sms\n  event: incoming-message\n\n"
        "defaults:\n  edges: {onInvalidChoice: failed}\n\nstart: search\n\nnodes:\n"
        "  search:\n    type: search-conversation@1.3\n"
        '    inputs: {channel: sms, businessNumber: "+447700900900", customerNumber: $(trigger.sms.senderNumber)}\n'
        "    edges: {conversationActive: done}\n\n"
        "  done: {end: success}\n  failed: {end: error}\n"
    )
    errors = [one for one in validate(read_flow(new, Path("f.yaml")), catalogue) if one.severity == "error"]
    assert errors == []


def test_texts_with_errors_elsewhere_can_be_edited(sms: str) -> None:
    broken = sms.replace("title: Open it again", "title: [Open it again")

    new = edited(broken, {"op": "set", "node": "search", "path": ["title"], "value": "Who is it?"})

    assert difference(broken, new) == ["-    title: Known customer?", "+    title: Who is it?"]


@pytest.mark.parametrize("newline", ["\r\n", "\n"])
def test_line_breaks_and_a_text_in_braces_stay_as_they_are(newline: str) -> None:
    text = newline.join(
        ["flow: x", "start: a", "nodes:", "  a: {type: delay@1.0, edges: {onTimeout: b}}", "  b: {end: success}", ""]
    )
    new = edited(
        text, {"op": "add-end", "end": "error"}, {"op": "connect", "node": "a", "outcome": "onError", "to": "failed"}
    )
    assert new.split(newline)[3:] == [
        "  a: {type: delay@1.0, edges: {onTimeout: b, onError: failed}}",
        "  b: {end: success}",
        "  failed: {end: error}",
        "",
    ]

    braces = '{"flow": "x", "start": "a", "nodes": {"a": {"end": "success"}}}'
    assert edited(braces, {"op": "add-end", "end": "error", "id": "b"}) == (
        '{"flow": "x", "start": "a", "nodes": {"a": {"end": "success"}, b: {end: error}}}'
    )


@pytest.mark.parametrize(
    ("operation", "said"),
    [
        ({"op": "explode"}, "'explode' is no `op`"),
        ({"op": "remove", "node": "nowhere"}, "there is no node 'nowhere'"),
        ({"op": "remove"}, "needs `node`"),
        ({"op": "connect", "node": "failed", "outcome": "onError", "to": "read"}, "is an end"),
        ({"op": "connect", "node": "read", "outcome": "onError", "to": "nowhere"}, "there is no node 'nowhere'"),
        ({"op": "connect", "node": "read", "outcome": " ", "to": "failed"}, "is no outcome"),
        ({"op": "disconnect", "node": "search", "outcome": "onError"}, "the one of `defaults` holds for every node"),
        ({"op": "add-node", "type": "nothing-like-it"}, "there is no node type"),
        ({"op": "add-node", "type": "delay", "id": "trigger"}, "cannot be the id of a node"),
        ({"op": "add-node", "type": "delay", "id": "search"}, "there is a node 'search' already"),
        ({"op": "add-node", "type": "delay", "id": "a: b"}, "cannot be the id of a node"),
        ({"op": "rename", "node": "search", "to": "text"}, "there is a variable 'text' already"),
        ({"op": "change-type", "node": "failed", "type": "delay"}, "is an end"),
        ({"op": "set", "node": "search", "path": [], "value": 1}, "`path` is a list"),
        ({"op": "set", "node": "search", "path": ["title", "deeper"], "value": 1}, "no place for 'deeper'"),
        ({"op": "set", "node": "search", "path": ["timeout"], "remove": True}, "there is no"),
        ({"op": "set", "node": "search", "path": ["inputs", "x"], "value": 1e300}, "would read back as text"),
        ({"op": "new", "id": "x"}, "there is a flow in this text already"),
        ({"op": "apply", "edits": [{"line": 0}]}, "count from 1"),
        ({"op": "duplicate", "node": "nowhere"}, "there is no node 'nowhere'"),
        ({"op": "paste", "text": "just words"}, "is no node"),
        ({"op": "paste", "text": "a: {type: delay}\nb: 1"}, "is no node"),
        ({"op": "paste", "text": "a: ["}, "is no node"),
        ({"op": "paste", "text": "'<img src=x>': {type: delay}"}, "cannot be the id of a node"),
    ],
)
def test_what_cannot_be_done_is_refused_and_changes_nothing(sms: str, operation: Op, said: str) -> None:
    editing = Editing(sms, CATALOGUE)
    with pytest.raises(Refused, match=re.escape(said)) as refused:
        editing.do([{"op": "set-start", "node": "search"}, operation])
    assert refused.value.number == 1


@pytest.mark.parametrize(
    "name", ["<img src=x onerror=alert(1)>", "__proto__", "\u202egnp.exe", "'; DROP TABLE", "a\nb: c", "{x}"]
)
def test_hostile_texts_stay_texts(sms: str, name: str) -> None:
    new = edited(
        sms,
        {"op": "set", "node": "search", "path": ["title"], "value": name},
        {"op": "set", "node": "search", "path": ["inputs", name], "value": {name: name}},
        {"op": "connect", "node": "search", "outcome": " ".join(name.split()), "to": "failed"},
    )

    node = data_of(new)["nodes"]["search"]
    assert node["title"] == name
    assert node["inputs"][name] == {name: name}
    assert node["edges"][" ".join(name.split())] == "failed"


def test_a_hostile_flow_id_stays_a_text() -> None:
    assert data_of(edited("", {"op": "new", "id": "x\nnodes: {}", "title": "a: b"}))["flow"] == "x\nnodes: {}"


names = st.sampled_from(["alpha", "beta-2", "gamma_3"])


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(FLOWS), st.data())
def test_an_operation_and_its_inverse_mean_nothing(path: Path, data: st.DataObject) -> None:
    text = path.read_text("utf-8")
    nodes = data_of(text)["nodes"]
    work = data.draw(st.sampled_from([name for name, node in nodes.items() if "type" in node]))
    other = data.draw(st.sampled_from(list(nodes)))
    new = data.draw(names)
    edges = nodes[work].get("edges", {})
    pairs: list[tuple[Op, Op]] = [
        ({"op": "rename", "node": other, "to": new}, {"op": "rename", "node": new, "to": other}),
        ({"op": "add-end", "end": "error", "id": new}, {"op": "remove", "node": new}),
        ({"op": "add-node", "type": "delay", "id": new}, {"op": "remove", "node": new}),
        (
            {"op": "connect", "node": work, "outcome": "brandNew", "to": other},
            {"op": "disconnect", "node": work, "outcome": "brandNew"},
        ),
        (
            {"op": "set", "node": work, "path": ["description"], "value": new},
            {"op": "set", "node": work, "path": ["description"], "remove": True},
        ),
        ({"op": "set-start", "node": other}, {"op": "set-start", "node": data_of(text)["start"]}),
    ]
    pairs += [
        (
            {"op": "disconnect", "node": work, "outcome": label},
            {"op": "connect", "node": work, "outcome": label, "to": to},
        )
        for label, to in edges.items()
    ]
    one, inverse = data.draw(
        st.sampled_from([pair for pair in pairs if "description" not in nodes[work] or pair[0]["op"] != "set"])
    )

    there = edited(text, one)
    assert not same(data_of(there), data_of(text)) or one.get("node") == data_of(text)["start"]
    assert same(data_of(edited(there, inverse)), data_of(text))
    if one["op"] != "disconnect":
        assert edited(there, inverse) == text


def test_a_key_is_renamed_where_it_stands(sms: str) -> None:
    new = edited(sms, {"op": "rename-key", "node": "changed", "path": ["edges", "Look again"], "to": "Once more"})

    assert difference(sms, new) == [
        "-    edges: {Look again: search, None of the above: failed}",
        "+    edges: {Once more: search, None of the above: failed}",
    ]
    taken = {"op": "rename-key", "node": "changed", "path": ["edges", "Look again"], "to": "None of the above"}
    with pytest.raises(Refused, match="already"):
        edited(sms, taken)
    with pytest.raises(Refused, match="no key"):
        edited(sms, {"op": "rename-key", "node": "changed", "path": ["edges", "nowhere"], "to": "a"})


def test_a_variable_is_renamed_in_references_and_scripts() -> None:
    text = FLOWS[[one.stem for one in FLOWS].index("email-inbound")].read_text()
    new = edited(text, {"op": "rename-variable", "name": "subject", "to": "about"})
    lines = difference(text, new)

    assert '+        about = email.subject || "";' in lines
    assert "+      subject: $(about)" in lines
    assert '+  about: ""' in lines
    assert len(lines) == 2 * 5
    with pytest.raises(Refused, match="no variable"):
        edited(text, {"op": "rename-variable", "name": "nothing", "to": "about"})


def test_a_value_is_set_as_yaml(sms: str) -> None:
    new = edited(sms, {"op": "set", "node": "reopen", "path": ["inputs"], "yaml": "conversationId: '007'"})

    assert data_of(new)["nodes"]["reopen"]["inputs"] == {"conversationId": "007"}
    with pytest.raises(Refused):
        edited(sms, {"op": "set", "node": "reopen", "path": ["inputs"], "yaml": "{"})


def test_braces_that_become_too_long_become_lines(sms: str) -> None:
    value = "https://example.com/" + 60 * "a"
    new = edited(
        sms,
        {"op": "set", "node": "reopen", "path": ["inputs", "note"], "value": value},
    )

    assert f"    inputs:\n      conversationId: $(conversationId)\n      note: {value}\n" in new
