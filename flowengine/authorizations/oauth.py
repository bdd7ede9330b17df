"""OAuth 2.0 as a client: Authlib builds the requests, our HTTP client sends them, the answers are read strictly.

Each function takes an authorization and returns it as it is afterwards; nothing is stored here. A server is asked over
https, or over http on this machine; redirects are not followed, and an exchange has ``TIME_LIMIT`` seconds. The
messages of ``OAuthRefused`` and ``OAuthUnreachable`` are reasons for people, without secrets: whoever catches them adds
the authorization's name and the repair.
"""

from __future__ import annotations

import asyncio
import math
import re
import secrets
from dataclasses import replace
from typing import Any, Final, NamedTuple
from urllib.parse import quote_plus

import httpx
from authlib.oauth2.auth import ClientAuth
from authlib.oauth2.rfc6749.parameters import prepare_grant_uri, prepare_token_request
from authlib.oauth2.rfc7009 import prepare_revoke_token_request
from authlib.oauth2.rfc7636 import create_s256_code_challenge

from flowengine.authorizations.faults import OAuthRefused, OAuthUnreachable
from flowengine.authorizations.record import AUTHORIZED, Authorization
from flowengine.authorizations.secret import Secret
from flowengine.core.answers import HttpAnswer
from flowengine.core.values import parse_json
from flowengine.hosts import is_this_machine
from flowengine.redaction import LIVE

TIME_LIMIT: Final = 15.0
MAX_ANSWER: Final = 64 << 10
_DEPTH: Final = 8
_HEADERS: Final = {
    "Content-Type": "application/x-www-form-urlencoded",
    "Accept": "application/json",
    "Accept-Encoding": "identity",
    "User-Agent": "flowengine",
}
_SHOWN: Final = 200
# What RFC 6750 lets a bearer token be made of, and a bit more: everything that a header can carry without blanks.
_TOKEN: Final = re.compile(r"[!-~]{1,16384}")
_LONGEST_LIFE: Final = 10 * 365 * 86_400
# Error codes and statuses that say nothing about the grant: asking later may work.
_PASSING_ERRORS: Final = frozenset({"temporarily_unavailable", "server_error", "slow_down"})
_PASSING_STATUSES: Final = frozenset({408, 425, 429})


async def fetch_token(client: httpx.AsyncClient, authorization: Authorization, now: float) -> Authorization:
    """Get an access token for client credentials. ``now``: seconds since the epoch, as in all of these."""
    answer = await _ask_for_token(client, authorization, "client_credentials", scope=authorization.scopes)
    return _granted(authorization, answer, now)


async def refresh_token(client: httpx.AsyncClient, authorization: Authorization, now: float) -> Authorization:
    """Get a new access token with the refresh token. An answer without a new refresh token leaves the old one."""
    known = authorization.secrets["refresh_token"].reveal()
    answer = await _ask_for_token(client, authorization, "refresh_token", refresh_token=known)
    return _granted(authorization, answer, now)


class LoginRequest(NamedTuple):
    """One try to log in: where its answer comes back to, what marks that answer, and the PKCE verifier (a secret)."""

    redirect: str
    state: str
    verifier: str


def new_login(redirect: str) -> LoginRequest:
    """Begin a login whose answer comes back to ``redirect``."""
    return LoginRequest(redirect, secrets.token_urlsafe(32), Secret(secrets.token_urlsafe(48)).reveal())


def authorize_address(authorization: Authorization, login: LoginRequest) -> str:
    """Return where the person logs in: the authorize address with PKCE (RFC 7636, S256)."""
    address: str = prepare_grant_uri(
        _checked(authorization.authorize_url, "authorize"),
        client_id=authorization.client_id or "",
        response_type="code",
        redirect_uri=login.redirect,
        scope=authorization.scopes,
        state=login.state,
        code_challenge=create_s256_code_challenge(login.verifier),  # type: ignore[no-untyped-call]  # not in stubs
        code_challenge_method="S256",
    )
    return address


