from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from flowengine.api import dry_run
from flowengine.check.compile import compile
from flowengine.errors import FlowError, InvalidFile
from flowengine.mutate.trial import Subject, Trial, Tried, mutations, sampled
from flowengine.recording.suite import Suite, find_cases

FLOW = """\
flow: desk
variables: {level: {type: integer, default: 0}, name: "", text: ""}
defaults:
  authorization: engage
  edges: {onInvalidChoice: failed}
start: sort
nodes:
  sort:
    type: branch@1.0
    inputs:
      rows:
        - {name: Urgent, when: {value: $(level), atLeast: 3}}
        - {name: Named, when: {value: $(name), equals: Ada}}
    edges:
      Urgent: urgent
      Named: search
      None of the above: done
  urgent:
    type: set-variables@1.0
    inputs: {values: {text: "Urgent: $(name)"}}
    edges: {onSuccess: done}
  search:
    type: search-conversation@1.3
    inputs: {channel: sms, businessNumber: "+447700900001", customerNumber: "+447700900123"}
    retry: {attempts: 2, delay: 1s, on: [onTimeout]}
    set: {text: "Found $(search.conversationId)"}
    edges:
      conversationActive: done
      noConversationFound: nothing
  done: {end: success}
  nothing: {end: success}
  failed: {end: error}
"""

FLOWS = Path(__file__).parents[2] / "flows"
ACTIVE = {"status": 200, "body": {"status": "success", "value": {"status": "active", "conversationId": "C-1"}}}
NONE = {"status": 200, "body": {"status": "success", "value": {"chatExist": False}}}

CASES: Mapping[str, Mapping[str, Any]] = {
    "urgent": {
        "variables": {"level": 3, "name": "Ada"},
        "expect": {"path": ["sort", "urgent", "done"], "variables": {"text": "Urgent: Ada"}},
    },
    "plain": {"variables": {"level": 2}, "expect": {"path": ["sort", "done"], "variables": {"text": ""}}},
    "active": {
        "variables": {"name": "Ada"},
        "responses": {"search": [{"timeout": True}, ACTIVE]},
        "expect": {"path": ["sort", "search", "done"], "variables": {"text": "Found C-1"}},
    },
    "none": {
        "variables": {"name": "Ada"},
        "responses": {"search": [NONE]},
        "expect": {"path": ["sort", "search", "nothing"], "result": "success"},
    },
    "late": {
        "variables": {"name": "Ada"},
        "responses": {"search": [{"timeout": True}, {"timeout": True}]},
        "expect": {"path": ["sort", "search", "failed"], "result": "error"},
    },
}


