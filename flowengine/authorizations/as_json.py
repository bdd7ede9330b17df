"""What may be known about an authorization as JSON values (an API, see docs/json.md): never a secret."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from flowengine.authorizations.record import Authorization
from flowengine.authorizations.usage import Use
from flowengine.core.moments import moment


def authorization_json(authorization: Authorization, uses: Iterable[Use], now: float) -> dict[str, Any]:
    """Return an authorization with its state as it is at ``now`` (seconds since 1970), and the nodes that use it."""
    return {
        "name": authorization.name,
        "kind": authorization.kind,
        "integration": authorization.integration,
        "state": authorization.status(now),
        "reason": authorization.reason,
        "hosts": list(authorization.hosts),
        "scopes": list(authorization.scopes),
        "expiresAt": _moment(authorization.expires_at),
        "createdAt": _moment(authorization.created_at),
        "authorizedAt": _moment(authorization.authorized_at),
        "lastUsedAt": _moment(authorization.last_used_at),
        "uses": [
            {"path": str(use.path), "flow": use.flow, "node": use.node, "environments": list(use.environments)}
            for use in uses
        ],
    }


def _moment(seconds: float | None) -> str | None:
    return None if seconds is None else moment(seconds)