async def exchange_code(
    client: httpx.AsyncClient, authorization: Authorization, now: float, login: LoginRequest, code: str
) -> Authorization:
    """Turn the code of a login into tokens. What an earlier login granted is forgotten."""
    answer = await _ask_for_token(
        client,
        authorization,
        "authorization_code",
        code=Secret(code).reveal(),
        redirect_uri=login.redirect,
        code_verifier=login.verifier,
    )
    kept = {name: value for name, value in authorization.secrets.items() if name != "refresh_token"}
    return replace(_granted(replace(authorization, secrets=kept), answer, now), authorized_at=now)


async def revoke(client: httpx.AsyncClient, authorization: Authorization) -> None:
    """Tell the server to forget the grant (RFC 7009): the refresh token, or where there is none the access token.

    Does nothing where there is no address for it, or no token.
    """
    hint = next((name for name in ("refresh_token", "access_token") if name in authorization.secrets), None)
    if authorization.revoke_url is None or hint is None:
        return
    body, _ = prepare_revoke_token_request(authorization.secrets[hint].reveal(), hint)
    answer = await _post(client, authorization, _checked(authorization.revoke_url, "revoke"), body)
    if not 200 <= answer.status < 300:  # noqa: PLR2004 - the class of success
        raise _fault(authorization.revoke_url, answer)


async def _ask_for_token(
    client: httpx.AsyncClient, authorization: Authorization, grant: str, **fields: Any
) -> HttpAnswer:
    url = _checked(authorization.token_url, "token")
    return await _post(client, authorization, url, prepare_token_request(grant, **fields))


async def _post(client: httpx.AsyncClient, authorization: Authorization, url: str, body: str) -> HttpAnswer:
    """Send a form. The client's secret goes into it, and into a header where the server says that it wants that."""
    if "client_secret" not in authorization.secrets:
        return await _send(client, authorization, url, body, "none")
    answer = await _send(client, authorization, url, body, "client_secret_post")
    challenge = answer.headers.get("www-authenticate", "")
    if answer.status == httpx.codes.UNAUTHORIZED and challenge.lower().startswith("basic"):
        return await _send(client, authorization, url, body, "client_secret_basic")
    return answer


async def _send(
    client: httpx.AsyncClient, authorization: Authorization, url: str, body: str, method: str
) -> HttpAnswer:
    name, secret = authorization.client_id or "", authorization.secrets.get("client_secret")
    given = secret.reveal() if secret else ""
    if method == "client_secret_basic":  # RFC 6749, 2.3.1: both are form-encoded first
        name, given = quote_plus(name), Secret(quote_plus(given)).reveal()
    auth = ClientAuth(name, given, method)
    url, headers, body = auth.prepare("POST", url, dict(_HEADERS), body)  # type: ignore[no-untyped-call]  # not in stubs
    try:
        async with asyncio.timeout(TIME_LIMIT):
            return await _exchange(client, httpx.Request("POST", url, headers=headers, content=body.encode()))
    except TimeoutError:
        raise OAuthUnreachable(f"{_server(url)} did not answer within {TIME_LIMIT:g} s") from None
    except httpx.RequestError as fault:
        raise OAuthUnreachable(f"{_server(url)} could not be asked: {fault}") from None


async def _exchange(client: httpx.AsyncClient, request: httpx.Request) -> HttpAnswer:
    """Send a request and read its answer as it is: with secrets, which the exchange of nodes takes out."""
    response = await client.send(request, stream=True, auth=None, follow_redirects=False)
    try:
        content = bytearray()
        async for chunk in response.aiter_raw():
            content += chunk
            if len(content) > MAX_ANSWER:
                raise OAuthUnreachable(f"the answer of {_server(str(request.url))} is larger than {MAX_ANSWER:,} bytes")
    finally:
        await response.aclose()
    try:
        body = parse_json(bytes(content), _DEPTH)
    except ValueError:
        body = None  # the status says more than what is wrong with the text
    return HttpAnswer(response.status_code, dict(response.headers), body)


