"""The routes of the studio about recordings: which there are, what they exercise, and new ones."""

from __future__ import annotations

from typing import Final

from flowengine.server.routing import Route
from flowengine.server.shapes import TEXT, body, maybe
from flowengine.studio.answering import asked
from flowengine.studio.flow_routes import get_of_flow
from flowengine.studio.service import Studio

_ALL: Final = "/api/studio/recordings"


def recording_routes(studio: Studio) -> list[Route]:
    """Return them."""
    return [
        get_of_flow("/recordings", studio.recordings, "List the recordings of a flow, and how each goes"),
        get_of_flow("/coverage", studio.coverage, "Say what the recordings of a flow exercise"),
        Route(
            "POST",
            _ALL,
            "edit",
            asked(lambda call: studio.keep_recording(call.body), 201),
            "Save a recording",
            body=body(
                {"flow": TEXT, "name": TEXT, "recording": {"type": "object"}},
                {"path": maybe(TEXT), "replace": {"type": "boolean"}},
            ),
            status=201,
            errors=(404, 409),
        ),
        Route(
            "POST",
            f"{_ALL}/made",
            "edit",
            asked(lambda call: studio.make_recording(call.body), 201),
            "Make a recording in which a node comes back with an outcome",
            body=body({"flow": TEXT, "node": TEXT, "outcome": TEXT}, {"path": maybe(TEXT)}),
            status=201,
            errors=(404, 409),
        ),
    ]
