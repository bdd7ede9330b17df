"""The flow schema that editors use knows the whole catalogue, and agrees with the engine about the example flows."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from referencing import Registry

import flowengine
from flowengine import Catalogue, shipped
from flowengine.catalogue.editor_schema import editor_schema

ROOT = Path(__file__).resolve().parents[2]
SCHEMA: dict[str, Any] = json.loads((shipped.shipped("schemas") / "flow.schema.json").read_text())
EDITOR = Draft202012Validator(SCHEMA, registry=Registry())
FLOWS = sorted((ROOT / "flows").glob("*.yaml"))


def flow(name: str = "sms-inbound") -> dict[str, Any]:
    return copy.deepcopy(dict(flowengine.load(ROOT / "flows" / f"{name}.yaml").data))


def messages(data: dict[str, Any]) -> list[str]:
    return [f"{error.json_path}: {error.message}" for error in EDITOR.iter_errors(data)]


def test_it_is_what_the_catalogue_says() -> None:
    assert editor_schema(SCHEMA, Catalogue()) == SCHEMA, "run: python -m flowengine.catalogue.editor_schema"


def test_it_is_a_schema() -> None:
    Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize("path", FLOWS, ids=lambda path: path.stem)
def test_it_accepts_the_example_flows(path: Path) -> None:
    assert messages(dict(flowengine.load(path).data)) == []


def test_it_knows_the_inputs_of_a_node_type() -> None:
    data = flow()
    data["nodes"]["append"]["inputs"]["tekst"] = "hello"

    assert any("tekst" in message for message in messages(data))


def test_it_knows_the_outcomes_of_a_node_type() -> None:
    data = flow()
    data["nodes"]["append"]["edges"]["onAppendSuccess"] = "appended"

    assert any("onAppendSuccess" in message for message in messages(data))


def test_a_reference_may_stand_for_any_value() -> None:
    data = flow()
    data["nodes"]["append"]["inputs"]["direction"] = "$(run.flow)"

    assert messages(data) == []


def test_every_key_and_input_is_explained() -> None:
    for name, part in SCHEMA["properties"].items():
        assert part.get("description"), name
    for name, version in SCHEMA["$defs"]["nodeTypes"].items():
        for key, schema in version["properties"]["inputs"].get("properties", {}).items():
            assert schema.get("description"), f"{name}: {key}"
