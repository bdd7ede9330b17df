"""What the studio's server takes for a flow of 500 nodes: to open it, and to do something to it.

The best of a few rounds counts, of the whole of what the server does but HTTP: reading, drawing, judging, JSON.
Run it: python benchmarks/studio_documents.py
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from flowengine.cli import startup
from flowengine.studio.answering import encoded
from flowengine.studio.service import Studio

NODES = 500
ROUNDS = 7
TARGETS_MS = {"open": 300.0, "edit": 50.0}
STANDARD = ("onError", "onTimeout", "onInvalidData", "onInvalidChoice", "onAuthorizationFailure", "Failure")


def long_way(number: int) -> tuple[int, int, int]:
    """Return where a node leads: one after the other, with jumps."""
    return number + 1, number + (3 if number % 3 else 1), number + (7 if number % 5 == 0 else 1)


def big_flow(nodes: int = NODES, onward: Callable[[int], tuple[int, int, int]] = long_way) -> str:
    """Return the text of a flow of many nodes, with edges for all of them."""
    lines = ["flow: big", "format: 1", "", "variables:", "  conversationId: {type: string}", "", "defaults:"]
    lines += ["  authorization: engage", "  edges:", *(f"    {outcome}: failed" for outcome in STANDARD)]
    lines += ["", "start: n0", "", "nodes:"]
    for number in range(nodes - 2):
        active, closed, none = (f"n{one}" if one < nodes - 2 else "done" for one in onward(number))
        lines += [
            f"  n{number}:",
            "    type: search-conversation@1.3",
            f"    title: Step number {number}",
            "    inputs:",
            "      channel: sms",
            "      businessNumber: $(trigger.sms.serviceNumber)",
            "      customerNumber: $(trigger.sms.senderNumber)",
            f"    set: {{conversationId: $(n{number}.conversationId)}}",
            "    edges:",
            f"      conversationActive: {active}",
            f"      conversationInQueue: {active}",
            f"      conversationClosed: {closed}",
            f"      noConversationFound: {none}",
            "",
        ]
    return "\n".join([*lines, "  done: {end: success}", "  failed: {end: error}", ""])


def best(work: Callable[[int], Any]) -> float:
    """Return how many milliseconds the fastest of some rounds took."""
    took = []
    for number in range(ROUNDS):
        began = time.perf_counter()
        encoded(work(number))
        took.append((time.perf_counter() - began) * 1000)
    return min(took)


def main() -> int:
    """Measure, and say what came of it."""
    text = big_flow()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "big.yaml")
        path.write_text(text, "utf-8")
        studio = Studio(Path(folder))
        began = time.perf_counter()
        document = studio.open("big", None)
        first = (time.perf_counter() - began) * 1000
        startup.settle()

        def again(number: int) -> Any:
            # Another title each time, so that the text has to be read and laid out anew.
            return studio.document(
                {"text": text.replace("Step number 7\n", f"Step no. {number}\n"), "path": "big.yaml"}
            )

        shown = {one["id"]: {"x": one["x"], "y": one["y"]} for one in document["graph"]["nodes"]}
        asked = {"path": "big.yaml", "positions": shown, "judge": False}

        def retitle(number: int) -> Any:
            operation = {"op": "set", "node": "n250", "path": ["title"], "value": f"Step {number}"}
            return studio.edit({**asked, "text": text, "operations": [operation]})

        def insert(number: int) -> Any:
            after = {"node": f"n{number}", "outcome": "conversationActive"}
            return studio.edit(
                {**asked, "text": text, "operations": [{"op": "add-node", "type": "delay", "after": after}]}
            )

        found = {"open": best(again), "edit": max(best(retitle), best(insert))}
    size = len(encoded(document)) / 1024
    print(f"{len(document['graph']['nodes'])} nodes, {len(document['graph']['edges'])} edges, {size:,.0f} KiB")
    print(f"first time, with node types to load: {first:.0f} ms")
    for name, milliseconds in found.items():
        print(f"{name}: {milliseconds:.0f} ms, target {TARGETS_MS[name]:.0f} ms")
    return 0 if all(found[name] < target for name, target in TARGETS_MS.items()) else 1


if __name__ == "__main__":
    sys.exit(main())
