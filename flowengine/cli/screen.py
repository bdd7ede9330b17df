"""What reaches a terminal or a pipe: harmless text, colour only where it is wanted, no fuss when the reader has gone.

Texts of flows, recordings and services are data. ``harmless`` writes out what would move the cursor, set a colour or
turn the direction of the line (security: S22); whatever is shown goes through it. Live secrets are taken out as the
very last thing before text leaves.
"""

from __future__ import annotations

import io
import json
import os
import re
import sys
from collections.abc import Mapping
from functools import cached_property
from itertools import islice
from typing import Any, Final, TextIO

from flowengine.errors import UsageError
from flowengine.harmless import ACTING, escaped, harmless

_HARMFUL_IN_LINES: Final = re.compile(f"[{ACTING}]")
_STYLES: Final = {"bold": "1", "dim": "2", "red": "31", "green": "32", "yellow": "33", "cyan": "36"}
_PIPE_WIDTH: Final = 160
_SHOWN: Final = 500
_PIECES: Final = 10_000


def shorten(text: str, most: int = _SHOWN) -> str:
    """Cut a long text, saying how long it was."""
    return text if len(text) <= most else f"{text[:most]}... ({len(text):,} characters)"


def _without_secrets(text: str) -> str:
    """Take out the secrets that this process knows; one that has made none has not imported the redactor either."""
    redaction = sys.modules.get("flowengine.redaction")
    redacted: str = redaction.LIVE.redact(text) if redaction is not None else text
    return redacted


class Screen:
    """Standard output or standard error, as lines. ``line`` and its kin never raise because nobody reads any more."""

    def __init__(self, stream: TextIO | None, environment: Mapping[str, str] | None = None) -> None:
        self._stream = stream
        self._environment = os.environ if environment is None else environment
        self._passing = False
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")

    @classmethod
    def out(cls) -> Screen:
        """Return standard output."""
        return cls(sys.stdout)

    @classmethod
    def err(cls) -> Screen:
        """Return standard error."""
        return cls(sys.stderr)

    @cached_property
    def is_terminal(self) -> bool:
        """Whether a person is looking."""
        return self._stream is not None and self._stream.isatty() and self._environment.get("TERM") != "dumb"

    @cached_property
    def has_colour(self) -> bool:
        """In a terminal, unless NO_COLOR is set (https://no-color.org)."""
        return self.is_terminal and not self._environment.get("NO_COLOR")

    @cached_property
    def is_utf8(self) -> bool:
        """Whether every character can be written as it is."""
        return (getattr(self._stream, "encoding", None) or "").lower().replace("-", "") == "utf8"

    @property
    def width(self) -> int:
        """Columns of the terminal; what is read by a program is not wrapped, and this is large."""
        if not self.is_terminal or self._stream is None:
            return _PIPE_WIDTH
        try:
            return max(40, os.get_terminal_size(self._stream.fileno()).columns)
        except OSError:
            return 80

    def sign(self, fancy: str, plain: str) -> str:
        """Choose a sign: the fancy one in a terminal that can show it."""
        return fancy if self.is_terminal and self.is_utf8 else plain

    def paint(self, text: str, *styles: str) -> str:
        """Make a text harmless and, where there is colour, coloured."""
        codes = ";".join(_STYLES[style] for style in styles)
        return f"\x1b[{codes}m{harmless(text)}\x1b[0m" if codes and self.has_colour else harmless(text)

    def line(self, painted: str = "") -> None:
        """Write a line that was made by ``paint``, at once."""
        self._write(f"{painted}\n")

    def block(self, text: str) -> None:
        """Write lines of a text as they are, but harmless."""
        self._write(_HARMFUL_IN_LINES.sub(escaped, text.removesuffix("\n")) + "\n")

    def error(self, message: str) -> None:
        """Write an error message; its later lines are indented."""
        first, *more = message.split("\n")
        self.line(f"{self.paint('error:', 'bold', 'red')} {harmless(first)}")
        for one in more:
            self.line(f"  {harmless(one)}")

    def json(self, value: Any) -> None:
        """Write a value as JSON that is harmless, too: the escapes are JSON's own."""
        pieces = json.JSONEncoder(ensure_ascii=not self.is_utf8, allow_nan=False, indent=2).iterencode(value)
        # A report may be long, and its pieces take ten times the memory of the text.
        while some := "".join(islice(pieces, _PIECES)):
            self._write(_HARMFUL_IN_LINES.sub(escaped, some))
        self._write("\n")

    def passing(self, painted: str) -> None:
        """Show a line that the next one takes the place of; only in a terminal."""
        if self.is_terminal:
            self._write(f"\r\x1b[2K{painted}", passing=True)

    def clear(self) -> None:
        """Begin at the top of an empty screen; only in a terminal."""
        if self.is_terminal:
            self._write("\x1b[H\x1b[2J")

    def settle(self) -> None:
        """Take away the passing line."""
        self._write("")

    def _write(self, text: str, *, passing: bool = False) -> None:
        if self._stream is None:
            return
        if self._passing and not passing:
            text = f"\r\x1b[2K{text}"
        self._passing = passing
        try:
            self._stream.write(_without_secrets(text))
            self._stream.flush()
        except OSError as fault:
            self._give_up(fault)

    def _give_up(self, fault: OSError) -> None:
        """Go on without output: a flow under way is not torn apart because ``head`` has seen enough."""
        stream, self._stream = self._stream, None
        if isinstance(stream, io.TextIOWrapper):
            # What is left in its buffer would raise again when the interpreter ends.
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
        if not isinstance(fault, BrokenPipeError) and stream is sys.stdout:
            raise UsageError(f"the output cannot be written: {fault.strerror}") from None
