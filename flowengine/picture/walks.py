"""Two walks through a flow in one drawing of text: together as long as they are the same, then side by side.

search
  ├─ expected ───────────┬─ came
  │ conversationClosed   │ noConversationFound
reopen                 create
"""

from __future__ import annotations

from collections.abc import Sequence
from difflib import SequenceMatcher
from itertools import zip_longest
from typing import Final, Literal, NamedTuple, TypeAlias

Role: TypeAlias = Literal["plain", "line", "node", "outcome", "left", "right"]
"""What a piece of a drawing is."""

_INDENT: Final = 2
_MOST_APART: Final = 24
_AROUND: Final = 3
_COMPARED: Final = 400


class Piece(NamedTuple):
    """A stretch of a line."""

    text: str
    role: Role = "plain"


Line: TypeAlias = list[Piece]


class Stop(NamedTuple):
    """A node on a walk. ``leaving`` is how it is left, empty at the end; ``note`` is what is to be said of the node.

    ``sure``: the walk itself says how the node is left. Where one does not, only the nodes are compared.
    """

    node: str
    leaving: str = ""
    note: str = ""
    sure: bool = True


class Signs(NamedTuple):
    """What lines are made of."""

    down: str
    fork: str
    over: str
    split: str
    join: str
    more: str
    cut: str


FANCY: Final = Signs("│", "├", "─", "┬", "┘", "⋮", "…")
PLAIN: Final = Signs("|", "+", "-", "+", "+", ":", "...")


class _Stretch(NamedTuple):
    """Stops of both walks; where they are the same, one for one."""

    same: bool
    left: Sequence[Stop]
    right: Sequence[Stop]


def draw_walks(
    left: Sequence[Stop],
    right: Sequence[Stop],
    *,
    names: tuple[str, str] = ("expected", "came"),
    signs: Signs = PLAIN,
    width: int = 100,
) -> list[Line]:
    """Draw two walks. Of long stretches the middle is left out, and texts that are too wide are cut."""
    drawing = _Drawing(names, signs, width)
    stretches = _stretches(left, right)
    before: tuple[Stop, Stop] | None = None
    for number, stretch in enumerate(stretches):
        last = number == len(stretches) - 1
        if stretch.same:
            drawing.together(stretch, parts=not last)
            before = stretch.left[-1], stretch.right[-1]
        else:
            drawing.apart(stretch, before, joins=not last)
    return drawing.lines


def _stretches(left: Sequence[Stop], right: Sequence[Stop]) -> list[_Stretch]:
    """Compare two walks: what they begin with alike belongs together, and what is behind it is matched at best."""
    same = _same_until(left, right)
    ours, theirs = ([stop.node for stop in walk[same:]] for walk in (left, right))
    opcodes = [("equal", 0, same, 0, same)]
    for tag, *ends in _opcodes(ours, theirs):
        i, j, k, m = (same + end for end in ends)
        before = opcodes[-1]
        opcodes[-1:] = [(tag, before[1], j, before[3], m)] if tag == before[0] else [before, (tag, i, j, k, m)]
    return [_Stretch(tag == "equal", left[i:j], right[k:m]) for tag, i, j, k, m in opcodes if i < j or k < m]


def _same_until(left: Sequence[Stop], right: Sequence[Stop]) -> int:
    """Return how many stops walks have alike; the one that they leave differently is the last of them."""
    same = 0
    for one, other in zip(left, right, strict=False):
        if one.node != other.node:
            break
        same += 1
        if _left_differently(one, other):
            break
    return same


def _opcodes(ours: list[str], theirs: list[str]) -> list[tuple[str, int, int, int, int]]:
    """Compare two lists; very long ones not at all, since that takes the square of their length."""
    if max(len(ours), len(theirs)) <= _COMPARED:
        return list(SequenceMatcher(None, ours, theirs, autojunk=False).get_opcodes())
    return [("replace", 0, len(ours), 0, len(theirs))]


