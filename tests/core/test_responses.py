from __future__ import annotations

from typing import Any

import pytest

from flowengine.check.patterns import pattern
from flowengine.core.answers import Broken, Elapsed, HttpAnswer, Invalid, Outcome, Refused, TimedOut
from flowengine.core.outcomes import Verdict, edge_for, judge
from flowengine.core.plan import Edge, PlanNode
from flowengine.core.responses import compile_outputs, compile_rules, first_match, read_outputs


def outcome(when: Any, answer: HttpAnswer) -> str | None:
    rule = {"outcome": "yes"} if when is None else {"when": when, "outcome": "yes"}
    return first_match(compile_rules([rule], pattern), answer)


@pytest.mark.parametrize(
    ("status", "matching"),
    [
        (200, {200}),
        ("2xx", {200, 204, 299}),
        ([200, 404], {200, 404}),
        (["3xx", 500], {300, 307, 399, 500}),
    ],
)
def test_statuses(status: Any, matching: set[int]) -> None:
    tried = {100, 199, 200, 204, 299, 300, 307, 399, 400, 404, 499, 500, 599}
    assert {one for one in tried if outcome({"status": status}, HttpAnswer(one, {})) == "yes"} == matching


@pytest.mark.parametrize("when", [None, {}])
def test_a_rule_without_conditions_matches_everything(when: Any) -> None:
    assert outcome(when, HttpAnswer(599, {})) == "yes"


def test_headers() -> None:
    answer = HttpAnswer(200, {"x-state": "done", "x-kind": "a"})
    assert outcome({"headers": {"X-State": "done", "x-kind": "a"}}, answer) == "yes"
    assert outcome({"headers": {"X-State": "done", "x-other": "a"}}, answer) is None
    assert outcome({"headers": {"X-State": "DONE"}}, answer) is None


BODY: dict[str, Any] = {"n": 1, "t": "1", "flag": True, "none": None, "list": [{"id": "x-1"}], "any name": 2.0}


@pytest.mark.parametrize(
    ("body", "matched"),
    [
        ({"$.n": 1}, True),
        ({"$.n": 1.0}, True),
        ({"$.n": "1"}, False),
        ({"$.t": 1}, False),
        ({"$.flag": 1}, False),
        ({"$.none": None}, True),
        ({"$.nothing": None}, False),
        ({"$.n": [3, 1]}, True),
        ({"$.n": ["1", True]}, False),
        ({"$.n": []}, False),
        ({"$.none": [None]}, True),
        ({"$.nothing": [None]}, False),
        ({"$.list[0].id": {"startsWith": "x"}}, True),
        ({"$.list[-1].id": {"regex": "^x-[0-9]$"}}, True),
        ({'$["any name"]': {"in": [1, 2]}}, True),
        ({"$.n": 1, "$.t": "1"}, True),
        ({"$.n": 1, "$.t": "2"}, False),
        ({"$": {"exists": True}}, True),
        ({}, True),
    ],
)
def test_bodies(body: dict[str, Any], matched: bool) -> None:  # noqa: FBT001 - a parameter
    assert outcome({"body": body}, HttpAnswer(200, {}, BODY)) == ("yes" if matched else None)


def test_a_text_stands_at_the_root() -> None:
    answer = HttpAnswer(200, {}, None, "OK then")
    assert outcome({"body": {"$": {"startsWith": "OK"}}}, answer) == "yes"
    assert outcome({"body": {"$.a": {"exists": False}}}, answer) == "yes"
    assert answer.content == "OK then"
    assert HttpAnswer(200, {}, {"a": 1}).content == {"a": 1}


@pytest.mark.parametrize("body", [{"$.a": {"is": 1}}, {"a": 1}, {"$..a": 1}, {"$.a": {"regex": "("}}])
def test_a_rule_that_makes_no_sense_is_refused(body: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="is not"):
        compile_rules([{"when": {"body": body}, "outcome": "yes"}], pattern)


def outputs(raw: dict[str, Any], answer: HttpAnswer) -> dict[str, Any]:
    return read_outputs(compile_outputs(raw), answer)


