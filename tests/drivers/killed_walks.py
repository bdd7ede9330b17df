"""Kills processes that walk runs against the sandbox until all are over; then looks for what was lost or repeated.

    python tests/drivers/killed_walks.py FOLDER KILLS [AT_ONCE [RUNS]]

Every other kill comes at a random moment, the others just before or after a call to the journal or to the world. The
walkers are forked off this process and end by SIGKILL. The report is one JSON object; `failures` has to be empty.
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
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from itertools import pairwise
from pathlib import Path
from typing import Any, NoReturn

import flowengine
from flowengine.check.compile import TOOLS
from flowengine.core import walker
from flowengine.core.answers import Broken, HttpAnswer
from flowengine.core.entries import Completed, Entry, Requested, Started
from flowengine.core.plan import Plan
from flowengine.drivers.durable import Settings, Worker
from flowengine.effects.live import LiveEffects
from flowengine.journal.faults import JournalFault
from flowengine.journal.protocol import NewRun
from flowengine.journal.sqlite import SqliteJournal
from flowengine.project import Environment
from flowengine.sandbox.replies import Reply
from flowengine.sandbox.server import Sandbox
from flowengine.sandbox.service import Call

POINTS = 60
LONGEST_LIFE = 0.12
LIMIT = 3600.0

# Ten nodes. `look` is a search that does not say that it may be repeated.
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
    edges: {{onAppendMessageSuccess: check}}
  check:
    type: branch@1.0
    inputs: {{rows: [{{name: Twice, when: {{value: $(look.outcome), equals: none}}}}]}}
    edges: {{Twice: failed, None of the above: again}}
  again: {{type: look@1.0, edges: {{looked: more, onError: more}}}}
  more:
    type: append-message@1.4
    inputs: {{channel: sms, conversationId: $(id), {TEXT}, text: third}}
    edges: {{onAppendMessageSuccess: close}}
  close:
    type: close-conversation@1.0
    inputs: {{conversationId: $(id)}}
    edges: {{onConversationClosed: done}}
  done: {{end: success}}
  failed: {{end: error}}
"""
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
    """Kills this process at its n-th call, before or after it is done."""

    def __init__(self, burns: int) -> None:
        self._left = burns

    async def call(self, work: Callable[[], Awaitable[Any]]) -> Any:
        self._burn()
        done = await work()
        self._burn()
        return done

    def _burn(self) -> None:
        self._left -= 1
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
        return lambda *arguments, **options: self._fuse.call(lambda: method(*arguments, **options))


class FusedEffects(LiveEffects):
    fuse: Fuse

    async def send(self, want: Any) -> Any:
        return await self.fuse.call(lambda: super(FusedEffects, self).send(want))

    async def sleep(self, seconds: float) -> None:
        await self.fuse.call(lambda: super(FusedEffects, self).sleep(seconds))


def walk(folder: Path, burns: int, at_once: int) -> NoReturn:
    """Be a walker: go on with every open run, as ``runs resume`` does."""
    service = json.loads((folder / "service.json").read_text())

    async def walking() -> None:
        environment = Environment().bind_sandbox(service["base_url"])
        token, fuse = Token(service["token"]), Fuse(burns)
        effects = FusedEffects(environment, token, own=dict.fromkeys(environment.integrations, token))
        effects.fuse = fuse

        async def world(_: str | None) -> LiveEffects:
            return effects

        journal = SqliteJournal(folder / "runs.db")
        settings = Settings(at_once=at_once)
        async with Worker(FusedJournal(journal, fuse), world, TOOLS, settings=settings) as worker:
            await worker.go_on()
        await journal.close()

    with suppress(JournalFault):
        asyncio.run(walking())
    os._exit(0)


def kill(folder: Path, kills: int, at_once: int = 1, runs: int = 0) -> dict[str, Any]:
    """Begin runs, kill whoever walks them, and let the last one end them."""
    plan = _plan(folder)
    runs = runs or kills
    asyncio.run(_begin(folder, plan, runs))
    moment = random.Random(2026)  # noqa: S311 - no secret
    done, began = 0, time.monotonic()
    with _forked(lambda: serve(folder)) as service:
        while not (folder / "service.json").exists():
            time.sleep(0.01)
        while done < kills and not _is_over(folder):
            at_a_point = done % 2
            burns = moment.randint(1, POINTS) if at_a_point else 0
            with _forked(lambda burns=burns: walk(folder, burns, at_once)) as walker_:
                if not at_a_point:
                    time.sleep(moment.uniform(0.01, LONGEST_LIFE))
                    os.kill(walker_, signal.SIGKILL)
                done += os.WIFSIGNALED(os.waitpid(walker_, 0)[1])
        while not _is_over(folder):
            with _forked(lambda: walk(folder, 0, at_once)) as walker_:
                os.waitpid(walker_, 0)
        os.kill(service, signal.SIGTERM)
        os.waitpid(service, 0)
    sent = json.loads((folder / "sent.json").read_text())
    report = _judge(folder, plan, sent, most_repeats=done * at_once)
    return {"kills": done, "runs": runs, "seconds": round(time.monotonic() - began, 1), **report}


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
    for run in history.runs(limit=1_000_000):
        entries = history.entries(run.id)
        state = walker.replay(plan, entries)
        if (run.status, state.status, len(state.steps)) != ("succeeded", "succeeded", 10):
            failures.append(f"{run.id} has {run.status} after {len(state.steps)} steps: {run.reason}")
        for request, entry in pairwise(entries):
            if isinstance(request, Requested):
                known.add(request.key)
                interrupted += _is_interrupted(entry)
                failures += _wrong(request, entry, sent.get(request.key, 0))
    repeated = {key: times for key, times in sent.items() if times > 1}
    failures += [f"{key} was sent {times} times" for key, times in repeated.items() if key.split(":")[1] in ONCE]
    failures += [f"{key!r} came from nowhere" for key in sent if key not in known]
    repeats = sum(repeated.values()) - len(repeated)
    if repeats > most_repeats:
        failures.append(f"{repeats} repeated sends: at most {most_repeats} were in flight when a process ended")
    return {"sent": sum(sent.values()), "repeated": repeats, "interrupted": interrupted, "failures": failures}


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
