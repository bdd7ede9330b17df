"""Kills ``flowengine serve`` at any moment while events are delivered to it; then looks for what was lost or repeated.

    python tests/server/killed_servers.py FOLDER 500 [EVENTS]

Customers send messages, one after the other, each delivered until it is answered with 200, and some once more. Every
message starts a run that calls a sandbox in another process, which posts its results back, and is forwarded to a
stream. Servers end by SIGKILL, some of them while they start. The report is one JSON object; ``failures`` has to be
empty.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import socket
import sqlite3
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import aiohttp

from flowengine.authorizations.record import AUTHORIZED, BEARER, SIGNING, Authorization
from flowengine.authorizations.secret import Secret
from flowengine.authorizations.store import FileStore
from flowengine.check.compile import TOOLS
from flowengine.core import walker
from flowengine.core.answers import Broken
from flowengine.core.entries import Completed, Requested
from flowengine.drivers.durable_plans import read_plan
from flowengine.journal.history import SqliteHistory
from flowengine.project import Signature
from flowengine.sandbox.callbacks.options import CallbackOptions
from flowengine.sandbox.replies import Reply
from flowengine.sandbox.server import Sandbox
from flowengine.sandbox.service import Call
from flowengine.streams.signatures import sign

EACH = 5
"""Messages of a customer."""

LONGEST_LIFE = 1.5
LIMIT = 3600.0
SECRET = "known to both sides"  # noqa: S105 - of a test
STREAM = "webex-engage-streaming"
HOOK = Signature("hmac-sha256", ("hook",), header="x-signature", timestamp="x-timestamp")
SIGNED = "signature: {scheme: hmac-sha256, authorization: hook, header: X-Signature, timestamp: X-Timestamp"
PROJECT = f"""
default: here
environments:
  here:
    integrations:
      webex-engage: {{baseUrl: BASE_URL, callback: {{url: local, {SIGNED}, prefix: sha256=}}}}}}
    channels:
      sms: {{{SIGNED}}}}}
"""
ADDRESS = 'channel: sms, businessNumber: "+447700900001", customerNumber: $(trigger.sms.senderNumber)'
TEXT = "direction: inbound, messageType: text, timestamp: $(trigger.sms.timestamp), text: $(trigger.sms.message)"
THERE = ("conversationActive", "conversationInQueue", "conversationOnHold", "conversationClosed")
NOT_DONE = ("Failure", "onError", "onTimeout", "onInvalidData", "onInvalidChoice", "onAuthorizationFailure")
FLOW = f"""
flow: keeps
trigger: {{channel: sms, event: incoming-message}}
variables: {{id: {{type: string}}}}
defaults:
  authorization: engage
  timeout: 20s
  retry: {{attempts: 10, delay: 100ms, on: [onTimeout, onError, Failure]}}
  edges: {{{", ".join(f"{one}: failed" for one in NOT_DONE)}}}
start: search
nodes:
  search:
    type: search-conversation@1.3
    inputs: {{{ADDRESS}}}
    set: {{id: $(search.conversationId)}}
    edges: {{noConversationFound: create, {", ".join(f"{one}: append" for one in THERE)}}}
  create:
    type: create-conversation@1.3
    inputs: {{{ADDRESS}, {TEXT}}}
    edges: {{onConversationCreated: done, onConversationFailed: failed}}
  append:
    type: append-message@1.4
    inputs: {{channel: sms, conversationId: $(id), {TEXT}}}
    edges: {{onAppendMessageSuccess: done, onAppendMessageFailure: failed}}
  done: {{end: success}}
  failed: {{end: error}}
