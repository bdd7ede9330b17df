"""How a secret gets in: typed without an echo, or read from a file or standard input. Never as an argument."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Final

import click

from flowengine.authorizations.secret import Secret
from flowengine.errors import UsageError

SECRETS: Final = {
    "client-credentials": ("client_secret", "client secret"),
    "bearer": ("access_token", "access token"),
    "basic": ("password", "password"),
    "header": ("value", "value of the header"),
    "signing-secret": ("value", "signing secret"),
}
"""By kind: the secret it is made with, and its name for people. A login in the browser needs none."""

secret_option: Final = click.option(
    "--secret", metavar="FILE", help="File that holds the secret in one line; - is standard input."
)

_LONGEST: Final = 16_384


def can_ask() -> bool:
    """Whether there is somebody to ask."""
    return sys.stdin.isatty()


def read_secret(what: str, source: str | Secret | None) -> Secret:
    """Read a secret (``what``: its name for people) from ``source``: a file, ``-`` for standard input, None to ask.

    One that is known already is only checked. A line break at the end of it is not part of it. Raises UsageError where
    there is none, or nobody to ask.
    """
    if isinstance(source, Secret):
        return _checked(what, source.reveal())
    if source is not None:
        return _checked(what, _from_file(what, source))
    if not can_ask():
        raise UsageError(f"the {what} is missing: give it with --secret FILE, or --secret - and standard input")
    return _checked(what, click.prompt(f"{what.capitalize()} (not shown)", hide_input=True, err=True))


def _from_file(what: str, source: str) -> str:
    try:
        with sys.stdin.buffer if source == "-" else Path(source).open("rb") as file:
            data = file.read(_LONGEST + 1)
    except (OSError, ValueError) as fault:
        reason = fault.strerror if isinstance(fault, OSError) else "it is no path"
        raise UsageError(f"{source}: the {what} cannot be read from here: {reason}") from None
    try:
        text = data.decode()
    except UnicodeDecodeError:
        raise UsageError(f"{source}: the {what} is not text") from None
    return text.removesuffix("\n").removesuffix("\r")


def _checked(what: str, text: str) -> Secret:
    if not text.strip():
        raise UsageError(f"the {what} is empty")
    if len(text) > _LONGEST:
        raise UsageError(f"the {what} is longer than {_LONGEST:,} characters: is it the right file?")
    if not text.isprintable():
        raise UsageError(f"the {what} has a line break or a control character: give the secret alone, in one line")
    return Secret(text)
