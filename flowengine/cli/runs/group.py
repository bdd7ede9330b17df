"""``flowengine runs``: the subcommands."""

from __future__ import annotations

import click

from flowengine.cli.runs import cancelling, exporting, keeping, listing, resuming, retrying, showing, tailing


@click.group(invoke_without_command=True)
@click.pass_context
def command(context: click.Context) -> None:
    """List, show, resume, cancel, retry, export and prune kept runs.

    `flowengine run FLOW --db FILE` keeps a run. A run is named by its id, or by as much of its beginning as only one
    has.
    """
    if context.invoked_subcommand is None:
        raise click.UsageError(f"expected a command: {', '.join(command.commands)}", context)


for _one in (
    listing.list_,
    showing.show,
    tailing.tail,
    resuming.resume,
    cancelling.cancel,
    retrying.retry,
    exporting.export,
    keeping.prune,
    keeping.check,
):
    command.add_command(_one)
