"""Which of the things that a node waits for a recorded event is."""

from __future__ import annotations

from typing import Any

import pytest

from flowengine.core.answers import Answer, Arrived, Broken, HttpAnswer, NoCallback, Outcome, TimedOut
from flowengine.core.keys import channel_key, event_key
from flowengine.core.wants import Await, HttpRequest, Send
from flowengine.recording.events import received
from flowengine.recording.replay import NoAnswerLeft, Replay, answer_to

KEYS = {
    "reply": channel_key("sms", "incoming-message", "1", "2"),
    "tapped": channel_key("livechat", "postback", "1", "2"),
    "typed": channel_key("livechat", "incoming-message", "1", "2"),
    "paid": event_key("paid", "7"),
}
CALL = Await("call", 1, 1, ("callback:service:t-1",), 0.0, 30.0, (), "service")
SEND = Send("call", 1, 1, HttpRequest("POST", "/x"), "service", None, None, "key", callback="replyTo")


def wait(*labels: str) -> Await:
    chosen = labels or tuple(KEYS)
    return Await("wait", 1, 1, tuple(KEYS[one] for one in chosen), 0.0, 60.0, chosen)


@pytest.mark.parametrize(
    ("event", "label", "body"),
    [
        ({"label": "paid", "body": [1]}, "paid", [1]),
        ({"label": "paid"}, "paid", {}),
        ({"label": "paid", "sum": 1}, "paid", {"sum": 1}),
        ({"label": "typed", "event": "incoming-message", "body": None}, "typed", None),
        ({"sms": {"message": "hello"}}, "reply", {"sms": {"message": "hello"}}),
        ({"body": {"sms": {}}}, "reply", {"sms": {}}),
        ({"event": "postback", "body": {"inappmessaging": {}}}, "tapped", {"inappmessaging": {}}),
        ({"sum": 1}, "paid", {"sum": 1}),
        ({"body": 5, "sum": 1}, "paid", {"body": 5, "sum": 1}),
        ({"event": "paid", "sum": 1}, "paid", {"event": "paid", "sum": 1}),
    ],
)
def test_an_event_is_one_of_those_that_are_waited_for(event: dict[str, Any], label: str, body: Any) -> None:
    arrived = received(wait(), event)

    assert (arrived.key, arrived.body) == (KEYS[label], body)


def test_where_there_is_one_only_it_is_that() -> None:
    assert received(wait("reply"), {"anything": 1}) == Arrived(KEYS["reply"], "incoming-message", {"anything": 1})


@pytest.mark.parametrize(
    ("event", "said"),
    [
        ({"label": "called"}, "node 'wait' waits for no event 'called': it waits for reply, tapped, typed, paid"),
        ({"inappmessaging": {}}, "could be several of those that node 'wait' waits for: give its `label`"),
        ({"event": "refunded", "body": {}}, "is none of those that node 'wait' waits for: give its `label`"),
    ],
)
def test_an_event_that_cannot_be_told(event: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        received(wait(), event)


@pytest.mark.parametrize(
    ("entry", "answer"),
    [
        ({"event": {"sms": {}}}, Arrived(KEYS["reply"], "incoming-message", {"sms": {}})),
        ({"timeout": True}, TimedOut("recorded: no answer in time")),
        ({"error": "nobody"}, Broken("nobody")),
        ({"outcome": "reply", "outputs": {"message": "hi"}}, Outcome("reply", {"message": "hi"})),
    ],
)
def test_entries_for_a_receive(entry: dict[str, Any], answer: Answer) -> None:
    assert answer_to(entry, wait()) == answer


@pytest.mark.parametrize(
    ("responses", "answers", "unused"),
    [
        ([{"status": 202}], [HttpAnswer(202, {}), NoCallback()], {}),
        ([{"status": 202, "timeout": True}], [HttpAnswer(202, {}), TimedOut("recorded: no result in time")], {}),
        (
            [{"status": 202, "event": {"event": "done", "n": 1}}],
            [HttpAnswer(202, {}), Arrived(CALL.keys[0], "done", {"event": "done", "n": 1})],
            {},
        ),
        ([{"status": 202}, {"event": {}}], [HttpAnswer(202, {}), Arrived(CALL.keys[0], "", {})], {}),
        ([{"status": 202}, {"timeout": True}], [HttpAnswer(202, {}), NoCallback()], {"call": 1}),
        ([{"status": 202}, {"status": 200, "event": {}}], [HttpAnswer(202, {}), NoCallback()], {"call": 1}),
    ],
)
def test_the_result_of_a_call(responses: list[dict[str, Any]], answers: list[Answer], unused: dict[str, int]) -> None:
    replay = Replay({"call": responses})

    assert [replay.take(SEND), replay.take(CALL)] == answers
    assert replay.unused() == unused


def test_what_does_not_fit_is_said_and_not_used_up() -> None:
    replay = Replay({"wait": [{"status": 200}], "call": [{"event": {}}]})

    with pytest.raises(NoAnswerLeft, match="an HTTP answer is recorded for node 'wait', which waits for an event"):
        replay.take(wait())
    with pytest.raises(NoAnswerLeft, match="an event is recorded for node 'call', which sends a request"):
        replay.take(SEND)
    assert replay.unused() == {"wait": 1, "call": 1}
    with pytest.raises(NoAnswerLeft, match=r"node 'late', visit 1, attempt 1 \(waits for reply\): none recorded"):
        replay.take(wait("reply")._replace(node="late"))
