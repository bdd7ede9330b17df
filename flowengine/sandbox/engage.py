"""What Engage does: search, create, append, update, participants, close, re-open. Pure: clock and ids are handed in."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from http import HTTPStatus
from typing import Final, NamedTuple, TypeAlias

from flowengine.core.answers import Json
from flowengine.sandbox.callbacks.callback import Origin, failure, success
from flowengine.sandbox.callbacks.targets import Targets
from flowengine.sandbox.conversation import Conversation
from flowengine.sandbox.conversations import Conversations
from flowengine.sandbox.fields import Fields, read_object
from flowengine.sandbox.idempotency import Answered, fingerprint
from flowengine.sandbox.messages import Message, read_channel, read_message
from flowengine.sandbox.replies import Refusal, Reply, accepted, done, found, refused
from flowengine.sandbox.requests import read_alias, read_conversation, read_custom_fields, read_key
from flowengine.sandbox.views import created_value, search_value

TENANT_ID: Final = "tenant-sandbox"

Clock: TypeAlias = Callable[[], datetime]
"""Tells the time, in UTC."""

NewId: TypeAlias = Callable[[str], str]
"""Makes a new id of a kind: ``CSR`` a conversation, ``MSG`` a message, ``tid`` a transaction."""


class Done(NamedTuple):
    """What a write came to: a sentence, and the envelope's ``value``."""

    description: str
    value: dict[str, Json]


class Engage:
    """The conversations and the calls on them. ``targets`` says where results may be posted to."""

    def __init__(
        self, *, clock: Clock, new_id: NewId, targets: Targets | None = None, tenant_id: str = TENANT_ID
    ) -> None:
        self._clock = clock
        self.new_id = new_id
        self._targets = Targets() if targets is None else targets
        self._tenant_id = tenant_id
        self._writes: Final[dict[str, Callable[[tuple[str, ...], Fields], Done]]] = {
            "create": self._create,
            "append": self._append,
            "update": self._update,
            "addParticipant": self._add_participant,
            "removeParticipant": self._remove_participant,
            "close": self._close,
            "reopen": self._reopen,
        }
        self.reset()

    def reset(self) -> None:
        """Forget every conversation and every answer."""
        self.conversations = Conversations()
        self._answered = Answered()

    def now(self) -> str:
        """Return the time as conversations hold it."""
        return self._clock().isoformat(timespec="milliseconds").replace("+00:00", "Z")

    def do(self, operation: str, ids: tuple[str, ...], body: bytes, key: str | None = None) -> Reply:
        """Do one call of the API. ``ids`` are those in its path, ``key`` is its Idempotency-Key."""
        if operation == "search":
            return self._search(body)
        tid = self.new_id("tid")
        try:
            return self._write(operation, ids, body, key, tid)
        except Refusal as refusal:
            return refused(refusal, tid)

    def _write(self, operation: str, ids: tuple[str, ...], body: bytes, key: str | None, tid: str) -> Reply:
        call = fingerprint(operation, ids, body)
        known = None if key is None else self._answered.recall(key, call)
        if known is not None:
            return known
        fields = Fields(read_object(body))
        url = self._targets.read(fields)
        if url is None:
            reply = done(tid, *self._writes[operation](ids, fields))
        else:
            origin = Origin(url, tid, self._tenant_id, operation, ids[0] if ids else None, key)
            reply = self._accept(origin, ids, fields)
        if key is not None:
            self._answered.keep(key, call, reply)
        return reply

    def _accept(self, origin: Origin, ids: tuple[str, ...], fields: Fields) -> Reply:
        """Do a call whose result is posted later. What is malformed is refused at once, all else in the result."""
        try:
            return accepted(success(origin, *self._writes[origin.operation](ids, fields)))
        except Refusal as refusal:
            if refusal.status == HTTPStatus.BAD_REQUEST:
                raise
            return accepted(failure(origin, refusal.status, refusal.description, refusal.value))

    def _search(self, body: bytes) -> Reply:
        try:
            conversation = self.conversations.find(read_key(Fields(read_object(body))))
        except Refusal as refusal:
            return refused(refusal)
        description = "No conversation found" if conversation is None else f"Conversation is {conversation.state}"
        return found(description, search_value(conversation))

    def _create(self, _ids: tuple[str, ...], fields: Fields) -> Done:
        conversation = read_conversation(fields, self.new_id("CSR"), self.now())
        messages = [self._read_message(item, conversation) for item in fields.objects("messages")]
        if conversation.subject is None and messages:
            subject = messages[0].content.get("subject")
            conversation.subject = subject if isinstance(subject, str) else None
        conversation.created()
        conversation.messages.extend(messages)
        self.conversations.add(conversation)
        return Done(f"Conversation {conversation.conversation_id} created", created_value(conversation))

    def _append(self, ids: tuple[str, ...], fields: Fields) -> Done:
        conversation = self.conversations.get(ids[0])
        if fields.text("channel") and read_channel(fields) != conversation.channel:
            raise fields.wrong("channel", f"is not {conversation.channel}, the conversation's channel", 422)
        message = self._read_message(fields, conversation)
        conversation.append(message)
        self.conversations.learn(conversation, message)
        self.conversations.changed(conversation)
        value = {"conversationId": ids[0], "messageId": message.message_id, "status": conversation.state}
        return Done(f"Message {message.message_id} appended", value)

    def _update(self, ids: tuple[str, ...], fields: Fields) -> Done:
        conversation = self.conversations.get(ids[0])
        alias = read_alias(fields)
        custom = read_custom_fields(fields)
        if alias is None and not custom:
            raise fields.wrong("aliasId", "is missing, and there is no taskId and there are no customFields either")
        if alias is not None:
            conversation.alias_id = alias
        for scope, values in custom.items():
            conversation.custom_fields.setdefault(scope, {}).update(values)
        self.conversations.changed(conversation)
        value = {"conversationId": ids[0], "aliasId": conversation.alias_id, "customFields": conversation.custom_fields}
        return Done(f"Conversation {ids[0]} updated", value)

    def _add_participant(self, ids: tuple[str, ...], fields: Fields) -> Done:
        conversation = self.conversations.get(ids[0])
        agent = fields.required("participantId")
        conversation.join(agent, self.now())
        return self._changed(conversation, f"Participant {agent} added", agent)

    def _remove_participant(self, ids: tuple[str, ...], _fields: Fields) -> Done:
        conversation = self.conversations.get(ids[0])
        conversation.leave(ids[1], self.now())
        return self._changed(conversation, f"Participant {ids[1]} removed", ids[1])

    def _close(self, ids: tuple[str, ...], _fields: Fields) -> Done:
        conversation = self.conversations.get(ids[0])
        conversation.close(self.now())
        return self._changed(conversation, f"Conversation {ids[0]} closed")

    def _reopen(self, ids: tuple[str, ...], _fields: Fields) -> Done:
        conversation = self.conversations.get(ids[0])
        conversation.reopen(self.now())
        return self._changed(conversation, f"Conversation {ids[0]} re-opened")

    def _changed(self, conversation: Conversation, description: str, agent: str | None = None) -> Done:
        self.conversations.changed(conversation)
        value: dict[str, Json] = {"conversationId": conversation.conversation_id, "status": conversation.state}
        if agent is not None:
            value["participantId"] = agent
        return Done(description, value)

    def _read_message(self, fields: Fields, conversation: Conversation) -> Message:
        return read_message(fields, conversation.channel, self.now(), self.new_id)
