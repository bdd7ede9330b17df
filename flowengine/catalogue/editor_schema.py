"""Fills the flow schema with the catalogue, so that an editor completes and explains inputs and outcomes per node type.

``python -m flowengine.catalogue.editor_schema`` rewrites ``schemas/flow.schema.json``; a test holds the two together.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from copy import deepcopy
from typing import Any, Final

from flowengine import shipped
from flowengine.catalogue.catalogue import Catalogue, NodeType, NodeVersion
from flowengine.catalogue.written_inputs import allow_references

_ENGINE_ONLY: Final = ("ourReading", "x-expected", "x-literal")


def editor_schema(base: dict[str, Any], catalogue: Catalogue) -> dict[str, Any]:
    """Return the flow schema with everything the catalogue knows filled in."""
    schema = deepcopy(base)
    types = list(catalogue)
    versions = [version for node_type in types for version in node_type.versions.values()]
    names = [name for node_type in types for name in (node_type.name, *_pinned(node_type))]
    work = schema["$defs"]["workNode"]
    work["properties"]["type"]["examples"] = names
    work["defaultSnippets"] = [_snippet(node_type.versions[node_type.recommended]) for node_type in types]
    work["allOf"] = [
        # The last one takes every text: users have node types of their own.
        {"properties": {"type": {"anyOf": [*_choices(types), {}]}}},
        *(
            {
                "if": {"required": ["type"], "properties": {"type": {"enum": _written(version)}}},
                "then": {"$ref": f"#/$defs/nodeTypes/{version.pinned}"},
            }
            for version in versions
        ),
    ]
    schema["$defs"]["nodeTypes"] = {version.pinned: _node_schema(version, versions) for version in versions}
    return schema


def _pinned(node_type: NodeType) -> list[str]:
    return [version.pinned for version in node_type.versions.values()]


def _choices(types: list[NodeType]) -> Iterator[dict[str, Any]]:
    """Yield what ``type`` can be, explained; a version that is not to be chosen any more is struck through."""
    for node_type in types:
        described = {"title": node_type.title, "description": node_type.description}
        for version in node_type.versions.values():
            why = version.spec.get("deprecated")
            other = "" if version.version == version.recommended else f" Version {version.recommended} is recommended."
            yield {
                "const": version.pinned,
                **described,
                "markdownDescription": f"**{node_type.title}** {version.version}: {node_type.description}{other}\n\n"
                + "\n".join(f"- `{name}` ({one['kind']}): {one['description']}" for name, one in _own(version).items()),
                **({"deprecated": True, "deprecationMessage": why} if why else {}),
            }
        yield {"const": node_type.name, **described, "doNotSuggest": True}


def _own(version: NodeVersion) -> dict[str, dict[str, Any]]:
    """Return the outcomes that are not those of every node."""
    return {name: one for name, one in version.outcomes.items() if name in version.spec.get("outcomes", {})}


def _snippet(version: NodeVersion) -> dict[str, Any]:
    """Return a whole node with the inputs of the manifest's example, and its own outcomes to be led somewhere."""
    inputs = version.spec.get("example", {}).get("inputs", {})
    edges = {label: f"${{{place}:next}}" for place, label in enumerate(_own(version), start=1)}
    body = {"type": version.pinned, "inputs": _escaped(inputs), "edges": edges}
    return {
        "label": version.pinned,
        "description": version.title,
        "body": {key: value for key, value in body.items() if value},
    }


def _escaped(value: Any) -> Any:
    """Keep what a flow writes with ``$`` and braces from being read as places to fill in."""
    if isinstance(value, str):
        return re.sub(r"[$}\\]", r"\\\g<0>", value)
    if isinstance(value, dict):
        return {key: _escaped(one) for key, one in value.items()}
    return [_escaped(one) for one in value] if isinstance(value, list) else value


def _written(version: NodeVersion) -> list[str]:
    """Return the ways a flow names this version; without a version the recommended one is meant."""
    return [version.pinned, version.name] if version.version == version.recommended else [version.pinned]


def _node_schema(version: NodeVersion, versions: list[NodeVersion]) -> dict[str, Any]:
    inputs = _inputs_of(version)
    schema: dict[str, Any] = {
        "title": f"{version.title} {version.version}",
        "properties": {
            "inputs": _inputs_schema(version, versions),
            "edges": {
                "description": f"Where each outcome of {version.title} leads.",
                "properties": dict(_labels(version)),
            },
        },
    }
    if not version.open_outcomes:
        schema["properties"]["edges"]["propertyNames"] = {"enum": [*version.outcomes, *version.aliases]}
    if inputs.get("required"):
        schema["required"] = ["inputs"]
    return schema


def _labels(version: NodeVersion) -> Iterator[tuple[str, dict[str, Any]]]:
    for label, outcome in version.outcomes.items():
        yield label, {"description": f"{outcome['kind']}: {outcome['description']}"}
    for alias, label in version.aliases.items():
        yield alias, {"description": f"Another spelling of {label}.", "doNotSuggest": True}


def _inputs_of(version: NodeVersion) -> dict[str, Any]:
    inputs: dict[str, Any] = version.spec.get("inputs", {"type": "object"})
    return inputs


def _inputs_schema(version: NodeVersion, versions: list[NodeVersion]) -> dict[str, Any]:
    """Return the inputs of a version, or a reference to those of an earlier one that has the same."""
    inputs = _inputs_of(version)
    first = next(one for one in versions if one.name == version.name and _inputs_of(one) == inputs)
    root = f"#/$defs/nodeTypes/{first.pinned}/properties/inputs"
    schema: dict[str, Any] = {"$ref": root} if first is not version else allow_references(_rebased(inputs, root))
    return {"description": f"What {version.title} works with.", **schema}


def _rebased(schema: Any, root: str) -> Any:
    """Point a schema's own ``#/...`` references at where it now stands, and drop what only the engine reads."""
    if isinstance(schema, dict):
        return {
            key: root + value[1:] if key == "$ref" and isinstance(value, str) else _rebased(value, root)
            for key, value in schema.items()
            if key not in _ENGINE_ONLY
        }
    return [_rebased(one, root) for one in schema] if isinstance(schema, list) else schema


def write() -> None:
    """Rewrite the shipped schema."""
    path = shipped.shipped("schemas") / "flow.schema.json"
    filled = editor_schema(json.loads(path.read_text("utf-8")), Catalogue())
    path.write_text(json.dumps(filled, indent=1, ensure_ascii=False) + "\n", "utf-8")


if __name__ == "__main__":
    write()
