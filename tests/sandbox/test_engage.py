from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from flowengine.sandbox.engage import Engage

SMS = {"channel": "sms", "customeraddress": "+447700900123", "bizaddress": "+447700900001"}
EMAIL = {"channel": "email", "customeraddress": "one@example.com", "bizaddress": "help@example.com"}
CHAT = {"channel": "livechat", "customeraddress": "user-1", "bizaddress": "app-1"}
TEXT = {"direction": "inbound", "messagetype": "text", "text": "hello"}


def do(engage: Engage, operation: str, *ids: str, key: str | None = None, **body: Any) -> tuple[int, dict[str, Any]]:
    reply = engage.do(operation, ids, json.dumps(body).encode(), key)
    return reply.status, json.loads(reply.body)


def create(engage: Engage, **body: Any) -> str:
    status, answer = do(engage, "create", **body)
    assert status == 202, answer
    return str(answer["value"]["conversationId"])


def search(engage: Engage, **body: Any) -> dict[str, Any]:
    status, answer = do(engage, "search", **body)
    assert (status, answer["status"]) == (200, "success")
    return dict(answer["value"])


def test_a_conversation_from_search_to_search(engage: Engage) -> None:
    assert search(engage, **SMS) == {
        "chatExist": False,
        "conversationId": None,
        "aliasId": None,
        "status": None,
        "teamId": None,
        "userId": None,
    }
    status, answer = do(engage, "create", **SMS, customerName="Customer One", messages=[{**TEXT, "aliasId": "a-1"}])
    assert (status, answer["tid"], answer["status"], answer["code"]) == (202, "tid-1", "success", 202)
    assert answer["value"] == {
        "conversationId": "CSR-1",
        "aliasId": None,
        "status": "queued",
        "messages": [{"messageId": "MSG-1", "aliasId": "a-1"}],
        "routedTo": {"teamId": None, "skillId": None},
    }
    seen = [search(engage, **SMS)]
    for operation, ids, body in (
        ("addParticipant", ("CSR-1",), {"participantId": "agent-1"}),
        ("append", ("CSR-1",), {**TEXT, "direction": "outbound"}),
        ("close", ("CSR-1",), {}),
        ("reopen", ("CSR-1",), {}),
    ):
        status, answer = do(engage, operation, *ids, **body)
        assert status == 202, answer
        seen.append(search(engage, **SMS))

    assert [(each["status"], each["chatExist"], each["userId"]) for each in seen] == [
        ("queued", True, None),
        ("active", True, "agent-1"),
        ("active", True, "agent-1"),
        ("closed", False, "agent-1"),
        ("queued", True, None),
    ]
    assert {each["conversationId"] for each in seen} == {"CSR-1"}


@pytest.mark.parametrize(
    ("created", "searched", "is_found"),
    [
        (SMS, SMS, True),
        (SMS, {**SMS, "channel": "whatsapp"}, False),
        (SMS, {**SMS, "customeraddress": "+447700900124"}, False),
        (SMS, {**SMS, "bizaddress": "+447700900002"}, False),
        ({**SMS, "channel": "apple"}, {**SMS, "channel": "amb"}, True),
        ({**SMS, "channel": "messenger"}, {**SMS, "channel": "facebook"}, True),
        (SMS, {**SMS, "threadid": "t-2", "subject": "x", "inReplyTo": "<m@example.com>", "toRecipients": None}, True),
        ({**CHAT, "threadid": "t-1"}, {**CHAT, "threadid": "t-1", "browserfingerprint": "f"}, True),
        ({**CHAT, "threadid": "t-1"}, {**CHAT, "threadid": "t-2"}, False),
        ({**CHAT, "threadid": "t-1"}, CHAT, True),
        ({**EMAIL, "subject": "Order"}, {**EMAIL, "subject": "RE: order"}, True),
        ({**EMAIL, "subject": "Order"}, {**EMAIL, "customeraddress": "ONE@example.com", "subject": "Order"}, True),
        ({**EMAIL, "subject": "Order"}, {**EMAIL, "subject": "Invoice"}, False),
        ({**EMAIL, "subject": "Order"}, EMAIL, True),
    ],
)
def test_what_a_search_finds(
    engage: Engage, created: dict[str, str], searched: dict[str, str], *, is_found: bool
) -> None:
    conversation_id = create(engage, **created)

    assert search(engage, **searched)["conversationId"] == (conversation_id if is_found else None)


