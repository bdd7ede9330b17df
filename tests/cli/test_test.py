from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from click.testing import Result

Cli = Callable[..., Result]
Write = Callable[[str, str], Path]

CASE = """
recording: {name}
title: A greeting
flow: greet
variables: {{name: A, count: {count}}}
expect: {{result: success, path: [greet, often, done], variables: {{greeting: "Hello, A"}}}}
"""

FAILED = """\
greet  TIME  1 passed, 1 failed

once  A greeting
  once.recording.yaml:6

  greet
    | onSuccess
  often
    +- expected ------+- came
    | Again           | None of the above
  done  (success)   failed  (error)

  result: expected success, came error (by an end node)

2 cases of 1 flow: 1 passed, 1 failed, TIME
"""

COVERED = """\
greet  Greet a customer
  greet  set-variables@1.0  1 visit
        1 ==> often   onSuccess
    never ..> failed  onInvalidData  (default)
  often  branch@1.0  1 visit
        1 ==> done    Again
    never ..> failed  None of the above
    never ..> failed  onInvalidData  (default)
  done  end: success  1 visit
  failed  end: error  never visited

coverage  cases  nodes        edges        own edges    outcomes     fall-through
greet     1      3 of 4  75%  2 of 5  40%  2 of 3  66%  2 of 5  40%  -
"""


@pytest.fixture
def twice(greet: Path, write: Write) -> Path:
    assert greet.exists()
    return write("twice.recording.yaml", CASE.format(name="twice", count=2))


@pytest.fixture
def once(greet: Path, write: Write) -> Path:
    assert greet.exists()
    return write("once.recording.yaml", CASE.format(name="once", count=1))


def timeless(text: str) -> str:
    return re.sub(r"[0-9.]+ m?s\b", "TIME", re.sub(r" +([0-9.]+ m?s\b)", r" \1", text)).replace(
        "greet TIME", "greet  TIME"
    )


def test_cases_that_pass_are_counted(cli: Cli, twice: Path) -> None:
    result = cli("test")

    assert (result.exit_code, result.stderr) == (0, "")
    assert timeless(result.stdout) == "greet  TIME  1 passed\n\n1 case of 1 flow: 1 passed, TIME\n"
    assert timeless(cli("test", twice).stdout) == timeless(cli("test", "greet.yaml").stdout) == timeless(result.stdout)


@pytest.mark.usefixtures("twice", "once")
def test_one_that_fails_is_drawn(cli: Cli) -> None:
    result = cli("test", ".")

    assert result.exit_code == 1
    assert timeless(result.stdout) == FAILED


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "there is no recording here"),
        (["nowhere"], "there is no such file"),
        (["--fail-under", "most"], "expected percent"),
        (["--fail-under", "101"], "expected percent"),
        (["--fail-under", "nan"], "expected percent"),
        (["--fail-under", "lines=3"], "a measure of nodes, edges, own, outcomes, fall-through"),
        (["--html", "greet.yaml"], "--html takes the file to write; greet.yaml is called like a flow or a recording"),
        (["--junit", "a.recording.yml"], "--junit takes the file to write"),
        (["--html", "no/such/folder.html"], "there is no folder to write it into"),
        (["--junit", "."], "this is not a file"),
        (["--yes"], "--yes is for --update"),
        (["--into", "x"], "are for --generate FLOW"),
        (["--generate", "greet.yaml", "greet.yaml"], "runs no cases"),
        (["--generate", "greet.yaml", "--coverage"], "runs no cases"),
        (["--generate", "greet.yaml", "--format", "junit"], "runs no cases"),
    ],
)
def test_wrong_use_is_said(cli: Cli, greet: Path, arguments: list[str], said: str) -> None:
    assert greet.exists()
    result = cli("test", *arguments)

    assert result.exit_code == 2
    assert said in result.stderr
    assert result.stdout == ""


@pytest.mark.usefixtures("twice")
def test_without_a_path_the_whole_project_is_run(cli: Cli, write: Write, monkeypatch: Any) -> None:
    write("flowengine.yaml", "default: sandbox\n")
    write("deep/other.txt", "")
    monkeypatch.chdir("deep")

    assert "1 passed" in cli("test").stdout


@pytest.mark.usefixtures("twice", "once")
def test_cases_are_chosen_by_id_and_file_name(cli: Cli) -> None:
    assert cli("test", "-k", "TWI").exit_code == 0
    assert cli("test", "--case", "once.rec").exit_code == 1
    assert "2 cases of 1 flow" in cli("test", "-k", "twice", "-k", "once").stdout
    none = cli("test", "-k", "thrice")
    assert (none.exit_code, "none of 2 cases has 'thrice'" in none.stderr) == (2, True)


@pytest.mark.usefixtures("twice")
def test_recordings_that_expect_nothing_are_told(cli: Cli, write: Write) -> None:
    write("a.recording.yaml", "recording: a\nflow: greet\n")

    assert "1 case of 1 flow (1 recording without `expect`): 1 passed" in cli("test").stdout
    alone = cli("test", "a.recording.yaml")
    assert (alone.exit_code, "1 recording, but it does not say what it expects" in alone.stderr) == (2, True)
    write("b.recording.yaml", "recording: b\nflow: greet\n")
    assert "2 recordings, but none says" in cli("test", "a.recording.yaml", "b.recording.yaml").stderr


