"""What the findings say, to the letter, is in tests/findings; here is what is one and what is none."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import flowengine
from flowengine.catalogue.catalogue import Catalogue, NodeVersion
from flowengine.check.compile import TOOLS
from flowengine.core.plan import Plan
from flowengine.recording.answer_check import MODES, check_answers
from flowengine.recording.format import Recording, load_recording

FLOWS = Path(__file__).resolve().parents[2] / "flows"
CATALOGUE = Catalogue()
ASKING = [
    pytest.param(version, id=version.pinned)
    for node_type in CATALOGUE
    for version in node_type.versions.values()
    if "request" in version.spec
]

ASK = """
node: ask
versions:
  "1.0":
    inputs: {type: object, properties: {how: {type: string}}}
    request: {method: GET, url: "https://crm.example.com", reads: $(how)}
    responses:
      - {when: {status: 200, headers: {X-Kind: known}, body: {$.name: {exists: true}}}, outcome: found}
      - {when: {status: 404}, outcome: none}
      - {when: {status: 202, body: {$.state: {regex: "^a"}}}, outcome: later}
    outputs:
      name: {path: $.name, type: string}
      age: {path: $.age, type: integer}
      etag: {header: ETag}
      all: {path: $}
    outcomes: {found: {kind: success, aliases: [there]}, none: {kind: success}, later: {kind: error}}
    example:
      responses:
        found: {status: 200, headers: {X-Kind: known, ETag: e-1}, body: {name: Ann, age: 7}}
"""


@pytest.fixture
def codes(tmp_path: Path) -> Callable[..., list[str]]:
    """Return the codes of what is found about answers of the node type above."""
    (tmp_path / "nodes").mkdir()
    (tmp_path / "nodes" / "ask.yaml").write_text(ASK, "utf-8")
    catalogue = Catalogue([tmp_path / "nodes"])

    def codes(*answers: dict[str, Any], how: str = "json") -> list[str]:
        path = tmp_path / "flow.yaml"
        node = f"{{type: ask@1.0, inputs: {{how: {how}}}, edges: {{found: done, none: done, later: done}}}}"
        path.write_text(f"flow: case\nstart: ask\nnodes: {{ask: {node}, done: {{end: success}}}}\n", "utf-8")
        plan = flowengine.compile(flowengine.load(path), catalogue)
        recording = Recording("r", "case", responses={"ask": list(answers)})
        return [one.code for one in check_answers(recording, plan, catalogue).findings]

    return codes


GOOD = {"status": 200, "headers": {"X-Kind": "known", "ETag": "e-2"}, "body": {"name": "Bob", "age": 8}}


@pytest.mark.parametrize(
    "answer",
    [
        GOOD,
        {"timeout": True},
        {"error": "refused"},
        {"status": 401},
        {"status": 403, "text": "<html>"},
        {"status": 200, "text": "no JSON is the engine's"},
        {"status": 404},
        {"status": 202, "body": {"state": "ab"}},
        {**GOOD, "body": {"name": "Bob", "age": None}},
        {"outcome": "found"},
        {"outcome": "there", "outputs": {"name": None, "age": 7, "all": [1]}},
        {"outcome": "onTimeout"},
        {"outcome": "onerror"},
    ],
)
def test_what_the_service_may_answer_is_no_finding(codes: Callable[..., list[str]], answer: dict[str, Any]) -> None:
    assert codes(answer) == []


@pytest.mark.parametrize(
    ("answer", "found"),
    [
        ({"status": 500}, ["FE602"]),
        ({"status": 200, "body": {"name": "Bob"}}, ["FE602"]),
        ({"status": 202, "body": {"state": "b"}}, ["FE602"]),
        ({**GOOD, "body": {"name": "Bob"}}, ["FE603"]),
        ({**GOOD, "headers": {"X-Kind": "known"}}, ["FE603"]),
        ({**GOOD, "body": {"name": 17, "age": "8"}}, ["FE604", "FE604"]),
        ({**GOOD, "body": {"name": "Bob", "age": 8.5}}, ["FE604"]),
        ({"outcome": "find"}, ["FE605"]),
        ({"outcome": "found", "outputs": {"nane": "Bob", "age": "8"}}, ["FE604", "FE606"]),
        ({"status": 100}, ["FE607"]),
        ({"status": 204, "body": {}}, ["FE607"]),
    ],
)
def test_what_it_cannot_answer_is_one(
    codes: Callable[..., list[str]], answer: dict[str, Any], found: list[str]
) -> None:
    assert sorted(codes(answer)) == found


def test_each_answer_is_judged_whether_a_walk_comes_to_it_or_not(codes: Callable[..., list[str]]) -> None:
    assert codes(GOOD, GOOD, {"status": 500}, GOOD, {"status": 500}) == ["FE602", "FE602"]


def test_a_body_that_is_read_as_text_is_judged_as_text(codes: Callable[..., list[str]]) -> None:
    assert codes(GOOD, how="text") == ["FE602"], "there is no $.name in a text"
    assert codes({"status": 404, "text": "<html>"}, how="text") == []


@pytest.mark.parametrize("version", ASKING)
def test_every_example_of_the_catalogue_is_what_the_service_may_answer(version: NodeVersion) -> None:
    nothing = {"inputs": {}, "literal": [], "set": {}, "edges": {}, "defaults": {}, "title": None, "timeout": None}
    retry = {"attempts": 1, "delay": 0, "backoff": 1, "on": []}
    node = {"type": version.pinned, "aliases": version.aliases, "retry": retry, **nothing}
    kinds = {name: one["kind"] for name, one in version.outcomes.items()}
    shared = {key: version.spec[key] for key in ("request", "responses", "outputs") if key in version.spec}
    types = {version.pinned: {"inputs": {}, "kinds": kinds, **shared}}
    data = {"flow": "case", "start": "ask", "variables": {}, "when": [], "types": types, "nodes": {"ask": node}}
    answers = [*version.spec["example"]["responses"].values()]
    recording = Recording("r", "case", responses={"ask": answers})

    assert check_answers(recording, Plan.from_data(data, TOOLS), CATALOGUE).findings == []
    assert len(answers) > 3


def test_the_recordings_people_copy_hold_in_the_strictest_mode() -> None:
    plans = {path.stem: flowengine.compile(flowengine.load(path)) for path in FLOWS.glob("*.yaml")}
    for path in sorted((FLOWS / "recordings").glob("*.yaml")):
        recording = load_recording(path)
        report = check_answers(recording, plans[recording.flow], CATALOGUE, "strict")
        assert ([str(one) for one in report.findings], report.ignored) == ([], ())


TEXT = """
recording: r
flow: case
responses:
  ask:
    - {status: 500}
    # flowengine: ignore FE602 the gateway in front of it
    - {status: 502}
    - {status: 503}   # flowengine: ignore FE602 only a line of its own counts
