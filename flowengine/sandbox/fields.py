"""Reads the JSON object of a request field by field: what is wrong is refused with 400 and the field's name.

``null`` and ``""`` count as absent, because a canvas sends the fields it does not use as null.
"""

from __future__ import annotations

from collections.abc import Iterable

from flowengine.core.answers import Json
from flowengine.core.values import parse_json, type_of
from flowengine.sandbox.replies import Refusal


def read_object(body: bytes) -> dict[str, Json]:
    """Parse a request's body strictly; no body is an empty object."""
    if not body:
        return {}
    try:
        value = parse_json(body)
    except ValueError as fault:
        raise Refusal(400, f"The body is not usable JSON: {fault}", field="body") from None
    if not isinstance(value, dict):
        raise Refusal(400, f"The body has to be a JSON object, not {type_of(value)}", field="body")
    return value


class Fields:
    """One object of a request. ``place`` is where it is, such as ``messages[0].``."""

    def __init__(self, value: dict[str, Json], place: str = "") -> None:
        self._value = value
        self._place = place

    def wrong(self, name: str, problem: str, status: int = 400) -> Refusal:
        """Make the refusal that names a field of this object."""
        field = self._place + name
        return Refusal(status, f"{field} {problem}", field=field)

    def text(self, name: str) -> str | None:
        """Return a text, or None where it is absent."""
        value = self._value.get(name)
        if value is None or value == "":
            return None
        if not isinstance(value, str):
            raise self.wrong(name, f"has to be text, not {type_of(value)}")
        return value

    def required(self, name: str) -> str:
        """Return a text that has to be there."""
        value = self.text(name)
        if value is None:
            raise self.wrong(name, "is missing")
        return value

    def one_of(self, name: str, allowed: Iterable[str], *, status: int = 400) -> str:
        """Return a text that has to be there and be one of ``allowed``."""
        value = self.required(name)
        if value not in allowed:
            raise self.wrong(name, f"is {value!r}, expected one of {', '.join(allowed)}", status)
        return value

    def items(self, name: str) -> list[Json]:
        """Return a list, empty where it is absent."""
        value = self._value.get(name)
        if value is None or value == "":
            return []
        if not isinstance(value, list):
            raise self.wrong(name, f"has to be a list, not {type_of(value)}")
        return value

    def texts(self, name: str) -> list[str]:
        """Return a list of texts."""
        items = self.items(name)
        for index, item in enumerate(items):
            if not isinstance(item, str) or not item:
                raise self.wrong(f"{name}[{index}]", f"has to be text, not {type_of(item) if item else 'empty'}")
        return items

    def objects(self, name: str) -> list[Fields]:
        """Return a list of objects, each to be read in its turn."""
        items = self.items(name)
        for index, item in enumerate(items):
            if not isinstance(item, dict):
                raise self.wrong(f"{name}[{index}]", f"has to be an object, not {type_of(item)}")
        return [Fields(item, f"{self._place}{name}[{index}].") for index, item in enumerate(items)]

    def value(self, name: str) -> Json:
        """Return whatever is there."""
        return self._value.get(name)

    def others(self, known: frozenset[str]) -> dict[str, Json]:
        """Return what is there beside the ``known`` fields."""
        return {name: value for name, value in self._value.items() if name not in known and value is not None}

    def only(self, known: Iterable[str]) -> None:
        """Refuse every field that is not ``known``: for requests of which we own the contract."""
        for name in self._value:
            if name not in known:
                raise self.wrong(name, f"is not known here; known are {', '.join(known)}")
