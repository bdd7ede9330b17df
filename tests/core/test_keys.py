from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowengine.core.keys import (
    address,
    callback_key,
    channel_key,
    channel_of,
    conversation_key,
    event_key,
    event_of,
    run_key,
)

texts = st.text(max_size=8)


@pytest.mark.parametrize(
    ("channel", "written", "meant"),
    [
        ("sms", "+44 7700 900123", "447700900123"),
        ("sms", "00447700900123", "447700900123"),
        ("sms", " 447700900123 ", "447700900123"),
        ("sms", "+44 (0)7700-900.123", "4407700900123"),
        ("sms", "60300", "60300"),
        ("sms", "Example Ltd", "Example Ltd"),
        ("whatsapp", "+447700900123", "447700900123"),
        ("messenger", "00123", "00123"),
        ("livechat", "+44", "+44"),
        ("email", "A. Customer <A.Customer@Example.com>", "a.customer@example.com"),
        ("email", " Support@example.com ", "support@example.com"),
    ],
)
def test_an_address_has_one_spelling(channel: str, written: str, meant: str) -> None:
    assert address(channel, written) == meant


def test_the_keys_of_a_channel_meet() -> None:
    mine = channel_key("sms", "incoming-message", "+44 7700 900001", "00447700900123")

    assert mine == "channel:sms:incoming-message:447700900001:447700900123"
    assert mine == channel_key("sms", "incoming-message", "447700900001", "+447700900123")
    assert mine != channel_key("sms", "incoming-message", "+447700900123", "+447700900001")


def test_keys_tell_what_they_are_about() -> None:
    assert channel_of(channel_key("livechat", "post:back", "a:b", "c%3Ad")) == "livechat"
    assert event_of(channel_key("livechat", "post:back", "a:b", "c%3Ad")) == "post:back"
    assert channel_of(event_key("paid", "sms")) is None
    assert event_of(event_key("paid%3A:", "7")) == "paid%3A:"
    assert channel_of(callback_key("webex-engage", "t-1")) is None
    assert run_key("r:1") == "run:r%3A1"
    assert conversation_key("livechat", "a", "b", " t ") == "livechat:a:b:t"
    assert conversation_key("sms", "1", "2") == "sms:1:2"


@given(texts, texts, texts, texts)
def test_no_two_events_look_like_one(name: str, key: str, other: str, other_key: str) -> None:
    assert (event_key(name, key) == event_key(other, other_key)) == ((name, key) == (other, other_key))
    assert event_of(event_key(name, key)) == name
