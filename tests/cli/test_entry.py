from __future__ import annotations

import re
import subprocess
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import Result

import flowengine
from flowengine.cli.entry import COMMANDS, MODULES, exit_code
from flowengine.errors import EngineBug, InvalidFile, UsageError
from flowengine.findings import Finding

Cli = Callable[..., Result]
Process = Callable[..., subprocess.Popen[str]]


def test_the_version_is_the_package_s(process: Process) -> None:
    out, err = process("--version").communicate(timeout=30)
    assert (out, err) == (f"flowengine {flowengine.__version__}\n", "")


def test_help_lists_every_command(cli: Cli) -> None:
    result = cli("--help")
    assert result.exit_code == 0
    assert all(f"  {name} " in result.stdout for name in COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help_and_the_module_its_name_says(cli: Cli, name: str) -> None:
    module = import_module(f"flowengine.cli.{MODULES.get(name, name.replace('-', '_'))}")
    assert isinstance(module.command, click.Command)
    assert cli(name, "--help").exit_code == 0


def test_without_a_command_it_explains_itself_and_fails(cli: Cli) -> None:
    result = cli()
    assert result.exit_code == 2
    assert result.stdout == ""
    assert "Commands:" in result.stderr


def test_a_mistyped_command_gets_a_suggestion(cli: Cli) -> None:
    result = cli("vaildate", "x.yaml")
    assert result.exit_code == 2
    assert "did you mean 'validate'?" in result.stderr


def test_a_mistyped_option_gets_a_suggestion_and_the_usage(cli: Cli, greet: Path) -> None:
    result = cli("run", greet, "--fromat", "json")
    assert result.exit_code == 2
    assert "--format" in result.stderr
    assert "flowengine run --help" in result.stderr


@pytest.mark.parametrize(
    ("raised", "code"),
    [
        (UsageError("wrong"), 2),
        (InvalidFile([Finding("FE001", "there is no such file", "x.yaml")]), 2),
        (click.UsageError("wrong"), 2),
        (click.Abort(), 130),
        (KeyboardInterrupt(), 130),
        (EngineBug("cannot happen"), 3),
        (ZeroDivisionError("division by zero"), 3),
        (RecursionError("too deep"), 3),
    ],
)
def test_however_a_command_ends_there_is_one_exit_code_for_it(
    raised: BaseException, code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    def command() -> int:
        raise raised

    assert exit_code(command) == code
    out, err = capsys.readouterr()
    assert out == ""
    assert err
    assert "Traceback" not in err


def test_a_fault_of_ours_says_so_and_asks_for_a_report(capsys: pytest.CaptureFixture[str]) -> None:
    assert exit_code(lambda: int("x")) == 3
    err = capsys.readouterr().err
    assert "ValueError: invalid literal for int()" in err
    assert "report it" in err
    assert "FLOWENGINE_DEBUG=1" in err


def test_debugging_shows_where_a_fault_is(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLOWENGINE_DEBUG", "1")
    assert exit_code(lambda: int("x")) == 3
    assert "Traceback" in capsys.readouterr().err


def test_an_error_message_cannot_act_on_the_terminal(cli: Cli, greet: Path) -> None:
    result = cli("run", greet, "--var", "\x1b[31mcount\u202e")
    assert result.exit_code == 2
    assert r"--var \u001b[31mcount\u202e" in result.stderr


def test_the_wheel_s_script_and_the_module_are_the_same_command(process: Process) -> None:
    pyproject = Path(flowengine.__file__).parents[1] / "pyproject.toml"
    assert re.search(r'^flowengine = "flowengine\.cli\.entry:main"$', pyproject.read_text(), re.MULTILINE)
    assert process("--help").wait(30) == 0


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["run", "greet.yaml", "--var", "name=A", "--var", "count=2"], 0),
        (["run", "greet.yaml", "--var", "name=A"], 1),
        (["run", "missing.yaml"], 2),
        (["run", "greet.yaml", "--var", "count=many"], 2),
        (["run"], 2),
        (["validate", "greet.yaml"], 0),
        (["validate", "wrong.yaml"], 1),
        (["validate", "missing.yaml"], 2),
        (["dry-run", "greet.yaml", "--recording", "expected.yaml"], 0),
        (["dry-run", "greet.yaml", "--recording", "unexpected.yaml"], 1),
        (["dry-run", "wrong.yaml", "--recording", "expected.yaml"], 2),
        (["show", "greet.yaml"], 0),
        (["show", "wrong.yaml"], 2),
        (["nodes", "list"], 0),
        (["nodes", "show", "nothing"], 2),
        (["sandbox", "--port", "70000"], 2),
        (["no-such-command"], 2),
    ],
)
def test_exit_codes(process: Process, greet: Path, write: Any, arguments: list[str], code: int) -> None:
    write("wrong.yaml", greet.read_text().replace("start: greet", "start: great"))
    recording = "recording: r\nflow: greet\nvariables: {name: A}\nexpect: {result: "
    write("expected.yaml", recording + "error}")
    write("unexpected.yaml", recording + "success}")
    running = process(*arguments)
    _, err = running.communicate(timeout=30)
    assert running.returncode == code, err
    assert "Traceback" not in err
