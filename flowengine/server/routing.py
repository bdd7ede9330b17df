"""The form of a route. One table of them makes the application, the check of rights and the OpenAPI document.

A handler gets a ``Call`` and returns a JSON value (answered with the route's ``status``), or a ``Response`` of its own
making; what the caller did wrong it raises as ``ApiError``. By the time it is called the caller has the route's right,
and query and body are what their schemas say.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple, TypeAlias

from starlette.requests import Request
from starlette.responses import Response

from flowengine.core.answers import Json

if TYPE_CHECKING:
    from flowengine.server.world import ServerWorld

Right: TypeAlias = Literal["open", "signed", "read", "operate", "edit"]
"""``open``: for everybody; ``signed``: the handler verifies a signature over the raw body; else the least right."""

RIGHTS: Final = ("read", "operate", "edit")
"""Those that callers may have; each includes those before it."""

Schema: TypeAlias = dict[str, Any]

ID: Final = "[A-Za-z0-9][A-Za-z0-9._:-]{0,199}"
"""What may stand in a path for a part in braces; anything else is not found."""

MOST_BYTES: Final = 2 * 1024 * 1024
"""Of a request's body."""


class ApiError(Exception):
    """What the caller is told: ``{"error": {"code", "message", "hint", ...details}}``.

    ``code`` is a word that programs may rely on (``not-found``), ``hint`` says what to do.
    """

    def __init__(  # noqa: PLR0913 - status, code and message are always there, the rest by name
        self,
        status: int,
        code: str,
        message: str,
        hint: str | None = None,
        *,
        details: Mapping[str, Json] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.hint = hint
        self.details = dict(details or {})
        self.headers = dict(headers or {})

    def to_json(self) -> dict[str, Json]:
        """Return the body of the answer."""
        return {"error": {"code": self.code, "message": str(self), "hint": self.hint, **self.details}}


def not_found(what: str, name: str, hint: str | None = None) -> ApiError:
    """Return the error for something that is not there."""
    return ApiError(404, "not-found", f"there is no {what} {name!r}", hint)


class Caller(NamedTuple):
    """Who calls: the name of a token, ``session`` or ``local``; ``right`` is None for whoever is not known.

    ``has_session``: a cookie says who it is, which a browser sends whichever page asks it to.
    """

    name: str
    right: str | None
    has_session: bool = False

    def may(self, right: Right) -> bool:
        """Whether the caller has a right."""
        if right in {"open", "signed"}:
            return True
        return self.right is not None and RIGHTS.index(self.right) >= RIGHTS.index(right)


@dataclass(slots=True)
class Call:
    """One request. ``ids`` are the parts of the path in braces, decoded; ``raw`` is the body as it came.

    ``query`` has the parameters of the route, converted, with their defaults; ``body`` is None where none came.
    """

    world: ServerWorld
    request: Request
    caller: Caller
    ids: Mapping[str, str]
    query: Mapping[str, Any]
    raw: bytes = b""
    body: Json = None


Handler: TypeAlias = Callable[[Call], Awaitable[Json | Response]]


class Parameter(NamedTuple):
    """Of the query. ``many``: may be given several times, the handler gets a list. ``schema`` may have a default."""

    name: str
    description: str
    schema: Schema
    many: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Route:
    """One thing that can be done. Both a path and a method that are not in the table are refused.

    ``path`` has parts in braces (``/api/runs/{id}``), each one segment. ``right`` has no default: there is no way to
    forget it. ``answer`` and ``body`` are JSON Schemas (2020-12; ``#/components/schemas/...`` of ``schemas.SHAPES`` may
    be referred to); without ``body`` a route takes none. ``raw``: the body may be anything, ``handler`` reads
    ``call.raw``. ``media`` is the type of an answer that is no JSON. ``errors`` are the statuses of ApiErrors beyond
    those that follow from the rest (401, 403, 404, 409, 413, 415, 422, 429, 503); ``other`` are answers with a
    shape of their own.
    """

    method: str
    path: str
    right: Right
    handler: Handler
    summary: str
    description: str = ""
    ids: Mapping[str, str] = field(default_factory=dict)
    query: tuple[Parameter, ...] = ()
    body: Schema | None = None
    needs_body: bool = True
    raw: bool = False
    most_bytes: int = MOST_BYTES
    answer: Schema | None = None
    status: int = 200
    media: str = "application/json"
    errors: tuple[int, ...] = ()
    other: Mapping[int, Schema] = field(default_factory=dict)
    hidden: bool = False
    """Not part of the API: files of a page. Left out of the OpenAPI document."""

    @property
    def name(self) -> str:
        """A name that is unique in the table: ``GET /api/runs/{id}``."""
        return f"{self.method} {self.path}"
