"""``flowengine auth``: the subcommands."""

from __future__ import annotations

import click

from flowengine.cli.auth import authorizing, deleting, listing, rekeying
from flowengine.cli.auth.adding import add


@click.group(invoke_without_command=True)
@click.pass_context
def command(context: click.Context) -> None:
    """Add, authorize, list, test and delete node authorizations.

    Flows hold the name of an authorization only. What is secret about it is kept encrypted, for this user, and is never
    shown.
    """
    if context.invoked_subcommand is None:
        raise click.UsageError(f"expected a command: {', '.join(command.commands)}", context)


for _one in (
    add,
    listing.list_,
    listing.show,
    authorizing.authorize,
    authorizing.test,
    deleting.delete,
    rekeying.rekey,
):
    command.add_command(_one)
