"""What every journal keeps to: events that come, and runs that wait for them."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from flowengine.core.answers import Arrived
from flowengine.core.entries import Completed
from flowengine.journal.faults import Fenced, RunExists, UnknownEvent
from flowengine.journal.inbox import Accepted, Awaiting, EventFilter, KeptEvent, NewEvent, Received
from flowengine.journal.outbox import Forward
from flowengine.journal.protocol import Claim, Ended, Pruned
from flowengine.redaction import LIVE

ARRIVED = Completed("wait", 1, 1, Arrived("k", "answer", {}), 4.0, 5.0)
ENDED = Ended("succeeded", "success", None, 9.0)


def came(id: str = "e-1", *keys: str, at: float = 5.0, **more: Any) -> NewEvent:  # noqa: A002 - it is the field's name
    return NewEvent(id, "answer", keys or ("k",), {"text": id}, at, **{"source": "sms", **more})


def wait(kept: Any, run: str, *keys: str, since: float = 1.0, until: float | None = None, owner: str = "a") -> None:
    seq = kept.history.run(run).entries
    kept.append(run, seq, [], owner=owner, waiting_until=until, awaiting=Awaiting(keys or ("k",), since))


def test_a_run_is_woken_with_the_event_that_it_waits_for(kept: Any, new: Any) -> None:
    kept.create(new("r-1"), owner="a", lease=30.0)
    wait(kept, "r-1", "k", "other", until=100.0)
    found = kept.history.run("r-1")
    assert (found.status, found.waiting_until, found.owner) == ("waiting", 100.0, None)
    assert kept.next_due("a") == 100.0
    assert kept.accept(came("e-1", "x", "k")) == Accepted("taken", "r-1", (), 1)
    assert kept.next_due("a") <= 5.0
    received = Received(1, "k", "answer", {"text": "e-1"}, 5.0)
    assert kept.claim("a", 5.0, 30.0, 9) == [Claim("r-1", 100.0, None, received)]
    # The process dies here: the event stays with the run.
    assert kept.claim("b", 40.0, 30.0, 9) == [Claim("r-1", 100.0, None, received)]
    assert kept.append("r-1", 1, [ARRIVED], owner="b", taken=1) == 2
    assert kept.claim("c", 80.0, 30.0, 9) == [Claim("r-1", None, None)]
    assert kept.history.event(1) == KeptEvent(
        number=1,
        id="e-1",
        name="answer",
        source="sms",
        state="taken",
        run="r-1",
        at=5.0,
        copies=0,
        body={"text": "e-1"},
        keys=("x", "k"),
        runs=(),
        conversation=None,
    )


def test_a_wait_for_an_event_alone_has_no_end(kept: Any, new: Any) -> None:
    kept.create(new("r-1"), owner="a", lease=30.0)
    wait(kept, "r-1")
    found = kept.history.run("r-1")
    assert (found.status, found.waiting_until) == ("waiting", None)
    assert kept.next_due("a") is None
    assert kept.claim("a", 1e12, 30.0, 9) == []
    kept.accept(came())
    assert [claim.waiting_until for claim in kept.claim("a", 5.0, 30.0, 9)] == [None]


def test_an_event_is_accepted_once(kept: Any, new: Any) -> None:
    started = kept.accept(came(), [new("r-1")])
    assert started == Accepted("started", None, ("r-1",), 1)
    assert kept.accept(came(), [new("r-2")], [Forward("s", "e-1", None, {}, 5.0)]) == started._replace(
        state="duplicate"
    )
    assert kept.accept(came(source="email")).number == 2
    assert kept.history.ids("r-") == ["r-1"]
    assert kept.history.outbox("s") == []
    assert [(event.copies, event.state) for event in kept.history.events()] == [(0, "unknown"), (1, "started")]
    assert kept.claim("a", 5.0, 30.0, 9) == [Claim("r-1", None, None)]


def test_many_copies_at_once_start_one_run(kept: Any, new: Any) -> None:
    async def deliver() -> list[Accepted]:
        return await asyncio.gather(*(kept.journal.accept(came(), [new(f"r-{at}")]) for at in range(1000)))

    found = kept.wait(deliver())
    assert [one.state for one in found].count("started") == 1
    assert {one.runs for one in found} == {found[0].runs}
    assert len(kept.history.ids("r-")) == 1
    assert kept.history.event(1).copies == 999


def test_an_event_that_a_run_takes_starts_none(kept: Any, new: Any) -> None:
    for run in ("r-1", "r-2"):
        kept.create(new(run), owner="a", lease=30.0)
    for run in ("r-2", "r-1"):
        wait(kept, run)
    assert kept.accept(came("e-1"), [new("r-9")]) == Accepted("taken", "r-1", (), 1)
    assert kept.accept(came("e-2"), [new("r-9")]) == Accepted("taken", "r-2", (), 2)
    assert kept.accept(came("e-3"), [new("r-9")]) == Accepted("started", None, ("r-9",), 3)


def test_an_event_starts_all_its_runs_or_none(kept: Any, new: Any) -> None:
    kept.create(new("r-2"))
    with pytest.raises(RunExists, match="'r-2'"):
        kept.accept(came(), [new("r-1"), new("r-2")], [Forward("s", "e-1", None, {}, 5.0)])
    assert (kept.history.ids("r-"), kept.history.events(), kept.history.outbox("s")) == (["r-2"], [], [])
    with pytest.raises(ValueError, match="different ids"):
        kept.accept(came(), [new("r-3"), new("r-3")])
    assert kept.accept(came(), [new("r-1"), new("r-3")]).runs == ("r-1", "r-3")


def test_an_event_that_nobody_knows_is_kept_for_who_comes_to_wait(kept: Any, new: Any) -> None:
    assert kept.accept(came("e-1", at=5.0)) == Accepted("unknown", None, (), 1)
    kept.accept(came("e-3", at=7.0))
    kept.accept(came("e-2", at=6.0))
    for run in ("r-1", "r-2", "r-3"):
        kept.create(new(run), owner="a", lease=30.0)
    wait(kept, "r-1", since=6.0)
    wait(kept, "r-2", since=6.0, until=100.0)
    wait(kept, "r-3", since=6.0)
    claims = {claim.run: claim.event for claim in kept.claim("a", 8.0, 30.0, 9)}
    assert {run: event.body["text"] for run, event in claims.items()} == {"r-1": "e-2", "r-2": "e-3"}
    assert [(event.id, event.state, event.run) for event in kept.history.events()] == [
        ("e-2", "taken", "r-1"),
        ("e-3", "taken", "r-2"),
        ("e-1", "unknown", None),
    ]


def test_an_event_that_came_too_early_is_not_taken(kept: Any, new: Any) -> None:
    kept.create(new("r-1"), owner="a", lease=30.0)
    wait(kept, "r-1", since=6.0)
    assert kept.accept(came(at=5.9)).state == "late"
    assert kept.claim("a", 9.0, 30.0, 9) == []
    assert kept.accept(came("e-2", at=6.0)).state == "taken"


def test_late_events_say_who_had_waited(kept: Any, new: Any) -> None:
    for run in ("r-1", "r-2"):
        kept.create(new(run), owner="a", lease=30.0)
        wait(kept, run, until=6.0)
    kept.claim("a", 6.0, 30.0, 9)
    kept.append("r-1", 1, [ARRIVED], owner="a", ended=ENDED)
    kept.append("r-2", 1, [ARRIVED], owner="a")
    assert kept.accept(came()) == Accepted("late", "r-2", (), 1)
    assert kept.accept(came("e-2", "another")) == Accepted("unknown", None, (), 2)
    assert kept.accept(came("e-3"), [new("r-3")]).state == "started"
    assert kept.history.event_counts() == {"taken": 0, "started": 1, "late": 1, "unknown": 1}
    kept.append("r-2", 2, [], owner="a", ended=ENDED)
    kept.prune(keep=0)
    assert kept.accept(came("e-4")).state == "unknown"


def test_a_late_event_is_taken_by_who_waits_for_it_again(kept: Any, new: Any) -> None:
    """A retry may begin to wait before its first append says so: what comes in between is not lost on it."""
    kept.create(new("r-1"), owner="a", lease=30.0)
    wait(kept, "r-1", until=2.0)
    kept.claim("a", 2.0, 30.0, 9)
    kept.append("r-1", 1, [ARRIVED], owner="a")
    assert kept.accept(came(at=5.0)).state == "late"
    wait(kept, "r-1", since=4.0)
    assert [claim.event.number for claim in kept.claim("a", 6.0, 30.0, 9)] == [1]


def test_an_event_that_came_while_a_run_was_walked_on_is_late(kept: Any, new: Any) -> None:
    kept.create(new("r-1"), owner="a", lease=30.0)
    wait(kept, "r-1", until=6.0)
    assert kept.claim("a", 6.0, 30.0, 9) == [Claim("r-1", 6.0, None)]
    assert kept.accept(came(at=6.5)).state == "taken"
    assert kept.history.run("r-1").leased_until == 36.0
    with pytest.raises(Fenced):
        kept.append("r-1", 1, [ARRIVED], owner="a", taken=2)
    kept.append("r-1", 1, [ARRIVED], owner="a")
    assert kept.history.event(1).state == "late"
    assert kept.history.event(1).run == "r-1"
    with pytest.raises(Fenced):
        kept.append("r-1", 2, [], owner="a", taken=1)
    kept.append("r-1", 2, [], owner="a", waiting_until=100.0)
    assert kept.accept(came("e-2")).state == "late"


def test_an_event_that_came_while_a_run_was_walked_wakes_it_when_it_is_let_go(kept: Any, new: Any) -> None:
    kept.create(new("r-1"), owner="a", lease=30.0)
    wait(kept, "r-1", until=6.0)
    kept.claim("a", 6.0, 30.0, 9)
    kept.accept(came(at=6.5))
    kept.release("a", ["r-1"])
    assert [claim.event.number for claim in kept.claim("b", 7.0, 30.0, 9)] == [1]


def test_a_run_wakes_with_one_event_at_a_time(kept: Any, new: Any) -> None:
    kept.create(new("r-1"), owner="a", lease=30.0)
    wait(kept, "r-1")
    assert kept.accept(came("e-1", at=5.0)).state == "taken"
    assert kept.accept(came("e-2", at=6.0)).state == "late"
    kept.claim("a", 6.0, 30.0, 9)
    awaiting = Awaiting(("k",), 1.0)
    kept.append("r-1", 1, [ARRIVED], owner="a", taken=1, awaiting=awaiting)
    assert [claim.event.body for claim in kept.claim("a", 6.0, 30.0, 9)] == [{"text": "e-2"}]


def test_a_run_that_ends_gives_its_event_back(kept: Any, new: Any) -> None:
    for run in ("r-1", "r-2"):
        kept.create(new(run), owner="a", lease=30.0)
        wait(kept, run, run)
    kept.accept(came("e-1", "r-1"))
    kept.accept(came("e-2", "r-2"))
    assert kept.cancel("r-1", "by hand", 6.0) == "stopped"
    kept.claim("a", 6.0, 30.0, 9)
    kept.append("r-2", 1, [], owner="a", ended=ENDED)
    assert [(event.state, event.run) for event in kept.history.events()] == [("late", "r-2"), ("late", "r-1")]


def test_a_run_that_is_to_be_cancelled_takes_nothing(kept: Any, new: Any) -> None:
    kept.create(new("r-1"), owner="a", lease=30.0)
    kept.cancel("r-1", "by hand", 2.0)
    wait(kept, "r-1")
    assert kept.accept(came()).state == "late"
    assert [claim.run for claim in kept.claim("a", 3.0, 30.0, 9)] == ["r-1"]


def test_of_several_keys_the_first_by_the_alphabet_is_told(kept: Any, new: Any) -> None:
    kept.create(new("r-1"), owner="a", lease=30.0)
    wait(kept, "r-1", "c", "b", "d")
    kept.accept(came("e-1", "d", "c", "b", "a"))
    kept.create(new("r-2"), owner="a", lease=30.0)
    kept.accept(came("e-2", "z", "y"))
    wait(kept, "r-2", "z", "y")
    assert [claim.event.key for claim in kept.claim("a", 9.0, 30.0, 9)] == ["b", "y"]


def test_a_wait_ends_with_the_next_append(kept: Any, new: Any) -> None:
    kept.create(new("r-1"), owner="a", lease=30.0)
    wait(kept, "r-1", "first", until=2.0)
    kept.claim("a", 2.0, 30.0, 9)
    wait(kept, "r-1", "second")
    assert kept.accept(came("e-1", "first")).state == "late"
    assert kept.accept(came("e-2", "second")).state == "taken"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"body": float("nan")}, "JSON"),
        ({"body": {1: "a"}}, "key"),
        ({"body": "\ud800"}, "half a character"),
        ({"keys": ["k\ud800"]}, "half a character"),
        ({"id": "\ud800"}, "half a character"),
        ({"conversation": "\ud800"}, "half a character"),
        ({"id": ""}, "neither may be empty"),
        ({"source": ""}, "neither may be empty"),
    ],
)
def test_what_is_no_event_is_refused(kept: Any, change: Any, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        kept.accept(came()._replace(**change))
    assert kept.history.events() == []


def test_what_is_no_wait_is_refused(kept: Any, new: Any) -> None:
    kept.create(new("r-1"), owner="a", lease=30.0)
    with pytest.raises(ValueError, match="by which key"):
        kept.append("r-1", 1, [], owner="a", awaiting=Awaiting((), 1.0))
    with pytest.raises(ValueError, match="does not wait"):
        kept.append("r-1", 1, [], owner="a", awaiting=Awaiting(("k",), 1.0), ended=ENDED)
    with pytest.raises(Fenced):
        kept.append("r-1", 1, [], owner="a", taken=1)
    assert kept.history.run("r-1").status == "running"


def test_events_are_listed_and_filtered(kept: Any, new: Any) -> None:
    kept.accept(came("e-1", 'key:Ä"1', conversation="sms:447700900123"))
    kept.accept(came("e-2")._replace(body={"t": "Grüße 100%_"}))
    kept.accept(came("e-3", source="email"), [new("r-1")])
    kept.accept(came("e-4")._replace(name="Delivery"))

    def ids(limit: int = 50, before: int | None = None, **where: Any) -> list[str]:
        return [event.id for event in kept.history.events(EventFilter(**where), limit, before)]

    assert ids() == ["e-4", "e-3", "e-2", "e-1"]
    assert ids(limit=2, before=4) == ["e-3", "e-2"]
    assert ids(states=["started"]) == ["e-3"]
    assert ids(states=["unknown", "taken"], limit=1) == ["e-4"]
    assert ids(source="email") == ["e-3"]
    assert ids(text="grüße 100%_") == ["e-2"]
    assert ids(text="KEY:Ä") == ["e-1"]
    assert ids(text="900123") == ["e-1"]
    assert ids(text="delivery", source="sms") == ["e-4"]
    assert ids(text="none") == []
    with pytest.raises(UnknownEvent, match="event 9"):
        kept.history.event(9)


def test_old_events_are_pruned_and_those_that_are_needed_stay(kept: Any, new: Any) -> None:
    kept.create(new("r-1"), owner="a", lease=30.0)
    wait(kept, "r-1")
    kept.accept(came("e-1", at=5.0))
    kept.accept(came("e-2", "x", at=5.0))
    kept.accept(came("e-3", "x", at=6.0))
    assert kept.prune(keep=0) == Pruned(0, 0)
    assert kept.prune(older_than=6.0) == Pruned(0, 0, events=1)
    assert [event.id for event in kept.history.events()] == ["e-3", "e-1"]
    kept.claim("a", 7.0, 30.0, 9)
    kept.append("r-1", 1, [ARRIVED], owner="a", taken=1)
    assert kept.prune(older_than=6.0) == Pruned(0, 0, events=1)
    assert kept.accept(came("e-1", at=7.0)).state == "late"
    assert kept.history.event(kept.history.events()[0].number).id == "e-1"
    assert kept.history.check() == []


def test_a_pruned_event_is_found_by_nobody(kept: Any, new: Any) -> None:
    kept.accept(came("e-1", at=5.0))
    kept.prune(older_than=6.0)
    kept.create(new("r-1"), owner="a", lease=30.0)
    wait(kept, "r-1", since=0.0)
    assert kept.claim("a", 9.0, 30.0, 9) == []


def test_no_secret_of_an_event_is_written(kept: Any, path: Any) -> None:
    secret = "event-s3cret-value"  # noqa: S105 - nobody's
    LIVE.learn(secret)
    kept.accept(
        came()._replace(body={"token": secret, secret: [secret]}),
        forward=[Forward("s", "e-1", None, {"text": f"<{secret}>"}, 5.0)],
    )
    (row,) = kept.outbox_due(5.0, 9)
    kept.failed(row.number, 6.0, 7.0, f"no {secret}")
    assert kept.history.event(1).body == {"token": "[secret]", "[secret]": ["[secret]"]}
    (row,) = kept.history.outbox("s")
    assert (row.body, row.error) == ({"text": "<[secret]>"}, "no [secret]")
    for file in path.parent.glob("*"):
        assert secret.encode() not in file.read_bytes()


def test_keys_are_never_taken_for_secrets(kept: Any, new: Any) -> None:
    LIVE.learn("447700900199")
    kept.create(new("r-1"), owner="a", lease=30.0)
    wait(kept, "r-1", "channel:sms:447700900199")
    assert kept.accept(came("e-1", "channel:sms:447700900199")).state == "taken"
    assert kept.history.event(1).keys == ("channel:sms:447700900199",)
