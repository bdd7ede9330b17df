"""What a tester does to the sandbox: seed conversations, move them between states, set faults, start over."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Final
from urllib.parse import parse_qsl

from flowengine.core.answers import Json
from flowengine.errors import UsageError
from flowengine.sandbox.conversation import STATES
from flowengine.sandbox.fault_form import read_faults
from flowengine.sandbox.faults import Fault
from flowengine.sandbox.fields import Fields, read_object
from flowengine.sandbox.messages import read_message
from flowengine.sandbox.replies import Refusal, Reply, json_reply
from flowengine.sandbox.requests import read_conversation
from flowengine.sandbox.views import whole
from flowengine.sandbox.world import World

DEFAULT_LISTED: Final = 100
MAX_LISTED: Final = 500
LISTED_MESSAGES: Final = 50

_SEED_FIELDS: Final = (
    "conversationId",
    "channel",
    "customeraddress",
    "bizaddress",
    "customerName",
    "subject",
    "threadid",
    "aliasId",
    "teamId",
    "customFields",
    "state",
    "participants",
    "messages",
)


class Admin:
    """The admin calls. ``seed`` and ``start_faults`` are what the sandbox starts with, and comes back to."""

    def __init__(self, world: World, *, seed: Sequence[Mapping[str, Json]], start_faults: Sequence[Fault]) -> None:
        self._world = world
        self._engage = world.engage
        self._authority = world.authority
        self._faults = world.faults
        self._seed = seed
        self._start_faults = start_faults
        self._operations: Final[dict[str, Callable[[tuple[str, ...], bytes, str], Reply]]] = {
            "listConversations": self._list,
            "showConversation": self._show,
            "seedConversation": self._seed_one,
            "changeConversation": self._change,
            "reset": self._reset,
            "listFaults": self._list_faults,
            "setFaults": self._set_faults,
            "removeFault": self._remove_fault,
            "clearFaults": self._clear_faults,
            "showCredentials": self._show_credentials,
            "changeCredentials": self._change_credentials,
            "endTokens": self._end_tokens,
            "listCallbacks": self._list_callbacks,
            "showStreams": self._show_streams,
            "showTenant": self._show_tenant,
            "changeTenant": self._change_tenant,
        }

    def do(self, operation: str, ids: tuple[str, ...], body: bytes, query: str) -> Reply:
        """Do one admin call; raises Refusal."""
        return self._operations[operation](ids, body, query)

    def start_over(self) -> None:
        """Bring all but the authorizations to where the sandbox starts. Raises UsageError where the seed is wrong."""
        self._engage.reset()
        self._world.deliveries.drop()
        self._world.intake.clear()
        self._world.account.start_over()
        for index, wanted in enumerate(self._seed):
            try:
                self._add_seed(Fields(dict(wanted)))
            except Refusal as refusal:
                raise UsageError(f"seed[{index}]: {refusal.description}") from None
        self._faults.clear()
        for fault in self._start_faults:
            self._faults.add(fault)

    def _list(self, _ids: tuple[str, ...], _body: bytes, query: str) -> Reply:
        conversations = self._engage.conversations
        limit = _read_limit(query)
        counts = Counter(each.state for each in conversations)
        listed = [whole(each, LISTED_MESSAGES) for each in conversations.newest(limit)]
        value = {"revision": conversations.revision, "total": len(conversations), "counts": counts}
        return json_reply(200, {**value, "conversations": listed})

    def _show(self, ids: tuple[str, ...], _body: bytes, _query: str) -> Reply:
        return json_reply(200, whole(self._engage.conversations.get(ids[0])))

    def _seed_one(self, _ids: tuple[str, ...], body: bytes, _query: str) -> Reply:
        return json_reply(201, self._add_seed(Fields(read_object(body))))

    def _add_seed(self, fields: Fields) -> dict[str, Json]:
        fields.only(_SEED_FIELDS)
        now = self._engage.now()
        participants = fields.texts("participants")
        state = fields.one_of("state", STATES) if fields.text("state") else ("active" if participants else "queued")
        if state == "queued" and participants:
            raise fields.wrong("participants", "have to be none in a queued conversation")
        conversation = read_conversation(fields, fields.text("conversationId") or self._engage.new_id("CSR"), now)
        conversation.created()
        for item in fields.objects("messages"):
            conversation.append(read_message(item, conversation.channel, now, self._engage.new_id))
        # A closed conversation had an agent once: a search for a returning customer tells who.
        for agent in participants:
            conversation.join(agent, now)
        conversation.bring_to(state, now)
        self._engage.conversations.add(conversation)
        return whole(conversation)

    def _change(self, ids: tuple[str, ...], body: bytes, _query: str) -> Reply:
        conversation = self._engage.conversations.get(ids[0])
        fields = Fields(read_object(body))
        fields.only(("state", "participantId"))
        conversation.bring_to(fields.one_of("state", STATES), self._engage.now(), fields.text("participantId"))
        self._engage.conversations.changed(conversation)
        return json_reply(200, whole(conversation))

    def _reset(self, _ids: tuple[str, ...], _body: bytes, _query: str) -> Reply:
        self.start_over()
        return json_reply(200, {"conversations": len(self._engage.conversations), "faults": self._faults.listed()})

    def _list_faults(self, _ids: tuple[str, ...], _body: bytes, _query: str) -> Reply:
        return json_reply(200, {"faults": self._faults.listed()})

    def _set_faults(self, _ids: tuple[str, ...], body: bytes, _query: str) -> Reply:
        faults, problems = read_faults(read_object(body))
        if problems:
            text = "; ".join(f"{each.field or 'the fault'} {each.message}" for each in problems)
            raise Refusal(400, text, field=problems[0].field or "body")
        return json_reply(201, {"faults": [self._faults.add(fault) for fault in faults]})

    def _remove_fault(self, ids: tuple[str, ...], _body: bytes, _query: str) -> Reply:
        self._faults.remove(ids[0])
        return Reply(204)

    def _clear_faults(self, _ids: tuple[str, ...], _body: bytes, _query: str) -> Reply:
        self._faults.clear()
        return Reply(204)

    def _show_credentials(self, _ids: tuple[str, ...], _body: bytes, _query: str) -> Reply:
        return json_reply(200, self._authority.state())

    def _change_credentials(self, _ids: tuple[str, ...], body: bytes, _query: str) -> Reply:
        _read_order(body, ("change",))
        self._authority.change_credentials()
        return json_reply(200, self._authority.state())

    def _end_tokens(self, _ids: tuple[str, ...], body: bytes, _query: str) -> Reply:
        if _read_order(body, ("expire", "revoke")) == "expire":
            return json_reply(200, {"expired": self._authority.tokens.expire_all()})
        return json_reply(200, {"revoked": self._authority.revoke_all()})

    def _list_callbacks(self, _ids: tuple[str, ...], _body: bytes, query: str) -> Reply:
        return json_reply(200, self._world.deliveries.listed(_read_limit(query)))

    def _show_streams(self, _ids: tuple[str, ...], _body: bytes, query: str) -> Reply:
        return self._world.intake.overview(_read_limit(query))

    def _show_tenant(self, _ids: tuple[str, ...], _body: bytes, _query: str) -> Reply:
        return self._world.account.show()

    def _change_tenant(self, _ids: tuple[str, ...], body: bytes, _query: str) -> Reply:
        return self._world.account.change(body)


def _read_order(body: bytes, orders: tuple[str, ...]) -> str:
    """Read ``{ORDER: true}``: what ends tokens has to be said in words, so that no empty body does it."""
    fields = Fields(read_object(body))
    fields.only(orders)
    given = [order for order in orders if fields.value(order) is True]
    if len(given) != 1:
        wanted = " or ".join(f'{{"{order}": true}}' for order in orders)
        raise Refusal(400, f"The body has to be {wanted}", field=orders[0])
    return given[0]


def _read_limit(query: str) -> int:
    text = dict(parse_qsl(query)).get("limit", str(DEFAULT_LISTED))
    if not text.isascii() or not text.isdigit() or not 1 <= int(text[:9]) <= MAX_LISTED:
        raise Refusal(400, f"limit is {text!r}, expected a number from 1 to {MAX_LISTED}", field="limit")
    return int(text)