class _Drawing:
    def __init__(self, names: tuple[str, str], signs: Signs, width: int) -> None:
        self.lines: list[Line] = []
        self._names = names
        self._signs = signs
        self._width = width

    def together(self, stretch: _Stretch, *, parts: bool) -> None:
        """Draw stops that both walks have; where the walks part next, the last one is left below."""
        pairs = list(zip(stretch.left, stretch.right, strict=True))
        differing = [number for number, (one, other) in enumerate(pairs) if _left_differently(one, other)]
        anchors = [0, len(pairs) - 1, *differing]
        hidden = 0
        for number, (one, other) in enumerate(pairs):
            if all(abs(number - anchor) >= _AROUND for anchor in anchors) and len(pairs) > 3 * _AROUND:
                hidden += 1
                continue
            self._more(hidden)
            hidden = 0
            self._line(*_node(other, "node"))
            if not (parts and number == len(pairs) - 1):
                self._leaving(one, other)

    def apart(self, stretch: _Stretch, before: tuple[Stop, Stop] | None, *, joins: bool) -> None:
        """Draw stops of which each walk has its own, in two columns."""
        left = self._column(stretch.left, before[0] if before else None, "left")
        right = self._column(stretch.right, before[1] if before else None, "right")
        room = (self._width - _INDENT) // 2
        wide = min(room, max([len(self._names[0]) + 6, *(len(_text(line)) + 3 for line in left)]))
        signs, pad = self._signs, [Piece(f"  {self._signs.down}", "line")] if joins else []
        over = f"{signs.fork}{signs.over} "
        self._line(
            Piece(f"  {over}", "line"),
            Piece(self._names[0], "left"),
            Piece(f" {signs.over * (wide - len(over) - len(self._names[0]) - 1)}{signs.split}{signs.over} ", "line"),
            Piece(self._names[1], "right"),
        )
        for ours, theirs in zip_longest(left, right, fillvalue=pad):
            cut = self._cut(ours, wide - 1)
            gap = " " * (wide - len(_text(cut)))
            self._line(*cut, Piece(gap), *self._cut(theirs, self._width - _INDENT - wide))
        if joins:
            self._line(Piece(f"  {signs.fork}{signs.over * (wide - 1)}{signs.join}", "line"))

    def _column(self, stops: Sequence[Stop], before: Stop | None, role: Role) -> list[Line]:
        lines = [self._label(before.leaving, "outcome")] if before is not None and before.leaving else []
        shown = stops if len(stops) <= _MOST_APART else stops[: _MOST_APART - 1]
        for stop in shown:
            lines.append(_node(stop, role))
            if stop.leaving:
                lines.append(self._label(stop.leaving, "outcome"))
        if len(shown) < len(stops):
            lines.append([Piece(f"  {self._signs.more} {len(stops) - len(shown)} more", "line")])
        return lines

    def _leaving(self, one: Stop, other: Stop) -> None:
        if _left_differently(one, other):
            self._line(*self._label(f"{self._names[0]}: {one.leaving}", "left"))
            self._line(*self._label(f"{self._names[1]}: {other.leaving}", "right"))
        elif other.leaving:
            self._line(*self._label(other.leaving, "outcome"))

    def _label(self, text: str, role: Role) -> Line:
        return [Piece(f"  {self._signs.down} ", "line"), Piece(text, role)]

    def _more(self, hidden: int) -> None:
        if hidden:
            self._line(Piece(f"  {self._signs.more} {hidden} more", "line"))

    def _line(self, *pieces: Piece) -> None:
        self.lines.append(self._cut([Piece(" " * _INDENT), *pieces], self._width))

    def _cut(self, line: Line, width: int) -> Line:
        left, kept = width, []
        for piece in line:
            if len(piece.text) > left:
                end = self._signs.cut
                kept.append(piece._replace(text=piece.text[: max(0, left - len(end))] + end))
                break
            kept.append(piece)
            left -= len(piece.text)
        return kept


def _node(stop: Stop, role: Role) -> Line:
    return [Piece(stop.node, role), *([Piece(f"  {stop.note}", "line")] if stop.note else [])]


def _left_differently(one: Stop, other: Stop) -> bool:
    return one.sure and other.sure and one.leaving != other.leaving


def _text(line: Line) -> str:
    return "".join(piece.text for piece in line)
