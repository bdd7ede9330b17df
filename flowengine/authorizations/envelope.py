"""The store's file: an envelope in JSON that says which key it takes, around the authorizations, encrypted."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any, Final, NamedTuple

from cryptography.fernet import Fernet, InvalidToken

from flowengine.authorizations.faults import StoreFault
from flowengine.authorizations.keys import Key
from flowengine.authorizations.record import Authorization

FORMAT: Final = 1
_DAMAGED: Final = "the store is damaged: restore it from a backup, or move it away and authorize again"


class Envelope(NamedTuple):
    """What of the file can be read without the key."""

    source: str
    key_id: str
    data: str


def seal(records: Iterable[Authorization], source: str, key: Key) -> bytes:
    """Encrypt authorizations with a key of a source."""
    content = json.dumps({"authorizations": [record.to_json() for record in records]}).encode()
    data = Fernet(key.secret.reveal()).encrypt(content).decode()
    return json.dumps({"format": FORMAT, "keySource": source, "keyId": key.id, "data": data}, indent=1).encode() + b"\n"


def read_envelope(content: bytes) -> Envelope:
    """Read a file; StoreFault says what is wrong."""
    envelope = _json(content)
    if not isinstance(envelope, dict) or not isinstance(envelope.get("format"), int):
        raise StoreFault(_DAMAGED)
    if envelope["format"] > FORMAT:
        raise StoreFault(
            f"the store has format {envelope['format']}, of a newer flowengine: update this one (it knows {FORMAT})"
        )
    texts = [text for name in ("keySource", "keyId", "data") if isinstance(text := envelope.get(name), str)]
    if envelope["format"] != FORMAT or len(texts) != len(Envelope._fields):
        raise StoreFault(_DAMAGED)
    return Envelope(*texts)


def unseal(envelope: Envelope, key: Key) -> dict[str, Authorization]:
    """Decrypt the authorizations, with the key that the envelope names."""
    try:
        content = _json(Fernet(key.secret.reveal()).decrypt(envelope.data))
    except (InvalidToken, ValueError):
        raise StoreFault(_DAMAGED) from None
    if not isinstance(content, Mapping) or not isinstance(content.get("authorizations"), list):
        raise StoreFault(_DAMAGED)
    records = [Authorization.from_json(record) for record in content["authorizations"]]
    return {record.name: record for record in records}


def _json(content: bytes) -> Any:
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        raise StoreFault(_DAMAGED) from None
