"""Inputs as a flow writes them: a reference may stand for any value, which is then only known at run time."""

from __future__ import annotations

from typing import Any, Final

_REFERENCE: Final = {"type": "string", "pattern": r"\$\("}
"""A value that holds a reference is only known at run time, so an editor must not judge it."""
_APPLIED: Final = ("allOf", "anyOf", "oneOf")


def allow_references(schema: Any) -> Any:
    """Let every property hold a reference in place of its value; what a schema tests in ``if`` stays as it is."""
    if not isinstance(schema, dict):
        return schema
    changed = dict(schema)
    if isinstance(schema.get("properties"), dict):
        changed["properties"] = {name: _or_reference(one) for name, one in schema["properties"].items()}
    for key in ("then", "else", "items", "additionalProperties"):
        if key in schema:
            changed[key] = allow_references(schema[key])
    for key in _APPLIED:
        if key in schema:
            changed[key] = [allow_references(one) for one in schema[key]]
    if "$defs" in schema:
        changed["$defs"] = {name: allow_references(one) for name, one in schema["$defs"].items()}
    return changed


def _or_reference(schema: Any) -> Any:
    if not isinstance(schema, dict):
        return schema
    shown = {key: schema[key] for key in ("title", "description", "examples", "default") if key in schema}
    return {**shown, "anyOf": [allow_references(schema), _REFERENCE]}
