"""``flowengine dry-run``: walks a flow on recorded answers."""

from __future__ import annotations

from pathlib import Path

import click

from flowengine.api import DryRun, dry_run, prepare
from flowengine.cli.options import file_option, flow_argument, format_option, nodes_option
from flowengine.cli.screen import Screen, harmless
from flowengine.cli.steps import Steps
from flowengine.recording.format import Recording, load_recording


@click.command()
@flow_argument
@file_option("--recording", summary="Recorded answers by node, and what is expected of them.", required=True)
@nodes_option
@format_option
def command(flow: Path, recording: Path, nodes: tuple[Path, ...], form: str) -> int:
    """Walk FLOW on recorded answers, in virtual time; nothing is sent.

    What differs from the recording's `expect` is said, and ends with exit code 1. A result `error` that is expected
    ends with 0.
    """
    plan = prepare(flow, nodes)
    recorded = load_recording(recording)
    screen = Screen.out()
    if form == "json":
        done = dry_run(plan, recorded)
        screen.json({"run": done.run.to_json(), "unused": dict(done.unused), "differences": done.differences})
    else:
        steps = Steps(screen, plan)
        done = dry_run(plan, recorded, on_step=steps.step)
        steps.end(done.run)
        _show_outcome(screen, done, recorded)
    return 1 if done.differences or not _is_welcome(done, recorded) else 0


def _is_welcome(done: DryRun, recorded: Recording) -> bool:
    return done.run.result == "success" or (recorded.expect or {}).get("result") == done.run.result


def _show_outcome(screen: Screen, done: DryRun, recorded: Recording) -> None:
    for node, count in done.unused.items():
        screen.line(f"{screen.paint('unused   ', 'dim')}  {screen.paint(f'{node}: {count} recorded', 'yellow')}")
    for difference in done.differences:
        screen.line(f"{screen.paint('differs  ', 'dim')}  {screen.paint(difference, 'red')}")
    if recorded.expect is not None and not done.differences:
        screen.line(f"{screen.paint('expected ', 'dim')}  {screen.paint('all of it came', 'green')}")
    elif recorded.expect is None:
        screen.line(f"{screen.paint('expected ', 'dim')}  {harmless('the recording does not say')}")
