"""``flowengine lsp``: the language server for editors."""

from __future__ import annotations

import logging
import signal
import sys
from pathlib import Path

import click

from flowengine.cli import startup
from flowengine.cli.options import nodes_option
from flowengine.cli.screen import Screen


@click.command()
@nodes_option
def command(nodes: tuple[Path, ...]) -> int:
    """Serve an editor over standard input and output (Language Server Protocol).

    The editor starts it; docs/editor.md says how. Exit code 1: the editor went away without saying goodbye.
    """
    from flowengine.lsp.features import make_server  # noqa: PLC0415 - 400 ms that `--help` need not pay

    # Python would wait for the thread that reads, which waits for the editor. There is nothing to put away.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    if sys.stdin.isatty():
        Screen.err().line("This speaks to an editor, which starts it by itself (docs/editor.md). Ctrl-C ends it.")
    logging.getLogger("pygls").setLevel(logging.CRITICAL)  # what goes wrong is answered, and is in the editor's log
    startup.settle()
    server = make_server(nodes)
    server.start_io()
    return 0 if server.was_shut_down else 1
