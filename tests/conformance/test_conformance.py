"""Runs the cases of this folder on the dry-run driver, and those that come to an end on the live driver, too."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

import flowengine
from flowengine.core import walker
from flowengine.core.answers import Answer, Refused
from flowengine.core.entries import Requested, Started, Stopped
from flowengine.core.plan import Plan
from flowengine.core.trace import Run
from flowengine.core.values import same
from flowengine.core.wants import Call, Send
from flowengine.effects.fakes import FakeEffects
from flowengine.flowfile.yaml_tree import read_yaml, to_value
from flowengine.recording.format import Recording
from flowengine.recording.replay import Replay

HERE = Path(__file__).parent
CASES = sorted((HERE / "cases").rglob("*.yaml"))
DOCS = HERE.parents[1] / "docs"
RULE = re.compile(r"(format|semantics), ([A-Z][A-Za-z -]*[a-z])( [1-8])?(: .+)?")
CALL = re.compile(r"\.([A-Za-z_][\w-]*)\.\d+(?:\.\d+)?")
"""A call in the id of a run: the node, its visit, and from the second one on the attempt."""
EXPECTED = {"findings", "refused", "result", "status", "path", "outcomes", "reason", "variables", "unset", "unused"}
EXPECTED |= {"steps", "requests"}


class Case:
    """One case file, and the flow it is about, written to where a flow can be read from."""

    def __init__(self, path: Path, folder: Path) -> None:
        self.path = path
        self.data: dict[str, Any] = to_value(read_yaml(path))
        self.expect: dict[str, Any] = self.data["expect"]
        self.flow = folder / "flow.yaml"
        self.flow.write_text(self.data["flow"], "utf-8", newline="")
        for number, text in enumerate(self.data.get("flows", [])):
            (folder / f"called-{number}.yaml").write_text(text, "utf-8", newline="")
        (folder / "nodes").mkdir()
        for manifest in self.data.get("nodes", []):
            (folder / "nodes" / f"{manifest['node']}.yaml").write_text(json.dumps(manifest), "utf-8")
        self.catalogue = flowengine.Catalogue([folder / "nodes", HERE / "nodes"])
        recording = self.data.get("recording", {})
        self.recording = Recording(
            name=self.data["case"],
            flow=recording.get("flow", ""),
            trigger=recording.get("trigger", {}),
            variables=recording.get("variables", {}),
            responses={node: _listed(given) for node, given in recording.get("responses", {}).items()},
            expect={},
        )
        self.limits = flowengine.Limits(**self.data["limits"]) if "limits" in self.data else None

    def plan(self) -> Plan:
        return flowengine.compile(flowengine.load(self.flow), self.catalogue)

    def recorded_for(self, plan: Plan) -> Recording:
        """Return the recording; one that names no flow is for the flow of the case."""
        own = self.recording
        return Recording(own.name, own.flow or plan.flow, own.trigger, own.variables, own.responses, {})


def _listed(given: Any) -> list[dict[str, Any]]:
    return given if isinstance(given, list) else [given]


def test_cases_say_which_rule_they_are_about() -> None:
    for path in CASES:
        case = to_value(read_yaml(path))
        rule = RULE.fullmatch(case["rule"])
        assert rule is not None, path
        assert f"## {rule[2]}\n" in (DOCS / f"{rule[1]}.md").read_text("utf-8"), path
        assert case["case"] == path.stem
        assert case["about"].endswith("."), path
        assert set(case) <= {"case", "rule", "about", "flow", "flows", "nodes", "limits", "recording", "expect"}
        assert set(case["expect"]) <= EXPECTED


@pytest.mark.parametrize("path", CASES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_case(path: Path, tmp_path: Path) -> None:
    case = Case(path, tmp_path)
    expect = case.expect
    if "findings" in expect:
        _check_findings(expect["findings"], flowengine.validate(case.flow, case.catalogue))
    if "refused" in expect:
        plan = case.plan()
        with pytest.raises(flowengine.FlowError) as caught:
            flowengine.dry_run(plan, case.recorded_for(plan))
        assert expect["refused"] in str(caught.value)
    elif set(expect) != {"findings"}:
        plan = case.plan()
        done = flowengine.dry_run(plan, case.recorded_for(plan), limits=case.limits)
        _check_run(expect, done.run)
        assert done.unused == expect.get("unused", {})
        sent = list(_requests(plan, done.run))
        _check_requests(expect.get("requests", []), sent)
        _check_keys(sent)
        if not isinstance(done.run.entries[-1], Stopped) and _can_be_live(case, plan, done.run):
            assert _way(_walk_live(case, plan)) == _way(done.run)


def _can_be_live(case: Case, plan: Plan, run: Run) -> bool:
    """Whether no recorded answer stands for a whole flow, and none took too long: the fake's time takes no time."""
    places = [plan.node_at(place) for place in case.recording.responses]
    late = any(plan.nodes[step.node].calls is not None and step.outcome == "onTimeout" for step in run.steps)
    return not late and all(place is None or place[1].calls is None for place in places)


