"""What is taken out of a recording, and what is left in it."""

from __future__ import annotations

import base64
import secrets
from typing import Any

import pytest

from flowengine.recording.concealing import Concealer
from flowengine.recording.format import Recording
from flowengine.redaction import Redactor

TOKEN = secrets.token_hex(20)
JWT = f"eyJ{secrets.token_hex(8)}.eyJ{secrets.token_hex(8)}.{secrets.token_hex(8)}"
KEY = f"-----BEGIN RSA PRIVATE KEY-----\n{secrets.token_hex(40)}\n-----END RSA PRIVATE KEY-----"


def concealed(answer: dict[str, Any], trigger: Any = None, live: Redactor | None = None) -> tuple[Any, Any]:
    """Return an answer and an event of a recording as they are written."""
    recording = Recording("a", "case", trigger or {}, responses={"ask": [answer]})
    conceal = Concealer(recording, live or Redactor())
    return conceal.answer(answer), conceal(recording.trigger)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("accessToken", "abc"),
        ("client_secret", TOKEN),
        ("X-Api-Key", "k-1"),
        ("Authorization", "Basic a="),
        ("password", 1),
    ],
    ids=lambda value: str(value).replace(TOKEN, "TOKEN"),
)
def test_what_is_called_like_a_secret_is_none_any_more(name: str, value: Any) -> None:
    answer, trigger = concealed({"status": 200, "body": {"a": [{name: value}]}}, {"webhook": {name: [value]}})
    assert answer == {"status": 200, "body": {"a": [{name: "[secret]"}]}}
    assert trigger == {"webhook": {name: ["[secret]"]}}


def test_headers_that_carry_sessions_are_taken_out() -> None:
    headers = {"set-cookie": "sid=1; Path=/", "x-auth-token": TOKEN, "etag": '"1"'}
    answer, _ = concealed({"status": 200, "headers": headers})
    assert answer["headers"] == {"set-cookie": "[secret]", "x-auth-token": "[secret]", "etag": '"1"'}


@pytest.mark.parametrize("name", ["token", "value"])
def test_a_secret_is_taken_out_wherever_it_comes_again(name: str) -> None:
    value = TOKEN if name == "token" else JWT
    encoded = base64.b64encode(f"user:{value}".encode()).decode()
    body = {name: value, "url": f"/x?t={value}", "list": [f"Bearer {value}", encoded], f"k {value}": 1}
    answer, trigger = concealed({"status": 200, "body": body}, {"hook": {"seen": value}})
    assert value not in repr((answer, trigger))
    assert encoded not in repr(answer)
    assert answer["body"]["url"] == "/x?t=[secret]"
    assert answer["body"]["k [secret]"] == 1
    assert trigger == {"hook": {"seen": "[secret]"}}


@pytest.mark.parametrize(
    "text",
    [
        f"https://me:{TOKEN}@crm.example.com/",
        f"https://crm.example.com/?access_token={TOKEN}&x=1",
        f"a {KEY} b",
        f"before {KEY.partition('-----END')[0]}",
        f"see ghp_{TOKEN[:36]}",
    ],
    ids=["user", "query", "key", "half a key", "by its first letters"],
)
def test_the_form_of_a_secret_gives_it_away(text: str) -> None:
    answer, _ = concealed({"status": 200, "body": {"note": text}})
    assert TOKEN[:30] not in answer["body"]["note"]
    assert KEY.split("\n")[1] not in answer["body"]["note"]
    assert "[secret]" in answer["body"]["note"]


@pytest.mark.parametrize(
    "text",
    [
        '{"access_token": "hunter-2", "note": "hunter-2"}',
        "access_token=hunter-2&note=hunter-2",
        "<access_token>hunter-2</access_token><note>hunter-2</note>",
        "access_token: 'hunter-2'\nnote: hunter-2",
    ],
)
def test_a_raw_body_is_searched_for_names(text: str) -> None:
    answer, _ = concealed({"status": 200, "text": text})
    assert answer["text"] == text.replace("hunter-2", "[secret]")


def test_a_word_is_taken_out_only_where_it_is_a_secret() -> None:
    body = {
        "token": "unknown",
        "state": "unknown",
        "empty": {"token": ""},
        "none": {"token": None},
        "is": {"token": True},
    }
    answer, _ = concealed({"status": 200, "body": body})
    assert answer["body"] == body | {"token": "[secret]"}


def test_what_the_flow_is_about_stays() -> None:
    event = {
        "sms": {"senderNumber": "+447700900123", "message": "My password is on a note, see https://a.example.com/?id=5"}
    }
    entry = {
        "status": 200,
        "headers": {"tid": "c6ab93c5-e5c1-4c67-a4dc-10e7cd36e3d8"},
        "body": {"code": 200, "n": 1.5, "tokens": 7},
    }
    assert concealed(entry, event) == (entry, event)


def test_live_secrets_are_taken_out_of_everything() -> None:
    live = Redactor()
    live.learn("12345678")
    live.learn(TOKEN)
    entries = [
        {"status": 200, "headers": {"x": TOKEN}, "body": {TOKEN: 12345678, "a": [12345678.5, 123456789]}},
        {"error": f"at {TOKEN}"},
        {"outcome": "done", "outputs": {"a": TOKEN}},
        {"status": 500, "text": TOKEN.upper() + TOKEN},
    ]
    for entry in entries:
        answer, _ = concealed(entry, live=live)
        assert "12345678" not in repr(answer)
        assert TOKEN not in repr(answer)
    assert concealed(entries[0], live=live)[0]["body"] == {"[secret]": "[secret]", "a": ["[secret].5", "[secret]9"]}


def test_a_text_with_a_live_secret_is_not_free() -> None:
    live = Redactor()
    conceal = Concealer(Recording("a", "case"), live)
    assert conceal.is_free(f"recording: {TOKEN}")
    live.learn(TOKEN)
    assert not conceal.is_free(f"recording: {TOKEN}")


def test_secrets_without_end_take_no_long_time() -> None:
    long = {"secret": "+/" * 100_000, "token": "+/" * 500}
    many = [{"token": secrets.token_hex(8)} for _ in range(5000)]
    answer, _ = concealed({"status": 200, "body": [long, *many]})
    assert answer["body"] == [{"secret": "[secret]", "token": "[secret]"}, *[{"token": "[secret]"}] * 5000]
