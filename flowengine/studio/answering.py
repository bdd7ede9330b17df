"""Handlers of the studio's routes that block: files are read, texts are compiled, pictures are laid out."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final

import orjson
from starlette.responses import Response

from flowengine.core.answers import Json
from flowengine.server.routing import ApiError, Call, Handler

Work = Callable[[Call], Json]

_CHANGED: Final = 409


def asked(work: Work, status: int = 200) -> Handler:
    """Make a handler of what blocks: it is done, and written as JSON, in a thread."""

    def written(call: Call) -> Response:
        try:
            return Response(encoded(work(call)), status, media_type="application/json")
        except ApiError as error:
            if error.status != _CHANGED or "disk" not in error.details:
                raise
            said = ApiError(error.status, error.code, str(error), error.hint)
            return Response(encoded({**said.to_json(), **error.details}), error.status, media_type="application/json")

    async def handler(call: Call) -> Response:
        return await asyncio.to_thread(written, call)

    return handler


def encoded(value: Json) -> bytes:
    """Write an answer. That of a flow of 500 nodes has 1 MB, which the standard library takes 10 ms for."""
    return orjson.dumps(value)