@pytest.mark.usefixtures("twice", "once")
def test_fail_fast_ends_with_the_first_that_fails(cli: Cli, write: Write) -> None:
    write("a.recording.yaml", CASE.format(name="a", count=2))

    result = cli("test", "--fail-fast")

    assert result.exit_code == 1
    assert "2 cases of 1 flow: 1 passed, 1 failed, 1 not run" in result.stdout


@pytest.mark.usefixtures("twice", "once")
def test_what_cannot_be_run_fails_with_its_findings_each_once(cli: Cli, write: Write) -> None:
    write("greet.yaml", Path("greet.yaml").read_text().replace("Again: done", "Again: dnoe"))
    write("bad.recording.yaml", "recording: [")

    result = cli("test")

    assert result.exit_code == 1
    assert "bad.recording.yaml:1:12: error[FE002]" in result.stdout
    assert result.stdout.count("error[FE206]") == 1
    assert "greet.yaml: 1 finding, shown above" in result.stdout
    assert "3 cases of 2 flows: 0 passed, 3 failed" in result.stdout


@pytest.mark.usefixtures("search")
def test_unused_and_missing_answers_are_told(cli: Cli, write: Write) -> None:
    found = "{outcome: noConversationFound}"
    start = "flow: search\ntrigger: {number: '+447700900123'}\nexpect: {path: [search, done]}\n"
    write("a.recording.yaml", f"recording: a\n{start}responses: {{search: [{found}, {found}]}}")
    write("b.recording.yaml", f"recording: b\n{start}")

    result = cli("test")

    assert result.exit_code == 1
    assert "1 recorded answer for node 'search' was not used (line 5)" in result.stdout
    assert "nothing is recorded for 'search'" in result.stdout
    assert "| (the run stopped here)" in result.stdout


@pytest.mark.usefixtures("search")
def test_doubtful_answers_warn_or_fail(cli: Cli, write: Write) -> None:
    start = "recording: a\nflow: search\ntrigger: {number: '+447700900123'}\nexpect: {result: error}\n"
    write("a.recording.yaml", f"{start}responses: {{search: {{status: 200, body: {{odd: 1}}}}}}")

    assert [cli("test", "--answers", mode).exit_code for mode in ("strict", "warn", "off")] == [1, 0, 0]
    assert "warning[FE60" in cli("test").stdout


@pytest.mark.usefixtures("greet")
def test_texts_cannot_act_on_the_terminal(cli: Cli, write: Write) -> None:
    text = CASE.format(name="a", count=1).replace("A greeting", '"\\e]0;x\\a \\u202e"').replace("Hello, A", "\\e[31m")
    write("a.recording.yaml", text)

    for form in ("text", "json", "junit"):
        shown = cli("test", "--format", form, "--coverage").stdout
        assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]", shown)


@pytest.mark.usefixtures("twice")
def test_coverage_is_a_picture_and_numbers(cli: Cli) -> None:
    result = cli("test", "--coverage")

    assert result.exit_code == 0
    assert COVERED in result.stdout


@pytest.mark.usefixtures("twice")
def test_flows_without_a_case_count_unless_cases_are_chosen(cli: Cli, write: Write) -> None:
    write("alone.yaml", "flow: alone\nstart: done\nnodes: {done: {end: success}}\n")

    assert "alone     0      0 of 1  0%" in cli("test", "--coverage").stdout
    assert "alone" not in cli("test", "--coverage", "-k", "twice").stdout


@pytest.mark.parametrize(
    ("bars", "code"),
    [(["40"], 0), (["41"], 1), (["nodes=75", "own=66"], 0), (["nodes=75", "own=67"], 1), (["fall-through=100"], 0)],
)
@pytest.mark.usefixtures("twice")
def test_coverage_below_the_bar_fails(cli: Cli, bars: list[str], code: int) -> None:
    result = cli("test", *(part for bar in bars for part in ("--fail-under", bar)))

    assert result.exit_code == code
    assert result.stdout.count("the bar is") == len(bars)


@pytest.mark.usefixtures("twice")
def test_a_flow_with_errors_is_below_every_bar(cli: Cli, write: Write) -> None:
    write("bad.yaml", "flow: bad\nstart: nowhere\nnodes: {done: {end: success}}\n")

    result = cli("test", "--fail-under", "0")

    assert result.exit_code == 1
    assert "bad.yaml" in result.stdout


@pytest.mark.usefixtures("twice")
def test_nothing_is_known_of_a_named_case_whose_flow_has_errors(cli: Cli, write: Write) -> None:
    write("greet.yaml", Path("greet.yaml").read_text().replace("Again: done", "Again: dnoe"))

    result = cli("test", "twice.recording.yaml", "--fail-under", "0")

    assert result.exit_code == 1
    assert "nothing is known of flows with errors: greet.yaml" in result.stdout


