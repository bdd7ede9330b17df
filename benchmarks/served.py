"""A real ``flowengine serve`` for benchmarks, and a sandbox for it, each in a process of its own."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, NamedTuple
from urllib.error import URLError

from flowengine.authorizations.record import AUTHORIZED, BEARER, SIGNING, Authorization
from flowengine.authorizations.secret import Secret
from flowengine.authorizations.store import FileStore
from flowengine.sandbox.callbacks.options import CallbackOptions
from flowengine.sandbox.demo import demo_seed
from flowengine.sandbox.server import Sandbox

SECRET = "known to both sides"  # noqa: S105 - of a benchmark


class Served(NamedTuple):
    """Where a server listens, its process, and its database."""

    url: str
    process: subprocess.Popen[str]
    database: Path


@contextmanager
def sandbox() -> Iterator[dict[str, str]]:
    """Start a sandbox; yield its ``base_url`` and ``token``. It signs with SECRET."""
    command = [sys.executable, "-P", __file__]
    with subprocess.Popen(  # noqa: S603 - our own interpreter and file
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            yield json.loads(_line(process))
        finally:
            process.terminate()


def keep_secrets(folder: Path, token: str, host: str) -> None:
    """Keep what hooks are signed with, and what the sandbox knows us by, in a store in a folder."""
    os.environ["FLOWENGINE_AUTH_STORE"] = str(folder / "store")
    os.environ["FLOWENGINE_AUTH_KEY"] = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="
    hook = Authorization("hook", SIGNING, None, (), AUTHORIZED, secrets={"value": Secret(SECRET)})
    FileStore().change("hook", lambda _: hook)
    for name in ("engage", "webex-engage-streaming"):
        bearer = Authorization(name, BEARER, None, (host,), AUTHORIZED, secrets={"access_token": Secret(token)})
        FileStore().change(name, lambda _, bearer=bearer: bearer)  # type: ignore[misc] # bound now


@contextmanager
def serving(folder: Path, flows: Path, options: Sequence[str] = ()) -> Iterator[Served]:
    """Serve flows, with everything that is kept in a folder, and yield when it is ready."""
    database = folder / "runs.db"
    command = [sys.executable, "-P", "-m", "flowengine", "serve", str(flows), "--db", str(database)]
    command += ["--port", "0", "--format", "json", *options]
    with (
        (folder / "log").open("w") as log,
        subprocess.Popen(  # noqa: S603 - likewise
            command, stdout=subprocess.PIPE, stderr=log, text=True
        ) as process,
    ):
        try:
            line = _line(process)
            if not line:
                raise RuntimeError((folder / "log").read_text())
            url = json.loads(line)["serving"]["url"]
            while not _is_ready(url):
                time.sleep(0.02)
            yield Served(url, process, database)
        finally:
            process.terminate()


def told(what: str, measured: float, most: float, unit: str) -> bool:
    """Print a figure with its target; return whether it is met."""
    met = measured < most
    print(f"{'PASS' if met else 'MISS'}  {what}: {measured:,.1f} {unit}, less than {most:g} {unit}")
    return met


def at(values: Sequence[float], share: float) -> float:
    """Return the value below which a share of them lies."""
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


def _line(process: subprocess.Popen[str]) -> str:
    return "" if process.stdout is None else process.stdout.readline()


def _is_ready(url: str) -> bool:
    with suppress(URLError), urllib.request.urlopen(f"{url}/readyz") as answer:  # noqa: S310 - our own
        return bool(answer.status == 200)
    return False


async def _be_a_sandbox() -> None:
    callbacks = CallbackOptions(secret=SECRET)
    async with Sandbox(seed=demo_seed(), callbacks=callbacks, token_lifetime=86_400) as one:
        said: dict[str, Any] = {"base_url": one.base_url, "token": one.token}
        print(json.dumps(said), flush=True)
        await asyncio.Event().wait()


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        asyncio.run(_be_a_sandbox())
