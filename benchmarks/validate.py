"""What it costs to load and validate large flows, in shapes that are hard for the rules. Nodes have seven edges each.

Measures 1,000 nodes of each shape against a second, and beside what the YAML parser alone takes for the same text; and
how the cost grows with the number of nodes. A flow file may hold about 2,500 such nodes: the curve is measured with the
limits lifted, and says how the rules behave. Times are of the processor, all in one thread; as in the command, no
garbage is looked for meanwhile.

Run it: python benchmarks/validate.py [SHAPE...]
"""

from __future__ import annotations

import gc
import math
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import yaml

import flowengine
from flowengine.check.validate import read_flow, report
from flowengine.flowfile.yaml_source import Limits

NODES = 1_000
CURVE = (1_000, 2_000, 5_000, 10_000)
ROUNDS = 2
TARGET_SECONDS = 1.0
TARGET_GROWTH = 1.3
"""How many times the cost per n log n may be at the end of the curve what it is at its beginning."""

LABELS = (
    "conversationActive",
    "conversationInQueue",
    "conversationOnHold",
    "conversationClosed",
    "noConversationFound",
    "onError",
    "onTimeout",
)
NO_LIMITS = Limits(size=2**30, nodes=10**9)
HEAD = """\
flow: large
trigger: {channel: sms, event: incoming-message}
variables: {conversationId: {type: string}, number: "", rounds: 0}
defaults:
  authorization: engage
  timeout: 10s
  edges: {onInvalidData: failed, onAuthorizationFailure: failed, onInvalidChoice: failed}
start: n0
nodes:
"""
TAIL = "  done: {end: success}\n  failed: {end: error}\n"


class Cost(NamedTuple):
    """Seconds of the processor for parsing the YAML and no more, for loading the flow, and for judging it."""

    parse: float
    load: float
    judge: float
    findings: int

    @property
    def total(self) -> float:
        """What a user waits for."""
        return self.load + self.judge


def search(number: int, targets: list[str], customer: str = "$(trigger.sms.senderNumber)", sets: str = "") -> str:
    """Write a node that searches for a conversation, with an edge for each of seven outcomes."""
    edges = "".join(f"      {label}: {target}\n" for label, target in zip(LABELS, targets, strict=True))
    return f"""\
  n{number}:
    type: search-conversation@1.3
    title: Search number {number}
    inputs:
      channel: sms
      businessNumber: $(trigger.sms.serviceNumber)
      customerNumber: {customer}
{f"    set: {{{sets}}}" if sets else ""}
    edges:
{edges}"""


def name(number: int, nodes: int) -> str:
    """Return the id of a node, or that of an end beyond the last."""
    return f"n{number}" if number < nodes else "done"


def chain(nodes: int) -> Iterator[str]:
    """Put node after node, each with the rest of its edges to an end."""
    for number in range(nodes):
        yield search(number, [name(number + 1, nodes), *["done"] * 4, "failed", "failed"])


def layers(nodes: int) -> Iterator[str]:
    """Lead from each layer of five nodes to all of the next one, and by its branch back to the one before."""
    for number in range(nodes):
        layer = (number + 4) // 5
        ahead = [name(layer * 5 + 1 + step, nodes) for step in range(5)]
        if number % 5 == 0:
            back = f"n{max(0, number - 5)}"
            rows = "".join(
                f"        - {{name: Row {row}, when: {{value: $(rounds), equals: {row}}}}}\n" for row in range(6)
            )
            edges = "".join(f"      Row {row}: {to}\n" for row, to in enumerate([*ahead, back]))
            yield f"  n{number}:\n    type: branch@1.0\n    inputs:\n      rows:\n{rows}    set: {{rounds: {number}}}\n"
            yield f"    edges:\n      None of the above: failed\n{edges}"
        else:
            yield search(number, [*ahead, "failed", "failed"])


def star(nodes: int) -> Iterator[str]:
    """Lead from one branch to all other nodes, and from each of them back."""
    rows = "".join(
        f"        - {{name: To {number}, when: {{value: $(trigger.sms.keyword), equals: word {number}}}}}\n"
        for number in range(1, nodes)
    )
    edges = "".join(f"      To {number}: n{number}\n" for number in range(1, nodes))
    yield f"  n0:\n    type: branch@1.0\n    inputs:\n      rows:\n{rows}    edges:\n      None of the above: done\n"
    yield edges
    for number in range(1, nodes):
        yield search(number, ["n0", "n0", "n0", "done", "done", "failed", "failed"])


def component(nodes: int) -> Iterator[str]:
    """Make one strongly connected component, with values that are written everywhere and read far away."""
    for number in range(nodes):
        targets = [f"n{(number * step + step + 1) % nodes}" for step in range(2, 6)]
        sets = f"conversationId: $(n{number}.conversationId), number: $(trigger.sms.senderNumber)"
        customer = f"$(n{number * 7 % nodes}.conversationId)"
        yield search(number, [f"n{(number + 1) % nodes}", *targets, "done", "failed"], customer, sets)