def _walk_live(case: Case, plan: Plan) -> Run:
    """Walk with the driver of the real world, which gets the recorded answers from a fake."""
    replay = Replay(case.recording.responses)

    def answer(send: Send) -> Answer:
        own = replay
        for call in CALL.findall(send.key.rpartition(":")[0]):
            own = own.below(call)
        if send.refresh and not own.left(send.node):
            return Refused("no fresh credential")
        return own.take(send)

    return flowengine.run_sync(
        plan,
        trigger=case.recording.trigger,
        variables=case.recording.variables,
        effects=FakeEffects(answer, event=replay.take, address="https://flows.example.com/callbacks"),
        limits=case.limits,
    )


def _way(run: Run) -> tuple[str | None, list[str], list[str]]:
    return run.result, run.path, [step.outcome for step in run.steps]


def _check_findings(expected: list[dict[str, Any]], found: list[flowengine.Finding]) -> None:
    shown = [str(finding) for finding in found]
    assert len(found) == len(expected), shown
    for one, finding in zip(expected, found, strict=True):
        span = finding.span
        assert span is not None
        place = {"code": finding.code, "severity": finding.severity, "line": span.line, "column": span.column}
        assert {"severity": "error", **one} | place == {"severity": "error", **one}, shown
        assert one.get("message", "") in finding.message
        assert one.get("hint", "") in (finding.hint or "")


def _check_run(expect: Mapping[str, Any], run: Run) -> None:
    trace = run.to_json()
    for key in ("result", "path", "status"):
        if key in expect:
            assert trace[key] == expect[key], run.reason
    if "outcomes" in expect:
        assert [step["outcome"] for step in trace["steps"]] == expect["outcomes"]
    for name, value in expect.get("variables", {}).items():
        assert same(trace["variables"].get(name, "(no value)"), value), f"{name}: {trace['variables']}"
    assert not set(expect.get("unset", [])) & set(trace["variables"])
    if "reason" in expect:
        for part in _texts(expect["reason"]):
            assert part in trace["reason"]
    for wanted, step in zip(expect.get("steps", []), trace["steps"], strict=False):
        _check_part(wanted, step, step["node"])
    assert len(expect.get("steps", [])) <= len(trace["steps"])


def _check_part(wanted: Mapping[str, Any], found: Mapping[str, Any], where: str) -> None:
    """Compare the keys that a case names; texts named ``reason`` have to be contained, attempts are compared alike."""
    for key, value in wanted.items():
        here = f"{where}.{key}: {found[key]!r}"
        if key == "reason" and value is not None:
            assert all(part in found[key] for part in _texts(value)), here
        elif key == "attempts" and isinstance(value, int):
            assert len(found[key]) == value, here
        elif key == "attempts":
            assert len(found[key]) == len(value), here
            for one, attempt in zip(value, found[key], strict=True):
                _check_part(one, attempt, here)
        elif key == "edge" and value is not None:
            _check_part(value, found[key], here)
        else:
            assert same(found[key], value), here


def _check_requests(expected: list[dict[str, Any]], sent: list[Send]) -> None:
    assert len(expected) <= len(sent)
    for one, send in zip(expected, sent, strict=False):
        found = {**send.request._asdict(), **send._asdict()}
        for key, value in one.items():
            if key in ("query", "headers", "form"):
                assert (found[key] if found[key] is None else [list(pair) for pair in found[key]]) == value, found
            elif key == "json":
                assert found["has_json"], found
                assert same(found["json"], value), found
            elif key == "body":
                assert (found["has_json"], found["form"], found["text"]) == (False, None, None), found
            else:
                assert same(found[key], value), found


def _check_keys(sent: list[Send]) -> None:
    """All requests of one visit have the same key, and no other request has it."""
    visits = [(send.key.rsplit(":", 2)[0], send.node, send.visit) for send in sent]
    keys = dict(zip(visits, (send.key for send in sent), strict=True))
    assert all(send.key == keys[visit] for visit, send in zip(visits, sent, strict=True))
    assert len(set(keys.values())) == len(keys)


def _requests(plan: Plan, run: Run) -> Iterator[Send]:
    """Fold the journal again, and see what was wanted where it says that something was sent."""
    started = run.entries[0]
    assert isinstance(started, Started)
    state = walker.begin(plan, started)
    for entry in run.entries[1:]:
        want = walker.next(plan, state)
        if isinstance(entry, Requested) and isinstance(want, Call):
            assert entry.key == want.run
            if want.run in run.called:
                yield from _requests(plan.called(want.flow), run.called[want.run])
        elif isinstance(entry, Requested):
            assert isinstance(want, Send)
            yield want
        walker.apply(plan, state, entry)


def _texts(value: str | list[str]) -> list[str]:
    return value if isinstance(value, list) else [value]