"""


@pytest.fixture
def commented(tmp_path: Path) -> Callable[[str], flowengine.check.reports.Report]:
    (tmp_path / "ask.yaml").write_text(ASK, "utf-8")
    catalogue = Catalogue([tmp_path])
    flow = tmp_path / "flow.yml"
    flow.write_text("flow: case\nstart: ask\nnodes: {ask: {type: ask@1.0, edges: {none: end}}, end: {end: success}}\n")
    plan = flowengine.compile(flowengine.load(flow), catalogue)
    path = tmp_path / "r.yml"
    path.write_text(TEXT, "utf-8")
    return lambda mode: check_answers(load_recording(path), plan, catalogue, mode)


def test_a_comment_says_that_an_answer_is_meant_also_in_the_strictest_mode(commented: Callable[[str], Any]) -> None:
    for mode, severity in (("warn", "warning"), ("strict", "error")):
        report = commented(mode)
        assert [(one.span.line, one.severity) for one in report.findings] == [(6, severity), (9, severity)]
        assert [(one.finding.span.line, one.reason) for one in report.ignored] == [(8, "the gateway in front of it")]


def test_nothing_is_judged_where_that_is_asked_for(commented: Callable[[str], Any]) -> None:
    assert MODES == ("strict", "warn", "off")
    assert (commented("off").findings, commented("off").ignored) == ([], ())


def test_nodes_that_ask_nobody_have_no_answers(tmp_path: Path) -> None:
    path = tmp_path / "flow.yaml"
    wait = "{type: delay@1.0, inputs: {duration: 1s}, edges: {onTimeout: b}}"
    path.write_text(f"flow: case\nstart: a\nnodes: {{a: {wait}, b: {{end: error}}}}\n")
    recording = Recording("r", "case", responses={"a": [{"timeout": True}], "b": [], "c": [{"status": 200}]})
    found = check_answers(recording, flowengine.compile(flowengine.load(path)), CATALOGUE).findings
    assert [(one.code, one.node, one.span) for one in found] == [("FE608", "a", None), ("FE608", "b", None)]
