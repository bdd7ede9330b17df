"""What the answer to an event means: delivered, to be tried again, given up, or that nothing goes through now."""

from __future__ import annotations

from enum import Enum
from typing import Final, NamedTuple

from flowengine.core.answers import Answer, Broken, HttpAnswer, Json, Refused, TimedOut
from flowengine.streams.forwarding.backoff import asked_wait

_NOT_THE_EVENT: Final = frozenset({401, 403, 404, 405, 407, 408, 410, 421, 423, 425, 429})
"""Refusals that say nothing about the event: of the token, the address, or the moment."""

_LONGEST: Final = 300


class Kind(Enum):
    """See Verdict."""

    DELIVERED = "delivered"
    AGAIN = "again"
    DEAD = "dead"
    CLOSED = "closed"


class Verdict(NamedTuple):
    """``CLOSED``: it is not about this event, no other one would get through. ``wait``: asked for, in seconds."""

    kind: Kind
    reason: str = ""
    wait: float | None = None


def judge(answer: Answer, now: float) -> Verdict:
    """Judge what came back; a refused token has been renewed once by then."""
    if isinstance(answer, Refused):
        return Verdict(Kind.CLOSED, answer.reason)
    if isinstance(answer, TimedOut | Broken):
        return Verdict(Kind.AGAIN, answer.reason)
    if not isinstance(answer, HttpAnswer):
        return Verdict(Kind.AGAIN, f"no answer: {answer!r}"[:_LONGEST])
    status = answer.status
    if 200 <= status < 300:  # noqa: PLR2004 - HTTP
        return Verdict(Kind.DELIVERED, said(answer))
    missing = not_entitled(answer)
    if missing is not None:
        return Verdict(Kind.CLOSED, missing)
    if status in (401, 403):
        return Verdict(Kind.CLOSED, f"the authorization was refused: {said(answer)}")
    if 400 <= status < 500 and status not in _NOT_THE_EVENT:  # noqa: PLR2004 - HTTP
        return Verdict(Kind.DEAD, said(answer))
    return Verdict(Kind.AGAIN, said(answer), asked_wait(answer.headers.get("retry-after"), now))


def not_entitled(answer: Answer) -> str | None:
    """Say what the tenant lacks, where that is why an event was refused; None where it is not."""
    if not isinstance(answer, HttpAnswer) or answer.status != 403:  # noqa: PLR2004 - HTTP
        return None
    value = answer.body.get("value") if isinstance(answer.body, dict) else None
    field = value.get("field") if isinstance(value, dict) else None
    return LACKS.get(field) if isinstance(field, str) else None


LACKS: Final = {
    "contactCenterLinked": (
        "the tenant is not linked to Contact Center: an administrator links it in Control Hub, and what has come "
        "until then is delivered"
    ),
    "integrations": (
        "the tenant does not have the integration webex-engage: an administrator adds the prebuilt nodes of Webex "
        "Engage to it, and what has come until then is delivered"
    ),
}
"""By the field of the tenant that says so."""


def said(answer: HttpAnswer) -> str:
    """Return status and description of an answer."""
    told: Json = answer.body.get("description") if isinstance(answer.body, dict) else None
    return f"status {answer.status}" + (f": {told[:_LONGEST]}" if isinstance(told, str) and told else "")