def test_an_open_conversation_is_found_before_a_newer_closed_one(engage: Engage) -> None:
    older, newer = create(engage, **SMS), create(engage, **SMS)
    assert search(engage, **SMS)["conversationId"] == newer

    do(engage, "close", newer)
    assert search(engage, **SMS)["conversationId"] == older
    do(engage, "close", older)
    assert search(engage, **SMS)["conversationId"] == newer


@pytest.mark.parametrize("reply_to", ["<m1@example.com>", "m1@example.com", "MSG-1", "alias-1"])
def test_an_answering_mail_is_found_by_what_it_answers_whoever_sends_it(engage: Engage, reply_to: str) -> None:
    headers = {"Message-ID": "<m1@example.com>"}
    mail = {"direction": "inbound", "type": "email", "subject": "Order", "emailHeaders": headers, "aliasId": "alias-1"}
    order = create(engage, **EMAIL, messages=[mail])
    create(engage, **EMAIL, subject="Invoice")
    answering = {**EMAIL, "subject": "Invoice", "inReplyTo": reply_to}

    assert search(engage, **answering)["conversationId"] == order
    assert search(engage, **{**answering, "customeraddress": "two@example.com"})["conversationId"] == order
    assert search(engage, **{**answering, "bizaddress": "sales@example.com"})["conversationId"] is None


def test_an_answer_to_an_unknown_mail_is_found_by_its_subject(engage: Engage) -> None:
    mail = {"direction": "inbound", "messagetype": "email", "subject": "Order", "plainBody": "Where is it?"}
    order = create(engage, **EMAIL, messages=[mail])

    found = search(engage, **EMAIL, inReplyTo="<other@example.com>", subject="Re: Order")

    assert found["conversationId"] == order


def test_an_appended_mail_can_be_answered_too(engage: Engage) -> None:
    order = create(engage, **EMAIL, subject="Order")
    mail = {"direction": "outbound", "messagetype": "email", "emailHeaders": {"message-id": "<m2@example.com>"}}
    do(engage, "append", order, **mail)
    create(engage, **EMAIL, subject="Invoice")

    assert search(engage, **EMAIL, inReplyTo="<m2@example.com>")["conversationId"] == order


def test_append_keeps_what_was_sent(engage: Engage) -> None:
    conversation_id = create(engage, **{**SMS, "channel": "whatsapp"})
    attachments = [{"mimeType": "image/png", "fileName": "a.png", "fileUrl": "https://files.example.com/a.png"}]

    status, answer = do(
        engage,
        "append",
        conversation_id,
        channel="whatsapp",
        direction="inbound",
        messagetype="text-with-attachments",
        timestamp="2026-11-23T09:59:58Z",
        attachments=attachments,
        subject=None,
    )

    assert (status, answer["value"]) == (
        202,
        {"conversationId": conversation_id, "messageId": "MSG-1", "status": "queued"},
    )
    (message,) = engage.conversations.get(conversation_id).messages
    assert message.as_json() == {
        "messageId": "MSG-1",
        "aliasId": None,
        "direction": "inbound",
        "messagetype": "text-with-attachments",
        "text": None,
        "timestamp": "2026-11-23T09:59:58Z",
        "attachments": attachments,
    }


def test_a_message_without_a_timestamp_is_of_now(engage: Engage) -> None:
    conversation_id = create(engage, **SMS, messages=[TEXT])

    assert engage.conversations.get(conversation_id).messages[0].timestamp == "2026-11-23T10:00:00.000Z"


@pytest.mark.parametrize(
    ("body", "alias", "custom"),
    [
        ({"aliasId": "a-1"}, "a-1", {}),
        ({"taskId": "t-1"}, "t-1", {}),
        ({"aliasId": "a-1", "taskId": "a-1"}, "a-1", {}),
        ({"customFields": [{"scope": "profile", "key": "tier", "value": 1}]}, "before", {"profile": {"tier": 1}}),
        (
            {"aliasId": "a-1", "customFields": [{"scope": "conversation", "key": "__proto__", "value": "x"}]},
            "a-1",
            {"conversation": {"__proto__": "x"}},
        ),
    ],
)
def test_update(engage: Engage, body: dict[str, Any], alias: str, custom: dict[str, Any]) -> None:
    conversation_id = create(engage, **SMS, aliasId="before")

    status, answer = do(engage, "update", conversation_id, **body)

    assert (status, answer["value"]) == (
        202,
        {"conversationId": conversation_id, "aliasId": alias, "customFields": custom},
    )
    assert search(engage, **SMS)["aliasId"] == alias


