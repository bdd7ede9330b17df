from __future__ import annotations

import asyncio
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import flowengine
from flowengine.core.answers import HttpAnswer
from flowengine.effects.fakes import FakeEffects

NODES = Path(__file__).parent / "conformance" / "nodes"
FLOW = """
flow: case
trigger: {channel: sms, event: in, when: [{value: $(trigger.sms), exists: true}]}
variables: {name: {type: string}, n: {type: integer, default: 1}, free: null}
start: ask
nodes:
  ask: {type: ask@1.0, set: {name: $(ask.answer)}, edges: {answered: done, onError: failed}}
  done: {end: success}
  failed: {end: error}
"""
TRIGGER: dict[str, Any] = {"sms": {}}
OK = HttpAnswer(200, {}, {"answer": "Ann"})


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "flow.yaml"
    path.write_text(FLOW, "utf-8")
    return path


@pytest.fixture
def plan(path: Path) -> flowengine.Plan:
    return flowengine.compile(flowengine.load(path), flowengine.Catalogue([NODES]))


def recording(**parts: Any) -> flowengine.Recording:
    return flowengine.Recording(name="r", flow="case", **{"trigger": TRIGGER, **parts})


def test_the_public_names_are_there_and_no_others() -> None:
    assert flowengine.__all__ == sorted(flowengine.__all__)
    for name in flowengine.__all__:
        assert vars(flowengine).get(name, flowengine.__getattr__(name)) is not None
    assert set(dir(flowengine)) == {*flowengine.__all__, "__version__"}
    with pytest.raises(AttributeError, match="module 'flowengine' has no attribute 'walker'"):
        flowengine.__getattr__("walker")


def test_what_is_not_used_is_not_loaded() -> None:
    code = "import sys, flowengine; print(*(name for name in sys.modules if name.startswith('flowengine.')))"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert loaded.stdout.split() == []
    code = "import sys, flowengine; flowengine.validate; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not {"httpx", "aiohttp", "quickjs", "asyncio", "jsonschema"} & set(loaded.stdout.split())


def test_a_flow_is_given_as_a_path_as_a_flow_or_as_a_plan(path: Path, plan: flowengine.Plan) -> None:
    for flow in (path, str(path), flowengine.load(path)):
        run = flowengine.run_sync(flow, trigger=TRIGGER, effects=FakeEffects(lambda _: OK), nodes=[NODES])
        assert (run.result, run.variables) == ("success", {"name": "Ann", "n": 1, "free": None})
    assert flowengine.run_sync(plan, trigger=TRIGGER, effects=FakeEffects(lambda _: OK)).path == ["ask", "done"]


def test_a_run_is_awaited(plan: flowengine.Plan) -> None:
    async def both() -> list[flowengine.Run]:
        effects = FakeEffects(lambda _: OK)
        return await asyncio.gather(*(flowengine.run(plan, trigger=TRIGGER, effects=effects) for _ in range(2)))

    assert [run.id for run in asyncio.run(both())] == ["run-1", "run-2"]


def test_the_trace_is_json(plan: flowengine.Plan) -> None:
    told: list[flowengine.Step] = []
    run = flowengine.run_sync(plan, trigger=TRIGGER, effects=FakeEffects(lambda _: OK), on_step=told.append)
    assert told == run.steps
    assert run.to_json() == {
        "id": "run-1",
        "flow": "case",
        "status": "succeeded",
        "result": "success",
        "reason": None,
        "path": ["ask", "done"],
        "steps": [
            {
                "node": "ask",
                "type": "ask@1.0",
                "visit": 1,
                "attempts": [
                    {
                        "number": 1,
                        "outcome": "answered",
                        "reason": None,
                        "status": 200,
                        "startedAt": "2026-01-01T00:00:00.000Z",
                        "durationMs": 0.0,
                    }
                ],
                "outcome": "answered",
                "reason": None,
                "edge": {"label": "answered", "to": "done", "fallThrough": False},
                "inputs": {},
                "outputs": {"answer": "Ann"},
                "set": {"name": "Ann"},
                "startedAt": "2026-01-01T00:00:00.000Z",
                "durationMs": 0.0,
            }
        ],
        "variables": {"name": "Ann", "n": 1, "free": None},
    }


