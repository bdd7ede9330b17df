from __future__ import annotations

import json
import re
import signal
import socket
import subprocess
import urllib.parse
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

Process = Callable[..., subprocess.Popen[str]]

LAST_LINE = "Ctrl-C stops it."


def begun(running: subprocess.Popen[str]) -> dict[str, str]:
    """Return what a sandbox says of itself, once it listens."""
    assert running.stdout is not None
    lines: list[str] = []
    while LAST_LINE not in (line := running.stdout.readline()):
        assert line, "it ended"
        lines.append(line)
    return {found[1]: found[2] for line in lines if (found := re.match(r"(\w+) +(.+)", line))}


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_serves_until_it_is_told_to_stop(process: Process, number: signal.Signals) -> None:
    running = process("sandbox")
    said = begun(running)
    with urllib.request.urlopen(said["page"], timeout=10) as answer:  # noqa: S310 - our own loopback server
        assert answer.status == 200
    form = {key: said[key] for key in ("client_id", "client_secret")} | {"grant_type": "client_credentials"}
    body = urllib.parse.urlencode(form).encode()
    with urllib.request.urlopen(f"{said['page']}/oauth/token", body, timeout=10) as answer:  # noqa: S310 - likewise
        assert json.load(answer)["access_token"]
    running.send_signal(number)
    out, err = running.communicate(timeout=20)
    assert (running.returncode, out, err) == (0, "stopped\n", "")


def test_a_flow_runs_on_it_as_it_says(process: Process, search: Path, write: Any, tmp_path: Path) -> None:
    running = process("sandbox")
    assert running.stdout is not None
    read = ""
    while LAST_LINE not in read:
        read += running.stdout.readline()
    project = re.search(r"^  environments:\n(?:  .+\n)+", read, re.MULTILINE)
    client = re.search(r"^client_id +(\S+)\nclient_secret +(\S+)", read, re.MULTILINE)
    add = re.search(r"^  flowengine (auth add engage .+)", read, re.MULTILINE)
    assert project
    assert client
    assert add
    write("flowengine.yaml", project[0])
    # As it is said, but with client credentials in the place of a person at a browser.
    options = ["--kind", "client-credentials", "--client-id", client[1], "--secret", write("secret", client[2])]
    own = {"FLOWENGINE_AUTH_STORE": str(tmp_path / "store" / "authorizations.json")}
    for arguments in (
        [*add[1].split(), *options],
        ["run", search, "--env", "local", "--trigger", '{"number": "+447700900999"}'],
    ):
        out, err = (run := process(*arguments, env=own)).communicate(timeout=20)
        assert run.returncode == 0, out + err
    assert "noConversationFound -> done" in out


def test_the_lifetime_of_tokens_can_be_chosen(process: Process) -> None:
    said = begun(process("sandbox", "--token-lifetime", "2m"))
    with urllib.request.urlopen(f"{said['page']}/admin/credentials", timeout=10) as answer:  # noqa: S310 - our own loopback server
        told = json.load(answer)
    assert told["tokenLifetime"] == 120
    assert (told["login"], told["password"]) == (said["login"], said["password"])


@pytest.mark.parametrize("lifetime", ["60", "soon", "0s", "500ms", "1500ms", "-1s", "31d", "9999999999d"])
def test_a_lifetime_that_is_none_is_explained(cli: Callable[..., Result], lifetime: str) -> None:
    result = cli("sandbox", "--token-lifetime", lifetime)
    assert (result.exit_code, result.stdout) == (2, "")
    assert repr(lifetime) in result.stderr


def test_callbacks_are_as_they_are_asked_for(process: Process, write: Any) -> None:
    options = ["--callback-delay", "1s", "--callbacks-to", "hooks.example.com", "--callbacks-to", "192.0.2.0/24"]
    running = process("sandbox", *options, "--callback-secret", write("secret", "a secret of my own\n"))
    said = begun(running)
    with urllib.request.urlopen(f"{said['page']}/admin/callbacks", timeout=10) as answer:  # noqa: S310 - our own loopback server
        assert json.load(answer)["secret"] == "a secret of my own"  # noqa: S105 - made up
    assert said["callback_secret"] == "[secret]"  # noqa: S105 - what stands in for it


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--callback-delay", "soon"], "'soon' is not a duration"),
        (["--callback-delay", "1s.."], "'' is not a duration"),
        (["--callback-delay", "2s..1s"], "'2s..1s' ends before it begins"),
        (["--callbacks-to", "http://hooks.example.com"], "'http://hooks.example.com' is no "),
        (["--callback-secret", "nowhere"], "nowhere"),
    ],
)
def test_options_of_callbacks_that_are_none_are_explained(
    cli: Callable[..., Result], options: list[str], said: str
) -> None:
    result = cli("sandbox", *options)
    assert (result.exit_code, result.stdout) == (2, "")
    assert said in result.stderr


def test_a_port_that_is_taken_is_said(cli: Callable[..., Result]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        result = cli("sandbox", "--port", str(port))
    assert (result.exit_code, result.stdout) == (2, "")
    assert str(port) in result.stderr


def test_faults_come_from_a_file(process: Process, write: Any) -> None:
    faults = write("faults.yaml", "faults: [{match: {operation: search}, status: 503}]\n")
    running = process("sandbox", "--faults", faults)
    assert begun(running)["faults"] == "1"
