"""Whether an authorization still works: a fresh token, and a question to its service."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from flowengine.authorizations.faults import NotAuthorized
from flowengine.authorizations.granting import has_tokens
from flowengine.authorizations.record import SIGNING, Authorization
from flowengine.authorizations.store import AuthorizationStore
from flowengine.errors import UsageError
from flowengine.project import SANDBOX, find_project

_TIME_LIMIT: Final = 15.0


def base_url(authorization: Authorization, environment: str | None, near: Path) -> str | None:
    """Return where an environment says that the service of an authorization is, None where it does not."""
    if authorization.integration is None:
        return None
    bound = find_project(near).environment(environment).integrations.get(authorization.integration)
    return None if bound is None or bound.base_url == SANDBOX else bound.base_url


def refuse_signing(authorization: Authorization) -> None:
    """Raise UsageError for what cannot be tried."""
    if authorization.kind == SIGNING:
        name = authorization.name
        raise UsageError(
            f"{name} is a signing secret, which is never sent: the next request that it signs will show it"
        )


async def try_it(store: AuthorizationStore, authorization: Authorization, url: str | None) -> str:
    """Return what shows that it works; without ``url`` only a token is asked for. Raises NotAuthorized."""
    from flowengine.authorizations.life import Keeper, Refusal  # noqa: PLC0415 - httpx and aiohttp

    keeper = Keeper(store)
    at = url or f"https://{authorization.hosts[0]}"
    try:
        headers = await keeper.headers(authorization.name, url=at, refresh=has_tokens(authorization))
        if url is None:
            return "a fresh token came"
        status = await _status(url, headers)
        if status == 401:  # noqa: PLR2004 - HTTP's
            await keeper.refused_again(authorization.name, Refusal(status, headers))
            await keeper.headers(authorization.name, url=at)
        if status == 403:  # noqa: PLR2004 - HTTP's
            raise NotAuthorized(
                f"authorization {authorization.name!r} is valid, but may not ask for {url} (status 403)"
            )
        return f"{url} did not refuse it (status {status})"
    finally:
        await keeper.aclose()


async def _status(url: str, headers: Mapping[str, str]) -> int:
    from flowengine.core.answers import Broken  # noqa: PLC0415 - with the next
    from flowengine.core.wants import HttpRequest  # noqa: PLC0415 - with the next
    from flowengine.effects.http import exchange, shared_client  # noqa: PLC0415 - httpx and aiohttp

    request = HttpRequest("GET", url, absolute=True, reads="text")
    try:
        async with asyncio.timeout(_TIME_LIMIT):
            answer = await exchange(shared_client(), request, None, headers)
    except TimeoutError:
        raise NotAuthorized(f"{url} did not answer within {_TIME_LIMIT:g} s, so nothing is known") from None
    if isinstance(answer, Broken):
        raise NotAuthorized(f"nothing is known: {answer.reason}")
    return answer.status
