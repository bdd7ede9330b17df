"""Changing and trying the stream: what the command line and the server do alike."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from flowengine.authorizations.faults import StoreFault
from flowengine.authorizations.record import AUTHORIZATION_CODE, AUTHORIZED
from flowengine.authorizations.store import AuthorizationStore
from flowengine.core.answers import HttpAnswer
from flowengine.core.moments import moment
from flowengine.effects.protocol import Effects
from flowengine.errors import UsageError
from flowengine.project import ENGAGE, SANDBOX, Environment
from flowengine.schema_problems import did_you_mean
from flowengine.streams.forwarding.engage import Tenant, ask_tenant, post_event
from flowengine.streams.forwarding.payload import marked_payload
from flowengine.streams.forwarding.settings import ALL, TITLE, Settings, with_assets, with_channels
from flowengine.streams.forwarding.verdicts import judge


class Change(NamedTuple):
    """What somebody wants changed; None: as it was."""

    enabled: bool | None = None
    assets: Sequence[str] | None = None
    channels: Sequence[str] | None = None
    authorization: str | None = None

    @property
    def needs_tenant(self) -> bool:
        """Whether Engage has to be asked first."""
        return self.enabled is True or (self.assets is not None and list(self.assets) != [ALL])


def refuse_no_engage(environment: Environment) -> None:
    """Raise UsageError where an environment has no place to stream to."""
    if ENGAGE not in environment.integrations:
        raise UsageError(
            f"the environment {environment.name!r} does not say where {ENGAGE} is: "
            "add it under `integrations` with a baseUrl, or choose another environment"
        )


async def change_settings(settings: Settings, change: Change, effects: Effects | None) -> tuple[Settings, list[str]]:
    """Return changed settings, and what to know about them. Raises UsageError, and has changed nothing then.

    ``effects`` are those of the environment; None where ``change.needs_tenant`` is not.
    """
    notes = []
    if change.authorization is not None:
        settings = replace(settings, authorization=change.authorization)
    if change.channels is not None:
        settings = with_channels(settings, change.channels)
    tenant = await ask_tenant(effects, settings.authorization) if effects is not None else Tenant(None)
    if change.assets is not None and list(change.assets) == [ALL]:
        settings = replace(settings, assets=None)
    elif change.assets is not None:
        if tenant.assets is None:
            raise UsageError(f"assets cannot be chosen, as the tenant does not tell which it has: {tenant.reason}")
        settings = with_assets(settings, change.assets, tenant.assets)
    if change.enabled is not None:
        settings = replace(settings, enabled=change.enabled)
    if change.enabled:
        if tenant.may_stream is False:
            raise UsageError(f"{TITLE} is not enabled: {tenant.reason}")
        if tenant.may_stream is None:
            notes.append(f"whether the tenant may stream is not known: {tenant.reason}")
    return settings, [*notes, *settings.warnings()]


def check_authorization(name: str, environment: Environment, store: AuthorizationStore) -> str | None:
    """Return what to know about an authorization for the stream, None where it is fine.

    Raises UsageError where there is none of that name. The embedded sandbox takes its own.
    """
    if environment.integrations[ENGAGE].base_url == SANDBOX:
        return f"the environment {environment.name!r} is the embedded sandbox, which takes an authorization of its own"
    stored = environment.authorizations.get(name, name)
    try:
        records = store.read()
    except StoreFault as fault:
        return f"whether there is such an authorization is not known: {fault}"
    record = records.get(stored)
    if record is None:
        hint = did_you_mean(stored, list(records)) or f"`flowengine auth add {stored}` makes it"
        raise UsageError(f"there is no authorization {stored!r}; {hint}")
    if record.state != AUTHORIZED:
        return f"the authorization {stored!r} is {record.state}: `flowengine auth authorize {stored}`"
    if record.kind == AUTHORIZATION_CODE:
        return f"{stored!r} is what a person has allowed, and ends with that: client-credentials are for machines"
    return None


async def try_stream(effects: Effects, settings: Settings, number: str, at: float) -> dict[str, Any]:
    """Send a marked event the way all events go, but for the outbox; return what came back as JSON values.

    ``outcome`` is ``delivered``, ``refused`` or ``failed``, ``reason`` says why it is not the first. Nothing is sent
    for a tenant that may not stream.
    """
    tenant = await ask_tenant(effects, settings.authorization)
    body = marked_payload(settings, number, at)
    told = {
        "event": body["transid"],
        "at": moment(at),
        "tenantMayStream": tenant.may_stream,
        "tenantReason": tenant.reason,
    }
    if tenant.may_stream is False or tenant.is_refused:
        return {**told, "outcome": "refused", "status": None, "reason": tenant.reason, "body": body}
    answer = await post_event(effects, settings.authorization, body["transid"], body)
    verdict = judge(answer, at)
    outcome = {"delivered": "delivered", "again": "failed"}.get(verdict.kind.value, "refused")
    status = answer.status if isinstance(answer, HttpAnswer) else None
    reason = None if outcome == "delivered" else verdict.reason
    return {**told, "outcome": outcome, "status": status, "reason": reason, "body": body}
