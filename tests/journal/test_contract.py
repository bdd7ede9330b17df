"""What every journal keeps to."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from flowengine.core.answers import HttpAnswer, Outcome
from flowengine.core.entries import Completed, Requested, Started, Stopped
from flowengine.core.plan import Plan
from flowengine.core.values import MAX_DEPTH
from flowengine.journal.faults import Fenced, JournalCorrupt, JournalFault, RunExists, UnknownRun
from flowengine.journal.protocol import Cancellation, Claim, Ended, Filter, KeptRun, Pruned
from flowengine.redaction import LIVE

ENDED = Ended("succeeded", "success", None, 9.0)
ELAPSED = Completed("wait", 1, 1, Outcome("onTimeout"), 4.0, 5.0)


def test_a_new_run_can_be_read(kept: Any, new: Any, plan: Plan) -> None:
    run = new("r-1", trigger={"sms": {"message": "héllo \U0001f600"}}, environment="sandbox", source="by hand")
    assert kept.create(run, owner="a", lease=30.0) == 1
    assert kept.load("r-1") == kept.history.entries("r-1") == run.entries
    assert kept.plan(plan.digest) == kept.history.plan(plan.digest) == plan.data
    assert list(kept.plan(plan.digest)["nodes"]) == list(plan.data["nodes"])
    assert kept.history.run("r-1") == KeptRun(
        id="r-1",
        flow="kept",
        digest=plan.digest,
        status="running",
        result=None,
        reason=None,
        created_at=1.0,
        ended_at=None,
        entries=1,
        environment="sandbox",
        source="by hand",
        parent=None,
        parent_node=None,
        waiting_until=None,
        owner="a",
        leased_until=31.0,
        cancel_asked_at=None,
    )


def test_an_id_is_taken_once(kept: Any, new: Any) -> None:
    kept.create(new("r-1"), owner="a", lease=30.0)
    with pytest.raises(RunExists, match="'r-1'"):
        kept.create(new("r-1", at=2.0))
    assert kept.history.run("r-1").created_at == 1.0


def test_a_run_may_begin_with_the_beginning_of_another(kept: Any, new: Any) -> None:
    assert kept.create(new("r-2", ELAPSED, parent="r-1", parent_node="done")) == 2
    assert kept.load("r-2")[1] == ELAPSED
    assert kept.history.run("r-2")[11:13] == ("r-1", "done")


def test_what_is_no_beginning_of_a_run_is_refused(kept: Any, new: Any, plans: Any) -> None:
    run = new("r-1")
    for wrong in (
        run._replace(entries=[]),
        run._replace(entries=[ELAPSED]),
        new("r-1", run.entries[0]),
        run._replace(plan=plans[1]),
    ):
        with pytest.raises(ValueError, match=r"Started|starts once|on plan"):
            kept.create(wrong)
    with pytest.raises(UnknownRun):
        kept.load("r-1")


def test_entries_are_numbered_and_come_back(kept: Any, new: Any) -> None:
    kept.create(new("r-1"), owner="a", lease=30.0)
    requested = Requested("wait", 2, 1, "r-1:wait:2", 6.5)
    assert kept.append("r-1", 1, [ELAPSED, requested], owner="a") == 3
    answer = HttpAnswer(200, {"tid": "t"}, {"a": [1, 1.5, None, True, "\u2028\x00\\u0041"]}, None)
    assert kept.append("r-1", 3, [Completed("wait", 2, 1, answer, 6.5, 7.0)], owner="a") == 4
    assert kept.load("r-1")[1:] == [ELAPSED, requested, Completed("wait", 2, 1, answer, 6.5, 7.0)]
    assert kept.history.entries("r-1", after=2) == kept.load("r-1")[3:]
    assert kept.history.entries("r-1", after=3) == []
    assert kept.history.run("r-1").entries == 4


@pytest.mark.parametrize(("run", "seq", "owner"), [("r-1", 0, "a"), ("r-1", 2, "a"), ("r-1", 1, "b"), ("r-2", 1, "a")])
def test_who_does_not_hold_the_place_is_fenced(kept: Any, new: Any, run: str, seq: int, owner: str) -> None:
    kept.create(new("r-1"), owner="a", lease=30.0)
    for more in ({}, {"waiting_until": 9.0}, {"ended": ENDED}):
        with pytest.raises(Fenced):
            kept.append(run, seq, [ELAPSED], owner=owner, **more)
    assert len(kept.load("r-1")) == 1
    assert kept.history.run("r-1").owner == "a"


def test_a_run_that_nobody_holds_is_fenced(kept: Any, new: Any) -> None:
    kept.create(new("r-1"))
    with pytest.raises(Fenced):
        kept.append("r-1", 1, [ELAPSED], owner="a")


def test_after_the_end_there_is_nothing(kept: Any, new: Any) -> None:
    kept.create(new("r-1"), owner="a", lease=30.0)
    assert kept.append("r-1", 1, [ELAPSED], owner="a", ended=Ended("failed", "error", "no luck", 9.0)) == 2
    with pytest.raises(Fenced):
        kept.append("r-1", 2, [ELAPSED], owner="a")
    found = kept.history.run("r-1")
    assert found[3:6] == ("failed", "error", "no luck")
    assert (found.ended_at, found.owner, found.leased_until) == (9.0, None, None)
    assert kept.claim("b", 1e9, 30.0, 9) == []
    assert kept.next_due("b") is None
    assert kept.renew("a", ["r-1"], 10.0, 30.0) == {"r-1"}


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"ended": ENDED, "waiting_until": 9.0}, "does not wait"),
        ({"ended": ENDED._replace(status="waiting")}, "does not end 'waiting'"),
    ],
)
def test_an_end_that_is_none_is_refused(kept: Any, new: Any, more: Any, words: str) -> None:
    kept.create(new("r-1"), owner="a", lease=30.0)
    with pytest.raises(ValueError, match=words):
        kept.append("r-1", 1, [], owner="a", **more)
    assert kept.history.run("r-1").status == "running"


def deep(levels: int) -> Any:
    value: Any = 1
    for _ in range(levels):
        value = [value]
    return value


CIRCLE: list[Any] = []
CIRCLE.append(CIRCLE)


@pytest.mark.parametrize(
    "value",
    [float("nan"), float("-inf"), "\ud800", {"\udfff": 1}, {1: "a"}, (1, 2), {1, 2}, b"a", deep(500), CIRCLE],
    ids=["nan", "inf", "surrogate", "surrogate-key", "number-key", "tuple", "set", "bytes", "deep", "circle"],
)
def test_what_is_not_json_does_not_get_in(kept: Any, new: Any, value: Any) -> None:
    kept.create(new("r-1"), owner="a", lease=30.0)
    with pytest.raises(ValueError, match=r"JSON|half a character|key|nested|circular"):
        kept.append("r-1", 1, [Completed("wait", 1, 1, HttpAnswer(200, {}, value), 1.0, 2.0)], owner="a")
    with pytest.raises(ValueError, match=r"JSON|half a character|key|nested|circular"):
        kept.create(new("r-2", trigger={"a": value}))
    assert len(kept.load("r-1")) == 1
    assert kept.history.ids("r-") == ["r-1"]


def test_what_a_run_may_hold_can_be_kept(kept: Any, new: Any) -> None:
    answer = Outcome("onSuccess", {"deep": deep(MAX_DEPTH)}, {"long": "x" * (1 << 20), "large": 10**400})
    kept.create(new("r-1", Completed("wait", 1, 1, answer, 1.0, 2.0)))
    assert kept.load("r-1")[1].answer == answer


def test_only_one_append_of_two_at_one_place_is_kept(kept: Any, new: Any) -> None:
    kept.create(new("r-1"), owner="a", lease=30.0)

    async def both() -> list[Any]:
        calls = (kept.journal.append("r-1", 1, [ELAPSED], owner="a") for _ in range(2))
        return await asyncio.gather(*calls, return_exceptions=True)

    first, second = kept.wait(both())
    assert first == 2
    assert isinstance(second, Fenced)
    assert len(kept.load("r-1")) == 2


def test_a_new_run_is_somebodys_or_due_at_once(kept: Any, new: Any) -> None:
    kept.create(new("free"))
    kept.create(new("held"), owner="a", lease=30.0)
    assert kept.claim("b", 2.0, 30.0, 9) == [Claim("free", None, None)]
    assert kept.claim("b", 30.9, 30.0, 9) == []
    assert kept.claim("b", 31.0, 30.0, 9) == [Claim("held", None, None)]
    assert kept.history.run("held")[14:16] == ("b", 61.0)


def test_a_lease_that_ran_out_holds_until_somebody_else_claims(kept: Any, new: Any) -> None:
    kept.create(new("r-1"), owner="a", lease=30.0)
    assert kept.claim("a", 1000.0, 30.0, 9) == []
    assert kept.append("r-1", 1, [ELAPSED], owner="a") == 2
    assert [claim.run for claim in kept.claim("b", 1000.0, 30.0, 9)] == ["r-1"]
    with pytest.raises(Fenced):
        kept.append("r-1", 2, [ELAPSED], owner="a")
    assert kept.renew("a", ["r-1"], 1000.0, 30.0) == {"r-1"}
    assert kept.append("r-1", 2, [ELAPSED], owner="b") == 3


def test_leases_are_renewed(kept: Any, new: Any) -> None:
    for run in ("r-1", "r-2"):
        kept.create(new(run), owner="a", lease=30.0)
    assert kept.renew("a", ["r-1", "nobody"], 20.0, 30.0) == {"nobody"}
    assert [claim.run for claim in kept.claim("b", 40.0, 30.0, 9)] == ["r-2"]


def test_those_due_longest_come_first(kept: Any, new: Any) -> None:
    for run, at in (("r-1", 5.0), ("r-2", 3.0), ("r-3", 3.0), ("r-4", 4.0)):
        kept.create(new(run, at=at))
    assert [claim.run for claim in kept.claim("a", 9.0, 30.0, 3)] == ["r-2", "r-3", "r-4"]
    assert [claim.run for claim in kept.claim("a", 9.0, 30.0, 3)] == ["r-1"]


def test_a_run_waits_in_nobodys_hands(kept: Any, new: Any) -> None:
    kept.create(new("r-1"), owner="a", lease=30.0)
    assert kept.append("r-1", 1, [], owner="a", waiting_until=100.0) == 1
    found = kept.history.run("r-1")
    assert (found.status, found.waiting_until, found.owner, found.leased_until) == ("waiting", 100.0, None, None)
    assert kept.next_due("a") == 100.0
    with pytest.raises(Fenced):
        kept.append("r-1", 1, [ELAPSED], owner="a")
    assert kept.claim("a", 99.9, 30.0, 9) == []
    assert kept.claim("a", 100.0, 30.0, 9) == [Claim("r-1", 100.0, None)]
    assert kept.history.run("r-1").status == "running"
    # The process dies here: the next one has to know of the wait, too.
    assert kept.claim("b", 130.0, 30.0, 9) == [Claim("r-1", 100.0, None)]
    assert kept.append("r-1", 1, [ELAPSED], owner="b") == 2
    assert kept.history.run("r-1").waiting_until is None
    assert kept.claim("c", 160.0, 30.0, 9) == [Claim("r-1", None, None)]


def test_what_is_released_is_due_at_once_or_after_its_wait(kept: Any, new: Any) -> None:
    kept.create(new("r-1"), owner="a", lease=30.0)
    kept.create(new("r-2"), owner="a", lease=30.0)
    kept.append("r-2", 1, [], owner="a", waiting_until=100.0)
    kept.claim("a", 100.0, 30.0, 9)
    kept.release("b", ["r-1"])
    assert kept.claim("b", 2.0, 30.0, 9) == []
    kept.release("a", ["r-1", "r-2", "nobody"])
    assert kept.history.counts() == {"running": 1, "waiting": 1, "succeeded": 0, "failed": 0, "cancelled": 0}
    assert kept.claim("a", 2.0, 30.0, 9) == [Claim("r-1", None, None)]
    assert kept.claim("a", 100.0, 30.0, 9) == [Claim("r-2", 100.0, None)]


def test_next_due_is_about_what_could_be_claimed(kept: Any, new: Any) -> None:
    assert kept.next_due("a") is None
    kept.create(new("r-1"), owner="a", lease=30.0)
    assert kept.next_due("a") is None
    assert kept.next_due("b") == 31.0
    kept.create(new("r-2", at=7.0))
    assert kept.next_due("a") == kept.next_due("b") == 7.0


def test_a_run_in_nobodys_hands_is_stopped_at_once(kept: Any, new: Any) -> None:
    kept.create(new("free"))
    kept.create(new("dead"), owner="a", lease=30.0)
    kept.create(new("waits"), owner="a", lease=30.0)
    kept.append("waits", 1, [], owner="a", waiting_until=1e6)
    for run in ("free", "dead", "waits"):
        assert kept.cancel(run, "by hand", 31.0) == "stopped"
        assert kept.load(run)[-1] == Stopped(31.0, "cancelled", "by hand")
        assert kept.history.run(run)[3:6] == ("cancelled", "error", "by hand")
        assert kept.history.run(run).ended_at == 31.0
        assert kept.cancel(run, "again", 32.0) == "over"
    with pytest.raises(Fenced):
        kept.append("dead", 1, [ELAPSED], owner="a")
    assert kept.claim("b", 1e9, 30.0, 9) == []


def test_a_run_that_is_walked_is_asked_to_stop(kept: Any, new: Any) -> None:
    kept.create(new("r-1"), owner="a", lease=30.0)
    asked = Cancellation("r-1", "by hand", 10.0)
    assert kept.cancellations("a") == []
    assert kept.cancel("r-1", "by hand", 10.0) == "asked"
    assert kept.cancel("r-1", "again", 11.0) == "asked"
    assert kept.cancellations("a") == [asked]
    assert kept.cancellations("b") == []
    assert kept.history.run("r-1").cancel_asked_at == 10.0
    assert kept.append("r-1", 1, [ELAPSED], owner="a") == 2
    assert kept.claim("b", 31.0, 30.0, 9) == [Claim("r-1", None, asked)]
    assert kept.cancellations("b") == [asked]
    kept.append("r-1", 2, [Stopped(32.0, "cancelled", "by hand")], owner="b", ended=ENDED)
    assert kept.cancellations("b") == []
    assert kept.history.run("r-1").cancel_asked_at is None


def test_a_run_that_is_asked_to_stop_does_not_wait(kept: Any, new: Any) -> None:
    kept.create(new("r-1"), owner="a", lease=30.0)
    asked = Cancellation("r-1", "by hand", 10.0)
    kept.cancel("r-1", "by hand", 10.0)
    kept.append("r-1", 1, [], owner="a", waiting_until=1e6)
    assert kept.claim("a", 11.0, 30.0, 9) == [Claim("r-1", 1e6, asked)]
    kept.release("a", ["r-1"])
    assert kept.claim("a", 11.0, 30.0, 9) == [Claim("r-1", 1e6, asked)]


def test_nobody_is_not_found(kept: Any) -> None:
    for call in (
        lambda: kept.load("r-1"),
        lambda: kept.cancel("r-1", "by hand", 1.0),
        lambda: kept.history.run("r-1"),
        lambda: kept.history.entries("r-1"),
        lambda: kept.history.runs(before="r-1"),
    ):
        with pytest.raises(UnknownRun, match="'r-1'"):
            call()
    with pytest.raises(JournalCorrupt, match="there is no plan sha256:0"):
        kept.plan("sha256:0")


def test_runs_are_listed_newest_first_and_page_by_page(kept: Any, new: Any) -> None:
    for number in range(5):
        kept.create(new(f"r-{number}"), owner="a", lease=30.0)
    kept.append("r-2", 1, [], owner="a", ended=ENDED)
    kept.append("r-3", 1, [], owner="a", waiting_until=50.0)

    def ids(*args: Any, **kwargs: Any) -> list[str]:
        return [run.id for run in kept.history.runs(*args, **kwargs)]

    assert ids() == ["r-4", "r-3", "r-2", "r-1", "r-0"]
    assert ids(limit=2) == ["r-4", "r-3"]
    assert ids(limit=2, before="r-3") == ["r-2", "r-1"]
    assert ids(before="r-0") == []
    assert ids(Filter(statuses=("running",))) == ["r-4", "r-1", "r-0"]
    assert ids(Filter(statuses=("waiting", "succeeded"))) == ["r-3", "r-2"]
    assert ids(Filter(statuses=("running",)), limit=1, before="r-4") == ["r-1"]
    assert kept.history.counts() == {"running": 3, "waiting": 1, "succeeded": 1, "failed": 0, "cancelled": 0}


def test_runs_are_filtered(kept: Any, new: Any, plans: Any) -> None:
    kept.create(new("old-1", trigger={"sms": {"message": 'Grüße "100%_"'}}))
    kept.create(new("new-1", at=100.0, on=plans[1]))
    kept.create(new("new-2", at=100.0), owner="a", lease=30.0)
    kept.append("new-2", 1, [], owner="a", ended=Ended("failed", "error", "no edge for onError at node 'x'", 101.0))

    def ids(**where: Any) -> list[str]:
        return [run.id for run in kept.history.runs(Filter(**where))]

    assert ids(flow="other") == ["new-1"]
    assert ids(flow="oth") == []
    assert ids(since=100.0) == ["new-2", "new-1"]
    assert ids(since=100.1) == []
    assert ids(text="OLD-") == ["old-1"]
    assert ids(text="other") == ["new-1"]
    assert ids(text="NO EDGE") == ["new-2"]
    assert ids(text="grüße") == ["old-1"]
    assert ids(text="100%_") == ["old-1"]
    assert ids(text="1__1") == []
    assert ids(flow="kept", since=50.0, statuses=["failed"], text="new") == ["new-2"]


@pytest.mark.parametrize("text", ["x') OR '1'='1", "' OR 1=1 --", "%", "\\", '";', "\0", "_", "x" * 200_000])
def test_what_is_looked_for_is_never_a_statement(kept: Any, new: Any, text: str) -> None:
    kept.create(new("r-1"))
    assert kept.history.runs(Filter(text=text)) == []
    assert kept.history.runs(Filter(flow=text)) == []
    assert kept.history.runs(Filter(statuses=[text])) == []
    assert kept.history.ids(text) == []
    with pytest.raises(UnknownRun):
        kept.history.run(text)


def test_ids_are_found_by_their_beginning(kept: Any, new: Any) -> None:
    for run in ("ab", "abc", "abd", "b", "a\U0010ffff", "A"):
        kept.create(new(run))
    assert kept.history.ids("ab") == ["ab", "abc", "abd"]
    assert kept.history.ids("ab", limit=2) == ["ab", "abc"]
    assert kept.history.ids("a") == ["ab", "abc", "abd", "a\U0010ffff"]
    assert kept.history.ids("c") == []


def test_old_runs_are_pruned(kept: Any, new: Any, plans: Any) -> None:
    for number in range(6):
        kept.create(new(f"r-{number}", on=plans[number == 5]), owner="a", lease=30.0)
    for number, at in ((0, 10.0), (1, 30.0), (2, 20.0), (3, 20.0), (5, 5.0)):
        kept.append(f"r-{number}", 1, [], owner="a", ended=ENDED._replace(at=at))
    assert kept.prune() == Pruned(0, 0)
    assert kept.prune(older_than=5.0) == Pruned(0, 0)
    assert kept.prune(older_than=10.0) == Pruned(1, 1)
    assert kept.history.ids("r-") == ["r-0", "r-1", "r-2", "r-3", "r-4"]
    with pytest.raises(JournalCorrupt):
        kept.plan(plans[1].digest)
    assert kept.prune(keep=4) == Pruned(0, 0)
    assert kept.prune(keep=2) == Pruned(2, 0)
    assert kept.history.ids("r-") == ["r-1", "r-3", "r-4"]
    assert kept.prune(older_than=25.0, keep=2) == Pruned(1, 0)
    assert kept.prune(older_than=1e9, keep=0) == Pruned(1, 0)
    assert kept.history.ids("r-") == ["r-4"]
    with pytest.raises(UnknownRun):
        kept.load("r-1")
    assert kept.load("r-4") == new("r-4").entries
    assert kept.history.check() == []


def test_a_pruned_plan_can_come_back(kept: Any, new: Any, plan: Plan) -> None:
    for _ in range(2):
        kept.create(new("r-1"), owner="a", lease=30.0)
        kept.append("r-1", 1, [], owner="a", ended=ENDED)
        assert kept.plan(plan.digest) == plan.data
        assert kept.prune(keep=0) == Pruned(1, 1)


def test_a_closed_journal_says_so(kept: Any, new: Any) -> None:
    kept.create(new("r-1"), owner="a", lease=30.0)
    kept.wait(kept.journal.close())
    for call in (
        lambda: kept.create(new("r-2")),
        lambda: kept.append("r-1", 1, [ELAPSED], owner="a"),
        lambda: kept.claim("a", 1.0, 1.0, 1),
        lambda: kept.next_due("a"),
        lambda: kept.load("r-1"),
    ):
        with pytest.raises(JournalFault, match="closed") as fault:
            call()
        assert fault.value.code == "closed"


def test_no_secret_is_written(kept: Any, new: Any, path: Any) -> None:
    secret = "kept-s3cret/+value"  # noqa: S105 - nobody's
    number = "8675309123"
    LIVE.learn(secret)
    LIVE.learn(number)
    started = Started("r-1", new("x").plan.digest, 1.0, {"token": [secret], secret: 1}, {"name": f"Bearer {secret}"})
    answer = HttpAnswer(200, {"x-id": secret}, {"a": f"<{secret}>", "n": int(number)}, None)
    kept.create(new("r-1")._replace(entries=[started], source=f"with {secret}"), owner="a", lease=30.0)
    kept.append("r-1", 1, [Completed("wait", 1, 1, answer, 1.0, 2.0)], owner="a")
    kept.cancel("r-1", f"because {secret}", 3.0)
    assert kept.cancellations("a")[0].reason == "because [secret]"
    kept.append("r-1", 2, [], owner="a", ended=Ended("failed", "error", f"no {secret}", 3.0))
    first, second = kept.load("r-1")
    assert first.trigger == {"token": ["[secret]"], "[secret]": 1}
    assert first.variables == {"name": "Bearer [secret]"}
    assert second.answer == HttpAnswer(200, {"x-id": "[secret]"}, {"a": "<[secret]>", "n": "[secret]"}, None)
    found = kept.history.run("r-1")
    assert (found.source, found.reason) == ("with [secret]", "no [secret]")
    for file in path.parent.glob("*"):
        assert secret.encode() not in file.read_bytes()
        assert number.encode() not in file.read_bytes()


def test_names_are_never_taken_for_secrets(kept: Any, new: Any) -> None:
    """A run whose node is called like a password has to go on after a restart."""
    LIVE.learn("searching-node")
    entry = Requested("searching-node", 1, 1, "r-1:searching-node:1", 2.0)
    kept.create(new("r-1", entry))
    assert kept.load("r-1")[1] == entry
