"""What a recording expects of a run, compared with what came."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flowengine.core.answers import Json
from flowengine.core.entries import Stopped
from flowengine.core.trace import Run
from flowengine.core.values import canonical, same


def differences(
    expect: Mapping[str, Any], run: Run, unused: Mapping[str, int], lines: Mapping[str, Sequence[int]] | None = None
) -> list[str]:
    """Return a sentence for everything that is not as expected; answers left unused are one, too.

    ``lines`` are those of the unused answers, by node.
    """
    found = []
    if run.entries and isinstance(run.entries[-1], Stopped):
        found.append(f"the run was not walked to its end: {run.reason}")
    elif "result" in expect and expect["result"] != run.result:
        found.append(f"result: expected {expect['result']}, came {run.result} ({run.reason or 'by an end node'})")
    if "path" in expect and expect["path"] != run.path:
        found.append(_path_difference(expect["path"], run.path))
    outcomes = [step.outcome for step in run.steps]
    if "outcomes" in expect and expect["outcomes"] != outcomes:
        found.append(f"outcomes: expected {' > '.join(expect['outcomes'])}, came {' > '.join(outcomes)}")
    for name, value in expect.get("variables", {}).items():
        if name not in run.variables:
            found.append(f"variable {name}: expected {_shown(value)}, it has no value")
        elif not same(value, run.variables[name]):
            found.append(f"variable {name}: expected {_shown(value)}, came {_shown(run.variables[name])}")
    for node, count in unused.items():
        were = "answer for node {!r} was" if count == 1 else "answers for node {!r} were"
        found.append(f"{count} recorded {were.format(node)} not used{in_lines((lines or {}).get(node, ()))}")
    return found


def in_lines(lines: Sequence[int]) -> str:
    """Write where in a file something stands, as the end of a sentence: `` (lines 4 and 9)``."""
    if not lines:
        return ""
    *before, last = map(str, lines)
    return f" (lines {', '.join(before)} and {last})" if before else f" (line {last})"


def _shown(value: Json) -> str:
    """Write a value as JSON: the text "1" and the number 1 look different."""
    return canonical(value).decode()


def _path_difference(expected: list[str], came: list[str]) -> str:
    same_until = next(
        (index for index, (left, right) in enumerate(zip(expected, came, strict=False)) if left != right),
        min(len(expected), len(came)),
    )
    wanted = expected[same_until] if same_until < len(expected) else "the end"
    found = came[same_until] if same_until < len(came) else "the end"
    return f"path: expected {' > '.join(expected)}, came {' > '.join(came)}; they part at {wanted} / {found}"
