"""What a form for a node shows: its inputs as the schema of its type has them, and what may be written into them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from flowengine.catalogue.catalogue import Catalogue, NodeVersion
from flowengine.check.reach import Target, possible_edges
from flowengine.core.values import same
from flowengine.lsp import schema_parts
from flowengine.lsp.draft import Draft, inputs_of
from flowengine.lsp.reading import TRIGGER, names_below, roots
from flowengine.studio.graphs import Drawn

_NODE_KEYS: Final = ("title", "description", "authorization", "timeout", "retry", "set", "edges")


def form_of(node: str, draft: Draft, drawn: Drawn, catalogue: Catalogue) -> dict[str, Any]:
    """Return the form of a node of a flow."""
    written = draft.nodes[node]
    version = drawn.versions[node]
    given = inputs_of(written)
    schema = version.spec.get("inputs", {}) if version is not None else {}
    parts = schema_parts.parts_at(schema, (), dict(given))
    properties = schema_parts.properties(parts, schema)
    return {
        "node": node,
        "type": version.pinned if version is not None else written.get("type"),
        "title": version.title if version is not None else None,
        "description": _type_description(version, catalogue),
        "end": written.get("end"),
        "schema": schema,
        "required": list(dict.fromkeys(schema_parts.missing(parts, []))),
        "properties": list(properties),
        "values": dict(given),
        "node_values": {key: written[key] for key in _NODE_KEYS if key in written},
        "authorizationKinds": list(version.authorization_kinds) if version is not None else [],
        "references": list(_references(node, draft, drawn, catalogue)) if "end" not in written else [],
        "outcomes": _outcomes(node, drawn, catalogue, version),
        "outputs": [_output(name, one) for name, one in _declared_outputs(version).items()],
        "versions": _versions(version, catalogue),
        "changes": list(_changes(version, catalogue)),
    }


def _type_description(version: NodeVersion | None, catalogue: Catalogue) -> str | None:
    return catalogue.load(version.name).description if version is not None else None


def _references(node: str, draft: Draft, drawn: Drawn, catalogue: Catalogue) -> Iterator[dict[str, Any]]:
    """Yield what may be referred to: variables, outputs of nodes that can have run before, the event, the run."""
    for root, said in roots(("nodes", node, "inputs"), draft).items():
        if root in draft.variables:
            yield _reference(root, draft.variables[root].get("type"), said, "variables")
            continue
        if root == TRIGGER:
            yield from _of_event((TRIGGER,), draft, catalogue)
            continue
        types = _output_types(root, drawn)
        origin = root
        for name, text in names_below((root,), draft, catalogue).items():
            yield _reference(f"{root}.{name}", types.get(name), text, origin)


def _of_event(above: tuple[str, ...], draft: Draft, catalogue: Catalogue) -> Iterator[dict[str, Any]]:
    for name, text in names_below(above, draft, catalogue).items():
        path = (*above, name)
        yield _reference(".".join(path), None, text, TRIGGER)
        yield from _of_event(path, draft, catalogue)


def _reference(path: str, kind: Any, said: str, origin: str) -> dict[str, Any]:
    return {"text": f"$({path})", "type": kind, "description": said, "from": origin}


def _output_types(node: str, drawn: Drawn) -> dict[str, Any]:
    declared = _declared_outputs(drawn.versions.get(node))
    return {"outcome": "string", **{name: one.get("type") for name, one in declared.items()}}


def _outcomes(node: str, drawn: Drawn, catalogue: Catalogue, version: NodeVersion | None) -> list[dict[str, Any]]:
    targets = possible_edges(drawn.flow, catalogue)[node]
    return [_outcome(name, target, version) for name, target in targets.items() if name]


def _outcome(name: str, target: Target, version: NodeVersion | None) -> dict[str, Any]:
    said = version.outcomes.get(name) if version is not None else None
    return {
        "name": name,
        "kind": said["kind"] if said else "success",
        "description": said["description"] if said else "Named by the flow.",
        "to": target.to,
        "label": target.label,
        "default": target.default,
        "fallThrough": target.fall_through,
    }


def _declared_outputs(version: NodeVersion | None) -> Mapping[str, Any]:
    return version.spec.get("outputs", {}) if version is not None else {}


def _output(name: str, said: Mapping[str, Any]) -> dict[str, Any]:
    return {"name": name, "type": said.get("type"), "description": said.get("description", "")}


def _versions(version: NodeVersion | None, catalogue: Catalogue) -> list[dict[str, Any]]:
    if version is None:
        return []
    return [
        {
            "version": one.version,
            "recommended": one.version == one.recommended,
            "deprecated": one.spec.get("deprecated"),
        }
        for one in catalogue.load(version.name).versions.values()
    ]


def _changes(version: NodeVersion | None, catalogue: Catalogue) -> Iterator[dict[str, Any]]:
    """Yield what another version of the type has, and has otherwise."""
    for other in catalogue.load(version.name).versions.values() if version is not None else ():
        if version is not None and other.version != version.version:
            yield changes_between(version, other)


def changes_between(version: NodeVersion, other: NodeVersion) -> dict[str, Any]:
    """Return what ``other`` has and ``version`` has not, has no more, or has otherwise."""
    return {
        "from": version.version,
        "to": other.version,
        "inputs": _difference(input_parts(version), input_parts(other)),
        "outcomes": _difference(version.outcomes, other.outcomes),
        "outputs": _difference(_declared_outputs(version), _declared_outputs(other)),
    }


def input_parts(version: NodeVersion) -> Mapping[str, Any]:
    """Return the inputs of a version, each with all that its schema says of it."""
    schema = version.spec.get("inputs", {})
    required = schema.get("required", [])
    properties = schema_parts.properties(schema_parts.parts_at(schema, (), None), schema)
    return {name: {**said, "required": name in required} for name, said in properties.items()}


def _difference(was: Mapping[str, Any], now: Mapping[str, Any]) -> dict[str, list[str]]:
    return {
        "added": [name for name in now if name not in was],
        "removed": [name for name in was if name not in now],
        "changed": [name for name in now if name in was and not same(was[name], now[name])],
    }