def references(nodes: int) -> Iterator[str]:
    """Read in each node what the one before it, and one far before it, has found."""
    for number in range(nodes):
        customer = f'"$(n{number - 1}.conversationId) $(n{number // 2}.conversationId)"' if number else "$(number)"
        found = [name(number + 1, nodes)] * 3
        yield search(number, [*found, "done", "done", "failed", "failed"], customer)


def scripts(nodes: int) -> Iterator[str]:
    """Choose by script, out of values that the scripts of other nodes have left."""
    for number in range(nodes):
        edges = "".join(f"      b{step}: {name(number * step + 1, nodes)}\n" for step in range(7))
        yield f"""\
  n{number}:
    type: evaluate@1.0
    inputs:
      script: |
        const found = number ? number.length : {number};
        rounds += found;
        number = String(rounds);
        rounds % 7
      branches: {{b0: 0, b1: 1, b2: 2, b3: 3, b4: 4, b5: 5, b6: 6}}
    edges:
{edges}"""


def misspelt(nodes: int) -> Iterator[str]:
    """Misspell every target and every reference."""
    for number in range(nodes):
        targets = [f"m{(number + step) % nodes}" for step in range(7)]
        yield search(number, targets, f"$(o{number}.conversationId)", sets=f"nubmer{number}: 1")


def mistakes(nodes: int) -> Iterator[str]:
    """Make a mistake in every node, in turn one of the graph, of values, of outputs, of labels and of inputs."""
    for number in range(nodes):
        targets = [*[name(number + 1, nodes)] * 5, "failed", "failed"]
        turn = number % 5
        if turn == 0:
            yield search(number, targets, f"$(n{number + 1}.conversationId)")
        elif turn == 1:
            yield search(number, targets, "$(conversationId)")
        elif turn == 2:
            yield search(number, targets, f"$(n{number - 1}.conversationID)")
        elif turn == 3:
            yield search(number, targets).replace("onTimeout:", "ontimeout:")
        else:
            yield search(number, targets).replace("channel: sms", "channel: fax")


SHAPES: dict[str, Callable[[int], Iterator[str]]] = {
    one.__name__: one for one in (chain, layers, star, component, references, scripts, misspelt, mistakes)
}


def flow_of(shape: str, nodes: int) -> bytes:
    """Return the text of a flow."""
    return "".join([HEAD, *SHAPES[shape](nodes), TAIL]).encode()


def measure(source: bytes) -> Cost:
    """Parse, load and judge a text once."""
    gc.collect()
    gc.disable()
    began = time.process_time()
    for _ in yaml.parse(source, Loader=yaml.CSafeLoader):
        pass
    parsed = time.process_time()
    flow = read_flow(source, Path("large.yaml"), NO_LIMITS)
    loaded = time.process_time()
    found = report(flow, flowengine.Catalogue())
    judged = time.process_time()
    gc.enable()
    return Cost(parsed - began, loaded - parsed, judged - loaded, len(found.findings))


def curve_of(shape: str) -> bool:
    """Measure a shape, print, and return whether the targets are met."""
    per_step, met = [], True
    for nodes in CURVE:
        source = flow_of(shape, nodes)
        cost = min((measure(source) for _ in range(ROUNDS)), key=lambda one: one.total)
        per_step.append(cost.total / (nodes * math.log2(nodes)))
        print(
            f"{shape:10} {nodes:6,} nodes   load {cost.load:6.3f} s   judge {cost.judge:6.3f} s"
            f"   {cost.total / cost.parse:5.1f} x parsing   {per_step[-1] * 1e6:5.1f} us per n log n"
            f"   {cost.findings:6,} findings",
            flush=True,
        )
        if nodes == NODES:
            met = verdict(f"{shape}: {nodes:,} nodes take {cost.total:.2f} s", cost.total, TARGET_SECONDS)
    growth = per_step[-1] / per_step[0]
    return verdict(f"{shape}: the cost per n log n grows {growth:.2f} x", growth, TARGET_GROWTH) and met


def verdict(what: str, found: float, most: float) -> bool:
    """Print whether a target is met."""
    met = found <= most
    print(f"{'PASS' if met else 'MISS'}  {what}, at most {most:g}")
    return met


def main() -> int:
    """Measure the shapes that are named, or all, and return 1 where a target is missed."""
    for shape in ("mistakes", "scripts", "star"):
        measure(flow_of(shape, 6))  # imports what the rules import when they first need it
    verdicts = [curve_of(shape) for shape in sys.argv[1:] or SHAPES]
    return 0 if all(verdicts) else 1


if __name__ == "__main__":
    sys.exit(main())
