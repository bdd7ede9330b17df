from __future__ import annotations

from typing import Any

import pytest

from flowengine.core.answers import Answer, Broken, HttpAnswer, Outcome, TimedOut
from flowengine.core.wants import HttpRequest, Send
from flowengine.recording.replay import NoAnswerLeft, Replay, recorded_answer


def send(node: str, visit: int = 1, attempt: int = 1, reads: str = "json") -> Send:
    return Send(node, visit, attempt, HttpRequest("POST", "/x", reads=reads), None, None, None, "key")


@pytest.mark.parametrize(
    ("entry", "answer"),
    [
        ({"status": 204}, HttpAnswer(204, {})),
        ({"status": 200, "body": {"a": [1]}}, HttpAnswer(200, {}, {"a": [1]})),
        ({"status": 200, "body": "text"}, HttpAnswer(200, {}, "text")),
        ({"status": 200, "body": None}, HttpAnswer(200, {})),
        ({"status": 200, "headers": {"X-Id": "a", "ETag": "b"}}, HttpAnswer(200, {"x-id": "a", "etag": "b"})),
        ({"status": 200, "text": '{"a": 1}'}, HttpAnswer(200, {}, {"a": 1})),
        ({"status": 200, "text": ""}, HttpAnswer(200, {})),
        ({"status": 404, "text": "<html>"}, HttpAnswer(404, {})),
        ({"status": 500, "text": '{"a": 1, "a": 2}'}, HttpAnswer(500, {})),
        ({"timeout": True}, TimedOut("recorded: no answer in time")),
        ({"error": "connection refused"}, Broken("connection refused")),
        ({"outcome": "done"}, Outcome("done")),
        ({"outcome": "done", "outputs": {"a": 1}, "variables": {"v": 2}}, Outcome("done", {"a": 1}, {"v": 2})),
    ],
)
def test_an_entry_is_an_answer(entry: dict[str, Any], answer: Answer) -> None:
    assert recorded_answer(entry) == answer


@pytest.mark.parametrize(
    ("entry", "text"),
    [
        ({"status": 200, "text": "<html>"}, "<html>"),
        ({"status": 200, "body": "plain"}, "plain"),
        ({"status": 200, "body": {"a": 1}}, '{"a":1}'),
        ({"status": 204}, ""),
    ],
)
def test_a_text_is_read_as_text(entry: dict[str, Any], text: str) -> None:
    assert recorded_answer(entry, "text") == HttpAnswer(entry["status"], {}, None, text)


@pytest.mark.parametrize("text", ["<html>", '{"a": 1, "a": 2}', "NaN", "[" * 65 + "]" * 65])
def test_a_success_that_cannot_be_read_is_broken(text: str) -> None:
    answer = recorded_answer({"status": 200, "text": text})
    assert isinstance(answer, Broken)
    assert "not JSON" in answer.reason


def test_a_body_is_measured_as_a_live_one_is() -> None:
    body: Any = 1
    for _ in range(65):
        body = [body]
    assert recorded_answer({"status": 200, "body": body}) == Broken("the answer is nested deeper than 64")


def test_answers_are_used_up_in_order_by_node() -> None:
    replay = Replay({"a": [{"status": 200}, {"status": 201}], "b": [{"timeout": True}], "c": []})
    assert (replay.left("a"), replay.left("c"), replay.left("nobody")) == (2, 0, 0)
    assert [replay.take(send("a")), replay.take(send("a", 2))] == [HttpAnswer(200, {}), HttpAnswer(201, {})]
    assert replay.unused() == {"b": 1}
    assert Replay({"a": [{"status": 200}, {"status": 201}]}, replay.used()).unused() == {}
    replay.take(send("b"))
    assert replay.unused() == {}


def test_when_none_is_left_it_says_what_there_was() -> None:
    replay = Replay({"a": [{"status": 200, "body": {"long": "x" * 500}}], "b": [{"timeout": True}]})
    replay.take(send("a"))
    with pytest.raises(NoAnswerLeft) as caught:
        replay.take(send("a", 2, 3))
    message = str(caught.value)
    assert message.startswith("no recorded answer left for node 'a', visit 2, attempt 3 (POST /x): 1 recorded for it")
    assert 'the last was {"status": 200, "body": {"long": "xxx' in message
    assert len(message) < 300
    with pytest.raises(NoAnswerLeft, match=r"none recorded for it; there are answers for: a \(1\), b \(1\)"):
        replay.take(send("c"))


def test_an_event_is_for_nodes_that_wait() -> None:
    replay = Replay({"a": [{"event": {"text": "hi"}}]})
    with pytest.raises(NoAnswerLeft, match="an event is recorded for node 'a'"):
        replay.take(send("a"))
    assert replay.unused() == {"a": 1}