class Desk:
    """The flow in a folder, with its recordings."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "desk.yaml").write_text(FLOW)

    def tried(self, cases: Mapping[str, Mapping[str, Any]] = CASES) -> Tried:
        for name, case in cases.items():
            text = yaml.safe_dump({"recording": name, "flow": "desk", **case})
            (self.folder / f"{name}.recording.yaml").write_text(text)
        suite = Suite((), [self.folder])
        results = [suite.run(case) for case in find_cases([self.folder])[0]]
        assert all(result.passed for result in results)
        ready = suite.ready(self.folder / "desk.yaml")
        subject, every = Subject(ready, results), mutations(ready)
        return Tried(ready.flow, [subject.attempt(one) for one in every], len(every))


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def without(case: str, *keys: str) -> dict[str, Mapping[str, Any]]:
    """Return the cases, of which one expects less."""
    less = {key: value for key, value in CASES[case]["expect"].items() if key not in keys}
    return {**CASES, case: {**CASES[case], "expect": less}}


def survivors(tried: Tried) -> list[str]:
    return [f"{one.mutation.node}: {one.mutation.said}" for one in tried.survivors]


def the(tried: Tried, said: str) -> Trial:
    return next(one for one in tried.trials if one.mutation.said == said)


def test_cases_that_expect_all_that_comes_notice_every_change(desk: Desk) -> None:
    tried = desk.tried()

    assert survivors(tried) == []
    assert tried.share.percent == 100
    assert {one.mutation.kind for one in tried.trials if one.verdict == "noticed"} == {
        "target", "swap", "edge", "condition", "row", "set", "input", "retry"
    }  # fmt: skip


@pytest.mark.parametrize(
    ("case", "keys", "unnoticed"),
    [
        (
            "urgent",
            ["variables"],
            [
                "urgent: text is not set",
                "urgent: text reads $(run.id) instead of $(name)",
            ],
        ),
        (
            "active",
            ["variables"],
            [
                "search: text is not set",
                "search: text reads $(run.id) instead of $(search.conversationId)",
            ],
        ),
        ("none", ["path"], ["search: noConversationFound leads to done instead of nothing"]),
    ],
)
def test_what_a_case_expects_no_more_is_what_survives(
    desk: Desk, case: str, keys: list[str], unnoticed: list[str]
) -> None:
    assert survivors(desk.tried(without(case, *keys))) == unnoticed


def test_a_case_less_is_an_edge_that_nobody_walks(desk: Desk) -> None:
    tried = desk.tried({name: case for name, case in CASES.items() if name != "none"})

    assert [one.mutation.said for one in tried.survivors] == [
        "noConversationFound leads to failed instead of nothing",
        "noConversationFound leads to done instead of nothing",
        "the edge noConversationFound to nothing is not there",
    ]
    assert {one.by for one in tried.survivors} == {()}


def test_a_survivor_says_who_walks_there_and_what_they_do_not_expect(desk: Desk) -> None:
    gone = the(desk.tried(without("urgent", "variables")), "text is not set")

    assert gone.verdict == "survived"
    assert gone.by == ("urgent",)
    assert gone.unseen == ("urgent", ("variable text",), True)


def test_what_a_node_sends_is_told_as_what_no_recording_compares(desk: Desk) -> None:
    sent = FLOW.replace('customerNumber: "+447700900123"', "customerNumber: $(text)")
    (desk.folder / "desk.yaml").write_text(sent.replace("edges: {onSuccess: done}", "edges: {onSuccess: search}"))
    urgent = {
        "variables": {"level": 3, "name": "Ada"},
        "responses": {"search": [ACTIVE]},
        "expect": {"path": ["sort", "urgent", "search", "done"], "variables": {"text": "Found C-1"}},
    }

    other = the(desk.tried({"urgent": urgent}), "text reads $(run.id) instead of $(name)")

    assert other.unseen == ("urgent", ("inputs of search",), False)


def test_a_change_that_the_check_of_the_flow_refuses_is_not_counted(desk: Desk) -> None:
    text = FLOW.replace("    edges: {onSuccess: done}", "    edges: {onSuccess: search}").replace(
        'customerNumber: "+447700900123"', "customerNumber: $(urgent.outcome)"
    )
    (desk.folder / "desk.yaml").write_text(text)
    ready = Suite((), [desk.folder]).ready(desk.folder / "desk.yaml")
    subject = Subject(ready, [])
    trials = [subject.attempt(one) for one in mutations(ready)]

    refused = [one.mutation.said for one in trials if one.verdict == "refused"]
    assert refused == [
        "onSuccess leads to done instead of search",
        "onSuccess leads to failed instead of search",
        "the edge onSuccess to search is not there",
    ]
    assert Tried(ready.flow, trials, len(trials)).share == (0, len(trials) - len(refused))


def test_a_change_that_changes_nothing_is_not_counted(desk: Desk) -> None:
    (desk.folder / "desk.yaml").write_text(FLOW.replace("None of the above: done", "None of the above: failed"))
    ready = Suite((), [desk.folder]).ready(desk.folder / "desk.yaml")
    gone = next(one for one in mutations(ready) if one.said == "the edge None of the above to failed is not there")

    assert Subject(ready, []).attempt(gone).verdict == "same"


def test_a_sample_is_the_same_for_a_seed_and_in_order(desk: Desk) -> None:
    ready = Suite((), [desk.folder]).ready(desk.folder / "desk.yaml")
    every = mutations(ready)

    chosen = sampled(every, 10, 0)

    assert chosen == sampled(every, 10, 0) == [one for one in every if one in chosen]
    assert len(chosen) == 10
    assert chosen != sampled(every, 10, 1)
    assert sampled(every, 1000, 0) == every


def test_a_change_elsewhere_in_the_flow_leaves_a_sample_as_it_is(desk: Desk) -> None:
    ready = Suite((), [desk.folder]).ready(desk.folder / "desk.yaml")
    every = mutations(ready)
    chosen = sampled(every, 10, 0)
    less = [one for one in every if one in chosen or one.node == "sort"]

    assert sampled(less, 10, 0) == chosen


@pytest.mark.parametrize("name", ["task-routed", "update-conversation"])
def test_verdicts_are_those_of_all_recordings_on_the_flow_compiled_anew(name: str) -> None:
    suite = Suite((), [FLOWS])
    results = [suite.run(case) for case in find_cases([FLOWS / f"{name}.yaml"])[0]]
    ready = suite.ready(FLOWS / f"{name}.yaml")
    subject = Subject(ready, results)

    for mutation in mutations(ready):
        trial = subject.attempt(mutation)
        try:
            plan = compile(mutation.applied(ready.flow), ready.catalogue)
        except InvalidFile:
            assert trial.verdict in {"refused", "same"}
            continue
        noticed = any(differs(plan, result.case.recording) for result in results)
        assert (trial.verdict == "noticed") is noticed, mutation.said


def differs(plan: Any, recording: Any) -> bool:
    try:
        return bool(dry_run(plan, recording).differences)
    except FlowError:
        return True
