"""Why there is no usable credential. Each message names authorization or file and the repair, never a secret."""

from __future__ import annotations

from flowengine.errors import UsageError


class NotAuthorized(Exception):
    """A node cannot work under its authorization."""


class OAuthRefused(Exception):
    """The authorization server said no: asking again will not help, a person has to authorize again."""


class OAuthUnreachable(Exception):
    """The authorization server could not be asked, or its answer cannot be read: later it may work."""


class StoreFault(UsageError):
    """The store of authorizations cannot be opened or written; the message has the repair."""
