"""References under the cursor: the part of ``$(...)`` that is typed, and what the roots and names in it are."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from flowengine.catalogue.catalogue import Catalogue
from flowengine.check.names import literal_inputs
from flowengine.check.outputs import OUTCOME, output_names, output_spellings
from flowengine.check.uses import RUN
from flowengine.core.references import BadReference, Reference, split_template
from flowengine.lsp.draft import Draft, inputs_of, version_of
from flowengine.lsp.words import of_node, of_output, of_variable

TRIGGER: Final = "trigger"

_OPEN: Final = re.compile(r"(?<!\$)\$\((?P<above>(?:[\w-]+\.)*)[\w-]*\Z", re.ASCII)
_FROM_TRIGGER: Final = re.compile(r"\$\(trigger((?:\.[A-Za-z_][\w-]*)+)\)", re.ASCII)


def names_above(typed: str) -> tuple[str, ...] | None:
    """Return the names in front of the last dot, where a text ends in the middle of a reference; else None."""
    found = _OPEN.search(typed)
    return tuple(found["above"].split(".")[:-1]) if found else None


def is_template(path: tuple[str | int, ...], draft: Draft, catalogue: Catalogue) -> bool:
    """Whether ``$(`` means something at a path: in conditions of the trigger, ``inputs``, ``set`` and ``outputs``."""
    match path:
        case ("trigger", "when", *_) | ("outputs", _, *_):
            return True
        case ("nodes", _, "set", *_):
            return True
        case ("nodes", str(name), "inputs", key, *_):
            version = version_of(catalogue, draft.nodes.get(name, {}))
            return version is None or key not in literal_inputs(version)
    return False


def reference_at(text: str, offset: int) -> Reference | None:
    """Return the reference in a text that an offset is in."""
    try:
        parts = split_template(text)
    except BadReference:
        return None
    for part in parts:
        if isinstance(part, Reference) and part.offset <= offset <= part.offset + len(str(part)):
            return part
    return None


def roots(path: tuple[str | int, ...], draft: Draft) -> dict[str, str]:
    """Return what a reference at a path can begin with, each with its description.

    Nodes are those that can have run before; where nothing leads to this one yet, all of them.
    """
    if path[0] == TRIGGER:
        return {TRIGGER: "The event that started the run."}
    here = "" if path[0] == "outputs" else str(path[1])
    before = draft.before(here)
    # What `set` reads of its own node is there: it is written when the node is left.
    nodes = before | ({here} if path[2] == "set" else set()) if before or draft.data.get("start") == here else None
    return {
        **{name: of_variable(name, one) for name, one in draft.variables.items()},
        **{
            name: of_node(name, node)
            for name, node in draft.nodes.items()
            if "end" not in node and (nodes is None or name in nodes)
        },
        TRIGGER: "The event that started the run.",
        "run": f"The run: {', '.join(RUN)}.",
    }


def names_below(above: tuple[str, ...], draft: Draft, catalogue: Catalogue) -> dict[str, str]:
    """Return the names that can follow, each with its description."""
    root, *deeper = above
    if root == TRIGGER:
        return dict.fromkeys(_of_event(tuple(deeper), draft, catalogue), "Of the event.")
    if deeper or root in draft.variables:
        return {}
    if root == "run":
        return dict.fromkeys(RUN, "Of the run.")
    return outputs_of(draft.nodes.get(root, {}), catalogue)


def outputs_of(node: Mapping[str, Any], catalogue: Catalogue) -> dict[str, str]:
    """Return the outputs of a node, each with its description."""
    version = version_of(catalogue, node)
    if version is None:
        return {}
    names = sorted(output_names(version, inputs_of(node)) or ())
    return {**{name: of_output(version, name) for name in names}, OUTCOME: "The outcome that the node came back with."}


def describe(reference: Reference, draft: Draft, catalogue: Catalogue) -> str:
    """Say what a reference leads to; nothing where that is not known."""
    root, path = reference.root, reference.path
    if root in draft.variables:
        return of_variable(root, draft.variables[root])
    if root in draft.nodes:
        node = draft.nodes[root]
        version = version_of(catalogue, node)
        spellings = output_spellings(version) if version is not None else {}
        name = spellings.get(str(path[0]), str(path[0])) if path else ""
        said = outputs_of(node, catalogue).get(name, "")
        return f"{said}\n\nOutput of {of_node(root, node)}" if said else of_node(root, node)
    if root == "run":
        return f"The run: {', '.join(RUN)}."
    return "The event that started the run." if root == TRIGGER else ""


def event_paths(draft: Draft, catalogue: Catalogue) -> list[tuple[str, ...]]:
    """Return what this flow, or an example of a node type it uses, reads from the event."""
    seen = _from_event(draft.data)
    # Many nodes are of a few types.
    versions = {id(one): one for one in (version_of(catalogue, node) for node in draft.nodes.values()) if one}
    for version in versions.values():
        schema = version.spec.get("inputs", {})
        examples = [one.get("examples") for one in schema.get("properties", {}).values() if isinstance(one, dict)]
        seen |= _from_event(examples)
    return sorted(tuple(path.split(".")[1:]) for path in seen)


def _from_event(value: Any) -> set[str]:
    return {found[1] for text in _texts(value) for found in _FROM_TRIGGER.finditer(text)}


def _of_event(above: tuple[str, ...], draft: Draft, catalogue: Catalogue) -> Iterator[str]:
    for names in event_paths(draft, catalogue):
        if names[: len(above)] == above and len(names) > len(above):
            yield names[len(above)]


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from _texts(inner)
