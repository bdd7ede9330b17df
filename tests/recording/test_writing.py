from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import flowengine
from flowengine.core.values import canonical
from flowengine.flowfile.yaml_tree import read_yaml, to_value
from flowengine.recording.format import Recording, load_recording
from flowengine.recording.replay import recorded_answer
from flowengine.recording.writing import WIDTH, Unwritable, recording_text

RECORDINGS = sorted((Path(__file__).parents[2] / "flows" / "recordings").glob("*.yaml"))

AS_BY_HAND = [
    *("email-inbound.out-of-office", "livechat-close.told-too-late", "messenger-inbound.location"),
    *("sms-inbound.token-expired", "task-routed.too-early", "whatsapp-inbound.reopened-meanwhile"),
]

TEXTS = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"]), max_size=30),
    st.sampled_from(
        ["", " ", "~", "null", "Null", "TRUE", "on", "No", "y", "0x1F", "1e3", "0o7", "+1", ".inf", "1_000", "12:30"]
    ),
    st.sampled_from(
        ["+447700900123", "2026-11-23T10:00:00Z", "a: b", "a #b", "- a", "? a", "*a", "&a", "!a", "%a", "@a"]
    ),
    st.sampled_from(
        ["{", "[a]", "a,b", "'", '"', "'\"", "\\", "a\nb", "a\r\nb", "\t", "\x85", "\u2028", "\ufeff", "\0"]
    ),
    st.sampled_from(["---", "...", "<<", "=", "x" * 200, "a:", "a?", "|", ">", "`", "key: [", "😀", "\uffff", "$(a)"]),
)
NUMBERS = st.integers(-(2**53) + 1, 2**53 - 1) | st.sampled_from([0, 1.5, -0.25, 1.0, 100.0, -0.0])
VALUES = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXTS,
    lambda inner: st.lists(inner, max_size=6) | st.dictionaries(TEXTS, inner, max_size=6),
    max_leaves=30,
)
MAPS = st.dictionaries(TEXTS, VALUES, max_size=5)
NAMES = st.sampled_from(["search", "append", "on", "null", "y", "a-b", "_x1"])
ANSWERS = st.one_of(
    st.fixed_dictionaries({"status": st.integers(100, 599)}, optional={"body": VALUES}),
    st.fixed_dictionaries({"status": st.integers(100, 599), "text": TEXTS}),
    st.just({"timeout": True}),
    st.fixed_dictionaries({"error": TEXTS.filter(bool)}),
    st.fixed_dictionaries({"outcome": st.just("done")}, optional={"outputs": MAPS, "variables": MAPS}),
)


def written(recording: Recording, folder: Path, **about: str) -> Path:
    path = folder / "one.recording.yaml"
    path.write_text(recording_text(recording, **about), "utf-8", newline="")
    return path


def read_again(recording: Recording, folder: Path) -> Recording:
    return load_recording(written(recording, folder))


@settings(max_examples=80, deadline=None)
@given(
    trigger=MAPS,
    variables=st.dictionaries(NAMES, VALUES, max_size=3),
    responses=st.dictionaries(NAMES, st.lists(ANSWERS, max_size=3), max_size=3),
    ends=st.dictionaries(NAMES, VALUES, min_size=1, max_size=3),
)
def test_what_is_written_reads_back_as_it_was(
    trigger: Any, variables: Any, responses: Any, ends: Any, tmp_path_factory: pytest.TempPathFactory
) -> None:
    expect = {"result": "success", "path": ["search", "on", "done"], "variables": ends}
    recording = Recording("one", "sample", trigger, variables, responses, expect)

    again = read_again(recording, tmp_path_factory.getbasetemp())

    for part in ("name", "flow", "trigger", "variables", "responses", "expect"):
        assert canonical(getattr(again, part)) == canonical(getattr(recording, part))
    assert recording_text(again) == recording_text(recording)


@pytest.mark.parametrize("path", RECORDINGS, ids=lambda path: path.stem)
def test_recordings_written_by_hand_read_back_and_have_no_line_that_is_too_long(path: Path, tmp_path: Path) -> None:
    recording = load_recording(path)

    again = read_again(recording, tmp_path)

    assert canonical([again.trigger, again.responses, again.expect]) == canonical(
        [recording.trigger, recording.responses, recording.expect]
    )
    foldable = [line for line in recording_text(recording).splitlines() if "'" not in line]
    assert [line for line in foldable if len(line) > WIDTH] == []


