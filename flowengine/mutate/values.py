"""Changes of values: what nodes set, and what nodes that compute are given."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final, TypeAlias

from flowengine.catalogue.catalogue import Catalogue
from flowengine.check.names import find_version, literal_inputs
from flowengine.core.references import Reference, split_template
from flowengine.flowfile.syntax import Flow
from flowengine.mutate.mutation import REMOVED, At, Edit, Kind, Mutation, Reach, handler, shown, walked_nodes

Literal: TypeAlias = bool | int | float | str

_INSTEAD: Final = Reference("run", ("id",))
_OR: Final = Reference("run", ("flow",))
"""What is always there, to read in the place of something else."""


def another(value: Any) -> Literal | None:
    """Return a value of the same type that is not the same; None for what has references, and for lists and maps."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int | float):
        return value + 1
    return f"{value}x" if isinstance(value, str) and "$(" not in value else None


def set_mutations(flow: Flow, catalogue: Catalogue) -> Iterator[Mutation]:
    """Yield the changes of ``set``."""
    for name, node in walked_nodes(flow, catalogue).items():
        for variable, value in node.get("set", {}).items():
            yield from _of_variable(name, ("nodes", name, "set", variable), value, "set")


def input_mutations(flow: Flow, catalogue: Catalogue) -> Iterator[Mutation]:
    """Yield the changes of what nodes that compute are given.

    What a node sends or waits for stays: no recording compares it.
    """
    for name, node in walked_nodes(flow, catalogue).items():
        computes = handler(node, catalogue)
        if computes in {None, "delay", "branch", "call-flow", "receive"}:
            continue
        at: At = ("nodes", name, "inputs")
        inputs = node.get("inputs", {})
        values = inputs.get("values")
        if computes == "set-variables" and isinstance(values, dict):
            for variable, value in values.items():
                yield from _of_variable(name, (*at, "values", variable), value, "input")
            continue
        version = find_version(catalogue, node["type"])
        literal = literal_inputs(version) if version is not None else ()
        for key, value in inputs.items():
            if key not in literal:
                yield from _below(name, (*at, key), value)


def _of_variable(node: str, at: At, value: Any, kind: Kind) -> Iterator[Mutation]:
    variable, reach = at[-1], Reach((node,))
    yield Mutation(kind, at, f"{variable} is not set", shown(value), None, (Edit(at, REMOVED),), reach)
    new = another(value)
    if new is not None:
        said = f"{variable} is set to {shown(new)} instead of {shown(value)}"
        yield Mutation(kind, at, said, shown(value), shown(new), (Edit(at, new),), reach)
    yield from _below(node, at, value, kind)


def _below(node: str, at: At, value: Any, kind: Kind = "input") -> Iterator[Mutation]:
    """Yield the changes of the references in a value, at any depth, one at a time."""
    if isinstance(value, str):
        for old, new, text in read_otherwise(value):
            named = [one for one in at if isinstance(one, str)][-1]
            said = f"{named} reads {new} instead of {old}"
            yield Mutation(kind, at, said, shown(value), shown(text), (Edit(at, text),), Reach((node,)))
        return
    inner: Iterator[tuple[str | int, Any]] = iter(())
    if isinstance(value, Mapping):
        inner = iter(value.items())
    elif isinstance(value, list):
        inner = iter(enumerate(value))
    for key, one in inner:
        yield from _below(node, (*at, key), one, kind)


def read_otherwise(text: str) -> Iterator[tuple[Reference, Reference, str]]:
    """Yield each reference of a template with another one, and the template that has it."""
    if "$(" not in text:
        return
    parts = split_template(text)
    for number, part in enumerate(parts):
        if isinstance(part, Reference):
            new = _OR if (part.root, part.path) == (_INSTEAD.root, _INSTEAD.path) else _INSTEAD
            yield part, new, "".join(map(_written, [*parts[:number], new, *parts[number + 1 :]]))


def _written(part: str | Reference) -> str:
    return str(part) if isinstance(part, Reference) else part.replace("$(", "$$(")
