"""What ``nodes show`` says about a node type, for people."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import yaml
from rich.text import Text

from flowengine.catalogue.catalogue import NodeType, NodeVersion
from flowengine.catalogue.input_rules import as_list, as_map, requirements, resolve
from flowengine.cli.screen import Screen, shorten
from flowengine.cli.tables import cell, show_table
from flowengine.core.answers import Json
from flowengine.core.values import as_text

_WORDS: Final = {
    "string": "text",
    "integer": "whole number",
    "number": "number",
    "boolean": "true or false",
    "array": "list",
    "object": "map",
    "null": "null",
}
_EXAMPLE: Final = 80


def show_page(screen: Screen, node_type: NodeType, version: NodeVersion) -> None:
    """Show everything a flow's author wants to know about one version."""
    spec = version.spec
    show_table(screen, _head(node_type, version))
    for title, rows in (
        ("Inputs", _inputs(spec.get("inputs", {}))),
        ("Outputs", _outputs(spec.get("outputs", {}))),
        ("Outcomes", _outcomes(version)),
        ("Our readings of the documentation", [(cell("-"), cell(one)) for one in _texts(spec.get("ourReading"))]),
    ):
        _section(screen, title, list(rows))
    if "example" in spec:
        _section(screen, "Example", [(cell(line),) for line in _example(version)])


def _section(screen: Screen, title: str, rows: Sequence[Sequence[Text]]) -> None:
    if rows:
        screen.line()
        screen.line(screen.paint(title, "bold"))
        show_table(screen, [(cell(""), *row) for row in rows])


def _head(node_type: NodeType, version: NodeVersion) -> Iterator[tuple[Text, Text]]:
    yield cell(version.pinned, "bold"), cell(node_type.title, "bold")
    if node_type.description:
        yield cell(""), cell(node_type.description)
    marked = (f"{one} (recommended)" if one == node_type.recommended else one for one in node_type.versions)
    yield cell("versions", "dim"), cell(", ".join(marked))
    if version.spec.get("deprecated"):
        yield cell("deprecated", "yellow"), cell(str(version.spec["deprecated"]), "yellow")
    facts = {
        "integration": node_type.integration,
        "authorization": _authorization(version),
        "method": version.spec.get("method"),
    }
    for name, value in facts.items():
        if value:
            yield cell(name, "dim"), cell(str(value))


def _authorization(version: NodeVersion) -> str | None:
    if not version.takes_authorization:
        return None
    need = "required" if version.needs_authorization else "optional"
    return f"{need}: {' or '.join(version.authorization_kinds) or 'of any kind'}"


def _inputs(schema: Mapping[str, Any]) -> Iterator[tuple[Text, Text]]:
    required = requirements(schema)
    for name, one in as_map(schema.get("properties")).items():
        described = resolve(one, schema)
        facts = Text.assemble(cell(_sort(described)), "; ", _need(name, required))
        yield cell(name, "cyan"), facts
        if described.get("description"):
            yield cell(""), cell(as_text(described["description"]))
        for example in as_list(described.get("examples"))[:1]:
            yield cell(""), cell(f"such as {shorten(as_text(example), _EXAMPLE)}", "dim")
        for reading in _texts(described.get("ourReading")):
            yield cell(""), cell(f"our reading: {reading}", "dim")


def _need(name: str, required: Mapping[str, list[str]]) -> Text:
    if name not in required:
        return cell("optional", "dim")
    conditions = required[name]
    return cell(f"required when {', or when '.join(conditions)}" if any(conditions) else "required", "yellow")


def _sort(schema: Mapping[str, Any]) -> str:
    """Say in words what values a schema takes."""
    if "x-expected" in schema:
        return str(schema["x-expected"])
    if "enum" in schema:
        return f"one of {', '.join(map(as_text, as_list(schema['enum'])))}"
    kinds = [schema["type"]] if isinstance(schema.get("type"), str) else as_list(schema.get("type"))
    return " or ".join(_WORDS.get(str(one), str(one)) for one in kinds) or "anything"


def _outputs(outputs: Mapping[str, Mapping[str, Any]]) -> Iterator[tuple[Text, Text]]:
    for name, one in outputs.items():
        facts = cell(_sort(one))
        also = _also(one.get("aliases", ()))
        if also:
            facts.append(f"; {also}", "dim")
        yield cell(name, "cyan"), facts
        if one.get("description"):
            yield cell(""), cell(one["description"])
        for reading in _texts(one.get("ourReading")):
            yield cell(""), cell(f"our reading: {reading}", "dim")


def _outcomes(version: NodeVersion) -> Iterator[tuple[Text, Text, Text]]:
    for name, one in version.outcomes.items():
        yield (
            cell(name, "cyan"),
            cell(one["kind"], "green" if one["kind"] == "success" else "red"),
            cell(one["description"]),
        )
        if one["aliases"]:
            yield cell(""), cell(""), cell(_also(one["aliases"]), "dim")
    if version.open_outcomes:
        yield cell("..."), cell("success", "green"), cell("The labels that the flow itself gives.")


def _also(aliases: Sequence[str]) -> str:
    return f"also written {', '.join(aliases)}" if aliases else ""


def _texts(written: Json) -> list[str]:
    return [str(one) for one in written] if isinstance(written, list) else [str(written)] if written else []


def _example(version: NodeVersion) -> Iterator[str]:
    """Yield the lines of a node as a flow has it."""
    node = {"type": version.pinned, "inputs": version.spec["example"].get("inputs", {})}
    text = yaml.dump(node, Dumper=_FlowDumper, sort_keys=False, allow_unicode=True, width=100)
    yield from text.splitlines()


class _FlowDumper(yaml.SafeDumper):
    """Writes texts of several lines (scripts) as blocks."""


_FlowDumper.add_representer(
    str, lambda dumper, text: dumper.represent_scalar("tag:yaml.org,2002:str", text, "|" if "\n" in text else None)
)
