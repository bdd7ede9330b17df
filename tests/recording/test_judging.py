from __future__ import annotations

from pathlib import Path

import pytest

import flowengine
from flowengine.check.reports import Report
from flowengine.project import catalogue_near
from flowengine.recording.judging import judge_recording
from flowengine.recording.pairing import Flows

FLOW = """
flow: ask
defaults: {authorization: engage, edges: {onInvalidChoice: failed}}
start: reopen
nodes:
  reopen:
    type: reopen-conversation@1.0
    inputs: {conversationId: $(trigger.id)}
    edges: {ConversationReopened: done, ConversationReopenFailed: failed}
  done: {end: success}
  failed: {end: error}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "flowengine.yaml").write_text("default: sandbox\n", "utf-8")
    (tmp_path / "ask.yaml").write_text(FLOW, "utf-8")
    (tmp_path / "recordings").mkdir()
    return tmp_path


def judged(folder: Path, text: str) -> Report:
    path = folder / "recordings" / "r.recording.yaml"
    path.write_text(text, "utf-8")
    return judge_recording(path, Flows(), catalogue_near)


def test_a_recording_is_held_to_the_flow_above_it(folder: Path) -> None:
    report = judged(folder, "recording: r\nflow: ask\nresponses: {reopen: {status: 404, body: {}}}\n")
    assert (report.findings, report.skipped) == ([], ())
    (found,) = judged(folder, "recording: r\nflow: ask\nresponses: {reopen: {outcome: open}}\n").findings
    assert found.code == "FE605"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("recording: r\nflow: ask\nresponses: {reopen: {}}\n", "FE102"),
        ("recording: r\nflow: other\n", "FE601"),
        ("recording: r\nflow: ask\nresponses: {open: {outcome: open}}\n", "FE601"),
    ],
)
def test_what_is_not_judged_is_said(folder: Path, text: str, code: str) -> None:
    report = judged(folder, text)
    assert [one.code for one in report.findings] == [code]
    assert [one.rule for one in report.skipped] == ["recordings.answers"]


def test_a_trigger_that_does_not_start_the_flow_is_told_beside_its_answers(folder: Path) -> None:
    when = "trigger: {channel: api, event: e, when: [{value: $(trigger.id), exists: true}]}\nstart:"
    (folder / "ask.yaml").write_text(FLOW.replace("start:", when), "utf-8")
    report = judged(folder, "recording: r\nflow: ask\ntrigger: {}\nresponses: {reopen: {outcome: open}}\n")
    assert [one.code for one in report.findings] == ["FE601", "FE605"]
    assert [one.span.line for one in report.findings if one.span] == [3, 4]


def test_a_flow_that_has_errors_is_not_what_its_recording_is_held_to(folder: Path) -> None:
    (folder / "ask.yaml").write_text(FLOW.replace("start: reopen", "start: rëopen"), "utf-8")
    report = judged(folder, "recording: r\nflow: ask\n")
    assert report.findings == []
    assert {one.reason for one in report.skipped} == {f"its flow has errors: validate {folder / 'ask.yaml'} first"}
    assert flowengine.validate(folder / "ask.yaml") != []
