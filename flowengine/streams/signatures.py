"""Whether a request comes from who may send it: proofs over the raw bytes of its body, scheme by scheme.

* ``webex``: ``X-Spark-Signature``, HMAC-SHA1 in hex (Webex APIs, webhooks with a secret).
* ``webex-connect``: ``X-Hub-Signature``, HMAC with SHA-256 or SHA-512 in hex (outbound webhooks with a hub secret).
* ``hmac-sha256``: any header, with a prefix where there is one; a timestamp may be signed along, as ``<time>.<body>``.
* ``service-key``: a key in the header ``key``; ``jwt``: ``Authorization: Bearer``, signed with HS256. Both are those of
  inbound webhooks, and prove who asks, not what was said.

Header names are in lower case. Every comparison takes the same time whatever is in the request.
"""

from __future__ import annotations

import hashlib
import hmac
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from flowengine.core.answers import Json
from flowengine.project import Signature

_HEADERS: Final = {
    "webex": "x-spark-signature",
    "webex-connect": "x-hub-signature",
    "service-key": "key",
    "jwt": "authorization",
}
_BY_LENGTH: Final = {64: "sha256", 128: "sha512"}
_HEX: Final = re.compile(r"[0-9a-f]+")
_TIME: Final = re.compile(r"[0-9]{1,12}(\.[0-9]{1,6})?")
_AHEAD: Final = 60.0
"""Seconds that the clock of who signs a token may be ahead of ours."""


def problem(
    signature: Signature, secrets: Sequence[str], headers: Mapping[str, str], raw: bytes, now: float
) -> str | None:
    """Say why a request is not proven, or None where it is by one of the secrets. ``now``: seconds since the epoch."""
    name = header_of(signature)
    given = headers.get(name)
    if not secrets:
        return "there is no secret to verify it with"
    if given is None:
        return f"the header {name} is missing"
    if signature.scheme == "service-key":
        is_known = _any_equal(given, secrets)
        return None if is_known else f"the key in {name} is not known"
    if signature.scheme == "jwt":
        return _token_problem(given, secrets, now, signature.window)
    return _signature_problem(signature, secrets, headers, raw, now)


def sign(signature: Signature, secret: str, raw: bytes, now: float) -> dict[str, str]:
    """Return the headers with which ``problem`` finds nothing wrong: for whoever plays the other side."""
    name = header_of(signature)
    if signature.scheme == "service-key":
        return {name: secret}
    if signature.scheme == "jwt":
        from joserfc import jwt  # noqa: PLC0415 - only where tokens are used
        from joserfc.jwk import OctKey  # noqa: PLC0415 - likewise

        token = jwt.encode({"alg": "HS256"}, {"iat": int(now), "exp": int(now) + 300}, OctKey.import_key(secret))
        return {name: f"Bearer {token}"}
    algorithm = "sha1" if signature.scheme == "webex" else "sha256"
    stamp = str(int(now)) if signature.timestamp else None
    made = signature.prefix + _hmac(algorithm, secret, raw, stamp)
    return {name: made} if stamp is None or signature.timestamp is None else {name: made, signature.timestamp: stamp}


def load_for(signature: Signature) -> None:
    """Load what a scheme needs, so that the first request does not wait for it."""
    if signature.scheme == "jwt":
        from joserfc import jwk, jwt  # noqa: F401, PLC0415 - only where tokens are used


def header_of(signature: Signature) -> str:
    """Return the name of the header that has the proof, in lower case."""
    return signature.header or _HEADERS[signature.scheme]


def _signature_problem(
    signature: Signature, secrets: Sequence[str], headers: Mapping[str, str], raw: bytes, now: float
) -> str | None:
    name = header_of(signature)
    stamp = None
    if signature.timestamp is not None:
        stamp = headers.get(signature.timestamp)
        late = _time_problem(signature.timestamp, stamp, now, signature.window)
        if late is not None:
            return late
    given = headers[name].strip()
    if not given.startswith(signature.prefix):
        return f"the signature in {name} does not begin with {signature.prefix}"
    given = given.removeprefix(signature.prefix).lower()
    algorithm = {"webex": "sha1", "hmac-sha256": "sha256"}.get(signature.scheme)
    if algorithm is None:
        given = given.removeprefix("sha256=").removeprefix("sha512=")
        algorithm = _BY_LENGTH.get(len(given))
    if algorithm is None or len(given) != 2 * hashlib.new(algorithm).digest_size or not _HEX.fullmatch(given):
        return f"the signature in {name} is not a whole one, in hex"
    if not _any_equal(given, [_hmac(algorithm, secret, raw, stamp) for secret in secrets]):
        return f"the signature in {name} is not that of this body"
    return None


def _time_problem(name: str, stamp: str | None, now: float, window: float) -> str | None:
    if stamp is None:
        return f"the header {name} is missing"
    if not _TIME.fullmatch(stamp):
        return f"the time in {name} is not in seconds since 1970"
    apart = now - float(stamp)
    if abs(apart) > window:
        return f"the time in {name} is {abs(apart):.0f} s {'ago' if apart > 0 else 'ahead'}: at most {window:g} s"
    return None


def _token_problem(given: str, secrets: Sequence[str], now: float, window: float) -> str | None:
    scheme, _, token = given.partition(" ")
    if scheme.lower() != "bearer" or not token:
        return "the header has no bearer token"
    claims = next((found for secret in secrets if (found := _claims(token.strip(), secret)) is not None), None)
    if claims is None:
        return "the token is not signed (HS256) with the secret"
    ends, made, begins = (_number(claims.get(name)) for name in ("exp", "iat", "nbf"))
    if ends is None and made is None:
        return "the token has neither `exp` nor `iat`, so it would hold for ever"
    if now >= (ends if ends is not None else (made or 0.0) + window):
        return "the token has ended"
    if max(made or 0.0, begins or 0.0) > now + _AHEAD:
        return "the token is not valid yet"
    return None


def _claims(token: str, secret: str) -> Mapping[str, Json] | None:
    """Return what a token says, or None where this secret did not sign it."""
    from joserfc import jwt  # noqa: PLC0415 - only where tokens are used
    from joserfc.errors import JoseError  # noqa: PLC0415 - likewise
    from joserfc.jwk import OctKey  # noqa: PLC0415 - likewise

    try:
        claims: Json = jwt.decode(token, OctKey.import_key(secret), algorithms=["HS256"]).claims
    except (JoseError, ValueError, RecursionError):
        return None
    return claims if isinstance(claims, dict) else None


def _number(value: Json) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return None
    return float(value)


def _hmac(algorithm: str, secret: str, raw: bytes, stamp: str | None) -> str:
    made = hmac.new(secret.encode(), digestmod=algorithm)
    if stamp is not None:
        made.update(f"{stamp}.".encode())
    made.update(raw)
    return made.hexdigest()


def _any_equal(given: str, expected: Iterable[str]) -> bool:
    """Compare with each, always with all of them."""
    told = given.encode("utf-8", "surrogatepass")
    return sum(hmac.compare_digest(told, one.encode("utf-8", "surrogatepass")) for one in expected) > 0
