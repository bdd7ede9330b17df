"""What there is to offer: node types, inputs, outcomes, variables, and what schemas list."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from flowengine.catalogue.catalogue import Catalogue, NodeVersion
from flowengine.check.edges import dynamic_outcomes
from flowengine.check.reach import canonical_labels, possible_outcomes
from flowengine.core.outcomes import STANDARD_ALIASES, STANDARD_OUTCOMES
from flowengine.core.values import as_text
from flowengine.errors import InvalidFile
from flowengine.findings import Span
from flowengine.flow_files import near
from flowengine.lsp import schema_parts
from flowengine.lsp.called import CatalogueAt
from flowengine.lsp.draft import Draft, inputs_of, version_of
from flowengine.lsp.words import of_input, of_key, of_outcome, of_type, of_variable


class Item(NamedTuple):
    """One thing to write; ``span`` is what ``text`` replaces. Items come in the order in which they are worth reading.

    ``kind`` is ``key``, ``type``, ``input``, ``outcome``, ``node``, ``name``, ``text`` or ``value``.
    """

    label: str
    kind: str
    detail: str = ""
    documentation: str = ""
    text: str = ""
    span: Span = Span(1, 1, 1, 1)


def types(typed: str, catalogue: Catalogue) -> Iterator[Item]:
    """Offer types at their recommended version; behind an @, all versions of the type."""
    name, at, _ = typed.partition("@")
    for one in catalogue.names():
        try:
            node_type = catalogue.load(one)
        except InvalidFile:
            continue
        if at and one != name:
            continue
        newest_first = sorted(node_type.versions.values(), key=lambda version: version.version != node_type.recommended)
        for version in newest_first if at else newest_first[:1]:
            detail = "deprecated" if version.spec.get("deprecated") else node_type.title
            yield Item(version.pinned, "type", detail, of_type(node_type, version))


def inputs(version: NodeVersion | None, value: Mapping[str, Any], given: list[str]) -> Iterator[Item]:
    """Offer the inputs that are not given, those first that have to be, with what is given as it is."""
    if version is None:
        return
    schema = version.spec.get("inputs", {})
    parts = schema_parts.parts_at(schema, (), {key: one for key, one in value.items() if key in given})
    # Which conditions hold is known when what is always needed is there.
    needed = set(schema_parts.missing([schema], given) or schema_parts.missing(parts, given))
    names = [name for name in schema_parts.properties(parts, schema) if name not in given]
    for name in sorted(names, key=lambda one: one not in needed):
        yield Item(name, "input", "required" if name in needed else "optional", of_input(version, name))


def outcomes(version: NodeVersion | None, given: Mapping[str, Any], used: Iterable[str]) -> Iterator[Item]:
    """Offer the outcomes that a node can come back with and that are not used, under any spelling."""
    if version is None:
        return
    spellings = canonical_labels(version, given)
    taken = {spellings.get(label, label) for label in used}
    own = dynamic_outcomes(version, given)
    for name in sorted(possible_outcomes(version, given), key=lambda one: one not in own):
        if name not in taken:
            is_told = name in version.outcomes
            kind = version.outcomes[name]["kind"] if is_told else "success"
            said = of_outcome(version, name) if is_told else f"**{name}**: success\n\nNamed by the flow."
            yield Item(name, "outcome", kind, said)


def flows(catalogue: Catalogue) -> Iterator[Item]:
    """Offer the flows that can be called."""
    if isinstance(catalogue, CatalogueAt):
        for name, path in catalogue.flows.items():
            flow = catalogue.flow(name)
            said = str(flow.data.get("description", "")) if flow is not None else ""
            yield Item(name, "text", flow.title if flow is not None else str(near(path)), said)


def default_outcomes(nodes: Iterable[Mapping[str, Any]], catalogue: Catalogue, used: Iterable[str]) -> Iterator[Item]:
    """Offer the outcomes of all nodes that are not used, those first that every node may have."""
    taken = {STANDARD_ALIASES.get(label, label) for label in used}
    offered: dict[str, Item] = {}
    for node in nodes:
        for item in outcomes(version_of(catalogue, node), inputs_of(node), taken):
            offered.setdefault(item.label, item)
    yield from sorted(offered.values(), key=lambda item: item.label not in STANDARD_OUTCOMES)


def variables(draft: Draft, given: Iterable[str]) -> Iterator[Item]:
    """Offer the variables that are not there yet."""
    left = (name for name in draft.variables if name not in given)
    yield from (Item(name, "name", "variable", of_variable(name, draft.variables[name])) for name in left)


def schema_keys(schema: Mapping[str, Any], path: tuple[str | int, ...], value: Any, given: list[str]) -> Iterator[Item]:
    """Offer the keys that a schema has at a path and that are not given, as long as there is room."""
    parts = schema_parts.parts_at(schema, path, value)
    needed = schema_parts.missing(parts, given)
    room = schema_parts.room(parts, given)
    for name, said in schema_parts.properties(parts, schema).items():
        if name not in given and (room is None or room > len(needed) or name in needed[:room]):
            yield Item(name, "key", "required" if name in needed else "", of_key(name, said))


def schema_values(schema: Mapping[str, Any], path: tuple[str | int, ...], value: Any) -> Iterator[Item]:
    """Offer the values that a schema lists at a path."""
    found = schema_parts.values(schema_parts.parts_at(schema, path, value))
    yield from (Item(as_text(one), "text" if isinstance(one, str) else "value") for one in found)
