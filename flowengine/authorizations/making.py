"""Putting an authorization together out of what somebody says about it, and refusing what does not fit."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, Protocol
from urllib.parse import urlsplit

from flowengine.authorizations.record import (
    ALL_KINDS,
    AUTHORIZATION_CODE,
    AUTHORIZED,
    BASIC,
    CLIENT_CREDENTIALS,
    HEADER,
    KINDS,
    SIGNING,
    Authorization,
)
from flowengine.authorizations.secret import Secret
from flowengine.errors import UsageError
from flowengine.project import SANDBOX, Integration, OAuth, find_project, is_safe

SECRET_OF: Final = {
    CLIENT_CREDENTIALS: ("client_secret", "client secret"),
    "bearer": ("access_token", "access token"),
    BASIC: ("password", "password"),
    HEADER: ("value", "value of the header"),
    SIGNING: ("value", "signing secret"),
}
"""By kind: the secret it is made with, and its name for people. A login in the browser needs none."""

LONGEST_SECRET: Final = 16_384

_DEFAULT_CLIENT: Final = "flowengine"


@dataclass(frozen=True)
class Wanted:
    """What is asked for. ``has_secret``: a secret is given, and not only to be asked for."""

    name: str
    integration: str | None = None
    environment: str | None = None
    kind: str | None = None
    hosts: tuple[str, ...] = ()
    client_id: str | None = None
    username: str | None = None
    header: str | None = None
    scopes: tuple[str, ...] = ()
    authorize_url: str | None = None
    token_url: str | None = None
    revoke_url: str | None = None
    has_secret: bool = False
    near: Path = Path()
    """Where the project file is looked for, from here upward."""


class Maker(Protocol):
    """Who makes an authorization: what they call its fields (those of ``Wanted``), and how they are asked for more."""

    def called(self, field: str) -> str:
        """Return the name of a field, such as ``--token-url``."""

    def with_it(self, field: str) -> str:
        """Return what says how a field is given, such as `` with --env``; empty where nobody needs to be told."""

    def ask(self, what: str, field: str) -> str:
        """Return a field that is missing; ``what`` is its name for people. Raises UsageError."""

    def secret(self, what: str) -> Secret:
        """Return the secret. Raises UsageError."""


def make(wanted: Wanted, maker: Maker, now: float) -> Authorization:
    """Put an authorization together, asking for what is missing. Raises UsageError."""
    bound = _integration(wanted, maker)
    oauth = _oauth(wanted, bound)
    kind = wanted.kind or _told_kind(wanted, oauth, maker)
    _refuse_unused(wanted, kind, maker)
    try:
        hosts = () if kind == SIGNING else _hosts(wanted, bound, maker)
        plain = Authorization(wanted.name, kind, wanted.integration, hosts, created_at=now)
        if kind in {AUTHORIZATION_CODE, CLIENT_CREDENTIALS}:
            made = _with_oauth(plain, wanted, oauth, maker)
        else:
            made = _with_login(plain, wanted, maker, now)
    except ValueError as fault:
        raise UsageError(str(fault)) from None
    return replace(made, secrets=_secrets(wanted, kind, maker))


def checked_secret(what: str, text: str) -> Secret:
    """Return a secret that can be one. Raises UsageError, which shows nothing of it."""
    if not text.strip():
        raise UsageError(f"the {what} is empty")
    if len(text) > LONGEST_SECRET:
        raise UsageError(f"the {what} is longer than {LONGEST_SECRET:,} characters: is it the right file?")
    if not text.isprintable():
        raise UsageError(f"the {what} has a line break or a control character: give the secret alone, in one line")
    return Secret(text)


def _with_oauth(plain: Authorization, wanted: Wanted, oauth: OAuth, maker: Maker) -> Authorization:
    _check_urls(plain.kind, oauth, maker)
    return replace(
        plain,
        scopes=oauth.scopes,
        client_id=_client_id(wanted, plain.kind, maker),
        authorize_url=oauth.authorize_url,
        token_url=oauth.token_url,
        revoke_url=oauth.revoke_url,
    )


def _with_login(plain: Authorization, wanted: Wanted, maker: Maker, now: float) -> Authorization:
    username = wanted.username or maker.ask("user name", "username") if plain.kind == BASIC else None
    header = wanted.header or maker.ask("name of the header", "header") if plain.kind == HEADER else None
    if username and ":" in username:
        raise UsageError("a user name has no colon: the service would take what follows it for the password")
    if header:
        from flowengine.effects.outgoing import RESERVED_HEADERS  # noqa: PLC0415 - httpx

        if header.lower() in RESERVED_HEADERS:
            raise UsageError(f"the header {header!r} is set by the engine itself: no authorization can be sent in it")
    return replace(plain, state=AUTHORIZED, username=username, header=header, authorized_at=now)


def _refuse_unused(wanted: Wanted, kind: str, maker: Maker) -> None:
    """Refuse what this kind has no use for: it would be sent another way than its maker thinks."""
    oauth = (AUTHORIZATION_CODE, CLIENT_CREDENTIALS)
    for field, given, kinds in (
        ("client_id", wanted.client_id, oauth),
        ("scopes", wanted.scopes, oauth),
        ("authorize_url", wanted.authorize_url, (AUTHORIZATION_CODE,)),
        ("token_url", wanted.token_url, oauth),
        ("revoke_url", wanted.revoke_url, oauth),
        ("username", wanted.username, (BASIC,)),
        ("header", wanted.header, (HEADER,)),
        ("hosts", wanted.hosts, KINDS),
    ):
        if given and kind not in kinds:
            raise UsageError(
                f"{maker.called(field)} is for the kind {' or '.join(kinds)}, and {wanted.name!r} is to be {kind}"
            )


def _integration(wanted: Wanted, maker: Maker) -> Integration | None:
    if wanted.integration is None:
        if wanted.environment is not None:
            env, which = maker.called("environment"), maker.with_it("integration")
            raise UsageError(f"{env} says where an integration is: say which one{which}")
        return None
    environment = find_project(wanted.near).environment(wanted.environment)
    bound = environment.integrations.get(wanted.integration)
    if bound is None or bound.base_url == SANDBOX:
        if wanted.hosts:
            return None
        what = "is the embedded sandbox, which needs no authorization" if bound else "is not bound"
        raise UsageError(
            f"in the environment {environment.name!r} the integration {wanted.integration!r} {what}: "
            f"name another environment{maker.with_it('environment')}, or the hosts{maker.with_it('hosts')}"
        )
    return bound


def _oauth(wanted: Wanted, bound: Integration | None) -> OAuth:
    """Return what was said of the authorization server, and for the rest what the integration says."""
    known = bound.oauth if bound and bound.oauth else OAuth("")
    return OAuth(
        wanted.token_url or known.token_url,
        wanted.authorize_url or known.authorize_url,
        wanted.revoke_url or known.revoke_url,
        wanted.scopes or known.scopes,
    )


def _told_kind(wanted: Wanted, oauth: OAuth, maker: Maker) -> str:
    if wanted.header is not None:
        return HEADER
    if wanted.username is not None:
        return BASIC
    if oauth.authorize_url and not wanted.has_secret:
        return AUTHORIZATION_CODE
    if oauth.token_url:
        return CLIENT_CREDENTIALS
    kinds = f"{', '.join(ALL_KINDS[:-1])} or {ALL_KINDS[-1]}"
    raise UsageError(f"say how it proves who asks: {maker.called('kind')} {kinds}")


def _check_urls(kind: str, oauth: OAuth, maker: Maker) -> None:
    urls = {"token_url": oauth.token_url, "authorize_url": oauth.authorize_url, "revoke_url": oauth.revoke_url}
    for field in ["token_url", *(["authorize_url"] if kind == AUTHORIZATION_CODE else [])]:
        if not urls[field]:
            raise UsageError(f"{kind} needs {maker.called(field)}, or `oauth` of the integration in flowengine.yaml")
    for field, url in urls.items():
        if url and not is_safe(url):
            raise UsageError(f"{maker.called(field)}: {url!r} is not a safe address: use https")


def _hosts(wanted: Wanted, bound: Integration | None, maker: Maker) -> tuple[str, ...]:
    if wanted.hosts:
        return tuple(dict.fromkeys(host.lower() for host in wanted.hosts))
    if bound is None:
        hosts, bound_to = maker.with_it("hosts"), maker.with_it("integration")
        raise UsageError(f"say which hosts it may be sent to{hosts}, or which integration it is for{bound_to}")
    return (urlsplit(bound.base_url).netloc.lower(),)


def _client_id(wanted: Wanted, kind: str, maker: Maker) -> str:
    if wanted.client_id is not None:
        return wanted.client_id
    return _DEFAULT_CLIENT if kind == AUTHORIZATION_CODE else maker.ask("client id", "client_id")


def _secrets(wanted: Wanted, kind: str, maker: Maker) -> dict[str, Secret]:
    if kind in SECRET_OF:
        key, what = SECRET_OF[kind]
        return {key: maker.secret(what)}
    return {"client_secret": maker.secret("client secret")} if wanted.has_secret else {}
