"""What is said about node types, inputs, outcomes, outputs and variables, in Markdown."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from flowengine.catalogue.catalogue import NodeType, NodeVersion
from flowengine.catalogue.input_rules import requirements
from flowengine.check.reach import possible_outcomes
from flowengine.core.answers import Json
from flowengine.core.values import as_text
from flowengine.lsp.schema_parts import parts_at, properties, takes


def of_type(node_type: NodeType, version: NodeVersion) -> str:
    """Describe a node type."""
    listed = (f"**{one}** (recommended)" if one == node_type.recommended else one for one in node_type.versions)
    deprecated = version.spec.get("deprecated")
    return _joined(
        f"**{version.pinned}**: {node_type.title}",
        node_type.description,
        f"Deprecated: {deprecated}" if deprecated else "",
        f"Versions: {', '.join(listed)}",
        f"Outcomes: {', '.join(f'`{name}`' for name in possible_outcomes(version, {}))}",
    )


def of_input(version: NodeVersion, name: str) -> str:
    """Describe an input, or return nothing where the type has none of this name."""
    schema = version.spec.get("inputs", {})
    said = properties(parts_at(schema, (), None), schema).get(name)
    if said is None:
        return ""
    conditions = requirements(schema).get(name)
    need = "optional" if conditions is None else "required"
    need += f" when {', or when '.join(conditions)}" if conditions and any(conditions) else ""
    return of_key(name, said, need)


def of_key(name: str, said: Mapping[str, Any], need: str = "") -> str:
    """Describe a key by what its schema says."""
    examples = [as_text(one) for one in said.get("examples", [])[:1]]
    return _joined(
        f"**{name}**: {'; '.join(filter(None, (takes(said), need))) or 'any value'}",
        str(said.get("description", "")),
        f"Default: `{_written(said['default'])}`" if "default" in said else "",
        *(f"Such as `{one}`" for one in examples if "\n" not in one),
        _reading(said),
    )


def of_outcome(version: NodeVersion, label: str) -> str:
    """Describe an outcome by any of its spellings; a label that the flow itself names is a success."""
    name = version.aliases.get(label, label)
    outcome = version.outcomes.get(name)
    if outcome is None:
        return _joined(f"**{label}**: success", "Named by the flow.") if version.open_outcomes else ""
    also = f"Also written {', '.join(outcome['aliases'])}" if outcome["aliases"] else ""
    return _joined(f"**{name}**: {outcome['kind']}", outcome["description"], _reading(outcome), also)


def of_output(version: NodeVersion, name: str) -> str:
    """Describe an output."""
    said = version.spec.get("outputs", {}).get(name, {})
    return _joined(f"**{name}**: {takes(said) or 'any value'}", str(said.get("description", "")), _reading(said))


def of_variable(name: str, declared: Mapping[str, Any]) -> str:
    """Describe a flow variable."""
    default = f"Default: `{_written(declared['default'])}`" if "default" in declared else "No default"
    return _joined(
        f"**{name}**: variable, {takes(declared) or 'any value'}", str(declared.get("description", "")), default
    )


def of_node(name: str, node: Mapping[str, Any]) -> str:
    """Describe a node of the flow."""
    return _joined(f"**{name}**: {kind_of(node)}", texts_of(node))


def kind_of(node: Mapping[str, Any]) -> str:
    """Say what a node is: its type, or how it ends the run."""
    return f"ends with {node['end']}" if "end" in node else str(node.get("type", "no type yet"))


def texts_of(node: Mapping[str, Any]) -> str:
    """Return what the flow says about a node."""
    return _joined(str(node.get("title") or ""), str(node.get("description") or ""))


def _written(value: Json) -> str:
    return json.dumps(value, ensure_ascii=False)


def _reading(said: Mapping[str, Any]) -> str:
    reading = said.get("ourReading")
    texts = reading if isinstance(reading, list) else [reading] if reading else []
    return "\n\n".join(f"*Our reading: {one}*" for one in texts)


def _joined(*paragraphs: str) -> str:
    return "\n\n".join(one.strip() for one in paragraphs if one and one.strip())
