from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest


def test_flows_are_listed_with_what_is_wrong_with_them(shared: Any) -> None:
    flows = {one["id"]: one for one in shared.client.get("/api/flows").json()["flows"]}
    assert list(flows) == ["broken", "greet", "waits"]
    assert flows["greet"]["title"] == "Greet a customer"
    assert flows["greet"]["path"] == "greet.yaml"
    assert flows["greet"]["trigger"] == {"channel": "sms", "event": "incoming-message"}
    assert flows["greet"]["findings"]["errors"] == 0
    assert flows["broken"]["findings"]["errors"] == 1


def test_a_flow_is_shown_with_its_text(server: Any, folder: Path) -> None:
    shown = server.client.get("/api/flows/greet").json()
    assert shown["text"] == (folder / "greet.yaml").read_text()
    assert len(shown["digest"]) == 64


def test_what_was_saved_is_seen_at_once(server: Any, folder: Path) -> None:
    before = server.client.get("/api/flows/greet").json()
    path = folder / "greet.yaml"
    path.write_text(path.read_text().replace("Greet a customer", "Say hello"))
    after = server.client.get("/api/flows/greet").json()
    assert after["title"] == "Say hello"
    assert after["digest"] != before["digest"]
    path.unlink()
    assert server.client.get("/api/flows/greet").status_code == 404


def test_files_that_are_no_flows_do_not_come_between(server: Any, folder: Path) -> None:
    (folder / "bad.yaml").write_bytes(b"flow: bad\n\xff\xfe")
    (folder / "anchor.yaml").write_text("flow: anchor\nstart: &a x\nnodes: *a\n")
    (folder / ".hidden").mkdir()
    (folder / ".hidden" / "h.yaml").write_text("flow: hidden\n")
    flows = {one["path"]: one for one in server.client.get("/api/flows").json()["flows"]}
    assert set(flows) == {"anchor.yaml", "bad.yaml", "broken.yaml", "greet.yaml", "waits.yaml"}
    assert flows["bad.yaml"]["findings"]["errors"]
    assert server.client.get("/api/flows/anchor/plan").status_code == 409


def test_two_files_with_one_id_are_told(server: Any, folder: Path) -> None:
    (folder / "again.yaml").write_text((folder / "greet.yaml").read_text())
    error = server.client.get("/api/flows/greet").json()["error"]
    assert error["code"] == "ambiguous"
    assert "again.yaml, greet.yaml" in error["message"]


def test_a_plan_is_that_which_a_run_walks(shared: Any) -> None:
    plan = shared.client.get("/api/flows/greet/plan").json()
    assert plan["digest"].startswith("sha256:")
    assert set(plan["plan"]["nodes"]) == {"greet", "done", "failed"}


def test_a_flow_with_errors_has_no_plan_and_does_not_start(shared: Any) -> None:
    for answer in (
        shared.client.get("/api/flows/broken/plan"),
        shared.client.post("/api/runs", json={"flow": "broken"}),
    ):
        error = answer.json()["error"]
        assert (answer.status_code, error["code"]) == (409, "invalid-flow")
        assert error["findings"][0]["line"] == 2


@pytest.mark.parametrize(
    "name",
    [
        "..",
        "../greet",
        "..%2fgreet",
        "%2e%2e%2fgreet",
        "/etc/passwd",
        "greet.yaml",
        "greet%00",
        "C:greet",
        "..\\greet",
        "GREET",
        "greet ",
        "\uff47reet",
        "x" * 5000,
        "__proto__",
        "%ff",
    ],
)
def test_a_flow_is_named_by_its_id_and_by_nothing_else(shared: Any, name: str) -> None:
    assert shared.client.get(f"/api/flows/{name}").status_code == (400 if "%00" in name else 404)


def test_a_link_that_leads_out_of_the_folder_is_a_file_like_any_other(
    server: Any, folder: Path, tmp_path: Path
) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("nobody may read this")
    (folder / "link.yaml").symlink_to(secret)
    assert "nobody" not in server.client.get("/api/flows").text


def test_validating_says_what_the_command_does(server: Any, folder: Path) -> None:
    text = (folder / "broken.yaml").read_text()
    said = server.client.post("/api/validate", json={"text": text, "name": "broken.yaml"}).json()
    assert said["summary"]["errors"] == 1
    assert said["files"][0]["path"] == "broken.yaml"
    assert said["files"][0]["findings"][0]["line"] == 2
    unread = server.client.post("/api/validate", json={"text": "flow: [\n"}).json()
    assert unread["files"][0]["findings"][0]["code"].startswith("FE0")
    assert unread["files"][0]["skipped"]


@pytest.mark.parametrize("name", ["../x.yaml", "/etc/x.yaml", "a/b.yaml", "", ".x", "x" * 200])
def test_a_text_that_is_validated_has_the_name_of_a_file(shared: Any, name: str) -> None:
    assert shared.client.post("/api/validate", json={"text": "", "name": name}).status_code == 422


def test_node_types_are_listed_and_explained(shared: Any) -> None:
    nodes = {one["node"]: one for one in shared.client.get("/api/nodes").json()["nodes"]}
    assert nodes["append-message"]["recommended"] in nodes["append-message"]["versions"]
    shown = shared.client.get("/api/nodes/append-message").json()
    assert shown["version"] == nodes["append-message"]["recommended"]
    other = shared.client.get("/api/nodes/append-message", params={"version": "1.0"}).json()
    assert other["version"] == "1.0"
    assert shared.client.get("/api/nodes/append-message", params={"version": "9.9"}).status_code == 404
    error = shared.client.get("/api/nodes/append-mesage").json()["error"]
    assert error["hint"] == "did you mean 'append-message'?"
