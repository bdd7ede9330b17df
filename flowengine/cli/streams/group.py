"""``flowengine streams``: the subcommands."""

from __future__ import annotations

import click

from flowengine.cli.streams import changing, letters, listing, trying


@click.group(invoke_without_command=True)
@click.pass_context
def command(context: click.Context) -> None:
    """List, show, edit, test and watch data streams, and send again what was given up.

    There is one: webex-engage-streaming hands incoming events of channels on to Webex Engage. `flowengine serve`
    delivers it; these commands work beside it, on the same database.
    """
    if context.invoked_subcommand is None:
        raise click.UsageError(f"expected a command: {', '.join(command.commands)}", context)


for _one in (
    listing.list_,
    listing.show,
    listing.status,
    changing.edit,
    changing.enable,
    changing.disable,
    trying.test,
    letters.dead,
    letters.resend,
):
    command.add_command(_one)
