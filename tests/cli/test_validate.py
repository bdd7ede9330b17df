from __future__ import annotations

import json
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

Cli = Callable[..., Result]

FLOWS = Path(__file__).resolve().parents[2] / "flows"


def test_a_flow_without_findings(cli: Cli, greet: Path) -> None:
    result = cli("validate", greet)
    assert result.exit_code == 0
    assert result.stdout == "1 flow: 0 errors, 0 warnings, 0 hints\n"


def test_a_finding_has_place_line_and_caret_node_and_hint(cli: Cli, write: Any, greet: Path) -> None:
    flow = write("wrong.yaml", greet.read_text().replace("onSuccess: often", "onSuccess: oftn"))
    result = cli("validate", flow)
    assert result.exit_code == 1
    assert result.stdout == (
        "wrong.yaml:13:24: error[FE206]: there is no node 'oftn' to go to\n"
        "   13  |     edges: {onSuccess: oftn}\n"
        "       |                        ^~~~\n"
        "       = node: greet\n"
        "       = hint: did you mean 'often'?\n"
        "       = help: flowengine explain FE206\n"
        "wrong.yaml: skipped: 5 rules: a target does not exist\n"
        "\n"
        "1 flow: 1 error, 0 warnings, 0 hints\n"
    )


def test_hints_are_no_reason_to_fail(cli: Cli, write: Any, greet: Path) -> None:
    result = cli("validate", write("loose.yaml", greet.read_text().replace("branch@1.0", "branch")))
    assert result.exit_code == 0
    assert "hint[FE203]" in result.stdout
    assert "1 flow: 0 errors, 0 warnings, 1 hint\n" in result.stdout


def test_the_json_is_as_documented(cli: Cli, write: Any, greet: Path) -> None:
    write("wrong.yaml", greet.read_text().replace("onSuccess: often", "onSuccess: oftn"))
    result = cli("validate", "greet.yaml", "wrong.yaml", "--format", "json")
    assert result.exit_code == 1
    document = json.loads(result.stdout)
    skipped = document["files"][1].pop("skipped")
    assert {"rule": "graph.unreachable", "reason": "a target does not exist"} in skipped
    assert document == {
        "files": [
            {"path": "greet.yaml", "findings": [], "skipped": [], "ignored": [], "fixed": []},
            {
                "path": "wrong.yaml",
                "findings": [
                    {
                        "code": "FE206",
                        "severity": "error",
                        "message": "there is no node 'oftn' to go to",
                        "line": 13,
                        "column": 24,
                        "endLine": 13,
                        "endColumn": 28,
                        "node": "greet",
                        "hint": "did you mean 'often'?",
                        "witness": [],
                    }
                ],
                "ignored": [],
                "fixed": [],
            },
        ],
        "summary": {"errors": 1, "warnings": 0, "hints": 0},
    }


def test_a_folder_stands_for_the_flows_in_it(cli: Cli, write: Any, greet: Path) -> None:
    text = greet.read_text()
    write("flows/b.yaml", text)
    write("flows/deep/a.yml", text.replace("start: greet", "start: great"))
    write("flows/r.recording.yaml", "recording: r\nflow: greet\nresponses: {}")
    write("flows/event.yaml", "sms: {message: x}\n")
    write("flows/flowengine.yaml", "environments: {}\n")
    write("flows/.hidden/c.yaml", "flow: [")
    result = cli("validate", "flows")
    assert result.exit_code == 1
    assert f"{Path('flows/deep/a.yml')}:7:8" in result.stdout
    assert "2 flows (3 other files skipped): 1 error" in result.stdout


def test_a_flow_in_a_folder_that_cannot_be_parsed_is_not_skipped(cli: Cli, write: Any) -> None:
    write("flows/broken.yaml", "flow: x\nnodes: [\n")
    write("flows/bytes.yaml", b"flow: \xff\n")
    result = cli("validate", "flows")
    assert result.exit_code == 1
    assert "2 flows: 2 errors" in result.stdout


@pytest.mark.parametrize("name", ["x" * 300, f"{'x' * 300}/f.yaml", "no/such.yaml"])
def test_a_path_that_cannot_be_looked_at_is_said(cli: Cli, write: Any, name: str) -> None:
    write("f.yaml", "")
    result = cli("validate", name)
    assert result.exit_code == 2
    assert f"{Path(name)}: error[FE001]" in result.stdout


def test_flows_are_known_in_braces_too(cli: Cli, write: Any) -> None:
    write("flows/a.yaml", '{"flow": "a", "start": "done", "nodes": {"done": {"end": "success"}}}')
    write("flows/r.yaml", '{"recording": "a",\n"flow": "a", "responses": {}}')
    assert cli("validate", "flows").stdout == "1 flow (1 other file skipped): 0 errors, 0 warnings, 0 hints\n"


def test_names_that_are_no_text_are_shown_all_the_same(cli: Cli, write: Any) -> None:
    write("flows/x.yaml", "")
    Path(os.fsdecode(b"flows/\xff.yaml")).write_text("flow: [")
    assert r"flows/\udcff.yaml:1:7" in cli("validate", "flows").stdout
    assert json.loads(cli("validate", "flows", "--format", "json").stdout)["files"][0]["path"] == "flows/\udcff.yaml"


def test_a_folder_without_flows_is_a_mistake(cli: Cli, write: Any) -> None:
    write("flows/event.yaml", "sms: {}\n")
    result = cli("validate", "flows")
    assert result.exit_code == 2
    assert "there is no flow in this folder" in result.stderr


