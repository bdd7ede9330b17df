"""``flowengine dry-run --step``: the terminal of a walk step by step. What a step is, ``drivers.stepping`` says."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Callable, Mapping
from typing import Final, TextIO

from flowengine.cli.missing import show_missing
from flowengine.cli.screen import Screen, shorten
from flowengine.cli.steps import Steps
from flowengine.core.answers import Json
from flowengine.core.values import same
from flowengine.drivers.stepping import Stepping, Way
from flowengine.errors import UsageError
from flowengine.harmless import harmless

KEYS: Final = {
    "next": "take the next step; so does Enter alone",
    "back": "take the last step back",
    "inputs": "show the inputs of the step",
    "outputs": "show its outputs",
    "variables": "show the flow variables; * marks what the step has changed",
    "choose": "list the outcomes that the node may come back with; `choose 2` or `choose NAME` takes one of them",
    "end": "go on to the end",
    "quit": "leave",
}
"""What can be typed, the first letter or the whole word, with what it does."""

_HELP: Final = "  ".join(f"[{name[0]}]{name[1:]}" for name in KEYS) + "  [?] > "
_SHORT_HELP: Final = f"[{'|'.join(name[0] for name in KEYS)}|?] > "


class StepTerminal:
    """Reads what is typed and shows what comes of it, until ``quit`` or the end of input."""

    def __init__(self, screen: Screen, stepping: Stepping) -> None:
        self._screen = screen
        self._stepping = stepping
        self._steps = Steps(screen, stepping.plan)
        self._does: Mapping[str, Callable[[str], None]] = {
            "next": lambda _: self._next(),
            "back": lambda _: self._back(),
            "inputs": lambda _: self._values("inputs", stepping.shown.inputs if stepping.shown else None),
            "outputs": lambda _: self._values("outputs", stepping.shown.outputs if stepping.shown else None),
            "variables": lambda _: self._variables(only_changed=False),
            "choose": self._choose,
            "end": lambda _: self._end(),
            "?": lambda _: self._explain(),
        }

    def begin(self) -> None:
        """Show where it begins, and do what is typed."""
        screen = self._screen
        screen.line(f"{screen.paint('begins at', 'dim')}  {screen.paint(self._stepping.node, 'bold')}")
        if not screen.is_terminal:
            screen.line(screen.paint(_HELP.removesuffix(" > ")))
        lines = _typed()
        while True:
            screen.passing(screen.paint(_HELP if len(_HELP) < screen.width else _SHORT_HELP, "cyan"))
            typed = lines.readline()
            if not screen.is_terminal and typed:
                screen.line(f"> {harmless(typed.strip())}")
            if not typed or not self._do(typed.strip()):
                screen.settle()
                return

    def _do(self, typed: str) -> bool:
        """Do one thing. Return whether to go on."""
        word, _, rest = typed.partition(" ")
        if typed.isdecimal():
            word, rest = "choose", typed
        name = self._key(word)
        if name == "quit":
            return False
        if name is None:
            self._screen.line(f"there is no {self._screen.paint(repr(word), 'bold')} to type; ? explains the keys")
        else:
            self._does[name](rest.strip())
        return True

    def _key(self, word: str) -> str | None:
        if word in {"?", "h", "help"}:
            return "?"
        lower = word.lower() or "next"
        return next((name for name in KEYS if lower in {name, name[0]}), None)

    def _next(self) -> None:
        if not self._stepping.forward():
            self._say("the walk is over: [b]ack, [c]hoose another outcome, or [q]uit")
            return
        self._shown()

    def _end(self) -> None:
        if self._stepping.is_over:
            self._next()
        while self._stepping.forward():
            self._shown(quietly=not self._stepping.is_over)

    def _back(self) -> None:
        if not self._stepping.back():
            self._say("this is the beginning")
        elif self._stepping.shown:
            self._shown()
        else:
            self._say(f"at the beginning, before {self._stepping.node}")

    def _shown(self, *, quietly: bool = False) -> None:
        """Show the step that was taken, what it changed, and the end where it led to one."""
        stepping = self._stepping
        if stepping.shown:
            self._steps.step(stepping.shown)
            if len(stepping.state.steps) - 1 in stepping.chosen:
                self._say("this outcome was chosen, in place of the recorded one", "yellow")
            self._variables(only_changed=True)
        if stepping.is_over and not quietly:
            self._steps.end(stepping.run())
            show_missing(self._screen, stepping.missing)

    def _values(self, name: str, value: Json) -> None:
        if self._stepping.shown is None:
            self._say("no step is shown yet")
        elif not value:
            self._say(f"{self._stepping.shown.node} has no {name}")
        else:
            self._screen.block(json.dumps(value, ensure_ascii=not self._screen.is_utf8, indent=2))

    def _variables(self, *, only_changed: bool) -> None:
        """Show the variables, those first that the step has changed, with a star."""
        now, before = self._stepping.variables(), self._stepping.before()
        for name, value in now.items():
            changed = name not in before or not same(before[name], value)
            if changed:
                was = _written(before[name]) if name in before else "without a value"
                self._screen.line(
                    f"  {self._screen.paint(f'* {name} = {_written(value)}', 'bold')}  (was {harmless(was)})"
                )
            elif not only_changed:
                self._screen.line(f"    {harmless(name)} = {harmless(_written(value))}")
        unset = [name for name in self._stepping.plan.variables if name not in now]
        if unset and not only_changed:
            self._say(f"  without a value: {', '.join(unset)}")

    def _choose(self, wanted: str) -> None:
        ways = self._stepping.ways()
        node = self._stepping.node
        if not ways:
            self._say(f"there is nothing to choose for {node}")
        elif not wanted:
            self._list(node, ways)
        elif (outcome := _meant(wanted, ways)) is None:
            self._say(f"{node} does not come back with {wanted!r}; [c]hoose alone lists what there is")
        else:
            self._stepping.choose(outcome)
            self._shown()

    def _list(self, node: str, ways: list[Way]) -> None:
        screen, shown = self._screen, self._stepping.shown
        screen.line(f"{screen.paint(node, 'bold')} may come back with")
        width = max(len(way.outcome) for way in ways)
        for number, way in enumerate(ways, start=1):
            is_it = shown is not None and way.outcome == shown.outcome
            to = f"{screen.sign('→', '->')} {way.edge.to}" if way.edge else "has no edge: the run ends"
            by = f"  (by {way.edge.label})" if way.edge and way.edge.fall_through else ""
            line = f"{'*' if is_it else ' '} {number:>2}  {way.outcome.ljust(width)}  {to}{by}"
            screen.line(screen.paint(line, *(("bold",) if is_it else ())))
        self._say("type a number to choose; * is what it came back with" if shown else "type a number to choose")

    def _explain(self) -> None:
        for name, does in KEYS.items():
            self._screen.line(f"  {self._screen.paint(f'{name[0]}, {name}'.ljust(14), 'bold')}  {does}")

    def _say(self, text: str, style: str = "dim") -> None:
        self._screen.line(self._screen.paint(text, style))


def _typed() -> TextIO:
    if sys.stdin is None:
        raise UsageError("--step does what is typed, and there is no standard input")
    if isinstance(sys.stdin, io.TextIOWrapper):
        sys.stdin.reconfigure(errors="replace")
    return sys.stdin


def _meant(wanted: str, ways: list[Way]) -> str | None:
    if wanted.isdecimal():
        return ways[int(wanted) - 1].outcome if 0 < int(wanted) <= len(ways) else None
    return next((way.outcome for way in ways if way.outcome == wanted), None)


def _written(value: Json) -> str:
    return shorten(json.dumps(value, ensure_ascii=False))
