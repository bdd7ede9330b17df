"""JSON Schemas (2020-12) of what the API gives, by name: the ``components`` of the OpenAPI document."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from flowengine.journal.inbox import STATES
from flowengine.journal.protocol import STATUSES

MOMENT: Final = {"type": "string", "format": "date-time"}
TEXT: Final = {"type": "string"}
COUNT: Final = {"type": "integer", "minimum": 0}
ANYTHING: Final[dict[str, Any]] = {}
LARGEST: Final = 10**15
"""Of numbers that count things."""

NAME: Final = {"type": "string", "minLength": 1, "maxLength": 200}


def ref(name: str) -> dict[str, Any]:
    """Return a reference to one of SHAPES."""
    return {"$ref": f"#/components/schemas/{name}"}


def maybe(schema: Mapping[str, Any]) -> dict[str, Any]:
    """Return the schema of a value or null."""
    return {"anyOf": [dict(schema), {"type": "null"}]}


def many(schema: Mapping[str, Any]) -> dict[str, Any]:
    """Return the schema of a list."""
    return {"type": "array", "items": dict(schema)}


def record(required: Mapping[str, Any], optional: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Return the schema of a map of what is given: fields may be added one day."""
    return {"type": "object", "properties": {**required, **(optional or {})}, "required": list(required)}


def body(required: Mapping[str, Any], optional: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Return the schema of a map of what is taken: nothing else may be in it."""
    return {**record(required, optional), "additionalProperties": False}


def counts(names: tuple[str, ...]) -> dict[str, Any]:
    """Return the schema of a map of counts."""
    return record(dict.fromkeys(names, COUNT))


_KEPT: Final = {
    "id": TEXT,
    "flow": TEXT,
    "status": {"enum": list(STATUSES)},
    "result": {"enum": ["success", "error", None]},
    "reason": maybe(TEXT),
    "startedAt": MOMENT,
    "endedAt": maybe(MOMENT),
    "durationMs": {"type": ["number", "null"]},
    "environment": maybe(TEXT),
    "source": maybe(TEXT),
    "waitingUntil": maybe(MOMENT),
    "retryOf": maybe(record({"run": TEXT, "node": TEXT})),
    "cancelAskedAt": maybe(MOMENT),
}

SHAPES: Final[dict[str, dict[str, Any]]] = {
    "Error": record(
        {
            "error": record(
                {"code": TEXT, "message": TEXT, "hint": maybe(TEXT)},
                {"problems": many(TEXT), "findings": many(ref("Finding"))},
            )
        }
    ),
    "Finding": record(
        {
            "code": TEXT,
            "severity": {"enum": ["error", "warning", "hint"]},
            "message": TEXT,
            "line": {"type": ["integer", "null"]},
            "column": {"type": ["integer", "null"]},
            "endLine": {"type": ["integer", "null"]},
            "endColumn": {"type": ["integer", "null"]},
            "node": maybe(TEXT),
            "hint": maybe(TEXT),
            "witness": many(TEXT),
        }
    ),
    "Flow": record(
        {
            "id": maybe(TEXT),
            "path": TEXT,
            "title": maybe(TEXT),
            "description": maybe(TEXT),
            "trigger": ANYTHING,
            "findings": counts(("errors", "warnings", "hints")),
        }
    ),
    "FlowText": {
        "allOf": [
            ref("Flow"),
            record({"id": TEXT, "text": TEXT, "digest": {"type": "string", "pattern": "^[0-9a-f]{64}$"}}),
        ]
    },
    "NodeType": record(
        {"node": TEXT, "title": TEXT, "versions": many(TEXT), "recommended": TEXT, "integration": maybe(TEXT)}
    ),
    "NodeVersion": record(
        {
            "node": TEXT,
            "version": TEXT,
            "versions": many(TEXT),
            "recommended": TEXT,
            "authorization": {"type": ["object", "null"]},
            "inputs": {"type": "object"},
            "outputs": {"type": "object"},
            "outcomes": {"type": "object"},
            "example": ANYTHING,
        }
    ),
    "KeptRun": record(_KEPT),
    "Step": record(
        {
            "node": TEXT,
            "type": TEXT,
            "visit": {"type": "integer", "minimum": 1},
            "attempts": many({"type": "object"}),
            "outcome": TEXT,
            "reason": maybe(TEXT),
            "edge": maybe(record({"label": TEXT, "to": TEXT, "fallThrough": {"type": "boolean"}})),
            "inputs": ANYTHING,
            "outputs": {"type": "object"},
            "set": {"type": "object"},
            "startedAt": MOMENT,
            "durationMs": {"type": "number"},
        }
    ),
    "Run": record(
        {
            **_KEPT,
            "path": many(TEXT),
            "steps": many(ref("Step")),
            "variables": {"type": "object"},
            "trigger": ANYTHING,
            "underWay": maybe({"type": "object"}),
        }
    ),
    "Event": record(
        {
            "number": COUNT,
            "id": TEXT,
            "name": TEXT,
            "source": TEXT,
            "state": {"enum": list(STATES)},
            "run": maybe(TEXT),
            "runs": many(TEXT),
            "keys": many(TEXT),
            "conversation": maybe(TEXT),
            "at": MOMENT,
            "copies": COUNT,
            "body": ANYTHING,
        }
    ),
    "Stream": record(
        {
            "name": TEXT,
            "title": TEXT,
            "description": TEXT,
            "environment": TEXT,
            "enabled": {"type": "boolean"},
            "assets": {"anyOf": [{"const": "all"}, many({"type": "object"})]},
            "channels": {"anyOf": [{"const": "all"}, many(TEXT)]},
            "authorization": TEXT,
            "events": many(TEXT),
            "changedAt": maybe(MOMENT),
            "warnings": many(TEXT),
            "pending": COUNT,
            "delivered": COUNT,
            "dead": COUNT,
            "lagMs": COUNT,
            "lastError": maybe({"type": "object"}),
            "closedFor": maybe(TEXT),
            "tenant": maybe({"type": "object"}),
        }
    ),
    "Accepted": record(
        {
            "event": TEXT,
            "state": {"enum": [*STATES, "duplicate"]},
            "runs": many(TEXT),
        }
    ),
}
