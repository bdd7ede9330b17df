"""Kills processes that walk runs against the sandbox until all are over; then looks for what was lost or repeated.

    python tests/drivers/killed_walks.py FOLDER KILLS [AT_ONCE [RUNS]]

The runs send requests, let time pass, wait for events, and call flows that do. The walkers take in the events, too,
each until it was taken in. They are forked off this process and end by SIGKILL: one in three at a random moment, one
before or after the n-th call to the journal or to the world, one at a named point (``NAMED``; with
FLOWENGINE_KILL_AT=NAME at that one only). The report is one JSON object; `failures` has to be empty.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import signal
import sys
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from itertools import pairwise
from pathlib import Path
from typing import Any, NoReturn

import flowengine
from flowengine.check.compile import TOOLS
from flowengine.core import walker
from flowengine.core.answers import Broken, HttpAnswer
from flowengine.core.entries import Completed, Entry, Requested, Started
from flowengine.core.keys import event_key
from flowengine.core.plan import Plan
from flowengine.drivers.durable import Settings, Worker
from flowengine.effects.live import LiveEffects
from flowengine.journal.faults import JournalFault
from flowengine.journal.inbox import NewEvent
from flowengine.journal.protocol import Filter, NewRun
from flowengine.journal.sqlite import SqliteJournal
from flowengine.project import Environment
from flowengine.sandbox.replies import Reply
from flowengine.sandbox.server import Sandbox
from flowengine.sandbox.service import Call

POINTS = 60
OCCURRENCES = 6
NAMED = (
    "before-requested",
    "after-requested",
    "after-answer",
    "before-completed",
    "after-completed",
    "before-wait",
    "after-wait",
    "after-claim",
    "before-accept",
    "after-accept",
    "before-child",
    "after-child",
    "before-end",
    "after-end",
)
"""Around entries, an answer, a run's wait and its end, an event's way in, and the beginning of a called run."""

LONGEST_LIFE = 0.12
MOST_LIFE = 0.8
"""Seconds after which whoever has not come to its point is killed where it is."""

LIMIT = 3600.0
AT_A_TIME = 20
"""Events that are taken in between two looks at which runs there are."""


# Ten nodes, and three of the flow that is called. `look` is a search that does not say that it may be repeated.
LOOK = """
node: look
integration: webex-engage
versions:
  "1.0":
    request: {method: POST, path: /conversations/search, json: {channel: sms, bizaddress: "1", customeraddress: "2"}}
    responses: [{when: {status: 2xx}, outcome: looked}]
    outcomes: {looked: {kind: success}}
"""
ADDRESS = 'channel: sms, businessNumber: "+447700900001", customerNumber: $(trigger.customer)'
TEXT = 'direction: inbound, messageType: text, timestamp: "2026-11-23T10:00:00Z"'
FLOW = f"""
flow: killed
variables: {{id: {{type: string}}}}
start: say
nodes:
  say: {{type: set-variables@1.0, inputs: {{values: {{id: none}}}}, edges: {{onSuccess: search}}}}
  search:
    type: search-conversation@1.3
    inputs: {{{ADDRESS}}}
    edges: {{noConversationFound: look}}
  look: {{type: look@1.0, edges: {{looked: rest, onError: rest}}}}
  rest: {{type: delay@1.0, inputs: {{duration: 20ms}}, edges: {{onTimeout: create}}}}
  create:
    type: create-conversation@1.3
    inputs: {{{ADDRESS}, {TEXT}, text: first}}
    set: {{id: $(create.conversationId)}}
    edges: {{onConversationCreated: append}}
  append:
    type: append-message@1.4
    inputs: {{channel: sms, conversationId: $(id), {TEXT}, text: second}}
    edges: {{onAppendMessageSuccess: wait}}
  wait:
    type: receive@1.0
    inputs: {{events: {{paid: {{event: paid, key: $(run.id)}}}}}}
    edges: {{paid: sub}}
  sub: {{type: call-flow@1.0, inputs: {{flow: called, inputs: {{id: $(id)}}}}, edges: {{Told: close}}}}
  close:
    type: close-conversation@1.0
    inputs: {{conversationId: $(id)}}
    edges: {{onConversationClosed: end}}
  end: {{type: set-variables@1.0, inputs: {{values: {{id: none}}}}, edges: {{onSuccess: done}}}}
  done: {{end: success}}
