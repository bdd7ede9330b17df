"""How a secret gets in: typed without an echo, or read from a file or standard input. Never as an argument."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Final

import click

from flowengine.authorizations.making import LONGEST_SECRET, checked_secret
from flowengine.authorizations.secret import Secret
from flowengine.errors import UsageError

secret_option: Final = click.option(
    "--secret", metavar="FILE", help="File that holds the secret in one line; - is standard input."
)


def can_ask() -> bool:
    """Whether there is somebody to ask."""
    return sys.stdin.isatty()


def read_secret(what: str, source: str | None) -> Secret:
    """Read a secret (``what``: its name for people) from ``source``: a file, ``-`` for standard input, None to ask.

    A line break at the end of it is not part of it. Raises UsageError where there is none, or nobody to ask.
    """
    if source is not None:
        return checked_secret(what, _from_file(what, source))
    if not can_ask():
        raise UsageError(f"the {what} is missing: give it with --secret FILE, or --secret - and standard input")
    return checked_secret(what, click.prompt(f"{what.capitalize()} (not shown)", hide_input=True, err=True))


def _from_file(what: str, source: str) -> str:
    try:
        with sys.stdin.buffer if source == "-" else Path(source).open("rb") as file:
            data = file.read(LONGEST_SECRET + 1)
    except (OSError, ValueError) as fault:
        reason = fault.strerror if isinstance(fault, OSError) else "it is no path"
        raise UsageError(f"{source}: the {what} cannot be read from here: {reason}") from None
    try:
        text = data.decode()
    except UnicodeDecodeError:
        raise UsageError(f"{source}: the {what} is not text") from None
    return text.removesuffix("\n").removesuffix("\r")
