"""Reading what a request says: its body, counted as it comes, and its query; both held to their schemas."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from functools import cache
from itertools import islice
from typing import Any, Final

from starlette.datastructures import QueryParams
from starlette.requests import ClientDisconnect, Request

from flowengine.core.answers import Json
from flowengine.core.values import MAX_DEPTH, parse_json
from flowengine.json_schema import JsonSchema
from flowengine.schema_problems import did_you_mean, problems
from flowengine.server.routing import ApiError, Parameter, Route
from flowengine.server.shapes import SHAPES

_MOST_PROBLEMS: Final = 20
_DIGITS: Final = 18
"""Of numbers that fit into 64 bits."""

_JSON: Final = "application/json"


async def read_raw(request: Request, most: int, within: float) -> bytes:
    """Return the body. Raises ApiError: 413 where it is larger than ``most`` bytes, 408 where it takes too long."""
    if request.headers.get("content-encoding", "identity").lower() != "identity":
        raise ApiError(415, "unsupported-media-type", "the body must not be compressed")
    declared = request.headers.get("content-length", "0")
    if declared.isdecimal() and int(declared) > most:
        raise _too_large(most)
    parts: list[bytes] = []
    size = 0
    try:
        async with asyncio.timeout(within):
            async for part in request.stream():
                size += len(part)
                if size > most:
                    raise _too_large(most)
                parts.append(part)
    except TimeoutError:
        raise ApiError(408, "timeout", f"the body did not come within {within:g} s") from None
    except ClientDisconnect:
        raise ApiError(400, "bad-request", "the body is cut off") from None
    return b"".join(parts)


def check_media(request: Request) -> None:
    """Raise ApiError (415) where a body is not said to be JSON."""
    media = request.headers.get("content-type", "")
    kind, _, parameters = media.partition(";")
    charset = parameters.strip().lower().removeprefix("charset=").strip('"')
    if kind.strip().lower() != _JSON or charset not in {"", "utf-8"}:
        found = f"found {media[:100]!r}" if media else "found none"
        raise ApiError(415, "unsupported-media-type", f"expected Content-Type: {_JSON}; {found}")


def parse_body(route: Route, raw: bytes) -> Json:
    """Return the JSON value of a body. Raises ApiError: 400 where it is none, 422 where it is not as it has to be."""
    try:
        value = parse_json(raw, MAX_DEPTH)
    except ValueError as fault:
        raise ApiError(400, "bad-request", f"the body is not JSON: {fault}") from None
    refuse_unlike(_schema_of(route), value)
    return value


def refuse_unlike(schema: JsonSchema, value: Json) -> None:
    """Raise ApiError (422) where a body is not what a schema says."""
    found = list(islice(problems(schema, value), _MOST_PROBLEMS))
    if found:
        said = [f"{_place(one.at)}: {one.message}" + (f" ({one.hint})" if one.hint else "") for one in found]
        raise ApiError(422, "invalid", f"the body is not as it has to be: {said[0]}", details={"problems": said})


def parse_query(route: Route, given: QueryParams) -> dict[str, Any]:
    """Return the parameters of a route, converted, those that are not given with their defaults. Raises ApiError."""
    known = {one.name: one for one in route.query}
    for name in given:
        if name not in known:
            hint = did_you_mean(name, list(known)) or "this takes no parameters"
            raise ApiError(422, "invalid", f"unknown parameter {name[:100]!r}", hint)
    return {one.name: _read(one, given.getlist(one.name)) for one in route.query}


def _read(parameter: Parameter, given: list[str]) -> Any:
    if len(given) > 1 and not parameter.many:
        raise ApiError(422, "invalid", f"the parameter {parameter.name} is given {len(given)} times")
    values = [_convert(parameter, one) for one in given]
    if parameter.many:
        return values
    return values[0] if values else parameter.schema.get("default")


def _convert(parameter: Parameter, written: str) -> Any:
    value: Any = written
    if parameter.schema.get("type") == "integer":
        # Not what int() takes: blanks, underscores, digits of other scripts.
        digits = written.removeprefix("-")
        value = int(written) if digits.isascii() and digits.isdigit() and len(digits) <= _DIGITS else written
    schema = JsonSchema(parameter.schema)
    for one in problems(schema, value):
        raise ApiError(422, "invalid", f"the parameter {parameter.name}: {one.message}", one.hint or None)
    return value


@cache
def _schema_of(route: Route) -> JsonSchema:
    return JsonSchema({**(route.body or {}), "components": {"schemas": SHAPES}})


def _place(at: Iterable[str | int]) -> str:
    return ".".join(map(str, at)) or "the body"


def _too_large(most: int) -> ApiError:
    return ApiError(413, "too-large", f"the body is larger than {most} bytes")
