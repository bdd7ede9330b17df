"""What every journal keeps to: runs that come one after the other, and runs that call others."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from flowengine.core.entries import Stopped
from flowengine.core.keys import run_key
from flowengine.journal.faults import Fenced
from flowengine.journal.inbox import Awaiting, NewEvent, Received
from flowengine.journal.prepared import CALLER_ENDED
from flowengine.journal.protocol import Cancellation, Claim, Ended, Filter, Pruned

ENDED = Ended("succeeded", "success", None, 9.0, "Done", {"n": 1})


def claimed(kept: Any, owner: str = "a", now: float = 10.0) -> list[str]:
    return [claim.run for claim in kept.claim(owner, now, 30.0, 9)]


def end(kept: Any, run: str, owner: str = "a", how: Ended = ENDED) -> None:
    kept.append(run, kept.history.run(run).entries, [], owner=owner, ended=how)


def test_runs_of_a_queue_are_walked_one_after_the_other(kept: Any, new: Any) -> None:
    for run in ("r-1", "r-2", "r-3"):
        kept.create(new(run, queue="q"))
    kept.create(new("other", queue="p"))
    kept.create(new("free"))
    assert claimed(kept) == ["r-1", "other", "free"]
    assert claimed(kept, "b", 1e9) == ["r-1", "other", "free"]
    found = kept.history.run("r-2")
    assert (found.status, found.waiting_until, found.owner, found.queue, found.queued) == (
        "waiting",
        None,
        None,
        "q",
        True,
    )
    assert [run.id for run in kept.history.runs(Filter(statuses=("waiting",)))] == ["r-3", "r-2"]
    end(kept, "r-1", "b")
    assert claimed(kept) == ["r-2"]
    assert not kept.history.run("r-2").queued
    end(kept, "r-2")
    assert claimed(kept) == ["r-3"]
    end(kept, "r-3")
    kept.create(new("r-4", queue="q"))
    assert claimed(kept) == ["r-4"]


def test_a_run_that_has_to_queue_is_nobodys(kept: Any, new: Any) -> None:
    kept.create(new("r-1", queue="q"), owner="a", lease=30.0)
    assert kept.create(new("r-2", queue="q"), owner="a", lease=30.0) == 1
    with pytest.raises(Fenced):
        kept.append("r-2", 1, [], owner="a")
    assert kept.renew("a", ["r-1", "r-2"], 2.0, 30.0) == {"r-2"}
    assert kept.next_due("a") is None
    end(kept, "r-1")
    assert claimed(kept, "a") == ["r-2"]


def test_the_queue_goes_on_while_its_first_waits_or_is_claimed_anew(kept: Any, new: Any) -> None:
    kept.create(new("r-1", queue="q"))
    kept.create(new("r-2", queue="q"))
    claimed(kept)
    kept.append("r-1", 1, [], owner="a", waiting_until=50.0)
    assert claimed(kept) == []
    assert claimed(kept, now=50.0) == ["r-1"]
    kept.release("a", ["r-1"])
    assert claimed(kept, now=50.0) == ["r-1"]


def test_a_queued_run_can_be_cancelled(kept: Any, new: Any) -> None:
    for run in ("r-1", "r-2", "r-3"):
        kept.create(new(run, queue="q"))
    assert kept.cancel("r-2", "by hand", 5.0) == "stopped"
    assert kept.load("r-2")[-1] == Stopped(5.0, "cancelled", "by hand")
    assert claimed(kept) == ["r-1"]
    assert kept.cancel("r-1", "by hand", 50.0) == "stopped"
    assert claimed(kept) == ["r-3"]
    assert kept.history.run("r-2").status == "cancelled"


def test_pruning_leaves_the_queue_as_it_is(kept: Any, new: Any) -> None:
    for run in ("r-1", "r-2", "r-3"):
        kept.create(new(run, queue="q"))
    claimed(kept)
    end(kept, "r-1")
    kept.prune(older_than=1e9, keep=0)
    assert claimed(kept) == ["r-2"]
    assert kept.history.check() == []


def test_an_event_may_start_a_run_that_has_to_queue(kept: Any, new: Any) -> None:
    for number in range(3):
        event = NewEvent(f"e-{number}", "message", (), {}, 5.0, "sms")
        kept.accept(event, [new(f"r-{number}", queue="conversation")])
    assert claimed(kept) == ["r-0"]


def test_a_run_that_ends_wakes_the_one_that_called_it(kept: Any, new: Any) -> None:
    kept.create(new("parent"), owner="a", lease=30.0)
    kept.create(new("child", called_by="parent"))
    kept.append("parent", 1, [], owner="a", awaiting=Awaiting((run_key("child"),), 1.0))
    assert claimed(kept) == ["child"]
    end(kept, "child")
    body = {"status": "succeeded", "result": "success", "reason": None, "end": "Done", "outputs": {"n": 1}}
    assert kept.claim("a", 10.0, 30.0, 9) == [
        Claim("parent", None, None, Received(1, "run:child", "run-ended", body, 9.0))
    ]
    assert [run.id for run in kept.history.children("parent")] == ["child"]
    assert kept.history.run("child").called_by == "parent"
    assert kept.history.children("child") == []


def test_a_run_may_end_before_it_is_waited_for(kept: Any, new: Any) -> None:
    kept.create(new("parent"), owner="a", lease=30.0)
    kept.create(new("child", called_by="parent"))
    assert kept.cancel("child", "by hand", 5.0) == "stopped"
    assert kept.history.event(1).state == "unknown"
    kept.append("parent", 1, [], owner="a", awaiting=Awaiting((run_key("child"),), 5.0))
    (claim,) = kept.claim("a", 10.0, 30.0, 9)
    assert claim.event.body == {
        "status": "cancelled",
        "result": "error",
        "reason": "by hand",
        "end": None,
        "outputs": None,
    }


def test_whoever_is_called_is_cancelled_with_the_caller(kept: Any, new: Any) -> None:
    kept.create(new("a"), owner="a", lease=30.0)
    kept.create(new("b", called_by="a"), owner="b", lease=30.0)
    kept.create(new("c", called_by="b"))
    kept.create(new("d", called_by="b", queue="q"))
    kept.create(new("e", queue="q"))
    kept.create(new("over", called_by="a"), owner="c", lease=30.0)
    end(kept, "over", "c")
    kept.append("a", 1, [], owner="a", waiting_until=1e6)
    assert kept.cancel("a", "by hand", 5.0) == "stopped"
    assert kept.cancellations("b") == [Cancellation("b", "by hand", 5.0)]
    assert [kept.history.run(run).status for run in ("a", "b", "c", "d", "over")] == [
        "cancelled",
        "running",
        "cancelled",
        "cancelled",
        "succeeded",
    ]
    assert kept.history.run("c").reason == "by hand"
    assert claimed(kept) == ["e"]
    end(kept, "b", "b", Ended("cancelled", "error", "by hand", 6.0))
    assert kept.history.events()[0].id.startswith("run:b:")


def test_those_whose_caller_has_ended_are_cancelled(kept: Any, new: Any) -> None:
    kept.create(new("parent"), owner="a", lease=30.0)
    kept.create(new("child", called_by="parent"))
    end(kept, "parent", how=Ended("failed", "error", "no luck", 9.0))
    assert kept.history.run("child")[3:6] == ("cancelled", "error", CALLER_ENDED)
    assert [(event.state, event.run) for event in kept.history.events()] == [("unknown", None)]


def test_a_caller_that_is_asked_asks_those_it_has_called(kept: Any, new: Any) -> None:
    kept.create(new("parent"), owner="a", lease=30.0)
    kept.create(new("child", called_by="parent"), owner="b", lease=30.0)
    assert kept.cancel("parent", "by hand", 5.0) == "asked"
    assert kept.cancellations("b") == [Cancellation("child", "by hand", 5.0)]


def test_runs_that_call_one_another_are_no_trap(kept: Any, new: Any) -> None:
    kept.create(new("a", called_by="b"), owner="x", lease=30.0)
    kept.create(new("b", called_by="a"), owner="x", lease=30.0)
    kept.create(new("self", called_by="self"), owner="x", lease=30.0)
    assert kept.cancel("a", "by hand", 5.0) == "asked"
    assert kept.cancel("self", "by hand", 5.0) == "asked"
    end(kept, "a", "x")
    end(kept, "self", "x")
    assert [one.run for one in kept.cancellations("x")] == ["b"]


def test_an_id_that_was_pruned_gets_an_event_of_its_own(kept: Any, new: Any) -> None:
    for _ in range(2):
        kept.create(new("child", called_by="parent"), owner="a", lease=30.0)
        end(kept, "child")
        kept.prune(keep=0)
    assert len(kept.history.events()) == 2


def test_what_an_open_run_has_called_is_not_pruned_nor_its_end(kept: Any, new: Any) -> None:
    kept.create(new("parent"), owner="a", lease=30.0)
    for run in ("one", "two"):
        kept.create(new(run, called_by="parent"), owner="a", lease=30.0)
        end(kept, run)
    assert kept.prune(older_than=1e9, keep=0) == Pruned(0, 0, 0)
    kept.append("parent", 1, [], owner="a", awaiting=Awaiting([run_key("one")], 0.0))
    (claim,) = kept.claim("a", 10.0, 30.0, 9)
    assert (claim.event.name, claim.event.body["end"]) == ("run-ended", "Done")
    kept.append("parent", 1, [], owner="a", taken=claim.event.number, ended=ENDED)
    assert kept.prune(older_than=1e9) == Pruned(3, 1, 2)


def test_it_can_be_seen_what_runs_wait_for(kept: Any, new: Any) -> None:
    kept.create(new("r-1", queue="q"), owner="a", lease=30.0)
    kept.create(new("r-2", queue="q"))
    assert (kept.history.queue_head("q"), kept.history.queue_head("p")) == ("r-1", None)
    kept.append("r-1", 1, [], owner="a", awaiting=Awaiting(["k-2", "k-1"], 0.0))
    assert kept.history.awaited("r-1") == ["k-1", "k-2"]
    assert kept.history.awaited("r-2") == kept.history.awaited("nobody") == []
    kept.accept(NewEvent("e", "answer", ["k-1"], {}, 5.0, "sms"))
    assert kept.history.awaited("r-1") == []
    (claim,) = kept.claim("a", 10.0, 30.0, 9)
    kept.append("r-1", 1, [], owner="a", taken=claim.event.number)
    assert kept.history.awaited("r-1") == []


def test_a_family_is_a_run_and_those_that_it_has_called(kept: Any, new: Any) -> None:
    for run in ("r", "r.call.1", "r.call.1.deep.1", "r-2", "r/1", "r!", "rr", "q.r"):
        kept.create(new(run))
    kept.create(new("r.late", at=20.0))
    assert kept.next_due("a", "r.call.1") == 1.0
    assert kept.next_due("a", "nobody") is None
    assert [claim.run for claim in kept.claim("a", 10.0, 30.0, 9, "r.call.1")] == ["r.call.1", "r.call.1.deep.1"]
    assert [claim.run for claim in kept.claim("a", 10.0, 30.0, 1, "r")] == ["r"]
    assert kept.next_due("a", "r") == 20.0
    assert kept.next_due("b", "r") == 20.0
    assert [claim.run for claim in kept.claim("b", 45.0, 30.0, 9, "r")] == [
        "r.late",
        "r",
        "r.call.1",
        "r.call.1.deep.1",
    ]
    assert claimed(kept) == ["r-2", "r/1", "r!", "rr", "q.r"]


@pytest.mark.parametrize("outputs", [{"a": float("nan")}, {"a": {1: 2}}, {"a": "\ud800"}])
def test_outputs_are_json(kept: Any, new: Any, outputs: Any) -> None:
    kept.create(new("r-1"), owner="a", lease=30.0)
    with pytest.raises(ValueError, match=r"JSON|key|half a character"):
        end(kept, "r-1", how=ENDED._replace(outputs=outputs))
    assert kept.history.run("r-1").status == "running"


def test_many_ends_at_once_free_many_queues(kept: Any, new: Any) -> None:
    async def fill() -> None:
        runs = [new(f"r-{queue}-{at}", queue=f"q-{queue}") for at in range(3) for queue in range(50)]
        await asyncio.gather(*(kept.journal.create(run) for run in runs))

    async def walk() -> list[str]:
        walked: list[str] = []
        while claims := await kept.journal.claim("a", 10.0, 30.0, 200):
            walked += [claim.run for claim in claims]
            await asyncio.gather(*(kept.journal.append(claim.run, 1, [], owner="a", ended=ENDED) for claim in claims))
        return walked

    kept.wait(fill())
    walked = kept.wait(walk())
    assert walked == [f"r-{queue}-{at}" for at in range(3) for queue in range(50)]
