"""``flowengine auth add``: makes an authorization, and authorizes it."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import click

from flowengine.authorizations.record import (
    ALL_KINDS,
    AUTHORIZATION_CODE,
    AUTHORIZED,
    BASIC,
    CLIENT_CREDENTIALS,
    DELETED,
    HEADER,
    KINDS,
    PENDING,
    SIGNING,
    Authorization,
)
from flowengine.authorizations.secret import Secret
from flowengine.authorizations.store import FileStore
from flowengine.cli.auth.authorizing import browser_option, obtain
from flowengine.cli.auth.choosing import name_argument
from flowengine.cli.auth.secret_input import SECRETS, can_ask, read_secret, secret_option
from flowengine.cli.screen import Screen
from flowengine.errors import UsageError
from flowengine.project import ENGAGE, SANDBOX, Integration, OAuth, find_project, is_safe

_DEFAULT_CLIENT: Final = "flowengine"


@dataclass(frozen=True)
class Wanted:
    """What is asked for on the command line."""

    name: str
    integration: str | None
    environment: str | None
    kind: str | None
    hosts: tuple[str, ...]
    client_id: str | None
    username: str | None
    header: str | None
    scopes: tuple[str, ...]
    authorize_url: str | None
    token_url: str | None
    revoke_url: str | None
    secret: str | Secret | None
    near: Path = Path()
    """Where the project file is looked for, from here upward."""


@click.command()
@name_argument
@click.option("--integration", metavar="NAME", help=f"Whose services it is for, such as {ENGAGE}.")
@click.option("--env", "environment", metavar="NAME", help="Environment of flowengine.yaml that says where those are.")
@click.option("--kind", type=click.Choice(ALL_KINDS), help="How it proves who asks; else what the other options tell.")
@click.option("--host", "hosts", metavar="HOST[:PORT]", multiple=True, help="Host it may be sent to; several times.")
@click.option("--client-id", metavar="ID", help="OAuth: who we are to the authorization server.")
@click.option("--scope", "scopes", metavar="SCOPE", multiple=True, help="OAuth: what to ask for; several times.")
@click.option("--authorize-url", metavar="URL", help="OAuth: where people log in.")
@click.option("--token-url", metavar="URL", help="OAuth: where tokens come from.")
@click.option("--revoke-url", metavar="URL", help="OAuth: where tokens are given back.")
@click.option("--username", metavar="NAME", help="Basic: who logs in.")
@click.option("--header", metavar="NAME", help="A header of the service's own, such as X-Api-Key.")
@secret_option
@click.option("--later", is_flag=True, help="Leave it pending; `auth authorize` goes on.")
@browser_option
def add(*, later: bool, browser: bool, **given: Any) -> int:
    """Make the authorization NAME, and authorize it.

    With an integration, flowengine.yaml says which hosts it is for and where its OAuth server is. Secrets are asked
    for and not shown, or come with --secret; there is no option that takes one.
    """
    store, wanted = FileStore(), Wanted(**given)
    _refuse_taken(store.read(), wanted.name)
    made = make(wanted, time.time())
    kept = store.change(wanted.name, lambda current: made if current is None or current.state == DELETED else current)
    if kept is not None and kept != made:
        _refuse_taken({wanted.name: kept}, wanted.name)  # somebody else made it while this one was asked for
    screen = Screen.err()
    screen.line(f"{screen.paint(wanted.name, 'bold')} is kept in {screen.paint(str(store.path), 'dim')}")
    if later and made.state == PENDING:
        screen.line(f"It is {made.state}; `flowengine auth authorize {wanted.name}` goes on.")
        return 0
    return obtain(screen, store, made, browser=browser)


def make(wanted: Wanted, now: float) -> Authorization:
    """Put an authorization together, asking for what is missing. Raises UsageError."""
    bound = _integration(wanted)
    oauth = _oauth(wanted, bound)
    kind = wanted.kind or _told_kind(wanted, oauth)
    _refuse_unused(wanted, kind)
    try:
        hosts = () if kind == SIGNING else _hosts(wanted, bound)
        plain = Authorization(wanted.name, kind, wanted.integration, hosts, created_at=now)
        if kind in {AUTHORIZATION_CODE, CLIENT_CREDENTIALS}:
            made = _with_oauth(plain, wanted, oauth)
        else:
            made = _with_login(plain, wanted, now)
    except ValueError as fault:
        raise UsageError(str(fault)) from None
    return replace(made, secrets=_secrets(wanted, kind))


def _with_oauth(plain: Authorization, wanted: Wanted, oauth: OAuth) -> Authorization:
    _check_urls(plain.kind, oauth)
    return replace(
        plain,
        scopes=oauth.scopes,
        client_id=_client_id(wanted, plain.kind),
        authorize_url=oauth.authorize_url,
        token_url=oauth.token_url,
        revoke_url=oauth.revoke_url,
    )


def _with_login(plain: Authorization, wanted: Wanted, now: float) -> Authorization:
    username = wanted.username or _ask("user name", "--username") if plain.kind == BASIC else None
    header = wanted.header or _ask("name of the header", "--header") if plain.kind == HEADER else None
    if username and ":" in username:
        raise UsageError("a user name has no colon: the service would take what follows it for the password")
    if header:
        from flowengine.effects.outgoing import RESERVED_HEADERS  # noqa: PLC0415 - httpx

        if header.lower() in RESERVED_HEADERS:
            raise UsageError(f"the header {header!r} is set by the engine itself: no authorization can be sent in it")
    return replace(plain, state=AUTHORIZED, username=username, header=header, authorized_at=now)


def _refuse_unused(wanted: Wanted, kind: str) -> None:
    """Refuse what this kind has no use for: it would be sent another way than its maker thinks."""
    oauth = (AUTHORIZATION_CODE, CLIENT_CREDENTIALS)
    for option, given, kinds in (
        ("--client-id", wanted.client_id, oauth),
        ("--scope", wanted.scopes, oauth),
        ("--authorize-url", wanted.authorize_url, (AUTHORIZATION_CODE,)),
        ("--token-url", wanted.token_url, oauth),
        ("--revoke-url", wanted.revoke_url, oauth),
        ("--username", wanted.username, (BASIC,)),
        ("--header", wanted.header, (HEADER,)),
        ("--host", wanted.hosts, KINDS),
    ):
        if given and kind not in kinds:
            raise UsageError(f"{option} is for the kind {' or '.join(kinds)}, and {wanted.name!r} is to be {kind}")


def _refuse_taken(known: dict[str, Authorization], name: str) -> None:
    found = known.get(name)
    if found is not None and found.state != DELETED:
        raise UsageError(
            f"there is an authorization {name!r} already: `flowengine auth authorize {name}` renews it, "
            f"`flowengine auth delete {name}` makes room"
        )


def _integration(wanted: Wanted) -> Integration | None:
    if wanted.integration is None:
        if wanted.environment is not None:
            raise UsageError("--env says where an integration is: say which one with --integration")
        return None
    environment = find_project(wanted.near).environment(wanted.environment)
    bound = environment.integrations.get(wanted.integration)
    if bound is None or bound.base_url == SANDBOX:
        if wanted.hosts:
            return None
        what = "is the embedded sandbox, which needs no authorization" if bound else "is not bound"
        raise UsageError(
            f"in the environment {environment.name!r} the integration {wanted.integration!r} {what}: "
            "name another environment with --env, or the hosts with --host"
        )
    return bound


def _oauth(wanted: Wanted, bound: Integration | None) -> OAuth:
    """Return what the options say of the authorization server, and for the rest what the integration does."""
    known = bound.oauth if bound and bound.oauth else OAuth("")
    return OAuth(
        wanted.token_url or known.token_url,
        wanted.authorize_url or known.authorize_url,
        wanted.revoke_url or known.revoke_url,
        wanted.scopes or known.scopes,
    )


def _told_kind(wanted: Wanted, oauth: OAuth) -> str:
    if wanted.header is not None:
        return HEADER
    if wanted.username is not None:
        return BASIC
    if oauth.authorize_url and wanted.secret is None:
        return AUTHORIZATION_CODE
    if oauth.token_url:
        return CLIENT_CREDENTIALS
    raise UsageError(f"say how it proves who asks: --kind {', '.join(ALL_KINDS[:-1])} or {ALL_KINDS[-1]}")


def _check_urls(kind: str, oauth: OAuth) -> None:
    urls = {"--token-url": oauth.token_url, "--authorize-url": oauth.authorize_url, "--revoke-url": oauth.revoke_url}
    for option in ["--token-url", *(["--authorize-url"] if kind == AUTHORIZATION_CODE else [])]:
        if not urls[option]:
            raise UsageError(f"{kind} needs {option}, or `oauth` of the integration in flowengine.yaml")
    for option, url in urls.items():
        if url and not is_safe(url):
            raise UsageError(f"{option}: {url!r} is not a safe address: use https")


def _hosts(wanted: Wanted, bound: Integration | None) -> tuple[str, ...]:
    if wanted.hosts:
        return tuple(dict.fromkeys(host.lower() for host in wanted.hosts))
    if bound is None:
        raise UsageError("say which hosts it may be sent to: --host HOST, or --integration with --env")
    return (urlsplit(bound.base_url).netloc.lower(),)


def _client_id(wanted: Wanted, kind: str) -> str:
    if wanted.client_id is not None:
        return wanted.client_id
    return _DEFAULT_CLIENT if kind == AUTHORIZATION_CODE else _ask("client id", "--client-id")


def _secrets(wanted: Wanted, kind: str) -> dict[str, Secret]:
    if kind in SECRETS:
        key, what = SECRETS[kind]
        return {key: read_secret(what, wanted.secret)}
    return {} if wanted.secret is None else {"client_secret": read_secret("client secret", wanted.secret)}


def _ask(what: str, option: str) -> str:
    if not can_ask():
        raise UsageError(f"the {what} is missing: give it with {option}")
    return str(click.prompt(what.capitalize(), err=True))
