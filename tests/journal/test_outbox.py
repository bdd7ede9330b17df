"""What every journal keeps to: what is to be delivered, in order per conversation."""

from __future__ import annotations

from typing import Any

import pytest

from flowengine.journal.inbox import NewEvent
from flowengine.journal.outbox import Forward, KeptStream, OutboxRow, StreamCounts
from flowengine.journal.protocol import Pruned


def put(kept: Any, *conversations: str | None, stream: str = "s", at: float = 5.0) -> None:
    for conversation in conversations:
        number = len(kept.history.events(limit=1000))
        event = NewEvent(f"e-{number}", "message", (), {}, at, "sms")
        kept.accept(event, (), [Forward(stream, event.id, conversation, {"n": number}, at)])


def due(kept: Any, now: float = 10.0, limit: int = 99) -> list[int]:
    return [row.number for row in kept.outbox_due(now, limit)]


def test_what_is_to_be_delivered_is_given_out(kept: Any) -> None:
    assert kept.outbox_next() is None
    put(kept, "c")
    assert kept.outbox_next() == 5.0
    assert due(kept, now=4.9) == []
    row = OutboxRow(1, "s", "e-0", "c", {"n": 0}, 5.0, "pending", 0, 65.0, None, None)
    assert kept.outbox_due(5.0, 9) == [row]
    assert kept.outbox_next() == 65.0
    assert due(kept, now=64.9) == []
    assert kept.outbox_due(65.0, 9, lease=1.0) == [row._replace(due_at=66.0)]
    kept.delivered(1, 65.5)
    assert kept.outbox_next() is None
    assert kept.history.outbox("s") == [row._replace(state="delivered", attempts=1, due_at=None, tried_at=65.5)]


def test_of_a_conversation_one_comes_after_the_other(kept: Any) -> None:
    put(kept, "c", "c", "d", "c", None, None)
    put(kept, "c", stream="other")
    assert due(kept, limit=2) == [1, 3]
    assert due(kept) == [5, 6, 7]
    kept.delivered(1, 11.0)
    assert due(kept) == [2]
    kept.failed(2, 12.0, 20.0, "no luck")
    assert due(kept, now=19.9) == []
    assert [row.number for row in kept.outbox_due(20.0, 9)] == [2]
    kept.dead(2, 21.0, "no luck at all")
    assert due(kept, now=21.0) == [4]


def test_what_failed_says_why(kept: Any) -> None:
    put(kept, "c")
    due(kept)
    kept.failed(1, 12.0, 20.0, "no luck")
    (row,) = kept.history.outbox("s")
    assert (row.state, row.attempts, row.due_at, row.error, row.tried_at) == ("pending", 1, 20.0, "no luck", 12.0)
    kept.failed(1, 13.0, 20.0, "it was not its fault", counts=False)
    (row,) = kept.history.outbox("s")
    assert (row.attempts, row.error, row.tried_at) == (1, "it was not its fault", 13.0)
    due(kept, 20.0)
    kept.dead(1, 21.0, "gone")
    (row,) = kept.history.outbox("s", ("dead",))
    assert (row.state, row.attempts, row.due_at, row.error, row.tried_at) == ("dead", 2, None, "gone", 21.0)


def test_who_comes_too_late_changes_nothing(kept: Any) -> None:
    put(kept, "c", "c")
    due(kept)
    kept.failed(2, 11.0, 12.0, "it is not its turn")
    kept.delivered(1, 12.0)
    before = kept.history.outbox("s")
    for call in (
        lambda: kept.failed(1, 13.0, 14.0, "late"),
        lambda: kept.dead(1, 13.0, "late"),
        lambda: kept.delivered(1, 13.0),
        lambda: kept.delivered(99, 13.0),
        lambda: kept.failed(99, 13.0, 14.0, "nobody"),
    ):
        call()
    assert kept.history.outbox("s") == before
    assert due(kept) == [2]


def test_one_may_be_given_up_before_its_turn(kept: Any) -> None:
    put(kept, "c", "c", "c")
    kept.dead(2, 6.0, "by hand")
    assert due(kept) == [1]
    kept.delivered(1, 11.0)
    assert due(kept) == [3]


