from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

import flowengine
from flowengine.recording.format import load_recording
from flowengine.recording.pairing import Flows, flows_below, recordings_of

FLOW = "flow: {}\nstart: done\nnodes: {{done: {{end: success}}}}\n"
RECORDING = "recording: case\nflow: {}\nexpect: {{result: success}}\n"

Put = Callable[[str, str], Path]


@pytest.fixture
def put(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Put:
    """Write a file into the working directory, which is an empty one."""
    monkeypatch.chdir(tmp_path)

    def put(name: str, text: str) -> Path:
        path = Path(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
        return path

    return put


def flow_of(path: Path) -> Path:
    return Flows().of(load_recording(path), path)


def refused(path: Path) -> str:
    with pytest.raises(flowengine.InvalidFile) as caught:
        flow_of(path)
    [finding] = caught.value.findings
    assert (finding.code, finding.path, finding.span) == ("FE601", str(path), (2, 7, 2, 8))
    return f"{finding.message}; {finding.hint}"


@pytest.mark.parametrize("place", ["flows/a.yaml", "flows/recordings/a.yaml", "a.yml", "elsewhere/deep/a.yaml"])
def test_a_flow_is_found_beside_above_and_anywhere_in_the_project(put: Put, place: str) -> None:
    put("flowengine.yaml", "default: sandbox\n")
    put(place, FLOW.format("a"))
    put("flows/b.yaml", FLOW.format("b"))

    assert flow_of(put("flows/recordings/case.recording.yaml", RECORDING.format("a"))) == Path(place)


def test_the_nearest_of_several_is_taken(put: Put) -> None:
    put("a.yaml", FLOW.format("a"))
    put("copy/a.yaml", FLOW.format("a"))
    put("other/a.yaml", FLOW.format("a"))

    assert flow_of(put("copy/recordings/case.recording.yaml", RECORDING.format("a"))) == Path("copy/a.yaml")


def test_two_that_are_equally_near_are_a_finding_that_names_both(put: Put) -> None:
    put("one/a.yaml", FLOW.format("a"))
    put("two/a.yaml", FLOW.format("a"))

    said = refused(put("case.recording.yaml", RECORDING.format("a")))

    assert "there are 2 flows 'a': one/a.yaml, two/a.yaml" in said


def test_a_flow_that_is_not_there_is_a_finding_with_the_nearest_name(put: Put) -> None:
    put("b.yaml", FLOW.format("b"))

    assert "there is no flow 'c'" in refused(put("r/case.recording.yaml", RECORDING.format("c")))


def test_the_search_does_not_leave_the_project(put: Put) -> None:
    put("a.yaml", FLOW.format("a"))
    put("project/flowengine.yaml", "default: sandbox\n")

    assert "there is no flow 'a'" in refused(put("project/case.recording.yaml", RECORDING.format("a")))


def test_a_flow_that_cannot_be_parsed_is_found_all_the_same(put: Put) -> None:
    put("a.yaml", FLOW.format("a") + "broken: [\n")

    assert flow_of(put("case.recording.yaml", RECORDING.format("a"))) == Path("a.yaml")


def test_an_absolute_path_gives_an_absolute_one(put: Put, tmp_path: Path) -> None:
    put("a.yaml", FLOW.format("a"))
    path = put("case.recording.yaml", RECORDING.format("a"))

    assert flow_of(path.absolute()) == tmp_path / "a.yaml"


def test_outside_of_the_working_directory_the_folders_above_are_looked_into(put: Put, tmp_path: Path) -> None:
    put("flows/a.yaml", FLOW.format("a"))
    put("flows/recordings/case.recording.yaml", RECORDING.format("a"))
    put("here/nothing.txt", "")
    os.chdir("here")
    path = Path("../flows/recordings/case.recording.yaml")

    assert flow_of(path) == tmp_path / "flows" / "a.yaml"


def test_a_folder_stands_for_the_recordings_below_it_but_for_hidden_ones(put: Put) -> None:
    put("flows/b.recording.yml", RECORDING.format("b"))
    put("flows/deep/a.recording.yaml", RECORDING.format("a"))
    put("flows/.hidden/c.recording.yaml", RECORDING.format("c"))
    put("flows/a.yaml", FLOW.format("a"))

    assert list(recordings_of(Path("flows"))) == [Path("flows/b.recording.yml"), Path("flows/deep/a.recording.yaml")]
    assert flows_below(Path("flows")) == [Path("flows/a.yaml")]


def test_a_flow_stands_for_its_own_recordings(put: Put) -> None:
    flow = put("flows/a.yaml", FLOW.format("a"))
    own = put("flows/recordings/a.recording.yaml", RECORDING.format("a") + "responses: [")
    put("flows/recordings/b.recording.yaml", RECORDING.format("b"))

    assert list(recordings_of(flow)) == [own]


def test_any_other_file_stands_for_itself(put: Put) -> None:
    path = put("case.yaml", RECORDING.format("a"))

    assert list(recordings_of(path)) == [path]
    with pytest.raises(flowengine.InvalidFile):
        list(recordings_of(Path("nothing.yaml")))
