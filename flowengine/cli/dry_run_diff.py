"""``flowengine dry-run --diff``: where the walks of two recordings part."""

from __future__ import annotations

from collections.abc import Sequence

from flowengine.api import dry_run
from flowengine.cli.screen import Screen, shorten
from flowengine.cli.test_report import paint
from flowengine.core.plan import Plan
from flowengine.core.state import Step
from flowengine.harmless import harmless
from flowengine.picture.case_walks import stops_of
from flowengine.picture.walks import FANCY, PLAIN, draw_walks
from flowengine.recording.format import Recording
from flowengine.recording.parting import Parting, Walked, part
from flowengine.recording.unlike import Difference, shown

_SHOWN = 12
"""So many differences are listed of each kind; the JSON has all of them."""

_WIDEST = 120
_CELL = 40


def show_difference(screen: Screen, plan: Plan, recordings: tuple[Recording, Recording], form: str) -> int:
    """Walk two recordings, and show where they part. Return the exit code: 1 where they do."""
    left, right = (Walked(one, dry_run(plan, one).run) for one in recordings)
    parting = part(plan, left, right)
    if form == "json":
        screen.json({"difference": parting.to_json(left, right)})
    else:
        _show(screen, plan, parting, (left, right))
    return 0 if parting.same else 1


def _show(screen: Screen, plan: Plan, parting: Parting, walks: tuple[Walked, Walked]) -> None:
    names = _names(walks)
    drawing = draw_walks(
        *(list(stops_of(plan, one.run)) for one in walks),
        names=names,
        signs=FANCY if screen.sign("│", "") else PLAIN,
        width=min(screen.width, _WIDEST),
    )
    for line in drawing:
        screen.line(paint(screen, line))
    screen.line()
    _show_parting(screen, parting, names)
    for one in parting.earlier:
        where = f"at {one.node}, visit {one.visit}" if one.node else "at the start"
        _show_differences(screen, "earlier", where, one.differences, names)
    _show_differences(screen, "ends", "at the end", parting.ends, names)


def _show_parting(screen: Screen, parting: Parting, names: tuple[str, str]) -> None:
    step = parting.left or parting.right
    if step is None:
        said = "nowhere: they go the same way" if parting.same else "nowhere on the way, but they end differently"
        _say(screen, "parts", screen.paint(said, "green" if parting.same else "yellow"))
        return
    _say(screen, "parts", f"at {screen.paint(step.node, 'bold')}, visit {step.visit}")
    for name, one in zip(names, (parting.left, parting.right), strict=True):
        _say(screen, "", f"{harmless(name)}: {_leaving(screen, one)}")
    _show_differences(screen, "because", "what decides", parting.causes, names)
    if parting.beside:
        _say(screen, "", f"  and {len(parting.beside)} in places that no response rule looks at")
    if not parting.causes and parting.left and parting.right:
        _say(screen, "because", "nothing that it was given differs there: see what differs earlier")


def _leaving(screen: Screen, step: Step | None) -> str:
    if step is None:
        return screen.paint("the walk stops here", "yellow")
    edge = step.edge
    by = f" by {edge.label}" if edge and edge.label != step.outcome else ""
    to = f"{screen.sign('→', '->')} {edge.to}" if edge else "has no edge"
    reason = f" ({shorten(step.reason, 100)})" if step.reason else ""
    return screen.paint(f"{step.outcome} {to}{by}{reason}")


def _show_differences(
    screen: Screen, name: str, title: str, found: Sequence[Difference], names: tuple[str, str]
) -> None:
    """Show differences as a table: the place, and what each recording has there."""
    if not found:
        return
    rows = [(title, *names), *((f"  {one.place}", shown(one.left), shown(one.right)) for one in found[:_SHOWN])]
    widths = [min(_CELL, max(len(row[number]) for row in rows)) for number in range(2)]
    for number, row in enumerate(rows):
        cells = [_cut(cell) for cell in row]
        style = ("dim",) if number == 0 else ()
        line = f"{cells[0].ljust(widths[0])}  {cells[1].ljust(widths[1])}  {cells[2]}"
        _say(screen, "" if number else name, screen.paint(line, *style))
    if len(found) > _SHOWN:
        _say(screen, "", f"  and {len(found) - _SHOWN} more")


def _cut(cell: str) -> str:
    return cell if len(cell) <= _CELL else f"{cell[: _CELL - 3]}..."


def _say(screen: Screen, name: str, said: str) -> None:
    screen.line(f"{screen.paint(name.ljust(9), 'dim')}  {said}".rstrip())


def _names(walks: tuple[Walked, Walked]) -> tuple[str, str]:
    """Call the walks by their recordings, by their files where these are called alike."""
    left, right = (one.recording for one in walks)
    if left.name != right.name:
        return left.name, right.name
    return str(left.path), str(right.path)
