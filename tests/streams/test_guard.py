from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from flowengine.authorizations.faults import StoreFault
from flowengine.authorizations.record import AUTHORIZED, BEARER, SIGNING, Authorization
from flowengine.authorizations.secret import Secret
from flowengine.authorizations.store import FileStore, MemoryStore
from flowengine.errors import UsageError
from flowengine.project import Channel, Environment, Integration, Signature
from flowengine.streams.guard import Guard, Refusal
from flowengine.streams.signatures import sign

SMS = Signature("webex-connect", ("sms-hook",))
RESULTS = Signature("hmac-sha256", ("engage-hook", "engage-hook-old"), "x-signature")
ENVIRONMENT = Environment(
    "production",
    {"webex-engage": Integration("https://engage.example.com", callback_local=True, callback_signature=RESULTS)},
    {"sms-hook": "sms-hook-prod"},
    channels={"sms": Channel(SMS), "email": Channel()},
)
NOW = 1_764_000_000.0


def kept(name: str, value: str, kind: str = SIGNING) -> Authorization:
    return Authorization(name, kind, None, (), AUTHORIZED, secrets={"value": Secret(value)})


def store(*others: Authorization) -> MemoryStore:
    return MemoryStore(
        [
            kept("sms-hook-prod", "secret-of-sms"),
            kept("engage-hook", "new-secret"),
            kept("engage-hook-old", "old-secret"),
            *others,
        ]
    )


def test_a_channel_is_open_to_its_secret_only() -> None:
    guard = Guard.ready(ENVIRONMENT, store())

    assert guard.channel("sms", sign(SMS, "secret-of-sms", b"{}", NOW), b"{}", NOW) is None
    refused = guard.channel("sms", sign(SMS, "another-secret", b"{}", NOW), b"{}", NOW)
    assert refused == Refusal(401, "unauthorized", "the signature in x-hub-signature is not that of this body")
    assert guard.channel("whatsapp", {}, b"{}", NOW) == Refusal(404, "not-found", "nothing is taken here")


def test_what_is_unsigned_is_a_warning() -> None:
    guard = Guard.ready(ENVIRONMENT, store())

    assert guard.channel("email", {}, b"{}", NOW) is None
    assert guard.warnings() == [
        "the channel 'email' of the environment 'production' is unsigned: whoever reaches it may post there"
    ]


def test_a_callback_has_a_signature_of_its_own() -> None:
    guard = Guard.ready(ENVIRONMENT, store())

    for secret in ("new-secret", "old-secret"):
        assert guard.callback("webex-engage", sign(RESULTS, secret, b"{}", NOW), b"{}", NOW) is None
    assert guard.callback("webex-engage", sign(SMS, "secret-of-sms", b"{}", NOW), b"{}", NOW) is not None
    assert guard.callback("crm", {}, b"{}", NOW) == Refusal(404, "not-found", "nothing is taken here")


def test_an_integration_may_have_a_secret_of_this_process() -> None:
    environment = replace(ENVIRONMENT, integrations={"webex-engage": Integration("sandbox", callback_local=True)})
    guard = Guard.ready(environment, store(), {"webex-engage": (RESULTS, "made-at-start")})

    assert guard.callback("webex-engage", sign(RESULTS, "made-at-start", b"{}", NOW), b"{}", NOW) is None
    assert guard.callback("webex-engage", {}, b"{}", NOW) is not None
    assert not any("callback" in warning for warning in guard.warnings())


@pytest.mark.parametrize(
    ("record", "said"),
    [
        (None, "there is no such authorization"),
        (
            kept("sms-hook-prod", "a-token", BEARER),
            "authorization 'sms-hook-prod' is of the kind bearer, not signing-secret",
        ),
        (kept("sms-hook-prod", "a-secret").deleted(NOW), "authorization 'sms-hook-prod' is deleted"),
    ],
)
def test_without_its_secret_nothing_starts(record: Authorization | None, said: str) -> None:
    others = [kept("engage-hook", "new-secret"), kept("engage-hook-old", "old-secret")]

    with pytest.raises(UsageError) as caught:
        Guard.ready(ENVIRONMENT, MemoryStore([*others, *([record] if record else [])]))

    assert str(caught.value) == (
        f"the channel 'sms' is verified with 'sms-hook' (sms-hook-prod): {said}; "
        "`flowengine auth add sms-hook-prod --kind signing-secret` keeps one"
    )


def test_a_secret_that_goes_while_it_serves_closes_the_door() -> None:
    records = store()
    guard = Guard.ready(ENVIRONMENT, records)
    headers = sign(SMS, "secret-of-sms", b"{}", NOW)

    records.change("sms-hook-prod", lambda one: one and one.deleted(NOW))
    assert guard.channel("sms", headers, b"{}", NOW) == Refusal(
        401, "unauthorized", "there is no secret to verify it with"
    )

    records.change("sms-hook-prod", lambda _: kept("sms-hook-prod", "a-new-secret"))
    assert guard.channel("sms", headers, b"{}", NOW) is not None
    assert guard.channel("sms", sign(SMS, "a-new-secret", b"{}", NOW), b"{}", NOW) is None


def test_a_store_that_cannot_be_read_opens_nothing(tmp_path: Path) -> None:
    path = tmp_path / "authorizations.json"
    path.write_text("{")
    path.chmod(0o600)

    with pytest.raises(StoreFault):
        Guard.ready(ENVIRONMENT, FileStore(path))
    refused = Guard(ENVIRONMENT, FileStore(path)).channel("sms", {}, b"{}", NOW)
    assert refused == Refusal(503, "unavailable", "the secrets cannot be read at the moment")


def test_a_signing_secret_is_never_sent() -> None:
    secret = kept("sms-hook", "secret-of-sms")

    assert not secret.reaches("engage.example.com", 443, "https")
    with pytest.raises(ValueError, match="has no access token"):
        secret.headers()
