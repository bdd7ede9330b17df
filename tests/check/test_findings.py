"""Every code at its exact place. The cases of tests/conformance have more of each; these are one mistake a flow."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import flowengine

PACKAGE = Path(flowengine.__file__).parent
END = "  done: {end: success}\n"


def flow(nodes: str, head: str = "", start: str = "a") -> str:
    return f"flow: case\n{head}start: {start}\nnodes:\n{nodes}{END}"


ASK = "  a: {type: ask@1.0, edges: {answered: done, onInvalidChoice: done}}\n"
OLD = 'node: old\nversions: {"1.0": {deprecated: gone, request: {method: GET, path: /x}, outcomes: {}}}\n'

CASES: list[tuple[str, str, dict[str, str], list[tuple[str, str, int, int, str | None]]]] = [
    ("unknown key", flow(ASK, "titel: x\n"), {}, [("FE101", "error", 2, 1, None)]),
    ("unknown key of a node", flow(ASK.replace("edges", "edge")), {}, [("FE101", "error", 4, 22, "a")]),
    ("missing key", "flow: case\nnodes:\n" + END, {}, [("FE102", "error", 1, 1, None)]),
    ("missing key of a node", flow("  a: {edges: {}}\n"), {}, [("FE102", "error", 4, 3, "a")]),
    ("wrong type", flow(ASK, "description: [x]\n"), {}, [("FE103", "error", 2, 14, None)]),
    ("wrong value", flow(ASK, "format: 1.5\n"), {}, [("FE104", "error", 2, 9, None)]),
    ("unknown node type", flow(ASK.replace("ask@", "aks@")), {}, [("FE201", "error", 4, 13, "a")]),
    ("unknown version", flow(ASK.replace("1.0", "2.0")), {}, [("FE202", "error", 4, 13, "a")]),
    ("not pinned", flow(ASK.replace("@1.0", "")), {}, [("FE203", "hint", 4, 13, "a")]),
    (
        "deprecated",
        flow("  a: {type: old@1.0, edges: {onInvalidChoice: done}}\n"),
        {"old": OLD},
        [("FE204", "warning", 4, 13, "a")],
    ),
    (
        "manifest",
        flow("  a: {type: old@1.0, edges: {onInvalidChoice: done}}\n"),
        {"old": OLD.replace("node: old", "node: new")},
        [("FE205", "error", 1, 7, None)],
    ),
    ("target of an edge", flow(ASK.replace(": done}", ": doen}")), {}, [("FE206", "error", 4, 63, "a")]),
    ("target of the start", flow(ASK, start="b"), {}, [("FE206", "error", 2, 8, None)]),
    (
        "target of a default edge",
        flow(ASK, "defaults: {edges: {onError: b}}\n"),
        {},
        [("FE206", "error", 2, 29, None)],
    ),
    ("node and variable", flow(ASK, "variables: {a: 1}\n"), {}, [("FE207", "error", 5, 3, "a")]),
    (
        "set of no variable",
        flow(ASK.replace("edges", "set: {b: 1}, edges")),
        {},
        [("FE208", "error", 4, 28, "a")],
    ),
    (
        "set-variables of no variable",
        flow("  a: {type: set-variables@1.0, inputs: {values: {b: 1}}, edges: {onSuccess: done}}\n"),
        {},
        [("FE208", "error", 4, 50, "a")],
    ),
    (
        "default of another type",
        flow(ASK, "variables: {b: {type: string, default: 1}}\n"),
        {},
        [("FE313", "hint", 2, 13, None), ("FE209", "error", 2, 40, None)],
    ),
    (
        "a default that is none",
        flow(ASK, "variables: {b: {default: 1, description: x}}\n"),
        {},
        [("FE210", "warning", 2, 13, None), ("FE313", "hint", 2, 13, None)],
    ),
    (
        "no reference",
        flow(ASK.replace("edges", "inputs: {question: x $(1)}, edges")),
        {},
        [("FE301", "error", 4, 43, "a")],
    ),
    (
        "no reference in quotes",
        flow(ASK.replace("edges", 'inputs: {question: "x $(1)"}, edges')),
        {},
        [("FE301", "error", 4, 44, "a")],
    ),
    (
        "reference to nowhere",
        flow(ASK.replace("edges", "inputs: {question: x $(b)}, edges")),
        {},
        [("FE302", "error", 4, 43, "a")],
    ),
    (
        "pattern that is none",
        flow(
            "  a:\n    type: branch@1.0\n    inputs: {rows: [{name: x, when: {value: a, regex: '('}}]}\n"
            "    edges: {x: done, None of the above: done, onInvalidData: done}\n"
        ),
        {},
        [("FE401", "error", 6, 55, "a")],
    ),
    (
        "no inputs where some are needed",
        flow("  a: {type: delay@1.0, edges: {onTimeout: done}}\n"),
        {},
        [("FE102", "error", 4, 3, "a")],
    ),
    ("label of no outcome", flow(ASK.replace("answered", "answer")), {}, [("FE501", "error", 4, 30, "a")]),
    ("another spelling", flow(ASK.replace("answered", "onerror")), {}, [("FE502", "hint", 4, 30, "a")]),
    (
        "two of one outcome",
        flow(ASK.replace("answered: done", "onError: done, onerror: done")),
        {},
        [("FE502", "hint", 4, 45, "a"), ("FE503", "error", 4, 45, "a")],
    ),
    (
        "version that is not recommended",
        flow("  a: {type: old@1.0, edges: {onInvalidChoice: done}}\n"),
        {"old": OLD.replace("deprecated: gone, ", "").replace("}}\n", '}, "1.1": {extends: "1.0"}}\n')},
        [("FE213", "hint", 4, 13, "a")],
    ),
    (
        "text that looks like a reference",
        flow(ASK.replace("edges", 'inputs: {question: "x ${trigger.x}"}, edges')),
        {},
        [("FE303", "warning", 4, 44, "a")],
    ),
    (
        "path that is none",
        flow(
            "  a:\n    type: data-parser@1.0\n    inputs: {source: '{}', extract: {x: y}}\n"
            "    edges: {onSuccess: done, onParseFailure: b, onInvalidChoice: b}\n  b: {end: error}\n"
        ),
        {},
        [("FE403", "error", 6, 41, "a")],
    ),
    (
        "default label of no node",
        flow(ASK, "defaults: {edges: {onSucces: done}}\n"),
        {},
        [("FE504", "warning", 2, 20, None)],
    ),
]


@pytest.mark.parametrize(("text", "manifests", "expected"), [one[1:] for one in CASES], ids=[one[0] for one in CASES])
def test_a_mistake_is_found_at_its_place(
    text: str, manifests: dict[str, str], expected: list[Any], validated: Callable[..., list[flowengine.Finding]]
) -> None:
    found = validated(text, **manifests)
    assert [(one.code, one.severity, *one.span[:2], one.node) for one in found if one.span] == expected
    assert all(one.message and "\n" not in str(one) for one in found)


def test_a_flow_without_mistakes_has_no_findings(validated: Callable[..., list[flowengine.Finding]]) -> None:
    assert validated(flow(ASK)) == []


def test_every_code_is_tried_somewhere() -> None:
    used = {
        code for module in PACKAGE.rglob("*.py") for code in re.findall(r'"(FE[1-7]\d\d)"', module.read_text("utf-8"))
    }
    tests = Path(__file__).parents[1]
    tried = {code for file in tests.rglob("*.py") for code in re.findall(r"FE\d{3}", file.read_text("utf-8"))}
    assert used <= tried


def test_findings_come_in_the_order_of_the_file(validated: Callable[..., list[flowengine.Finding]]) -> None:
    text = flow(
        "  a: {type: ask@1.0, inputs: {questoin: $(b)}, set: {c: 1}, edges: {answerd: doen}}\n",
        "variables: {a: 1}\n",
    )
    found = validated(text)
    assert [one.code for one in found] == ["FE207", "FE101", "FE302", "FE208", "FE501", "FE206"]
    assert found == sorted(found, key=flowengine.Finding.sort_key)


def test_references_in_a_block_are_pointed_at_themselves(validated: Callable[..., list[flowengine.Finding]]) -> None:
    inputs = "    inputs:\n      question: |\n        x\n        $(b)\n"
    text = flow("  a:\n    type: ask@1.0\n" + inputs + "    edges: {answered: done, onInvalidChoice: done}\n")
    (found,) = validated(text)
    assert found.span == (9, 9, 9, 13)


def test_what_is_wrong_with_a_flow_that_cannot_be_read_is_said_too(tmp_path: Path) -> None:
    (found,) = flowengine.validate(tmp_path / "nowhere.yaml")
    assert (found.code, found.span) == ("FE001", None)
    assert str(found).startswith(str(tmp_path))


def test_the_node_types_of_the_project_are_known_without_being_given(tmp_path: Path) -> None:
    (tmp_path / "flowengine.yaml").write_text("nodes: [types]\n")
    (tmp_path / "types").mkdir()
    (tmp_path / "types" / "old.yaml").write_text(OLD)
    path = tmp_path / "flows" / "flow.yaml"
    path.parent.mkdir()
    path.write_text(flow("  a: {type: old@1.0, edges: {onInvalidChoice: done}}\n"))
    assert [one.code for one in flowengine.validate(path)] == ["FE204"]
    assert flowengine.compile(flowengine.load(path)).nodes["a"].type == "old@1.0"
    (tmp_path / "flowengine.yaml").write_text("nodes: [nowhere]\n")
    assert [one.code for one in flowengine.validate(path)] == ["FE702"]


def test_errors_forbid_compiling_and_hints_do_not(tmp_path: Path) -> None:
    path = tmp_path / "flow.yaml"
    path.write_text(flow("  a: {type: delay, inputs: {duration: 1s, unit: s}, edges: {onSuccess: done, x: done}}\n"))
    with pytest.raises(flowengine.InvalidFile) as caught:
        flowengine.compile(flowengine.load(path))
    assert [one.code for one in caught.value.findings] == ["FE101", "FE501"]
    path.write_text(flow("  a: {type: delay, inputs: {duration: 1s}, edges: {onSuccess: done}}\n"))
    assert [one.code for one in flowengine.validate(path)] == ["FE203", "FE502"]
    assert flowengine.compile(flowengine.load(path)).flow == "case"
