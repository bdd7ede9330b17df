"""What a token may be good for: Engage's scopes, what people read of them, and which call needs which."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from flowengine.sandbox.oauth.faults import OAuthFault

SCOPES: Final = {
    "conversations:read": "Find conversations and see their state",
    "conversations:write": "Create, update, close and re-open conversations",
    "conversations-messages:read": "Read messages",
    "conversations-messages:write": "Append messages",
    "conversations-participants:read": "See who takes part",
    "conversations-participants:write": "Add and remove participants",
    "streams:read": "See which channel events were forwarded",
    "streams:write": "Forward channel events",
    "tenant:read": "See the tenant's assets and what it is entitled to",
}
"""Scopes, and what each allows in words."""

_NEEDED: Final = {
    "search": "conversations:read",
    "append": "conversations-messages:write",
    "addParticipant": "conversations-participants:write",
    "removeParticipant": "conversations-participants:write",
    "listEvents": "streams:read",
    "forwardEvent": "streams:write",
    "tenant": "tenant:read",
}


def needed_for(operation: str) -> str:
    """Return the scope that a call of the API needs."""
    return _NEEDED.get(operation, "conversations:write")


def read_scopes(text: str | None, allowed: Iterable[str]) -> tuple[str, ...]:
    """Return the scopes of a request, all that are ``allowed`` where it names none."""
    known = tuple(allowed)
    if text is None:
        return known
    wanted = text.split(" ")
    if not set(wanted) <= set(known):
        raise OAuthFault("invalid_scope", f"scope may hold {' '.join(known)}")
    return tuple(scope for scope in known if scope in wanted)