def test_a_file_that_is_not_there_is_said_and_the_others_are_judged(cli: Cli, greet: Path) -> None:
    result = cli("validate", greet, "missing.yaml", "--format", "json")
    document = json.loads(result.stdout)
    assert result.exit_code == 2
    assert [len(one["findings"]) for one in document["files"]] == [0, 1]
    assert document["files"][1]["findings"][0]["line"] is None


def test_a_wrong_project_file_is_said_once(cli: Cli, write: Any, greet: Path) -> None:
    write("flowengine.yaml", "default: nowhere\n")
    write("other.yaml", greet.read_text())
    result = cli("validate", greet, "other.yaml")
    assert result.exit_code == 1
    assert result.stdout.count("flowengine.yaml:1:10") == 1


@pytest.mark.parametrize("form", ["text", "github", "json"])
def test_data_cannot_act_on_the_terminal(cli: Cli, write: Any, form: str) -> None:
    flow = write("x\x1b[2J.yaml", 'flow: a\n"\\e[2J\\u202ekey": 1\n# \x1b[2J\n')
    result = cli("validate", flow, "--format", form)
    assert result.exit_code == 1
    assert r"x\u001b[2J.yaml" in result.stdout
    assert not set(result.stdout) & set("\x1b\u202e")


def test_the_example_flows_are_without_findings(cli: Cli) -> None:
    result = cli("validate", FLOWS)
    assert result.exit_code == 0, result.stdout


def test_warnings_fail_only_if_that_is_asked_for(cli: Cli, write: Any, greet: Path) -> None:
    text = greet.read_text()
    warned = write("warned.yaml", text.replace('greeting: ""}', "greeting: {default: x}}"))
    loose = write("loose.yaml", text.replace("branch@1.0", "branch"))
    assert cli("validate", warned).exit_code == 0
    assert cli("validate", warned, "--strict").exit_code == 1
    assert cli("validate", loose, "--strict").exit_code == 0


def test_how_to_learn_more_is_said_once_about_what_matters_most(cli: Cli, write: Any, greet: Path) -> None:
    text = greet.read_text().replace("branch@1.0", "branch")
    write("a.yaml", text)
    write("b.yaml", text.replace("start: greet", "start: great"))
    said = cli("validate", "a.yaml", "b.yaml").stdout
    assert said.count("= help: flowengine explain") == 1
    assert "= help: flowengine explain FE206" in said
    assert "help" not in cli("validate", greet).stdout


def test_what_was_not_judged_is_said_and_never_passed(cli: Cli, write: Any, greet: Path) -> None:
    broken = write("broken.yaml", "flow: [")
    unknown = write("unknown.yaml", greet.read_text().replace("branch@1.0", "brnch@1.0"))
    said = cli("validate", broken, unknown).stdout
    assert re.search(r"^broken.yaml: skipped: \d+ rules: the text has to be repaired first$", said, re.MULTILINE)
    assert re.search(r"^unknown.yaml: skipped: \d+ rules: the node type of often is not known$", said, re.MULTILINE)
    files = json.loads(cli("validate", broken, unknown, "--format", "json").stdout)["files"]
    assert {"rule": "shape", "reason": "the text has to be repaired first"} in files[0]["skipped"]
    assert {"rule": "edges.labels", "reason": "the node type of often is not known"} in files[1]["skipped"]


def test_what_is_ignored_is_counted_and_in_the_json(cli: Cli, write: Any, greet: Path) -> None:
    text = greet.read_text().replace("branch@1.0", "branch")
    comment = "    # flowengine: ignore FE203 on purpose\n    type: branch\n"
    flow = write("loose.yaml", text.replace("    type: branch\n", comment))
    assert cli("validate", flow).stdout == "1 flow: 0 errors, 0 warnings, 0 hints, 1 ignored\n"
    (file,) = json.loads(cli("validate", flow, "--format", "json").stdout)["files"]
    assert file["findings"] == []
    assert [(one["code"], one["line"], one["reason"]) for one in file["ignored"]] == [("FE203", 16, "on purpose")]


PROJECT = """
environments:
  live: {integrations: {webex-engage: {baseUrl: https://engage.example.com}}, authorizations: {other: x}}
  bare: {integrations: {}}
"""


@pytest.mark.parametrize(("environment", "codes"), [("live", ["FE211"]), ("bare", ["FE212"]), ("sandbox", [])])
def test_an_environment_has_to_bind_what_the_flow_names(
    cli: Cli, write: Any, search: Path, environment: str, codes: list[str]
) -> None:
    write("flowengine.yaml", PROJECT)
    result = cli("validate", search, "--env", environment)
    assert result.exit_code == ("FE212" in codes)
    assert re.findall(r"\[(FE21\d)\]", result.stdout) == codes


def test_an_environment_that_is_not_there_is_wrong_use(cli: Cli, write: Any, search: Path) -> None:
    write("flowengine.yaml", PROJECT)
    result = cli("validate", search, "--env", "lvie")
    assert result.exit_code == 2
    assert "did you mean 'live'?" in result.stderr


def test_a_wrong_project_file_is_a_finding_with_an_environment_too(cli: Cli, write: Any, search: Path) -> None:
    write("flowengine.yaml", "default: nowhere\n")
    result = cli("validate", search, "--env", "live")
    assert result.exit_code == 1
    assert "flowengine.yaml:1:10: error[FE701]" in result.stdout
