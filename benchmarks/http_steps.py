"""How fast is one HTTP step? Ours against bare aiohttp and bare httpx, over loopback, server in its own process.

    python benchmarks/http_steps.py

Takes less than a minute. Targets: alone, at most 1.15 times the time of a bare httpx call; at 50 and 200 at once, at
least a quarter of bare aiohttp's requests per second, with 99 of 100 requests answered within 100 ms.
"""

from __future__ import annotations

import asyncio
import contextlib
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import NamedTuple, cast

import aiohttp
import httpx

import flowengine
from flowengine.authorizations.life import Keeper
from flowengine.authorizations.record import AUTHORIZED, BEARER, Authorization
from flowengine.authorizations.secret import Secret
from flowengine.authorizations.store import MemoryStore
from flowengine.cli import startup
from flowengine.core.answers import HttpAnswer
from flowengine.core.wants import HttpRequest
from flowengine.effects.http import close_shared_client, exchange, shared_client
from flowengine.effects.live import LiveEffects
from flowengine.project import Environment, Integration

CONCURRENCIES = (1, 50, 200)
DELAYS = {"/at-once": 0.0, "/after-5ms": 0.005}
ROUNDS = 3
WARM_UP_SECONDS = 0.3
ROUND_SECONDS = 0.6
SLOWEST_P99 = 0.1
LEAST_SHARE_OF_AIOHTTP = 0.25
MOST_TIMES_HTTPX = 1.15

QUESTION = {"channel": "sms", "customeraddress": "+447700900123", "bizaddress": "+447700900001"}
HEADERS = {"Authorization": "Bearer some-token", "Idempotency-Key": "run-1:search:1"}
ANSWER = b'{"status": "success", "value": {"chatExist": true, "status": "active", "conversationId": "c-1"}}'

TRIGGER = {"sms": {"serviceNumber": "+447700900001", "senderNumber": "+447700900123"}}
FLOW = """
flow: step
start: search
nodes:
  search:
    type: search-conversation@1.3
    authorization: engage
    inputs:
      channel: sms
      businessNumber: $(trigger.sms.serviceNumber)
      customerNumber: $(trigger.sms.senderNumber)
    edges: {conversationActive: done}
  done: {end: success}
"""

Call = Callable[[], Awaitable[None]]
Contender = Callable[[str, str], AbstractAsyncContextManager[Call]]


@contextlib.asynccontextmanager
async def bare_aiohttp(origin: str, path: str) -> AsyncIterator[Call]:
    url = origin + path
    # No limit: its limit lets some wait for as long as the load lasts.
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:

        async def call() -> None:
            async with session.post(url, json=QUESTION, headers=HEADERS) as response:
                expect((await response.json())["status"] == "success")

        yield call


@contextlib.asynccontextmanager
async def bare_httpx(origin: str, path: str) -> AsyncIterator[Call]:
    url = origin + path
    async with httpx.AsyncClient(timeout=60, limits=httpx.Limits(max_connections=None)) as client:

        async def call() -> None:
            response = await client.post(url, json=QUESTION, headers=HEADERS)
            expect(response.json()["status"] == "success")

        yield call


@contextlib.asynccontextmanager
async def our_exchange(origin: str, path: str) -> AsyncIterator[Call]:
    request = HttpRequest("POST", path, json=QUESTION, has_json=True)
    client = shared_client()

    async def call() -> None:
        answer = await exchange(client, request, origin, HEADERS)
        expect(isinstance(answer, HttpAnswer) and answer.body["status"] == "success")

    yield call
    await close_shared_client()


