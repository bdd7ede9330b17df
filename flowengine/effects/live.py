"""The real world: HTTP to where an environment says each integration is."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Final
from urllib.parse import urlsplit

from flowengine.core.answers import Answer, Broken, Refused
from flowengine.core.plan import DEFAULT_TIMEOUT
from flowengine.core.wants import Send
from flowengine.effects.alone import Alone
from flowengine.effects.authorizations import ClientCredentials, Credentials, EnvironmentCredentials, NotAuthorized
from flowengine.effects.http import exchange, shared_client
from flowengine.project import SANDBOX, Environment

_SAFE: Final = ("GET", "HEAD", "OPTIONS")


class LiveEffects(Alone):
    """Effects of one environment; one serves any number of runs at once."""

    def __init__(self, environment: Environment, credentials: Credentials) -> None:
        self._environment = environment
        self._credentials = credentials
        self._slots = {
            name: asyncio.Semaphore(bound.concurrency)
            for name, bound in environment.integrations.items()
            if bound.concurrency is not None
        }

    def timeout(self, integration: str | None) -> float:
        """See Effects."""
        bound = self._environment.integrations.get(integration) if integration else None
        return bound.timeout if bound and bound.timeout is not None else DEFAULT_TIMEOUT

    async def send(self, want: Send) -> Answer:
        """See Effects."""
        slots = self._slots.get(want.integration or "")
        if slots is None:
            return await self._send(want)
        async with slots:
            return await self._send(want)

    async def _send(self, want: Send) -> Answer:
        request = want.request
        key = {} if request.method in _SAFE else {"Idempotency-Key": want.key}
        if want.integration is None:
            refusal = self._egress_refusal(request.target)
            if refusal is not None:
                return Broken(refusal)
            return (
                Refused("refused, and the node has no authorization")
                if want.refresh
                else await exchange(shared_client(), request, None, key)
            )
        bound = self._environment.integrations.get(want.integration)
        if bound is None:
            return Broken(
                f"the environment {self._environment.name!r} does not say where {want.integration!r} is: "
                f"add it under `integrations` with a baseUrl"
            )
        try:
            headers = await self._credentials.headers(want.authorization, refresh=want.refresh)
        except NotAuthorized as fault:
            return Refused(str(fault))
        return await exchange(shared_client(), request, bound.base_url, {**key, **headers})

    def _egress_refusal(self, url: str) -> str | None:
        """Refuse every host that the environment does not allow by name."""
        try:
            parts = urlsplit(url)
            host, port = parts.hostname or "", parts.port
        except ValueError:
            return "the address is not one"
        allowed = self._environment.egress
        if host in allowed or f"{host}:{port}" in allowed:
            return None
        return (
            f"the host {host!r} is not allowed in the environment {self._environment.name!r}: "
            "add it under `egress: {allow: [...]}` in flowengine.yaml"
        )


@asynccontextmanager
async def connect(environment: Environment) -> AsyncIterator[LiveEffects]:
    """Open an environment; the embedded sandbox lives as long, where an integration is bound to it."""
    async with AsyncExitStack() as stack:
        credentials: Credentials = EnvironmentCredentials(environment.authorizations)
        if any(bound.base_url == SANDBOX for bound in environment.integrations.values()):
            from flowengine.sandbox.demo import demo_seed  # noqa: PLC0415 - a server only where one is wanted
            from flowengine.sandbox.server import Sandbox  # noqa: PLC0415 - likewise

            sandbox = await stack.enter_async_context(Sandbox(seed=demo_seed()))
            environment = environment.bind_sandbox(sandbox.base_url)
            credentials = ClientCredentials(
                shared_client, f"{sandbox.url}/oauth/token", sandbox.client_id, sandbox.client_secret
            )
        yield LiveEffects(environment, credentials)
