"""What the effects ask of whoever keeps credentials: in life that is ``flowengine.authorizations.life.Keeper``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from flowengine.authorizations.faults import NotAuthorized
from flowengine.authorizations.life import Refusal

__all__ = ["Credentials", "NotAuthorized", "Refusal"]


class Credentials(Protocol):
    """Gives the headers that prove who is asking. A credential exists only between here and the request."""

    async def headers(
        self,
        name: str | None,
        *,
        url: str,
        kinds: tuple[str, ...] = (),
        refresh: bool = False,
        refused: Refusal | None = None,
    ) -> Mapping[str, str]:
        """Return the headers of the stored authorization ``name`` (None: the node names none).

        ``url`` is where they are about to be sent, with at least scheme, host and port; ``kinds`` are those that the
        node type takes, empty for any; ``refresh``: the last ones were ``refused``. Raises NotAuthorized, without
        asking anybody, where the authorization does not fit or is known to be of no use.
        """

    async def refused_again(self, name: str, refused: Refusal | None = None) -> None:
        """Learn that what ``headers`` gave after a refresh was refused, too: a person has to authorize again."""
