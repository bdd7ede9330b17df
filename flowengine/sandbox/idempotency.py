"""Header ``Idempotency-Key``: the same call with the same key is done once and answered alike.

Only calls that did something are remembered. A refused one did nothing and may be sent again under its key.
"""

from __future__ import annotations

from hashlib import sha256
from typing import Final, NamedTuple

from flowengine.sandbox.replies import Refusal, Reply

MAX_KEYS: Final = 10_000
_MAX_KEY: Final = 255
_HEADER: Final = "Idempotency-Key"


class Fingerprint(NamedTuple):
    """What makes two calls the same call."""

    operation: str
    ids: tuple[str, ...]
    body: bytes


def fingerprint(operation: str, ids: tuple[str, ...], body: bytes) -> Fingerprint:
    """Return the fingerprint of a call."""
    return Fingerprint(operation, ids, sha256(body).digest())


class Answered:
    """The answers given so far, by key. Past ``limit`` keys the oldest is forgotten."""

    def __init__(self, limit: int = MAX_KEYS) -> None:
        self._limit = limit
        self._replies: dict[str, tuple[Fingerprint, Reply]] = {}

    def recall(self, key: str, call: Fingerprint) -> Reply | None:
        """Return the answer given to this call under ``key``; refuse another call under it with 422."""
        if not key.isascii() or not key.isprintable() or not 0 < len(key) <= _MAX_KEY:
            raise Refusal(400, f"{_HEADER} has to be 1 to {_MAX_KEY} printable ASCII characters", field=_HEADER)
        known = self._replies.get(key)
        if known is None:
            return None
        if known[0] != call:
            raise Refusal(422, f"{_HEADER} {key} was used for another request", field=_HEADER)
        reply = known[1]
        return reply._replace(headers={**reply.headers, "Idempotency-Replayed": "true"})

    def keep(self, key: str, call: Fingerprint, reply: Reply) -> None:
        """Remember an answer."""
        if len(self._replies) >= self._limit:
            del self._replies[next(iter(self._replies))]
        self._replies[key] = (call, reply)
