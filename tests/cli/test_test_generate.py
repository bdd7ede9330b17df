from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

import flowengine
from flowengine.cli.test_generate import GenerateOptions, generate
from flowengine.errors import FlowError, InvalidFile, UsageError
from flowengine.flowfile.yaml_tree import read_yaml, to_value
from flowengine.recording.format import load_recording

CHOOSE = """\
# yaml-language-server: $schema=../schemas/flow.schema.json
flow: choose
start: choose
nodes:
  choose:
    type: branch@1.0
    title: Stop?
    inputs: {rows: [{name: Stop, when: {value: $(trigger.sms.message), equals: stop}}]}
    edges: {Stop: stopped, None of the above: search, onInvalidData: stopped}
  search:
    type: search-conversation@1.3
    inputs: {channel: sms, businessNumber: "+447700900001", customerNumber: $(trigger.sms.senderNumber)}
    edges: {conversationActive: done, onInvalidChoice: stopped}
  done: {end: success}
  stopped: {end: error}
"""


@pytest.fixture
def choose(write: Callable[[str, str], Path]) -> Path:
    return write("flows/choose.yaml", CHOOSE)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.glob("*"))


def test_recordings_are_written_beside_the_flow_and_pass(choose: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert generate(choose, GenerateOptions()) == 0

    files = sorted((choose.parent / "recordings").glob("choose.*.recording.yaml"))
    out = capsys.readouterr().out
    assert f"written     {files[0]}" in out
    assert "13 recordings (with fewer than 13 it cannot be done)" in out
    assert "exercised: 5 of 5 edges, 14 of 14 outcomes" in out
    assert len(files) == 13
    for file in files:
        assert flowengine.dry_run(choose, file).differences == []
        assert file.read_text().startswith("# yaml-language-server: $schema=../../schemas/recording.schema.json\n")


def test_a_second_time_nothing_changes(choose: Path, capsys: pytest.CaptureFixture[str]) -> None:
    generate(choose, GenerateOptions())
    before = {path: path.read_bytes() for path in (choose.parent / "recordings").glob("*")}
    capsys.readouterr()

    assert generate(choose, GenerateOptions()) == 0

    assert {path: path.read_bytes() for path in (choose.parent / "recordings").glob("*")} == before
    assert capsys.readouterr().out.count("unchanged") == len(before)


def test_a_file_with_another_content_is_kept_unless_that_is_wanted(
    choose: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    generate(choose, GenerateOptions())
    file = choose.parent / "recordings" / "choose.choose-stop.recording.yaml"
    good = file.read_text()
    file.write_text("# mine\n" + good)
    capsys.readouterr()

    assert generate(choose, GenerateOptions()) == 1
    assert file.read_text() == "# mine\n" + good
    assert "kept: the file has another content; --force writes it anew" in capsys.readouterr().out

    assert generate(choose, GenerateOptions(force=True)) == 0
    assert file.read_text() == good
    assert f"overwritten {file}" in capsys.readouterr().out


def test_only_what_is_missing(choose: Path, capsys: pytest.CaptureFixture[str]) -> None:
    generate(choose, GenerateOptions())
    folder = choose.parent / "recordings"
    lost = folder / "choose.search-on-timeout.recording.yaml"
    text = lost.read_bytes()
    lost.unlink()
    kept = folder / "choose.choose-stop.recording.yaml"
    kept.write_text("# mine\n" + kept.read_text())

    assert generate(choose, GenerateOptions(missing=True)) == 0
    assert lost.read_bytes() != b""
    assert load_recording(lost).responses == {"search": [{"timeout": True}]}
    assert "search onTimeout" in text.decode()
    assert "1 recording (with fewer than 1 it cannot be done)" in capsys.readouterr().out
    assert generate(choose, GenerateOptions(missing=True)) == 0
    assert "0 recordings; exercised: 5 of 5 edges" in capsys.readouterr().out


def test_another_folder_and_an_event_of_ones_own(choose: Path, tmp_path: Path) -> None:
    event = '{"sms": {"message": "hi", "senderNumber": "+447700900555"}}'

    generate(choose, GenerateOptions(into=tmp_path / "a" / "b", trigger=event))

    active = load_recording(tmp_path / "a" / "b" / "choose.search-conversation-active.recording.yaml")
    assert active.trigger == json.loads(event)
    assert not (choose.parent / "recordings").exists()


@pytest.mark.parametrize("name", ["choose.yaml", "choose.yml", "choose.json"])
def test_the_sample_beside_the_flow_is_the_event(name: str, choose: Path, write: Callable[[str, str], Path]) -> None:
    write(f"flows/triggers/{name}", '{"sms": {"message": "a sample", "senderNumber": "+447700900555"}}')

    generate(choose, GenerateOptions())

    file = choose.parent / "recordings" / "choose.search-conversation-active.recording.yaml"
    assert to_value(read_yaml(file))["trigger"]["sms"]["message"] == "a sample"


def test_what_is_not_exercised_is_told_together_with_why(
    write: Callable[[str, str], Path], capsys: pytest.CaptureFixture[str]
) -> None:
    text = CHOOSE.replace("value: $(trigger.sms.message), equals: stop", "value: $(run.flow), equals: other")

    assert generate(write("other.yaml", text), GenerateOptions()) == 0

    out = capsys.readouterr().out
    assert "not exercised, and why\n  choose  Stop -> stopped\n" in out
    assert "it takes $(run.flow) equals 'other', but $(run.flow) is what the run says of itself" in out


def test_json(choose: Path, capsys: pytest.CaptureFixture[str]) -> None:
    generate(choose, GenerateOptions(form="json"))

    generated = json.loads(capsys.readouterr().out)["generated"]
    assert generated.pop("files")[0] == {
        "path": str(choose.parent / "recordings" / "choose.choose-stop.recording.yaml"),
        "state": "written",
    }
    assert generated == {
        "flow": "choose",
        "recordings": 13,
        "least": 13,
        "edges": {"covered": 5, "total": 5},
        "outcomes": {"covered": 14, "total": 14},
        "unreached": [],
        "late": False,
    }


def test_a_flow_with_errors_writes_nothing(write: Callable[[str, str], Path]) -> None:
    with pytest.raises(InvalidFile):
        generate(write("bad.yaml", CHOOSE.replace("Stop: stopped", "Stop: nowhere")), GenerateOptions())

    assert not Path("recordings").exists()


def test_a_folder_that_cannot_be_made_is_told(choose: Path, write: Callable[[str, str], Path]) -> None:
    file = write("file", "x")

    with pytest.raises(UsageError, match="the folder cannot be made"):
        generate(choose, GenerateOptions(into=file / "below"))


def test_a_recording_in_the_way_that_cannot_be_read_is_told(choose: Path, write: Callable[[str, str], Path]) -> None:
    write("flows/recordings/choose.broken.recording.yaml", "recording: broken\nflow: choose\nexpect: 7\n")

    with pytest.raises(InvalidFile, match=r"choose\.broken\.recording\.yaml"):
        generate(choose, GenerateOptions(missing=True))


def test_an_event_that_a_file_cannot_hold_is_told_before_anything_is_written(choose: Path) -> None:
    event = '{"sms": {"message": "hi", "senderNumber": "+447700900555", "id": 12345678901234567890}}'

    with pytest.raises(FlowError, match="12345678901234567890 would read back as text"):
        generate(choose, GenerateOptions(trigger=event))

    assert not (choose.parent / "recordings").exists()


def test_the_command(choose: Path, cli: Callable[..., Result]) -> None:
    result = cli("test", "--generate", choose, "--into", "made")

    assert result.exit_code == 0, result.output
    assert len(names(Path("made"))) == 13
    assert cli("test", "made").exit_code == 0
