"""How the authorization server says no."""

from __future__ import annotations

from typing import Final

from flowengine.sandbox.replies import Reply, json_reply

NO_STORE: Final = {"Cache-Control": "no-store", "Pragma": "no-cache"}
"""Nothing that has to do with a token may stay in a cache (RFC 6749, 5.1)."""


class OAuthFault(Exception):
    """A refusal with a code of RFC 6749. The description may hold no quotes, no backslash and nothing from outside."""

    def __init__(self, error: str, description: str, status: int = 400) -> None:
        super().__init__(description)
        self.error = error
        self.description = description
        self.status = status

    def reply(self) -> Reply:
        """Return it as the token endpoint answers (RFC 6749, 5.2)."""
        headers = {**NO_STORE, "WWW-Authenticate": 'Basic realm="sandbox"'} if self.status == 401 else NO_STORE  # noqa: PLR2004 - Unauthorized
        return json_reply(self.status, {"error": self.error, "error_description": self.description}, headers)
