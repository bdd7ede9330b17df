"""What the Engage nodes take: addresses by channel, message types by version, channel and direction, and no others."""

from __future__ import annotations

from typing import Any

import pytest
from jsonschema import Draft202012Validator
from referencing import Registry

from flowengine import Catalogue

CATALOGUE = Catalogue()
CHANNELS = ["sms", "messenger", "whatsapp", "email", "livechat", "apple", "api"]


def validator(name: str, number: str) -> Draft202012Validator:
    return Draft202012Validator(CATALOGUE.find(name, number).spec["inputs"], registry=Registry())


def problems(name: str, number: str, inputs: dict[str, Any]) -> list[str]:
    found = []
    for error in validator(name, number).iter_errors(inputs):
        where = error.instance if "propertyNames" in error.absolute_schema_path else error.json_path
        found.append(f"{where}: {error.message}")
    return found


def places(name: str, number: str, inputs: dict[str, Any]) -> list[str]:
    return [one.split(":")[0] for one in problems(name, number, inputs)]


def example(name: str, number: str, channel: str) -> dict[str, Any]:
    """Return the manifest's example inputs for a channel."""
    given = CATALOGUE.find(name, number).spec["example"]
    inputs: dict[str, Any] = given["channels"][channel]["inputs"] if channel in given["channels"] else given["inputs"]
    return inputs


# Which combinations a version offers (reference: Engage nodes 4.1, 4.3, 5.1, 5.2 and 7.1).

PLAIN = frozenset({"text", "text-with-attachments", "attachments"})
PARTS = ("list-picker", "time-picker", "quick-replies", "form")
Offer = dict[tuple[str, str], frozenset[str]]

COMMON: Offer = {
    ("sms", "inbound"): frozenset({"text"}),
    ("messenger", "inbound"): PLAIN,
    ("whatsapp", "inbound"): PLAIN | {"wab-interactive-response"},
    ("whatsapp", "outbound"): PLAIN | {"wab-buttons", "wab-list"},
    ("email", "inbound"): frozenset({"email"}),
    ("apple", "inbound"): PLAIN | {f"amb-{part}-response" for part in PARTS},
    ("apple", "outbound"): PLAIN | {f"amb-{part}" for part in PARTS},
    ("api", "inbound"): PLAIN,
    ("api", "outbound"): PLAIN,
}
LIVE_CHAT: Offer = {
    ("livechat", "inbound"): PLAIN | {"lc-form-response", "lc-carousel-response", "lc-quick-replies-response"},
    ("livechat", "outbound"): (PLAIN - {"text"}) | {"text-with-lc-carousel", "text-with-lc-quick-replies"},
    ("livechat", "announcement"): frozenset({"text"}),
}
OFFERED: dict[tuple[str, str], Offer] = {
    ("append-message", "1.0"): COMMON | {("livechat", "inbound"): frozenset({"text", "lc-form-response"})},
    ("append-message", "1.3"): COMMON | LIVE_CHAT,
    ("append-message", "1.4"): COMMON
    | LIVE_CHAT
    | {("sms", "outbound"): frozenset({"text"}), ("messenger", "outbound"): PLAIN}
    | {("email", "outbound"): frozenset({"email"})}
    | {(channel, "announcement"): frozenset({"text"}) for channel in CHANNELS},
    ("create-conversation", "1.0"): COMMON | {("livechat", "inbound"): frozenset({"text"})},
    ("create-conversation", "1.2"): COMMON | LIVE_CHAT,
    ("create-conversation", "1.3"): COMMON | LIVE_CHAT,
}