@pytest.mark.usefixtures("greet")
def test_a_drawing_that_says_it_all_ends_without_blank_lines(cli: Cli, write: Write) -> None:
    write("once.recording.yaml", CASE.format(name="once", count=1).replace("result: success, ", ""))

    shown = timeless(cli("test").stdout)

    assert "  done  (success)   failed  (error)\n\n1 case of 1 flow" in shown


@pytest.mark.usefixtures("twice")
def test_the_page_is_written(cli: Cli) -> None:
    result = cli("test", "--html", "out.html")

    assert result.exit_code == 0
    assert Path("out.html").read_text().startswith("<!doctype html>")
    assert "coverage: out.html" in result.stdout


@pytest.mark.usefixtures("twice", "once")
def test_json_says_all_of_it(cli: Cli) -> None:
    result = cli("test", "--format", "json", "--coverage")
    told = json.loads(result.stdout)

    assert result.exit_code == 1
    first, second = told["cases"]
    assert first == {
        "name": "once",
        "title": "A greeting",
        "path": "once.recording.yaml",
        "flow": "greet",
        "flowPath": "greet.yaml",
        "passed": False,
        "updated": False,
        "expect": {"result": "success", "path": ["greet", "often", "done"], "variables": {"greeting": "Hello, A"}},
        "run": {
            "result": "error",
            "reason": None,
            "path": ["greet", "often", "failed"],
            "outcomes": ["onSuccess", "None of the above"],
            "variables": {"name": "A", "count": 1, "greeting": "Hello, A"},
        },
        "unused": {},
        "missing": None,
        "differences": first["differences"],
        "findings": [],
        "durationMs": first["durationMs"],
    }
    assert second["passed"]
    assert told["coverage"]["total"]["ownEdges"] == {"covered": 3, "total": 3, "percent": 100.0}
    assert [one["path"] for one in told["coverage"]["flows"]] == ["greet.yaml"]
    told["summary"].pop("durationMs")
    assert told["summary"] == {"cases": 2, "passed": 1, "failed": 1, "notRun": 0, "withoutExpect": 0}
    assert json.loads(cli("test", "--format", "json").stdout)["coverage"] is None


@pytest.mark.usefixtures("greet")
def test_a_finding_in_json_names_its_file(cli: Cli, write: Write) -> None:
    write("bad.recording.yaml", "recording: [")

    [case] = json.loads(cli("test", "--format", "json").stdout)["cases"]

    assert (case["name"], case["flow"], case["run"], case["passed"]) == ("bad", None, None, False)
    assert (case["findings"][0]["path"], case["findings"][0]["code"]) == ("bad.recording.yaml", "FE002")


@pytest.mark.usefixtures("twice", "once")
def test_cases_of_one_id_are_two_in_junit(cli: Cli, write: Write) -> None:
    write("copy.recording.yaml", Path("once.recording.yaml").read_text(encoding="utf-8"))

    root = ET.fromstring(cli("test", "--format", "junit").stdout)  # noqa: S314 - our own

    names = [case.get("name") for case in root.iter("testcase")]
    assert names == ["once (copy.recording.yaml)", "once (once.recording.yaml)", "twice"]


@pytest.mark.usefixtures("twice", "once")
def test_junit_has_a_suite_a_flow_and_a_failure_a_failed_case(cli: Cli, write: Write) -> None:
    write("bad.recording.yaml", "recording: [")
    result = cli("test", "--format", "junit", "--junit", "out.xml")
    root = ET.fromstring(result.stdout)  # noqa: S314 - our own

    assert result.exit_code == 1
    assert root.tag == "testsuites"
    assert [dict(suite.items()) | {"time": ""} for suite in root] == [
        {"name": "(unreadable)", "tests": "1", "failures": "1", "errors": "0", "time": "", "skipped": "0"},
        {"name": "greet", "tests": "2", "failures": "1", "errors": "0", "time": "", "skipped": "0"},
    ]
    for case in root.iter("testcase"):
        assert set(case.keys()) == {"name", "classname", "time"}, "junit-10.xsd has no more"
        assert re.fullmatch(r"\d+\.\d{3}", case.get("time", ""))
    bad, failure = root.iter("failure")
    assert (bad.get("type"), failure.get("type")) == ("findings", "differences")
    assert "+- expected" in (failure.text or "")
    written = ET.fromstring(Path("out.xml").read_text())  # noqa: S314 - likewise
    assert [case.get("name") for case in written.iter("testcase")] == ["bad", "once", "twice"]


@pytest.mark.usefixtures("twice")
def test_in_a_terminal_it_shows_how_far_it_is(process: Callable[..., subprocess.Popen[str]], terminal: Any) -> None:
    with terminal() as screen:
        running = process("test", stdout=screen.theirs, env={"TERM": "xterm"})
        shown = screen.until("1 passed\x1b[0m, ")
        running.wait(30)

    assert "greet  0 of 1" in shown
    assert "✓" in shown
