"""Authorization codes: for one minute, one client, one redirect address, one challenge and one use."""

from __future__ import annotations

import hmac
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from flowengine.sandbox.engage import Clock
from flowengine.sandbox.oauth.digests import challenge_of, digest
from flowengine.sandbox.oauth.faults import OAuthFault
from flowengine.sandbox.oauth.grants import Grant

LIFETIME: Final = timedelta(seconds=60)
_REMEMBERED: Final = timedelta(hours=1)
_VERIFIER: Final = re.compile(r"[A-Za-z0-9._~-]{43,128}")


@dataclass(slots=True)
class _Code:
    grant: Grant
    redirect_uri: str
    challenge: str
    issued_at: datetime
    is_used: bool = False


class Codes:
    """The codes of the last hour; used ones are remembered to notice that one comes a second time."""

    def __init__(self, *, clock: Clock, new_secret: Callable[[], str]) -> None:
        self._clock = clock
        self._new_secret = new_secret
        self._codes: dict[bytes, _Code] = {}

    def issue(self, grant: Grant, redirect_uri: str, challenge: str) -> str:
        """Make a code."""
        now = self._clock()
        self._codes = {key: each for key, each in self._codes.items() if now - each.issued_at < _REMEMBERED}
        code = self._new_secret()
        self._codes[digest(code)] = _Code(grant, redirect_uri, challenge, now)
        return code

    def redeem(self, code: str, client_id: str, redirect_uri: str, verifier: str) -> Grant:
        """Return the grant of a code, for once. A try that fails uses it up as well, so nobody can try verifiers."""
        known = self._codes.get(digest(code))
        if known is None or known.grant.client_id != client_id:
            raise OAuthFault("invalid_grant", "The code is not one of this client")
        if known.is_used:
            # Two have it, and one of them is a thief: what was issued for it is worth nothing any more.
            known.grant.end()
            raise OAuthFault("invalid_grant", "The code was used before: its tokens have been revoked")
        known.is_used = True
        if self._clock() - known.issued_at >= LIFETIME or known.grant.is_ended:
            raise OAuthFault("invalid_grant", "The code has expired")
        if redirect_uri != known.redirect_uri:
            raise OAuthFault("invalid_grant", "redirect_uri is not the one of the authorization request")
        if not _VERIFIER.fullmatch(verifier) or not hmac.compare_digest(challenge_of(verifier), known.challenge):
            raise OAuthFault("invalid_grant", "code_verifier does not fit the code_challenge")
        return known.grant

    def end_all(self) -> None:
        """End every code and what was issued for it."""
        for each in self._codes.values():
            each.grant.end()
        self._codes.clear()
