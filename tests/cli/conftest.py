from __future__ import annotations

import os
import pty
import select
import signal
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Self

import pytest
from click.testing import CliRunner, Result

from flowengine.cli.entry import flowengine

# Whoever starts the tests in the background of a shell has Ctrl-C ignored, and commands would inherit that.
signal.signal(signal.SIGINT, signal.default_int_handler)

GREET = """
flow: greet
title: Greet a customer
trigger: {channel: sms, event: incoming-message}
variables: {name: {type: string, default: ""}, count: {type: integer, default: 1}, greeting: ""}
defaults: {edges: {onError: failed, onInvalidData: failed, onTimeout: failed, onInvalidChoice: failed}}
start: greet
nodes:
  greet:
    type: set-variables@1.0
    title: Say hello
    inputs: {values: {greeting: "Hello, $(name)"}}
    edges: {onSuccess: often}
  often:
    type: branch@1.0
    inputs: {rows: [{name: Again, when: {value: $(count), greaterThan: 1}}]}
    edges: {Again: done, None of the above: failed}
  done: {end: success}
  failed: {end: error}
"""

SEARCH = """
flow: search
defaults: {authorization: engage}
start: search
nodes:
  search:
    type: search-conversation@1.3
    inputs: {channel: sms, businessNumber: "+447700900001", customerNumber: $(trigger.number)}
    retry: {attempts: 2, delay: 1s, on: [onTimeout]}
    edges: {noConversationFound: done, conversationActive: done, onTimeout: failed, onInvalidChoice: failed}
  done: {end: success}
  failed: {end: error}
"""


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str, str | bytes], Path]:
    """Write a file into the current folder, which is an empty one."""
    monkeypatch.chdir(tmp_path)

    def write(name: str, text: str | bytes) -> Path:
        path = Path(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else textwrap.dedent(text).encode())
        return path

    return write


@pytest.fixture
def greet(write: Callable[[str, str], Path]) -> Path:
    return write("greet.yaml", GREET)


@pytest.fixture
def search(write: Callable[[str, str], Path]) -> Path:
    return write("search.yaml", SEARCH)


@pytest.fixture
def cli() -> Callable[..., Result]:
    """Call the command line in this process, with standard output as a pipe."""

    def call(*arguments: str | Path, stdin: str | bytes | None = None, **environment: str) -> Result:
        return CliRunner().invoke(flowengine, [*map(str, arguments)], stdin, env=environment, prog_name="flowengine")

    return call


@pytest.fixture
def process() -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Start the command line as a process of its own, which does not outlive the test."""
    with ExitStack() as stack:

        def start(*arguments: str | Path, **options: Any) -> subprocess.Popen[str]:
            options.setdefault("stdout", subprocess.PIPE)
            environment = {**os.environ, "PYTHONUTF8": "1", **options.pop("env", {})}
            command = [sys.executable, "-m", "flowengine", *map(str, arguments)]
            running = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environment, **options)
            stack.enter_context(running)
            stack.callback(running.kill)
            return running

        yield start


class Terminal:
    """A terminal whose screen can be read and typed on (``ours``). ``theirs`` is the end that a process has."""

    def __init__(self) -> None:
        self.ours, self.theirs = pty.openpty()

    def until(self, text: str, seconds: float = 20.0) -> str:
        """Read until a text has come."""
        seen = b""
        while text.encode() not in seen:
            assert select.select([self.ours], [], [], seconds)[0], f"{text!r} did not come: {seen!r}"
            seen += os.read(self.ours, 4096)
        return seen.decode(errors="replace")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self.ours)
        os.close(self.theirs)


@pytest.fixture
def terminal() -> type[Terminal]:
    return Terminal
