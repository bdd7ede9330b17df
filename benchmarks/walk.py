"""What a step of the walk costs: 100 trivial nodes in a chain, one read, one write and one outcome edge each.

Beside it, in the same process, a plain Python loop that keeps the same trace. Run it: python benchmarks/walk.py
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import flowengine

NODES = 100
ROUNDS = 200
TARGET_RATIO = 6.0
TARGET_CONCURRENT_MS = 150.0


def chain(work: str) -> flowengine.Plan:
    """Compile a flow of NODES nodes in a row, each doing ``work``."""
    nodes = [f"  n{i}: {work.format(next=f'n{i + 1}')}" for i in range(NODES)]
    text = "\n".join(
        [
            "flow: chain",
            "variables: {counter: 0, copy: 0}",
            "start: n0",
            "nodes:",
            *nodes,
            f"  n{NODES}: {{end: success}}",
        ]
    )
    return compiled(text)


def compiled(text: str) -> flowengine.Plan:
    """Compile the text of a flow."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "chain.yaml"
        path.write_text(text)
        return flowengine.compile(flowengine.load(path))


def plain_loop() -> list[dict[str, Any]]:
    """Do what the chain does, by hand: read, write, follow the edge, and keep the trace that a run keeps."""
    edges = {f"n{i}": {"onSuccess": f"n{i + 1}"} for i in range(NODES)}
    variables: dict[str, Any] = {"counter": 0, "copy": 0}
    trace: list[dict[str, Any]] = []
    visits: dict[str, int] = {}
    node = "n0"
    while node in edges:
        started = time.time()
        visits[node] = visits.get(node, 0) + 1
        inputs = {"values": {"copy": variables["counter"]}}
        variables["copy"] = inputs["values"]["copy"]
        outcome = "onSuccess"
        target = edges[node][outcome]
        ended = time.time()
        trace.append(
            {
                "node": node,
                "type": "set-variables@1.0",
                "visit": visits[node],
                "attempts": [(1, outcome, started, ended)],
                "outcome": outcome,
                "edge": (outcome, target, False),
                "inputs": inputs,
                "outputs": {},
                "set": {"copy": variables["copy"]},
                "startedAt": started,
                "endedAt": ended,
            }
        )
        node = target
    return trace


async def per_step(work: Callable[[], Awaitable[Any]]) -> float:
    """Return microseconds a step: the best of ROUNDS."""
    best = float("inf")
    for _ in range(ROUNDS):
        before = time.perf_counter()
        await work()
        best = min(best, time.perf_counter() - before)
    return best / NODES * 1e6


async def concurrent(runs: int = 1000) -> float:
    """Return the milliseconds in which ``runs`` runs of five nodes that wait 10 ms each end."""
    waits = "\n".join(
        f"  w{i}: {{type: delay@1.0, inputs: {{duration: 10ms}}, edges: {{onTimeout: w{i + 1}}}}}" for i in range(5)
    )
    plan = compiled(f"flow: waits\nstart: w0\nnodes:\n{waits}\n  w5: {{end: success}}\n")
    before = time.perf_counter()
    done = await asyncio.gather(*(flowengine.run(plan) for _ in range(runs)))
    took = (time.perf_counter() - before) * 1000
    if any(run.result != "success" for run in done):
        raise RuntimeError("a run failed")
    return took


async def bare_sleeps(runs: int = 1000) -> float:
    """Return the milliseconds of the same waits without an engine."""

    async def one() -> None:
        for _ in range(5):
            await asyncio.sleep(0.01)

    before = time.perf_counter()
    await asyncio.gather(*(one() for _ in range(runs)))
    return (time.perf_counter() - before) * 1000


async def main() -> int:
    """Measure, print, and return 1 where a target is missed."""
    plan = chain("{{type: set-variables@1.0, inputs: {{values: {{copy: $(counter)}}}}, edges: {{onSuccess: {next}}}}}")

    async def loop() -> Any:
        return plain_loop()

    run = await flowengine.run(plan)
    if len(run.steps) != NODES:
        raise RuntimeError(run.reason)
    plain = await per_step(loop)
    engine = await per_step(lambda: flowengine.run(plan))
    ratio = engine / plain
    print(f"plain loop with trace   {plain:7.2f} us a step")
    met = ratio <= TARGET_RATIO
    print(
        f"flowengine.run          {engine:7.2f} us a step   {ratio:.1f} x (at most {TARGET_RATIO:g})   {verdict(met)}"
    )
    bare = min([await bare_sleeps() for _ in range(3)])
    ours = min([await concurrent() for _ in range(3)])
    quick = ours <= TARGET_CONCURRENT_MS
    print("1,000 runs that wait five times 10 ms")
    print(f"bare sleeps             {bare:7.0f} ms")
    print(f"flowengine.run          {ours:7.0f} ms (at most {TARGET_CONCURRENT_MS:g})   {verdict(quick)}")
    return 0 if met and quick else 1


def verdict(met: bool) -> str:  # noqa: FBT001 - one fact
    """Say it in a word."""
    return "PASS" if met else "MISS"


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
