"""What runs wait for, in words: keys of events are made for finding, not for reading."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from flowengine.cli.runs.database import short_id
from flowengine.core.keys import parts_of

_MOST: Final = 3


def in_words(key: str) -> str:
    """Say which event a key is about."""
    match parts_of(key):
        case ["channel", channel, event, business, customer]:
            return f"{channel} {event} from {customer} to {business}"
        case ["event", name, correlation]:
            return f"event {name} with key {correlation}"
        case ["callback", integration, tid]:
            return f"result of {integration} for {tid}"
        case ["run", run]:
            return f"run {short_id(run)}"
    return key


def all_in_words(keys: Sequence[str]) -> str:
    """Say which events keys are about, of many the first."""
    said = [in_words(key) for key in keys[:_MOST]]
    return " or ".join(said) + (f" or {len(keys) - _MOST} others" if len(keys) > _MOST else "")


def how_it_comes(keys: Sequence[str], database: Path) -> str:
    """Say how what is waited for can come."""
    custom = [rest for kind, *rest in map(parts_of, keys) if kind == "event"]
    if not custom:
        return "it comes through `flowengine serve`"
    name, key = custom[0]
    return f"`flowengine events send {shlex.quote(name)} --key {shlex.quote(key)} --db {shlex.quote(str(database))}`"
