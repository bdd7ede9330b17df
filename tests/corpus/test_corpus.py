"""Every graph of the corpus is a flow of ours, and recordings are made that exercise all of it that can be reached."""

from __future__ import annotations

from pathlib import Path

import flowengine
from flowengine.flowfile.syntax import Flow
from flowengine.generate.generate import generate
from flowengine.recording.answer_check import check_answers
from flowengine.recording.format import load_recording
from flowengine.recording.writing import recording_text

NO_TIME = 3600.0
IMPOSSIBLE = {
    # What `receive` comes back with has a message: another answer is no `sms.mo`.
    "appointment-reminder": [("branch-1", "onInvalidData")],
    "sms-survey": [("branch-1", "onInvalidData")],
    "sms-bot": [("branch-1", "onInvalidData"), ("branch-2", "onInvalidData")],
}


def test_a_graph_is_a_flow_without_errors(flow: Flow, catalogue: flowengine.Catalogue) -> None:
    assert [one for one in flowengine.validate(flow, catalogue) if one.severity == "error"] == []


def test_recordings_exercise_all_of_it_that_can_be_reached(
    flow: Flow, catalogue: flowengine.Catalogue, tmp_path: Path
) -> None:
    made = generate(flow, catalogue, seconds=NO_TIME)

    missing = [(one.node, one.outcome) for one in made.unreached]
    assert [one for one in missing if not is_timeout_of_script(*one)] == IMPOSSIBLE.get(flow.id, [])
    assert len(made.cases) == made.least
    for case in made.cases:
        path = tmp_path / f"{case.short}.recording.yaml"
        path.write_text(recording_text(case.recording, title=case.title), "utf-8")
        recording = load_recording(path)
        done = flowengine.dry_run(made.plan, recording)
        assert done.differences == []
        assert dict(done.unused) == {}
        assert check_answers(recording, made.plan, catalogue, "strict").findings == []


def is_timeout_of_script(node: str, outcome: str) -> bool:
    return node.startswith("evaluate-") and outcome == "onTimeout"
