"""Kept runs that wait for events and call flows, as they are walked, listed, shown, followed and exported."""

from __future__ import annotations

import json
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

Cli = Callable[..., Result]
Process = Callable[..., subprocess.Popen[str]]
Listed = Callable[..., list[dict[str, Any]]]
DB = ("--db", "runs.db")
DEADLINE = 20.0

CALLED = """
flow: asks-for-money
inputs: {order: {type: string}}
outputs: {paid: $(wait.payload)}
start: wait
nodes:
  wait:
    type: receive@1.0
    inputs: {events: {paid: {event: order-paid, key: $(order)}}, timeout: TIMEOUT}
    edges: {paid: got, onTimeout: late}
  got: {end: success, title: Paid}
  late: {end: error, title: Late}
"""
CALLS = """
flow: orders
variables: {paid: {type: object}}
start: call
nodes:
  call:
    type: call-flow@1.0
    inputs: {flow: asks-for-money, inputs: {order: "4 2"}}
    set: {paid: $(call.paid)}
    edges: {Paid: done, Late: failed, onError: failed}
  done: {end: success}
  failed: {end: error}
"""


@pytest.fixture
def orders(write: Callable[[str, str], Path]) -> Callable[[str], Path]:
    def orders(timeout: str) -> Path:
        write("asks-for-money.yaml", CALLED.replace("TIMEOUT", timeout))
        return write("orders.yaml", CALLS)

    return orders


def until(stream: Any, text: str) -> str:
    while text not in (line := stream.readline()):
        assert line, f"it ended before it said {text!r}"
    return str(line)


def test_a_run_is_seen_through_with_those_that_it_calls(cli: Cli, orders: Callable[[str], Path]) -> None:
    event = ("--event", '{"label": "paid", "body": {"amount": 3}}')
    result = cli("run", orders("1h"), *DB, *event, "--event", '{"a": 1}')
    assert (result.exit_code, result.stderr) == (
        0,
        "Not used: an event of --event, for which no `receive` waited\n",
    )
    first, second = result.stdout.splitlines()[:2]
    assert first.startswith("   wait  receive@1.0"), "a called flow stands indented, before the step that called it"
    assert second.startswith("call    call-flow@1.0")
    assert 'paid = {"amount": 3}' in result.stdout


def test_its_json_has_the_called_run(cli: Cli, orders: Callable[[str], Path]) -> None:
    result = cli("run", orders("1ms"), *DB, "--format", "json")
    run = json.loads(result.stdout)["run"]
    called = run["steps"][0]["attempts"][0]["run"]
    assert (result.exit_code, run["result"], called["path"]) == (1, "error", ["wait", "late"])
    assert called["id"] == f"{run['id']}.call.1"


def test_what_is_waited_for_is_said_and_comes_from_another_process(
    cli: Cli, process: Process, orders: Callable[[str], Path], listed: Listed
) -> None:
    running = process("run", orders("1h"), *DB)
    said = until(running.stdout, "wait waits for")
    assert "event order-paid with key 4 2" in said
    assert "`flowengine events send order-paid --key '4 2' --db runs.db`" in said
    run = listed("--flow", "orders")[0]["id"]
    called = f"{run}.call.1"
    rows = cli("runs", "list", *DB).stdout
    assert "waits for event order-paid with key 4 2, until in" in rows
    assert f"waits for run {run[:12]}.call.1" in rows
    assert f"called by    {run}" in cli("runs", "show", f"{run[:12]}.call.1", *DB).stdout
    shown = json.loads(cli("runs", "show", run[:12], *DB, "--format", "json").stdout)["run"]
    assert [one["id"] for one in shown["called"]] == [called]
    assert (shown["awaits"], shown["underWay"]["attempts"][0]["calls"]) == ([f"run:{called}"], called)
    assert [(one["awaits"], one["walked"]) for one in listed("--flow", "asks-for-money")] == [
        (["event:order-paid:4 2"], False)
    ]
    sent = cli("events", "send", "order-paid", "--key", "4 2", "--body", '{"amount": 4}', *DB)
    assert f"run {run[:12]}.call.1 has waited for it" in sent.stdout
    out, err = running.communicate(timeout=DEADLINE)
    assert (running.returncode, err, 'paid = {"amount": 4}' in out) == (0, "", True)
    step = json.loads(cli("runs", "show", called, *DB, "--format", "json").stdout)["run"]["steps"][0]
    assert step["attempts"][0]["event"] == {
        "name": "order-paid",
        "key": "event:order-paid:4 2",
        "body": {"amount": 4},
    }


