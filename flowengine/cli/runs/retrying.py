"""``flowengine runs retry``: a new run that takes over the beginning of an old one."""

from __future__ import annotations

import time
import uuid
from pathlib import Path

import click

from flowengine.cli.options import database_option, format_option
from flowengine.cli.runs.database import database_path, find_run, history_of, run_argument, short_id
from flowengine.cli.runs.walking import walk_kept
from flowengine.cli.screen import Screen
from flowengine.drivers.durable_retry import NotVisited, retried
from flowengine.errors import UsageError
from flowengine.journal.protocol import NewRun
from flowengine.runs.plans import kept_plan
from flowengine.schema_problems import did_you_mean


@click.command()
@run_argument
@click.option("--from", "node", metavar="NODE", required=True, help="The node to go on from: its last visit.")
@database_option
@format_option
def retry(run: str, node: str, database: Path | None, form: str) -> int:
    """Walk RUN again from NODE on, as a new run.

    It begins with what had happened before that visit: nothing of it is done again. It is walked on the flow as it was.
    """
    path = database_path(database)
    with history_of(database) as history:
        kept = find_run(history, run)
        if kept.ended_at is None:
            raise UsageError(f"run {short_id(kept.id)} is not over: `flowengine runs cancel {kept.id}` ends it")
        plan = kept_plan(history, kept.digest)
        try:
            begun = retried(plan, history.entries(kept.id), node, run=uuid.uuid4().hex, at=time.time())
        except NotVisited as wrong:
            hint = did_you_mean(node, wrong.visited) if node not in plan.nodes else ""
            raise UsageError(f"{wrong}; {hint or 'it visited ' + ', '.join(wrong.visited)}") from None
    if form == "text":
        screen = Screen.out()
        screen.line(f"{screen.paint(f'run {short_id(kept.id)} up to {node}, then:', 'dim')}")
    new = NewRun(plan, begun, kept.environment, "flowengine runs retry", parent=kept.id, parent_node=node)
    return walk_kept(path, new, Path(), form)
