"""The real world: HTTP to where an environment says each integration is, and to who else may be reached."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING, Final, NamedTuple

import httpx

from flowengine.authorizations.life import Keeper
from flowengine.authorizations.record import AUTHORIZED, CLIENT_CREDENTIALS, Authorization
from flowengine.authorizations.secret import Secret
from flowengine.authorizations.store import FileStore, MemoryStore
from flowengine.core.answers import Answer, Broken, HttpAnswer, Refused, TimedOut
from flowengine.core.outcomes import UNAUTHORIZED
from flowengine.core.plan import DEFAULT_TIMEOUT
from flowengine.core.wants import Await, Send
from flowengine.effects.alone import Alone
from flowengine.effects.credentials import Credentials, NotAuthorized, Refusal
from flowengine.effects.egress import Egress, host_of, origin_of
from flowengine.effects.http import exchange, shared_client
from flowengine.effects.inbox import Inbox
from flowengine.effects.outgoing import address_of, place_of
from flowengine.project import SANDBOX, Environment, Integration, Signature
from flowengine.redaction import LIVE

if TYPE_CHECKING:
    from flowengine.sandbox.server import Sandbox

_SAFE: Final = ("GET", "HEAD", "OPTIONS")
_NOT_KNOWN: Final = 401
SANDBOX_SIGNS: Final = Signature("hmac-sha256", (), "x-signature", "sha256=", "x-timestamp")


class LiveEffects(Alone):
    """Effects of one environment; one serves any number of runs at once.

    ``credentials`` knows the stored authorizations; ``own`` has, by integration, what is used in place of whatever
    authorization a flow names. ``egress`` is made of the environment where none is given. ``inbox`` gets
    what is posted to this process.
    """

    def __init__(
        self,
        environment: Environment,
        credentials: Credentials,
        *,
        own: Mapping[str, Credentials] | None = None,
        egress: Egress | None = None,
        inbox: Inbox | None = None,
    ) -> None:
        self._inbox = inbox
        self._environment = environment
        self._credentials = credentials
        self._egress = egress or Egress(environment.egress)
        self._doors = {name: _door(bound, (own or {}).get(name)) for name, bound in environment.integrations.items()}
        self._refused: dict[str, Refusal] = {}

    def timeout(self, integration: str | None) -> float:
        """See Effects."""
        bound = self._environment.integrations.get(integration) if integration else None
        return bound.timeout if bound and bound.timeout is not None else DEFAULT_TIMEOUT

    def callback(self, integration: str | None) -> str | None:
        """See Effects."""
        bound = self._environment.integrations.get(integration) if integration else None
        return bound.callback_url if bound else None

    async def receive(self, want: Await) -> Answer:
        """See Effects."""
        if self._inbox is None or want.integration is None:
            return await super().receive(want)
        try:
            async with asyncio.timeout(want.seconds):
                return await self._inbox.wait(want)
        except TimeoutError:
            return TimedOut(f"nothing was posted within {want.seconds:g} s")

    async def send(self, want: Send) -> Answer:
        """See Effects."""
        want = self._with_callback(want)
        refused = self._refused.pop(want.key, None) if want.refresh else None
        try:
            if want.integration is None:
                return await self._send_freely(want, refused)
            door = self._doors.get(want.integration)
            if door is None:
                return Broken(
                    f"the environment {self._environment.name!r} does not say where {want.integration!r} is: "
                    f"add it under `integrations` with a baseUrl"
                )
            if door.slots is None:
                return await self._send_through(door, want, refused)
            async with door.slots:
                return await self._send_through(door, want, refused)
        except NotAuthorized as fault:
            return Refused(LIVE.redact(str(fault)))

    def _with_callback(self, want: Send) -> Send:
        """Put the address for later results into the request's JSON body, where there is one."""
        address = self.callback(want.integration) if want.callback is not None else None
        if address is None:
            return want
        body = want.request.json if isinstance(want.request.json, dict) else {}
        return want._replace(request=want.request._replace(json={**body, want.callback: address}, has_json=True))

    async def _send_through(self, door: _Door, want: Send, refused: Refusal | None) -> Answer:
        """Send a request to an integration, whose own host it never leaves."""
        if want.request.absolute and not _is_at(want, door.origin):
            place = place_of(want.request, None)
            return Broken(f"{place}: not sent, as nodes of {want.integration!r} reach only {door.origin}")
        way = _Way(shared_client(), door.base_url, door.origin)
        if door.credentials is not None:
            return await self._send_under(door.credentials, SANDBOX, want._replace(kinds=()), way, refused)
        if want.authorization is not None or want.required:
            return await self._send_under(self._credentials, self._stored(want), want, way, refused)
        return await _send_as_nobody(want, way)

    async def _send_freely(self, want: Send, refused: Refusal | None) -> Answer:
        """Send a request to a whole address: to a host of the node's authorization, or to one that is allowed."""
        try:
            url = address_of(want.request)
        except ValueError as fault:
            return Broken(LIVE.redact(f"{place_of(want.request, None)}: not sent, as {fault}"))
        way = _Way(shared_client(self._egress), None, origin_of(url))
        if want.authorization is not None or want.required:
            return await self._send_under(self._credentials, self._stored(want), want, way, refused)
        if self._egress.lists(url):
            return await _send_as_nobody(want, way)
        return Broken(
            f"the host {host_of(url)!r} is not allowed in the environment {self._environment.name!r}: "
            "add it under `egress: {allow: [...]}` in flowengine.yaml"
        )

    async def _send_under(
        self, credentials: Credentials, name: str | None, want: Send, way: _Way, refused: Refusal | None
    ) -> Answer:
        """Send a request with the headers of an authorization, which says itself whether they may go there."""
        headers = await credentials.headers(
            name, url=way.origin, kinds=want.kinds, refresh=want.refresh, refused=refused
        )
        answer = await exchange(way.client, want.request, way.base_url, {**_key(want), **headers})
        if isinstance(answer, HttpAnswer) and answer.status in UNAUTHORIZED:
            refusal = Refusal(answer.status, headers)
            if not want.refresh:
                self._refused[want.key] = refusal
            elif answer.status == _NOT_KNOWN and name is not None:
                await credentials.refused_again(name, refusal)
        return answer

    def _stored(self, want: Send) -> str | None:
        name = want.authorization
        return self._environment.authorizations.get(name, name) if name is not None else None