def test_a_stream_is_asked_about_alone(kept: Any) -> None:
    put(kept, "c", at=5.0)
    put(kept, "c", "d", stream="other", at=6.0)
    assert (kept.outbox_next("s"), kept.outbox_next("other"), kept.outbox_next("nobody")) == (5.0, 6.0, None)
    assert [row.number for row in kept.outbox_due(10.0, 9, stream="other")] == [2, 3]
    assert kept.outbox_next("other") == 70.0
    assert kept.history.outbox_failed("other") is None
    kept.failed(2, 11.0, 20.0, "no luck")
    kept.dead(3, 12.0, "gone")
    failed = kept.history.outbox_failed("other")
    assert (failed.number, failed.error, failed.tried_at) == (3, "gone", 12.0)
    kept.failed(2, 13.0, 20.0, "no luck again")
    assert kept.history.outbox_failed("other").number == 2
    kept.delivered(2, 14.0)
    assert kept.history.outbox_failed("other").number == 3
    assert due(kept) == [1]


def test_what_was_given_up_is_sent_again_as_the_last(kept: Any) -> None:
    put(kept, "c", "c", "c", None)
    assert due(kept) == [1, 4]
    for number in (1, 4):
        kept.dead(number, 11.0, "gone")
    assert kept.resend([1, 2, 4, 99]) == 2
    row = kept.history.outbox("s")[-1]
    assert (row.number, row.state, row.attempts, row.due_at, row.error) == (1, "pending", 0, None, "gone")
    order = []
    while numbers := due(kept):
        for number in numbers:
            order.append(number)
            kept.delivered(number, 12.0)
    assert order == [2, 4, 3, 1]
    assert kept.resend([1]) == 0


def test_streams_are_counted(kept: Any) -> None:
    assert kept.history.outbox_counts() == {}
    put(kept, "c", "d", "e", at=7.0)
    put(kept, "c", "d", stream="other", at=6.0)
    due(kept)
    kept.delivered(1, 11.0)
    kept.dead(2, 11.0, "gone")
    kept.delivered(4, 11.0)
    kept.delivered(5, 11.0)
    assert kept.history.outbox_counts() == {
        "other": StreamCounts(pending=0, delivered=2, dead=0, oldest=None),
        "s": StreamCounts(pending=1, delivered=1, dead=1, oldest=7.0),
    }
    assert [row.number for row in kept.history.outbox("s")] == [3, 2, 1]
    assert [row.number for row in kept.history.outbox("s", ["dead", "delivered"], 1)] == [2]
    assert [row.number for row in kept.history.outbox("s", before=3, limit=1)] == [2]
    assert kept.history.outbox("nobody") == []


def test_what_was_delivered_is_pruned(kept: Any) -> None:
    put(kept, "c", "d", "e", "f")
    due(kept)
    kept.delivered(1, 11.0)
    kept.delivered(2, 12.0)
    kept.dead(3, 11.0, "gone")
    assert kept.prune(keep=0) == Pruned(0, 0)
    assert kept.prune(older_than=12.0) == Pruned(0, 0, events=4, outbox=1)
    assert [row.number for row in kept.history.outbox("s")] == [4, 3, 2]


def test_settings_of_streams_are_kept(kept: Any) -> None:
    assert kept.history.streams() == []
    kept.keep_stream("b", {"channels": ["sms"]}, 1.0)
    kept.keep_stream("a", {"enabled": True}, 2.0)
    kept.keep_stream("b", {"channels": "all"}, 3.0)
    assert kept.history.streams() == [
        KeptStream("a", {"enabled": True}, 2.0),
        KeptStream("b", {"channels": "all"}, 3.0),
    ]
    with pytest.raises(ValueError, match="JSON"):
        kept.keep_stream("b", {"a": {1, 2}}, 4.0)
    assert kept.history.streams()[1].at == 3.0


@pytest.mark.parametrize(
    "change", [{"body": {1: 2}}, {"body": float("inf")}, {"stream": "\ud800"}, {"conversation": "\ud800"}]
)
def test_what_cannot_be_kept_is_refused(kept: Any, change: Any) -> None:
    forward = Forward("s", "e-1", "c", {}, 5.0)._replace(**change)
    with pytest.raises(ValueError, match=r"JSON|key|half a character"):
        kept.accept(NewEvent("e-1", "message", (), {}, 5.0, "sms"), (), [forward])
    assert kept.history.events() == []
