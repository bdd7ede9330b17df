from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

import flowengine
from flowengine.core.plan import Plan

ASK: dict[str, Any] = {
    "node": "ask",
    "integration": "service",
    "versions": {
        "1.0": {
            "inputs": {"type": "object", "properties": {"question": {"type": "string"}}},
            "request": {"method": "POST", "path": "/questions", "json": {"question": "$(question)"}},
            "responses": [
                {"when": {"status": "2xx"}, "outcome": "answered"},
                {"when": {"status": "5xx"}, "outcome": "onError"},
            ],
            "reason": "$.message",
            "outputs": {"answer": {"path": "$.answer"}},
            "outcomes": {"answered": {"kind": "success"}},
        }
    },
}

Compile = Callable[..., Plan]


@pytest.fixture
def compiled(tmp_path: Path) -> Compile:
    """Compile the text of a flow; node types beside ``ask`` are given as manifests."""

    def compile_text(text: str, *manifests: Mapping[str, Any]) -> Plan:
        folder = tmp_path / "nodes"
        folder.mkdir(exist_ok=True)
        for manifest in (ASK, *manifests):
            (folder / f"{manifest['node']}.yaml").write_text(json.dumps(manifest), "utf-8")
        path = tmp_path / "flow.yaml"
        path.write_text(text, "utf-8")
        return flowengine.compile(flowengine.load(path), flowengine.Catalogue([folder]))

    return compile_text