FILE = {"mimeType": "image/png", "fileName": "a.png", "fileUrl": "https://files.example.com/a.png"}
BUTTONS = {"action": {"buttons": [{"type": "reply", "reply": {"id": "1", "title": "Yes"}}]}}
ROWS = {"action": {"button": "Choose", "sections": [{"rows": [{"id": "1", "title": "One"}]}]}}
CONTENT: dict[str, dict[str, Any]] = {
    "text": {"text": "hello"},
    "text-with-attachments": {"text": "hello", "attachments": [FILE]},
    "attachments": {"attachments": [FILE]},
    "email": {"fromEmail": "customer@example.com", "plainBody": "hello"},
    "lc-form-response": {"lcFormResponse": {"fields": []}},
    "text-with-lc-carousel": {"lcCarousel": {"elements": [{"title": "One"}]}},
    "lc-carousel-response": {"lcCarouselResponse": {"identifier": "1"}},
    "text-with-lc-quick-replies": {"lcQuickReplies": {"options": [{"title": "Yes"}]}},
    "lc-quick-replies-response": {"lcQuickRepliesResponse": {"identifier": "1"}},
    "wab-buttons": {"wabButtons": BUTTONS},
    "wab-list": {"wabList": ROWS},
    "wab-interactive-response": {"wabInteractiveResponse": {"identifier": "1", "title": "Yes"}},
    "amb-list-picker": {"ambListPicker": {"sections": []}},
    "amb-list-picker-response": {"ambListPickerResponse": {"items": []}},
    "amb-time-picker": {"ambTimePicker": {"event": {}}},
    "amb-time-picker-response": {"ambTimePickerResponse": {"event": {}}},
    "amb-quick-replies": {"ambQuickReplies": {"items": []}},
    "amb-quick-replies-response": {"ambQuickRepliesResponse": {"selectedIdentifier": "1"}},
    "amb-form": {"ambForm": {"pages": []}},
    "amb-form-response": {"ambFormResponse": {"selections": []}},
}
ADDRESSES = {
    "sms": {"businessNumber": "+447700900001", "customerNumber": "+447700900123"},
    "messenger": {"pageId": "page-1", "psId": "ps-1"},
    "whatsapp": {"businessId": "447700900001", "customerId": "447700900123"},
    "email": {"businessEmail": "help@example.com", "fromEmail": "customer@example.com"},
    "livechat": {"appId": "app-1", "userId": "visitor-1"},
    "apple": {"accountId": "account-1", "appleUserId": "user-1"},
    "api": {"businessId": "desk-1", "customerAddress": "customer-1"},
}
WHEN = "2026-11-23T10:00:00Z"
OBJECTS = {kind: key for kind, content in CONTENT.items() for key in content if key[:2] in ("lc", "wa", "am")}
WRONG = [
    ("append-message", "1.0", ("livechat", "outbound", "text-with-attachments"), "$.direction"),
    ("append-message", "1.0", ("livechat", "announcement", "text"), "$.direction"),
    ("append-message", "1.0", ("livechat", "inbound", "lc-carousel-response"), "$.messageType"),
    ("append-message", "1.3", ("livechat", "outbound", "text"), "$.messageType"),
    ("append-message", "1.3", ("sms", "outbound", "text"), "$.direction"),
    ("append-message", "1.4", ("whatsapp", "inbound", "wab-buttons"), "$.messageType"),
    ("append-message", "1.4", ("email", "inbound", "text"), "$.messageType"),
    ("append-message", "1.4", ("messenger", "inbound", "email"), "$.messageType"),
    ("append-message", "1.4", ("apple", "announcement", "attachments"), "$.messageType"),
    ("append-message", "1.4", ("sms", "sideways", "text"), "$.direction"),
    ("create-conversation", "1.0", ("livechat", "inbound", "text-with-attachments"), "$.messageType"),
    ("create-conversation", "1.2", ("api", "outbound", "lc-form-response"), "$.messageType"),
    ("create-conversation", "1.3", ("email", "outbound", "email"), "$.direction"),
]
CHANNEL_VERSIONS = [
    *(("search-conversation", number) for number in ("1.0", "1.1", "1.3")),
    *(("create-conversation", number) for number in ("1.0", "1.2", "1.3")),
]
MESSAGE_VERSIONS = [*(("append-message", number) for number in ("1.0", "1.3", "1.4")), ("create-conversation", "1.3")]


def message(name: str, channel: str, direction: str, kind: str) -> dict[str, Any]:
    """Return inputs that are right but, perhaps, for the combination of channel, direction and type."""
    address = ADDRESSES[channel] if name == "create-conversation" else {"conversationId": "c-1"}
    selected = {"channel": channel, "direction": direction, "messageType": kind, "timestamp": WHEN}
    return {**selected, **address, **CONTENT[kind]}


@pytest.mark.parametrize(("name", "number"), [*CHANNEL_VERSIONS, *MESSAGE_VERSIONS[:3]])
def test_every_channel_has_an_example(name: str, number: str) -> None:
    assert CATALOGUE.find(name, number).spec["inputs"]["properties"]["channel"]["enum"] == CHANNELS
    assert [example(name, number, channel)["channel"] for channel in CHANNELS] == CHANNELS


@pytest.mark.parametrize(("name", "number"), OFFERED)
def test_a_version_takes_the_combinations_it_is_documented_with_and_no_other(name: str, number: str) -> None:
    check = validator(name, number)
    accepted = {
        (channel, direction, kind)
        for channel in CHANNELS
        for direction in ("inbound", "outbound", "announcement")
        for kind in CONTENT
        if check.is_valid(message(name, channel, direction, kind))
    }
    offered = OFFERED[name, number]
    assert accepted == {(channel, direction, kind) for (channel, direction), kinds in offered.items() for kind in kinds}


@pytest.mark.parametrize(("name", "number", "combination", "place"), WRONG)
def test_a_wrong_combination_is_reported_where_it_is_wrong(
    name: str, number: str, combination: tuple[str, str, str], place: str
) -> None:
    assert place in places(name, number, message(name, *combination))


@pytest.mark.parametrize(("name", "number"), CHANNEL_VERSIONS)
@pytest.mark.parametrize("channel", CHANNELS)
def test_a_channel_needs_its_own_addresses_and_refuses_those_of_others(name: str, number: str, channel: str) -> None:
    inputs = example(name, number, channel)
    for address in ADDRESSES[channel]:
        rest = {key: value for key, value in inputs.items() if key != address}
        assert problems(name, number, rest) == [f"$: {address!r} is a required property"]
        assert places(name, number, {**rest, address: ""}) == [f"$.{address}"]
    others = {address for one in ADDRESSES.values() for address in one} - set(ADDRESSES[channel])
    for address in others:
        assert places(name, number, {**inputs, address: "x"}) == [address]


