"""What the stream is set to, and what of an event is handed on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from flowengine.errors import UsageError
from flowengine.journal.faults import JournalCorrupt
from flowengine.streams.forwarding.payload import marked_payload, payload_of
from flowengine.streams.forwarding.settings import (
    CHANNELS,
    Asset,
    Settings,
    read_settings,
    refuse_other_events,
    with_assets,
    with_channels,
)
from flowengine.streams.payloads import ChannelEvent, read_event

Event = Callable[..., ChannelEvent]
ORDERS = Asset("asset-sms", "sms", "+44 7700 900900", "Orders")
RETURNS = Asset("asset-sms-2", "sms", "447700900901", "Returns")
MAILS = Asset("asset-email", "email", "support@example.com", "Support")


def read(channel: str, /, **body: Any) -> ChannelEvent:
    event = read_event(channel, body, 1_795_000_000.0)
    assert isinstance(event, ChannelEvent)
    return event


def test_it_is_on_for_all_without_a_choice(event: Event) -> None:
    assert Settings().takes(event(1))
    assert Settings().warnings() == []
    assert not replace(Settings(), enabled=False).takes(event(1))


def test_tasks_and_channels_without_a_stream_are_not_handed_on() -> None:
    assert not Settings().takes(read("webhook", id="1"))
    assert not Settings().takes(read("api", customer="c-1"))


def test_assets_are_known_by_their_address_however_it_is_written(event: Event) -> None:
    chosen = with_assets(Settings(), ["asset-sms", "asset-sms"], [ORDERS, RETURNS])
    assert chosen.assets == (ORDERS,)
    assert chosen.takes(event(1))
    assert not with_assets(Settings(), ["asset-sms-2"], [ORDERS, RETURNS]).takes(event(1))


def test_a_mail_to_several_addresses_is_of_each() -> None:
    mail = read("email", **{"from": "kim@example.com", "to": "Other <other@example.com>, SUPPORT@example.com"})
    assert with_assets(Settings(), ["asset-email"], [MAILS]).takes(mail)
    assert not replace(Settings(), assets=(ORDERS,)).takes(mail)


def test_channels_are_chosen(event: Event) -> None:
    chosen = with_channels(Settings(), ["email", "sms", "sms"])
    assert chosen.channels == ("sms", "email")
    assert chosen.takes(event(1))
    assert not with_channels(chosen, ["apple"]).takes(event(1))
    assert with_channels(chosen, ["all"]).channels is None


def test_apple_is_missed() -> None:
    (warning,) = with_channels(Settings(), ["sms"]).warnings()
    assert "keep at least it" in warning
    assert with_channels(Settings(), ["sms", "apple"]).warnings() == []


def test_a_channel_without_a_chosen_asset_is_said() -> None:
    settings = replace(Settings(), assets=(ORDERS,), channels=("sms", "email", "apple"))
    assert settings.warnings() == ["nothing of email, apple is handed on: no asset of it is chosen"]


@pytest.mark.parametrize(
    ("choose", "said"),
    [
        (lambda: with_channels(Settings(), ["aple"]), "did you mean 'apple'?"),
        (lambda: with_channels(Settings(), ["sms", "all"]), "'all' is no channel"),
        (lambda: with_channels(Settings(), []), "`streams disable`"),
        (lambda: with_assets(Settings(), [], [ORDERS]), "`streams disable`"),
        (lambda: with_assets(Settings(), ["asset-sm"], [ORDERS, MAILS]), "did you mean 'asset-sms'"),
        (lambda: with_assets(Settings(), ["x"], []), "the tenant has none"),
        (lambda: refuse_other_events("none"), "cannot be switched off"),
    ],
)
def test_what_there_is_not_cannot_be_chosen(choose: Callable[[], Any], said: str) -> None:
    with pytest.raises(UsageError, match=said.replace("?", r"\?")):
        choose()


def test_settings_are_read_as_they_were_kept() -> None:
    settings = Settings(enabled=False, assets=(ORDERS, MAILS), channels=("sms",), authorization="machine")
    assert read_settings(settings.to_json()) == settings
    assert read_settings(Settings().to_json()) == Settings()
    with pytest.raises(JournalCorrupt, match="webex-engage-streaming"):
        read_settings({"enabled": True})


def test_what_came_is_not_changed(event: Event) -> None:
    assert payload_of(event(1, dataIntegration={"context": {}})) == event(1, dataIntegration={"context": {}}).body


@pytest.mark.parametrize(
    ("sent", "added"),
    [
        ({"oa": "1", "da": "2"}, {"channel": "SMS", "event": "MO", "ts": "2026-11-18T11:06:40.000Z"}),
        ({"oa": "1", "da": "2", "timestamp": "T", "channel_identifier": "SMS"}, {"event": "MO", "ts": "T"}),
        ({"oa": "1", "da": "2", "event": "OnLinkClick", "ts": 7}, {"channel": "SMS"}),
        (
            {"sms": {"oa": "1", "da": "2", "event": "OnLinkClick", "ts": "5"}},
            {"channel": "SMS", "event": "link-click", "ts": "5"},
        ),
    ],
)
def test_what_every_event_has_is_added_where_it_lacks(sent: dict[str, Any], added: dict[str, Any]) -> None:
    payload = payload_of(read("sms", **sent))
    assert payload == {**added, **sent}


@pytest.mark.parametrize("channel", CHANNELS)
def test_events_for_trying_are_events(channel: str) -> None:
    body = marked_payload(replace(Settings(), channels=(channel,)), "7", 1_795_000_000.0)
    event = read(channel, **body)
    assert (body["test"], event.channel) == (True, channel)
    assert event.id.endswith(":flowengine-test-7")
    assert event.event == ("typing-indicator" if channel == "apple" else "incoming-message")


def test_nobody_reads_a_test_where_apple_is_chosen() -> None:
    assert marked_payload(Settings(), "7", 0.0)["event"] == "TYPINGINDICATOR"
