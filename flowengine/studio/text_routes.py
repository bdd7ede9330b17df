"""The routes of the studio about texts that come with the request: nothing is written."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from flowengine.core.answers import Json
from flowengine.server.routing import Route
from flowengine.server.shapes import ANYTHING, TEXT, body, many, maybe
from flowengine.studio.answering import asked
from flowengine.studio.service import Studio

_WRITTEN: Final = {"path": maybe(TEXT), "positions": maybe({"type": "object"}), "judge": {"type": "boolean"}}
_SIDE: Final = body({}, {"text": TEXT, "flow": TEXT, "path": maybe(TEXT), "revision": TEXT})
_OPERATIONS: Final = many({"type": "object", "required": ["op"]})
_WALKED: Final = {
    "text": maybe(TEXT),
    "flow": maybe(TEXT),
    "path": maybe(TEXT),
    "recording": ANYTHING,
    "trigger": ANYTHING,
    "variables": maybe({"type": "object"}),
    "answers": maybe({"type": "object"}),
    "choices": maybe({"type": "object"}),
    "from": maybe({"type": "object", "required": ["node"]}),
    "until": {"type": ["integer", "null"], "minimum": 0},
}


def text_routes(studio: Studio) -> list[Route]:
    """Return them."""
    return [
        _post("document", studio.document, "Show a text: picture and findings", body({"text": TEXT}, _WRITTEN)),
        _post("findings", studio.findings, "Judge a text", body({"text": TEXT}, {"path": maybe(TEXT)})),
        _post("edit", studio.edit, "Do something to a text", body({"text": TEXT, "operations": _OPERATIONS}, _WRITTEN)),
        _post(
            "form",
            studio.form,
            "Show the form of a node, or of the flow",
            body({"text": TEXT, "node": maybe(TEXT)}, {"path": maybe(TEXT)}),
        ),
        _post("dry-run", studio.dry_run, "Walk a flow on recorded answers", body({}, _WALKED)),
        _post("compare", studio.compare, "Compare two versions of a flow", body({"left": _SIDE, "right": _SIDE})),
    ]


def _post(name: str, work: Callable[[Mapping[str, Any]], Json], summary: str, schema: dict[str, Any]) -> Route:
    handler = asked(lambda call: work(call.body))
    return Route("POST", f"/api/studio/{name}", "read", handler, summary, body=schema, errors=(404, 409))
