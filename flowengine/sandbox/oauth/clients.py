"""The programs that may ask: a public one, which can keep no secret, and a confidential one."""

from __future__ import annotations

import re
from base64 import b64decode
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote_plus

from flowengine.sandbox.oauth.digests import same
from flowengine.sandbox.oauth.faults import OAuthFault

PUBLIC: Final = "flowengine"
METHODS: Final = ("client_secret_basic", "client_secret_post", "none")
_CODE: Final = ("authorization_code", "refresh_token")
GRANT_TYPES: Final = (*_CODE, "client_credentials")

_REDIRECT: Final = re.compile(r"(http://(?:127\.0\.0\.1|localhost):([1-9][0-9]{0,4}))/callback")
_MAX_PORT: Final = 65_535


@dataclass(frozen=True, slots=True)
class Client:
    """A program. One without a secret is public: it says who it is, and PKCE is what protects its codes."""

    client_id: str
    secret: str | None
    grant_types: tuple[str, ...]


class Clients:
    """The two clients. ``confidential`` has an id of its own and a secret that can change."""

    def __init__(self, new_secret: Callable[[], str]) -> None:
        self._new_secret = new_secret
        self._public = Client(PUBLIC, None, _CODE)
        self._confidential_id = f"sandbox-{new_secret()[:12]}"
        self.change_secret()

    def change_secret(self) -> None:
        """Give the confidential client another secret; the old one is refused from now on."""
        self.confidential = Client(self._confidential_id, self._new_secret(), GRANT_TYPES)

    def find(self, client_id: str | None) -> Client | None:
        """Return a client by its id."""
        return next((each for each in (self._public, self.confidential) if each.client_id == client_id), None)

    def authenticate(self, fields: dict[str, str], authorization: str) -> Client:
        """Return the client that asks: by HTTP Basic, or by ``client_id`` with ``client_secret``, if it has one."""
        client_id, secret = fields.get("client_id"), fields.get("client_secret")
        scheme, _, encoded = authorization.partition(" ")
        if scheme.lower() == "basic":
            if secret is not None:
                raise OAuthFault("invalid_request", "The client authenticates in two ways at once")
            basic_id, secret = _read_basic(encoded)
            if client_id not in (None, basic_id):
                raise OAuthFault("invalid_request", "client_id is not that of the Authorization header")
            client_id = basic_id
        client = self.find(client_id)
        if client is None or not _proves(client, secret):
            raise OAuthFault("invalid_client", "The client is not known by this id and secret", 401)
        return client


def origin_of(redirect_uri: str) -> str | None:
    """Return the origin of an allowed redirect address, None for one that is not allowed.

    As both clients run on the user's machine, that is ``/callback`` on loopback at any port (RFC 8252, 7.3). Matched
    whole: a prefix or a host compared alone would let others in, such as ``http://127.0.0.1:80@evil.example/``.
    """
    match = _REDIRECT.fullmatch(redirect_uri)
    return match[1] if match and int(match[2]) <= _MAX_PORT else None


def _proves(client: Client, secret: str | None) -> bool:
    if client.secret is None or secret is None:
        return client.secret is secret
    return same(secret, client.secret)


def _read_basic(encoded: str) -> tuple[str, str]:
    try:
        client_id, colon, secret = b64decode(encoded.strip(), validate=True).decode().partition(":")
    except ValueError:
        colon = ""
    if not colon:
        raise OAuthFault("invalid_client", "The Authorization header is not a usable Basic one", 401)
    # Each half is form-encoded before it is joined (RFC 6749, 2.3.1).
    return unquote_plus(client_id), unquote_plus(secret)
