"""Whatever is wrong with a file or an argument: exit code 2, a message at its place, nothing on standard output."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

Cli = Callable[..., Result]

FLOW = """\
flow: f
variables: {count: {type: integer}, word: {type: string}, list: {type: array}}
start: a
nodes:
  a: {type: set-variables@1.0, inputs: {values: {count: 1}}, edges: {onSuccess: done}}
  done: {end: success}
"""
RECORDING = """\
recording: r
flow: f
responses: {}
"""
NODE = """\
node: mine
versions:
  "1.0":
    handler: delay
    outcomes: {onTimeout: {kind: success}}
"""
MINE = FLOW.replace("set-variables@1.0, inputs: {values: {count: 1}}", "mine@1.0").replace("onSuccess", "onTimeout")

# what the flow file is, and where in it the message has to point
FLOWS = {
    "empty": ("", "f.yaml:1:1"),
    "only a comment": ("# nothing\n", "f.yaml:1:1"),
    "not YAML": (FLOW + "  x: [1\n", "f.yaml:7:6"),
    "a tab": (FLOW + "\tx: 1\n", "f.yaml:7:1"),
    "a duplicate key": (FLOW + "start: a\n", "f.yaml:7:1"),
    "an anchor": (FLOW.replace("start: a", "start: &x a"), "f.yaml:3:8"),
    "a tag": (FLOW.replace("start: a", "start: !!str a"), "f.yaml:3:8"),
    "a second document": (FLOW + "---\na: 1\n", "f.yaml:7:1"),
    "UTF-16": (FLOW.encode("utf-16"), "f.yaml:1:1"),
    "bytes that are no text": (b"flow: \xff\n", "f.yaml:1:7"),
    "a control character": (FLOW.replace("start: a", "start: a\x07"), "f.yaml:3:9"),
    "too large": ("#" * 1_100_000, "f.yaml: error[FE008]"),
    "too deep": ("a: " + "[" * 60 + "]" * 60, "f.yaml:1:"),
    "very deep": ("[" * 100_000, "f.yaml:1:"),
    "a list": ("- 1\n", "f.yaml:1:1"),
    "a text": ("hello\n", "f.yaml:1:1"),
    "no start": (FLOW.replace("start: a\n", ""), "f.yaml:1:1"),
    "an unknown key": (FLOW.replace("start:", "strat: b\nstart:"), "f.yaml:3:1"),
    "a wrong id": (FLOW.replace("flow: f", "flow: F F"), "f.yaml:1:7"),
    "an unknown node type": (FLOW.replace("set-variables", "set-variable"), "f.yaml:5:13"),
    "an unknown version": (FLOW.replace("set-variables@1.0", "set-variables@9.9"), "f.yaml:5:13"),
    "an edge to nowhere": (FLOW.replace("onSuccess: done", "onSuccess: gone"), "f.yaml:5:81"),
    "an unknown outcome": (FLOW.replace("onSuccess", "onSucess"), "f.yaml:5:70"),
    "a wrong default": (FLOW.replace("{type: integer}", "{type: integer, default: x}"), "f.yaml:2:45"),
    "a wrong reference": (FLOW.replace("count: 1", "count: $(nobody.x)"), "f.yaml:5:57"),
}

RECORDINGS = {
    "not YAML": ("recording: [r\n", "r.yaml:1:12"),
    "a wrong key": (RECORDING + "expects: {}\n", "r.yaml:4:1"),
    "another flow's": (RECORDING.replace("flow: f", "flow: g"), "r.yaml:2:7"),
    "a node that is not there": (RECORDING.replace("{}", "{x: [{timeout: true}]}"), "r.yaml:3:13"),
    "an answer that is none": (RECORDING.replace("{}", "{a: [{state: 200}]}"), "r.yaml:3:"),
}

NODE_FOLDERS = {
    "not YAML": ("node: [mine\n", "mine.yaml:1:7"),
    "a wrong key": (NODE.replace("handler:", "handlr:"), "mine.yaml:4:5"),
    "an unknown handler": (NODE.replace("delay", "dealy"), "mine.yaml:4:14"),
    "another name than its file": (NODE.replace("node: mine", "node: yours"), "mine.yaml:1:7"),
    "a version that extends itself": (NODE.replace("    handler: delay", '    extends: "1.0"'), "mine.yaml:"),
}

PROJECTS = {
    "not YAML": ("nodes: [\n", "flowengine.yaml:1:8"),
    "an unknown default": ("default: production\n", "flowengine.yaml:1:10"),
    "a folder that is not there": ("nodes: [nowhere]\n", "flowengine.yaml:1:9"),
    "a wrong duration": (
        "environments: {x: {integrations: {webex-engage: {baseUrl: sandbox, timeout: soon}}}}\n",
        "flowengine.yaml:1:77",
    ),
}

EVENTS = {
    "not JSON": ("e.json", '{"sms":\n  {"message": hello}}', "e.json:2:15"),
    "a key twice": ("e.json", '{"a": 1, "a": 2}', "e.json: error[FE801]"),
    "not a number": ("e.json", '{"a": NaN}', "e.json: error[FE801]"),
    "too deep": ("e.json", '{"a": ' + "[" * 100_000, "e.json: error[FE801]"),
    "empty JSON": ("e.json", "", "e.json:1:1"),
    "a list": ("e.json", "[1, 2]", "e.json:1:1"),
    "not YAML": ("e.yaml", "sms: [1\n", "e.yaml:1:6"),
    "a text": ("e.yaml", "hello\n", "e.yaml:1:1"),
}

ARGUMENTS = {
    "no equals sign": (["run", "f.yaml", "--var", "count"], "expected NAME=VALUE"),
    "no name": (["run", "f.yaml", "--var", "=1"], "expected NAME=VALUE"),
    "an unknown variable": (["run", "f.yaml", "--var", "cuont=1"], "did you mean 'count'?"),
    "a wrong type": (["run", "f.yaml", "--var", "count=many"], "declared as integer"),
    "a number that is text": (["run", "f.yaml", "--var", 'count="1"'], "declared as integer"),
    "a list that is not JSON": (["run", "f.yaml", "--var", "list=[1,"], "line 1, column 4"),
    "inline JSON that is none": (["run", "f.yaml", "--trigger", '{"a": }'], "<trigger>:1:7"),
    "an event file that is not there": (["run", "f.yaml", "--trigger", "e.json"], "e.json: error[FE001]"),
    "an event that is a folder": (["run", "f.yaml", "--trigger", "."], "directory"),
    "an unknown environment": (["run", "f.yaml", "--env", "prod"], "'prod'"),
    "a node folder that is not there": (["run", "f.yaml", "--nodes", "nowhere"], "nowhere"),
    "a node folder that is a file": (["run", "f.yaml", "--nodes", "f.yaml"], "f.yaml"),
    "a flow that is not there": (["run", "g.yaml"], "g.yaml: error[FE001]"),
    "a flow that is a folder": (["show", "."], "directory"),
    "a format there is not": (["dry-run", "f.yaml", "--recording", "r.yaml", "--format", "xml"], "xml"),
    "no recording": (["dry-run", "f.yaml"], "--recording"),
    "a recording that is not there": (["dry-run", "f.yaml", "--recording", "r.yaml"], "r.yaml: error[FE001]"),
    "a language there is not": (["show", "f.yaml", "--as", "png"], "'png'"),
    "a picture where there is no folder": (["show", "f.yaml", "-o", "no/where.mmd"], "no/where.mmd"),
    "a folder for a picture": (["show", "f.yaml", "-o", "."], "not a file"),
    "a node type there is not": (["nodes", "show", "set-variabels"], "did you mean 'set-variables'"),
    "a version there is not": (["nodes", "show", "delay@7"], "it has 1.0"),
    "a port that is none": (["sandbox", "--port", "x"], "--port"),
    "faults that are none": (["sandbox", "--faults", "f.yaml"], "f.yaml:1:1"),
    "a flow with too long a name": (["run", "x" * 300], "x: error[FE001]"),
    "an event with too long a name": (["run", "f.yaml", "--trigger", "x" * 300], "x: error[FE001]"),
    "a recording with too long a name": (["dry-run", "f.yaml", "--recording", "x" * 300], "x: error[FE001]"),
    "a folder with too long a name": (["show", f"{'x' * 300}/f.yaml"], "error[FE001]"),
    "two flows": (["run", "f.yaml", "f.yaml"], "f.yaml"),
}


def check(result: Result, said: str) -> None:
    assert result.exit_code == 2, result.output
    assert result.stdout == ""
    assert said in result.stderr
    assert "Traceback" not in result.output
    assert "fault of flowengine" not in result.output


@pytest.mark.parametrize("what", FLOWS)
@pytest.mark.parametrize("command", [["run"], ["run", "--format", "json"], ["dry-run", "--recording", "r.yaml"]])
def test_flows(cli: Cli, write: Any, command: list[str], what: str) -> None:
    text, place = FLOWS[what]
    write("r.yaml", RECORDING)
    check(cli(*command, write("f.yaml", text)), place)


@pytest.mark.parametrize("what", FLOWS)
def test_validate_says_it_as_its_result(cli: Cli, write: Any, what: str) -> None:
    text, place = FLOWS[what]
    result = cli("validate", write("f.yaml", text))
    assert result.exit_code == 1
    assert place in result.stdout
    assert result.stderr == ""


@pytest.mark.parametrize("what", RECORDINGS)
def test_recordings(cli: Cli, write: Any, what: str) -> None:
    text, place = RECORDINGS[what]
    check(cli("dry-run", write("f.yaml", FLOW), "--recording", write("r.yaml", text)), place)


@pytest.mark.parametrize("what", NODE_FOLDERS)
@pytest.mark.parametrize("command", [["run", "f.yaml"], ["nodes", "list"], ["nodes", "show", "mine"]])
def test_node_folders(cli: Cli, write: Any, command: list[str], what: str) -> None:
    text, place = NODE_FOLDERS[what]
    write("f.yaml", MINE)
    write("folder/mine.yaml", text)
    check(cli(*command, "--nodes", "folder"), place)


@pytest.mark.parametrize("what", PROJECTS)
@pytest.mark.parametrize("command", [["run", "f.yaml"], ["show", "f.yaml"], ["nodes", "list"]])
def test_project_files(cli: Cli, write: Any, command: list[str], what: str) -> None:
    text, place = PROJECTS[what]
    write("f.yaml", FLOW)
    write("flowengine.yaml", text)
    check(cli(*command), place)


@pytest.mark.parametrize("what", EVENTS)
def test_events(cli: Cli, write: Any, what: str) -> None:
    name, text, place = EVENTS[what]
    check(cli("run", write("f.yaml", FLOW), "--trigger", write(name, text)), place)


@pytest.mark.parametrize("what", EVENTS)
def test_events_from_standard_input(cli: Cli, write: Any, what: str) -> None:
    _, text, _ = EVENTS[what]
    check(cli("run", write("f.yaml", FLOW), "--trigger", "-", stdin=text), "<stdin>")


@pytest.mark.parametrize("what", ARGUMENTS)
def test_arguments(cli: Cli, write: Any, what: str) -> None:
    arguments, said = ARGUMENTS[what]
    write("f.yaml", FLOW)
    check(cli(*arguments), said)
    assert [path.name for path in Path().iterdir()] == ["f.yaml"]
