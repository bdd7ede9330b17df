"""Rules about names: node types and versions, ids, targets, variables, references."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any

from flowengine.catalogue.catalogue import Catalogue, NodeVersion
from flowengine.check.places import reference_span
from flowengine.core.references import BadReference, Reference, split_template
from flowengine.core.values import has_type, type_of
from flowengine.errors import InvalidFile
from flowengine.findings import Finding
from flowengine.flowfile.syntax import Flow, scalars
from flowengine.flowfile.yaml_tree import Scalar, locate
from flowengine.schema_problems import Guesses


def node_types(flow: Flow, catalogue: Catalogue) -> Iterator[Finding]:
    """FE201 to FE204, FE213: the type exists, at that version, which is pinned, not deprecated, and recommended."""
    guesses = Guesses()
    for name, node in flow.nodes.items():
        if "end" in node:
            continue
        written, _, version = node["type"].partition("@")
        at = ("nodes", name, "type")
        if written not in catalogue.names():
            hint = nearest_type(written, catalogue, guesses)
            yield flow.finding("FE201", f"there is no node type {written!r}", *at, hint=hint)
            continue
        node_type = catalogue.load(written)
        if not version:
            hint = f"write {written}@{node_type.recommended}, so that the flow stays the same when the catalogue grows"
            yield flow.finding("FE203", f"{written} is not pinned to a version", *at, hint=hint, severity="hint")
        elif version not in node_type.versions:
            known = ", ".join(node_type.versions)
            yield flow.finding("FE202", f"{written} has no version {version}", *at, hint=f"it has {known}")
        elif deprecated := node_type.versions[version].spec.get("deprecated"):
            yield flow.finding("FE204", f"{written}@{version} is deprecated: {deprecated}", *at, severity="warning")
        elif version != node_type.recommended:
            message = f"{written}@{version} is not the recommended version"
            hint = f"{node_type.recommended} is: compare its inputs and outcomes before you change the number"
            yield flow.finding("FE213", message, *at, hint=hint, severity="hint")


def targets(flow: Flow, _: Catalogue) -> Iterator[Finding]:
    """FE206: ``start`` and every edge lead to a node of the flow."""
    names, guesses = list(flow.nodes), Guesses()
    places = [("start",), *(("defaults", "edges", label) for label in flow.defaults.get("edges", {}))]
    places += [("nodes", name, "edges", label) for name, node in flow.nodes.items() for label in node.get("edges", {})]
    for at in places:
        found = locate(flow.tree, at)
        target = found.value if isinstance(found, Scalar) else None
        if target not in flow.nodes:
            hint = guesses.did_you_mean(str(target), names)
            yield flow.finding("FE206", f"there is no node {target!r} to go to", *at, hint=hint)


def ids(flow: Flow, catalogue: Catalogue) -> Iterator[Finding]:
    """FE207: no node or input is called like a variable, since references name both; nor is a value of a script."""
    for name in (one for one in flow.inputs if one in flow.data.get("variables", {})):
        message = f"{name!r} is the name of an input and of a variable"
        hint = "remove one: an input is a variable that the caller sets"
        yield flow.key_finding("FE207", message, "variables", name, hint=hint)
    for name, node in flow.nodes.items():
        if name in flow.variables:
            message = f"{name!r} is the name of a node and of a variable"
            yield flow.key_finding("FE207", message, "nodes", name, hint="rename one: $(name) could mean either")
        version = find_version(catalogue, node.get("type", ""))
        values = node.get("inputs", {}).get("values")
        if version is None or version.spec.get("handler") != "evaluate" or not isinstance(values, dict):
            continue
        for value in (one for one in values if one in flow.variables):
            message = f"{value!r} is the name of a value of this script and of a variable"
            hint = "rename the value; the script reads and writes the variable without being given it"
            yield flow.key_finding("FE207", message, "nodes", name, "inputs", "values", value, hint=hint)


def variables(flow: Flow, _: Catalogue) -> Iterator[Finding]:
    """FE208: what ``set`` and ``set-variables`` write is declared."""
    names, guesses = list(flow.variables), Guesses()
    for name, node in flow.nodes.items():
        places: list[tuple[str, ...]] = [("nodes", name, "set", variable) for variable in node.get("set", {})]
        if node.get("type", "").partition("@")[0] == "set-variables":
            values = node.get("inputs", {}).get("values")
            places += [("nodes", name, "inputs", "values", one) for one in values] if isinstance(values, dict) else []
        for at in places:
            if at[-1] not in flow.variables:
                hint = guesses.did_you_mean(at[-1], names) or "declare it under `variables`"
                yield flow.key_finding("FE208", f"{at[-1]!r} is not a declared variable", *at, hint=hint)


def defaults(flow: Flow, _: Catalogue) -> Iterator[Finding]:
    """FE209, FE210: a variable's default has the type that is declared for it, and is what was meant."""
    for name, one in flow.variables.items():
        if "type" in one and "default" in one and not has_type(one["default"], one["type"]):
            message = f"{name!r} is declared as {one['type']}; its default is {type_of(one['default'])}"
            yield flow.finding("FE209", message, *flow.declared_at(name), "default")
        written = flow.data.get("variables", {}).get(name)
        if isinstance(written, dict) and "default" in written and written.keys() <= {"default", "description"}:
            message = f"without a `type`, the default of {name!r} is this whole map"
            hint = "add `type`, or write the default alone"
            yield flow.key_finding("FE210", message, "variables", name, hint=hint, severity="warning")


