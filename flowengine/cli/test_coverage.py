"""What the cases exercise: in numbers, as a picture in text, and held to a bar."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from flowengine.check.reach import Target, possible_edges
from flowengine.cli.screen import Screen
from flowengine.errors import InvalidFile, UsageError
from flowengine.harmless import harmless
from flowengine.picture.coverage_picture import ANYTHING
from flowengine.recording.coverage import MEASURES, Coverage, Share, total
from flowengine.recording.pairing import flows_below
from flowengine.recording.suite import Ready, Result, Suite

_PERCENT: Final = 100
_WIDEST_NODE: Final = 24


class Bar(NamedTuple):
    """What has to be reached: so many percent of a measure, of all flows together."""

    measure: str
    percent: float

    @classmethod
    def read(cls, written: str) -> Bar:
        """Read what ``--fail-under`` was given: ``90``, or ``outcomes=90``. Raises UsageError."""
        measure, equals, number = written.rpartition("=")
        if equals and measure not in MEASURES:
            raise UsageError(f"--fail-under {written}: expected a measure of {', '.join(MEASURES)} before the `=`")
        try:
            percent = float(number)
        except ValueError:
            percent = -1.0
        if not 0 <= percent <= _PERCENT:
            raise UsageError(f"--fail-under {written}: expected percent, 0 to 100, such as 90 or outcomes=90")
        return cls(measure or "edges", percent)


class Covered(NamedTuple):
    """The coverage of flows by their files; ``unusable`` are files that have errors, so that nothing can be said."""

    flows: Mapping[Path, tuple[Ready, Coverage]]
    unusable: Sequence[Path]

    @property
    def total(self) -> Mapping[str, Share]:
        """What is covered of all of them."""
        return total(coverage for _, coverage in self.flows.values())

    def below(self, bars: Iterable[Bar]) -> list[Bar]:
        """Return the bars that are not reached; none is where nothing can be said about a flow."""
        shares = self.total
        return [bar for bar in bars if self.unusable or shares[bar.measure].percent < bar.percent]


def measure(suite: Suite, results: Iterable[Result], folders: Iterable[Path]) -> Covered:
    """Return what results exercise of their flows, and of those below folders: a flow without a case counts, too."""
    flows: dict[Path, tuple[Ready, Coverage]] = {}
    unusable: dict[Path, None] = {}
    for path in (one for folder in folders for one in flows_below(folder)):
        try:
            ready = suite.ready(path)
        except InvalidFile:
            unusable[path] = None
        else:
            flows[path] = ready, _nothing(ready)
    for result in results:
        if result.ready is not None:
            _, coverage = flows.setdefault(result.ready.flow.path, (result.ready, _nothing(result.ready)))
            if result.done is not None:
                coverage.add(result.done.run)
        else:
            unusable |= {Path(one.path): None for one in result.findings if one.path != str(result.case.path)}
    return Covered(dict(sorted(flows.items())), list(unusable))


def show_coverage(screen: Screen, covered: Covered) -> None:
    """Show the flows in numbers, and of those that are not covered whole the picture."""
    for ready, coverage in covered.flows.values():
        if any(share.covered < share.total for share in coverage.shares().values()):
            screen.line()
            _show_picture(screen, ready, coverage)
    screen.line()
    _show_numbers(screen, covered)
    for path in covered.unusable:
        screen.line(screen.paint(f"{path} has errors: its coverage is not known", "red"))


def show_bars(screen: Screen, covered: Covered, bars: Iterable[Bar]) -> None:
    """Say of each bar whether it is reached."""
    bars = list(bars)
    below = covered.below(bars)
    for bar in bars:
        share = covered.total[bar.measure]
        are = f"{share.percent:g}% of {_named(bar.measure)} are covered ({share.covered} of {share.total})"
        said = f"{are}, the bar is {bar.percent:g}%"
        screen.line(screen.paint(said, "red" if bar in below else "green"))
    if bars and covered.unusable:
        files = ", ".join(map(str, covered.unusable))
        screen.line(
            screen.paint(f"the bar is not reached, since nothing is known of flows with errors: {files}", "red")
        )


def _nothing(ready: Ready) -> Coverage:
    return Coverage(ready.flow.id, possible_edges(ready.flow, ready.catalogue))


def _show_numbers(screen: Screen, covered: Covered) -> None:
    from flowengine.cli.tables import cell, show_table  # noqa: PLC0415 - rich takes 100 ms

    rows = [(coverage.flow, str(coverage.runs), coverage.shares()) for _, coverage in covered.flows.values()]
    if len(rows) > 1:
        runs = sum(coverage.runs for _, coverage in covered.flows.values())
        rows.append(("in all", str(runs), dict(covered.total)))
    show_table(
        screen,
        [
            [cell(name, "bold"), cell(runs), *(cell(_said(share), _colour(share)) for share in shares.values())]
            for name, runs, shares in rows
        ],
        ("coverage", "cases", *map(_named, MEASURES)),
    )


def _show_picture(screen: Screen, ready: Ready, coverage: Coverage) -> None:
    """Show each node, and below it where it leads: the edges that were followed, and those that never were."""
    screen.line(f"{screen.paint(coverage.flow, 'bold')}  {harmless(ready.flow.title)}")
    width = min(_WIDEST_NODE, max(len(name) for name in coverage.possible))
    for name in coverage.possible:
        visits, node = coverage.visits[name], ready.plan.nodes[name]
        said = f"{visits} visit{'' if visits == 1 else 's'}" if visits else "never visited"
        kind = screen.paint(node.type if node.end is None else f"end: {node.end}", "dim")
        screen.line(f"  {screen.paint(name, 'bold')}  {kind}  {screen.paint(said, 'dim' if visits else 'red')}")
        for outcomes, target, count in _rows(coverage, name):
            screen.line(f"    {_row(screen, outcomes, target, count, width)}")


def _rows(coverage: Coverage, node: str) -> list[tuple[list[str], Target, int]]:
    """Return the outcomes of a node; those that never came and lead the same way in one row, at the end."""
    taken = [([outcome or ANYTHING], target, count) for outcome, target, count in coverage.of(node) if count]
    never: dict[Target, list[str]] = {}
    for outcome, target, count in coverage.of(node):
        if not count:
            same = target if not target.default else target._replace(label=None)
            never.setdefault(same, []).append(outcome or ANYTHING)
    return [*taken, *((outcomes, target, 0) for target, outcomes in never.items())]


def _row(screen: Screen, outcomes: list[str], target: Target, count: int, width: int) -> str:
    line = screen.sign("━━▶", "==>") if count else screen.sign("┄┄▷", "..>")
    colour = "green" if count else "red"
    number = screen.paint((str(count) if count else "never").rjust(5), colour)
    onward = screen.paint((target.to or "(ends)").ljust(width), *(() if target.to else ("red",)))
    aside = "falls through" if target.fall_through else "default" if target.default else ""
    said = screen.paint(f"  ({aside})", "dim") if aside else ""
    return f"{number} {screen.paint(line, colour)} {onward}  {harmless(', '.join(outcomes))}{said}"


def _said(share: Share) -> str:
    return f"{share.covered} of {share.total}  {int(share.percent)}%" if share.total else "-"


def _colour(share: Share) -> str:
    return "green" if share.covered == share.total else "red" if not share.covered else "yellow"


def _named(name: str) -> str:
    return {"own": "own edges"}.get(name, name)
