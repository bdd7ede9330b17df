"""The flow schema that editors use knows the whole catalogue, and agrees with the engine about the example flows."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Iterator
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


def parts(schema: Any, *at: str) -> Iterator[tuple[tuple[str, ...], dict[str, Any]]]:
    """Yield the schemas in a schema with their places, but for what is only tested (``if``, ``not``)."""
    if isinstance(schema, list):
        for number, one in enumerate(schema):
            yield from parts(one, *at, str(number))
    elif isinstance(schema, dict):
        yield at, schema
        for key, one in schema.items():
            if key in {"properties", "$defs"}:
                for name, inner in one.items():
                    yield from parts(inner, *at, key, name)
            elif key not in {"if", "not", "enum", "const", "default", "examples", "defaultSnippets", "propertyNames"}:
                yield from parts(one, *at, key)


def described(schema: dict[str, Any]) -> bool:
    while "description" not in schema and "$ref" in schema:
        target, schema = schema["$ref"], SCHEMA
        for name in target.removeprefix("#/").split("/"):
            schema = schema[name]
    return bool(schema.get("description"))


PARTS = list(parts(SCHEMA))


def test_every_key_of_every_map_is_explained() -> None:
    # What has no say in which keys there are is about the values of keys that are explained elsewhere.
    maps = [
        (at, part) for at, part in PARTS if "properties" in part and ("additionalProperties" in part or len(at) == 3)
    ]
    bare = [(*at, key) for at, part in maps for key, one in part["properties"].items() if not described(one)]
    assert len(maps) > 50
    assert bare == []


def test_every_key_of_a_flow_has_an_example_or_a_fixed_choice() -> None:
    own = [
        (at, part)
        for at, part in PARTS
        if "properties" in part and "nodeTypes" not in at and "additionalProperties" in part
    ]
    shown = {"examples", "enum", "const", "default", "defaultSnippets", "$ref"}
    bare = [(*at, key) for at, part in own for key, one in part["properties"].items() if not shown & one.keys()]
    assert bare == []


def test_every_pattern_says_what_it_expects() -> None:
    own = [(at, part) for at, part in PARTS if "nodeTypes" not in at]
    assert [at for at, part in own if {"pattern", "minProperties"} & part.keys() and at != ("properties", "nodes")] == [
        at for at, part in own if "x-expected" in part
    ]


def test_every_node_type_can_be_chosen_and_says_what_comes_of_it() -> None:
    choices = SCHEMA["$defs"]["workNode"]["allOf"][0]["properties"]["type"]["anyOf"]
    explained = {one["const"]: one for one in choices if one}
    for node_type in Catalogue():
        for version in node_type.versions.values():
            assert all(
                f"`{own}`" in explained[version.pinned]["markdownDescription"] for own in version.spec["outcomes"]
            )
            assert ("recommended" in explained[version.pinned]["markdownDescription"]) == (
                version.version != node_type.recommended
            )
    assert choices[-1] == {}, "node types of one's own are taken, too"


def test_a_deprecated_version_is_struck_through(tmp_path: Path) -> None:
    (tmp_path / "old.yaml").write_text(
        'node: old\nversions: {"1.0": {deprecated: gone, request: {method: GET, path: /x}, outcomes: {}}}\n'
    )
    schema = editor_schema(SCHEMA, Catalogue([tmp_path]))
    choices = schema["$defs"]["workNode"]["allOf"][0]["properties"]["type"]["anyOf"]
    (old,) = (one for one in choices if one.get("const") == "old@1.0")
    assert (old["deprecated"], old["deprecationMessage"]) == (True, "gone")


def test_a_snippet_is_a_node_once_its_places_are_filled_in() -> None:
    for snippet in SCHEMA["$defs"]["workNode"]["defaultSnippets"]:
        text = re.sub(r"(?<!\\)\$\{\d:(\w+)\}", r"\1", json.dumps(snippet["body"]).replace("\\\\", "\\"))
        node = json.loads(re.sub(r"\\([$}])", r"\1", text))
        data = {"flow": "case", "start": "next", "nodes": {"new": node, "next": {"end": "success"}}}
        assert messages(data) == [], snippet["label"]


def test_another_spelling_of_an_outcome_is_taken() -> None:
    data = flow()
    data["nodes"]["append"]["edges"]["onerror"] = "failed"
    assert messages(data) == []
