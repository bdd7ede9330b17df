"""Tables: wrapped to a terminal's width, one line a row where a program reads them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from io import StringIO
from typing import Final

from rich.console import Console
from rich.table import Table
from rich.text import Text

from flowengine.cli.screen import Screen
from flowengine.harmless import harmless

_UNBOUNDED: Final = 100_000
_INDENT: Final = 2


def show_table(screen: Screen, rows: Iterable[Sequence[Text]], headers: Sequence[str] = ()) -> None:
    """Show rows in columns, each as wide as its widest cell; in a terminal the last one is wrapped."""
    table = Table(box=None, show_header=bool(headers), header_style="dim", pad_edge=False, padding=(0, _INDENT, 0, 0))
    cells = list(rows)
    for number in range(len(cells[0]) if cells else 0):
        last = number == len(cells[0]) - 1
        header = headers[number] if headers else ""
        table.add_column(header, no_wrap=not (last and screen.is_terminal), overflow="fold" if last else "ellipsis")
    for row in cells:
        table.add_row(*row)
    written = StringIO()
    console = Console(
        file=written,
        width=screen.width if screen.is_terminal else _UNBOUNDED,
        force_terminal=screen.has_colour,
        color_system="standard" if screen.has_colour else None,
        legacy_windows=False,
        highlight=False,
        _environ={},
    )
    console.print(table)
    for line in written.getvalue().removesuffix("\n").split("\n"):
        screen.line(line.rstrip())


def fits(screen: Screen, rows: Sequence[Sequence[Text]], headers: Sequence[str]) -> bool:
    """Whether a table can be shown with nothing cut off; where a program reads it, always."""
    widths = [max(len(header), *(row[at].cell_len for row in rows)) for at, header in enumerate(headers)]
    return not screen.is_terminal or sum(widths) + _INDENT * (len(headers) - 1) <= screen.width


def cell(text: str, style: str = "") -> Text:
    """Make a cell of harmless text; what looks like markup in it is text, too."""
    return Text(harmless(text), style)
