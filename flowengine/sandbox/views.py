"""How a conversation is written: in the answers of the API, and whole for the page and the admin calls."""

from __future__ import annotations

from typing import Final

from flowengine.core.answers import Json
from flowengine.sandbox.conversation import Conversation

_SEARCH_KEYS: Final = ("conversationId", "aliasId", "status", "teamId", "userId")


def search_value(conversation: Conversation | None) -> dict[str, Json]:
    """Write a search's result. ``chatExist`` says whether an *open* conversation exists; a closed one has its id."""
    if conversation is None:
        return {"chatExist": False, **dict.fromkeys(_SEARCH_KEYS)}
    return {
        "chatExist": conversation.is_open,
        "conversationId": conversation.conversation_id,
        "aliasId": conversation.alias_id,
        "status": conversation.state,
        "teamId": conversation.team_id,
        "userId": conversation.user_id,
    }


def created_value(conversation: Conversation) -> dict[str, Json]:
    """Write a new conversation, like the ``value`` of Engage's event ``conversation:created``."""
    return {
        "conversationId": conversation.conversation_id,
        "aliasId": conversation.alias_id,
        "status": conversation.state,
        "messages": [{"messageId": each.message_id, "aliasId": each.alias_id} for each in conversation.messages],
        "routedTo": {"teamId": conversation.team_id, "skillId": None},
    }


def whole(conversation: Conversation, messages: int | None = None) -> dict[str, Json]:
    """Write everything about a conversation, with its last ``messages`` messages and events, or all."""
    last = slice(None) if messages is None else slice(-messages, None)
    return {
        "conversationId": conversation.conversation_id,
        "channel": conversation.channel,
        "customeraddress": conversation.customer,
        "bizaddress": conversation.business,
        "customerName": conversation.customer_name,
        "subject": conversation.subject,
        "threadid": conversation.thread,
        "aliasId": conversation.alias_id,
        "teamId": conversation.team_id,
        "userId": conversation.user_id,
        "state": conversation.state,
        "participants": conversation.participants,
        "customFields": conversation.custom_fields,
        "createdAt": conversation.created_at,
        "revision": conversation.revision,
        "messageCount": len(conversation.messages),
        "messages": [message.as_json() for message in conversation.messages[last]],
        "events": [event._asdict() for event in conversation.events[last]],
    }