"""


async def be_the_service(folder: Path) -> None:
    """Be the sandbox until the end of the input; then write down when each key came, and what was forwarded."""
    came: defaultdict[str, list[float]] = defaultdict(list)
    callbacks = CallbackOptions(delay=(0.0, 0.1), secret=SECRET, retries=[0.3] * 200)
    sandbox = Sandbox(token_lifetime=int(LIMIT), callbacks=callbacks)
    answer = sandbox._service.answer

    def counted(call: Call, fault: Any = None) -> Reply:
        key = call.headers.get("idempotency-key")
        if key is not None and not call.path.endswith("/streams/events"):
            came[key].append(time.time())
        return answer(call, fault)

    sandbox._service.answer = counted  # type: ignore[method-assign]
    async with sandbox:
        print(json.dumps({"base_url": sandbox.base_url, "token": sandbox.token}), flush=True)  # noqa: T201 - it is read
        await asyncio.to_thread(sys.stdin.read)
        url, headers = f"{sandbox.base_url}/streams/events", {"Authorization": f"Bearer {sandbox.token}"}
        async with aiohttp.ClientSession() as client, client.get(url, headers=headers) as listed:
            forwarded = (await listed.json())["value"]
    (folder / "service.json").write_text(json.dumps({"came": came, "forwarded": forwarded}), "utf-8")


def keep_secrets(folder: Path, token: str, host: str) -> None:
    """Keep what the servers sign and ask with, in a store in the folder."""
    os.environ["FLOWENGINE_AUTH_STORE"] = str(folder / "store")
    os.environ["FLOWENGINE_AUTH_KEY"] = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="
    hook = Authorization("hook", SIGNING, None, (), AUTHORIZED, secrets={"value": Secret(SECRET)})
    FileStore().change("hook", lambda _: hook)
    for name in ("engage", STREAM):
        one = Authorization(name, BEARER, None, (host,), AUTHORIZED, secrets={"access_token": Secret(token)})
        FileStore().change(name, lambda _, one=one: one)  # type: ignore[misc] # bound now


def text_of(customer: int, number: int) -> bytes:
    """Return a message as the channel posts it."""
    event = {"transid": f"t-{customer}-{number}", "event": "MO", "channel": "SMS", "ts": f"2026-11-23T10:00:0{number}Z"}
    sender = f"+4477009{customer:05}"
    return json.dumps({**event, "oa": sender, "da": "+447700900001", "message": f"this is {number}"}).encode()


async def deliver(url: str, events: int, chance: random.Random) -> list[str]:
    """Deliver everything, each message until it is taken; return what was answered and should not have been."""
    odd: list[str] = []
    room = asyncio.Semaphore(8)

    async def post(client: aiohttp.ClientSession, raw: bytes) -> str:
        while True:
            headers = {"content-type": "application/json", **sign(HOOK, SECRET, raw, time.time())}
            with suppress(aiohttp.ClientError, TimeoutError):
                async with client.post(url, data=raw, headers=headers) as answer:
                    if answer.status == 200:
                        return str((await answer.json())["state"])
                    if answer.status < 500:
                        odd.append(f"{raw!r} was answered with {answer.status}: {await answer.text()}")
                        return "refused"
            await asyncio.sleep(0.05)

    async def customer(client: aiohttp.ClientSession, who: int) -> None:
        async with room:
            for number in range(EACH):
                await post(client, text_of(who, number))
                if chance.random() < 0.3:
                    again = await post(client, text_of(who, number))
                    odd.extend([f"a copy of {who}-{number} was {again}"] if again != "duplicate" else [])
                await asyncio.sleep(chance.uniform(0.0, 0.2))

    timeout = aiohttp.ClientTimeout(total=20)
    async with aiohttp.ClientSession(timeout=timeout) as client:
        await asyncio.gather(*(customer(client, who) for who in range(events // EACH)))
    return odd


class Servers:
    """One server after the other, on one port and one database."""

    def __init__(self, folder: Path) -> None:
        # Held to the end: between two servers nobody else is given the port, and they can listen on it.
        self._held = socket.socket()
        self._held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._held.bind(("127.0.0.1", 0))
        self.port = self._held.getsockname()[1]
        self.folder = folder
        self.killed = self.killed_at_work = 0

    def start(self) -> subprocess.Popen[str]:
        """Start one."""
        command = [sys.executable, "-P", "-m", "flowengine", "serve", str(self.folder / "flows"), "--format", "json"]
        command += ["--port", str(self.port), "--db", str(self.folder / "runs.db")]
        with (self.folder / "log").open("a") as log:
            return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True)

    def live(self, seconds: float, *, at_work: bool) -> None:
        """Start one, and kill it some time later: counted from when it listens, or from its very start."""
        with self.start() as server:
            if at_work:
                assert server.stdout is not None
                if not server.stdout.readline():
                    raise RuntimeError((self.folder / "log").read_text())
            time.sleep(seconds)
            server.kill()
        self.killed += 1
        self.killed_at_work += at_work


def kill_many(folder: Path, kills: int, events: int, seed: int) -> dict[str, Any]:
    """Kill servers while events are delivered, then let one end all that is open."""
    chance, began = random.Random(seed), time.monotonic()  # noqa: S311 - moments to kill at
    (folder / "flows").mkdir(parents=True)
    (folder / "flows" / "keeps.yaml").write_text(FLOW, "utf-8")
    command = [sys.executable, "-P", __file__, str(folder), "serve"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as service:
        assert service.stdout is not None
        said = json.loads(service.stdout.readline())
        (folder / "flowengine.yaml").write_text(PROJECT.replace("BASE_URL", said["base_url"]), "utf-8")
        keep_secrets(folder, said["token"], said["base_url"].split("/")[2])
        servers = Servers(folder)
        odd = asyncio.run(_under_fire(servers, kills, events, chance))
        service.communicate()
    found = json.loads((folder / "service.json").read_text("utf-8"))
    report = judge(folder, events, found["came"], found["forwarded"], servers.killed)
    kinds = {"kills": servers.killed, "at work": servers.killed_at_work, "seconds": round(time.monotonic() - began, 1)}
    return {**kinds, **report, "failures": odd + report["failures"]}


async def _under_fire(servers: Servers, kills: int, events: int, chance: random.Random) -> list[str]:
    url = f"http://127.0.0.1:{servers.port}/hooks/sms"
    delivering = asyncio.create_task(deliver(url, events, chance))
    for number in range(kills):
        at_work = number % 4 != 3
        await asyncio.to_thread(servers.live, chance.uniform(0.0, LONGEST_LIFE), at_work=at_work)
    _let_a_minute_pass(servers.folder / "runs.db")
    last = servers.start()
    try:
        odd = await delivering
        await asyncio.to_thread(_wait_until_over, servers.folder / "runs.db")
    finally:
        last.terminate()
        await asyncio.to_thread(last.communicate)
    return odd + ([f"the last server ended with {last.returncode}"] if last.returncode else [])


def _let_a_minute_pass(path: Path) -> None:
    """What a killed server was about to deliver is held for it for a minute; nothing is to be learned of waiting."""
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE outbox SET due_at = due_at - 60 WHERE due_at IS NOT NULL")


def _wait_until_over(path: Path) -> None:
    until = time.monotonic() + LIMIT
    with closing(SqliteHistory(path)) as history:
        while time.monotonic() < until:
            counts, outbox = history.counts(), history.outbox_counts().values()
            if not counts["running"] + counts["waiting"] + sum(one.pending for one in outbox):
                return
            time.sleep(0.1)
    raise TimeoutError


def judge(
    folder: Path, events: int, came: Mapping[str, list[float]], forwarded: Mapping[str, Any], kills: int
) -> dict[str, Any]:
    """Return what was lost, repeated or out of order, and how much there was of everything."""
    with closing(SqliteHistory(folder / "runs.db")) as history:
        failures = [*history.check(), *_events(history, events), *_stream(history, forwarded, events)]
        keys: set[str] = set()
        for run in history.runs(limit=1_000_000):
            failures += _run(history, run, came, keys)
    failures += [f"{key!r} came from nowhere" for key in came if key not in keys]
    repeats = sum(len(times) - 1 for times in came.values())
    sent = sum(map(len, came.values()))
    return {"events": events, "kills": kills, "sent": sent, "repeated": repeats, "failures": failures}


def _events(history: SqliteHistory, expected: int) -> Iterator[str]:
    posted = {f"t-{who}-{number}" for who in range(expected // EACH) for number in range(EACH)}
    found = [one for one in history.events(limit=1_000_000) if one.source == "sms"]
    ids = sorted(one.id.rpartition(":")[2] for one in found)
    if ids != sorted(posted):
        yield f"{len(ids)} events are kept, lost are {posted - set(ids)}"
    yield from (f"event {one.id} is {one.state}, runs {one.runs}" for one in found if len(one.runs) != 1)
    started = {run for one in found for run in one.runs}
    there = {run.id for run in history.runs(limit=1_000_000)}
    yield from (f"run {run} was lost, or started by nothing" for run in started ^ there)


def _stream(history: SqliteHistory, forwarded: Mapping[str, Any], expected: int) -> Iterator[str]:
    counts = list(history.outbox_counts().values())
    if [(one.pending, one.delivered, one.dead) for one in counts] != [(0, expected, 0)]:
        yield f"the outbox has {counts}"
    if forwarded["total"] != expected:
        yield f"{forwarded['total']} events have come out of the stream"
    yield from (f"{one['id']} came out of order" for one in forwarded["events"] if one["late"])
    yield from (f"{one['id']} came twice, and not the same" for one in forwarded["events"] if one["differs"])


def _run(history: SqliteHistory, run: Any, came: Mapping[str, list[float]], keys: set[str]) -> Iterator[str]:
    entries = history.entries(run.id)
    state = walker.replay(read_plan(history.plan(run.digest), run.digest, TOOLS), entries)
    if (run.status, state.status) != ("succeeded", "succeeded"):
        yield f"run {run.id} is {run.status} at {state.path}: {state.steps[-1].reason if state.steps else run.reason}"
    open_: Requested | None = None
    for entry in entries:
        if isinstance(entry, Requested):
            keys.add(entry.key)
            open_ = entry
        elif isinstance(entry, Completed) and open_ is not None:
            times = came.get(open_.key, [])
            if isinstance(entry.answer, Broken) and not times:
                continue
            if not times:
                yield f"{open_.key} has an answer, and was never sent"
            elif times[-1] > entry.at:
                yield f"{open_.key} was answered, and was sent again"
            open_ = None


if __name__ == "__main__":
    where = Path(sys.argv[1])
    where.mkdir(parents=True, exist_ok=True)
    if sys.argv[2] == "serve":
        asyncio.run(be_the_service(where))
    else:
        how_many = int(sys.argv[3]) if len(sys.argv) > 3 else EACH * int(sys.argv[2])
        whole = kill_many(where, int(sys.argv[2]), how_many, seed=2026)
        print(json.dumps(whole))  # noqa: T201 - the report
        sys.exit(1 if whole["failures"] else 0)
