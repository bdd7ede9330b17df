"""Comparing and keeping secrets, so that neither time nor memory tells them."""

from __future__ import annotations

import hmac
from base64 import urlsafe_b64encode
from hashlib import sha256


def digest(secret: str) -> bytes:
    """Return what is kept instead of a random secret. How long it takes to look it up tells nothing of the secret."""
    return sha256(secret.encode(errors="surrogatepass")).digest()


def same(given: str, kept: str) -> bool:
    """Compare in a time that depends neither on where two texts differ nor on how long they are."""
    return hmac.compare_digest(digest(given), digest(kept))


def challenge_of(verifier: str) -> str:
    """Return the S256 challenge of a verifier (RFC 7636, 4.2)."""
    return urlsafe_b64encode(sha256(verifier.encode()).digest()).rstrip(b"=").decode()
