from __future__ import annotations

import io
import json
from typing import Any

import pytest

from flowengine.cli.screen import Screen, shorten
from flowengine.harmless import harmless


class FakeTerminal(io.StringIO):
    encoding = "utf-8"

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain text, ünïcödé, 日本語", "plain text, ünïcödé, 日本語"),
        ("\x1b[31mred\x1b[0m", r"\u001b[31mred\u001b[0m"),
        ("two\nlines\tand\r", r"two\nlines\tand\r"),
        ("\u009b31m", r"\u009b31m"),
        ("\x7f\x08", r"\u007f\b"),
        ("\u202eevil\u2066\u200f", r"\u202eevil\u2066\u200f"),
        ("\u2028\ufeff\u200b", r"\u2028\ufeff\u200b"),
        ("\ud800", r"\ud800"),
        ("\U000e0041", r"\udb40\udc41"),
        ("👩\u200d👩\u200d👧", "👩\u200d👩\u200d👧"),
        ("[bold]no markup[/bold]", "[bold]no markup[/bold]"),
    ],
)
def test_what_acts_on_a_terminal_is_written_out(text: str, shown: str) -> None:
    assert harmless(text) == shown


def test_long_texts_are_cut_and_say_so() -> None:
    assert shorten("x" * 600, 10) == "xxxxxxxxxx... (600 characters)"
    assert shorten("short", 10) == "short"


@pytest.mark.parametrize(
    ("environment", "coloured"),
    [({}, True), ({"NO_COLOR": "1"}, False), ({"NO_COLOR": ""}, True), ({"TERM": "dumb"}, False)],
)
def test_colour_is_for_terminals_unless_it_is_not_wanted(environment: dict[str, str], *, coloured: bool) -> None:
    terminal = FakeTerminal()
    screen = Screen(terminal, environment)
    screen.line(screen.paint("x\x1b", "red"))
    assert terminal.getvalue() == ("\x1b[31mx\\u001b\x1b[0m\n" if coloured else "x\\u001b\n")


def test_a_pipe_has_no_colour_signs_or_passing_lines() -> None:
    pipe = io.StringIO()
    screen = Screen(pipe, {})
    screen.passing("under way")
    screen.line(screen.paint(screen.sign("→", "->"), "red"))
    assert pipe.getvalue() == "->\n"


def test_a_passing_line_makes_way_for_the_next() -> None:
    terminal = FakeTerminal()
    screen = Screen(terminal, {})
    screen.passing("one")
    screen.passing("two")
    screen.line("three")
    assert terminal.getvalue() == "\r\x1b[2Kone\r\x1b[2Ktwo\r\x1b[2Kthree\n"


@pytest.mark.parametrize("value", [{"a\u2028b": ["\x1b\u202e", "\n", 'quote"']}, [], None, 1.5, "é"])
def test_json_is_harmless_and_reads_back_the_same(value: Any) -> None:
    pipe = io.StringIO()
    Screen(pipe, {}).json(value)
    assert json.loads(pipe.getvalue()) == value
    assert not set(pipe.getvalue()) & set("\x1b\u202e\u2028")


def test_an_error_of_many_lines_is_indented() -> None:
    pipe = io.StringIO()
    Screen(pipe, {}).error("first\nsecond")
    assert pipe.getvalue() == "error: first\n  second\n"


def test_without_a_stream_nothing_happens() -> None:
    screen = Screen(None, {})
    screen.line("x")
    screen.json({})
    assert not screen.is_terminal
