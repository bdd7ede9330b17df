"""Request templates: a node type's declarative request, filled in with the resolved inputs.

Values never become syntax: a reference in a path is one percent-encoded segment, one inside a JSON body stays a JSON
value, and query and form are encoded by the library that sends them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple, TypeAlias
from urllib.parse import quote

from flowengine.core.answers import Json
from flowengine.core.references import (
    Missing,
    Reference,
    Resolver,
    Scope,
    compile_template,
    descend,
    is_whole,
    split_template,
)
from flowengine.core.values import as_text, type_of
from flowengine.core.wants import HttpRequest

_METHOD: Final = re.compile(r"[A-Z]{3,10}")

Part: TypeAlias = Callable[[Scope], tuple[Json, bool]]
"""Reads a part of a request: its value, and whether it is there."""


class RequestTemplate(NamedTuple):
    """A compiled request."""

    method: Resolver
    path: tuple[str | Reference, ...] | None
    url: Resolver
    query: Part
    headers: Part
    json: Part
    form: Part
    text: Part
    reads: Part
    first_of: tuple[tuple[str, tuple[str, ...]], ...]
    idempotent: bool


def compile_request(raw: Mapping[str, Any]) -> RequestTemplate:
    """Compile a manifest's ``request``. Raises BadReference."""
    return RequestTemplate(
        method=compile_template(raw["method"]),
        path=tuple(split_template(raw["path"])) if "path" in raw else None,
        url=compile_template(raw.get("url", "")),
        query=_part(raw, "query"),
        headers=_part(raw, "headers"),
        json=_part(raw, "json"),
        form=_part(raw, "form"),
        text=_part(raw, "text"),
        reads=_part(raw, "reads"),
        first_of=tuple((name, tuple(inputs)) for name, inputs in raw.get("firstOf", {}).items()),
        idempotent=raw.get("idempotent", False),
    )


def build_request(template: RequestTemplate, inputs: Scope) -> HttpRequest:
    """Fill in a request. Raises Missing, TooLarge, or ValueError where a value cannot stand where it is put.

    ``firstOf`` gives one name to inputs that differ by channel: the first that is given.
    """
    for name, candidates in template.first_of:
        given = next((inputs[one] for one in candidates if inputs.get(one) is not None), None)
        if given is not None:
            inputs = {**inputs, name: given}
    json, has_json = template.json(inputs)
    form, has_form = template.form(inputs)
    text, has_text = template.text(inputs)
    return HttpRequest(
        method=_method(template.method(inputs)),
        target=_target(template, inputs),
        absolute=template.path is None,
        query=_pairs("query", template.query(inputs)[0]),
        headers=_pairs("headers", template.headers(inputs)[0]),
        json=json,
        has_json=has_json,
        form=_pairs("form", form) if has_form else None,
        text=as_text(text) if has_text else None,
        reads=_reads(template.reads(inputs)[0]),
    )


def _part(raw: Mapping[str, Any], name: str) -> Part:
    """Compile a part; one that is a single reference to an input that is not given is left out as a whole."""
    if name not in raw:
        return lambda _: (None, False)
    resolve, optional = compile_template(raw[name], drop_missing=True), is_whole(raw[name])

    def read(inputs: Scope) -> tuple[Json, bool]:
        try:
            return resolve(inputs), True
        except Missing:
            if optional:
                return None, False
            raise

    return read


def _method(value: Json) -> str:
    if not isinstance(value, str) or not _METHOD.fullmatch(value):
        raise ValueError(f"the request's method is {value!r}: expected one of HTTP's, such as GET or POST")
    return value


def _reads(value: Json) -> str:
    if value not in (None, "json", "text"):
        raise ValueError(f"the request reads {value!r}: expected json or text")
    return value or "json"


def _pairs(part: str, value: Json) -> tuple[tuple[str, str], ...]:
    """Flatten a map to pairs; a list repeats its key, null leaves it out."""
    if value is None:
        return ()
    if not isinstance(value, dict):
        raise ValueError(f"the request's {part} is {type_of(value)}: expected a map")  # noqa: TRY004 - a wrong input
    pairs: list[tuple[str, str]] = []
    for key, inner in value.items():
        values = inner if isinstance(inner, list) else [inner]
        pairs.extend((key, as_text(one)) for one in values if one is not None)
    return tuple(pairs)


def _target(template: RequestTemplate, inputs: Scope) -> str:
    if template.path is None:
        return as_text(template.url(inputs))
    return "".join(part if isinstance(part, str) else _path_segment(part, inputs) for part in template.path)


def _path_segment(reference: Reference, inputs: Scope) -> str:
    try:
        text = as_text(descend(inputs[reference.root], reference.path))
    except LookupError:
        raise Missing(reference) from None
    if text in ("", ".", ".."):
        raise ValueError(f"{reference} is {text!r}, which cannot be part of an address")
    return quote(text, safe="")
