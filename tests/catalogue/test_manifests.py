"""Every node type that ships is held to the format, and to what flow authors rely on."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from referencing import Registry

from flowengine import shipped
from flowengine.catalogue.manifest import merged_versions
from flowengine.core.outcomes import STANDARD_ALIASES, STANDARD_OUTCOMES
from flowengine.core.references import references_in
from flowengine.flowfile.yaml_tree import read_yaml, to_value

FILES = {path.stem: path for path in sorted(shipped.shipped("nodes").rglob("*.yaml"))}

ENGAGE = {
    "search-conversation": ["1.0", "1.1", "1.3"],
    "append-message": ["1.0", "1.3", "1.4"],
    "create-conversation": ["1.0", "1.2", "1.3"],
    "update-conversation": ["1.0"],
    "add-participant": ["1.0"],
    "remove-participant": ["1.0"],
    "close-conversation": ["1.0"],
    "reopen-conversation": ["1.0"],
}


@cache
def manifest(name: str) -> dict[str, Any]:
    value: dict[str, Any] = to_value(read_yaml(FILES[name]))
    return value


def version(name: str, number: str) -> dict[str, Any]:
    return merged_versions(manifest(name))[number]


def validator(schema: dict[str, Any]) -> Draft202012Validator:
    return Draft202012Validator(schema, registry=Registry())


def problems(name: str, number: str, inputs: dict[str, Any]) -> list[str]:
    errors = validator(version(name, number)["inputs"]).iter_errors(inputs)
    return [f"{error.json_path}: {error.message}" for error in errors]


def examples(spec: dict[str, Any]) -> dict[str, dict[str, Any]]:
    channels = spec["example"].get("channels", {})
    return {"": spec["example"]["inputs"], **{channel: one["inputs"] for channel, one in channels.items()}}


ALL_VERSIONS = [(name, number) for name in FILES for number in manifest(name)["versions"]]
ENGAGE_VERSIONS = [(name, number) for name, numbers in ENGAGE.items() for number in numbers]
REQUEST_VERSIONS = [(name, number) for name, number in ALL_VERSIONS if "request" in version(name, number)]


@pytest.mark.parametrize("name", FILES)
def test_a_manifest_has_the_format(name: str) -> None:
    errors = validator(shipped.schema("node")).iter_errors(manifest(name))
    assert [f"{error.json_path}: {error.message}" for error in errors] == []


@pytest.mark.parametrize("name", FILES)
def test_a_file_is_named_after_its_node_type(name: str) -> None:
    assert manifest(name)["node"] == name


@pytest.mark.parametrize("name", FILES)
def test_exactly_one_version_is_recommended(name: str) -> None:
    specs = merged_versions(manifest(name))
    assert [number for number, spec in specs.items() if spec.get("recommended")] == [list(specs)[-1]]


@pytest.mark.parametrize(("name", "numbers"), ENGAGE.items())
def test_the_documented_versions_are_there(name: str, numbers: list[str]) -> None:
    assert list(manifest(name)["versions"]) == numbers
    assert manifest(name)["integration"] == "webex-engage"


@pytest.mark.parametrize(("name", "number"), ALL_VERSIONS)
def test_inputs_are_a_schema_that_explains_itself(name: str, number: str) -> None:
    schema = version(name, number).get("inputs", {"type": "object"})
    Draft202012Validator.check_schema(schema)
    assert schema["type"] == "object"
    silent = [key for key, one in schema.get("properties", {}).items() if not {"title", "description"} <= set(one)]
    assert silent == []


@pytest.mark.parametrize(("name", "number"), ENGAGE_VERSIONS)
def test_unknown_inputs_are_refused(name: str, number: str) -> None:
    inputs = {**version(name, number)["example"]["inputs"], "conversationID": "c-1"}
    assert len(problems(name, number, inputs)) == 1


@pytest.mark.parametrize(("name", "number"), ENGAGE_VERSIONS)
def test_every_required_input_is_missed(name: str, number: str) -> None:
    spec = version(name, number)
    for missing in spec["inputs"]["required"]:
        inputs = {key: value for key, value in spec["example"]["inputs"].items() if key != missing}
        assert problems(name, number, inputs) == [f"$: {missing!r} is a required property"]
        assert problems(name, number, {**inputs, missing: ""}) != []


@pytest.mark.parametrize(("name", "number"), ALL_VERSIONS)
def test_example_inputs_are_valid(name: str, number: str) -> None:
    spec = version(name, number)
    check = validator(spec.get("inputs", {}))
    for channel, inputs in examples(spec).items():
        assert [(channel, error.message) for error in check.iter_errors(inputs)] == []


@pytest.mark.parametrize(("name", "number"), REQUEST_VERSIONS)
def test_rules_lead_to_outcomes_that_are_there(name: str, number: str) -> None:
    spec = version(name, number)
    assert {rule["outcome"] for rule in spec.get("responses", [])} <= {*spec["outcomes"], *STANDARD_OUTCOMES}


@pytest.mark.parametrize(("name", "number"), ALL_VERSIONS)
def test_no_two_outcomes_share_a_spelling_in_whatever_case(name: str, number: str) -> None:
    spec = version(name, number)
    spellings = {(label.lower(), label) for label in {*spec["outcomes"], *STANDARD_OUTCOMES}}
    spellings |= {(alias.lower(), label) for alias, label in STANDARD_ALIASES.items()}
    for label, outcome in spec["outcomes"].items():
        spellings |= {(alias.lower(), label) for alias in outcome.get("aliases", [])}
    folded = [spelling for spelling, _ in spellings]
    assert len(folded) == len(set(folded))


@pytest.mark.parametrize(("name", "number"), ALL_VERSIONS)
def test_no_two_outputs_share_a_spelling(name: str, number: str) -> None:
    outputs = version(name, number).get("outputs", {})
    spellings = [*outputs, *(alias for output in outputs.values() for alias in output.get("aliases", []))]
    assert len(spellings) == len(set(spellings))


@pytest.mark.parametrize(("name", "number"), REQUEST_VERSIONS)
def test_a_request_reads_the_inputs_and_all_of_them(name: str, number: str) -> None:
    spec = version(name, number)
    first_of = spec["request"].get("firstOf", {})
    read = {reference.root for reference in references_in(spec["request"])}
    known = set(spec["inputs"]["properties"])
    assert read - set(first_of) <= known
    assert known - read == {one for candidates in first_of.values() for one in candidates} - read


@pytest.mark.parametrize("name", ENGAGE)
def test_no_real_numbers_or_addresses(name: str) -> None:
    text = FILES[name].read_text("utf-8")
    assert [one for one in re.findall(r"\+?[0-9]{9,}", text) if not one.lstrip("+").startswith("447700900")] == []
    assert [one for one in re.findall(r"@[a-z0-9.-]+\.[a-z]{2,}", text) if not one.endswith("example.com")] == []


@pytest.mark.parametrize("name", ENGAGE)
def test_lines_are_short_enough_to_read(name: str) -> None:
    lines = FILES[name].read_text("utf-8").splitlines()
    assert [line for line in lines if len(line) > 140] == []


def test_schemas_are_schemas() -> None:
    for path in sorted(shipped.shipped("schemas").glob("*.schema.json")):
        Draft202012Validator.check_schema(shipped.schema(path.name.removesuffix(".schema.json")))
