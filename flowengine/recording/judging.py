"""Everything there is to say about a recording file without walking it: its shape, its names, its answers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from flowengine.catalogue.catalogue import Catalogue
from flowengine.check.compile import compile
from flowengine.check.reports import Report, Skipped
from flowengine.check.validate import load
from flowengine.errors import InvalidFile, UsageError
from flowengine.flow_files import near
from flowengine.recording.answer_check import Mode, check_answers
from flowengine.recording.format import load_recording
from flowengine.recording.pairing import Flows
from flowengine.recording.strangers import strangers
from flowengine.starting import refuse_trigger


def judge_recording(
    path: Path, flows: Flows, catalogue_of: Callable[[Path], Catalogue], answers: Mode = "warn"
) -> Report:
    """Return what is wrong with a recording, with what was not judged; never raises for bad input.

    Its flow is the one that ``flows`` finds, with the node types that ``catalogue_of`` finds for that.
    """
    try:
        recording = load_recording(path)
        flow_path = flows.of(recording, path)
    except InvalidFile as invalid:
        return Report(invalid.findings, (Skipped("recordings.answers", "the recording has to be repaired first"),))
    try:
        catalogue = catalogue_of(flow_path)
        plan = compile(load(flow_path), catalogue)
    except InvalidFile:
        why = f"its flow has errors: validate {near(flow_path)} first"
        return Report([], (Skipped("recordings.names", why), Skipped("recordings.answers", why)))
    found = strangers(recording, plan)
    if found:
        return Report(found, (Skipped("recordings.answers", "the names have to be repaired first"),))
    judged = check_answers(recording, plan, catalogue, answers)
    try:
        refuse_trigger(plan, recording.trigger)
    except UsageError as wrong:
        said = recording.finding("FE601", str(wrong), "trigger")
        return replace(judged, findings=[said, *judged.findings])
    return judged
