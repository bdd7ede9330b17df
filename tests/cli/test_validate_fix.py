"""``validate --fix``: only the scalars in question change, every other byte stays."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from typing import Any

import pytest
from click.testing import Result

Cli = Callable[..., Result]

FLOW = """\
flow: case   # a comment: with onSuccess and delay
start: a
nodes:
  a:
    type: delay     # delay
    inputs: {duration: 1s}
    edges:   {onSuccess: b,  'onerror' : done }
  b: {type: "branch", edges: {"onerror": done, ? ontimeout : done}, inputs: {rows: [
    {name: onerror, when: {value: "1", equals: "1"}}]}}
  done:  {end: success}
"""
FIXED = (
    FLOW.replace("type: delay ", "type: delay@1.0 ")
    .replace("{onSuccess: b", "{onTimeout: b")
    .replace("'onerror'", "'onError'")
    .replace('"branch"', '"branch@1.0"')
    .replace("? ontimeout", "? onTimeout")
)


def test_only_the_scalars_in_question_change(cli: Cli, write: Any) -> None:
    flow = write("f.yaml", FLOW)
    result = cli("validate", flow, "--fix")
    assert flow.read_text() == FIXED
    assert result.stdout.splitlines()[:5] == [
        "f.yaml:5:11: fixed[FE203]: delay -> delay@1.0",
        "f.yaml:7:15: fixed[FE502]: onSuccess -> onTimeout",
        "f.yaml:7:30: fixed[FE502]: onerror -> onError",
        "f.yaml:8:13: fixed[FE203]: branch -> branch@1.0",
        "f.yaml:8:50: fixed[FE502]: ontimeout -> onTimeout",
    ]
    assert result.stdout.splitlines()[-1].endswith(", 5 fixed")
    assert "hint[FE203]" not in result.stdout
    again = cli("validate", flow, "--fix")
    assert "fixed" not in again.stdout
    assert flow.read_text() == FIXED


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text.replace("\n", "\r\n"),
        lambda text: text.replace("\n", "\r"),
        lambda text: "\ufeff" + text,
        lambda text: text.replace("a comment", "ключ 值 😀\t"),
        lambda text: text.removesuffix("\n"),
        lambda text: "%YAML 1.2\n---\n" + text + "...\n",
    ],
)
def test_every_other_byte_stays(cli: Cli, write: Any, change: Callable[[str], str]) -> None:
    flow = write("f.yaml", change(FLOW).encode())
    assert "5 fixed" in cli("validate", flow, "--fix").stdout
    assert flow.read_bytes() == change(FIXED).encode()


@pytest.mark.parametrize(
    "text",
    [
        FLOW.replace("'onerror' :", "onTimeout:")
        .replace('"onerror": done, ? ontimeout : done', "onerror: done")
        .replace("delay ", "delay@1.0 ")
        .replace('"branch"', "branch@1.0"),
        FIXED.replace("onTimeout: b", "onTimeout: x"),
        FIXED.replace("type: delay@1.0     # delay", "# flowengine: ignore FE203 on purpose\n    type: delay"),
        "flow: [",
        "flow: x\n",
        "",
    ],
    ids=["two of one outcome", "errors", "ignored", "no YAML", "no flow", "empty"],
)
def test_what_a_person_has_to_decide_is_left_alone(cli: Cli, write: Any, text: str) -> None:
    flow = write("f.yaml", text)
    before = flow.stat()
    assert "fixed" not in cli("validate", flow, "--fix").stdout
    assert flow.read_bytes() == text.encode()
    assert (flow.stat().st_ino, flow.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_escapes_and_names_that_need_quotes(cli: Cli, write: Any) -> None:
    write("flowengine.yaml", "nodes: [types]\n")
    outcomes = "{'yes: no': {kind: success, aliases: [fine]}}"
    write(
        "types/odd.yaml",
        f'node: odd\nversions: {{"1.0": {{request: {{method: GET, path: /x}}, outcomes: {outcomes}}}}}\n',
    )
    text = 'flow: x\nstart: a\nnodes:\n  a: {type: "o\\u0064d", edges: {fine: b, onError: b}}\n  b: {end: success}\n'
    flow = write("f.yaml", text)
    assert "2 fixed" in cli("validate", flow, "--fix").stdout
    assert flow.read_text() == text.replace('"o\\u0064d"', '"odd@1.0"').replace("fine:", '"yes: no":')
    assert cli("validate", flow).exit_code == 0


def test_a_file_that_is_not_there_is_a_finding_as_ever(cli: Cli, write: Any) -> None:
    write("x.yaml", "")
    result = cli("validate", "nowhere.yaml", "--fix")
    assert result.exit_code == 2
    assert "error[FE001]" in result.stdout


def test_the_json_says_what_was_done(cli: Cli, write: Any) -> None:
    flow = write("f.yaml", FLOW)
    (file,) = json.loads(cli("validate", flow, "--fix", "--format", "json").stdout)["files"]
    assert file["fixed"][0] == {"code": "FE203", "line": 5, "column": 11, "old": "delay", "new": "delay@1.0"}
    assert len(file["fixed"]) == 5


@pytest.mark.parametrize("form", ["github", "sarif"])
def test_other_formats_say_it_on_standard_error(cli: Cli, write: Any, form: str) -> None:
    result = cli("validate", write("f.yaml", FLOW), "--fix", "--format", form)
    assert result.stderr.count("fixed[") == 5
    assert "fixed[" not in result.stdout


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_cannot_be_written_is_said(cli: Cli, write: Any) -> None:
    flow = write("flows/f.yaml", FLOW)
    flow.parent.chmod(0o500)
    result = cli("validate", flow, "--fix")
    flow.parent.chmod(0o700)
    assert result.exit_code == 2
    assert "cannot be written" in result.stderr