@pytest.mark.parametrize("name", AS_BY_HAND)
def test_the_form_is_that_of_the_recordings_written_by_hand(name: str) -> None:
    path = next(one for one in RECORDINGS if one.name == f"{name}.recording.yaml")
    title = to_value(read_yaml(path))["title"]

    text = recording_text(load_recording(path), title=title, schema="../../schemas/recording.schema.json")

    assert text == path.read_text("utf-8")


def test_title_and_description_are_in_the_file(tmp_path: Path) -> None:
    digest = f"sha256:{'0' * 64}"
    path = written(Recording("one", "sample"), tmp_path, title="Yes: 1", description="two\nlines", digest=digest)

    data = to_value(read_yaml(path))

    assert data == {
        "recording": "one",
        "flow": "sample",
        "title": "Yes: 1",
        "description": "two\nlines",
        "digest": digest,
    }
    assert load_recording(path).responses == {}


@pytest.mark.parametrize("body", [{"n": 1e300}, {"n": 1e-7}, [2**60], 10**17], ids=str)
def test_a_body_with_a_number_that_yaml_would_read_as_text_is_written_raw(body: Any, tmp_path: Path) -> None:
    entry = {"status": 200, "headers": {"tid": "1"}, "body": body}

    again = read_again(Recording("one", "sample", responses={"ask": [entry]}), tmp_path).responses["ask"][0]

    assert recorded_answer(again) == recorded_answer(entry)


def test_a_body_that_is_nested_too_deeply_for_a_file_is_written_raw(tmp_path: Path) -> None:
    deep: Any = "bottom"
    for _ in range(60):
        deep = [deep]

    again = read_again(Recording("one", "sample", responses={"ask": [{"status": 200, "body": deep}]}), tmp_path)

    assert recorded_answer(again.responses["ask"][0]) == recorded_answer({"status": 200, "body": deep})


@pytest.mark.parametrize("deepest", [43, 44, 45, 46, 47, 48])
def test_what_is_written_is_never_too_deep_to_be_read(deepest: int, tmp_path: Path) -> None:
    deep: Any = 1
    for _ in range(deepest):
        deep = {"a": deep}
    recording = Recording("one", "sample", {"e": deep}, responses={"ask": [{"outcome": "x", "outputs": {"o": deep}}]})

    try:
        path = written(recording, tmp_path)
    except Unwritable:
        assert deepest > 43
    else:
        assert load_recording(path).trigger == {"e": deep}


@pytest.mark.parametrize("value", [1e300, 2**60, "x" * 70_000], ids=["float", "integer", "text"])
def test_an_event_that_a_file_cannot_hold_is_refused(value: Any) -> None:
    with pytest.raises(Unwritable):
        recording_text(Recording("one", "sample", {"value": value}))


def test_a_key_longer_than_a_reader_looks_ahead(tmp_path: Path) -> None:
    event = {"a": {"k" * 1500: [{"l" * 1500: 1, "b": 2}, 3], "c": {"d": 1}}}

    assert read_again(Recording("one", "sample", event), tmp_path).trigger == event


def test_negative_zero_keeps_its_sign(tmp_path: Path) -> None:
    again = read_again(Recording("one", "sample", {"zero": -0.0}), tmp_path).trigger

    assert math.copysign(1, again["zero"]) == -1


def test_a_long_list_of_names_is_wrapped(tmp_path: Path) -> None:
    path = [f"node-number-{number}" for number in range(40)]
    recording = Recording("one", "sample", expect={"path": path})

    text = recording_text(recording)

    assert max(map(len, text.splitlines())) <= WIDTH
    assert text.count("\n") < 12
    again = read_again(recording, tmp_path).expect
    assert again is not None
    assert again["path"] == path


def test_a_recording_that_was_read_from_a_file_dry_runs_alike_when_written_again(tmp_path: Path) -> None:
    path = next(one for one in RECORDINGS if one.name == "email-inbound.attached-mail.recording.yaml")
    flow = path.parents[1] / "email-inbound.yaml"

    before = flowengine.dry_run(flow, path)
    after = flowengine.dry_run(flow, written(load_recording(path), tmp_path))

    assert after.run.to_json() == before.run.to_json()
    assert after.differences == []
