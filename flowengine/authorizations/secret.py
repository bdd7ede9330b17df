"""A secret that does not show itself: whoever writes it out gets a placeholder, and the redactor knows its value."""

from __future__ import annotations

import hmac
from typing import Final, NoReturn, Self

from flowengine.redaction import LIVE, PLACEHOLDER


class Secret:
    """A password, token or key. ``reveal`` is the only way to its value; making one teaches it to the redactor."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        if not value:
            raise ValueError("a secret is not empty")
        self._value: Final = value
        LIVE.learn(value)

    def reveal(self) -> str:
        """Return the value, for the one request it is sent with."""
        return self._value

    def __repr__(self) -> str:
        return PLACEHOLDER

    def __format__(self, spec: str) -> str:
        return PLACEHOLDER

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Secret):
            return NotImplemented
        mine, others = (secret.reveal().encode("utf-8", "surrogatepass") for secret in (self, other))
        return hmac.compare_digest(mine, others)

    __hash__ = None  # type: ignore[assignment]  # a hash would be compared, and shown, in place of the value

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: object) -> Self:
        return self

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        raise TypeError("a secret is not serialized")
