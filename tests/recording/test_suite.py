from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from flowengine.recording.answer_check import Mode
from flowengine.recording.suite import Result, Suite, find_cases, read_case

FLOW = """
flow: greet
trigger: {channel: sms, event: incoming-message, when: [{value: $(trigger.text), notEquals: STOP}]}
variables: {count: {type: integer, default: 1}}
start: often
nodes:
  often:
    type: branch@1.0
    inputs: {rows: [{name: Again, when: {value: $(count), greaterThan: 1}}]}
    edges: {Again: done, None of the above: failed}
  done: {end: success}
  failed: {end: error}
"""
CASE = """
recording: {name}
flow: greet
title: A case
trigger: {{text: hello}}
variables: {{count: {count}}}
expect: {{result: success, path: [often, done]}}
"""

Put = Callable[[str, str], Path]


@pytest.fixture
def put(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Put:
    """Write a file into the working directory, in which there is a flow."""
    monkeypatch.chdir(tmp_path)
    Path("greet.yaml").write_text(FLOW, "utf-8")

    def put(name: str, text: str) -> Path:
        Path(name).write_text(text, "utf-8")
        return Path(name)

    return put


def run(path: Path, mode: Mode = "warn") -> Result:
    return Suite(answers=mode).run(read_case(path))


def test_a_case_passes_or_says_what_differs(put: Put) -> None:
    good = run(put("a.recording.yaml", CASE.format(name="a", count=2)))
    bad = run(put("b.recording.yaml", CASE.format(name="b", count=1)))

    assert (good.passed, good.findings) == (True, ())
    assert (good.case.name, good.case.title) == ("a", "A case")
    assert good.ready is not None
    assert good.ready.flow.path == Path("greet.yaml")
    assert not bad.passed
    assert bad.done is not None
    assert bad.done.run.path == ["often", "failed"]
    assert [one.partition(":")[0] for one in bad.done.differences] == ["result", "path"]


def test_what_expects_nothing_is_no_case(put: Put) -> None:
    put("a.recording.yaml", CASE.format(name="a", count=2))
    put("b.recording.yaml", "recording: b\nflow: greet\n")
    put("c.recording.yaml", "recording: [")

    cases, others = find_cases([Path()])

    assert ([case.name for case in cases], others) == (["a", "c"], 1)


def test_files_that_are_named_twice_run_once(put: Put) -> None:
    path = put("a.recording.yaml", CASE.format(name="a", count=2))

    assert len(find_cases([Path(), path, path.resolve(), Path("greet.yaml")])[0]) == 1


@pytest.mark.parametrize(
    ("text", "code", "line"),
    [
        ("recording: a\nflow: [", "FE002", 2),
        ("recording: a\nflow: greet\nexpect: {result: fine}", "FE104", 3),
        ("recording: a\nflow: other\nexpect: {result: error}", "FE601", 2),
        ("recording: a\nflow: greet\ntrigger: {text: STOP}\nexpect: {result: error}", "FE601", 3),
        ("recording: a\nflow: greet\ntrigger: {text: x}\nvariables: {cuont: 2}\nexpect: {result: error}", "FE601", 4),
        ("recording: a\nflow: greet\ntrigger: {text: x}\nvariables: {count: x}\nexpect: {result: error}", "FE601", 4),
    ],
)
def test_a_recording_that_is_wrong_fails_with_its_findings(put: Put, text: str, code: str, line: int) -> None:
    result = run(put("a.recording.yaml", text))

    [finding] = result.findings
    assert (result.passed, result.done) == (False, None)
    assert (finding.code, finding.span[0] if finding.span else None) == (code, line)


def test_a_flow_with_errors_fails_each_of_its_cases_with_the_same_findings(put: Put) -> None:
    put("greet.yaml", FLOW.replace("Again: done", "Again: dnoe"))
    suite = Suite()
    results = [
        suite.run(read_case(put(f"{name}.recording.yaml", CASE.format(name=name, count=2)))) for name in ("a", "b")
    ]

    assert [[one.code for one in result.findings] for result in results] == [["FE206"], ["FE206"]]
    assert not any(result.passed for result in results)


def test_an_expectation_that_cannot_come_is_a_finding_and_the_walk_is_there(put: Put) -> None:
    text = CASE.format(name="a", count=2).replace("[often, done]", "[often, dnoe]")
    result = run(put("a.recording.yaml", text))

    assert [finding.code for finding in result.findings] == ["FE601"]
    assert result.done is not None
    assert result.done.run.path == ["often", "done"]
    assert not result.passed


@pytest.mark.parametrize(("mode", "passes", "found"), [("strict", False, 1), ("warn", True, 1), ("off", True, 0)])
def test_answers_that_nobody_asks_for_are_judged_as_wanted(put: Put, mode: Mode, *, passes: bool, found: int) -> None:
    flow = """
    flow: ask
    defaults: {authorization: engage}
    start: search
    nodes:
      search:
        type: search-conversation@1.3
        inputs: {channel: sms, businessNumber: "+447700900001", customerNumber: "+447700900123"}
        edges: {onInvalidChoice: done}
      done: {end: success}
    """
    put("ask.yaml", flow.replace("\n    ", "\n"))
    answer = "{status: 299, body: {odd: true}}"
    text = f"recording: a\nflow: ask\nresponses: {{search: [{answer}]}}\nexpect: {{result: success}}\n"

    result = run(put("a.recording.yaml", text), mode)

    assert (result.passed, bool(result.findings)) == (passes, bool(found))
