from __future__ import annotations

import base64
import hashlib
import hmac
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowengine.project import Signature
from flowengine.streams.signatures import header_of, problem, sign

NOW = 1_764_000_000.0
BODY = b'{"message": "Hello"}'
KEY = "an-old-and-long-secret"
SCHEMES = {
    "webex": Signature("webex", ("hook",)),
    "webex-connect": Signature("webex-connect", ("hook",)),
    "own": Signature("hmac-sha256", ("hook",), "x-signature", "sha256="),
    "timed": Signature("hmac-sha256", ("hook",), "x-signature", "", "x-time"),
    "service-key": Signature("service-key", ("hook",)),
    "jwt": Signature("jwt", ("hook",)),
}
OF_THE_BODY = ("webex", "webex-connect", "own", "timed")


def mac(algorithm: str, body: bytes = BODY, key: str = KEY) -> str:
    return hmac.new(key.encode(), body, algorithm).hexdigest()


@pytest.mark.parametrize("scheme", SCHEMES)
def test_what_is_signed_is_proven(scheme: str) -> None:
    signature = SCHEMES[scheme]

    assert problem(signature, [KEY], sign(signature, KEY, BODY, NOW), BODY, NOW) is None


@pytest.mark.parametrize("scheme", SCHEMES)
def test_while_secrets_change_either_will_do(scheme: str) -> None:
    signature = SCHEMES[scheme]

    for key in ("the-new-and-long-secret", KEY):
        headers = sign(signature, key, BODY, NOW)
        assert problem(signature, ["the-new-and-long-secret", KEY], headers, BODY, NOW) is None
    assert problem(signature, ["the-new-and-long-secret"], sign(signature, KEY, BODY, NOW), BODY, NOW)


@pytest.mark.parametrize("scheme", SCHEMES)
def test_nothing_is_proven_without_header_or_secret(scheme: str) -> None:
    signature = SCHEMES[scheme]

    assert problem(signature, [KEY], {}, BODY, NOW)
    assert problem(signature, [], sign(signature, KEY, BODY, NOW), BODY, NOW) == "there is no secret to verify it with"


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize(
    "change", ["", "{0}x", "x{0}", "{0} {0}", "é{0}", "\ud800", "0", "sha256=", "Bearer ", "bearer a.b.c"]
)
def test_another_proof_is_none(scheme: str, change: str) -> None:
    signature = SCHEMES[scheme]
    headers = sign(signature, KEY, BODY, NOW)
    name = header_of(signature)

    assert problem(signature, [KEY], {**headers, name: change.format(headers[name])}, BODY, NOW)


@pytest.mark.parametrize("scheme", SCHEMES)
def test_part_of_a_proof_is_none(scheme: str) -> None:
    signature = SCHEMES[scheme]
    headers = sign(signature, KEY, BODY, NOW)
    name = header_of(signature)

    for end in range(len(headers[name])):
        assert problem(signature, [KEY], {**headers, name: headers[name][:end]}, BODY, NOW), end


@pytest.mark.parametrize("scheme", OF_THE_BODY)
@pytest.mark.parametrize("other", [b"", BODY + b" ", b'{ "message": "Hello"}', b'{"message":"Hello"}'])
def test_a_signature_is_that_of_one_body(scheme: str, other: bytes) -> None:
    signature = SCHEMES[scheme]

    said = problem(signature, [KEY], sign(signature, KEY, BODY, NOW), other, NOW)

    assert said == f"the signature in {header_of(signature)} is not that of this body"


@pytest.mark.parametrize(
    ("scheme", "header", "value"),
    [
        ("webex", "x-spark-signature", mac("sha1")),
        ("webex", "x-spark-signature", mac("sha1").upper()),
        ("webex-connect", "x-hub-signature", mac("sha256")),
        ("webex-connect", "x-hub-signature", mac("sha512")),
        ("webex-connect", "x-hub-signature", "sha512=" + mac("sha512")),
        ("own", "x-signature", "sha256=" + mac("sha256")),
    ],
)
def test_signatures_of_others_are_known(scheme: str, header: str, value: str) -> None:
    assert problem(SCHEMES[scheme], [KEY], {header: value}, BODY, NOW) is None


