"""``flowengine streams test``."""

from __future__ import annotations

import time
import uuid
from pathlib import Path

import click

from flowengine.cli.options import database_option, format_option
from flowengine.cli.screen import Screen
from flowengine.cli.streams.choosing import (
    environment_of,
    environment_option,
    history_of_streams,
    name_argument,
    with_effects,
)
from flowengine.streams.forwarding.changing import try_stream
from flowengine.streams.forwarding.kept import kept_settings
from flowengine.streams.forwarding.settings import NAME


@click.command()
@name_argument
@environment_option
@database_option
@format_option
def test(environment: str | None, database: Path | None, form: str) -> int:
    """Send a marked event the way all events go, and say what came back. Exit code 1: it was not taken.

    It goes past what is pending, and also where the stream is disabled. Where apple is among the channels it is a
    typing indicator, which nobody gets to read.
    """
    chosen, screen = environment_of(environment), Screen.out()
    with history_of_streams(database) as history:
        settings, _ = kept_settings(history, chosen.name)
    done = with_effects(chosen, lambda effects: try_stream(effects, settings, uuid.uuid4().hex, time.time()))
    if form == "json":
        screen.json({"test": done})
    else:
        style = "green" if done["outcome"] == "delivered" else "red"
        screen.line(f"{screen.paint(NAME, 'bold')} ({screen.paint(chosen.name)}), event {done['event']}")
        answered = f"status {done['status']}" if done["status"] is not None else "nothing was answered"
        screen.line(f"{screen.paint(done['outcome'], style)}: {screen.paint(done['reason'] or answered)}")
        if not settings.enabled:
            screen.line(screen.paint("The stream is disabled: events of customers are not handed on.", "yellow"))
    return 0 if done["outcome"] == "delivered" else 1
