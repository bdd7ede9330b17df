"""OAuth 2 client credentials: who may call the API, and for how long."""

from __future__ import annotations

import hmac
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import parse_qsl

from flowengine.sandbox.engage import Clock
from flowengine.sandbox.replies import Reply, json_reply

LIFETIME: Final = timedelta(seconds=3600)
SCOPES: Final = tuple(
    f"{thing}:{act}"
    for thing in ("conversations", "conversations-messages", "conversations-participants")
    for act in ("read", "write")
)
_NO_STORE: Final = {"Cache-Control": "no-store"}
_MAX_FORM_FIELDS: Final = 20


class Tokens:
    """The one client with its secret, and its access tokens."""

    def __init__(self, *, clock: Clock, new_secret: Callable[[], str]) -> None:
        self.client_id = f"sandbox-{new_secret()[:12]}"
        self.client_secret = new_secret()
        self._clock = clock
        self._new_secret = new_secret
        self._expiry: dict[str, datetime] = {}
        self._own = ""

    @property
    def own(self) -> str:
        """A token that is valid now, for whoever runs in the sandbox's own process."""
        if not self.is_valid(self._own):
            self._own = self.issue()
        return self._own

    def issue(self) -> str:
        """Make a new token."""
        now = self._clock()
        self._expiry = {token: expiry for token, expiry in self._expiry.items() if expiry > now}
        token = self._new_secret()
        self._expiry[token] = now + LIFETIME
        return token

    def is_valid(self, token: str) -> bool:
        """Whether a token was issued here and has not expired."""
        expiry = self._expiry.get(token)
        return expiry is not None and self._clock() < expiry

    def expire(self, token: str) -> None:
        """End a token before its time."""
        self._expiry.pop(token, None)

    def grant(self, form: bytes) -> Reply:
        """Answer ``POST /oauth/token`` as RFC 6749 says."""
        try:
            fields = dict(parse_qsl(form.decode(), max_num_fields=_MAX_FORM_FIELDS))
        except ValueError:
            return _oauth_error(400, "invalid_request", "the body is not a form")
        for name in ("grant_type", "client_id", "client_secret"):
            if not fields.get(name):
                return _oauth_error(400, "invalid_request", f"{name} is missing")
        if fields["grant_type"] != "client_credentials":
            return _oauth_error(400, "unsupported_grant_type", "grant_type has to be client_credentials")
        if not self._knows(fields["client_id"], fields["client_secret"]):
            return _oauth_error(401, "invalid_client", "client_id and client_secret do not belong together")
        lifetime = int(LIFETIME.total_seconds())
        token = {"access_token": self.issue(), "token_type": "Bearer", "expires_in": lifetime, "scope": SCOPES}
        return json_reply(200, token, _NO_STORE)

    def _knows(self, client_id: str, client_secret: str) -> bool:
        given = f"{client_id}\n{client_secret}".encode()
        return hmac.compare_digest(given, f"{self.client_id}\n{self.client_secret}".encode())


def _oauth_error(status: int, error: str, description: str) -> Reply:
    return json_reply(status, {"error": error, "error_description": description}, _NO_STORE)
