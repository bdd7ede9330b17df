from __future__ import annotations

import json
from typing import Any

import pytest

from flowengine.sandbox.fault_form import read_faults
from flowengine.sandbox.faults import MAX_FAULTS, Fault, Faults, Match
from flowengine.sandbox.replies import Refusal

CALL = ("POST", "/api/v1/conversations/c-1/messages", "append")


@pytest.mark.parametrize(
    ("match", "fits"),
    [
        (Match(), True),
        (Match(method="POST"), True),
        (Match(method="PATCH"), False),
        (Match(operation="append"), True),
        (Match(operation="search"), False),
        (Match(path="/api/v1/conversations"), True),
        (Match(path="/api/v1/conversations/c-1/messages"), True),
        (Match(path="/conversations"), False),
        (Match(path="/api/v1/conversations/*/messages"), True),
        (Match(path="/api/v1/conversations/*/close"), False),
        (Match(path="*/messages"), True),
        (Match(method="POST", operation="append", path="*/c-2/*"), False),
    ],
)
def test_what_a_fault_is_for(match: Match, *, fits: bool) -> None:
    faults = Faults([Fault(match, reset=True)])

    assert (faults.take(*CALL) is not None) == fits


@pytest.mark.parametrize("fault", [Fault(callback="never"), Fault(callback_delay=0.0)])
def test_a_fault_of_callbacks_is_for_calls_that_have_one(fault: Fault) -> None:
    faults = Faults([fault])

    assert faults.take(*CALL) is None
    assert faults.take(*CALL, has_callback=True) == fault


def test_a_fault_is_used_up() -> None:
    faults = Faults([Fault(times=2, status=503), Fault(times=None, status=500)])

    taken = [faults.take(*CALL) for _ in range(4)]

    assert [fault.status if fault else None for fault in taken] == [503, 503, 500, 500]
    assert [(each["times"], each["used"]) for each in faults.listed()] == [(2, 2), ("always", 2)]


def test_faults_are_removed_by_id() -> None:
    faults = Faults()
    first, second = (faults.add(Fault(status=status))["id"] for status in (500, 503))

    faults.remove(first)
    assert [each["id"] for each in faults.listed()] == [second]
    with pytest.raises(Refusal, match="no fault"):
        faults.remove(first)
    faults.clear()
    assert (faults.listed(), faults.take(*CALL)) == ([], None)


def test_there_is_a_limit() -> None:
    faults = Faults(Fault(status=500) for _ in range(MAX_FAULTS))

    with pytest.raises(Refusal, match="set already"):
        faults.add(Fault(status=500))


@pytest.mark.parametrize(
    "written",
    [
        {"match": {}, "times": 1, "status": 429, "body": None, "headers": {"Retry-After": "2"}},
        {"match": {"method": "POST", "path": "/api", "operation": "search"}, "times": "always", "delay": "1500ms"},
        {"match": {}, "times": 3, "delay": "20ms", "reset": True},
        {"match": {}, "times": 1, "broken": True},
        {"match": {}, "times": 1, "cut": True},
        {"match": {}, "times": 1, "expireToken": True},
        {"match": {}, "times": 1, "callback": "reordered"},
        {"match": {"operation": "append"}, "times": 2, "callback": "twice", "callbackDelay": "30000ms"},
        {"match": {}, "times": 1, "callbackDelay": "0ms", "reset": True},
        {"match": {}, "times": 1, "status": 200, "body": {"status": "accepted"}, "headers": {}},
    ],
)
def test_a_fault_is_listed_as_it_was_set(written: dict[str, Any]) -> None:
    (fault,), problems = read_faults(written)

    assert problems == []
    assert fault.as_json() == written


def test_a_fault_is_for_one_call_of_any_kind_unless_it_says_otherwise() -> None:
    (fault,), _ = read_faults({"status": 500, "body": None, "headers": {"X-Count": 7}})

    assert fault == Fault(status=500, headers={"X-Count": "7"})


