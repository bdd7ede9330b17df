"""S5: a secret goes through everything that writes, and is found in nothing that was written, in no encoding.

The other side is the worst of its kind: it repeats what it got, decoded and encoded again, in headers and bodies, with
every status. Logs are on at DEBUG, runs are traced and journalled, and the program crashes with the secret in hand.
"""

from __future__ import annotations

import base64
import json
import os
import re
import secrets
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, quote, unquote_plus

import pytest

from flowengine.authorizations.record import (
    AUTHORIZED,
    BASIC,
    BEARER,
    CLIENT_CREDENTIALS,
    HEADER,
    Authorization,
)
from flowengine.authorizations.secret import Secret
from flowengine.authorizations.store import FileStore
from flowengine.recording.format import parse_recording

CHILD = Path(__file__).with_name("canary_run.py")

NODE = """
node: echo
integration: crm
versions:
  "1.0":
    inputs: {type: object, properties: {to: {type: string}}}
    request: {method: POST, path: /$(to), json: {ask: 1}}
    responses:
      - {when: {status: 200}, outcome: answered}
      - {when: {status: 422}, outcome: refused}
      - {when: {status: 5xx}, outcome: onError}
    reason: $.reason
    outputs: {all: {path: $}, header: {header: x-echo}}
    outcomes: {answered: {kind: success}, refused: {kind: error}}
"""
FLOW = """
flow: canary
variables: {kept: null, heard: ""}
defaults:
  authorization: crm
  retry: {attempts: 2, delay: 1ms, on: [onError]}
start: answered
nodes:
  answered: {type: echo@1.0, inputs: {to: "200"}, set: {kept: $(answered.all)}, edges: {answered: refused}}
  refused: {type: echo@1.0, inputs: {to: "422"}, edges: {refused: failed}}
  failed: {type: echo@1.0, inputs: {to: "500"}, edges: {onError: broken}}
  broken: {type: echo@1.0, inputs: {to: "broken"}, edges: {onError: cut}}
  cut: {type: echo@1.0, inputs: {to: "cut"}, edges: {onError: moved}}
  moved: {type: echo@1.0, inputs: {to: "302"}, edges: {onInvalidChoice: text}}
  text:
    type: http-request@1.0
    authorization: crm
    inputs: {method: GET, url: "URL/200", parse: text}
    set: {heard: $(text.responseBody)}
    edges: {onSuccess: denied}
  denied: {type: echo@1.0, inputs: {to: "401"}, edges: {onAuthorizationFailure: end}}
  end: {end: error}
"""