class _Door(NamedTuple):
    """An integration. ``credentials``: its own, whatever the flow names."""

    base_url: str
    origin: str
    slots: asyncio.Semaphore | None
    credentials: Credentials | None


class _Way(NamedTuple):
    """How a request gets to where it is for."""

    client: httpx.AsyncClient
    base_url: str | None
    origin: str


def _door(bound: Integration, own: Credentials | None) -> _Door:
    slots = asyncio.Semaphore(bound.concurrency) if bound.concurrency is not None else None
    try:
        url = httpx.URL(bound.base_url)
        return _Door(bound.base_url, origin_of(url), slots, own)
    except (httpx.InvalidURL, LookupError):
        # Each request will say what is wrong with it; until then it is no place to send a credential to.
        return _Door(bound.base_url, bound.base_url, slots, own)


def _is_at(want: Send, origin: str) -> bool:
    try:
        return origin_of(address_of(want.request)) == origin
    except ValueError:
        return True  # it will not be sent, and the exchange says why


async def _send_as_nobody(want: Send, way: _Way) -> Answer:
    if want.refresh:
        return Refused("refused, and the node has no authorization")
    return await exchange(way.client, want.request, way.base_url, _key(want))


def _key(want: Send) -> dict[str, str]:
    return {} if want.request.method in _SAFE else {"Idempotency-Key": want.key}


@asynccontextmanager
async def connect(
    environment: Environment, *, kept: bool = False, secret: str | None = None
) -> AsyncIterator[LiveEffects]:
    """Open an environment; the embedded sandbox lives as long, where an integration is bound to it.

    ``kept``: the runs are, and whoever takes what is posted puts it into their journal. Without it this process listens
    for results of integrations whose callback address is `local`, and asks no others for any. ``secret`` is what the
    embedded sandbox signs results with, where somebody else verifies them.
    """
    async with AsyncExitStack() as stack:
        own: dict[str, Credentials] = {}
        signed: dict[str, str] = {}
        if any(bound.base_url == SANDBOX for bound in environment.integrations.values()):
            from flowengine.sandbox.callbacks.options import CallbackOptions  # noqa: PLC0415 - likewise
            from flowengine.sandbox.demo import demo_seed  # noqa: PLC0415 - a server only where one is wanted
            from flowengine.sandbox.server import Sandbox  # noqa: PLC0415 - likewise

            callbacks = CallbackOptions(secret=secret)
            sandbox = await stack.enter_async_context(Sandbox(seed=demo_seed(), callbacks=callbacks))
            keeper = _keeper_of(sandbox)
            stack.push_async_callback(keeper.aclose)
            own = {name: keeper for name, bound in environment.integrations.items() if bound.base_url == SANDBOX}
            signed = dict.fromkeys(own, sandbox.callback_secret)
            environment = environment.bind_sandbox(sandbox.base_url)
        inbox = None
        if not kept:
            environment, inbox = await _listening(stack, environment.without_callbacks(), signed)
        users = Keeper(FileStore())
        stack.push_async_callback(users.aclose)
        yield LiveEffects(environment, users, own=own, inbox=inbox)


async def _listening(
    stack: AsyncExitStack, environment: Environment, signed: Mapping[str, str]
) -> tuple[Environment, Inbox | None]:
    """Listen for results, where an integration posts them to this process; ``signed``: by which secret."""
    if not any(bound.callback_local for bound in environment.integrations.values()):
        return environment, None
    from flowengine.effects.posting import posting_door  # noqa: PLC0415 - a server only where one is wanted
    from flowengine.streams.guard import Guard  # noqa: PLC0415 - likewise

    inbox = Inbox()
    guard = Guard.ready(environment, FileStore(), {name: (SANDBOX_SIGNS, secret) for name, secret in signed.items()})
    base_url = await stack.enter_async_context(posting_door(inbox, guard.callback))
    return environment.bind_callbacks(base_url), inbox


def _keeper_of(sandbox: Sandbox) -> Keeper:
    client = Authorization(
        name=SANDBOX,
        kind=CLIENT_CREDENTIALS,
        integration=None,
        hosts=(httpx.URL(sandbox.url).netloc.decode(),),
        state=AUTHORIZED,
        client_id=sandbox.client_id,
        token_url=f"{sandbox.url}/oauth/token",
        secrets={"client_secret": Secret(sandbox.client_secret)},
    )
    return Keeper(MemoryStore([client]))
