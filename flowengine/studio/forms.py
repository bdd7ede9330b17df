"""What a form shows: the inputs of a node as they are asked for, and what goes there; the flow's own parts."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from flowengine.catalogue.catalogue import Catalogue, NodeVersion
from flowengine.check.reach import Target, possible_edges
from flowengine.lsp.called import CatalogueAt, calls
from flowengine.lsp.draft import Draft, as_map, inputs_of, version_of
from flowengine.streams.channels import CHANNELS
from flowengine.streams.tasks import CHANNEL as TASKS
from flowengine.streams.tasks import VARIABLES
from flowengine.studio.fields import fields_of
from flowengine.studio.graphs import Drawn
from flowengine.studio.references import Offers
from flowengine.studio.versions import changes_of, versions_of_type

_NODE_KEYS: Final = ("title", "description", "authorization", "timeout", "retry", "set", "edges")
_FLOW_KEYS: Final = ("title", "description", "trigger", "variables", "inputs", "outputs")
_SETS: Final = "set-variables"


def form_of(node: str, draft: Draft, drawn: Drawn, catalogue: CatalogueAt) -> dict[str, Any]:
    """Return the form of a node of a flow."""
    written = draft.nodes[node]
    version = drawn.versions[node] or version_of(catalogue, written)  # a call that says no flow yet has a form, too
    given = inputs_of(written)
    schema = version.spec.get("inputs", {}) if version is not None else {}
    offers = Offers(draft, drawn, catalogue)
    ends = "end" in written
    return {
        "node": node,
        "type": version.pinned if version is not None else written.get("type"),
        "title": version.title if version is not None else None,
        "description": catalogue.load(version.name).description if version is not None else None,
        "end": written.get("end"),
        "schema": schema,
        "fields": fields_of(schema, given),
        "values": dict(given),
        "node_values": {key: written[key] for key in _NODE_KEYS if key in written},
        "integration": version.integration if version is not None else None,
        "authorizationKinds": list(version.authorization_kinds) if version is not None else [],
        "references": [] if ends else offers.at(node),
        "ownReferences": [] if ends else offers.of_node(node),
        "flows": list(_callable(draft, catalogue)) if calls(catalogue, written.get("type")) else [],
        "channels": [*_channels()],
        "outcomes": _outcomes(node, drawn, catalogue, version),
        "outputs": [_output(name, one) for name, one in _declared_outputs(version).items()],
        "versions": versions_of_type(version, catalogue),
        "changes": list(changes_of(version, catalogue, written)),
    }


def flow_form(draft: Draft, drawn: Drawn | None, catalogue: Catalogue) -> dict[str, Any]:
    """Return the form of the flow itself: its own parts, as written, and what may be referred to in them."""
    offers = Offers(draft, drawn, catalogue) if drawn is not None else None
    data = draft.data
    return {
        "node": None,
        "values": {key: data[key] for key in _FLOW_KEYS if key in data},
        "defaults": dict(draft.defaults),
        "references": {
            "trigger": offers.of_event() if offers else [],
            "outputs": offers.at_ends() if offers else [],
        },
        "uses": {name: _uses(name, draft) for name in draft.variables},
        "channels": [*_channels()],
    }


def _channels() -> Iterator[dict[str, Any]]:
    """Yield the channels with their documented events, and where an event has the two addresses."""
    for name, channel in CHANNELS.items():
        business, customer = (
            f"$(trigger.{channel.root}.{one[0]})" if one else None for one in (channel.business, channel.customer)
        )
        events = list(dict.fromkeys(channel.events.values()))
        message = f"$(trigger.{channel.root}.message)"
        yield {"channel": name, "events": events, "message": message, "business": business, "customer": customer}
    yield {"channel": TASKS, "events": list(VARIABLES), "message": None, "business": None, "customer": None}


def _uses(name: str, draft: Draft) -> list[str]:
    """Return the nodes that name a variable: in a reference, or where they set it."""
    reference = re.compile(rf"\$\({re.escape(name)}(?![\w-])", re.ASCII)
    return [node for node, one in draft.nodes.items() if name in _set_by(one) or reference.search(str(dict(one)))]


def _set_by(node: Mapping[str, Any]) -> set[str]:
    values = inputs_of(node).get("values") if str(node.get("type")).partition("@")[0] == _SETS else None
    return {*as_map(node.get("set")), *as_map(values)}


def _callable(draft: Draft, catalogue: CatalogueAt) -> Iterator[dict[str, Any]]:
    """Yield the flows that can be called, with their titles; an event has to start those with a trigger."""
    here = draft.data.get("flow")
    for flow in catalogue.flows:
        if flow != here:
            read = catalogue.flow(flow)
            data = read.data if read is not None else {}
            yield {"flow": flow, "title": data.get("title"), "called": "trigger" not in data}


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