"""
CALLED = f"""
flow: called
inputs: {{id: {{type: string}}}}
start: again
nodes:
  again: {{type: look@1.0, edges: {{looked: wait, onError: wait}}}}
  wait:
    type: receive@1.0
    inputs: {{events: {{told: {{event: told, key: $(run.id)}}}}}}
    edges: {{told: more}}
  more:
    type: append-message@1.4
    inputs: {{channel: sms, conversationId: $(id), {TEXT}, text: third}}
    edges: {{onAppendMessageSuccess: done}}
  done: {{end: success, title: Told}}
"""
STEPS = {"killed": 10, "called": 3}
ONCE = ("look", "again")


class Token:
    """Credentials that are there already."""

    def __init__(self, token: str) -> None:
        self._token = token

    async def headers(self, name: str | None, **_: Any) -> Mapping[str, str]:  # noqa: ARG002 - one for all
        return {"Authorization": f"Bearer {self._token}"}

    async def refused_again(self, name: str, refused: Any = None) -> None:
        raise RuntimeError(name, refused)


def serve(folder: Path) -> NoReturn:
    """Be the service; at SIGTERM write down how often each key came."""
    sent: Counter[str] = Counter()

    async def serving() -> None:
        sandbox = Sandbox(token_lifetime=int(LIMIT))
        answer = sandbox._service.answer

        def counted(call: Call, fault: Any = None) -> Reply:
            sent[call.headers.get("idempotency-key", "")] += 1
            return answer(call, fault)

        sandbox._service.answer = counted  # type: ignore[method-assign]
        over = asyncio.Event()
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, over.set)
        async with sandbox:
            _write(folder / "service.json", {"base_url": sandbox.base_url, "token": sandbox.token})
            await over.wait()
        _write(folder / "sent.json", sent)

    asyncio.run(serving())
    os._exit(0)


class Fuse:
    """Kills this process at its n-th call, before or after it is done: at any, or at the n-th of a name."""

    def __init__(self, burns: int, named: str | None) -> None:
        self._left = burns
        self._named = named

    async def call(self, work: Callable[[], Awaitable[Any]], names: Collection[str] = ()) -> Any:
        self._burn([f"before-{name}" for name in names])
        done = await work()
        self._burn([f"after-{name}" for name in names])
        return done

    def _burn(self, places: list[str]) -> None:
        self._left -= self._named is None or self._named in places
        if self._left == 0:
            os.kill(os.getpid(), signal.SIGKILL)


class FusedJournal:
    def __init__(self, journal: SqliteJournal, fuse: Fuse) -> None:
        self._journal = journal
        self._fuse = fuse

    def history(self) -> Any:
        return self._journal.history()

    def __getattr__(self, name: str) -> Callable[..., Awaitable[Any]]:
        method = getattr(self._journal, name)
        return lambda *given, **options: self._fuse.call(
            lambda: method(*given, **options), _names(name, given, options)
        )


def _names(call: str, given: tuple[Any, ...], options: Mapping[str, Any]) -> list[str]:
    """Return what a call to the journal is called among the named points."""
    if call == "create":
        return ["child"] if given[0].called_by is not None else []
    if call != "append":
        return [call]
    kinds = {type(entry).__name__.lower() for entry in given[2]}
    wait = ["wait"] if options.get("awaiting") is not None else []
    return [*kinds, *wait, *(["end"] if options.get("ended") is not None else [])]


class FusedEffects(LiveEffects):
    fuse: Fuse

    async def send(self, want: Any) -> Any:
        return await self.fuse.call(lambda: super(FusedEffects, self).send(want), ["answer"])

    async def sleep(self, seconds: float) -> None:
        await self.fuse.call(lambda: super(FusedEffects, self).sleep(seconds))


def walk(folder: Path, burns: int, named: str | None, at_once: int) -> NoReturn:
    """Be a walker: go on with every open run, and take in what they wait for, as a server does."""
    service = json.loads((folder / "service.json").read_text())

    async def walking() -> None:
        environment = Environment().bind_sandbox(service["base_url"])
        token, fuse = Token(service["token"]), Fuse(burns, named)
        effects = FusedEffects(environment, token, own=dict.fromkeys(environment.integrations, token))
        effects.fuse = fuse

        async def world(_: str | None) -> LiveEffects:
            return effects

        journal = SqliteJournal(folder / "runs.db")
        fused, settings = FusedJournal(journal, fuse), Settings(at_once=at_once)
        async with Worker(fused, world, TOOLS, settings=settings) as worker:
            following = asyncio.create_task(worker.follow())
            await take_in(folder, fused, worker)
            worker.leave()
            await following
        await journal.close()

    with suppress(JournalFault):
        asyncio.run(walking())
    os._exit(0)


async def take_in(folder: Path, journal: Any, worker: Worker) -> None:
    """Let the events of all runs come, each until it is known to be taken in, until all runs are over."""
    history = journal.history()
    acknowledged = set(_acknowledged(folder))
    order = random.Random(os.getpid())  # noqa: S311 - no secret
    with (folder / "acknowledged").open("a", encoding="utf-8") as written:
        while (counts := history.counts())["running"] + counts["waiting"]:
            open_runs = history.runs(Filter(("running", "waiting")), limit=1_000_000)
            due = [run.id for run in open_runs if run.id not in acknowledged]
            for run in order.sample(due, min(len(due), AT_A_TIME)):
                name = "told" if "." in run else "paid"
                event = NewEvent(f"{name}:{run}", name, [event_key(name, run)], {"run": run}, time.time(), "test")
                await journal.accept(event)
                written.write(f"{run}\n")
                written.flush()
                acknowledged.add(run)
                worker.look()
            await asyncio.sleep(0.01)
    history.close()


def _acknowledged(folder: Path) -> list[str]:
    path = folder / "acknowledged"
    return path.read_text("utf-8").split() if path.exists() else []


def kill(folder: Path, kills: int, at_once: int = 1, runs: int = 0) -> dict[str, Any]:
    """Begin runs, kill whoever walks them, and let the last one end them."""
    plan = _plan(folder)
    runs = runs or kills
    asyncio.run(_begin(folder, plan, runs))
    moment = random.Random(2026)  # noqa: S311 - no secret
    done, began, only = 0, time.monotonic(), os.environ.get("FLOWENGINE_KILL_AT")
    reached: Counter[str] = Counter()
    with _forked(lambda: serve(folder)) as service:
        while not (folder / "service.json").exists():
            time.sleep(0.01)
        while done < kills and not _is_over(folder):
            way = 2 if only else done % 3
            named = only or (NAMED[done // 3 % len(NAMED)] if way == 2 else None)
            burns = moment.randint(1, OCCURRENCES if named else POINTS) if way else 0
            with _forked(lambda burns=burns, named=named: walk(folder, burns, named, at_once)) as walker_:
                longest = MOST_LIFE if way else moment.uniform(0.01, LONGEST_LIFE)
                status, in_time = _wait(walker_, longest)
                killed = os.WIFSIGNALED(status)
            done += killed
            reached[(named or "any call") if way and in_time else "any moment"] += killed
        while not _is_over(folder):
            with _forked(lambda: walk(folder, 0, None, at_once)) as walker_:
                os.waitpid(walker_, 0)
        os.kill(service, signal.SIGTERM)
        os.waitpid(service, 0)
    sent = json.loads((folder / "sent.json").read_text())
    report = _judge(folder, plan, sent, most_repeats=done * at_once)
    if report["runs"] != 2 * runs:
        report["failures"].append(f"there are {report['runs']} runs: {runs} were begun, and each calls one")
    return {"kills": done, "killedAt": reached, "seconds": round(time.monotonic() - began, 1), **report}


def _wait(process: int, longest: float) -> tuple[int, bool]:
    """Wait for the end of a process, for so long; then kill it. Return how it ended, and whether in time."""
    deadline = time.monotonic() + longest
    while time.monotonic() < deadline:
        ended, status = os.waitpid(process, os.WNOHANG)
        if ended:
            return status, True
        time.sleep(0.002)
    os.kill(process, signal.SIGKILL)
    return os.waitpid(process, 0)[1], False


@contextmanager
def _forked(work: Callable[[], NoReturn]) -> Iterator[int]:
    process = os.fork()
    if not process:
        try:
            work()
        finally:
            os._exit(1)
    try:
        yield process
    finally:
        with suppress(ProcessLookupError, ChildProcessError):
            os.kill(process, signal.SIGKILL)
            os.waitpid(process, 0)


def _plan(folder: Path) -> Plan:
    (folder / "look.yaml").write_text(LOOK, "utf-8")
    (folder / "nodes").mkdir()
    (folder / "look.yaml").rename(folder / "nodes" / "look.yaml")
    (folder / "called.yaml").write_text(CALLED, "utf-8")
    (folder / "flow.yaml").write_text(FLOW, "utf-8")
    return flowengine.compile(flowengine.load(folder / "flow.yaml"), flowengine.Catalogue([folder / "nodes"]))


async def _begin(folder: Path, plan: Plan, runs: int) -> None:
    journal = SqliteJournal(folder / "runs.db")
    for number in range(runs):
        started = Started(f"run-{number}", plan.digest, time.time(), {"customer": f"+4477009{number:05}"}, {})
        await journal.create(NewRun(plan, [started]))
    await journal.close()


def _is_over(folder: Path) -> bool:
    history = _history(folder)
    counts = history.counts()
    history.close()
    return not counts["running"] + counts["waiting"]


def _history(folder: Path) -> Any:
    journal = SqliteJournal(folder / "runs.db")
    history = journal.history()
    asyncio.run(journal.close())
    return history


def _judge(folder: Path, plan: Plan, sent: Mapping[str, int], most_repeats: int) -> dict[str, Any]:
    history = _history(folder)
    failures: list[str] = history.check()
    known: set[str] = set()
    interrupted = 0
    all_runs = history.runs(limit=1_000_000)
    for run in all_runs:
        entries = history.entries(run.id)
        state = walker.replay(plan if run.called_by is None else plan.called(run.flow), entries)
        if (run.status, state.status, len(state.steps)) != ("succeeded", "succeeded", STEPS[run.flow]):
            failures.append(f"{run.id} has {run.status} after {len(state.steps)} steps: {run.reason}")
        for request, entry in pairwise(entries):
            if isinstance(request, Requested) and request.node != "sub":
                known.add(request.key)
                interrupted += _is_interrupted(entry)
                failures += _wrong(request, entry, sent.get(request.key, 0))
    repeated = {key: times for key, times in sent.items() if times > 1}
    failures += [f"{key} was sent {times} times" for key, times in repeated.items() if key.split(":")[1] in ONCE]
    failures += [f"{key!r} came from nowhere" for key in sent if key not in known]
    repeats = sum(repeated.values()) - len(repeated)
    if repeats > most_repeats:
        failures.append(f"{repeats} repeated sends: at most {most_repeats} were in flight when a process ended")
    taken = {event.id.partition(":")[2]: event for event in history.events(limit=1_000_000) if event.source == "test"}
    failures += [f"the event of {run} is lost" for run in _acknowledged(folder) if run not in taken]
    failures += [f"{event.id} was {event.state} by {event.run}" for run, event in taken.items() if event.run != run]
    figures = {"runs": len(all_runs), "events": len(taken), "sent": sum(sent.values()), "repeated": repeats}
    return {**figures, "interrupted": interrupted, "failures": failures}


def _wrong(request: Requested, entry: Entry, times: int) -> Iterator[str]:
    if not isinstance(entry, Completed) or entry[:3] != request[:3]:
        yield f"{request} is followed by {entry}"
    elif _is_interrupted(entry):
        if request.node not in ONCE:
            yield f"{request.key} may be repeated, and was given up: {entry.answer}"
    elif not isinstance(entry.answer, HttpAnswer):
        yield f"{request.key} came back with {entry.answer}"
    elif not times:
        yield f"{request.key} has an answer, and was never sent"


def _is_interrupted(entry: Entry) -> bool:
    answer = entry.answer if isinstance(entry, Completed) else None
    return isinstance(answer, Broken) and answer.reason.startswith("interrupted")


def _write(path: Path, value: Any) -> None:
    new = path.with_suffix(".new")
    new.write_text(json.dumps(value), "utf-8")
    new.rename(path)


if __name__ == "__main__":
    where = Path(sys.argv[1])
    where.mkdir(parents=True, exist_ok=True)
    sys.stdout.write(json.dumps(kill(where, *map(int, sys.argv[2:]))) + "\n")
