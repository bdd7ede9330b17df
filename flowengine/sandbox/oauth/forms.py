"""Reads forms and queries: the same parameters in the same notation."""

from __future__ import annotations

from typing import Final
from urllib.parse import parse_qsl

from flowengine.sandbox.oauth.faults import OAuthFault

_MAX_FIELDS: Final = 30


def read_form(form: bytes | str) -> dict[str, str]:
    """Return parameters by name. One without a value counts as absent, one given twice is a fault (RFC 6749, 3.1)."""
    try:
        text = form.decode() if isinstance(form, bytes) else form
        pairs = parse_qsl(text, errors="strict", max_num_fields=_MAX_FIELDS)
    except ValueError:
        raise OAuthFault("invalid_request", "The parameters cannot be read") from None
    fields = dict(pairs)
    if len(fields) < len(pairs):
        raise OAuthFault("invalid_request", "A parameter is given more than once")
    return fields


def required(fields: dict[str, str], name: str) -> str:
    """Return a parameter that has to be there. ``name`` is one of ours."""
    value = fields.get(name)
    if value is None:
        raise OAuthFault("invalid_request", f"{name} is missing")
    return value
