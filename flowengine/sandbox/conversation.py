"""One conversation: its states, and what may happen in each.

queued, active, onhold and closed; an agent who joins makes a queued one active, the last one to leave makes it
queued again. The assignee is the agent who joined last. What is not allowed is refused with 409, and with 404 for an
absent agent.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, NamedTuple

from flowengine.core.answers import Json
from flowengine.sandbox.messages import Message
from flowengine.sandbox.replies import Refusal

STATES: Final = ("queued", "active", "onhold", "closed")
SOME_AGENT: Final = "agent-1"


class Event(NamedTuple):
    """Something that happened to a conversation, when it had ``after`` messages."""

    at: str
    event: str
    who: str | None
    after: int


@dataclass(slots=True)
class Conversation:
    """A conversation with one customer. Times are ISO 8601 texts in UTC."""

    conversation_id: str
    channel: str
    customer: str
    business: str
    created_at: str
    customer_name: str | None = None
    subject: str | None = None
    thread: str | None = None
    alias_id: str | None = None
    team_id: str | None = None
    state: str = "queued"
    participants: list[str] = field(default_factory=list)
    last_agent: str | None = None
    messages: list[Message] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    custom_fields: dict[str, dict[str, Json]] = field(default_factory=dict)
    revision: int = 0

    @property
    def is_open(self) -> bool:
        """Whether it still goes on: in any state but closed."""
        return self.state != "closed"

    @property
    def user_id(self) -> str | None:
        """The assignee; none in the queue, and of a closed conversation the agent it had last."""
        if not self.is_open:
            return self.last_agent
        return self.participants[-1] if self.participants else None

    def append(self, message: Message) -> None:
        """Add a message; a closed conversation takes announcements only."""
        if not self.is_open and message.direction != "announcement":
            raise self._conflict(f"takes no {message.direction} message")
        self.messages.append(message)

    def join(self, agent: str, at: str) -> None:
        """Add an agent. One who is already there stays as before: adding twice is no mistake."""
        if not self.is_open:
            raise self._conflict(f"takes no participant {agent}")
        if agent in self.participants:
            return
        self.participants.append(agent)
        self.last_agent = agent
        if self.state == "queued":
            self.state = "active"
        self._note(at, "joined", agent)

    def leave(self, agent: str, at: str) -> None:
        """Remove an agent who is there."""
        if not self.is_open:
            raise self._conflict(f"has no participant {agent} any more")
        if agent not in self.participants:
            raise Refusal(404, f"Participant {agent} is not in conversation {self.conversation_id}")
        self.participants.remove(agent)
        self._note(at, "left", agent)
        if not self.participants:
            self.state = "queued"

    def hold(self, at: str) -> None:
        """Put an active conversation on hold."""
        self._move("active", "onhold", at, "held")

    def resume(self, at: str) -> None:
        """Take a conversation off hold."""
        self._move("onhold", "active", at, "resumed")

    def reopen(self, at: str) -> None:
        """Open a closed conversation again, and queue it."""
        self._move("closed", "queued", at, "reopened")

    def close(self, at: str) -> None:
        """End a conversation; its agents leave."""
        if not self.is_open:
            raise self._conflict("cannot be closed again")
        self.state = "closed"
        self.participants.clear()
        self._note(at, "closed")

    def bring_to(self, state: str, at: str, agent: str | None = None) -> None:
        """Walk to a state by allowed steps; where that takes an agent and there is none, ``agent`` joins."""
        if state == "closed":
            if self.is_open:
                self.close(at)
            return
        if not self.is_open:
            self.reopen(at)
        if state == "queued":
            for each in list(self.participants):
                self.leave(each, at)
            return
        if agent is not None or not self.participants:
            self.join(agent or SOME_AGENT, at)
        if state == "onhold" and self.state == "active":
            self.hold(at)
        elif state == "active" and self.state == "onhold":
            self.resume(at)

    def created(self) -> None:
        """Note its beginning."""
        self._note(self.created_at, "created")

    def _move(self, needed: str, state: str, at: str, event: str) -> None:
        if self.state != needed:
            raise self._conflict(f"cannot become {state}: it has to be {needed} for that")
        self.state = state
        self._note(at, event)

    def _note(self, at: str, event: str, who: str | None = None) -> None:
        self.events.append(Event(at, event, who, len(self.messages)))

    def _conflict(self, problem: str) -> Refusal:
        return Refusal(409, f"Conversation {self.conversation_id} is {self.state} and {problem}")
