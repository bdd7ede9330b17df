"""Walks on values that are known: the real walker and the real handlers, answered by what a recording would hold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final, NamedTuple, TypeAlias

from flowengine.core import walker
from flowengine.core.answers import Answer, Elapsed, Json
from flowengine.core.entries import Started
from flowengine.core.plan import Limits, Plan
from flowengine.core.state import State, Step
from flowengine.core.values import canonical
from flowengine.core.wants import Await, Call, Compute, Known, Send, Wait, Want
from flowengine.drivers.handlers import call_handler
from flowengine.explore.moves import AT, move, move_by
from flowengine.recording.replay import answer_to
from flowengine.starting import start_values

VISITS: Final = 10
"""How often one walk comes to the same node: a loop that is left later is not found."""

Reply: TypeAlias = Mapping[str, Any]
"""A recorded answer, given at each attempt of a visit."""


class Start(NamedTuple):
    """How a run begins: its event, and start values over the flow's defaults."""

    trigger: Json
    variables: Mapping[str, Json]


class Case(NamedTuple):
    """What a recording holds: how it begins, and by node the answer of each visit that asks for one."""

    start: Start
    replies: Mapping[str, Sequence[Reply]]


class Move(NamedTuple):
    """A visit of a node. ``reply`` is what was answered, None where nothing was asked."""

    step: Step
    reply: Reply | None

    @property
    def entries(self) -> list[Reply]:
        """What a recording holds for it: an answer for each attempt."""
        return [] if self.reply is None else [self.reply] * len(self.step.attempts)


@dataclass
class Walk:
    """Visits one after another, each with the state before it; ``state`` is where the walk stands."""

    case: Case
    state: State
    moves: list[Move] = field(default_factory=list)
    states: list[State] = field(default_factory=list)


class Walks:
    """Takes steps of one plan. What scripts and parsers come to is kept: the same values come again and again."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.steps = 0
        self._computed: dict[bytes, Answer] = {}

    def begin(self, start: Start) -> State:
        """Return the state at the beginning. Raises UsageError for start values that the flow cannot take."""
        values = start_values(self.plan, start.variables)
        limits = Limits(10**9, VISITS)
        return walker.begin(self.plan, Started("generate", self.plan.digest, AT, start.trigger, values, limits))

    def sends(self, state: State) -> bool:
        """Step into the node where a run stands; whether it sends a request, waits for an event, or calls a flow."""
        return isinstance(walker.next(self.plan, state), Send | Await | Call)

    def take(self, state: State, reply: Reply | None) -> tuple[State, Move]:
        """Return where a run gets to by one visit. ``reply`` is needed where ``sends`` says so."""
        self.steps += 1
        want = walker.next(self.plan, state)
        match want:
            case Known(answer=answer):
                moved = move(self.plan, state, answer)
            case Wait():
                moved = move(self.plan, state, Elapsed())
            case Compute():
                moved = move(self.plan, state, self._compute(want))
            case Send() | Await() | Call() if reply is not None:
                moved = move_by(self.plan, state, partial(_answer, reply))
            case _:
                raise AssertionError(f"{want} cannot be gone on from")
        return moved, Move(moved.steps[-1], reply if isinstance(want, Send | Await | Call) else None)

    def walk(self, case: Case, until: int | None = None) -> Walk:
        """Walk a case to its end, to the first request without an answer, or for so many visits."""
        walk = Walk(case, self.begin(case.start))
        left = {node: list(replies) for node, replies in case.replies.items()}
        while walk.state.result is None and (until is None or len(walk.moves) < until):
            at = walk.state.at
            reply = None
            if self.sends(walk.state):
                if not left.get(at):
                    break
                reply = left[at].pop(0)
            moved, made = self.take(walk.state, reply)
            walk.states.append(walk.state)
            walk.moves.append(made)
            walk.state = moved
        return walk

    def _compute(self, want: Compute) -> Answer:
        key = canonical([want.node, want.inputs, want.variables, want.unset])
        if key not in self._computed:
            self._computed[key] = call_handler(want)
        return self._computed[key]


def _answer(reply: Reply, want: Want) -> Answer:
    if isinstance(want, Send | Await | Call):
        return answer_to(reply, want)
    raise AssertionError(f"{want} is not answered by a recording")


def case_of(start: Start, moves: Sequence[Move]) -> Case:
    """Return the case that a way is."""
    replies: dict[str, list[Reply]] = {}
    for made in moves:
        if made.reply is not None:
            replies.setdefault(made.step.node, []).append(made.reply)
    return Case(start, replies)