ANSWER = HttpAnswer(201, {"etag": "e", "x-id": "h"}, {"a": {"b": [1, None]}, "id": 7})


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        ({"path": "$.a.b[0]"}, 1),
        ({"path": "$.a.b[1]"}, None),
        ({"path": "$"}, ANSWER.body),
        ({"path": "$.a", "type": "string"}, '{"b":[1,null]}'),
        ({"path": "$.a.b[1]", "type": "string"}, None),
        ({"path": "$.a", "type": "object"}, {"b": [1, None]}),
        ({"header": "ETag"}, "e"),
        ({"status": True}, 201),
        ({"status": True, "type": "string"}, "201"),
        ({"path": "$.id", "header": "X-Id"}, 7),
        ({"path": "$.other", "header": "X-Id"}, "h"),
        ({}, {"etag": "e", "x-id": "h"}),
        ({"type": "string"}, '{"etag":"e","x-id":"h"}'),
    ],
)
def test_an_output_is_read(raw: dict[str, Any], value: Any) -> None:
    assert outputs({"it": raw}, ANSWER) == {"it": value}


@pytest.mark.parametrize("raw", [{"path": "$.none"}, {"header": "X-None"}, {"path": "$.none", "header": "X-None"}])
def test_an_output_that_is_not_there_is_left_out(raw: dict[str, Any]) -> None:
    assert outputs({"it": raw}, ANSWER) == {}


def test_an_answer_without_a_body_has_nothing_at_its_root() -> None:
    assert outputs({"it": {"path": "$"}}, HttpAnswer(204, {})) == {}
    assert outputs({"it": {"path": "$"}}, HttpAnswer(200, {}, None, "")) == {"it": ""}


NODE = PlanNode(
    id="n",
    type="t@1.0",
    title=None,
    rules=compile_rules(
        [{"when": {"status": 200}, "outcome": "ok"}, {"when": {"status": 404}, "outcome": "lost"}], pattern
    ),
    reason_path=("message",),
    outputs=compile_outputs({"id": {"path": "$.id"}}),
    kinds={"fine": "success", "lost": "error"},
    aliases={"ok": "fine"},
)


@pytest.mark.parametrize(
    ("answer", "verdict"),
    [
        (HttpAnswer(200, {}, {"id": 1, "message": "m"}), Verdict("fine", {"id": 1}, {})),
        (HttpAnswer(404, {}, {"id": 1, "message": "m"}), Verdict("lost", {"id": 1}, {}, "m")),
        (HttpAnswer(404, {}, {"message": 4}), Verdict("lost", {}, {}, "answered with 404")),
        (HttpAnswer(500, {}), Verdict("onInvalidChoice", {}, {}, "answered with 500, which no response rule matches")),
        (HttpAnswer(401, {}, {"id": 1}), Verdict("onAuthorizationFailure", {}, {}, "answered with 401")),
        (HttpAnswer(403, {}, {"message": "m" * 600}), Verdict("onAuthorizationFailure", {}, {}, "m" * 500)),
        (TimedOut("late"), Verdict("onTimeout", {}, {}, "late")),
        (Broken("gone"), Verdict("onError", {}, {}, "gone")),
        (Refused("no"), Verdict("onAuthorizationFailure", {}, {}, "no")),
        (Invalid("bad"), Verdict("onInvalidData", {}, {}, "bad")),
        (Elapsed(), Verdict("onTimeout", {}, {})),
        (Outcome("ok"), Verdict("fine", {}, {})),
        (Outcome("else", {"a": 1}, {"v": 2}, "why"), Verdict("else", {"a": 1}, {"v": 2}, "why")),
    ],
)
def test_an_answer_is_judged(answer: Any, verdict: Verdict) -> None:
    assert judge(NODE, answer) == verdict


def test_a_type_without_reason_gives_the_status() -> None:
    assert judge(PlanNode("n", "t@1.0", None), HttpAnswer(401, {}, {"message": "m"})).reason == "answered with 401"


def test_edges_are_looked_up_in_their_order_and_scripts_cannot_fill_the_memory() -> None:
    own, invalid = Edge("own", "a"), Edge("onInvalidChoice", "b")
    default, last = Edge("onError", "c"), Edge("oninvalidchoice", "d")
    node = PlanNode(
        "n",
        "t",
        None,
        edges={"own": own, "onInvalidChoice": invalid},
        default_edges={"own": default, "onError": default},
    )
    assert [edge_for(node, one) for one in ("own", "onError", "onInvalidChoice")] == [own, default, invalid]
    assert edge_for(node, "other") == Edge("onInvalidChoice", "b", fall_through=True)
    assert edge_for(PlanNode("n", "t", None, default_edges={"onInvalidChoice": last}), "other") == last._replace(
        fall_through=True
    )
    bare = PlanNode("n", "t", None)
    assert [edge_for(bare, f"outcome {number}") for number in range(1000)] == [None] * 1000
    assert len(bare.routes) == 100