@pytest.mark.parametrize(
    ("scheme", "header", "value"),
    [
        ("webex", "x-spark-signature", mac("sha256")),
        ("webex-connect", "x-hub-signature", mac("sha1")),
        ("webex-connect", "x-hub-signature", hashlib.sha256(BODY).hexdigest()),
        ("own", "x-signature", mac("sha256")),
        ("own", "x-signature", "sha256=" + base64.b64encode(bytes.fromhex(mac("sha256"))).decode()),
        ("own", "x-signature", "sha256=" + mac("sha512")),
    ],
)
def test_another_algorithm_is_refused(scheme: str, header: str, value: str) -> None:
    assert problem(SCHEMES[scheme], [KEY], {header: value}, BODY, NOW)


@pytest.mark.parametrize(
    ("later", "what"), [(0, "taken"), (299, "taken"), (301, "refused"), (-299, "taken"), (-301, "refused")]
)
def test_an_old_time_is_refused(later: float, what: str) -> None:
    signature = SCHEMES["timed"]
    headers = sign(signature, KEY, BODY, NOW)

    said = problem(signature, [KEY], headers, BODY, NOW + later)

    assert (said is None) is (what == "taken")


def test_the_time_is_signed_too() -> None:
    signature = SCHEMES["timed"]
    headers = sign(signature, KEY, BODY, NOW)

    for time in ("", "soon", "-1", "nan", "1e99", "9" * 400, str(int(NOW) + 1), "\uff11\uff17"):
        assert problem(signature, [KEY], {**headers, "x-time": time}, BODY, NOW), time
    del headers["x-time"]
    assert problem(signature, [KEY], headers, BODY, NOW) == "the header x-time is missing"


def part(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def token(claims: object, header: object = None, key: str = KEY, algorithm: str = "sha256") -> dict[str, str]:
    said = f"{part(header or {'alg': 'HS256', 'typ': 'JWT'})}.{part(claims)}"
    made = hmac.new(key.encode(), said.encode(), algorithm).digest()
    return {"authorization": f"Bearer {said}.{base64.urlsafe_b64encode(made).rstrip(b'=').decode()}"}


@pytest.mark.parametrize("claims", [{"exp": NOW + 1}, {"iat": NOW - 299}, {"exp": NOW + 9, "iat": NOW, "nbf": NOW}])
def test_tokens_hold_for_a_while(claims: object) -> None:
    assert problem(SCHEMES["jwt"], [KEY], token(claims), BODY, NOW) is None


@pytest.mark.parametrize(
    ("claims", "reason"),
    [
        ({}, "the token has neither `exp` nor `iat`, so it would hold for ever"),
        ({"exp": str(NOW + 9)}, "the token has neither `exp` nor `iat`, so it would hold for ever"),
        ({"exp": True}, "the token has neither `exp` nor `iat`, so it would hold for ever"),
        ({"exp": NOW}, "the token has ended"),
        ({"iat": NOW - 301}, "the token has ended"),
        ({"exp": NOW + 999, "nbf": NOW + 90}, "the token is not valid yet"),
        ({"exp": NOW + 999, "iat": NOW + 90}, "the token is not valid yet"),
        ([1], "the token is not signed (HS256) with the secret"),
    ],
)
def test_tokens_that_do_not_hold_are_refused(claims: object, reason: str) -> None:
    assert problem(SCHEMES["jwt"], [KEY], token(claims), BODY, NOW) == reason


@pytest.mark.parametrize(
    "headers",
    [
        token({"exp": NOW + 9}, {"alg": "none"}),
        {"authorization": f"Bearer {part({'alg': 'none'})}.{part({'exp': NOW + 9})}."},
        token({"exp": NOW + 9}, {"alg": "HS512"}, algorithm="sha512"),
        token({"exp": NOW + 9}, {"alg": ["HS256"]}),
        token({"exp": NOW + 9}, {"alg": "HS256", "crit": ["b64"], "b64": False}),
        token({"exp": NOW + 9}, [1]),
        token({"exp": NOW + 9}, key="another-long-secret"),
        {"authorization": "Basic abc"},
        {"authorization": "Bearer " + "." * 400},
    ],
)
def test_tokens_of_other_kinds_are_refused(headers: dict[str, str]) -> None:
    assert problem(SCHEMES["jwt"], [KEY], headers, BODY, NOW)


@given(scheme=st.sampled_from(sorted(SCHEMES)), given=st.text(), time=st.text(), body=st.binary())
def test_no_header_is_too_strange(scheme: str, given: str, time: str, body: bytes) -> None:
    signature = SCHEMES[scheme]

    assert problem(signature, [KEY], {header_of(signature): given, "x-time": time}, body, NOW)
