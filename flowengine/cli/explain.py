"""``flowengine explain``: the page about a code."""

from __future__ import annotations

import click

from flowengine.check.codes import CODES, page
from flowengine.cli.screen import Screen
from flowengine.errors import UsageError
from flowengine.schema_problems import did_you_mean


@click.command()
@click.argument("code", metavar="[CODE]", required=False)
def command(code: str | None) -> int:
    """Explain a finding by its CODE, FE501: what it is, why it matters, wrong and right. Without a code, list all."""
    screen = Screen.out()
    if code is None:
        for name, (title, severity) in CODES.items():
            screen.line(f"{screen.paint(name, 'bold')}  {severity:<7}  {screen.paint(title)}")
        return 0
    screen.block(_page(code))
    return 0


def _page(code: str) -> str:
    name = code.upper()
    if name not in CODES:
        near = did_you_mean(name, list(CODES))
        hint = near or "`flowengine explain` lists all of them"
        raise UsageError(f"there is no code {code!r}; {hint}")
    found = page(name)
    if found is None:
        raise UsageError(f"there is no page about {name}: {CODES[name].title}")
    return found
