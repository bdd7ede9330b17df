"""From the fields of a request to what it means: a search key, a new conversation, an alias, custom fields."""

from __future__ import annotations

from typing import Final

from flowengine.core.answers import Json
from flowengine.sandbox.conversation import Conversation
from flowengine.sandbox.conversations import Key
from flowengine.sandbox.fields import Fields
from flowengine.sandbox.messages import read_channel

SCOPES: Final = ("conversation", "profile")


def read_key(fields: Fields) -> Key:
    """Read what a search goes by."""
    return Key(
        channel=read_channel(fields),
        customer=fields.required("customeraddress"),
        business=fields.required("bizaddress"),
        thread=fields.text("threadid"),
        subject=fields.text("subject"),
        reply_to=fields.text("inReplyTo"),
    )


def read_conversation(fields: Fields, conversation_id: str, now: str) -> Conversation:
    """Read a new conversation, without its messages."""
    return Conversation(
        conversation_id=conversation_id,
        channel=read_channel(fields),
        customer=fields.required("customeraddress"),
        business=fields.required("bizaddress"),
        created_at=now,
        customer_name=fields.text("customerName"),
        subject=fields.text("subject"),
        thread=fields.text("threadid"),
        alias_id=fields.text("aliasId"),
        team_id=fields.text("teamId"),
        custom_fields=read_custom_fields(fields),
    )


def read_alias(fields: Fields) -> str | None:
    """Read the alias id; ``taskId`` is its other name: vendor flows pass a search's alias id as task id."""
    alias, task = fields.text("aliasId"), fields.text("taskId")
    if alias and task and alias != task:
        raise fields.wrong("taskId", "differs from aliasId, but is the same thing: send one of them")
    return alias or task


def read_custom_fields(fields: Fields) -> dict[str, dict[str, Json]]:
    """Read the rows ``{scope, key, value}``, by scope and key."""
    custom: dict[str, dict[str, Json]] = {}
    for row in fields.objects("customFields"):
        scope = row.one_of("scope", SCOPES, status=422)
        custom.setdefault(scope, {})[row.required("key")] = row.value("value")
    return custom
