"""All conversations, and how one is found again by the addresses of channel, customer and business."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import NamedTuple

from flowengine.sandbox.conversation import Conversation
from flowengine.sandbox.mails import bare_id, bare_subject, message_id
from flowengine.sandbox.messages import Message
from flowengine.sandbox.replies import Refusal


class Key(NamedTuple):
    """What a search goes by. A refining part (thread, subject, reply_to) that is not given is not compared."""

    channel: str
    customer: str
    business: str
    thread: str | None = None
    subject: str | None = None
    reply_to: str | None = None


class Conversations:
    """Conversations by id and by address; the one that changed last comes first."""

    def __init__(self) -> None:
        self.revision = 0
        self._by_id: dict[str, Conversation] = {}
        self._by_address: dict[tuple[str, str, str], list[Conversation]] = {}
        self._by_mail: dict[tuple[str, str], Conversation] = {}

    def __len__(self) -> int:
        return len(self._by_id)

    def __iter__(self) -> Iterator[Conversation]:
        return reversed(self._by_id.values())

    def newest(self, limit: int) -> list[Conversation]:
        """Return the ``limit`` conversations that changed last."""
        return list(islice(self, limit))

    def add(self, conversation: Conversation) -> None:
        """Take in a conversation; its id has to be new."""
        if conversation.conversation_id in self._by_id:
            raise Refusal(409, f"There is a conversation {conversation.conversation_id} already")
        address = _address(conversation.channel, conversation.customer, conversation.business)
        self._by_address.setdefault(address, []).append(conversation)
        for message in conversation.messages:
            self.learn(conversation, message)
        self.changed(conversation)

    def get(self, conversation_id: str) -> Conversation:
        """Return a conversation by its id, or refuse with 404."""
        conversation = self._by_id.get(conversation_id)
        if conversation is None:
            raise Refusal(404, f"There is no conversation {conversation_id}")
        return conversation

    def find(self, key: Key) -> Conversation | None:
        """Return the conversation of a customer: an open one before a closed one, a newer one before an older one.

        An e-mail belongs to the conversation that has the message it answers, whoever sends it.
        """
        address = _address(key.channel, key.customer, key.business)
        if key.channel == "email" and key.reply_to:
            answered = self._by_mail.get((address[2], bare_id(key.reply_to)))
            if answered is not None:
                return answered
        newest_first = reversed(self._by_address.get(address, ()))
        matching = [conversation for conversation in newest_first if _refines(conversation, key)]
        return next((conversation for conversation in matching if conversation.is_open), None) or next(
            iter(matching), None
        )

    def learn(self, conversation: Conversation, message: Message) -> None:
        """Remember an e-mail by the ids that an answer may refer to."""
        if conversation.channel != "email":
            return
        business = conversation.business.casefold()
        for known in (message_id(message.content), message.message_id, message.alias_id):
            if known:
                self._by_mail[business, known] = conversation

    def changed(self, conversation: Conversation) -> None:
        """Count a change, and put the conversation first."""
        self.revision += 1
        conversation.revision = self.revision
        self._by_id.pop(conversation.conversation_id, None)
        self._by_id[conversation.conversation_id] = conversation


def _address(channel: str, customer: str, business: str) -> tuple[str, str, str]:
    if channel == "email":
        return channel, customer.casefold(), business.casefold()
    return channel, customer, business


def _refines(conversation: Conversation, key: Key) -> bool:
    if key.channel == "livechat" and key.thread:
        return conversation.thread == key.thread
    if key.channel == "email" and key.subject:
        return bare_subject(conversation.subject or "") == bare_subject(key.subject)
    return True
