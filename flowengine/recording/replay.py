"""Replays recorded answers: one is used up per attempt, in order."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from flowengine.core.answers import Answer, Broken, HttpAnswer, Outcome, TimedOut
from flowengine.core.values import TooLarge, as_text, measure, parse_json
from flowengine.core.wants import Send


class NoAnswerLeft(LookupError):
    """A node needs an answer that the recording does not have."""


class Replay:
    """The recorded answers of one dry-run, and how many of them are used up."""

    def __init__(self, responses: Mapping[str, list[dict[str, Any]]], used: Mapping[str, int] | None = None) -> None:
        self._responses = responses
        self._used = {**dict.fromkeys(responses, 0), **(used or {})}

    def used(self) -> dict[str, int]:
        """Return how many answers are used up, by node."""
        return dict(self._used)

    def left(self, node: str) -> int:
        """Return how many answers are left for a node."""
        return len(self._responses.get(node, ())) - self._used.get(node, 0)

    def unused(self) -> dict[str, int]:
        """Return how many answers were left over, by node."""
        return {node: self.left(node) for node in self._responses if self.left(node)}

    def take(self, want: Send) -> Answer:
        """Use up the next answer of a node. Raises NoAnswerLeft with what was recorded near it."""
        if not self.left(want.node):
            raise NoAnswerLeft(self._near(want))
        entry = self._responses[want.node][self._used[want.node]]
        if "event" in entry:
            raise NoAnswerLeft(f"an event is recorded for node {want.node!r}, which sends a request and waits for none")
        self._used[want.node] += 1
        return recorded_answer(entry, want.request.reads)

    def _near(self, want: Send) -> str:
        recorded = self._responses.get(want.node, [])
        if recorded:
            had = f"{len(recorded)} recorded for it, all used up; the last was {_short(recorded[-1])}"
        else:
            others = ", ".join(f"{node} ({len(entries)})" for node, entries in self._responses.items())
            had = f"none recorded for it; there are answers for: {others or 'no node at all'}"
        asked = f"{want.request.method} {want.request.target}"
        where = f"node {want.node!r}, visit {want.visit}, attempt {want.attempt} ({asked})"
        return f"no recorded answer left for {where}: {had}"


def recorded_answer(entry: Mapping[str, Any], reads: str = "json") -> Answer:
    """Turn a recorded entry into the answer it stands for."""
    if "timeout" in entry:
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
