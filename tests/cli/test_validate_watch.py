"""``validate --watch`` and the bar of long validations. Time is handed in; one real process shows that it works."""

from __future__ import annotations

import io
import os
import signal
import subprocess
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from flowengine.cli.progress import with_progress
from flowengine.cli.screen import Screen
from flowengine.cli.validate import Options, watch_flows
from flowengine.flow_files import watched_files
from flowengine.watching import stamps, watch

Cli = Callable[..., Result]
OPTIONS = Options((), None, "text", strict=False, fix=False)


def sleeping(*turns: Callable[[], object]) -> Callable[[float], None]:
    """Return a sleep in which somebody does something each time, and presses Ctrl-C at the end."""
    waiting = iter(turns)

    def sleep(_: float) -> None:
        turn = next(waiting, None)
        if turn is None:
            raise KeyboardInterrupt
        turn()

    return sleep


def nothing() -> None:
    """Somebody thinks."""


def test_it_acts_on_changes_only() -> None:
    looks = iter([{Path("a"): (1, 1, 1)}, {Path("a"): (1, 1, 1)}, {Path("a"): (2, 1, 1), Path("b"): None}, {}])
    acted: list[list[Path]] = []
    watch(lambda: next(looks), acted.append, sleeping(nothing, nothing, nothing))
    assert acted == [[Path("a")], [Path("a")], [Path("a")]]


def test_flows_are_judged_again_when_they_are_saved(
    write: Any, greet: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = greet.read_text()
    watch_flows(
        [Path("greet.yaml")],
        OPTIONS,
        sleeping(
            nothing,
            lambda: write("greet.yaml", text.replace("start: greet", "start: great")),
            nothing,
            lambda: write("flowengine.yaml", "default: nowhere\n"),
            greet.unlink,
        ),
    )
    said = capsys.readouterr().out
    assert said.count("Watching; Ctrl-C ends it.") == 4
    assert said.index("0 errors") < said.index("error[FE206]") < said.index("error[FE701]") < said.index("[FE001]")
    assert f"{Path('greet.yaml')} was saved" in said
    assert said.endswith("stopped\n")


def test_a_folder_that_has_no_flow_any_more_is_said_and_watched_on(
    write: Any, greet: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    flow = write("flows/a.yaml", greet.read_text())
    watch_flows([Path("flows")], OPTIONS, sleeping(flow.unlink, lambda: write("flows/b.yaml", greet.read_text())))
    captured = capsys.readouterr()
    assert "there is no flow in this folder" in captured.err
    assert captured.out.count("1 flow: 0 errors") == 2


def test_what_findings_depend_on_is_watched(write: Any, greet: Path) -> None:
    write("flowengine.yaml", "nodes: [types]\n")
    for name in ("types/deep/x.yaml", "own/y.yaml", "flows/a.yaml", "flows/b.yml", "flows/c.txt", "flows/.git/d.yaml"):
        write(name, "")
    watched = watched_files([Path("flows"), greet], [Path("own")])
    here = Path.cwd()
    assert {one.resolve() for one in watched if here in one.resolve().parents} == {
        here / one
        for one in (
            *("greet.yaml", "flowengine.yaml", "flows/flowengine.yaml", "flows/a.yaml", "flows/b.yml"),
            *("types/deep/x.yaml", "own/y.yaml"),
        )
    }


def test_a_file_that_is_not_there_has_no_stamp(tmp_path: Path) -> None:
    assert stamps([tmp_path / "x"]) == {tmp_path / "x": None}


@pytest.mark.parametrize("options", [["--format", "json"], ["--fix"]])
def test_watching_is_for_reading(cli: Cli, greet: Path, options: list[str]) -> None:
    result = cli("validate", greet, "--watch", *options)
    assert result.exit_code == 2
    assert "--watch shows text" in result.stderr


def test_a_process_that_watches_ends_with_ctrl_c(
    process: Callable[..., subprocess.Popen[str]], write: Any, greet: Path
) -> None:
    running = process("validate", "--watch", greet)
    read_until(running, "Watching")
    write("greet.yaml", greet.read_text().replace("start: greet", "start: great"))
    assert "error[FE206]" in read_until(running, "Watching")
    running.send_signal(signal.SIGINT)
    out, err = running.communicate(timeout=20)
    assert (running.returncode, out, err) == (0, "stopped\n", "")


def read_until(running: subprocess.Popen[str], text: str) -> str:
    read = ""
    while text not in read:
        assert running.stdout is not None
        line = running.stdout.readline()
        assert line, f"it ended before it said {text!r}: {read}"
        read += line
    return read


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def ticking(step: float) -> Callable[[], float]:
    ticks: Iterator[float] = (number * step for number in count())
    return lambda: next(ticks)


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> Callable[[io.StringIO, float], str]:
    monkeypatch.setitem(os.environ, "TERM", "xterm")

    def show(stream: io.StringIO, step: float) -> str:
        assert list(with_progress("abcd", 4, Screen(stream), "flows", ticking(step))) == list("abcd")
        return stream.getvalue()

    return show


def test_what_takes_long_shows_a_bar_and_takes_it_away(shown: Callable[[io.StringIO, float], str]) -> None:
    said = shown(_Terminal(), 0.4)
    assert "1 of 4 flows" not in said
    assert "2 of 4 flows" in said
    assert "3 of 4 flows" in said
    assert said.endswith("\r\x1b[2K")


def test_what_is_quick_shows_none(shown: Callable[[io.StringIO, float], str]) -> None:
    assert shown(_Terminal(), 0.01) == ""


def test_outside_of_a_terminal_there_is_none(shown: Callable[[io.StringIO, float], str]) -> None:
    assert shown(io.StringIO(), 10.0) == ""
