from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

Streams = Callable[..., Result]
NAME = "webex-engage-streaming"

PROJECT = """
database: runs.db
default: test
environments:
  test: {integrations: {webex-engage: {baseUrl: sandbox}}}
  bare: {}
"""
ASKS = """
flow: asks
start: search
nodes:
  search:
    type: search-conversation@1.3
    inputs: {channel: sms, businessNumber: "+447700900001", customerNumber: "+447700900002"}
    edges: {noConversationFound: done, onInvalidData: failed, onError: failed}
  done: {end: success}
  failed: {end: error}
"""


@pytest.fixture(autouse=True)
def _own_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLOWENGINE_AUTH_STORE", str(tmp_path / "private" / "authorizations"))
    monkeypatch.delenv("FLOWENGINE_DB", raising=False)


@pytest.fixture
def project(write: Callable[[str, str], Path]) -> Path:
    """A project whose environment is the embedded sandbox, with one flow that uses Engage."""
    write("asks.yaml", ASKS)
    return write("flowengine.yaml", PROJECT)


@pytest.fixture
def streams(cli: Callable[..., Result], project: Path) -> Streams:  # noqa: ARG001 - it is there
    """Call `flowengine streams COMMAND webex-engage-streaming ...`."""
    return lambda command, *more: cli("streams", command, NAME, *more)


@pytest.fixture
def as_json(streams: Streams) -> Callable[..., Any]:
    """Call a command that has to go well, and read its JSON."""

    def call(*arguments: str) -> Any:
        result = streams(*arguments, "--format", "json")
        assert result.exit_code == 0, result.stderr
        return json.loads(result.stdout)

    return call
