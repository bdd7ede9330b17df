"""How a callback is signed: HMAC-SHA256 over ``<timestamp>.<body>``, so that neither can be changed or sent much later.

    X-Timestamp: 1795428000
    X-Signature: sha256=<hex digest>

The timestamp is in whole seconds since 1970; the body is signed as it is sent, byte for byte; the key is the secret in
UTF-8. Each attempt is signed anew.
"""

from __future__ import annotations

import hmac
from datetime import datetime
from typing import Final

SIGNATURE: Final = "X-Signature"
TIMESTAMP: Final = "X-Timestamp"


def signed_headers(body: bytes, secret: str, at: datetime) -> dict[str, str]:
    """Return the headers that a body is sent with."""
    timestamp = str(int(at.timestamp()))
    digest = hmac.digest(secret.encode(), timestamp.encode() + b"." + body, "sha256")
    return {TIMESTAMP: timestamp, SIGNATURE: f"sha256={digest.hex()}"}