def _granted(authorization: Authorization, answer: HttpAnswer, now: float) -> Authorization:
    url = authorization.token_url or ""
    body = answer.body if isinstance(answer.body, dict) else {}
    if not 200 <= answer.status < 300 or "access_token" not in body:  # noqa: PLR2004 - the class of success
        raise _fault(url, answer)
    kind = body.get("token_type", "Bearer")
    if not isinstance(kind, str) or kind.lower() != "bearer":
        raise OAuthUnreachable(f"{_server(url)} gave a token of type {_harmless(str(kind))!r}; only Bearer is known")
    given = {name: _token(url, body[name]) for name in ("access_token", "refresh_token") if body.get(name) is not None}
    life = _seconds(body.get("expires_in"))
    return replace(
        authorization,
        state=AUTHORIZED,
        reason=None,
        secrets={**authorization.secrets, **given},
        scopes=_scopes(body.get("scope")) or authorization.scopes,
        expires_at=None if life is None else now + life,
        authorized_at=authorization.authorized_at if authorization.state == AUTHORIZED else now,
    )


def _fault(url: str, answer: HttpAnswer) -> OAuthRefused | OAuthUnreachable:
    """Say whether the server said no, or nothing that helps."""
    body = answer.body if isinstance(answer.body, dict) else {}
    error, description = body.get("error"), body.get("error_description")
    passing = answer.status >= httpx.codes.INTERNAL_SERVER_ERROR or answer.status in _PASSING_STATUSES
    if isinstance(error, str) and not passing and error not in _PASSING_ERRORS:
        return OAuthRefused(f"{_server(url)} refused it: {describe_error(error, description)}")
    if 300 <= answer.status < 400:  # noqa: PLR2004 - the class of redirects
        return OAuthUnreachable(
            f"{_server(url)} answered with a redirect ({answer.status}), which is not followed: "
            "the address in the authorization has to be the final one"
        )
    told = f": {describe_error(error, description)}" if isinstance(error, str) else " and no token"
    return OAuthUnreachable(f"{_server(url)} answered with status {answer.status}{told}")


def describe_error(error: str, description: object) -> str:
    """Write down an error of the other side: its code and its sentence, harmless and without secrets."""
    return _harmless(f"{error} ({description})" if isinstance(description, str) and description else error)


def _harmless(text: str) -> str:
    # What is not printable (control characters, ones that turn the line's direction) has no place in a reason.
    shown = "".join(letter if letter.isprintable() else " " for letter in LIVE.redact(text))
    return shown if len(shown) <= _SHOWN else f"{shown[:_SHOWN]}..."


def _token(url: str, value: object) -> Secret:
    if not isinstance(value, str) or not _TOKEN.fullmatch(value):
        raise OAuthUnreachable(f"{_server(url)} gave a token that no header can carry")
    return Secret(value)


def _seconds(value: object) -> float | None:
    """Read ``expires_in``: a number of seconds, in some servers' answers as text. Anything else says nothing."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    try:
        seconds = float(value)
    except (ValueError, OverflowError):
        return None
    return min(seconds, _LONGEST_LIFE) if seconds > 0 and not math.isnan(seconds) else None


def _scopes(value: object) -> tuple[str, ...]:
    """Read ``scope``: text with blanks, or a list, as Engage has it."""
    if isinstance(value, str):
        return tuple(value.split())
    return tuple(one for one in value if isinstance(one, str)) if isinstance(value, list) else ()


def _checked(address: str | None, what: str) -> str:
    try:
        url = httpx.URL(address or "")
    except httpx.InvalidURL:
        url = httpx.URL("")
    if url.userinfo or not (url.scheme == "https" or (url.scheme == "http" and is_this_machine(url.host))):
        raise OAuthUnreachable(
            f"its {what} address ({_harmless(address or 'none')}) is not one that begins with https://, "
            "or with http:// on this machine"
        )
    return str(url)


def _server(url: str) -> str:
    return httpx.URL(url).netloc.decode()
