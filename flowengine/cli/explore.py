"""``flowengine explore``: walks every outcome of every node, and says where that leads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import click

from flowengine.check.validate import load
from flowengine.cli.events import read_event
from flowengine.cli.options import flow_argument, format_option, nodes_option
from flowengine.cli.screen import Screen
from flowengine.cli.steps import duration
from flowengine.explore.exploration import Exploration, Stand, Taken
from flowengine.explore.search import STATES, VISITS, explore
from flowengine.harmless import harmless
from flowengine.project import catalogue_near

_ANYTHING: Final = "anything else"
"""How the outcomes are called that a script may have and nobody names."""

_SHOWN_STEPS: Final = 8
"""Of a longer way the middle is left out; the JSON has all of it."""


@click.command()
@flow_argument
@click.option(
    "--trigger", metavar="EVENT", help="Walk with this event only: a JSON or YAML file, JSON, or - for stdin."
)
@click.option(
    "--visits",
    type=click.IntRange(min=1),
    default=VISITS,
    show_default=True,
    help="How often one walk may come to the same node.",
)
@click.option(
    "--limit",
    "states",
    type=click.IntRange(min=1),
    default=STATES,
    show_default=True,
    help="How many states are gone on from, in all.",
)
@click.option("--strict", is_flag=True, help="Fail for inputs that are found wrong, and for bounds that were hit, too.")
@nodes_option
@format_option
def command(  # noqa: PLR0913, PLR0917 - the options of a command are its arguments
    flow: Path,
    trigger: str | None,
    visits: int,
    states: int,
    strict: bool,  # noqa: FBT001 - likewise
    nodes: tuple[Path, ...],
    form: str,
) -> int:
    """Walk every outcome of every node of FLOW, without a recording; nothing is sent and no script is run.

    Shows a shortest way to each end, to each outcome that nobody handles, and to inputs that are found wrong; and the
    nodes that no walk reaches. Without --trigger, whatever FLOW reads of the event is there, and unknown. Exit code 1:
    an outcome is not handled, a `set` ends the run, or a node is never reached.
    """
    loaded, catalogue = load(flow), catalogue_near(flow, nodes)
    event = read_event(trigger) if trigger is not None else None
    found = explore(loaded, catalogue, trigger=event, visits=visits, states=states)
    screen = Screen.out()
    if form == "json":
        screen.json({"exploration": found.to_json()})
    else:
        _show(screen, found)
    return 1 if _is_wrong(found) or (strict and (found.wrong or not found.is_whole)) else 0


def _is_wrong(found: Exploration) -> bool:
    """Whether anything is proved to be wrong; a node that is not reached within a bound may be reached past it."""
    return bool(found.unhandled or found.broken or (found.never and found.is_whole))


def _show(screen: Screen, found: Exploration) -> None:
    title = "ends, each by a shortest way" if found.ends else "no walk comes to an end"
    screen.line(screen.paint(title, "bold"))
    for name, stand in found.ends.items():
        result = found.plan.nodes[name].end or ""
        _show_way(screen, (name, result), stand.way(), name, "green" if result == "success" else "red")
    _show_unhandled(screen, found)
    title = "values that do not fit their variable: the run would end there, as an error"
    _show_reasons(screen, title, found.broken, "(the run ends)")
    _show_reasons(screen, "inputs that are found wrong on this way", found.wrong)
    if found.never:
        title = "never reached" if found.is_whole else "not reached within the bounds"
        screen.line(screen.paint(title, "bold", "red" if found.is_whole else "yellow"))
        for name in found.never:
            screen.line(f"  {harmless(name)}")
    _show_bounds(screen, found)
    _show_numbers(screen, found)


def _show_unhandled(screen: Screen, found: Exploration) -> None:
    """Tell the outcomes of a node together that share the way to it."""
    if found.unhandled:
        screen.line(screen.paint("outcomes that nobody handles: the run would end there, as an error", "bold", "red"))
    together: dict[tuple[str, int], list[tuple[str, Stand]]] = {}
    for (node, outcome), stand in found.unhandled.items():
        together.setdefault((node, id(stand.before)), []).append((outcome or _ANYTHING, stand))
    for (node, _), ended in together.items():
        _show_way(screen, (node, ", ".join(outcome for outcome, _ in ended)), ended[0][1].way()[:-1], node, "red")


def _show_reasons(screen: Screen, title: str, stands: Mapping[tuple[str, str], Stand], last: str = "") -> None:
    """Tell what is wrong at nodes; ``last`` is what stands at the end of a way in place of the node."""
    colour = "red" if last else "yellow"
    if stands:
        screen.line(screen.paint(title, "bold", colour))
    for (node, reason), stand in stands.items():
        _show_way(screen, (node, reason), stand.way(), last or node, colour)


def _show_way(screen: Screen, about: tuple[str, str], way: Sequence[Taken], last: str, colour: str) -> None:
    screen.line(f"  {screen.paint(about[0], 'bold')}  {screen.paint(about[1], colour)}")
    steps = [_step(screen, taken) for taken in way]
    if len(steps) > _SHOWN_STEPS:
        half = _SHOWN_STEPS // 2
        steps = [*steps[:half], f"... {len(steps) - 2 * half:,} more steps ...", *steps[-half:]]
    screen.line(f"      {' '.join([*steps, harmless(last)])}")


def _step(screen: Screen, taken: Taken) -> str:
    said = taken.outcome or _ANYTHING
    if taken.edge is not None and taken.edge.fall_through:
        said += f", by {taken.edge.label}"
    return f"{harmless(taken.node)} {screen.paint(screen.sign(f'—{said}→', f'-{said}->'), 'dim')}"


def _show_bounds(screen: Screen, found: Exploration) -> None:
    if found.is_whole:
        return
    screen.line(screen.paint("bounds that were hit: there may be more than is listed", "bold", "yellow"))
    if found.cut:
        at = ", ".join(dict.fromkeys(harmless(node) for node, _ in found.cut))
        were = "was" if len(found.cut) == 1 else "were"
        often = "once" if found.visits == 1 else f"{found.visits} times"
        cut = f"{_counted(len(found.cut), 'walk')} {were} cut that came to a node more than {often}: {at}"
        screen.line(f"  --visits: {cut}")
    if found.waiting:
        were = "was" if found.waiting == 1 else "were"
        screen.line(
            f"  --limit: it ended after {_counted(found.states, 'state')}, and {found.waiting:,} more {were} waiting"
        )


def _show_numbers(screen: Screen, found: Exploration) -> None:
    numbers = found.numbers
    reached = [f"{numbers[f'{one}Reached']:,} of {numbers[one]:,} {one}" for one in ("nodes", "edges", "outcomes")]
    states, cut = _counted(found.states, "state"), _counted(len(found.cut), "walk")
    screen.line()
    screen.line(f"reached {', '.join(reached)}; {states}, {cut} cut by a bound, {duration(found.seconds)}")


def _counted(number: int, name: str) -> str:
    return f"{number:,} {name}{'' if number == 1 else 's'}"
