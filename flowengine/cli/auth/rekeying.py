"""``flowengine auth rekey``: a new key for the store."""

from __future__ import annotations

import click

from flowengine.authorizations.keys import SOURCES
from flowengine.authorizations.store import FileStore
from flowengine.cli.screen import Screen


@click.command()
@click.option("--key", "source", type=click.Choice(SOURCES), help="Where the new key shall be; else where the old was.")
def rekey(source: str | None) -> None:
    """Encrypt the store with a new key, and forget the old one.

    Copies of the store that were made before open with the old key only.
    """
    store, screen = FileStore(), Screen.err()
    where = store.rekey(source)
    screen.line(f"{screen.paint(str(store.path), 'bold')} is encrypted with a new key ({where})")
