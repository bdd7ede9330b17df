"""What was not judged is said: skipped is not passed."""

from __future__ import annotations

from pathlib import Path

import pytest

from flowengine.check.validate import RULES, report, rule_name
from flowengine.project import Environment, Integration

FLOW = """flow: case
defaults: {authorization: engage}
start: a
nodes:
  a:
    type: close-conversation@1.0
    inputs: {conversationId: "1"}
    edges: {conversationClosed: done, onConversationCloseFailed: done, onError: done}
  done: {end: success}
"""
ALL = {rule_name(rule) for rule in RULES}


def write(folder: Path, text: str) -> Path:
    path = folder / "flow.yaml"
    path.write_text(text)
    return path


def test_nothing_is_skipped_in_a_flow_that_can_be_judged(tmp_path: Path) -> None:
    assert report(write(tmp_path, FLOW)).skipped == ()


@pytest.mark.parametrize(
    ("text", "before", "reason"),
    [
        ("flow: [", {"shape", "manifests"}, "the text has to be repaired first"),
        ("flow: a\n", {"manifests"}, "the shape has to be repaired first"),
    ],
)
def test_after_a_stage_that_failed_all_is_skipped(tmp_path: Path, text: str, before: set[str], reason: str) -> None:
    found = report(write(tmp_path, text))
    assert found.findings
    assert {one.rule for one in found.skipped} == {*before, *ALL, "ignores"}
    assert {one.reason for one in found.skipped} == {reason}


def test_after_a_wrong_project_file_all_is_skipped(tmp_path: Path) -> None:
    (tmp_path / "flowengine.yaml").write_text("default: nowhere\n")
    found = report(write(tmp_path, FLOW))
    assert [one.code for one in found.findings] == ["FE701"]
    assert {one.reason for one in found.skipped} == {"the project file has to be repaired first"}


@pytest.mark.parametrize("manifest", ["node: x\n", 'node: mine\nversions: {"1.0": {handler: nothing}}\n'])
def test_after_a_wrong_node_type_all_is_skipped(tmp_path: Path, manifest: str) -> None:
    (tmp_path / "flowengine.yaml").write_text("nodes: [types]\n")
    (tmp_path / "types").mkdir()
    (tmp_path / "types" / "mine.yaml").write_text(manifest)
    found = report(write(tmp_path, FLOW.replace("close-conversation@", "mine@")))
    assert {one.path for one in found.findings} == {str(tmp_path / "types" / "mine.yaml")}
    assert {one.rule for one in found.skipped} >= ALL


def test_a_node_of_an_unknown_type_is_passed_over_and_that_is_said(tmp_path: Path) -> None:
    found = report(write(tmp_path, FLOW.replace("close-conversation@", "clsoe-conversation@")))
    assert "FE201" in [one.code for one in found.findings]
    assert ("edges.labels", "the node type of a is not known") in found.skipped
    assert "names.targets" not in [one.rule for one in found.skipped]


def test_without_a_target_the_graph_is_not_judged_and_that_is_said(tmp_path: Path) -> None:
    found = report(write(tmp_path, FLOW.replace("onError: done", "onError: doen")))
    assert ("graph.unreachable", "a target does not exist") in found.skipped
    assert "edges.labels" not in [one.rule for one in found.skipped]


def bound(base_url: str = "https://engage.example.com", **authorizations: str) -> Environment:
    return Environment("live", {"webex-engage": Integration(base_url)}, authorizations)


@pytest.mark.parametrize(
    ("environment", "text", "expected"),
    [
        (bound(engage="engage-live"), FLOW, []),
        (bound("sandbox"), FLOW, []),
        (bound(), FLOW, [("FE211", "warning", 2, 27)]),
        (
            bound(engage="x"),
            FLOW.replace("    inputs", "    authorization: engge\n    inputs"),
            [("FE211", "warning", 7, 20)],
        ),
        (bound(engage="x"), FLOW.replace("{authorization: engage}", "{timeout: 1s}"), [("FE211", "warning", 5, 3)]),
        (Environment("live", {}), FLOW, [("FE212", "error", 6, 11)]),
        (Environment("live", {}), FLOW.replace("close-conversation@1.0", "delay@1.0"), []),
        (bound(), FLOW.replace("close-conversation@1.0", "http-request@1.0"), []),
        (
            bound(),
            FLOW.replace("close-conversation@1.0", "http-request@1.0\n    authorization: crm"),
            [("FE211", "warning", 7, 20)],
        ),
    ],
)
def test_what_an_environment_does_not_bind(
    tmp_path: Path, environment: Environment, text: str, expected: list[tuple[str, str, int, int]]
) -> None:
    found = report(write(tmp_path, text), environment=environment).findings
    said = [(one.code, one.severity, *one.span[:2]) for one in found if one.code.startswith("FE21") and one.span]
    assert said == expected


def test_without_an_environment_bindings_are_not_judged(tmp_path: Path) -> None:
    assert not [one for one in report(write(tmp_path, FLOW)).findings if one.code.startswith("FE21")]


def test_an_unbound_name_is_said_once(tmp_path: Path) -> None:
    node = FLOW[FLOW.index("  a:") : FLOW.index("  done")]
    text = FLOW.replace("  done:", node.replace("  a:", "  b:") + "  done:")
    for environment in (bound(), Environment("live", {})):
        found = report(write(tmp_path, text), environment=environment).findings
        assert len([one for one in found if one.code.startswith("FE21")]) == 1


def test_of_very_many_findings_the_first_are_told(tmp_path: Path) -> None:
    variables = "".join(f"  v{number}: 1\n" for number in range(10_002))
    text = f"flow: case\nstart: done\nvariables:\n{variables}nodes:\n  done: {{end: success}}\n"
    *told, last = report(write(tmp_path, text)).findings
    assert {one.code for one in told} == {"FE313"}
    assert len(told) == 10_000
    assert (last.code, last.severity, last.span) == ("FE008", "warning", (10_004, 3, 10_004, 9))
    assert last.message == "there are 10,002 findings, and the first 10,000 are told"


def test_very_many_findings_stay_errors(tmp_path: Path) -> None:
    nodes = "".join(f"  n{number}: {{ends: success}}\n" for number in range(5_001))
    found = report(write(tmp_path, f"flow: case\nstart: n1\nnodes:\n{nodes}")).findings
    assert len(found) == 10_001
    assert (found[-1].code, found[-1].severity) == ("FE008", "error")
