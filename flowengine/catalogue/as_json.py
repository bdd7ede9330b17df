"""Node types as JSON values (an API, see docs/json.md)."""

from __future__ import annotations

from typing import Any

from flowengine.authorizations.record import KINDS
from flowengine.catalogue.catalogue import NodeType, NodeVersion


def summary_json(node_type: NodeType) -> dict[str, Any]:
    """Return what a list of node types shows, as JSON values."""
    return {
        "node": node_type.name,
        "title": node_type.title,
        "versions": list(node_type.versions),
        "recommended": node_type.recommended,
        "integration": node_type.integration,
    }


def _authorization(version: NodeVersion) -> dict[str, Any] | None:
    if not version.takes_authorization:
        return None
    return {"required": version.needs_authorization, "kinds": list(version.authorization_kinds or KINDS)}


def version_json(node_type: NodeType, version: NodeVersion) -> dict[str, Any]:
    """Return everything that a flow's author wants to know about one version, as JSON values."""
    return {
        "node": version.name,
        "version": version.version,
        "versions": list(node_type.versions),
        "recommended": node_type.recommended,
        "authorization": _authorization(version),
        "inputs": version.spec.get("inputs", {}),
        "outputs": version.spec.get("outputs", {}),
        "outcomes": {
            name: {key: one[key] for key in ("kind", "aliases", "description")}
            for name, one in version.outcomes.items()
        },
        "example": version.spec.get("example"),
    }
