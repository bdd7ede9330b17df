"""What the Engage nodes send, and what they make of the answers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from flowengine import Catalogue
from flowengine.check.patterns import pattern
from flowengine.core.answers import HttpAnswer
from flowengine.core.outcomes import STANDARD_OUTCOMES, judge
from flowengine.core.plan import PlanNode
from flowengine.core.requests import build_request, compile_request
from flowengine.core.responses import compile_outputs, compile_rules, read_outputs
from flowengine.core.wants import HttpRequest
from flowengine.recording.replay import recorded_answer

CATALOGUE = Catalogue()
ADDRESSES = {
    "sms": ("businessNumber", "customerNumber"),
    "messenger": ("pageId", "psId"),
    "whatsapp": ("businessId", "customerId"),
    "email": ("businessEmail", "fromEmail"),
    "livechat": ("appId", "userId"),
    "apple": ("accountId", "appleUserId"),
    "api": ("businessId", "customerAddress"),
}
WRITES = [
    *(("append-message", number) for number in ("1.0", "1.3", "1.4")),
    *(("create-conversation", number) for number in ("1.0", "1.2", "1.3")),
    ("update-conversation", "1.0"),
    ("add-participant", "1.0"),
    ("remove-participant", "1.0"),
    ("close-conversation", "1.0"),
    ("reopen-conversation", "1.0"),
]


def spec(name: str, number: str | None = None) -> Mapping[str, Any]:
    return CATALOGUE.find(name, number).spec


def request(name: str, inputs: dict[str, Any], number: str | None = None) -> HttpRequest:
    return build_request(compile_request(spec(name, number)["request"]), inputs)


def outcome_of(name: str, number: str | None, answer: HttpAnswer) -> str:
    rules = compile_rules(spec(name, number)["responses"], pattern)
    return judge(PlanNode(id="node", type=name, title=None, rules=rules), answer).outcome


@pytest.mark.parametrize("name", ["search-conversation", "create-conversation"])
def test_the_addresses_of_every_channel_go_over_the_wire_under_one_name(name: str) -> None:
    example = spec(name)["example"]
    for given in [example, *example["channels"].values()]:
        inputs = given["inputs"]
        business, customer = ADDRESSES[inputs["channel"]]
        body = request(name, inputs).json
        assert (body["bizaddress"], body["customeraddress"]) == (inputs[business], inputs[customer])


def test_an_appended_mail_goes_over_the_wire_with_the_names_of_the_vendor() -> None:
    inputs = spec("append-message")["example"]["channels"]["email"]["inputs"]
    sent = request("append-message", inputs)
    assert (sent.method, sent.target) == ("POST", "/conversations/CSR-1004/messages")
    assert sent.json == {
        "channel": "email",
        "direction": "inbound",
        "messagetype": "email",
        "timestamp": "2026-11-23T10:00:00Z",
        "frmAddress": inputs["fromEmail"],
        "toRecipients": inputs["toRecipients"],
        "ccRecipients": inputs["ccRecipients"],
        "subject": inputs["subject"],
        "emailHeaders": inputs["emailHeaders"],
        "plainBody": inputs["plainBody"],
        "htmlBody": inputs["htmlBody"],
        "strippedHtml": inputs["strippedHtml"],
        "attachments": inputs["attachments"],
    }


def test_a_form_response_goes_over_the_wire_under_the_name_of_the_vendor() -> None:
    inputs = spec("append-message", "1.0")["example"]["channels"]["livechat"]["inputs"]
    assert request("append-message", inputs).json["livechatformresponse"] == inputs["lcFormResponse"]


def test_ids_of_a_conversation_and_a_participant_stay_one_segment_each() -> None:
    sent = request("remove-participant", {"conversationId": "../a b", "participant": "x/y?z"})
    assert (sent.method, sent.target) == ("DELETE", "/conversations/..%2Fa%20b/participants/x%2Fy%3Fz")


def test_a_new_conversation_begins_with_one_message() -> None:
    inputs = spec("create-conversation")["example"]["inputs"]
    body = request("create-conversation", inputs).json
    assert body["messages"] == [
        {key: inputs[key] for key in ("direction", "text", "timestamp")} | {"messagetype": inputs["messageType"]}
    ]
    assert body["customFields"] == inputs["customFields"]


@pytest.mark.parametrize(("given", "alias"), [({"taskId": "t-1"}, "t-1"), ({"aliasId": "a-1"}, "a-1")])
def test_a_task_id_is_stored_as_the_alias(given: dict[str, str], alias: str) -> None:
    sent = request("update-conversation", {"conversationId": "c-1", **given})
    assert (sent.method, sent.target, sent.json) == ("PATCH", "/conversations/c-1", {"aliasId": alias})


@pytest.mark.parametrize("number", ["1.0", "1.1", "1.3"])
def test_the_outputs_of_a_search(number: str) -> None:
    search = spec("search-conversation", number)
    answer = recorded_answer(search["example"]["responses"]["conversationActive"])
    assert isinstance(answer, HttpAnswer)
    outputs = read_outputs(compile_outputs(search["outputs"]), answer)
    expected = {
        "conversationId": "CSR-1001",
        "conversationExistsBool": True,
        "status": "active",
        "description": "Conversation found",
    }
    if number == "1.3":
        assert outputs.pop("responsePayload").startswith('{"status":"success","code":200,')
        expected |= {"aliasId": "task-1", "teamId": "team-1", "userId": "agent-1", "apiStatus": "success", "code": 200}
    assert outputs == expected


@pytest.mark.parametrize(("name", "number"), WRITES)
def test_the_transaction_id_is_read_from_the_body_or_the_header(name: str, number: str) -> None:
    declared = spec(name, number)["outputs"]["TransId"]
    outputs = compile_outputs({"TransId": declared})
    assert read_outputs(outputs, HttpAnswer(202, {"tid": "t-2"}, {"tid": "t-1"})) == {"TransId": "t-1"}
    assert read_outputs(outputs, HttpAnswer(202, {"tid": "t-2"}, {})) == {"TransId": "t-2"}
    assert declared["aliases"] == ["transId", "transID"]


def test_the_id_of_a_new_conversation_is_an_output() -> None:
    outputs = compile_outputs(spec("create-conversation")["outputs"])
    answer = HttpAnswer(202, {}, {"tid": "t-1", "value": {"conversationId": "c-1"}})
    assert read_outputs(outputs, answer) == {"TransId": "t-1", "conversationId": "c-1"}


@pytest.mark.parametrize(
    ("status", "body", "outcome"),
    [
        (200, {"value": {"status": "active", "conversationId": "c-1"}}, "conversationActive"),
        (200, {"value": {"status": "picked", "conversationId": "c-1"}}, "conversationActive"),
        (200, {"value": {"chatExist": False, "status": "closed", "conversationId": "c-1"}}, "conversationClosed"),
        (200, {"value": {"chatExist": False}}, "noConversationFound"),
        (200, {"value": {"chatExist": True, "conversationId": "c-1"}}, "onInvalidChoice"),
        (200, {"status": "failed", "value": {"chatExist": False}}, "Failure"),
        (404, None, "noConversationFound"),
        (409, None, "Failure"),
        (400, None, "onInvalidData"),
        (403, None, "onAuthorizationFailure"),
        (302, None, "onError"),
        (503, None, "onError"),
    ],
)
def test_what_a_search_makes_of_an_answer(status: int, body: Any, outcome: str) -> None:
    assert outcome_of("search-conversation", "1.3", HttpAnswer(status, {}, body)) == outcome


@pytest.mark.parametrize(("name", "number"), WRITES)
@pytest.mark.parametrize(
    ("status", "body", "wanted"),
    [
        (200, {"status": "success"}, "done"),
        (202, {"tid": "t-1"}, "done"),
        (204, None, "done"),
        (202, {"status": "accepted"}, "accepted"),
        (202, {"status": "failed"}, "failed"),
        (404, None, "failed"),
        (409, None, "failed"),
        (422, None, "failed"),
        (400, None, "onInvalidData"),
        (401, None, "onAuthorizationFailure"),
        (410, None, "Failure"),
        (429, None, "Failure"),
        (500, None, "onError"),
        (202, {"status": "later"}, "onInvalidChoice"),
    ],
)
def test_what_a_write_makes_of_an_answer(name: str, number: str, status: int, body: Any, wanted: str) -> None:
    done, failed, *others = spec(name, number)["outcomes"]
    accepted = "Success" if "Success" in others else "onInvalidChoice"
    outcome = {"done": done, "failed": failed, "accepted": accepted}.get(wanted, wanted)
    assert outcome_of(name, number, HttpAnswer(status, {}, body)) == outcome


def test_the_outcomes_are_spelt_as_on_the_pages() -> None:
    spelt = {
        "search-conversation": [
            "noConversationFound",
            "conversationInQueue",
            "conversationActive",
            "conversationOnHold",
            "conversationClosed",
            "Failure",
        ],
        "append-message": ["onAppendMessageSuccess", "onAppendMessageFailure", "Failure"],
        "create-conversation": ["onConversationCreated", "onConversationFailed", "Failure"],
        "update-conversation": ["onConversationUpdatedSuccess", "onConversationUpdatedFailure", "Success", "Failure"],
        "add-participant": ["OnAddParticipantSuccess", "OnAddParticipantFailure", "Success", "Failure"],
        "remove-participant": ["onParticipantRemoved", "onRemoveParticipantFailure", "Failure"],
        "close-conversation": ["onConversationClosed", "onCloseConversationFailure", "Failure"],
        "reopen-conversation": ["ConversationReopened", "ConversationReopenFailed", "Failure"],
    }
    for name, outcomes in spelt.items():
        assert [outcome for outcome in spec(name)["outcomes"] if outcome not in STANDARD_OUTCOMES] == outcomes
