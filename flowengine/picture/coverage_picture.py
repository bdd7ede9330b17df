"""The coverage of a flow as cards and arrows: own edges are drawn, those of ``defaults`` are written into the cards."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

from flowengine.check.reach import Target
from flowengine.picture.crowds import written_links
from flowengine.picture.flow_picture import START
from flowengine.picture.graph import Graph, Node, graph_of
from flowengine.picture.svg import Arrow, Card, CardKind, Chip, Mark, Note, draw
from flowengine.recording.coverage import Coverage
from flowengine.recording.suite import Ready

ANYTHING: Final = "anything else"
"""How the outcomes are called that a script may have and nobody names."""


class _Came(NamedTuple):
    """An outcome of a node, where it leads, and how often it came."""

    outcome: str
    target: Target
    times: int


def coverage_picture(ready: Ready, coverage: Coverage) -> str:
    """Draw the coverage of a flow as SVG."""
    graph = graph_of(ready.flow, ready.catalogue)
    came = {node: [_Came(*one) for one in coverage.of(node)] for node in coverage.possible}
    written = _written(graph, came)
    title, *texts = graph.trigger
    cards = [Card(START, "start", title, tuple(texts), _times(coverage.runs))]
    cards += [_card(node, came[node.id], coverage.visits[node.id], written) for node in graph.nodes]
    arrows = [Arrow(START, graph.start, _mark(coverage.runs))]
    for node, outcomes in came.items():
        arrows += _arrows(node, outcomes, written)
    return draw(cards, arrows, f"{graph.title}: which edges were followed")


def chip(came: _Came) -> Chip:
    """Return an outcome as it stands in the picture."""
    aside = " ".join(
        part for part in ("(falls through)" if came.target.fall_through else "", _times(came.times)) if part
    )
    return Chip(came.outcome or ANYTHING, _mark(came.times), aside)


def _written(graph: Graph, came: Mapping[str, list[_Came]]) -> set[tuple[str, str]]:
    own = ((node, one.target.to) for node, outcomes in came.items() for one in outcomes if _is_own(one))
    return written_links(graph, ((node, target) for node, target in own if target))


def _is_own(came: _Came) -> bool:
    return came.target.to is not None and not came.target.default


def _card(node: Node, came: list[_Came], visits: int, written: set[tuple[str, str]]) -> Card:
    kind: CardKind = node.kind
    title, *texts = node.lines
    notes = tuple(_notes(node.id, came, written))
    return Card(node.id, kind, title, tuple(texts), _times(visits), not visits, notes)


def _notes(node: str, came: list[_Came], written: set[tuple[str, str]]) -> Iterator[Note]:
    groups: dict[str, list[_Came]] = {}
    for one in came:
        if one.target.to is None:
            groups.setdefault("no edge: the run ends", []).append(one)
        elif one.target.default:
            groups.setdefault(f"by default → {one.target.to}", []).append(one)
        elif (node, one.target.to) in written:
            groups.setdefault(f"→ {one.target.to}", []).append(one)
    for heading, outcomes in groups.items():
        outcomes.sort(key=lambda one: not one.times)
        yield Note(heading, tuple(map(chip, outcomes)))


def _arrows(node: str, came: list[_Came], written: set[tuple[str, str]]) -> Iterator[Arrow]:
    """Yield a line for the outcomes that came, and one for those that did not, to each node that is next."""
    groups: dict[tuple[str, Mark], list[Chip]] = {}
    for one in came:
        target = one.target.to
        if target is not None and _is_own(one) and (node, target) not in written:
            groups.setdefault((target, _mark(one.times)), []).append(chip(one))
    for (target, mark), chips in groups.items():
        yield Arrow(node, target, mark, tuple(chips))


def _mark(count: int) -> Mark:
    return "covered" if count else "uncovered"


def _times(count: int) -> str:
    return f"{count}\u00d7" if count else ""
