from __future__ import annotations

from pathlib import Path

import pytest

import flowengine
from flowengine.recording.format import Recording, load_recording

TEXT = """
recording: known-customer
flow: case
title: A customer
trigger: {sms: {message: hello}}
variables: {n: 1}
responses:
  search: {status: 200}
  append: [{timeout: true}, {error: refused}]
expect: {result: success, path: [search, done], outcomes: [found], variables: {n: 2}}
"""


def written(folder: Path, text: str) -> Path:
    path = folder / "recording.yaml"
    path.write_text(text, "utf-8")
    return path


def findings(folder: Path, text: str) -> list[tuple[str, int, int]]:
    with pytest.raises(flowengine.InvalidFile) as caught:
        load_recording(written(folder, text))
    return [(one.code, *one.span[:2]) if one.span else (one.code, 0, 0) for one in caught.value.findings]


def test_a_recording_is_read(tmp_path: Path) -> None:
    recording = load_recording(str(written(tmp_path, TEXT)))
    assert (recording.name, recording.flow) == ("known-customer", "case")
    assert (recording.trigger, recording.variables) == ({"sms": {"message": "hello"}}, {"n": 1})
    assert recording.responses == {"search": [{"status": 200}], "append": [{"timeout": True}, {"error": "refused"}]}
    assert recording.expect == {
        "result": "success",
        "path": ["search", "done"],
        "outcomes": ["found"],
        "variables": {"n": 2},
    }
    assert recording.path == tmp_path / "recording.yaml"


def test_most_of_it_may_be_left_out(tmp_path: Path) -> None:
    recording = load_recording(written(tmp_path, "recording: a\nflow: b\n"))
    assert (recording.trigger, recording.variables, recording.responses, recording.expect) == ({}, {}, {}, None)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("flow: case\n", [("FE102", 1, 1)]),
        ("recording: a\nflow: case\nresponse: {}\n", [("FE101", 3, 1)]),
        ("recording: A b\nflow: case\n", [("FE104", 1, 12)]),
        ("recording: a\nflow: case\nresponses: {a: 5}\n", [("FE103", 3, 16)]),
        ("recording: a\nflow: case\nresponses: {a: [5]}\n", [("FE103", 3, 17)]),
        ("recording: a\nflow: case\nresponses: {a: {status: 99}}\n", [("FE104", 3, 25)]),
        ("recording: a\nflow: case\nresponses: {a: {body: x}}\n", [("FE102", 3, 13)]),
        ("recording: a\nflow: case\nresponses: {a: {timeout: false}}\n", [("FE104", 3, 26)]),
        ("recording: a\nflow: case\nresponses: {a: {status: 200, error: refused}}\n", [("FE104", 3, 30)]),
        ("recording: a\nflow: case\nresponses: {a: {status: 200, timeout: true, event: {}}}\n", [("FE104", 3, 30)]),
        ("recording: a\nflow: case\nresponses: {a: {timeout: true, event: {}}}\n", [("FE104", 3, 32)]),
        ("recording: a\nflow: case\nresponses: {a: {event: {}, outcome: b}}\n", [("FE104", 3, 28)]),
        ("recording: a\nflow: case\nresponses: {a: {event: hello}}\n", [("FE103", 3, 24)]),
        ("recording: a\nflow: case\nresponses: {a: {status: 200, body: 1, text: x}}\n", [("FE104", 3, 39)]),
        ("recording: a\nflow: case\nresponses: {a: {status: 200, headers: {Retry-After: [7]}}}\n", [("FE103", 3, 53)]),
        ("recording: a\nflow: case\nexpect: {results: success}\n", [("FE101", 3, 10)]),
        ("recording: a\nflow: case\nexpect: {result: succes}\n", [("FE104", 3, 18)]),
        ("recording: a\nflow: case\nexpect: {}\n", [("FE104", 3, 9)]),
        ("recording: a\nrecording: b\nflow: case\n", [("FE003", 2, 1)]),
    ],
)
def test_what_is_wrong_is_told_at_its_place(text: str, found: list[tuple[str, int, int]], tmp_path: Path) -> None:
    assert findings(tmp_path, text) == found


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(flowengine.InvalidFile, match="there is no such file"):
        load_recording(tmp_path / "nowhere.yaml")


def test_it_knows_the_lines_of_its_answers(tmp_path: Path) -> None:
    recording = load_recording(written(tmp_path, TEXT))
    assert (recording.line("search", 0), recording.line("append", 1), recording.line("append", 2)) == (8, 9, None)
    assert (recording.last_lines("append", 1), recording.last_lines("append", 2)) == ((9,), (9, 9))
    assert recording.span("responses", "search", "body", "value") == recording.span("responses", "search")


def test_a_recording_made_in_python_has_no_places() -> None:
    recording = Recording("a", "case", responses={"x": [{"timeout": True}]})
    assert (recording.line("x", 0), recording.last_lines("x", 1), recording.span("flow")) == (None, (), None)
    assert recording.finding("FE601", "no", "flow").span is None


def test_a_recording_may_say_which_run_it_is_of(tmp_path: Path) -> None:
    text = "recording: a\nflow: b\nrun: {id: r-1, startedAt: '2026-11-23T10:00:00.500Z'}\n"
    recording = load_recording(written(tmp_path, text))
    assert (recording.run_id, recording.started_at) == ("r-1", 1_795_428_000.5)


def test_a_recording_that_does_not_say_gets_an_id_of_its_own() -> None:
    assert (Recording("a", "case").run_id, Recording("a", "case").started_at) == ("dry-run-a", None)


@pytest.mark.parametrize(
    "start", ["yesterday", "2026-11-23 10:00:00Z", "2026-11-23T10:00:00+01:00", "2026-02-30T00:00:00Z", ""]
)
def test_the_start_is_a_moment(start: str, tmp_path: Path) -> None:
    assert findings(tmp_path, f"recording: a\nflow: b\nrun:\n  startedAt: '{start}'\n") == [("FE104", 4, 14)]


def test_a_dry_run_takes_id_and_start_for_its_own(tmp_path: Path) -> None:
    flow = tmp_path / "flow.yaml"
    flow.write_text(
        "flow: b\nstart: wait\nvariables: {seen: ''}\nnodes:\n"
        "  wait: {type: delay@1.0, inputs: {duration: 1h}, set: {seen: $(run.id) $(run.startedAt)},"
        " edges: {onTimeout: end}}\n  end: {end: success}\n"
    )
    text = "recording: a\nflow: b\nrun: {id: r-1, startedAt: '2026-11-23T10:00:00Z'}\n"
    run = flowengine.dry_run(flow, written(tmp_path, text)).run
    assert (run.id, run.variables["seen"]) == ("r-1", "r-1 2026-11-23T10:00:00.000Z")
    assert run.steps[0].ended_at == 1_795_428_000.0 + 3600
