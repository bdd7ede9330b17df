from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

Cli = Callable[..., Result]

ASKS = """
flow: asks
variables: {found: {type: string}, said: hello}
start: note
nodes:
  note: {type: set-variables@1.0, inputs: {values: {said: goodbye}}, edges: {onSuccess: search}}
  search:
    type: search-conversation@1.3
    inputs: {channel: sms, businessNumber: "+447700900001", customerNumber: $(trigger.number)}
    set: {found: $(search.outcome)}
    edges: {noConversationFound: done, onInvalidData: failed, onError: failed}
  done: {end: success}
  failed: {end: error}
"""
WAITS = """
flow: waits
variables: {said: ""}
start: say
nodes:
  say: {type: set-variables@1.0, inputs: {values: {said: hello}}, edges: {onSuccess: pause}}
  pause: {type: delay@1.0, inputs: {duration: DURATION}, edges: {onTimeout: done}}
  done: {end: success}
"""
ENDED = '{"number": "+447700900123"}'


@pytest.fixture(autouse=True)
def _no_database_of_the_user(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("FLOWENGINE_DB", raising=False)


@pytest.fixture
def asks(write: Callable[[str, str], Path]) -> Path:
    return write("asks.yaml", ASKS)


@pytest.fixture
def waits(write: Callable[[str, str], Path]) -> Callable[[str], Path]:
    return lambda duration: write("waits.yaml", WAITS.replace("DURATION", duration))


@pytest.fixture
def listed(cli: Cli) -> Callable[..., list[dict[str, Any]]]:
    """List the runs of runs.db as JSON values."""

    def listed(*options: str) -> list[dict[str, Any]]:
        result = cli("runs", "list", "--db", "runs.db", "--format", "json", *options)
        assert result.exit_code == 0, result.stderr
        runs: list[dict[str, Any]] = json.loads(result.stdout)["runs"]
        return runs

    return listed


@pytest.fixture
def kept(cli: Cli, asks: Path, listed: Callable[..., list[dict[str, Any]]]) -> str:
    """Keep one run that has succeeded, and return its id."""
    assert cli("run", asks, "--trigger", ENDED, "--db", "runs.db").exit_code == 0
    assert Path("runs.db").stat().st_mode & 0o077 == 0
    return str(listed()[0]["id"])
