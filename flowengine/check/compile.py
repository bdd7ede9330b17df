"""From syntax and catalogue to a plan: defaults filled in, labels canonical, references to outputs canonical."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from flowengine.catalogue.catalogue import Catalogue, NodeVersion
from flowengine.catalogue.input_check import input_check
from flowengine.check.called import called_flows, callees, version_of
from flowengine.check.edges import dynamic_outcomes
from flowengine.check.names import authorization_of, literal_inputs
from flowengine.check.patterns import pattern
from flowengine.check.validate import refuse_errors
from flowengine.core.durations import parse_duration
from flowengine.core.plan import Plan, Tools, with_flows
from flowengine.core.references import respell
from flowengine.errors import EngineBug
from flowengine.flowfile.syntax import Flow
from flowengine.project import catalogue_near

TOOLS: Final = Tools(input_check, pattern)

_WAITING: Final = ("call-flow", "receive")
"""Handlers whose nodes wait: the defaults' timeout is for requests."""

_NO_RETRY: Final = {"attempts": 1, "delay": 0.0, "backoff": 1.0, "on": []}


def compile(flow: Flow, catalogue: Catalogue | None = None) -> Plan:  # noqa: A001 - the public name
    """Compile a flow. Raises InvalidFile with all errors where it has any.

    Without a catalogue the node types are those that hold where the flow's file is.
    """
    catalogue = catalogue or catalogue_near(flow.path)
    refuse_errors(flow, catalogue)
    return Plan.from_data(plan_data(flow, catalogue), TOOLS)


def plan_data(flow: Flow, catalogue: Catalogue) -> dict[str, Any]:
    """Return the plan of a flow without errors as plain data: what is stored with a run.

    The flows that it calls are in it, however deep.
    """
    flows = {name: _flow_data(one, catalogue) for name, one in called_flows(flow, catalogue).items()}
    return dict(with_flows(_flow_data(flow, catalogue), flows))


def _flow_data(flow: Flow, catalogue: Catalogue) -> dict[str, Any]:
    versions = {name: _version(flow, catalogue, node) for name, node in flow.nodes.items() if "type" in node}
    renamed = _OutputNames(versions)
    calls = sorted(callees(flow, catalogue))
    return {
        "flow": flow.id,
        "start": flow.data["start"],
        "variables": {name: dict(one) for name, one in flow.variables.items()},
        "when": flow.data.get("trigger", {}).get("when", []),
        "types": {one.pinned: _type(catalogue.find(one.name, one.version)) for one in versions.values()},
        "nodes": {
            name: _node(node, versions[name], flow.defaults, renamed) if "type" in node else dict(node)
            for name, node in flow.nodes.items()
        },
        **({"inputs": list(flow.inputs)} if flow.inputs else {}),
        **({"outputs": renamed(flow.outputs)} if flow.outputs else {}),
        **({"calls": calls} if calls else {}),
    }


def _version(flow: Flow, catalogue: Catalogue, node: Mapping[str, Any]) -> NodeVersion:
    version = version_of(flow, catalogue, node)
    if version is None:
        raise EngineBug(f"there is no node type {node['type']!r}, which a check should have found")
    return version


class _OutputNames:
    """Rewrites references that use another spelling of an output (``transId``) to the canonical one (``TransId``)."""

    def __init__(self, versions: Mapping[str, NodeVersion]) -> None:
        self._spellings = {
            (node, alias): name
            for node, version in versions.items()
            for name, output in version.spec.get("outputs", {}).items()
            for alias in output.get("aliases", [])
        }

    def __call__(self, value: Any) -> Any:
        if not self._spellings:
            return value
        if isinstance(value, str):
            return respell(value, self._spellings) if "$(" in value else value
        if isinstance(value, dict):
            return {key: self(inner) for key, inner in value.items()}
        return [self(inner) for inner in value] if isinstance(value, list) else value


def _type(version: NodeVersion) -> dict[str, Any]:
    spec = version.spec
    return {
        "inputs": spec.get("inputs", {}),
        "kinds": {name: outcome["kind"] for name, outcome in version.outcomes.items()},
        **({"integration": version.integration} if version.integration else {}),
        **({"authorization": dict(version.authorization)} if version.authorization else {}),
        **{
            key: spec[key]
            for key in ("handler", "request", "responses", "callback", "reason", "outputs")
            if key in spec
        },
    }


def _node(
    node: Mapping[str, Any], version: NodeVersion, defaults: Mapping[str, Any], renamed: _OutputNames
) -> dict[str, Any]:
    given = node.get("inputs", {})
    literal = literal_inputs(version)
    aliases = _aliases(version, given)
    # What computes would come out the same, so the defaults' retry is for nodes that ask somebody.
    retry = node.get("retry", defaults.get("retry") if "request" in version.spec else None)
    return {
        "type": version.pinned,
        "title": node.get("title"),
        "inputs": {key: value if key in literal else renamed(value) for key, value in given.items()},
        "literal": list(literal),
        "authorization": authorization_of(node, version, defaults),
        "timeout": _timeout(node, {} if version.spec.get("handler") in _WAITING else defaults),
        "retry": _retry(retry, aliases),
        "set": renamed(node.get("set", {})),
        "aliases": aliases,
        "edges": _edges(node.get("edges", {}), aliases),
        "defaults": _edges(defaults.get("edges", {}), aliases),
    }


def _aliases(version: NodeVersion, given: Mapping[str, Any]) -> dict[str, str]:
    """Return other spellings of outcomes; what the flow itself names (a branch row) is never taken for one."""
    own = dynamic_outcomes(version, given)
    return {alias: name for alias, name in version.aliases.items() if alias not in own}


def _edges(written: Mapping[str, str], aliases: Mapping[str, str]) -> dict[str, Any]:
    return {aliases.get(label, label): {"label": label, "to": target} for label, target in written.items()}


def _timeout(node: Mapping[str, Any], defaults: Mapping[str, Any]) -> float | None:
    written = node.get("timeout", defaults.get("timeout"))
    return parse_duration(written) if written is not None else None


def _retry(written: Mapping[str, Any] | None, aliases: Mapping[str, str]) -> dict[str, Any]:
    if written is None:
        return _NO_RETRY
    return {
        "attempts": written["attempts"],
        "delay": parse_duration(written.get("delay", "500ms")),
        "backoff": written.get("backoff", 2),
        "on": sorted({aliases.get(label, label) for label in written["on"]}),
    }
