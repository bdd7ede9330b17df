"""What a client was allowed, once: the root of its code and all its tokens."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True, eq=False)
class Grant:
    """A permission. ``login`` is who gave it, None where the client acts for itself. Ended, all that hangs on it is."""

    client_id: str
    login: str | None
    scopes: tuple[str, ...]
    is_ended: bool = False

    def end(self) -> None:
        """End it with its code, its access tokens and its refresh tokens."""
        self.is_ended = True