def test_ctrl_c_leaves_a_run_that_waits_and_others_go_on_with_it(
    cli: Cli, process: Process, orders: Callable[[str], Path], listed: Listed
) -> None:
    running = process("run", orders("1h"), *DB)
    until(running.stdout, "wait waits for")
    running.send_signal(signal.SIGINT)
    out, err = running.communicate(timeout=DEADLINE)
    assert (running.returncode, err) == (128 + signal.SIGINT, "")
    assert "stopped    at node call, by Ctrl-C" in out
    assert {run["status"] for run in listed()} == {"waiting"}
    cli("events", "send", "order-paid", "--key", "4 2", *DB)
    resumed = cli("runs", "resume", *DB)
    assert (resumed.exit_code, "2 succeeded" in resumed.stdout) == (0, True)


def test_resume_says_where_only_an_event_brings_a_run_on(
    cli: Cli, write: Callable[[str, str], Path], process: Process
) -> None:
    flow = CALLED.replace(", timeout: TIMEOUT", "").replace("onTimeout: late", "onError: late")
    running = process(
        "run", write("waits.yaml", flow.replace("inputs: {order: {type: string}}\n", "variables: {order: x}\n")), *DB
    )
    until(running.stdout, "wait waits for")
    running.terminate()
    running.wait(DEADLINE)
    assert "1 wait, for events only" in cli("runs", "resume", *DB).stdout


def test_cancelling_a_caller_cancels_the_one_it_called(
    cli: Cli, process: Process, orders: Callable[[str], Path], listed: Listed
) -> None:
    running = process("run", orders("1h"), *DB)
    until(running.stdout, "wait waits for")
    run = listed("--flow", "orders")[0]["id"]
    assert cli("runs", "cancel", run[:12], *DB).exit_code == 0
    assert running.wait(DEADLINE) == 1
    assert {one["status"] for one in listed()} == {"cancelled"}


def test_tail_shows_the_called_run_too(cli: Cli, orders: Callable[[str], Path], listed: Listed) -> None:
    cli("run", orders("1h"), *DB, "--event", '{"amount": 3}')
    run = listed("--flow", "orders")[0]["id"]
    tailed = cli("runs", "tail", run, *DB)
    assert tailed.stdout.splitlines()[0].startswith("   wait  receive@1.0")
    lines = [json.loads(line) for line in cli("runs", "tail", run, *DB, "--format", "json").stdout.splitlines()]
    assert [list(line) for line in lines] == [["step", "run"], ["step"], ["run"]]
    assert lines[0]["run"] == f"{run}.call.1"


def test_an_exported_run_is_walked_the_same_again(cli: Cli, orders: Callable[[str], Path], listed: Listed) -> None:
    flow = orders("1h")
    cli("run", flow, *DB, "--event", '{"amount": 3}')
    run = listed("--flow", "orders")[0]["id"]
    exported = cli("runs", "export", run, "--recording", "orders.recording.yaml", *DB)
    assert exported.exit_code == 0, exported.stderr
    assert "call/wait" in Path("orders.recording.yaml").read_text("utf-8")
    assert cli("test", "orders.recording.yaml").exit_code == 0


def test_a_retry_calls_anew(cli: Cli, orders: Callable[[str], Path], listed: Listed) -> None:
    cli("run", orders("1ms"), *DB)
    first = listed("--flow", "orders")[0]["id"]
    result = cli("runs", "retry", first, "--from", "call", *DB)
    assert (result.exit_code, "late" in result.stdout) == (1, True), result.stderr
    second = listed("--flow", "orders")[0]
    assert second["retryOf"] == {"run": first, "node": "call"}
    assert {run["calledBy"] for run in listed("--flow", "asks-for-money")} == {first, second["id"]}


def test_prune_says_what_else_has_gone(cli: Cli, orders: Callable[[str], Path]) -> None:
    cli("run", orders("1h"), *DB, "--event", '{"amount": 3}')
    time.sleep(0.002)  # older than nothing at all is not old
    pruned = cli("runs", "prune", "--older-than", "1ms", *DB)
    assert pruned.stdout == "2 runs deleted, and 2 plans that no run has any more; 2 events deleted\n"
    assert json.loads(cli("runs", "prune", "--keep", "1", *DB, "--format", "json").stdout) == {
        "pruned": {"runs": 0, "plans": 0, "events": 0, "outbox": 0}
    }
