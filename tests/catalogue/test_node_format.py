"""The format of a manifest: the smallest ones are legal, and each mistake is found at its place."""

from __future__ import annotations

from typing import Any

import pytest
from jsonschema import Draft202012Validator
from referencing import Registry

from flowengine import shipped

VALIDATOR = Draft202012Validator(shipped.schema("node"), registry=Registry())

SMALLEST: dict[str, Any] = {
    "request": {"method": "GET", "path": "/status"},
    "outcomes": {"up": {"kind": "success"}},
}


def format_problems(version_1: dict[str, Any]) -> list[str]:
    value = {"node": "ping", "versions": {"1.0": version_1}}
    return [error.json_path for error in VALIDATOR.iter_errors(value)]


@pytest.mark.parametrize("version_1", [SMALLEST, {"handler": "branch", "outcomes": {}}])
def test_the_smallest_node_types_are_legal(version_1: dict[str, Any]) -> None:
    assert format_problems(version_1) == []


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"inputz": {}}, "$.versions['1.0']"),
        ({"outcomes": {"up": {}}}, "$.versions['1.0'].outcomes.up"),
        ({"outcomes": {" up": {"kind": "success"}}}, "$.versions['1.0'].outcomes"),
        ({"request": {"method": "get", "path": "/status"}}, "$.versions['1.0'].request.method"),
        ({"request": {"method": "GET", "path": "status"}}, "$.versions['1.0'].request.path"),
        ({"request": {"method": "GET"}}, "$.versions['1.0'].request"),
        ({"request": {"method": "GET", "path": "/", "url": "https://example.com"}}, "$.versions['1.0'].request"),
        ({"handler": "branch"}, "$.versions['1.0']"),
        ({"responses": [{"when": {"status": "2yy"}, "outcome": "up"}]}, "$.versions['1.0'].responses[0].when.status"),
        (
            {"responses": [{"when": {"status": [200, 99]}, "outcome": "up"}]},
            "$.versions['1.0'].responses[0].when.status[1]",
        ),
        ({"responses": [{"when": {"body": {"$..a": 1}}, "outcome": "up"}]}, "$.versions['1.0'].responses[0].when.body"),
        (
            {"responses": [{"when": {"body": {"$.a": {"exist": True}}}, "outcome": "up"}]},
            "$.versions['1.0'].responses[0].when.body['$.a']",
        ),
        ({"outputs": {"outcome": {"path": "$.a"}}}, "$.versions['1.0'].outputs"),
        ({"outputs": {"a": {"path": "a"}}}, "$.versions['1.0'].outputs.a.path"),
        (
            {"example": {"responses": {"up": {"status": 200, "error": "refused"}}}},
            "$.versions['1.0'].example.responses.up",
        ),
        ({"example": {"responses": {"up": {"headers": {}}}}}, "$.versions['1.0'].example.responses.up"),
        ({"callback": {"id": {"path": "$.id"}}}, "$.versions['1.0'].callback"),
        ({"callback": {"id": {}, "events": [{"outcome": "up"}]}}, "$.versions['1.0'].callback.id"),
        ({"callback": {"id": {"path": "$..id"}, "events": [{"outcome": "up"}]}}, "$.versions['1.0'].callback.id.path"),
        ({"callback": {"id": {"header": "id"}, "events": []}}, "$.versions['1.0'].callback.events"),
        (
            {"callback": {"id": {"header": "id"}, "events": [{"when": {"status": 200}, "outcome": "up"}]}},
            "$.versions['1.0'].callback.events[0].when",
        ),
        (
            {"callback": {"id": {"header": "id"}, "timeout": "soon", "events": [{"outcome": "up"}]}},
            "$.versions['1.0'].callback.timeout",
        ),
    ],
)
def test_a_mistake_in_a_manifest_is_found_at_its_place(change: dict[str, Any], place: str) -> None:
    assert format_problems({**SMALLEST, **change}) == [place]


def test_a_version_that_extends_another_says_only_what_differs() -> None:
    versions = {"1.0": SMALLEST, "1.1": {"extends": "1.0", "request": {"path": "/health"}, "reason": None}}
    value = {"node": "ping", "versions": versions}
    assert list(VALIDATOR.iter_errors(value)) == []
