"""The routes of the studio about node types: what they are for, what differs between versions, and who uses them."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any, Final

from flowengine.catalogue.as_json import version_json
from flowengine.catalogue.catalogue import Catalogue, NodeType, NodeVersion
from flowengine.catalogue.input_rules import as_list, requirements
from flowengine.check.names import nearest_type
from flowengine.check.validate import load
from flowengine.core.answers import Json
from flowengine.core.values import as_text
from flowengine.errors import InvalidFile
from flowengine.server.routing import Call, Parameter, Route, not_found
from flowengine.server.shapes import NAME
from flowengine.studio.versions import changes_between
from flowengine.studio.workspace import Workspace, refused

_ALL: Final = "/api/studio/nodes"


def node_routes(workspace: Workspace) -> list[Route]:
    """Return them."""
    pages = _Pages(workspace)

    async def listed(_: Call) -> Json:
        return await asyncio.to_thread(pages.all)

    async def shown(call: Call) -> Json:
        return await asyncio.to_thread(pages.one, call.ids["name"], call.query["version"])

    version = Parameter("version", "Such as 1.3; without it, the recommended one.", NAME)
    return [
        Route("GET", _ALL, "read", listed, "List the node types, with what they are for and who uses them"),
        Route(
            "GET",
            f"{_ALL}/{{name}}",
            "read",
            shown,
            "Explain a node type, and what its version changes",
            ids={"name": "The node type's name, such as append-message."},
            query=(version,),
            errors=(404,),
        ),
    ]


class _Pages:
    """What is said about the node types that hold in a folder."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace

    def all(self) -> dict[str, Any]:
        """List them."""
        used = self._uses()
        return {
            "nodes": [
                {
                    "node": one.name,
                    "title": one.title,
                    "description": one.description,
                    "aliases": list(one.aliases),
                    "integration": one.integration,
                    "recommended": one.recommended,
                    "versions": _versions(one),
                    "flows": len({use["path"] for use in used.get(one.name, [])}),
                }
                for one in self._catalogue()
            ]
        }

    def one(self, name: str, number: str | None) -> dict[str, Any]:
        """Explain one. Raises ApiError where there is none."""
        catalogue = self._catalogue()
        if name not in catalogue.names():
            raise not_found("node type", name, nearest_type(name, catalogue))
        found = catalogue.load(name)
        version = found.versions.get(number or found.recommended)
        if version is None:
            raise not_found(f"version of {name}", number or "", f"it has {', '.join(found.versions)}")
        return {
            **version_json(found, version),
            "title": found.title,
            "description": found.description,
            "integration": found.integration,
            "aliases": list(found.aliases),
            "versions": _versions(found),
            "requirements": requirements(version.spec.get("inputs", {})),
            "openOutcomes": version.open_outcomes,
            **_ways(version),
            "changes": _changes(found, version),
            "uses": self._uses().get(name, []),
        }

    def _catalogue(self) -> Catalogue:
        found = self._workspace.catalogue(self._workspace.folder / "any.yaml")
        if isinstance(found, InvalidFile):
            raise refused("invalid-project", found)
        return found

    def _uses(self) -> dict[str, list[dict[str, Any]]]:
        """Return the nodes of flows by their type; of what cannot be read none."""
        found: dict[str, list[dict[str, Any]]] = {}
        for _, path in self._workspace.flows():
            catalogue = self._workspace.catalogue(path)
            try:
                flow = load(path)
            except InvalidFile:
                continue
            if isinstance(catalogue, InvalidFile):
                continue
            for node, written in flow.nodes.items():
                name, _, version = str(written.get("type", "")).partition("@")
                if name in catalogue.names():
                    use = {"flow": flow.id, "path": self._workspace.name(path), "node": node}
                    found.setdefault(name, []).append({**use, "version": version or None})
        return found


def _versions(node_type: NodeType) -> list[dict[str, Any]]:
    return [
        {
            "version": one.version,
            "recommended": one.version == node_type.recommended,
            "deprecated": one.spec.get("deprecated"),
        }
        for one in node_type.versions.values()
    ]


def _ways(version: NodeVersion) -> dict[str, Any]:
    """Return how it is done: what the vendor calls it, and what is sent."""
    spec, request = version.spec, version.spec.get("request")
    return {
        "method": spec.get("method"),
        "handler": spec.get("handler"),
        "request": {"method": request.get("method", "GET"), "path": as_text(request.get("path", ""))}
        if isinstance(request, dict)
        else None,
        "idempotent": bool(request.get("idempotent")) if isinstance(request, dict) else None,
        "callback": spec["callback"].get("timeout") if "callback" in spec else None,
        "ourReading": [as_text(one) for one in _listed(spec.get("ourReading"))],
    }


def _listed(written: Any) -> Iterator[Json]:
    yield from as_list(written) if isinstance(written, list) else [written] if written else []


def _changes(node_type: NodeType, version: NodeVersion) -> dict[str, Any] | None:
    """Say what a version changes of the one before; None for the first."""
    order = [*node_type.versions.values()]
    at = order.index(version)
    if not at:
        return None
    return changes_between(order[at - 1], version)