def test_update_keeps_the_custom_fields_it_does_not_name(engage: Engage) -> None:
    conversation_id = create(engage, **SMS, customFields=[{"scope": "profile", "key": "tier", "value": "gold"}])

    _, answer = do(engage, "update", conversation_id, customFields=[{"scope": "profile", "key": "age", "value": 3}])

    assert answer["value"]["customFields"] == {"profile": {"tier": "gold", "age": 3}}


def test_adding_someone_who_is_there_changes_nothing(engage: Engage) -> None:
    conversation_id = create(engage, **SMS)
    for agent in ("agent-1", "agent-2", "agent-1"):
        status, answer = do(engage, "addParticipant", conversation_id, participantId=agent)
        assert (status, answer["value"]["status"], answer["value"]["participantId"]) == (202, "active", agent)

    assert engage.conversations.get(conversation_id).participants == ["agent-1", "agent-2"]
    assert search(engage, **SMS)["userId"] == "agent-2"


def test_when_the_last_participant_leaves_the_conversation_is_queued(engage: Engage) -> None:
    conversation_id = create(engage, **SMS)
    for agent in ("agent-1", "agent-2"):
        do(engage, "addParticipant", conversation_id, participantId=agent)

    states = [do(engage, "removeParticipant", conversation_id, f"agent-{n}")[1]["value"]["status"] for n in (1, 2)]

    assert states == ["active", "queued"]


@pytest.mark.parametrize(
    ("operation", "ids", "body", "status", "field"),
    [
        ("search", (), {}, 400, "channel"),
        ("search", (), {"channel": 7}, 400, "channel"),
        ("search", (), {**SMS, "channel": "fax"}, 422, "channel"),
        ("search", (), {**SMS, "customeraddress": ""}, 400, "customeraddress"),
        ("search", (), {**SMS, "bizaddress": None}, 400, "bizaddress"),
        ("search", (), {**SMS, "subject": ["x"]}, 400, "subject"),
        ("create", (), {**SMS, "messages": "x"}, 400, "messages"),
        ("create", (), {**SMS, "messages": ["x"]}, 400, "messages[0]"),
        ("create", (), {**SMS, "messages": [TEXT, {**TEXT, "text": 1}]}, 400, "messages[1].text"),
        ("create", (), {**SMS, "customFields": [{"scope": "team", "key": "k"}]}, 422, "customFields[0].scope"),
        ("create", (), {**SMS, "customFields": [{"scope": "profile"}]}, 400, "customFields[0].key"),
        ("append", ("CSR-1",), {}, 400, "direction"),
        ("append", ("CSR-1",), {**TEXT, "direction": "sideways"}, 422, "direction"),
        ("append", ("CSR-1",), {"direction": "inbound"}, 400, "messagetype"),
        ("append", ("CSR-1",), {**TEXT, "messagetype": "lc-form-response"}, 422, "messagetype"),
        ("append", ("CSR-1",), {**TEXT, "text": None}, 400, "text"),
        ("append", ("CSR-1",), {**TEXT, "channel": "whatsapp"}, 422, "channel"),
        ("append", ("CSR-1",), {**TEXT, "attachments": {}}, 400, "attachments"),
        ("append", ("CSR-1",), {**TEXT, "timestamp": "yesterday"}, 400, "timestamp"),
        ("append", ("CSR-1",), {**TEXT, "timestamp": "2026-11-23T10:00:00"}, 400, "timestamp"),
        ("append", ("CSR-1",), {**TEXT, "timestamp": "2026-11-23T10:00:00+01:00"}, 400, "timestamp"),
        ("append", ("CSR-2",), {"direction": "inbound", "messagetype": "attachments"}, 400, "attachments"),
        ("append", ("CSR-2",), {"direction": "inbound", "messagetype": "text-with-attachments"}, 400, "text"),
        ("append", ("CSR-3",), {"direction": "inbound", "messagetype": "text"}, 409, None),
        ("append", ("nobody",), TEXT, 404, None),
        ("update", ("CSR-1",), {}, 400, "aliasId"),
        ("update", ("CSR-1",), {"aliasId": "a", "taskId": "b"}, 400, "taskId"),
        ("update", ("nobody",), {"aliasId": "a"}, 404, None),
        ("addParticipant", ("CSR-1",), {}, 400, "participantId"),
        ("addParticipant", ("CSR-3",), {"participantId": "agent-1"}, 409, None),
        ("addParticipant", ("nobody",), {"participantId": "agent-1"}, 404, None),
        ("removeParticipant", ("CSR-1", "agent-1"), {}, 404, None),
        ("removeParticipant", ("nobody", "agent-1"), {}, 404, None),
        ("close", ("CSR-3",), {}, 409, None),
        ("close", ("nobody",), {}, 404, None),
        ("reopen", ("CSR-1",), {}, 409, None),
        ("reopen", ("nobody",), {}, 404, None),
    ],
)
def test_refusals_name_the_field_and_change_nothing(  # noqa: PLR0913, PLR0917 - one row of the table
    engage: Engage, operation: str, ids: tuple[str, ...], body: dict[str, Any], status: int, field: str | None
) -> None:
    create(engage, **SMS)
    create(engage, **{**SMS, "channel": "whatsapp"})
    do(engage, "close", create(engage, **{**SMS, "channel": "api"}))
    revision = engage.conversations.revision
    if status == 409 and operation == "append":
        body = {**body, "text": "hello"}

    answered, answer = do(engage, operation, *ids, **body)

    assert (answered, answer["status"], answer["code"]) == (status, "failed", status)
    assert answer["value"] == (None if field is None else {"field": field})
    assert field is None or field in answer["description"]
    assert ("tid" in answer) == (operation != "search")
    assert engage.conversations.revision == revision
    assert len(engage.conversations) == 3