def alignments(value: bytes) -> Iterator[str]:
    """Yield what is sure to be in any base64 text that holds the value."""
    for before in range(3):
        text = base64.b64encode(bytes(before) + value).decode()
        yield text[-(-before * 8 // 6) : (before + len(value)) * 8 // 6]


def encodings(value: str) -> set[str]:
    """Return what must not be found: plain, base64, percent-encoded, hex, and as JSON has it."""
    percent, data = quote(value, safe=""), value.encode()
    in_small = re.sub("%..", lambda one: one[0].lower(), percent)
    found = {value, percent, in_small, data.hex(), data.hex().upper(), json.dumps(value)[1:-1]}
    for text in alignments(data):
        found |= {text, text.replace("+", "-").replace("/", "_")}
    return found


class Echo(BaseHTTPRequestHandler):
    """Says back whatever it is told."""

    said: list[bytes]
    tokens: list[str]
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        sent = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
        last = self.path.rpartition("/")[2]
        if last in ("token", "stale"):
            self._token(parse_qs(sent), works=last == "token")
        else:
            self._echo(last)

    do_GET = do_POST  # noqa: N815 - as http.server has it

    def _echo(self, last: str) -> None:
        told = self._told()
        spelled = [one for value in told for one in sorted(encodings(value))]
        body = json.dumps({"reason": " ".join(["you sent", *spelled]), "headers": dict(self.headers), "told": spelled})
        status = int(last) if last.isdigit() else 200
        content = f"<html>{' '.join(spelled)}" if last == "broken" else body
        self._answer(status, content, " ".join(quote(one, safe="/=+") for one in spelled)[:4000], cut=last == "cut")

    def _told(self) -> list[str]:
        header = self.headers.get("X-Key") or self.headers.get("Authorization", "")
        scheme, _, value = header.partition(" ")
        if scheme == "Basic":
            return [value, base64.b64decode(value).decode(), base64.b64decode(value).decode().partition(":")[2]]
        return [header, value or header]

    def _token(self, form: dict[str, list[str]], *, works: bool) -> None:
        basic = self.headers.get("Authorization", "").removeprefix("Basic ")
        told = form.get("client_secret", []) or [unquote_plus(base64.b64decode(basic).decode().partition(":")[2])]
        if works:
            self.tokens.append(f"access/{secrets.token_hex(12)}=")
            granted = {"access_token": self.tokens[-1], "token_type": "Bearer", "expires_in": 3600, "note": told}
            self._answer(200, json.dumps(granted), quote(told[0], safe=""))
        else:
            spelled = [one for value in told for one in sorted(encodings(value))]
            refused = {"error": "invalid_client", "error_description": " ".join(["no,", *spelled])}
            self._answer(401, json.dumps(refused), quote(told[0], safe=""))

    def _answer(self, status: int, content: str, header: str, *, cut: bool = False) -> None:
        data = content.encode()
        self.said.append(data + header.encode())
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Location", f"/{header}")
        self.send_header("X-Echo", header)
        self.send_header("Content-Length", str(len(data) + (10 if cut else 0)))
        self.end_headers()
        self.wfile.write(data)
        self.close_connection = cut

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def echo() -> Iterator[tuple[str, type[Echo]]]:
    class Mine(Echo):
        said: list[bytes] = []  # noqa: RUF012 - a class for this one server
        tokens: list[str] = []  # noqa: RUF012 - likewise

    server = ThreadingHTTPServer(("127.0.0.1", 0), Mine)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", Mine
    server.shutdown()
    thread.join()
    server.server_close()


CANARY = f"cAn4ry/{secrets.token_hex(8)}+~=x"
AWKWARD = f'cAn4ry "{secrets.token_hex(8)}\\ \u00e9\u20ac&+'

KINDS: dict[str, Callable[[str], dict[str, Any]]] = {
    "bearer": lambda _: {"kind": BEARER, "secrets": {"access_token": Secret(CANARY)}},
    "header": lambda _: {"kind": HEADER, "header": "X-Key", "secrets": {"value": Secret(CANARY)}},
    "basic": lambda _: {"kind": BASIC, "username": "me", "secrets": {"password": Secret(AWKWARD)}},
    "client-credentials": lambda url: {
        "kind": CLIENT_CREDENTIALS,
        "client_id": "flowengine",
        "token_url": f"{url}/token",
        "secrets": {"client_secret": Secret(AWKWARD)},
    },
    "client-credentials-refused": lambda url: {
        "kind": CLIENT_CREDENTIALS,
        "client_id": "flowengine",
        "token_url": f"{url}/stale",
        "secrets": {"client_secret": Secret(CANARY)},
    },
}


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_written_holds_no_secret(
    kind: str, echo: tuple[str, type[Echo]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url, server = echo
    home = set_up(tmp_path, url, monkeypatch)
    made = KINDS[kind](url)
    now = time.time()
    record = Authorization(
        "crm", integration="crm", hosts=(url.removeprefix("http://"),), state=AUTHORIZED, created_at=now, **made
    )
    FileStore().change("crm", lambda _: record)
    canaries = [secret.reveal() for secret in made["secrets"].values()]

    command = [sys.executable, str(CHILD)]
    ran = subprocess.run(
        command,
        cwd=home,
        env={**os.environ, "CANARIES": json.dumps(canaries)},
        capture_output=True,
        check=False,
        timeout=120,
    )
    (home / "stdout").write_bytes(ran.stdout)
    (home / "stderr").write_bytes(ran.stderr)

    written = {path: path.read_bytes() for path in sorted(tmp_path.rglob("*")) if path.is_file()}
    found = [
        (str(path.relative_to(tmp_path)), spelled)
        for path, content in written.items()
        for canary in [*canaries, *server.tokens]
        for spelled in encodings(canary)
        if spelled.encode() in content
    ]
    assert found == []
    expect_all_was_done(kind, ran, home, written)
    if kind != "client-credentials-refused":
        for canary in server.tokens or canaries:
            said = [one for one in encodings(canary) if any(one.encode() in said for said in server.said)]
            assert set(said) == encodings(canary), "the other side was to say all of this"


def set_up(tmp_path: Path, url: str, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make a project and an empty home, which this process uses like the one that is started."""
    home = tmp_path / "home"
    (home / "nodes").mkdir(parents=True)
    (home / "nodes" / "echo.yaml").write_text(NODE)
    (home / "flow.yaml").write_text(FLOW.replace("URL", url))
    (home / "flowengine.yaml").write_text(
        f"nodes: [nodes]\nenvironments:\n  live:\n    integrations: {{crm: {{baseUrl: '{url}'}}}}\n"
    )
    for name in [name for name in os.environ if name.startswith(("FLOWENGINE_", "XDG_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.fail.Keyring")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(sys.path))
    return home


def expect_all_was_done(
    kind: str, ran: subprocess.CompletedProcess[bytes], home: Path, written: dict[Path, bytes]
) -> None:
    """Hold that the search above was of a program that did what it should."""
    out, error = ran.stdout.decode(), ran.stderr.decode()
    assert ran.returncode == 0, error
    exits = [line.rpartition(" ")[2] for line in out.splitlines() if line.startswith("('") and ": exit " in line]
    assert exits == ["1", "1", "0", "0", "0", "0", "1", "1", "3", "3"]
    assert "a fault with ['[secret]'] in it" in error
    assert "Traceback" in error
    log = written[home / "debug.log"].decode()
    assert "Task exception was never retrieved" in log
    assert "headers {'authorization': ['[secret]']}" in log
    assert b"needs re-authorization" in ran.stdout
    assert any(path.name == "authorizations.json" for path in written)
    for name in ("canary.recording.yaml", "taken.yaml"):
        recording = parse_recording(written[home / name], home / name)
        assert recording.trigger == {"seen": ["[secret]"], "spelled": ["'[secret]'"], "password": "[secret]"}
        assert recording.responses.keys() == ({"answered"} if kind == "client-credentials-refused" else set(NODES))
        assert recording.expect is not None
    for run in (json.loads(out[: out.index("\n}") + 2])["run"], json.loads(written[home / "trace.json"])):
        if kind == "client-credentials-refused":
            assert "no, [secret]" in run["reason"]
        else:
            assert run["path"] == [*NODES, "end"]
            assert "[secret]" in json.dumps(run["variables"])


NODES = ("answered", "refused", "failed", "broken", "cut", "moved", "text", "denied")


@pytest.mark.parametrize("canary", [CANARY, AWKWARD], ids=["plain", "awkward"])
def test_the_search_finds_what_is_there(canary: str) -> None:
    forms = {
        f"x{canary}y",
        base64.b64encode(f"user:{canary}".encode()).decode(),
        base64.urlsafe_b64encode(f"me:{canary}:".encode()).decode(),
        quote(f"a={canary}", safe=""),
        f"a{canary}".encode().hex(),
        json.dumps({"a": canary}),
    }
    assert all(any(one in form for one in encodings(canary)) for form in forms)
