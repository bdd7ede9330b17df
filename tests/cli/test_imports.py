"""What a command must not pay for: modules that it does not need."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

SECRETS = {"cryptography", "keyring"}
SERVERS = {"httpx", "aiohttp", "networkx"}
CODE = """
import sys
from flowengine.cli.entry import flowengine
try:
    flowengine.main(sys.argv[1:], prog_name="flowengine")
except SystemExit as end:
    assert not end.code, end.code
print(*sorted({name.partition(".")[0] for name in sys.modules}), file=sys.stderr)
"""


@pytest.fixture
def imported(greet: Path, write: Callable[[str, str], Path]) -> Callable[..., set[str]]:
    """Return the top-level modules that a command has imported in a process of its own."""
    write("r.yaml", "recording: r\nflow: greet\nvariables: {name: A, count: 2}\nexpect: {result: success}")
    assert greet.exists()

    def run(*arguments: str) -> set[str]:
        command = [sys.executable, "-c", CODE, *arguments]
        ran = subprocess.run(command, capture_output=True, text=True, check=True, timeout=30)
        return set(ran.stderr.splitlines()[-1].split())

    return run


@pytest.mark.parametrize("arguments", [["--version"], ["--help"]])
def test_what_needs_no_command_imports_next_to_nothing(imported: Callable[..., set[str]], arguments: list[str]) -> None:
    assert not imported(*arguments) & (SERVERS | {"rich", "yaml", "jsonschema", "jsonschema_rs", "asyncio"})


@pytest.mark.parametrize(
    "arguments",
    [
        ["validate", "greet.yaml"],
        ["dry-run", "greet.yaml", "--recording", "r.yaml"],
        ["explore", "greet.yaml"],
        ["show", "greet.yaml"],
        ["show", "greet.yaml", "--as", "dot"],
    ],
)
def test_what_needs_no_network_imports_none(imported: Callable[..., set[str]], arguments: list[str]) -> None:
    assert not imported(*arguments) & (SERVERS | {"asyncio", "rich"})


def test_listing_node_types_imports_no_network(imported: Callable[..., set[str]]) -> None:
    assert not imported("nodes", "list") & (SERVERS | {"asyncio"})


def test_running_imports_no_graph_library_whatever_the_flow(imported: Callable[..., set[str]]) -> None:
    flows = Path(__file__).resolve().parents[2] / "flows"
    flow, trigger = flows / "sms-inbound.yaml", flows / "triggers" / "sms-inbound.yaml"
    recording = flows / "recordings" / "sms-inbound.in-queue.recording.yaml"

    assert "networkx" not in imported("run", str(flow), "--trigger", str(trigger))
    assert not imported("run", str(flow), "--trigger", str(trigger)) & SECRETS, "the sandbox needs no store"
    assert "networkx" not in imported("dry-run", str(flow), "--recording", str(recording))
    assert "networkx" in imported("validate", str(flow)), "it has a cycle, so the two above would have met the rules"
