"""From an answer to an outcome, and from an outcome to an edge.

Everything that decides which edge is followed stands in this file.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from flowengine.core.answers import (
    Answer,
    Broken,
    Elapsed,
    HttpAnswer,
    Invalid,
    Json,
    Outcome,
    Refused,
    TimedOut,
)
from flowengine.core.paths import find
from flowengine.core.plan import Edge, PlanNode
from flowengine.core.responses import first_match, read_outputs

ON_ERROR: Final = "onError"
ON_INVALID_DATA: Final = "onInvalidData"
ON_INVALID_CHOICE: Final = "onInvalidChoice"
ON_TIMEOUT: Final = "onTimeout"
ON_AUTHORIZATION_FAILURE: Final = "onAuthorizationFailure"

STANDARD_OUTCOMES: Final = {
    ON_ERROR: "Could not connect, the answer was broken, or the node failed.",
    ON_INVALID_DATA: "An input is missing or wrong; nothing was sent, or the service refused the data.",
    ON_INVALID_CHOICE: "The node came back with something nobody has an edge for.",
    ON_TIMEOUT: "No answer within the node's timeout.",
    ON_AUTHORIZATION_FAILURE: "There is no usable authorization, or the service refused it.",
}

STANDARD_ALIASES: Final = {
    "onerror": ON_ERROR,
    "oninvaliddata": ON_INVALID_DATA,
    "oninvalidchoice": ON_INVALID_CHOICE,
    "ontimeout": ON_TIMEOUT,
    "onauthorizationfail": ON_AUTHORIZATION_FAILURE,
    "onAuthorizationFail": ON_AUTHORIZATION_FAILURE,
    "onAuthorizationFailed": ON_AUTHORIZATION_FAILURE,
    "onauthorizatonfail": ON_AUTHORIZATION_FAILURE,
    "onauthorizationfailure": ON_AUTHORIZATION_FAILURE,
}
"""Spellings of the standard outcomes on the product's pages and canvases (reference: Engage nodes, 2.1 and 2.5)."""

UNAUTHORIZED: Final = (401, 403)


class Verdict(NamedTuple):
    """What an answer amounts to."""

    outcome: str
    outputs: dict[str, Json]
    variables: dict[str, Json]
    reason: str | None = None


def judge(node: PlanNode, answer: Answer) -> Verdict:
    """Turn an answer into the node's outcome."""
    if isinstance(answer, Outcome):
        outcome, outputs, variables, reason = answer
        return Verdict(node.aliases.get(outcome, outcome), outputs or {}, variables or {}, reason)
    match answer:
        case HttpAnswer():
            return _judge_http(node, answer)
        case Invalid(reason):
            return Verdict(ON_INVALID_DATA, {}, {}, reason)
        case TimedOut(reason):
            return Verdict(ON_TIMEOUT, {}, {}, reason)
        case Refused(reason):
            return Verdict(ON_AUTHORIZATION_FAILURE, {}, {}, reason)
        case Broken(reason):
            return Verdict(ON_ERROR, {}, {}, reason)
        case Elapsed():
            # A delay leaves through onTimeout on the canvas, too: there it is the success.
            return Verdict(ON_TIMEOUT, {}, {})
    raise TypeError(f"{type(answer).__name__} is judged where it is waited for")


def edge_for(node: PlanNode, outcome: str) -> Edge | None:
    """Return the edge that an outcome follows, or None where the flow has none for it.

    In this order: the node's edge for the outcome, the defaults' edge for it, the node's ``onInvalidChoice`` edge, the
    defaults' one; the last two are fall-through.
    """
    try:
        return node.routes[outcome]
    except KeyError:
        edge = node.edges.get(outcome) or node.default_edges.get(outcome)
        if edge is None:
            fallen = node.edges.get(ON_INVALID_CHOICE) or node.default_edges.get(ON_INVALID_CHOICE)
            edge = fallen._replace(fall_through=True) if fallen else None
        # Outcomes of scripts are unbounded in number; the memo is not.
        if len(node.routes) < 100:  # noqa: PLR2004 - more than any node type has
            node.routes[outcome] = edge
        return edge


def _judge_http(node: PlanNode, answer: HttpAnswer) -> Verdict:
    if answer.status in UNAUTHORIZED:
        return Verdict(ON_AUTHORIZATION_FAILURE, {}, {}, _reason(node, answer) or f"answered with {answer.status}")
    return judge_as(node, answer, first_match(node.rules, answer))


def judge_as(node: PlanNode, answer: HttpAnswer, matched: str | None, said: str | None = None) -> Verdict:
    """Read an answer whose outcome a rule has named, or none has; ``said`` tells in words what came."""
    outcome = node.aliases.get(matched, matched) if matched else ON_INVALID_CHOICE
    outputs = read_outputs(node.outputs, answer)
    if outcome in node.kinds and node.kinds[outcome] == "success":
        return Verdict(outcome, outputs, {})
    plain = (said or f"answered with {answer.status}") + ("" if matched else ", which no response rule matches")
    return Verdict(outcome, outputs, {}, _reason(node, answer) or plain)


def _reason(node: PlanNode, answer: HttpAnswer) -> str | None:
    if node.reason_path is None:
        return None
    there, value = find(answer.content, node.reason_path)
    return value[:500] if there and isinstance(value, str) else None
