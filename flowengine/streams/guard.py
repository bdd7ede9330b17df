"""Who may post: every door of an environment (channels, callbacks) with its signature and its secrets."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from flowengine.authorizations.faults import StoreFault
from flowengine.authorizations.record import Authorization
from flowengine.authorizations.store import AuthorizationStore
from flowengine.errors import UsageError
from flowengine.project import Environment, Signature
from flowengine.streams.signatures import load_for, problem


class Refusal(NamedTuple):
    """A request that is not taken: the HTTP status, a code for programs, and a sentence for people."""

    status: int
    code: str
    message: str


class Door(NamedTuple):
    """Where somebody posts. ``what`` names it for people; ``signature`` None: it was written that it is unsigned."""

    what: str
    signature: Signature | None


class Guard:
    """Verifies what is posted. Secrets are read anew for each request, so that they can be changed while it serves.

    ``own``: signature and secret of integrations whose callbacks are this process's own affair, such as the embedded
    sandbox. Make one with ``Guard.ready``, which refuses what could not be verified.
    """

    def __init__(
        self,
        environment: Environment,
        store: AuthorizationStore,
        own: Mapping[str, tuple[Signature, str]] | None = None,
    ) -> None:
        self._environment = environment
        self._store = store
        self._own = own or {}
        self._channels = {
            name: Door(f"the channel {name!r}", one.signature) for name, one in environment.channels.items()
        }
        self._callbacks = {
            name: Door(f"the callback of {name!r}", one.callback_signature)
            for name, one in environment.integrations.items()
            if one.callback_url is not None or one.callback_local
        }

    @classmethod
    def ready(
        cls,
        environment: Environment,
        store: AuthorizationStore,
        own: Mapping[str, tuple[Signature, str]] | None = None,
    ) -> Guard:
        """Make a guard. Raises UsageError naming every door whose secret is missing, StoreFault."""
        guard = cls(environment, store, own)
        records = store.read()
        for door in guard._doors():
            if door.signature is not None:
                load_for(door.signature)
        missing = [
            (stored, f"{door.what} is verified with {name!r} ({stored}): {wrong}")
            for door in guard._doors()
            for name, stored, wrong in _missing(environment, door, records)
        ]
        if missing:
            hint = f"`flowengine auth add {missing[0][0]} --kind signing-secret` keeps one"
            raise UsageError("; ".join([*(said for _, said in missing), hint]))
        return guard

    def warnings(self) -> list[str]:
        """Return what is open to everybody, in sentences."""
        return [
            f"{door.what} of the environment {self._environment.name!r} is unsigned: whoever reaches it may post there"
            for door in self._doors()
            if door.signature is None
        ]

    def has_channel(self, name: str) -> bool:
        """Whether anything is taken for a channel, from whoever proves himself."""
        return name in self._channels

    def channel(self, name: str, headers: Mapping[str, str], raw: bytes, now: float) -> Refusal | None:
        """Say why what was posted for a channel is not taken, or None. ``headers`` by lower-case names."""
        return self._verify(self._channels.get(name), headers, raw, now)

    def callback(self, integration: str, headers: Mapping[str, str], raw: bytes, now: float) -> Refusal | None:
        """Say why what was posted as a result of an integration is not taken, or None."""
        if integration in self._own:
            signature, secret = self._own[integration]
            return _refusal(problem(signature, (secret,), headers, raw, now))
        return self._verify(self._callbacks.get(integration), headers, raw, now)

    def _doors(self) -> Iterator[Door]:
        yield from self._channels.values()
        yield from (door for name, door in self._callbacks.items() if name not in self._own)

    def _verify(self, door: Door | None, headers: Mapping[str, str], raw: bytes, now: float) -> Refusal | None:
        if door is None:
            return Refusal(404, "not-found", "nothing is taken here")
        if door.signature is None:
            return None
        try:
            records = self._store.read()
        except StoreFault:
            return Refusal(503, "unavailable", "the secrets cannot be read at the moment")
        return _refusal(
            problem(door.signature, _secrets(self._environment, door.signature, records), headers, raw, now)
        )


def _refusal(wrong: str | None) -> Refusal | None:
    return None if wrong is None else Refusal(401, "unauthorized", wrong)


def _stored(environment: Environment, name: str) -> str:
    return environment.authorizations.get(name, name)


def _secrets(environment: Environment, signature: Signature, records: Mapping[str, Authorization]) -> list[str]:
    """Return the secrets that there are; without any nothing is proven."""
    found = []
    for name in signature.authorizations:
        record = records.get(_stored(environment, name))
        try:
            found += [record.signing_secret().reveal()] if record is not None else []
        except ValueError:
            continue
    return found


def _missing(
    environment: Environment, door: Door, records: Mapping[str, Authorization]
) -> Iterator[tuple[str, str, str]]:
    """Yield the authorizations of a door that cannot be used: name, name in the store, and why."""
    for name in door.signature.authorizations if door.signature is not None else ():
        stored = _stored(environment, name)
        record = records.get(stored)
        if record is None:
            yield name, stored, "there is no such authorization"
            continue
        try:
            record.signing_secret()
        except ValueError as fault:
            yield name, stored, str(fault)
