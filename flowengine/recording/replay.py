"""Replays recorded answers: one is used up per attempt, in order."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from flowengine.core.answers import Answer, Broken, HttpAnswer, NoCallback, Outcome, TimedOut
from flowengine.core.values import TooLarge, as_text, measure, parse_json
from flowengine.core.wants import Await, Call, Send
from flowengine.recording.events import posted_back, received


class NoAnswerLeft(LookupError):
    """A node needs an answer that the recording does not have."""


class Replay:
    """The recorded answers of one dry-run, and how many of them are used up.

    Those of a called flow stand below the node that calls it: ``above`` is that node, with a slash.
    """

    def __init__(
        self, responses: Mapping[str, list[dict[str, Any]]], used: Mapping[str, int] | None = None, above: str = ""
    ) -> None:
        self._responses = responses
        self._above = above
        self._used = {**dict.fromkeys(responses, 0), **(used or {})}
        self._promises: dict[str, Mapping[str, Any]] = {}

    def used(self) -> dict[str, int]:
        """Return how many answers are used up, by node."""
        return dict(self._used)

    def below(self, node: str) -> Replay:
        """Return the answers for the flow that a node calls; what they use up is used up here."""
        replay = Replay(self._responses, above=f"{self._above}{node}/")
        replay._used = self._used
        return replay

    def has(self, node: str) -> bool:
        """Whether anything is recorded for a node itself."""
        return self._above + node in self._responses

    def left(self, node: str) -> int:
        """Return how many answers are left for a node."""
        return self._left(self._above + node)

    def _left(self, key: str) -> int:
        return len(self._responses.get(key, ())) - self._used.get(key, 0)

    def unused(self) -> dict[str, int]:
        """Return how many answers were left over, by node."""
        return {key: self._left(key) for key in self._responses if self._left(key)}

    def take(self, want: Send | Await | Call) -> Answer:
        """Use up the next answer of a node. Raises NoAnswerLeft with what was recorded near it.

        The result of a call stands in the answer that promised it, or is an event of its own behind that.
        """
        node = self._above + want.node
        if isinstance(want, Await) and want.integration is not None:
            promise = self._promises.pop(node, {})
            if not promise.keys() & {"event", "timeout"} and self._is_next_posted(node):
                promise = self._next(node)
            return answer_to(promise, want)
        if not self._left(node):
            raise NoAnswerLeft(self._near(want))
        entry = self._responses[node][self._used[node]]
        try:
            answer = answer_to(entry, want)
        except ValueError as fault:
            raise NoAnswerLeft(str(fault)) from None
        self._promises[node] = self._next(node)
        return answer

    def _next(self, node: str) -> Mapping[str, Any]:
        self._used[node] += 1
        return self._responses[node][self._used[node] - 1]

    def _is_next_posted(self, node: str) -> bool:
        return bool(self._left(node)) and self._responses[node][self._used[node]].keys() == {"event"}

    def _near(self, want: Send | Await | Call) -> str:
        name = self._above + want.node
        recorded = self._responses.get(name, [])
        if recorded:
            had = f"{len(recorded)} recorded for it, all used up; the last was {_short(recorded[-1])}"
        else:
            others = ", ".join(f"{node} ({len(entries)})" for node, entries in self._responses.items())
            had = f"none recorded for it; there are answers for: {others or 'no node at all'}"
        if isinstance(want, Send):
            asked = f"{want.request.method} {want.request.target}"
        elif isinstance(want, Call):
            asked = f"calls {want.flow}"
        else:
            asked = f"waits for {', '.join(want.labels)}"
        where = f"node {name!r}, visit {want.visit}, attempt {want.attempt} ({asked})"
        return f"no recorded answer left for {where}: {had}"


def answer_to(entry: Mapping[str, Any], want: Send | Await | Call) -> Answer:
    """Turn a recorded entry into the answer to what is wanted. Raises ValueError where it cannot be one.

    An entry may hold a request's answer and the result that came later; nothing is in it where none did.
    """
    if isinstance(want, Send):
        if "event" in entry and "status" not in entry:
            raise ValueError(f"an event is recorded for node {want.node!r}, which sends a request and waits for none")
        return recorded_answer(entry, want.request.reads)
    if isinstance(want, Call):
        if entry.keys() & {"status", "event"}:
            raise ValueError(f"an answer is recorded for node {want.node!r}, which calls a flow: name its outcome")
        return recorded_answer(entry)
    if want.integration is not None:
        if "event" in entry:
            return posted_back(want, entry["event"])
        return TimedOut("recorded: no result in time") if "timeout" in entry else NoCallback()
    if "event" in entry:
        return received(want, entry["event"])
    if "status" in entry:
        raise ValueError(f"an HTTP answer is recorded for node {want.node!r}, which waits for an event")
    return recorded_answer(entry)


def recorded_answer(entry: Mapping[str, Any], reads: str = "json") -> Answer:
    """Turn a recorded entry into the answer it stands for."""
    if "timeout" in entry and "status" not in entry:
        return TimedOut("recorded: no answer in time")
    if "error" in entry:
        return Broken(str(entry["error"]))
    if "outcome" in entry:
        return Outcome(entry["outcome"], entry.get("outputs"), entry.get("variables"))
    headers = {name.lower(): str(value) for name, value in entry.get("headers", {}).items()}
    status = entry["status"]
    if "text" not in entry:
        body = entry.get("body")
        if reads == "text":
            return HttpAnswer(status, headers, None, "" if body is None else as_text(body))
        try:
            measure(body)
        except TooLarge as fault:
            return Broken(f"the answer is {fault}")
        return HttpAnswer(status, headers, body)
    if reads == "text":
        return HttpAnswer(status, headers, None, entry["text"])
    return _raw_answer(status, headers, entry["text"])


def _raw_answer(status: int, headers: dict[str, str], text: str) -> Answer:
    """Read a body that was recorded as raw text the way a live answer's is."""
    try:
        return HttpAnswer(status, headers, parse_json(text) if text else None)
    except ValueError as fault:
        if 200 <= status < 300:  # noqa: PLR2004 - the class of success
            return Broken(f"the answer is not JSON: {fault}")
        return HttpAnswer(status, headers)


def _short(entry: Mapping[str, Any]) -> str:
    shown = json.dumps(entry, ensure_ascii=False)
    return shown if len(shown) <= 100 else shown[:97] + "..."  # noqa: PLR2004 - a width
