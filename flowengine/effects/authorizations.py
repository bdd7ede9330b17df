"""Where credentials come from, for now: the environment, or the sandbox's own token endpoint.

A flow names an authorization; the environment may map that name to another stored one. The credential itself exists
only between here and the request.
"""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import Callable, Mapping
from functools import cache
from typing import Protocol

import httpx

PREFIX = "FLOWENGINE_AUTH_"


class NotAuthorized(Exception):
    """There is no usable credential; the message names the authorization and the repair."""


class Credentials(Protocol):
    """Gives the headers that prove who is asking."""

    async def headers(self, name: str | None, *, refresh: bool) -> Mapping[str, str]:
        """Return headers for authorization ``name``; ``refresh``: the last were refused. Raises NotAuthorized."""


class EnvironmentCredentials:
    """Bearer tokens out of environment variables: ``engage-prod`` is ``FLOWENGINE_AUTH_ENGAGE_PROD``."""

    def __init__(self, names: Mapping[str, str], variables: Mapping[str, str] | None = None) -> None:
        self._names = names
        self._variables = os.environ if variables is None else variables
        self._variable = cache(lambda stored: PREFIX + re.sub(r"[^A-Z0-9]", "_", stored.upper()))

    async def headers(self, name: str | None, *, refresh: bool) -> Mapping[str, str]:
        """See Credentials. A token from the environment cannot be refreshed."""
        if name is None:
            raise NotAuthorized("the node names no authorization: add `authorization: NAME` to it or to `defaults`")
        stored = self._names.get(name, name)
        variable = self._variable(stored)
        token = self._variables.get(variable)
        if not token:
            raise NotAuthorized(f"there is no authorization {stored!r}: put its access token into {variable}")
        if refresh:
            raise NotAuthorized(f"the access token of authorization {stored!r} was refused: renew {variable}")
        return {"Authorization": f"Bearer {token}"}


class ClientCredentials:
    """OAuth 2.0 client credentials with a token endpoint, as Engage has them (reference: Engage API, 2.2).

    One token for all nodes; waiting nodes share one refresh.
    """

    def __init__(self, client: Callable[[], httpx.AsyncClient], url: str, client_id: str, client_secret: str) -> None:
        self._client = client
        self._url = url
        self._form = {"client_id": client_id, "client_secret": client_secret, "grant_type": "client_credentials"}
        self._token: str | None = None
        self._lock = asyncio.Lock()

    async def headers(self, name: str | None, *, refresh: bool) -> Mapping[str, str]:
        """See Credentials."""
        refused = self._token if refresh else None
        if self._token is None or self._token == refused:
            async with self._lock:
                if self._token is None or self._token == refused:
                    self._token = await self._fetch(name)
        return {"Authorization": f"Bearer {self._token}"}

    async def _fetch(self, name: str | None) -> str:
        try:
            answer = await self._client().post(self._url, data=self._form)
            token = answer.json().get("access_token") if answer.status_code == httpx.codes.OK else None
        except (httpx.HTTPError, ValueError, AttributeError) as fault:
            raise NotAuthorized(f"authorization {name!r}: the token endpoint failed: {type(fault).__name__}") from None
        if not isinstance(token, str):
            raise NotAuthorized(f"authorization {name!r}: the token endpoint answered with {answer.status_code}")
        return token