def references(flow: Flow, catalogue: Catalogue) -> Iterator[Finding]:
    """FE301, FE302: ``$(...)`` is a reference, and its first name is a node, a variable, ``trigger`` or ``run``."""
    nodes = (name for name, node in flow.nodes.items() if "type" in node)
    roots, guesses = dict.fromkeys(["trigger", "run", *flow.variables, *nodes]), Guesses()
    for at, scalar in templates(flow, catalogue):
        if not isinstance(scalar.value, str) or "$(" not in scalar.value:
            continue
        try:
            found = [part for part in split_template(scalar.value) if isinstance(part, Reference)]
        except BadReference as fault:
            yield flow.finding_at(reference_span(scalar, fault.offset), "FE301", str(fault), at)
            continue
        for reference in found:
            if reference.root == "trigger" or (at[0] != "trigger" and reference.root in roots):
                continue
            hint = "the conditions of a trigger read $(trigger...) only"
            if at[0] != "trigger":
                hint = guesses.did_you_mean(reference.root, list(roots))
            message = f"{reference} leads nowhere: there is no node or variable {reference.root!r}"
            place = reference_span(scalar, reference.offset, str(reference))
            yield flow.finding_at(place, "FE302", message, at, hint=hint)


def nearest_type(written: str, catalogue: Catalogue, guesses: Guesses | None = None) -> str:
    """Return the hint for a node type that there is not; the vendor's other names lead to ours."""
    renamed = {}
    for name in catalogue.names():
        with suppress(InvalidFile):  # what is wrong with another type is not what this is about
            renamed.update(dict.fromkeys(catalogue.load(name).aliases, name))
    if written in renamed:
        return f"it is called {renamed[written]} here"
    return (guesses or Guesses()).did_you_mean(written, catalogue.names())


def find_version(catalogue: Catalogue, written: str) -> NodeVersion | None:
    """Return the node version that ``type: name@version`` means, or None where there is none."""
    name, _, version = written.partition("@")
    try:
        return catalogue.find(name, version or None)
    except KeyError:
        return None


def templates(flow: Flow, catalogue: Catalogue) -> Iterator[tuple[tuple[str | int, ...], Scalar]]:
    """Yield the scalars in which ``$(`` begins a reference: inputs but for literal ones, ``set``, ``when``, outputs."""
    in_nodes = (("nodes", name, part) for name in flow.nodes for part in ("inputs", "set"))
    for start in (("trigger", "when"), *in_nodes, ("outputs",)):
        part = locate(flow.tree, start)
        if part is None:
            continue
        literal = _literal_inputs(flow.nodes[start[1]], catalogue) if start[2:] == ("inputs",) else ()
        for at, scalar in scalars(part, start):
            if len(at) <= 3 or at[3] not in literal:  # noqa: PLR2004 - nodes, id, inputs, name
                yield at, scalar


def _literal_inputs(node: Any, catalogue: Catalogue) -> tuple[str, ...]:
    version = find_version(catalogue, node.get("type", ""))
    return literal_inputs(version) if version else ()


def authorization_of(node: Mapping[str, Any], version: NodeVersion, defaults: Mapping[str, Any]) -> str | None:
    """Return the authorization that a node works under: its own, else the one of ``defaults`` where it needs one.

    A node that does without has none but its own: no default is sent to where nobody meant it to go.
    """
    if not version.takes_authorization:
        return None
    default = defaults.get("authorization") if version.needs_authorization else None
    name: str | None = node.get("authorization", default)
    return name


def literal_inputs(version: NodeVersion) -> tuple[str, ...]:
    """Return the inputs that a type does not search for references (scripts)."""
    properties = version.spec.get("inputs", {}).get("properties", {})
    return tuple(name for name, one in properties.items() if isinstance(one, dict) and one.get("x-literal"))
