"""The OpenAPI 3.1 document of a table of routes."""

from __future__ import annotations

import re
from collections.abc import Sequence
from http import HTTPStatus
from typing import Any, Final

from flowengine import __version__
from flowengine.server.routing import ID, Route
from flowengine.server.shapes import SHAPES, ref

_PART: Final = re.compile(r"\{([^}]+)\}")
_SECURITY: Final[list[dict[str, list[str]]]] = [{"token": []}, {"session": []}]


def document(routes: Sequence[Route]) -> dict[str, Any]:
    """Return the document, as JSON values."""
    paths: dict[str, dict[str, Any]] = {}
    for route in routes:
        if not route.hidden:
            paths.setdefault(route.path, {})[route.method.lower()] = _operation(route)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "flowengine",
            "version": __version__,
            "description": "Flows, runs, events and streams. Times are ISO 8601, UTC; durations are milliseconds.",
        },
        "servers": [{"url": "/"}],
        "paths": paths,
        "components": {
            "schemas": SHAPES,
            "securitySchemes": {
                "token": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "Of `flowengine tokens add NAME --right read|operate|edit`.",
                },
                "session": {"type": "apiKey", "in": "cookie", "name": "flowengine-session"},
            },
        },
    }


def _operation(route: Route) -> dict[str, Any]:
    said = [route.description] if route.description else []
    if route.right not in {"open", "signed"}:
        said.append(f"Needs the right `{route.right}`.")
    operation: dict[str, Any] = {
        "operationId": _operation_id(route),
        "summary": route.summary,
        "description": " ".join(said),
        "security": [] if route.right in {"open", "signed"} else _SECURITY,
        "responses": _responses(route),
    }
    parameters = [_path_parameter(name, route) for name in _PART.findall(route.path)]
    parameters += [
        {
            "name": one.name,
            "in": "query",
            "description": one.description,
            "schema": {"type": "array", "items": one.schema} if one.many else one.schema,
        }
        for one in route.query
    ]
    if parameters:
        operation["parameters"] = parameters
    if route.raw:
        operation["requestBody"] = {"required": True, "content": {"application/json": {"schema": {}}}}
    elif route.body is not None:
        content = {"application/json": {"schema": route.body}}
        operation["requestBody"] = {"required": route.needs_body, "content": content}
    return operation


def _operation_id(route: Route) -> str:
    words: list[str] = re.findall(r"[A-Za-z0-9]+", f"{route.method.lower()} {route.path.removeprefix('/api')}")
    return words[0] + "".join(word[0].upper() + word[1:] for word in words[1:])


def _path_parameter(name: str, route: Route) -> dict[str, Any]:
    return {
        "name": name,
        "in": "path",
        "required": True,
        "description": route.ids.get(name, ""),
        "schema": {"type": "string", "pattern": f"^{ID}$"},
    }


def _responses(route: Route) -> dict[str, Any]:
    found = {one: _json(one, ref("Error")) for one in _errors(route)}
    found |= {one: _json(one, {"anyOf": [schema, ref("Error")]}) for one, schema in route.other.items()}
    if route.method == "HEAD":
        found = {one: {"description": HTTPStatus(one).phrase} for one in (*found, route.status)}
        return {str(one): found[one] for one in sorted(found)}
    return {str(one): found[one] for one in sorted(found)} | {str(route.status): _answer(route)}


def _answer(route: Route) -> dict[str, Any]:
    schema = route.answer if route.answer is not None else {"type": "string"}
    return {"description": HTTPStatus(route.status).phrase, "content": {route.media: {"schema": schema}}}


def _errors(route: Route) -> set[int]:
    """Return the statuses of what can go wrong with a request, beside those that a route names itself."""
    found = {400, 421, 429, 503, *route.errors}
    if route.right not in {"open", "signed"}:
        found |= {401, 403}
    if route.ids or _PART.search(route.path):
        found.add(404)
    if route.query or route.right != "open":
        found |= {409, 422}
    if route.raw or route.body is not None:
        found |= {408, 413, 415}
    return found


def _json(status: int, schema: dict[str, Any]) -> dict[str, Any]:
    return {"description": HTTPStatus(status).phrase, "content": {"application/json": {"schema": schema}}}
