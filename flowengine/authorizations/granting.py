"""What becomes of an authorization in the store: granted, renewed, and forgotten."""

from __future__ import annotations

from dataclasses import replace

from flowengine.authorizations.record import AUTHORIZATION_CODE, AUTHORIZED, CLIENT_CREDENTIALS, DELETED, Authorization
from flowengine.authorizations.store import AuthorizationStore


def has_tokens(authorization: Authorization) -> bool:
    """Whether what is sent is a token that an authorization server gives out."""
    return authorization.kind in {AUTHORIZATION_CODE, CLIENT_CREDENTIALS}


async def granted(authorization: Authorization, now: float) -> Authorization:
    """Authorize what needs no login. Raises OAuthRefused and OAuthUnreachable."""
    if authorization.kind == CLIENT_CREDENTIALS:
        from flowengine.authorizations.oauth import fetch_token  # noqa: PLC0415 - Authlib takes a while
        from flowengine.effects.http import shared_client  # noqa: PLC0415 - httpx and aiohttp, too

        authorization = await fetch_token(shared_client(), authorization, now)
    return replace(authorization, state=AUTHORIZED, reason=None, authorized_at=now)


def renewed(current: Authorization | None, fresh: Authorization) -> Authorization | None:
    """Return what is stored when an authorization was granted: nothing of it where another one took its place."""
    if current is None or current.state == DELETED or current.created_at != fresh.created_at:
        return current
    return replace(fresh, last_used_at=current.last_used_at)


def forget(store: AuthorizationStore, name: str, now: float) -> Authorization | None:
    """Delete an authorization, and return it as it was then; None where there is none."""
    gone: list[Authorization] = []

    def forgotten(current: Authorization | None) -> Authorization | None:
        if current is None or current.state == DELETED:
            return current
        gone.append(current)
        return current.deleted(now)

    store.change(name, forgotten)
    return gone[-1] if gone else None
