"""Holds a positioned document to a JSON Schema: what is wrong becomes a finding at its place."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

from flowengine import shipped
from flowengine.errors import InvalidFile
from flowengine.findings import Finding, Span
from flowengine.flowfile.yaml_tree import Mapping, Tree, key_at, locate, to_value
from flowengine.json_schema import JsonSchema
from flowengine.schema_problems import Problem, problems


def refuse_misshapen(name: str, tree: Tree, path: str) -> None:
    """Raise InvalidFile where a document does not have the shape of ``schemas/<name>.schema.json``."""
    findings = schema_findings(_shape(name), tree, path, ())
    if findings:
        raise InvalidFile(findings)


def schema_findings(schema: JsonSchema, tree: Tree, path: str, at: Sequence[str | int]) -> list[Finding]:
    """Hold the part of a document at ``at`` to a schema; all findings, in order."""
    part = locate(tree, at)
    if part is None:
        return []
    found = [_finding(problem, tree, path, (*at, *problem.at)) for problem in problems(schema, to_value(part))]
    return sorted(found, key=Finding.sort_key)


@cache
def _shape(name: str) -> JsonSchema:
    schema = shipped.schema(name)
    if name == "flow":
        # What it says per node type is for editors; the rules of `check` say it better, and know users' own types.
        parts = {name: part for name, part in schema["$defs"].items() if name != "nodeTypes"}
        work = {key: part for key, part in parts["workNode"].items() if key != "allOf"}
        schema = {**schema, "$defs": {**parts, "workNode": work}}
    return JsonSchema(schema)


def _finding(problem: Problem, tree: Tree, path: str, at: tuple[str | int, ...]) -> Finding:
    node = str(at[1]) if len(at) > 1 and at[0] == "nodes" else None
    span = _key_span(tree, at) if problem.on_key else _value_span(tree, at)
    return Finding(problem.code, problem.message, path, span, "error", node, problem.hint or None)


def _key_span(tree: Tree, at: tuple[str | int, ...]) -> Span | None:
    if not at and isinstance(tree, Mapping) and tree.entries:
        return tree.entries[0][0].span
    key = key_at(tree, at)
    return key.span if key else _value_span(tree, at)


def _value_span(tree: Tree, at: tuple[str | int, ...]) -> Span | None:
    found = locate(tree, at)
    return found.span if found else None
