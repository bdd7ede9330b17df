"""Takes secrets out of a recording, so that it can be committed: those that are live, and what looks like one.

What is called like a secret, or has the form of one, is found wherever it stands in the recording and replaced
everywhere in it, so that what the flow made of it stays consistent. What a flow is about, phone numbers and messages,
is no secret here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from flowengine.check.secrets import is_telling, secrets_in, secrets_in_addresses
from flowengine.core.answers import Json
from flowengine.core.values import as_text, parse_json
from flowengine.recording.format import Recording
from flowengine.redaction import LIVE, PLACEHOLDER, Redactor

_COOKIES: Final = ("cookie", "set-cookie")
_NAMED: Final = re.compile(r"""([A-Za-z_-]{2,40})(?:["']?\s*[:=]\s*["']?|>\s*)([^\s"'&<>,;]{6,})""")
"""A name and its value in something like JSON, in XML or in a form."""

_KEY: Final = re.compile(r"-----BEGIN (?:[A-Z0-9]+ ){0,3}PRIVATE KEY-----(?:[^-]+(?:-----END [A-Z0-9 ]*-----)?)?")
_LONGEST: Final = 4096
_MOST: Final = 1000
"""Characters of a secret, and secrets: what is beyond is replaced where it stands, and not looked for elsewhere."""

_MOST_SIGNS: Final = 300
"""Characters that some encoding writes otherwise: looking for all their spellings takes time."""


class Concealer:
    """Knows the secrets of one recording. ``live`` knows those of the process."""

    def __init__(self, recording: Recording, live: Redactor = LIVE) -> None:
        self._live = live
        self._found = Redactor()
        self._learnt: set[str] = set()
        self._look(recording.trigger)
        self._look(recording.variables)
        for entries in recording.responses.values():
            for entry in entries:
                self._look(entry)
                if "text" in entry:
                    self._look_into(entry["text"])

    def __call__(self, value: Json, name: str = "") -> Json:
        """Return a value without secrets; ``name`` is what it is called where it stands."""
        if isinstance(value, dict):
            return {self._text(key): self(inner, key) for key, inner in value.items()}
        if isinstance(value, list):
            return [self(inner, name) for inner in value]
        if value is None or isinstance(value, bool) or value == "":
            return value
        text = as_text(value)
        shown = PLACEHOLDER if _is_secret(name) else self._text(text)
        return value if shown == text else shown

    def answer(self, entry: Mapping[str, Any]) -> dict[str, Any]:
        """Return a recorded answer without secrets: none is in its keys and its status."""
        return {key: value if key == "status" else self(value) for key, value in entry.items()}

    def is_free(self, text: str) -> bool:
        """Whether the text of a whole recording has no live secret in it."""
        return self._live.redact(text) == text

    def _text(self, text: str) -> str:
        return self._found.redact(self._live.redact(text))

    def _look(self, value: Json, name: str = "") -> None:
        if isinstance(value, dict):
            for key, inner in value.items():
                self._look(inner, key)
        elif isinstance(value, list):
            for inner in value:
                self._look(inner, name)
        elif isinstance(value, str):
            if _is_secret(name):
                self._learn(value)
            for secret in (*secrets_in(value), *secrets_in_addresses(value)):
                self._learn(value[secret.start : secret.end])
            for key in _KEY.findall(value):
                self._learn(key)

    def _look_into(self, text: str) -> None:
        """Look for named secrets in a raw body, which may be anything."""
        try:
            self._look(parse_json(text))
        except ValueError:
            for found in _NAMED.finditer(text):
                if is_telling(found[1]):
                    self._learn(found[2])

    def _learn(self, value: str) -> None:
        """Learn a value, but no word, which would be found all over harmless texts."""
        if value.isalpha() or len(value) > _LONGEST or len(re.sub(r"[\w.-]", "", value)) > _MOST_SIGNS:
            return
        if len(self._learnt) < _MOST and value not in self._learnt:
            self._learnt.add(value)
            self._found.learn(value)


def _is_secret(name: str) -> bool:
    return is_telling(name) or name.lower() in _COOKIES
