"""The authorization request in the address of the authorize page."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode

from flowengine.sandbox.oauth.clients import Client, Clients, origin_of
from flowengine.sandbox.oauth.faults import OAuthFault
from flowengine.sandbox.oauth.forms import read_form, required
from flowengine.sandbox.oauth.scopes import SCOPES, read_scopes

_NAMES: Final[tuple[str, ...]] = (
    "response_type",
    "client_id",
    "redirect_uri",
    "scope",
    "state",
    "code_challenge",
    "code_challenge_method",
)
_STATE: Final = re.compile(r"[\x20-\x7e]{1,1000}")
_CHALLENGE: Final = re.compile(r"[A-Za-z0-9_-]{43}")


class NoWayBack(Exception):
    """The request does not say reliably who asks: it is refused on a page, never by a redirect (RFC 6749, 4.1.2.1)."""


@dataclass(frozen=True, slots=True)
class Asker:
    """Who asks, and where the answer goes."""

    client: Client
    redirect_uri: str
    origin: str
    state: str | None

    def address(self, issuer: str, **answer: str) -> str:
        """Return the address that brings an answer back, with the state as it came and the issuer (RFC 9207)."""
        state = {} if self.state is None else {"state": self.state}
        return f"{self.redirect_uri}?{urlencode({**answer, **state, 'iss': issuer})}"


@dataclass(frozen=True, slots=True)
class Wish:
    """What is asked for. ``query`` is the whole request again, of nothing but what was checked."""

    query: str
    scopes: tuple[str, ...]
    challenge: str


def read_asker(query: str, clients: Clients) -> tuple[Asker, dict[str, str]]:
    """Read who asks; return all parameters as well. Raises NoWayBack."""
    try:
        fields = read_form(query)
    except OAuthFault as fault:
        raise NoWayBack(f"{fault.description}.") from None
    client, redirect_uri = clients.find(fields.get("client_id")), fields.get("redirect_uri", "")
    if client is None:
        raise NoWayBack("client_id is not that of a client of this sandbox.")
    origin = origin_of(redirect_uri)
    if origin is None:
        raise NoWayBack("redirect_uri has to be http://127.0.0.1:PORT/callback or http://localhost:PORT/callback.")
    state = fields.get("state")
    if state is not None and not _STATE.fullmatch(state):
        raise NoWayBack("state has to be up to 1000 printable ASCII characters.")
    return Asker(client, redirect_uri, origin, state), fields


def read_wish(fields: dict[str, str]) -> Wish:
    """Read what is asked for. Raises OAuthFault, which goes back to the client."""
    if required(fields, "response_type") != "code":
        raise OAuthFault("unsupported_response_type", "response_type has to be code")
    challenge = required(fields, "code_challenge")
    # Without a method the challenge would be the verifier itself, plain to see in the address: `plain` is not taken.
    if fields.get("code_challenge_method") != "S256" or not _CHALLENGE.fullmatch(challenge):
        raise OAuthFault("invalid_request", "code_challenge has to be one of the code_challenge_method S256")
    scopes = read_scopes(fields.get("scope"), SCOPES)
    return Wish(urlencode({name: fields[name] for name in _NAMES if name in fields}), scopes, challenge)
