"""Rules about the node types that a flow uses: what the schema of manifests cannot say.

The findings (FE205) are about the manifest's file. The shipped catalogue is held to the same rules by tests.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from flowengine.catalogue.catalogue import Catalogue, NodeVersion
from flowengine.check.names import find_version
from flowengine.check.patterns import pattern
from flowengine.core.callbacks import compile_callback
from flowengine.core.paths import parse_path
from flowengine.core.references import BadReference, references_in
from flowengine.core.responses import compile_rules
from flowengine.findings import Finding
from flowengine.flowfile.syntax import Flow
from flowengine.flowfile.yaml_tree import locate, read_yaml
from flowengine.schema_problems import did_you_mean


class Fault(NamedTuple):
    """What is wrong, and where within the version."""

    message: str
    at: tuple[str | int, ...]
    hint: str = ""


def manifests(flow: Flow, catalogue: Catalogue) -> Iterator[Finding]:
    """FE205: inputs are a schema, templates and paths can be read, rules name outcomes, a spelling means one thing."""
    written = dict.fromkeys(node["type"] for node in flow.nodes.values() if "type" in node)
    found = {version.pinned: version for one in written if (version := find_version(catalogue, one)) is not None}
    for version in found.values():
        node_type = catalogue.load(version.name)
        path, faults = node_type.path, [] if node_type.is_shipped else list(faults_of(version))
        tree = read_yaml(path) if faults else None
        for fault in faults:
            at = ("versions", version.version, *fault.at)
            # What a version inherits stands in another one, and is pointed at from where it would stand.
            place = next(part for end in range(len(at), -1, -1) if tree and (part := locate(tree, at[:end])))
            message = f"{version.pinned}: {fault.message}"
            yield Finding("FE205", message, str(path), place.span, hint=fault.hint or None)


def faults_of(version: NodeVersion) -> Iterator[Fault]:
    """Yield everything that is wrong with a version."""
    spec = version.spec
    problem = version.inputs.problem()
    if problem is not None:
        yield Fault(f"the inputs are no JSON Schema: {problem}", ("inputs",))
    else:
        yield from _templates(spec)
    yield from _rules(version)
    if "callback" in spec:
        yield from _callback(version)
    for name, output in spec.get("outputs", {}).items():
        yield from _path(output.get("path"), ("outputs", name, "path"))
    yield from _path(spec.get("reason"), ("reason",))
    yield from _spellings(spec)


def _templates(spec: Mapping[str, Any]) -> Iterator[Fault]:
    """Judge the request's references: they can be read, and lead to inputs."""
    inputs, first_of = spec.get("inputs", {}), spec.get("request", {}).get("firstOf", {})
    closed = inputs.get("additionalProperties") is False
    known = [*inputs.get("properties", {}), *first_of]
    for part, template in spec.get("request", {}).items():
        try:
            roots = dict.fromkeys(reference.root for reference in references_in(template))
        except BadReference as fault:
            yield Fault(str(fault), ("request", part))
            continue
        for root in roots:
            if closed and root not in known:
                yield Fault(f"$({root}) is no input", ("request", part), did_you_mean(root, known))


def _rules(version: NodeVersion) -> Iterator[Fault]:
    for number, rule in enumerate(version.spec.get("responses", [])):
        at = ("responses", number)
        yield from _outcome(version, rule, at)
        try:
            compile_rules([rule], pattern)
        except ValueError as fault:
            yield Fault(str(fault), (*at, "when"))


def _outcome(version: NodeVersion, rule: Mapping[str, Any], at: tuple[str | int, ...]) -> Iterator[Fault]:
    known = [*version.outcomes, *version.aliases]
    if rule["outcome"] not in known and not version.open_outcomes:
        hint = did_you_mean(rule["outcome"], known)
        yield Fault(f"there is no outcome {rule['outcome']!r}", (*at, "outcome"), hint)


def _callback(version: NodeVersion) -> Iterator[Fault]:
    """Judge how results come later: what is posted comes to outcomes, and the request can say where to post it."""
    spec = version.spec
    callback, request = spec["callback"], spec.get("request", {})
    if version.integration is None:
        hint = "give the node type an `integration`"
        yield Fault("nobody can post its results, as it belongs to no integration", ("callback",), hint)
    if "url" in callback and not request.keys().isdisjoint({"form", "text"}):
        message = "the address is a field of a JSON body, and this request has another one"
        yield Fault(message, ("callback", "url"), "send `json`, or no body")
    for number, rule in enumerate(callback["events"]):
        yield from _outcome(version, rule, ("callback", "events", number))
    try:
        compile_callback(callback, pattern)
    except ValueError as fault:
        yield Fault(str(fault), ("callback",))


def _path(text: str | None, at: tuple[str, ...]) -> Iterator[Fault]:
    try:
        parse_path(text or "$")
    except ValueError as fault:
        yield Fault(str(fault), at)


def _spellings(spec: Mapping[str, Any]) -> Iterator[Fault]:
    for kind in ("outcomes", "outputs"):
        meant: dict[str, str] = {name: name for name in spec.get(kind, {})}
        for name, one in spec.get(kind, {}).items():
            for alias in one.get("aliases", []):
                if meant.setdefault(alias, name) != name:
                    yield Fault(f"{alias!r} is a spelling of {meant[alias]!r}, too", (kind, name, "aliases"))
