"""How long whoever posts an event waits for the answer, while the flows of those before walk.

A real ``flowengine serve`` over the flows in ``flows/`` and a sandbox, each in a process of its own: signed SMS of
different customers at a steady rate, each of which starts a run and is forwarded. They are sent when their time has
come, whether those before are answered or not, and a wait counts from that time on. In the middle a flow is saved.
Beside it the first event of all, one that comes a thousand times at once, and GET /healthz: what client and network
need of the time. Run it: python benchmarks/hooks.py [SECONDS [RATE]]
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

import aiohttp
from served import SECRET, at, keep_secrets, sandbox, serving, told

from flowengine.project import Signature
from flowengine.streams.signatures import sign

FLOWS = Path(__file__).resolve().parents[1] / "flows"
SECONDS = 30.0
RATE = 50.0
COPIES = 1000
STARTED = 1
"""Runs that an SMS starts."""

TARGET_MS = 50.0
HOOK = Signature("hmac-sha256", ("hook",), header="x-signature", timestamp="x-timestamp")
SIGNED = "signature: {scheme: hmac-sha256, authorization: hook, header: X-Signature"
PROJECT = f"""
default: here
environments:
  here:
    integrations:
      webex-engage:
        baseUrl: BASE_URL
        callback: {{url: local, {SIGNED}, prefix: sha256=, timestamp: X-Timestamp}}}}
    channels:
      sms: {{{SIGNED}, timestamp: X-Timestamp}}}}
"""


def message(number: int | str) -> bytes:
    """Return an SMS of a customer of its own."""
    # All numbers are of the range that nobody has; customer and business together make the conversation.
    customer, business = (number % 1000, number // 1000) if isinstance(number, int) else (999, len(number))
    event = {"transid": f"t-{number}", "channel": "SMS", "event": "MO", "oa": f"+447700900{customer:03}"}
    event["da"] = f"+447700900{business:03}"
    return json.dumps({**event, "message": "Where is my parcel?", "ts": "2026-11-23T10:00:00Z"}).encode()


async def post(client: aiohttp.ClientSession, raw: bytes) -> list[str]:
    """Post an event; return the runs that it has started."""
    headers = {"content-type": "application/json", **sign(HOOK, SECRET, raw, time.time())}
    async with client.post("/hooks/sms", data=raw, headers=headers) as answer:
        answer.raise_for_status()
        runs: list[str] = (await answer.json())["runs"]
        return runs


async def ask(client: aiohttp.ClientSession, path: str) -> str:
    """Get something."""
    async with client.get(path) as answer:
        answer.raise_for_status()
        return await answer.text()


async def processor_seconds(client: aiohttp.ClientSession) -> float:
    """Return how long the server has computed so far."""
    figures = (line.split() for line in (await ask(client, "/metrics")).splitlines())
    return float(next(words[1] for words in figures if words[0] == "process_cpu_seconds_total"))


async def steadily(call: Callable[[int], Awaitable[object]], seconds: float, rate: float) -> list[float]:
    """Call at a rate; return how many milliseconds after its time each was answered."""
    begin, calls = time.perf_counter(), []

    async def timed(number: int, due: float) -> float:
        await call(number)
        return (time.perf_counter() - due) * 1000

    for number in range(int(seconds * rate)):
        due = begin + number / rate
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        calls.append(asyncio.create_task(timed(number, due)))
    return list(await asyncio.gather(*calls))


async def measure(url: str, seconds: float, rate: float, flow: Path) -> bool:
    """Measure all of it, and print it."""
    half = int(seconds * rate / 2)

    async def deliver(number: int) -> None:
        if number == half:
            os.utime(flow)
        await post(client, message(number))

    connector = aiohttp.TCPConnector(limit=100)
    async with aiohttp.ClientSession(url, connector=connector) as client:
        await ask(client, "/healthz")
        (first,) = await steadily(lambda _: post(client, message("first")), 1.0, 1.0)
        idle = await steadily(lambda _: ask(client, "/healthz"), 5.0, rate)
        used = time.perf_counter(), await processor_seconds(client)
        waits = await steadily(deliver, seconds, rate)
        share = (await processor_seconds(client) - used[1]) / (time.perf_counter() - used[0])
        counts = json.loads(await ask(client, "/api/runs?limit=1"))["counts"]
        before = time.perf_counter()
        found = await asyncio.gather(*(post(client, message("same")) for _ in range(COPIES)))
        took = (time.perf_counter() - before) * 1000
    started = {run for runs in found for run in runs}
    print(f"GET /healthz, {rate:g} a second: {spread(idle)}")
    print(f"POST /hooks/sms, {rate:g} a second for {seconds:g} s: {spread(waits)}")
    print(f"  meanwhile the server took {share:.0%} of a core; runs by then: {counts}")
    print(f"one event {COPIES:,} times, 100 at once: {took:,.0f} ms in all")
    met = [
        told("the first event after the server was ready", first, TARGET_MS, "ms"),
        told("p50 while runs walk", at(waits, 0.50), TARGET_MS, "ms"),
        told("p99 while runs walk", at(waits, 0.99), TARGET_MS, "ms"),
        told(f"runs of an event that came {COPIES:,} times", len(started), STARTED + 1, "runs"),
    ]
    return all(met)


def spread(values: Sequence[float]) -> str:
    """Say how they are spread."""
    return f"p50 {at(values, 0.5):.1f} ms, p99 {at(values, 0.99):.1f} ms, longest {max(values):.1f} ms"


def run(folder: Path, seconds: float, rate: float) -> bool:
    """Serve, and measure."""
    with sandbox() as engage:
        flows = folder / "flows"
        shutil.copytree(FLOWS, flows, ignore=shutil.ignore_patterns(".flowengine"))
        (folder / "flowengine.yaml").write_text(PROJECT.replace("BASE_URL", engage["base_url"]), "utf-8")
        keep_secrets(folder, engage["token"], engage["base_url"].split("/")[2])
        with serving(folder, flows) as server:
            return asyncio.run(measure(server.url, seconds, rate, flows / "sms-inbound.yaml"))


if __name__ == "__main__":
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else SECONDS
    rate = float(sys.argv[2]) if len(sys.argv) > 2 else RATE
    with tempfile.TemporaryDirectory() as place:
        sys.exit(0 if run(Path(place), seconds, rate) else 1)
