"""``flowengine runs export``: the recording of a kept run."""

from __future__ import annotations

from pathlib import Path

import click

from flowengine.cli.options import database_option, file_option
from flowengine.cli.run_record import Recorder
from flowengine.cli.runs.database import database_path, find_run, history_of, refuse_database, run_argument
from flowengine.cli.screen import Screen
from flowengine.drivers.durable_plans import started_of
from flowengine.errors import UsageError
from flowengine.runs.family import whole_run
from flowengine.runs.plans import kept_plan


@click.command()
@run_argument
@database_option
@file_option("--recording", summary="Write what each node got to FILE, for dry-run and test.", required=True)
@click.option("--force", is_flag=True, help="Write over the FILE.")
def export(run: str, database: Path | None, recording: Path, force: bool) -> None:  # noqa: FBT001 - a flag of the command line
    """Write RUN, which has to be over, as a recording: what `run --record` would have written."""
    refuse_database(recording, database_path(database))
    with history_of(database) as history:
        kept = find_run(history, run)
        if kept.ended_at is None:
            raise UsageError(f"the run {kept.id} is not over yet: `flowengine runs tail {kept.id}` shows it going on")
        plan = kept_plan(history, kept.digest)
        whole = whole_run(history, kept.id, plan)
    started = started_of(whole.entries)
    Recorder(recording, plan, started.trigger, started.variables, force=force).write(whole, Screen.out())