@pytest.mark.parametrize(
    ("variables", "says"),
    [
        ({"nmae": "x"}, "the flow has no variable 'nmae'; did you mean 'name'?"),
        ({"zzz": 1}, "the flow has no variable 'zzz'; expected one of free, n, name"),
        ({"n": "1"}, "the variable 'n' is declared as integer; '1' is string"),
        ({"n": 1.5}, "the variable 'n' is declared as integer; 1.5 is number"),
        ({"n": True}, "the variable 'n' is declared as integer; True is boolean"),
    ],
)
def test_start_values_are_judged(plan: flowengine.Plan, variables: dict[str, Any], says: str) -> None:
    with pytest.raises(flowengine.UsageError) as caught:
        flowengine.run_sync(plan, trigger=TRIGGER, variables=variables, effects=FakeEffects(lambda _: OK))
    assert says in str(caught.value)
    with pytest.raises(flowengine.InvalidFile, match="FE601"):
        flowengine.dry_run(plan, recording(variables=variables))


def test_start_values_come_over_the_defaults(plan: flowengine.Plan) -> None:
    run = flowengine.dry_run(
        plan, recording(variables={"n": None, "free": [1]}, responses={"ask": [{"status": 500}]})
    ).run
    assert (run.path, run.variables) == (["ask", "failed"], {"n": None, "free": [1]})


@pytest.mark.parametrize("trigger", [None, {}, {"email": {}}, {"sms": None}, []])
def test_a_trigger_that_does_not_start_the_flow_is_refused(plan: flowengine.Plan, trigger: Any) -> None:
    says = r"this trigger does not start the flow 'case': trigger.when\[0\] does not hold"
    with pytest.raises(flowengine.UsageError, match=says):
        flowengine.run_sync(plan, trigger=trigger, effects=FakeEffects(lambda _: OK))
    with pytest.raises(flowengine.UsageError, match=says):
        flowengine.dry_run(plan, recording(trigger=trigger))


def test_a_dry_run_tells_what_was_not_used_and_what_differs(plan: flowengine.Plan) -> None:
    answers = [{"status": 200, "body": {"answer": "Ann"}}, {"timeout": True}]
    told: list[flowengine.Step] = []
    done = flowengine.dry_run(
        plan, recording(responses={"ask": answers}, expect={"result": "error"}), on_step=told.append
    )
    assert (done.run.id, done.unused, told) == ("dry-run-r", {"ask": 1}, done.run.steps)
    assert done.differences == [
        "result: expected error, came success (by an end node)",
        "1 recorded answer for node 'ask' was not used",
    ]


def test_a_recording_is_given_as_a_path(path: Path, tmp_path: Path) -> None:
    file = tmp_path / "recording.yaml"
    file.write_text("recording: r\nflow: case\ntrigger: {sms: {}}\nresponses: {ask: {status: 500}}\n", "utf-8")
    for given in (file, str(file)):
        assert flowengine.dry_run(path, given, nodes=[NODES]).run.path == ["ask", "failed"]


def test_bounds_are_given(plan: flowengine.Plan) -> None:
    limits = flowengine.Limits(steps=0)
    assert "0 steps, its bound" in str(flowengine.dry_run(plan, recording(), limits=limits).run.reason)
    run = flowengine.run_sync(plan, trigger=TRIGGER, effects=FakeEffects(lambda _: OK), limits=limits)
    assert (run.status, run.path) == ("failed", [])


def test_a_flow_that_sends_nothing_needs_no_environment(tmp_path: Path) -> None:
    path = tmp_path / "flow.yaml"
    path.write_text("flow: a\nvariables: {n: 1}\nstart: b\nnodes: {b: {end: success}}\n", "utf-8")
    run = flowengine.run_sync(path, variables={"n": 2})
    assert (run.result, run.variables, len(run.id) > 8) == ("success", {"n": 2}, True)


def test_an_environment_that_is_not_there_is_refused(path: Path) -> None:
    with pytest.raises(flowengine.UsageError, match="there is no environment 'production'"):
        flowengine.run_sync(path, trigger=TRIGGER, environment="production", nodes=[NODES])


def test_a_flow_with_errors_is_refused_with_all_of_them(path: Path) -> None:
    path.write_text(FLOW.replace("ask@1.0", "aks@1.0").replace("failed}", "faild}"), "utf-8")
    with pytest.raises(flowengine.InvalidFile) as caught:
        flowengine.run_sync(path, trigger=TRIGGER, nodes=[NODES])
    assert [one.code for one in caught.value.findings] == ["FE201", "FE206"]
    assert str(caught.value).count("\n") == 1
    assert isinstance(caught.value, flowengine.FlowError)


def test_errors_say_whose_fault_it_is() -> None:
    assert issubclass(flowengine.FlowError, flowengine.FlowEngineError)
    assert issubclass(flowengine.EngineBug, flowengine.FlowEngineError)
    assert not issubclass(flowengine.EngineBug, flowengine.FlowError)
