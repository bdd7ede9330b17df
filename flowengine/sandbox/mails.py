"""How an e-mail finds its conversation: by the message it answers, else by its subject without reply marks."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from flowengine.core.answers import Json
from flowengine.core.values import parse_json

_REPLY_MARKS: Final = re.compile(r"(?:(?:re|fwd?|aw|wg|sv|tr|rv)(?:\[\d{1,3}\])?:\s*)+", re.IGNORECASE)


def bare_subject(subject: str) -> str:
    """Return a subject as it is compared: without ``Re:`` and its kin, with single spaces, in lower case."""
    text = " ".join(subject.split())
    marks = _REPLY_MARKS.match(text)
    return (text[marks.end() :] if marks else text).casefold()


def bare_id(message_id: str) -> str:
    """Return a Message-ID without its angle brackets."""
    return message_id.strip().removeprefix("<").removesuffix(">").strip()


def message_id(content: Mapping[str, Json]) -> str | None:
    """Return the Message-ID in an e-mail's headers; they are an object, or its JSON text."""
    headers = content.get("emailHeaders") or content.get("headers")
    if isinstance(headers, str):
        try:
            headers = parse_json(headers)
        except ValueError:
            return None
    if not isinstance(headers, dict):
        return None
    for name, value in headers.items():
        if name.lower() == "message-id" and isinstance(value, str):
            return bare_id(value) or None
    return None
