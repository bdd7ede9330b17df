from __future__ import annotations

from datetime import UTC, datetime, timedelta

from flowengine.project import Signature
from flowengine.sandbox.callbacks.signing import signed_headers
from flowengine.streams.signatures import problem

AT = datetime(2026, 11, 23, 10, 0, 0, 900_000, tzinfo=UTC)


def test_the_timestamp_and_the_body_are_signed_as_they_are_sent() -> None:
    # printf '1795428000.{"text":"Grüße"}' | openssl dgst -sha256 -hmac 'sécret'
    assert signed_headers('{"text":"Grüße"}'.encode(), "sécret", AT) == {
        "X-Timestamp": "1795428000",
        "X-Signature": "sha256=dfab65abcb3ba9628d91ed44cd81c265054ac930bdf52dd384740a7df9e6620f",
    }


def test_each_part_changes_the_signature() -> None:
    signatures = {
        signed_headers(body, secret, at)["X-Signature"]
        for body, secret, at in (
            (b"{}", "secret", AT),
            (b"{} ", "secret", AT),
            (b"{}", "secret2", AT),
            (b"{}", "secret", AT + timedelta(seconds=1)),
        )
    }

    assert len(signatures) == 4


def test_the_receiving_side_finds_nothing_wrong() -> None:
    scheme = Signature("hmac-sha256", (), header="x-signature", prefix="sha256=", timestamp="x-timestamp")
    headers = {name.lower(): value for name, value in signed_headers(b"{}", "secret", AT).items()}

    assert problem(scheme, ["secret"], headers, b"{}", AT.timestamp()) is None
    assert problem(scheme, ["secret"], headers, b"[]", AT.timestamp())
