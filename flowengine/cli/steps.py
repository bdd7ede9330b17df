"""How a run is shown: a line for each step when it is over, and at the end where it all led to."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Callable
from typing import Final

from flowengine.cli.screen import Screen, shorten
from flowengine.core.plan import Edge, Plan
from flowengine.core.state import Step
from flowengine.core.trace import Run
from flowengine.core.wants import Call
from flowengine.harmless import harmless

_WIDEST_NODE: Final = 28
_WIDEST_TYPE: Final = 32
_SECOND: Final = 1000
_MINUTE: Final = 60
_HOUR: Final = 3600


class Steps:
    """Draws one run on a screen; ``depth`` is how many calls deep it is."""

    def __init__(self, screen: Screen, plan: Plan, depth: int = 0) -> None:
        self._screen = screen
        self._plan = plan
        self._indent = "   " * depth
        self._node_width = min(_WIDEST_NODE, max(len(name) for name in plan.nodes))
        self._type_width = min(_WIDEST_TYPE, max(len(node.type) for node in plan.nodes.values()))

    def call(self, plan: Plan, want: Call) -> Callable[[Step], None]:
        """Return what shows the steps of a flow that is called: indented, above the step that calls it."""
        steps = Steps(self._screen, plan, want.depth)
        steps.begin()
        return steps.step

    def begin(self) -> None:
        """Show the node that the run begins with as under way."""
        self._under_way(self._plan.start)

    def step(self, step: Step) -> None:
        """Show a step, and the next node as under way."""
        screen = self._screen
        colour = self._colour(step)
        sign = screen.sign({"red": "✗ ", "yellow": "! "}.get(colour, "✓ "), "")
        columns = (
            self._indent + screen.paint(sign, colour) + screen.paint(step.node.ljust(self._node_width), "bold"),
            screen.paint(step.type.ljust(self._type_width), "dim"),
            screen.paint(duration(step.ended_at - step.started_at).rjust(9), "dim"),
            f"{screen.paint(step.outcome, colour)} {self._way(step)}{self._attempts(step)}",
        )
        screen.line("  ".join(columns))
        if step.reason is not None and colour != "green":
            self._reason(step.reason)
        if step.edge is not None:
            self._under_way(step.edge.to)

    def end(self, run: Run, stopped_by: str | None = None) -> None:
        """Show how the run ended; ``stopped_by`` names what ended it from outside."""
        self._screen.settle()
        self._screen.line()
        for name, said in self._summary(run, stopped_by):
            self._screen.line(f"{self._screen.paint(name.ljust(9), 'dim')}  {said}")

    def _summary(self, run: Run, stopped_by: str | None) -> list[tuple[str, str]]:
        screen = self._screen
        arrow = screen.sign(" → ", " > ")
        at = run.path[-1] if run.path else self._plan.start
        result = screen.paint(run.result or run.status, "bold", "green" if run.result == "success" else "red")
        summary = []
        if stopped_by is not None:
            summary.append(("stopped", screen.paint(f"at node {at}, by {stopped_by}", "bold", "yellow")))
        else:
            summary.append(("result", f"{result} at {harmless(at)}"))
            if run.reason is not None:
                summary.append(("reason", harmless(run.reason)))
        summary.append(("path", arrow.join(map(harmless, run.path))))
        name = "variables"
        for variable, value in run.variables.items():
            summary.append((name, f"{harmless(variable)} = {harmless(shorten(json.dumps(value, ensure_ascii=False)))}"))
            name = ""
        summary.append(("run", harmless(run.id)))
        return summary

    def _colour(self, step: Step) -> str:
        if step.edge is None or (step.edge.fall_through):
            return "yellow" if step.edge else "red"
        return "red" if self._plan.nodes[step.node].kinds.get(step.outcome) == "error" else "green"

    def _way(self, step: Step) -> str:
        screen, edge = self._screen, step.edge
        if edge is None:
            return screen.paint("has no edge", "red")
        arrow = screen.sign("→", "->")
        return f"{arrow} {screen.paint(edge.to, 'bold')}{self._by(step.outcome, edge)}"

    def _by(self, outcome: str, edge: Edge) -> str:
        if edge.fall_through:
            return self._screen.paint(f"  fall-through: no edge for {outcome}, so {edge.label}", "yellow")
        return self._screen.paint(f"  by {edge.label}", "dim") if edge.label != outcome else ""

    def _attempts(self, step: Step) -> str:
        if len(step.attempts) == 1:
            return ""
        came = ", ".join(attempt.outcome for attempt in step.attempts[:-1])
        return self._screen.paint(f"  {len(step.attempts)} attempts (before: {shorten(came, 100)})", "yellow")

    def _reason(self, reason: str) -> None:
        screen = self._screen
        indent = self._indent + " " * (len(screen.sign("✓ ", "")) + self._node_width + 2)
        text = harmless(reason)
        lines = textwrap.wrap(text, screen.width - len(indent)) if screen.is_terminal else [text]
        for line in lines:
            screen.line(f"{indent}{screen.paint(line, 'dim')}")

    def _under_way(self, name: str) -> None:
        node = self._plan.nodes[name]
        if node.end is None:
            shown = f"{self._indent}{self._screen.sign('… ', '')}{name.ljust(self._node_width)}  {node.type}"
            self._screen.passing(self._screen.paint(shown[: self._screen.width - 1], "dim"))


def duration(seconds: float) -> str:
    """Write a duration as a person would say it: ``31 ms``, ``1.5 s``, ``2 m 05 s``, ``26 h 00 m``."""
    milliseconds, tenths, whole = round(seconds * 1000), round(seconds, 1), round(seconds)
    if milliseconds < _SECOND:
        return f"{milliseconds} ms"
    if tenths < _MINUTE:
        return f"{tenths:.1f} s"
    if whole < _HOUR:
        return f"{whole // _MINUTE} m {whole % _MINUTE:02} s"
    return f"{whole // _HOUR} h {whole % _HOUR // _MINUTE:02} m"