@pytest.mark.parametrize(
    ("written", "field", "message"),
    [
        ([], "", "has to be an object, not array"),
        ({}, "", "does nothing"),
        ({"match": {"operation": "search"}}, "", "does nothing"),
        ({"statsu": 500}, "statsu", "is not known here; known are match"),
        ({"status": "500"}, "status", "expected a status from 200 to 599"),
        ({"status": True}, "status", "expected a status"),
        ({"status": 99}, "status", "expected a status"),
        ({"status": 500, "times": 0}, "times", "expected a number from 1 or always"),
        ({"status": 500, "times": "twice"}, "times", "expected a number from 1 or always"),
        ({"delay": "soon"}, "delay", "is not a duration"),
        ({"delay": 5}, "delay", "is not a duration"),
        ({"reset": "yes"}, "reset", "expected true or false"),
        ({"reset": True, "status": 500}, "reset", "cannot go together with status"),
        ({"reset": True, "body": {}}, "body", "needs a status"),
        ({"reset": True, "headers": {}}, "headers", "needs a status"),
        ({"reset": True, "match": "search"}, "match", "has to be an object"),
        (
            {"reset": True, "match": {"operation": "find"}},
            "match.operation",
            "expected one of authorize, token, revoke, search",
        ),
        ({"reset": True, "match": {"path": "conversations"}}, "match.path", "expected a path such as"),
        ({"reset": True, "match": {"path": ""}}, "match.path", "has to be text, not empty"),
        ({"reset": True, "match": {"host": "x"}}, "match.host", "is not known here"),
        ({"status": 500, "headers": []}, "headers", "has to be an object"),
        ({"status": 500, "headers": {"X-A": "1\r\nX-B: 2"}}, "headers.X-A", "has to be text on one line"),
        ({"status": 500, "headers": {"X-A": None}}, "headers.X-A", "has to be text on one line"),
        ({"status": 500, "headers": {"Content-Length": "1"}}, "headers.Content-Length", "cannot be set"),
        ({"status": 500, "headers": {"X A": "1"}}, "headers.X A", "cannot be set"),
        ({"callback": "late"}, "callback", "expected one of never, twice, reordered, early"),
        ({"callback": ["never"]}, "callback", "expected one of never, twice"),
        ({"callbackDelay": 30}, "callbackDelay", "is not a duration"),
        ({"callback": "never", "status": 500}, "callback", "cannot go together with status"),
        ({"callbackDelay": "1s", "expireToken": True}, "callbackDelay", "cannot go together with expireToken"),
        ({"callback": "early", "callbackDelay": "1s"}, "callback", "is early, and there is a callbackDelay too"),
        ({"callback": "never", "match": {"operation": "search"}}, "callback", "is nothing for search"),
        ({"faults": {}}, "faults", "has to be a list"),
        ({"faults": [{"reset": True}, {"reset": 1}]}, "faults[1].reset", "expected true or false"),
        ({"faults": [], "more": 1}, "more", "is not known here"),
    ],
)
def test_a_wrong_fault_is_explained(written: Any, field: str, message: str) -> None:
    _, problems = read_faults(written)

    assert [problem.field for problem in problems][:1] == [field]
    assert message in problems[0].message


def test_everything_wrong_is_said_at_once() -> None:
    _, problems = read_faults({"faults": [{"reset": 1}, {"delay": "soon", "times": 0}]})

    assert {problem.field for problem in problems} == {"faults[0].reset", "faults[1].delay", "faults[1].times"}


def test_the_answer_of_a_status_fault() -> None:
    plain = Fault(status=503).reply()
    own = Fault(status=418, body={"status": "failed"}, headers={"Retry-After": "1"}).reply()
    text = Fault(status=502, body="<h1>Bad gateway</h1>").reply()

    assert (plain.status, json.loads(plain.body)["status"]) == (503, "failed")
    assert (own.status, own.body, own.headers) == (418, b'{"status":"failed"}', {"Retry-After": "1"})
    assert (text.body, text.content_type) == (b"<h1>Bad gateway</h1>", "text/plain; charset=utf-8")