@pytest.mark.parametrize(
    "body", [b"{", b"[]", b"7", b'{"channel": NaN}', b'{"channel": "sms", "channel": "sms"}', b"\xff", b"[" * 100_000]
)
def test_a_body_that_is_not_a_json_object_is_refused(engage: Engage, body: bytes) -> None:
    for operation, ids in (("search", ()), ("create", ()), ("close", ("CSR-1",))):
        reply = engage.do(operation, ids, body)
        assert (reply.status, json.loads(reply.body)["value"]) == (400, {"field": "body"})


def test_a_key_makes_a_call_happen_once(engage: Engage) -> None:
    first = engage.do("create", (), json.dumps(SMS).encode(), "key-1")
    again = engage.do("create", (), json.dumps(SMS).encode(), "key-1")

    assert again.body == first.body
    assert again.headers == {**first.headers, "Idempotency-Replayed": "true"}
    assert len(engage.conversations) == 1


def test_a_replayed_answer_is_the_one_of_then(engage: Engage) -> None:
    conversation_id = create(engage, **SMS)
    first = do(engage, "addParticipant", conversation_id, key="key-1", participantId="agent-1")
    do(engage, "close", conversation_id)

    assert do(engage, "addParticipant", conversation_id, key="key-1", participantId="agent-1") == first


@pytest.mark.parametrize(
    ("operation", "target", "body"),
    [("append", "CSR-1", {**TEXT, "text": "other"}), ("append", "CSR-2", TEXT), ("addParticipant", "CSR-1", TEXT)],
)
def test_a_key_is_for_one_call_only(engage: Engage, operation: str, target: str, body: dict[str, Any]) -> None:
    create(engage, **SMS)
    create(engage, **SMS)
    do(engage, "append", "CSR-1", key="key-1", **TEXT)

    status, answer = do(engage, operation, target, key="key-1", **body)

    assert (status, answer["value"]) == (422, {"field": "Idempotency-Key"})
    assert len(engage.conversations.get("CSR-1").messages) == 1


def test_a_refused_call_did_nothing_and_may_be_repeated_under_its_key(engage: Engage) -> None:
    conversation_id = create(engage, **SMS)
    do(engage, "close", conversation_id)
    assert do(engage, "append", conversation_id, key="key-1", **TEXT)[0] == 409

    do(engage, "reopen", conversation_id)
    assert do(engage, "append", conversation_id, key="key-1", **TEXT)[0] == 202


@pytest.mark.parametrize("key", ["", "k" * 256, "clé", "a\x7fb"])
def test_a_key_has_to_be_printable_ascii(engage: Engage, key: str) -> None:
    status, answer = do(engage, "create", key=key, **SMS)

    assert (status, answer["value"]) == (400, {"field": "Idempotency-Key"})
    assert len(engage.conversations) == 0
