"""What the page says about an authorization that is to be made or changed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from flowengine.authorizations.granting import has_tokens
from flowengine.authorizations.making import SECRET_OF, Wanted, checked_secret, make
from flowengine.authorizations.record import Authorization
from flowengine.authorizations.secret import Secret
from flowengine.errors import UsageError

_CALLED: Final = {
    "environment": "the environment",
    "kind": "one of",
    "hosts": "the list of hosts",
    "client_id": "the client id",
    "username": "the user name",
    "header": "the name of the header",
    "scopes": "the list of scopes",
    "authorize_url": "the address of the login",
    "token_url": "the address of the tokens",
    "revoke_url": "the address where tokens are given back",
}


class _Page:
    """Somebody before the page, who has said everything at once."""

    def __init__(self, secret: str | None, kept: Secret | None = None) -> None:
        self._secret = secret
        self._kept = kept

    def called(self, field: str) -> str:
        return _CALLED[field]

    def with_it(self, _field: str) -> str:
        return ""

    def ask(self, what: str, _field: str) -> str:
        raise UsageError(f"the {what} is missing")

    def secret(self, what: str) -> Secret:
        if self._secret:
            return checked_secret(what, self._secret)
        if self._kept is None:
            raise UsageError(f"the {what} is missing")
        return self._kept


def made(body: Mapping[str, Any], near: Path, now: float) -> Authorization:
    """Make an authorization. Raises UsageError for what is missing or does not fit."""
    wanted = Wanted(
        name=body["name"],
        integration=body.get("integration"),
        environment=body.get("environment"),
        kind=body["kind"],
        hosts=tuple(body.get("hosts", ())),
        client_id=body.get("clientId"),
        username=body.get("username"),
        header=body.get("header"),
        scopes=tuple(body.get("scopes", ())),
        authorize_url=body.get("authorizeUrl"),
        token_url=body.get("tokenUrl"),
        revoke_url=body.get("revokeUrl"),
        has_secret=bool(body.get("secret")),
        near=near,
    )
    return make(wanted, _Page(body.get("secret")), now)


def changed(found: Authorization, body: Mapping[str, Any], now: float) -> Authorization:
    """Return an authorization as it is changed: what is not given stays. Raises UsageError.

    Its secret has to be given again where it would be sent elsewhere, so that nobody gets it who only may change things
    here. What is granted ends with what it was granted for.
    """
    key = SECRET_OF.get(found.kind, ("client_secret", ""))[0]
    kept, given = found.secrets.get(key), body.get("secret")
    wanted = Wanted(
        name=found.name,
        kind=found.kind,
        hosts=tuple(body.get("hosts", found.hosts)),
        client_id=body.get("clientId", found.client_id) or None,
        username=body.get("username", found.username) or None,
        header=body.get("header", found.header) or None,
        scopes=tuple(body.get("scopes", found.scopes)),
        authorize_url=body.get("authorizeUrl", found.authorize_url) or None,
        token_url=body.get("tokenUrl", found.token_url) or None,
        revoke_url=body.get("revokeUrl", found.revoke_url) or None,
        has_secret=bool(given) or kept is not None,
    )
    fresh = replace(
        make(wanted, _Page(given, kept), now),
        integration=found.integration,
        created_at=found.created_at,
        last_used_at=found.last_used_at,
    )
    if kept is not None and not given and _places(found) != _places(fresh):
        raise UsageError("its secret would be sent elsewhere: give the secret again")
    if not given and _settings(found) == _settings(fresh):
        return found
    if given or has_tokens(found):
        return fresh
    return replace(fresh, state=found.state, reason=found.reason, authorized_at=found.authorized_at)


def _places(one: Authorization) -> tuple[Any, ...]:
    """Return where something secret is sent, or somebody is sent who types something secret."""
    return (one.hosts, one.token_url, one.authorize_url, one.revoke_url)


def _settings(one: Authorization) -> tuple[Any, ...]:
    return (one.client_id, one.username, one.header, one.scopes, *_places(one))