@pytest.mark.parametrize(("name", "number"), OFFERED)
def test_a_type_needs_the_object_it_is_named_after_and_no_other_type_takes_it(name: str, number: str) -> None:
    for (channel, direction), kinds in OFFERED[name, number].items():
        for kind in kinds & set(OBJECTS):
            key = OBJECTS[kind]
            inputs = message(name, channel, direction, kind)
            rest = {one: value for one, value in inputs.items() if one != key}
            assert problems(name, number, rest) == [f"$: {key!r} is a required property"]
            assert problems(name, number, {**rest, key: {}}) != []
            for other in kinds - {kind}:
                mixed = {**message(name, channel, direction, other), key: CONTENT[kind][key]}
                assert places(name, number, mixed) == [key]


@pytest.mark.parametrize(("name", "number"), MESSAGE_VERSIONS)
@pytest.mark.parametrize(
    ("inputs", "place"),
    [
        ({"channel": "sms", "messageType": "text", "text": ""}, "$.text"),
        ({"channel": "sms", "messageType": "text", "text": "hello", "attachments": [FILE]}, "attachments"),
        ({"channel": "sms", "messageType": "text", "text": "hello", "plainBody": "hello"}, "plainBody"),
        ({"channel": "sms", "messageType": "text", "text": "hello", "timestamp": "23/11/2026"}, "$.timestamp"),
        ({"channel": "sms", "messageType": "text", "text": 7}, "$.text"),
        ({"channel": "messenger", "messageType": "text-with-attachments"}, "$"),
        ({"channel": "messenger", "messageType": "text-with-attachments", "text": "", "attachments": []}, "$.text"),
        ({"channel": "messenger", "messageType": "attachments", "attachments": []}, "$.attachments"),
        ({"channel": "messenger", "messageType": "attachments", "attachments": [{}]}, "$.attachments[0]"),
        ({"channel": "email", "messageType": "email"}, "$"),
        ({"channel": "email", "messageType": "email", "plainBody": "hello", "text": "hello"}, "text"),
        ({"channel": "email", "messageType": "email", "htmlBody": "hello", "attachments": [{}]}, "$.attachments[0]"),
        ({"channel": "email", "messageType": "email", "plainBody": "hello", "toRecipients": [1]}, "$.toRecipients[0]"),
        ({"channel": "livechat", "messageType": "lc-form-response"}, "$"),
        (
            {"channel": "livechat", "messageType": "text", "text": "hi", "lcFormResponse": {"fields": []}},
            "lcFormResponse",
        ),
        ({"channel": "whatsapp", "direction": "outbound", "messageType": "wab-list", "wabList": BUTTONS}, "$.wabList"),
        ({"channel": "apple", "messageType": "text", "text": "hello", "ambForm": {"pages": []}}, "ambForm"),
        ({"channel": "smss", "messageType": "text", "text": "hello", "plainBody": "hello"}, "$.channel"),
    ],
)
def test_what_is_wrong_in_a_message_is_said_once_and_at_its_place(
    name: str, number: str, inputs: dict[str, Any], place: str
) -> None:
    selected = {"direction": "inbound", "timestamp": WHEN}
    address = {"conversationId": "c-1"}
    if inputs["channel"] == "email":
        address["fromEmail"] = "customer@example.com"
    if name == "create-conversation":
        address = ADDRESSES.get(inputs["channel"], {})
    found = places(name, number, {**selected, **address, **inputs})
    assert {one.removesuffix(".action") for one in found} == {place}


def test_the_address_of_a_mails_attachment_has_two_names() -> None:
    mail = {**message("append-message", "email", "inbound", "email"), "attachments": [FILE, {"url": FILE["fileUrl"]}]}
    assert problems("append-message", "1.4", mail) == []


@pytest.mark.parametrize(
    ("given", "wrong"),
    [
        ({"taskId": "t-1"}, []),
        ({"aliasId": "a-1"}, []),
        ({"customFields": [{"scope": "profile", "key": "vip", "value": True}]}, []),
        ({"taskId": "t-1", "customFields": [{"scope": "conversation", "key": "order", "value": "4711"}]}, []),
        ({}, ["$: 'taskId' is a required property"]),
        ({"taskId": "t-1", "aliasId": "a-1"}, ["aliasId: 'aliasId' should not be valid under {'const': 'aliasId'}"]),
        ({"customFields": []}, ["$.customFields: [] should be non-empty"]),
        (
            {"customFields": [{"scope": "tenant", "key": "vip", "value": 1}]},
            ["$.customFields[0].scope: 'tenant' is not one of ['conversation', 'profile']"],
        ),
    ],
)
def test_an_update_stores_a_task_id_an_alias_or_custom_fields(given: dict[str, Any], wrong: list[str]) -> None:
    assert problems("update-conversation", "1.0", {"conversationId": "c-1", **given}) == wrong
