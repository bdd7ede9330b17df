"""The command ``flowengine``: finds the subcommand, and turns however it ends into an exit code.

0 fine; 1 the flow ended with result ``error``, findings of severity error, expectations that were not met; 2 wrong use,
or a file that cannot be read or used; 3 a fault of ours; 130 ended by Ctrl-C (143 by SIGTERM).

A subcommand's module is imported when it is called, and nothing heavy before.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from importlib import import_module
from typing import Any, Final, NoReturn

import click

from flowengine import __version__
from flowengine.cli import startup
from flowengine.cli.crashes import redact_crashes
from flowengine.cli.screen import Screen
from flowengine.errors import FlowError, InvalidFile

COMMANDS: Final = {
    "run": "Walk a flow for real, and show each step.",
    "runs": "List, show, resume, cancel, retry and prune kept runs.",
    "events": "List, show and send the events that kept runs wait for.",
    "validate": "Say everything that is wrong with flows.",
    "explain": "Explain a finding by its code.",
    "dry-run": "Walk a flow on recorded answers.",
    "test": "Run recordings as test cases, with coverage.",
    "explore": "Walk every outcome of a flow, without a recording.",
    "show": "Draw a flow as SVG, Mermaid or DOT.",
    "nodes": "List the node types, or explain one.",
    "auth": "Add, authorize, list, test and delete node authorizations.",
    "studio": "See, build, run and debug flows in the browser.",
    "serve": "Serve flows: an HTTP API, webhooks, and the worker that walks the runs.",
    "streams": "List, edit, test and watch data streams to Webex Engage.",
    "tokens": "Add, list and delete the tokens that the server demands.",
    "sandbox": "Serve a local Engage to try things on.",
    "lsp": "Serve an editor (Language Server Protocol).",
}
"""Subcommands with their summaries. ``dry-run`` is in ``flowengine.cli.dry_run``, and so on."""

MODULES: Final = {"events": "inbox"}
"""Where a subcommand is not in the module of its name."""

WRONG_USE: Final = 2
OUR_FAULT: Final = 3
INTERRUPTED: Final = 130


class Commands(click.Group):
    """The subcommands, each imported when it is wanted."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """Return the names of the subcommands."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - click's signature
        """Import a subcommand."""
        if cmd_name not in COMMANDS:
            return None
        module = MODULES.get(cmd_name, cmd_name.replace("-", "_"))
        command: click.Command = import_module(f"flowengine.cli.{module}").command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the subcommand that is asked for, or say which one may be meant."""
        if args[0] not in COMMANDS and not args[0].startswith("-"):
            from flowengine.schema_problems import did_you_mean  # noqa: PLC0415 - only for this message

            raise click.UsageError(f"there is no command {args[0]!r}; {did_you_mean(args[0], list(COMMANDS))}", ctx)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 - click's signature
        """List the subcommands without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))

    def main(self, *args: Any, **options: Any) -> NoReturn:
        """Run and exit, with an exit code that says how it went."""
        options["standalone_mode"] = False
        run = super().main
        sys.exit(exit_code(lambda: run(*args, **options)))


def exit_code(command: Callable[[], int | None]) -> int:
    """Do what a command does; say on standard error what kept it from being done. The one place that maps both."""
    try:
        return command() or 0
    except click.ClickException as wrong:
        _say_wrong_use(wrong)
        return WRONG_USE
    except InvalidFile as invalid:
        from flowengine.cli.findings import (  # noqa: PLC0415 - only for a file that is wrong
            InvalidText,
            show_findings,
            show_help,
        )

        show_findings(Screen.err(), invalid.findings, invalid.text if isinstance(invalid, InvalidText) else None)
        show_help(Screen.err(), invalid.findings)
        return WRONG_USE
    except FlowError as wrong:
        Screen.err().error(str(wrong))
        return WRONG_USE
    except (click.Abort, KeyboardInterrupt):
        Screen.err().line("stopped")
        return INTERRUPTED
    except Exception as fault:  # noqa: BLE001 - whatever is left is ours, and is said instead of shown as a traceback
        _say_our_fault(fault)
        return OUR_FAULT


@click.group(
    cls=Commands,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Exit codes: 0 fine; 1 result error, or findings; 2 wrong use or file; 3 a fault of flowengine.",
)
@click.version_option(__version__, prog_name="flowengine", message="%(prog)s %(version)s")
@click.pass_context
def flowengine(context: click.Context) -> int:
    """Validate, dry-run, run and draw flows: graphs in YAML whose edges are labelled with node outcomes."""
    if context.invoked_subcommand is not None:
        return 0
    click.echo(context.get_help(), err=True)
    return WRONG_USE


def main() -> NoReturn:
    """Run the command line, and exit."""
    startup.begin()
    redact_crashes()
    flowengine.main(prog_name="flowengine")


def _say_wrong_use(wrong: click.ClickException) -> None:
    screen = Screen.err()
    screen.error(wrong.format_message())
    context = wrong.ctx if isinstance(wrong, click.UsageError) else None
    if context is not None:
        screen.line(context.get_usage())
        screen.line(f"Help:  {context.command_path} --help")


def _say_our_fault(fault: Exception) -> None:
    screen = Screen.err()
    screen.error(f"{type(fault).__name__}: {fault}")
    screen.line("This is a fault of flowengine, not of your flow: please report it, with the line above.")
    if os.environ.get("FLOWENGINE_DEBUG") == "1":
        import traceback  # noqa: PLC0415 - only for this

        screen.block("".join(traceback.format_exception(fault)))
    else:
        screen.line("With FLOWENGINE_DEBUG=1 it shows where.")
