from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import pytest

from flowengine.authorizations.store import FileStore

CANARY = "canary-of-a-secret-4711"


def test_a_flow_is_opened_edited_and_saved(page: httpx.Client, folder: Path) -> None:
    document = page.get("/api/studio/flows/sms-inbound").json()
    body = {"text": document["text"], "path": document["path"], "operations": [{"op": "set-start", "node": "search"}]}
    edited = page.post("/api/studio/edit", json=body).json()

    saved = page.put("/api/studio/flows/sms-inbound", json={"text": edited["text"], "base": document["version"]})

    assert saved.status_code == 200
    assert "start: search\n" in (folder / "sms-inbound.yaml").read_text("utf-8")
    again = page.put("/api/studio/flows/sms-inbound", json={"text": document["text"], "base": "another"})
    assert again.status_code == 409
    assert {"error", "disk", "merged", "conflicts"} <= again.json().keys()
    assert again.json()["error"]["code"] == "changed-on-disk"


def test_without_a_session_only_the_page_is_there(page: httpx.Client) -> None:
    page.cookies.clear()

    assert page.get("/api/studio/flows/sms-inbound").status_code == 401
    assert page.put("/api/studio/flows/sms-inbound", json={"text": "", "base": ""}).status_code == 401
    assert page.get("/").status_code in {200, 404}
    assert page.get("/enter?ticket=guessed").status_code == 403


def test_other_sites_and_other_files_are_kept_out(page: httpx.Client) -> None:
    put = {"text": "", "base": ""}
    answer = page.put("/api/studio/flows/sms-inbound", json=put, headers={"Origin": "http://evil.example.com"})
    assert answer.status_code == 403
    for name in ("..%2froutes.py", "routes.py", "%2e%2e", "index.html%00.js"):
        assert page.get(f"/{name}").status_code in {400, 404}


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("edit", {"text": "", "operations": [{"node": "a"}]}),
        ("edit", {"text": 5, "operations": []}),
        ("document", {"text": "", "unknown": 1}),
        ("dry-run", {"flow": "sms-inbound", "until": -1}),
        ("authorizations", {"name": "a", "kind": "nothing"}),
        ("authorizations", {"name": "a", "kind": "bearer"}),
        ("authorizations", {"name": "a b", "kind": "bearer", "secret": CANARY, "hosts": ["example.com"]}),
    ],
)
def test_bad_requests_are_answered_with_what_is_wrong(page: httpx.Client, path: str, body: dict[str, Any]) -> None:
    answer = page.post(f"/api/studio/{path}", json=body)

    assert answer.status_code == 422, answer.text
    assert answer.json()["error"]["message"]
    assert CANARY not in answer.text


def test_every_route_is_described(page: httpx.Client) -> None:
    paths = page.get("/api/openapi.json").json()["paths"]

    assert {"/api/studio/edit", "/api/studio/flows/{id}", "/api/studio/authorizations/{name}"} <= paths.keys()
    assert "/" not in paths


def test_a_secret_goes_in_and_never_comes_out(page: httpx.Client, tmp_path: Path) -> None:
    body = {"name": "engage", "kind": "bearer", "secret": CANARY, "hosts": ["engage.example.com"]}
    made = page.post("/api/studio/authorizations", json=body)
    assert made.status_code == 201
    assert FileStore().read()["engage"].secrets["access_token"].reveal() == CANARY

    listed = page.get("/api/studio/authorizations")
    again = page.post("/api/studio/authorizations", json=body)
    asked = page.delete("/api/studio/authorizations/engage?dry=true")
    granted = page.post("/api/studio/authorizations/engage/authorize")
    gone = page.delete("/api/studio/authorizations/engage")

    (one,) = listed.json()["authorizations"]
    assert (one["name"], one["state"], one["kind"]) == ("engage", "authorized", "bearer")
    assert {use["flow"] for use in one["uses"]} >= {"sms-inbound"}
    assert again.status_code == 409
    assert asked.json()["usedBy"], asked.text
    assert granted.json() == {"url": None}
    assert gone.json()["deleted"] == "engage"
    assert page.delete("/api/studio/authorizations/engage").status_code == 404
    assert FileStore().read()["engage"].secrets == {}
    for answer in (made, listed, again, asked, granted, gone):
        assert CANARY not in answer.text
    assert not any(CANARY.encode() in file.read_bytes() for file in tmp_path.rglob("*") if file.is_file())


def test_what_runs_did_is_shown_as_heat(page: httpx.Client, folder: Path) -> None:
    (folder / "waits.yaml").write_text(
        "flow: waits\nstart: say\nvariables: {said: ''}\nnodes:\n"
        "  say: {type: set-variables@1.0, inputs: {values: {said: hello}}, edges: {onSuccess: pause}}\n"
        "  pause: {type: delay@1.0, inputs: {duration: 1h}, edges: {onTimeout: done}}\n  done: {end: success}\n"
    )
    run = page.post("/api/runs", json={"flow": "waits"}).json()["id"]
    with page.stream("GET", f"/api/runs/{run}/steps") as steps:
        next(line for line in steps.iter_lines() if "pause" in line)

    heat = page.get("/api/studio/flows/waits/heat").json()

    assert (heat["runs"], heat["open"]) == (1, 1)
    assert heat["nodes"]["pause"]["waiting"] == 1
    assert heat["nodes"]["say"]["visits"] == 1
    assert heat["edges"] == [{"from": "say", "outcome": "onSuccess", "label": "onSuccess", "to": "pause", "times": 1}]
