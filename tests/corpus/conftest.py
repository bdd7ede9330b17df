"""Graphs of real flows, made into flows of ours: nodes, types and labels are theirs, inputs and conditions are not."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import pytest

import flowengine
from flowengine.flowfile.syntax import Flow
from flowengine.flowfile.yaml_tree import parse_yaml, read_yaml, to_value

HERE: Final = Path(__file__).parent
GRAPHS: Final = {path.stem: path for path in sorted((HERE / "graphs").glob("*.yaml"))}
STANDARD: Final = {
    one.lower(): one for one in ("onError", "onInvalidData", "onInvalidChoice", "onTimeout", "onAuthorizationFailure")
}
ELSEWHERE: Final = {"http": "http-request@1.0", "search-conversation": "search-conversation@1.3"}
OPERATORS: Final = ("contains", "startsWith", "equalsIgnoreCase")
DEFAULT_ROW: Final = "None of the above"


def converted(graph: Mapping[str, Any]) -> dict[str, Any]:
    """Return the flow of a graph."""
    nodes = {name: _node(name, node, graph) for name, node in graph["nodes"].items()}
    read = {node["reads"] for node in graph["nodes"].values() if "reads" in node}
    return {
        "flow": graph["graph"],
        "trigger": {"channel": graph["channel"], "event": "incoming-message"},
        "variables": {name: {"type": "string"} for name in sorted(read) if "." not in name},
        "start": graph["start"],
        "nodes": {**nodes, "success": {"end": "success"}, "error": {"end": "error"}},
    }


def _node(name: str, node: Mapping[str, Any], graph: Mapping[str, Any]) -> dict[str, Any]:
    kind, event = node["type"], f"trigger.{graph['channel']}"
    edges = {_label(kind, label): target for label, target in node.get("edges", {}).items()}
    made: dict[str, Any] = {"type": ELSEWHERE.get(kind, f"{kind}@1.0")}
    if kind == "branch":
        made["inputs"] = {"rows": _rows(name, node["reads"], [one for one in edges if one not in STANDARD.values()])}
    elif kind == "evaluate":
        made["inputs"] = _script(name, event, [one for one in edges if one not in STANDARD.values()])
    elif kind == "http":
        made["inputs"] = {"method": "POST", "url": f"https://{graph['graph']}.example.com/", "json": f"$({event})"}
    elif kind == "search-conversation":
        made["inputs"] = {"channel": "livechat", "appId": f"$({event}.appId)", "userId": f"$({event}.userId)"}
    return {**made, "edges": edges} if edges else made


def _label(kind: str, label: str) -> str:
    if kind == "http" and label == "oncomplete":
        return "onSuccess"
    if kind == "branch" and label.lower() == "onerror":
        return "onInvalidData"
    return label


def _rows(name: str, reads: str, labels: list[str]) -> list[dict[str, Any]]:
    """Make conditions on what the branch reads; which one differs from branch to branch."""
    number = int(name.rpartition("-")[2])
    rows = [label for label in labels if label != DEFAULT_ROW]
    return [
        {"name": label, "when": {"value": f"$({reads})", OPERATORS[(number + index) % len(OPERATORS)]: label}}
        for index, label in enumerate(rows)
    ]


def _script(name: str, event: str, labels: list[str]) -> dict[str, Any]:
    """Make a script that has all outcomes: a label for a word, no label for others, an error for what is no text."""
    words = json.dumps({label: number for number, label in enumerate(labels)})
    return {
        "values": {"word": f"$({event}.{name})"},
        "script": f"const known = {words};\nknown[word.trim()];\n",
        "branches": {label: number for number, label in enumerate(labels)},
    }


@pytest.fixture(scope="session")
def catalogue() -> flowengine.Catalogue:
    return flowengine.Catalogue([HERE / "nodes"])


@pytest.fixture(params=GRAPHS)
def flow(request: pytest.FixtureRequest) -> Flow:
    data = converted(to_value(read_yaml(GRAPHS[request.param])))
    text = json.dumps(data, indent=1)
    tree = parse_yaml(text, f"{request.param}.yaml")
    return Flow(Path(f"{request.param}.yaml"), tree, to_value(tree), text)
