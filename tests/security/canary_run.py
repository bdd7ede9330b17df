"""What a user and a program do with a flow, one after the other, in a process whose every word is read afterwards."""

from __future__ import annotations

import asyncio
import io
import json
import logging
import os
import sys
from pathlib import Path
from typing import NoReturn

import flowengine
from flowengine.authorizations.store import FileStore
from flowengine.cli import entry, steps

CANARIES = json.loads(os.environ["CANARIES"])


def cli(*arguments: str) -> None:
    sys.argv = ["flowengine", *arguments]
    try:
        entry.main()
    except SystemExit as end:
        sys.stdout.write(f"{arguments}: exit {end.code}\n")
        sys.stdout.flush()


def boom(*_: object) -> NoReturn:
    raise RuntimeError(f"a fault with {CANARIES} in it")


async def forgotten() -> None:
    """Leave a task whose exception asyncio will log."""
    task = asyncio.ensure_future(failing())
    await asyncio.wait([task])


async def failing() -> NoReturn:
    boom()


def authorize_again() -> None:
    """Make the authorization what it was, as the last run has ended with its being given up."""
    FileStore().change("crm", lambda _: FIRST)


logging.basicConfig(level=logging.DEBUG, filename="debug.log")
FIRST = FileStore().read()["crm"]
cli("run", "flow.yaml", "--env", "live", "--format", "json")
authorize_again()
cli("run", "flow.yaml", "--env", "live")
cli("auth", "list")
cli("auth", "list", "--format", "json")
cli("auth", "show", "crm")
cli("auth", "show", "crm", "--format", "json")
cli("run", "flow.yaml", "--env", "live", "--format", "json")  # nothing but its state

authorize_again()
event = {"seen": CANARIES, "spelled": [repr(one) for one in CANARIES], "password": "not live, but a secret"}
sys.stdin = io.TextIOWrapper(io.BytesIO(json.dumps(event).encode()))
cli("run", "flow.yaml", "--env", "live", "--trigger", "-", "--record", "canary.recording.yaml")

authorize_again()
run = flowengine.run_sync("flow.yaml", environment="live", trigger=event, journal=True)
Path("taken.yaml").write_text(flowengine.take_recording("flow.yaml", run, "taken").text, "utf-8")

authorize_again()
run = flowengine.run_sync("flow.yaml", environment="live", journal=True)
Path("trace.json").write_text(json.dumps(run.to_json()), "utf-8")
Path("trace.txt").write_text(f"{run!r}\n{run.entries!r}", "utf-8")

logging.getLogger("httpx").debug("headers %r", {"authorization": CANARIES})
asyncio.run(forgotten())
steps.Steps.begin = boom  # type: ignore[method-assign]
cli("run", "flow.yaml", "--env", "live")
os.environ["FLOWENGINE_DEBUG"] = "1"
cli("run", "flow.yaml", "--env", "live")
