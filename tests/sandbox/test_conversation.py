from __future__ import annotations

import pytest

from flowengine.sandbox.conversation import STATES, Conversation
from flowengine.sandbox.messages import DIRECTIONS, Message
from flowengine.sandbox.replies import Refusal

AT = "2026-11-23T10:00:00.000Z"


def conversation_in(state: str) -> Conversation:
    conversation = Conversation("c-1", "sms", "+447700900123", "+447700900001", AT)
    conversation.bring_to(state, AT, None if state == "queued" else "agent-1")
    return conversation


ACTS = {
    "join": lambda each: each.join("agent-2", AT),
    "leave": lambda each: each.leave("agent-1", AT),
    "hold": lambda each: each.hold(AT),
    "resume": lambda each: each.resume(AT),
    "close": lambda each: each.close(AT),
    "reopen": lambda each: each.reopen(AT),
}


@pytest.mark.parametrize(
    ("state", "act", "expected"),
    [
        ("queued", "join", "active"),
        ("queued", "leave", 404),
        ("queued", "hold", 409),
        ("queued", "resume", 409),
        ("queued", "close", "closed"),
        ("queued", "reopen", 409),
        ("active", "join", "active"),
        ("active", "leave", "queued"),
        ("active", "hold", "onhold"),
        ("active", "resume", 409),
        ("active", "close", "closed"),
        ("active", "reopen", 409),
        ("onhold", "join", "onhold"),
        ("onhold", "leave", "queued"),
        ("onhold", "hold", 409),
        ("onhold", "resume", "active"),
        ("onhold", "close", "closed"),
        ("onhold", "reopen", 409),
        ("closed", "join", 409),
        ("closed", "leave", 409),
        ("closed", "hold", 409),
        ("closed", "resume", 409),
        ("closed", "close", 409),
        ("closed", "reopen", "queued"),
    ],
)
def test_what_may_happen_in_each_state(state: str, act: str, expected: str | int) -> None:
    conversation = conversation_in(state)
    before = list(conversation.participants), list(conversation.events)

    if isinstance(expected, str):
        ACTS[act](conversation)
        assert conversation.state == expected
        assert len(conversation.events) == len(before[1]) + 1
        return
    with pytest.raises(Refusal) as refusal:
        ACTS[act](conversation)
    assert refusal.value.status == expected
    assert conversation.state == state
    assert (conversation.participants, conversation.events) == before


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("direction", DIRECTIONS)
def test_a_closed_conversation_takes_announcements_only(state: str, direction: str) -> None:
    conversation = conversation_in(state)
    message = Message("m-1", None, direction, "text", "hello", AT, {})

    if state == "closed" and direction != "announcement":
        with pytest.raises(Refusal, match=f"closed and takes no {direction} message"):
            conversation.append(message)
        assert conversation.messages == []
    else:
        conversation.append(message)
        assert conversation.messages == [message]
    assert conversation.state == state


@pytest.mark.parametrize("start", STATES)
@pytest.mark.parametrize("target", STATES)
def test_every_state_can_be_reached_from_every_other(start: str, target: str) -> None:
    conversation = conversation_in(start)

    conversation.bring_to(target, AT)

    assert conversation.state == target
    assert bool(conversation.participants) == (target in ("active", "onhold"))


def test_the_assignee_is_the_agent_who_joined_last() -> None:
    conversation = conversation_in("queued")
    seen = [conversation.user_id]
    conversation.join("agent-1", AT)
    seen.append(conversation.user_id)
    conversation.join("agent-2", AT)
    seen.append(conversation.user_id)
    conversation.join("agent-1", AT)
    seen.append(conversation.user_id)
    conversation.leave("agent-2", AT)
    seen.append(conversation.user_id)

    assert seen == [None, "agent-1", "agent-2", "agent-2", "agent-1"]


def test_a_closed_conversation_remembers_its_last_agent_until_it_is_queued_again() -> None:
    conversation = conversation_in("active")

    conversation.close(AT)
    assert (conversation.participants, conversation.user_id) == ([], "agent-1")
    conversation.reopen(AT)
    assert (conversation.participants, conversation.user_id) == ([], None)
