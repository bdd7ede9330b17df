from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

SMS = {"sms": {"message": "hello"}}


def test_a_run_is_kept_and_walked(server: Any) -> None:
    run = server.start("greet", trigger=SMS, variables={"name": "Ada"})
    ended = server.ended(run)
    assert (ended["status"], ended["variables"]["greeting"]) == ("succeeded", "Hello, Ada")
    shown = server.client.get(f"/api/runs/{run}").json()["run"]
    assert shown["steps"][0]["variables"] == {"before": {"name": "Ada", "greeting": ""}, "after": ended["variables"]}
    assert (shown["trigger"], shown["source"]) == (SMS, "api, local")


@pytest.mark.parametrize(
    ("body", "status", "said"),
    [
        ({"flow": "nothing"}, 404, "there is no flow 'nothing'"),
        ({"flow": "waits", "variables": {"sayd": "x"}}, 409, "no variable 'sayd'; did you mean 'said'?"),
        ({"flow": "greet", "trigger": SMS, "variables": {"name": 1}}, 409, "declared as string"),
        ({"flow": "greet", "trigger": SMS, "environment": "production"}, 409, "no environment 'production'"),
    ],
)
def test_what_cannot_be_started_is_told(server: Any, body: dict[str, Any], status: int, said: str) -> None:
    answer = server.client.post("/api/runs", json=body)
    assert answer.status_code == status
    assert said in answer.json()["error"]["message"]
    assert server.client.get("/api/runs").json()["runs"] == []


def test_runs_are_listed_filtered_and_paged(server: Any) -> None:
    runs = [server.start("greet", trigger=SMS, variables={"name": name}) for name in ("Ada", "Grace", "Edsger")]
    for run in runs:
        server.ended(run)

    def listed(**query: Any) -> list[str]:
        return [one["id"] for one in server.client.get("/api/runs", params=query).json()["runs"]]

    assert listed() == runs[::-1]
    assert listed(limit=2) == [runs[2], runs[1]]
    assert listed(limit=2, before=runs[1]) == [runs[0]]
    assert listed(text="grace") == [runs[1]]
    assert listed(status=["failed", "cancelled"]) == []
    assert listed(status="succeeded", flow="greet", since="1h") == runs[::-1]
    assert server.client.get("/api/runs", params={"before": "nothing"}).status_code == 404


def test_a_run_is_named_by_its_whole_id(server: Any) -> None:
    run = server.start("greet", trigger=SMS)
    for name in (run[:8], run.upper(), f"{run} ", "..", "%27%20OR%201=1"):
        assert server.client.get(f"/api/runs/{name}").status_code == 404


def test_a_run_that_waits_is_ended(server: Any) -> None:
    run = server.start("waits")
    with server.client.stream("GET", f"/api/runs/{run}/steps") as stream:
        for line in stream.iter_lines():
            if line.startswith("event: step"):
                break
    error = server.client.get(f"/api/runs/{run}/recording").json()["error"]
    assert error["code"] == "not-over"
    assert server.client.post(f"/api/runs/{run}/retry").json()["error"]["code"] == "not-over"
    answer = server.client.post(f"/api/runs/{run}/cancel", json={"reason": "no longer wanted"})
    assert answer.status_code == 202
    ended = server.ended(run)
    assert (ended["status"], ended["reason"]) == ("cancelled", "no longer wanted")
    again = server.client.post(f"/api/runs/{run}/cancel")
    assert (again.status_code, again.json()["error"]["code"]) == (409, "over")


def test_a_run_that_is_over_is_walked_again(server: Any) -> None:
    run = server.start("greet", trigger=SMS)
    server.ended(run)
    answer = server.client.post(f"/api/runs/{run}/retry", json={"node": "greet"})
    assert answer.status_code == 202
    new = answer.json()["id"]
    assert server.ended(new)["status"] == "succeeded"
    assert server.client.get(f"/api/runs/{new}").json()["run"]["retryOf"] == {"run": run, "node": "greet"}
    assert server.client.post(f"/api/runs/{run}/retry").status_code == 202, "from the last node that it worked at"
    error = server.client.post(f"/api/runs/{run}/retry", json={"node": "nowhere"}).json()["error"]
    assert (error["code"], error["hint"]) == ("not-visited", "it worked at greet")


def test_a_run_that_is_over_is_a_recording(server: Any) -> None:
    run = server.start("greet", trigger=SMS)
    server.ended(run)
    recording = server.client.get(f"/api/runs/{run}/recording").json()
    assert recording["name"] == f"greet-{run[:8]}"
    assert recording["text"].startswith(f"recording: {recording['name']}\nflow: greet\n")


def test_the_flow_is_walked_as_it_is_saved_now(server: Any, folder: Path) -> None:
    path = folder / "greet.yaml"
    path.write_text(path.read_text().replace("Hello, ", "Good day, "))
    ended = server.ended(server.start("greet", trigger=SMS, variables={"name": "Ada"}))
    assert ended["variables"]["greeting"] == "Good day, Ada"


def test_runs_go_on_where_another_process_left_them(serving: Any) -> None:
    first = serving()
    run = first.start("waits")
    with first.client.stream("GET", f"/api/runs/{run}/steps") as stream:
        assert any(line.startswith("event: step") for line in stream.iter_lines())
    first.stop()
    second = serving()
    assert second.client.get(f"/api/runs/{run}").json()["run"]["status"] in {"running", "waiting"}
    assert second.client.post(f"/api/runs/{run}/cancel").status_code == 202
    assert second.ended(run)["status"] == "cancelled"
