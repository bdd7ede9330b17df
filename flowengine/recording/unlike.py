"""Where two values differ: the places, as singular JSONPaths, with what stands there."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Final, NamedTuple

from flowengine.core.answers import Json
from flowengine.core.paths import path_text
from flowengine.core.values import same


class _Absent:
    """Stands for what is not there; null is."""

    def __repr__(self) -> str:
        return "(nothing)"


ABSENT: Final = _Absent()


class Difference(NamedTuple):
    """``what`` is the value that was compared (``trigger``, ``body``, ...); ``path`` is within it.

    ``left`` or ``right`` is ``ABSENT`` where there is nothing.
    """

    what: str
    path: tuple[str | int, ...]
    left: Any
    right: Any

    @property
    def place(self) -> str:
        """Return the value and the place in it as text: ``body $.value.status``."""
        return f"{self.what} {path_text(self.path)}" if self.path else self.what

    def to_json(self) -> dict[str, Json]:
        """Return it as JSON values; a side that is not there is left out."""
        sides = {"left": self.left, "right": self.right}
        return {
            "what": self.what,
            "path": path_text(self.path),
            **{name: value for name, value in sides.items() if value is not ABSENT},
        }


def shown(value: Any) -> str:
    """Write a value as JSON, so that the text "1" and the number 1 look different."""
    return repr(value) if value is ABSENT else json.dumps(value, ensure_ascii=False)


def differences(what: str, left: Any, right: Any, path: tuple[str | int, ...] = ()) -> Iterator[Difference]:
    """Yield the places where two values differ, as deep in them as they can be told apart. Values are bounded."""
    if isinstance(left, dict) and isinstance(right, dict):
        for key in dict.fromkeys([*left, *right]):
            yield from differences(what, left.get(key, ABSENT), right.get(key, ABSENT), (*path, key))
    elif isinstance(left, list) and isinstance(right, list):
        for index in range(max(len(left), len(right))):
            one, other = (side[index] if index < len(side) else ABSENT for side in (left, right))
            yield from differences(what, one, other, (*path, index))
    elif left is not right and (left is ABSENT or right is ABSENT or not same(left, right)):
        yield Difference(what, path, left, right)
