"""``flowengine events``: the subcommands."""

from __future__ import annotations

import click

from flowengine.cli.inbox import looking, sending


@click.group(invoke_without_command=True)
@click.pass_context
def command(context: click.Context) -> None:
    """List, show and send the events that kept runs wait for.

    Messages of customers, results that services post later and custom events: each is kept once, whether a run took it
    or nobody knew it.
    """
    if context.invoked_subcommand is None:
        raise click.UsageError(f"expected a command: {', '.join(command.commands)}", context)


for _one in (looking.list_, looking.show, sending.send):
    command.add_command(_one)
