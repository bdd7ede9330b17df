"""Findings for other programs: GitHub annotations and SARIF."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from click.testing import Result

from flowengine.check.reports import Ignored, Report, Skipped
from flowengine.cli.annotations import annotation
from flowengine.cli.sarif import sarif
from flowengine.findings import Finding, Span

Cli = Callable[..., Result]

SCHEMA = json.loads((Path(__file__).parent / "sarif" / "sarif-2.1.0-rtm.5.json").read_text("utf-8"))


def wrong(text: str) -> str:
    return text.replace("onSuccess: often", "onSuccess: oftn").replace("branch@1.0", "branch")


def test_annotations_stand_at_their_places(cli: Cli, write: Any, greet: Path) -> None:
    result = cli("validate", write("wrong.yaml", wrong(greet.read_text())), "--format", "github")
    assert result.exit_code == 1
    first, second, skipped, summary = result.stdout.splitlines()
    assert first == (
        "::error file=wrong.yaml,line=13,col=24,endLine=13,endColumn=28,title=FE206::"
        "there is no node 'oftn' to go to%0Adid you mean 'often'?"
    )
    assert second.startswith("::notice file=wrong.yaml,line=15,col=11,endLine=15,endColumn=17,title=FE203::")
    assert skipped == "wrong.yaml: skipped: 5 rules: a target does not exist"
    assert summary == "1 flow: 1 error, 0 warnings, 1 hint"


@pytest.mark.parametrize(
    ("finding", "expected"),
    [
        (
            Finding("FE001", "50% of: a, b\r\n::error::", "x.yaml"),
            "file=x.yaml,title=FE001::50%25 of: a, b%0D%0A::error::",
        ),
        (Finding("FE001", "m", "a,b:c%.yaml"), "file=a%2Cb%3Ac%25.yaml,title=FE001::m"),
        (Finding("FE001", "m", "x", Span(1, 5, 3, 2)), "file=x,line=1,endLine=3,title=FE001::m"),
    ],
)
def test_an_annotation_is_one_line_whatever_is_in_it(finding: Finding, expected: str) -> None:
    assert annotation(finding) == f"::error {expected}"


def test_warnings_are_warnings() -> None:
    assert annotation(Finding("FE504", "m", "x", severity="warning")).startswith("::warning ")


def test_what_was_skipped_is_no_annotation_but_said(cli: Cli, write: Any) -> None:
    said = cli("validate", write("broken.yaml", "flow: ["), "--format", "github").stdout.splitlines()
    assert said[0].startswith("::error file=broken.yaml,")
    assert said[1].startswith("broken.yaml: skipped: ")


def test_the_sarif_is_as_the_standard_has_it(cli: Cli, write: Any, greet: Path) -> None:
    result = cli("validate", greet, write("wrong.yaml", wrong(greet.read_text())), "--format", "sarif")
    assert result.exit_code == 1
    log = json.loads(result.stdout)
    jsonschema.Draft4Validator(SCHEMA).validate(log)
    (run,) = log["runs"]
    assert [rule["id"] for rule in run["tool"]["driver"]["rules"]] == ["FE203", "FE206"]
    assert [rule["defaultConfiguration"]["level"] for rule in run["tool"]["driver"]["rules"]] == ["note", "error"]
    first, second = run["results"]
    assert (first["ruleId"], first["ruleIndex"], first["level"]) == ("FE206", 1, "error")
    assert (second["ruleId"], second["ruleIndex"], second["level"]) == ("FE203", 0, "note")
    assert first["message"]["text"] == "there is no node 'oftn' to go to (did you mean 'often'?)"
    assert first["locations"] == [
        {
            "physicalLocation": {
                "artifactLocation": {"uri": "wrong.yaml"},
                "region": {"startLine": 13, "startColumn": 24, "endLine": 13, "endColumn": 28},
            },
            "logicalLocations": [{"name": "greet", "kind": "member"}],
        }
    ]


def test_a_rule_in_sarif_has_its_page(cli: Cli, write: Any, greet: Path) -> None:
    text = greet.read_text().replace("    type: branch@1.0", "    # flowengine: ignore FE203 x\n    type: branch@1.0")
    log = json.loads(cli("validate", write("f.yaml", text), "--format", "sarif").stdout)
    (rule,) = log["runs"][0]["tool"]["driver"]["rules"]
    assert rule["shortDescription"]["text"] == "an ignore comment that ignores nothing"
    assert rule["help"]["markdown"].startswith("# FE021: an ignore comment that ignores nothing\n")


def test_sarif_of_anything() -> None:
    silenced = Ignored(Finding("FE203", "m", "a b.yaml", Span(2, 1, 2, 3), "hint"), "on purpose")
    cycle = Finding("FE210", "see [x](y) and {0}", "/a b.yaml", Span(1, 1, 4, 1), "warning", witness=("a", "b", "a"))
    reports = {
        "a b.yaml": Report([Finding("FE001", "m", "a b.yaml")], ignored=(silenced,)),
        "/a b.yaml": Report([cycle], (Skipped("edges.labels", "no type"),)),
    }
    log = sarif(reports)
    jsonschema.Draft4Validator(SCHEMA).validate(log)
    unreadable, warned, suppressed = log["runs"][0]["results"]
    assert unreadable["locations"][0]["physicalLocation"] == {"artifactLocation": {"uri": "a%20b.yaml"}}
    assert warned["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "file:///a%20b.yaml"
    assert warned["message"]["text"] == r"see [x]\(y) and {{0}}"
    assert warned["properties"]["witness"] == ["a", "b", "a"]
    assert suppressed["suppressions"] == [{"kind": "inSource", "status": "accepted", "justification": "on purpose"}]
    (notification,) = log["runs"][0]["invocations"][0]["toolExecutionNotifications"]
    assert notification["message"]["text"] == "the rule edges.labels was skipped: no type"


def test_names_that_are_no_text_are_in_a_sarif_too(cli: Cli, write: Any) -> None:
    write("flows/x.yaml", "")
    Path("flows/\udcff.yaml").write_text("flow: [")
    log = json.loads(cli("validate", "flows", "--format", "sarif").stdout)
    (result,) = log["runs"][0]["results"]
    assert result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "flows/%FF.yaml"
