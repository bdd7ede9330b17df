"""Values that look like what they are called: numbers and hosts are those that are reserved for examples."""

from __future__ import annotations

import re
from typing import Final

from flowengine.core.answers import Json
from flowengine.core.plan import Plan

NUMBER: Final = "+447700900123"
TIME: Final = "2026-01-01T10:00:00Z"

_BY_NAME: Final = (
    (r"(senderNumber|customerNumber|msisdn|phone|waId|origin|mobile|ani)$", NUMBER),
    (r"(serviceNumber|businessNumber|businessId|destination|dnis)$", "+447700900001"),
    (r"(email|emailId|mail|fromAddress)$", "customer@example.com"),
    (r"(toAddresses|toRecipients|businessEmail)$", "support@example.com"),
    (r"(url|uri|link|href)$", "https://files.example.com/one.pdf"),
    (r"(time|timestamp|date|completedOn|On|At)$", TIME),
    (r"(latitude)$", "51.5007"),
    (r"(longitude)$", "-0.1246"),
    (r"(message|text|body|strippedText)$", "Where is my order?"),
    (r"(keyword)$", "Where"),
    (r"(htmlMessage)$", "<p>Where is my order?</p>"),
    (r"(subject)$", "My order"),
    (r"(name|username)$", "Sam Example"),
)
_TYPED: Final[dict[str, Json]] = {"number": 1, "integer": 1, "boolean": True, "array": [], "object": {}}


def made_value(name: str, kind: str | None = None) -> Json:
    """Make a value of a type, text where it is not known."""
    return _TYPED[kind] if kind in _TYPED else made_text(name)


def made_inputs(plan: Plan) -> dict[str, Json]:
    """Make values for the inputs that a run cannot start without."""
    declared = {name: plan.variables[name] for name in sorted(plan.inputs)}
    return {name: made_value(name, one.type) for name, one in declared.items() if not one.has_default}


def made_text(name: str) -> str:
    """Make a text that suits a name."""
    for pattern, text in _BY_NAME:
        if re.search(pattern, name, re.IGNORECASE if pattern[1].islower() else 0):
            return text
    return f"{re.sub(r'[^A-Za-z0-9]+', '-', name).strip('-').lower() or 'value'}-1"
