from __future__ import annotations

from pathlib import Path

import pytest

import flowengine
from flowengine.recording.format import Recording, load_recording, refuse_strangers

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
        ("recording: a\nflow: case\nresponses: {a: {status: 200, timeout: true}}\n", [("FE104", 3, 30)]),
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


def test_strangers_are_refused_at_their_place(tmp_path: Path) -> None:
    recording = load_recording(written(tmp_path, TEXT))
    refuse_strangers(recording, "case", ["search", "append", "done"])
    with pytest.raises(flowengine.InvalidFile) as caught:
        refuse_strangers(recording, "other", ["serach", "done"])
    assert [(one.code, one.span and one.span[:2], one.hint) for one in caught.value.findings] == [
        ("FE601", (3, 7), None),
        ("FE601", (8, 3), "did you mean 'serach'?"),
        ("FE601", (9, 3), "expected one of done, serach"),
    ]


def test_a_recording_made_in_python_has_no_places() -> None:
    with pytest.raises(flowengine.InvalidFile) as caught:
        refuse_strangers(Recording("a", "case", responses={"x": []}), "case", ["y"])
    assert caught.value.findings[0].span is None