@contextlib.asynccontextmanager
async def flow_step(origin: str, path: str) -> AsyncIterator[Call]:
    """Run a flow with one node: all there is between trigger and end, credentials and trace included."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "step.yaml"
        file.write_text(FLOW)
        plan = flowengine.compile(flowengine.load(file))
    environment = Environment("benchmark", {"webex-engage": Integration(origin + path)}, {})
    effects = LiveEffects(environment, Keeper(MemoryStore([stored(origin)])))

    async def call() -> None:
        run = await flowengine.run(plan, trigger=TRIGGER, effects=effects)
        expect(run.result == "success")

    yield call
    await close_shared_client()


def stored(origin: str) -> Authorization:
    host, secrets = origin.removeprefix("http://"), {"access_token": Secret("some-token")}
    return Authorization("engage", BEARER, "webex-engage", (host,), state=AUTHORIZED, secrets=secrets)


CONTENDERS: dict[str, Contender] = {
    "aiohttp": bare_aiohttp,
    "httpx": bare_httpx,
    "exchange": our_exchange,
    "flow step": flow_step,
}
JUDGED = ("exchange", "flow step")


def expect(fulfilled: bool) -> None:  # noqa: FBT001 - an assertion's only argument
    if not fulfilled:
        raise RuntimeError("a contender got a wrong answer")


class Figures(NamedTuple):
    """Calls per second, and how long the middle and the 99th of 100 took, in seconds."""

    rate: float
    p50: float
    p99: float


async def load(call: Call, concurrency: int, seconds: float) -> tuple[float, list[float]]:
    """Keep ``concurrency`` calls under way for a while; return calls per second and the time of each."""
    times: list[float] = []
    start = time.perf_counter()
    end = start + seconds

    async def worker() -> None:
        while (began := time.perf_counter()) < end:
            await call()
            times.append(time.perf_counter() - began)

    # What is under way at the end may take long (bare httpx): it is not waited for.
    tasks = [asyncio.create_task(worker()) for _ in range(concurrency)]
    _, late = await asyncio.wait(tasks, timeout=seconds + 0.1)
    elapsed = time.perf_counter() - start
    for task in late:
        task.cancel()
    for result in await asyncio.gather(*tasks, return_exceptions=True):
        if isinstance(result, Exception):
            raise result
    return len(times) / elapsed, times


async def measure(origin: str, path: str, concurrency: int) -> dict[str, Figures]:
    """Let the contenders take turns, so that a busy moment of the machine meets all of them."""
    rates: dict[str, list[float]] = {name: [] for name in CONTENDERS}
    times: dict[str, list[float]] = {name: [] for name in CONTENDERS}
    async with contextlib.AsyncExitStack() as stack:
        calls = {name: await stack.enter_async_context(make(origin, path)) for name, make in CONTENDERS.items()}
        for call in calls.values():
            await load(call, concurrency, WARM_UP_SECONDS)
        for _ in range(ROUNDS):
            for name, call in calls.items():
                rate, taken = await load(call, concurrency, ROUND_SECONDS)
                rates[name].append(rate)
                times[name] += taken
    return {name: figures(rates[name], times[name]) for name in CONTENDERS}


def figures(rates: list[float], times: list[float]) -> Figures:
    times.sort()
    if not times:
        return Figures(0.0, float("inf"), float("inf"))
    return Figures(sum(rates) / len(rates), times[len(times) // 2], times[len(times) * 99 // 100])


def verdict(name: str, measured: dict[str, Figures], concurrency: int) -> tuple[str, bool]:
    own = measured[name]
    if concurrency == 1:
        times = own.p50 / measured["httpx"].p50
        return f"{times:5.2f} x httpx's time", times <= MOST_TIMES_HTTPX
    share = own.rate / measured["aiohttp"].rate
    return f"{share:5.0%} of aiohttp's rate", share >= LEAST_SHARE_OF_AIOHTTP and own.p99 < SLOWEST_P99


async def report(origin: str) -> bool:
    met = True
    print(f"{'server':12}{'at once':>8}  {'contender':12}{'req/s':>8}{'p50 ms':>9}{'p99 ms':>9}")
    for path in DELAYS:
        for concurrency in CONCURRENCIES:
            measured = await measure(origin, path, concurrency)
            for name, (rate, p50, p99) in measured.items():
                line = f"{path[1:]:12}{concurrency:>8}  {name:12}{rate:>8.0f}{p50 * 1e3:>9.2f}{p99 * 1e3:>9.2f}"
                if name in JUDGED:
                    words, passed = verdict(name, measured, concurrency)
                    met = met and passed
                    line += f"   {words}  {'PASS' if passed else 'MISS'}"
                print(line, flush=True)
    return met


class AnsweringServer(asyncio.Protocol):
    """As little of HTTP as the contenders need."""

    HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(ANSWER)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:  # noqa: D102 - of asyncio.Protocol
        self.transport = cast("asyncio.Transport", transport)
        self.received = b""

    def data_received(self, data: bytes) -> None:  # noqa: D102 - of asyncio.Protocol
        self.received += data
        head, blank_line, rest = self.received.partition(b"\r\n\r\n")
        _, _, length = head.lower().partition(b"content-length:")
        if not blank_line or len(rest) < int(length.partition(b"\r\n")[0] or 0):
            return
        self.received = b""
        delay = DELAYS["/" + head.split(b" ", 2)[1].decode().split("/")[1]]
        if delay:
            asyncio.get_running_loop().call_later(delay, self.answer)
        else:
            self.answer()

    def answer(self) -> None:
        """Say the same to everyone."""
        self.transport.write(self.HEAD + ANSWER)


async def serve() -> None:
    # A backlog for all connections at once; past it, the system lets a client wait a second for its second try.
    server = await asyncio.get_running_loop().create_server(AnsweringServer, "127.0.0.1", 0, backlog=4096)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


def main() -> int:
    command = [sys.executable, __file__, "serve"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:  # noqa: S603 - this very file
        try:
            port = int(server.stdout.readline()) if server.stdout else 0
            startup.settle()  # as every command that stays does
            met = asyncio.run(report(f"http://127.0.0.1:{port}"))
        finally:
            server.terminate()
    print("all targets met" if met else "a target was missed")
    return 0 if met else 1


if __name__ == "__main__":
    if sys.argv[1:] == ["serve"]:
        with contextlib.suppress(KeyboardInterrupt):
            asyncio.run(serve())
    else:
        sys.exit(main())
