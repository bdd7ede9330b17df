"""A graph as SVG: cards for the nodes, arrows with labels. What classes look like is for the page that has it.

Everything is attributes and classes: no style attribute, no script, no id, so that a strict page can hold many.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from html import escape
from typing import Final, Literal, NamedTuple, TypeAlias

from flowengine.picture.layout import LOOP, Box, Layout, Link, Point, Route, lay_out
from flowengine.picture.lettering import cut, flat, width_of, wrapped

CardKind: TypeAlias = Literal["start", "work", "wait", "branch", "call", "success", "error"]
Mark: TypeAlias = Literal["covered", "uncovered", "success", "error", "fall"]
"""Whether an edge was followed; where nothing was walked, what its outcomes are."""

_PAD: Final = 14.0
_INSET: Final = 4.0
_NARROWEST: Final = 128.0
_WIDEST: Final = 250.0
_TITLE: Final = 14.0
_TEXT: Final = 11.5
_LINE: Final = 17.0
_CHIP: Final = 18.0
_SIGN: Final = 14.0
_BETWEEN: Final = 12.0
_ICON: Final = 24.0
_BOW: Final = 24.0
_LABEL_PAD: Final = 7.0
_MOST_LINES: Final = 2
_ARROW: Final = 8.0
_WIDE: Final = (1100.0, 1400.0)
"""Pictures that are so wide may be shown a little smaller, so that a page has them whole."""


class Chip(NamedTuple):
    """An outcome, whether it came, and what stands behind it."""

    text: str
    mark: Mark
    aside: str = ""


class Note(NamedTuple):
    """Outcomes that are written into a card instead of drawn, below a heading."""

    heading: str
    chips: tuple[Chip, ...]


class Card(NamedTuple):
    """A node. ``texts`` are lines below the title, ``badge`` stands in the corner; ``quiet``: it was never visited."""

    id: str
    kind: CardKind
    title: str
    texts: tuple[str, ...] = ()
    badge: str = ""
    quiet: bool = False
    notes: tuple[Note, ...] = ()


class Arrow(NamedTuple):
    """A line from card to card with its outcomes, all of which have the mark of the line."""

    source: str
    target: str
    mark: Mark
    chips: tuple[Chip, ...] = ()


def draw(cards: Sequence[Card], arrows: Sequence[Arrow], title: str) -> str:
    """Draw cards and arrows; the first card is the top."""
    links = _links(arrows)
    return "\n".join(_picture(list(map(_shape, cards)), arrows, links, place(cards, arrows), title)) + "\n"


def place(cards: Sequence[Card], arrows: Sequence[Arrow]) -> Layout:
    """Say where ``draw`` puts cards and arrows."""
    return lay_out([Box(card.id, *size_of(card)) for card in cards], _links(arrows))


def size_of(card: Card) -> tuple[float, float]:
    """Return how wide and high a card is."""
    shape = _shape(card)
    return shape.width, shape.height


def _links(arrows: Sequence[Arrow]) -> list[Link]:
    return [Link(arrow.source, arrow.target, *_label_size(arrow)) for arrow in arrows]


class _Shape:
    """A card with its texts broken into lines, and its size."""

    def __init__(self, card: Card) -> None:
        self.card = card
        room = _WIDEST - 2 * _PAD
        badge = width_of(card.badge, _TEXT, bold=True) + 14 if card.badge else 0.0
        self.icon = _ICON if card.kind in {"success", "error", "branch"} else 0.0
        self.title = wrapped(flat(card.title), _TITLE, room - badge - self.icon, _MOST_LINES) or [" "]
        self.texts = [cut(flat(text), _TEXT, room, monospaced=True) for text in card.texts]
        self.notes = [(cut(note.heading, _TEXT, room), list(_chip_lines(note.chips, room))) for note in card.notes]
        widths = [width_of(line, _TITLE, bold=True) + badge + self.icon for line in self.title]
        widths += [width_of(text, _TEXT, monospaced=True) for text in self.texts]
        widths += [width_of(heading, _TEXT) for heading, _ in self.notes]
        widths += [sum(map(_chip_width, line)) for _, lines in self.notes for line in lines]
        self.width = max(_NARROWEST, max(widths) + 2 * _PAD) + (_BOW / 2 if card.kind == "wait" else 0.0)
        self.height = 2 * (_PAD - 3) + _LINE * (len(self.title) + len(self.texts))
        self.height += sum(12 + _LINE + _CHIP * len(lines) for _, lines in self.notes)


@lru_cache(maxsize=4096)
def _shape(card: Card) -> _Shape:
    """Return the shape of a card; a picture that is drawn again and again has mostly the same cards."""
    return _Shape(card)


def _chip_width(chip: Chip) -> float:
    """Return how wide a chip is, with the gap to the next one."""
    aside = width_of(f" {chip.aside}", _TEXT) if chip.aside else 0.0
    return _SIGN + width_of(chip.text, _TEXT, bold=chip.mark == "covered") + aside + _BETWEEN


def _chip_lines(chips: Sequence[Chip], room: float) -> Iterator[list[Chip]]:
    line: list[Chip] = []
    for chip in chips:
        short = chip._replace(text=cut(flat(chip.text), _TEXT, room - _SIGN - 40))
        if line and sum(map(_chip_width, line)) + _chip_width(short) > room:
            yield line
            line = []
        line.append(short)
    if line:
        yield line


def _label_size(arrow: Arrow) -> tuple[float, float]:
    if not arrow.chips:
        return 0.0, 0.0
    width = max(_chip_width(_short(chip)) for chip in arrow.chips)
    return width + 2 * _LABEL_PAD - _BETWEEN, _CHIP * len(arrow.chips) + 6


def _short(chip: Chip) -> Chip:
    return chip._replace(text=cut(flat(chip.text), _TEXT, _WIDEST - 60))


def _picture(
    shapes: Sequence[_Shape], arrows: Sequence[Arrow], links: Sequence[Link], layout: Layout, title: str
) -> Iterator[str]:
    width, height = _n(layout.width), _n(layout.height)
    size = f'width="{width}" height="{height}" viewBox="0 0 {width} {height}"'
    kind = "flow wide" if _WIDE[0] < layout.width <= _WIDE[1] else "flow"
    label = f'role="img" aria-label="{escape(flat(title))}"'
    yield f'<svg class="{kind}" xmlns="http://www.w3.org/2000/svg" {size} {label}>'
    # What was never followed is drawn first, so that what was lies on top where lines cross.
    order = sorted(range(len(arrows)), key=lambda number: arrows[number].mark == "covered")
    for number in order:
        yield from _line(arrows[number], layout.routes[number])
    for number in order:
        yield from _label(arrows[number], links[number], layout.routes[number])
    for shape in shapes:
        yield from _card(shape, layout.boxes[shape.card.id])
    yield "</svg>"


def _line(arrow: Arrow, route: Route) -> Iterator[str]:
    points = route.points
    if route.loops:
        (x, top), (_, bottom) = points
        bulge = x + LOOP * 4 / 3
        bow = f"M{_p(x, top)}C{_p(bulge, top)} {_p(bulge, bottom)} {_p(x + _ARROW, bottom)}"
        yield f'<path class="line {arrow.mark}" d="{bow}"/>'
        yield f'<path class="tip {arrow.mark}" d="M{_p(x, bottom)}l8 -5v10z"/>'
        return
    (x, y), down = points[-1], points[-1][1] > points[0][1]
    end = (x, y - _ARROW if down else y + _ARROW)
    yield f'<path class="line {arrow.mark}" d="{_path([*points[:-1], end])}"/>'
    yield f'<path class="tip {arrow.mark}" d="M{_p(x, y)}l-5 {"-9" if down else "9"}h10z"/>'


def _path(points: Sequence[Point]) -> str:
    parts = [f"M{_p(*points[0])}"]
    for number in range(1, len(points)):
        (x0, y0), (x1, y1) = points[number - 1], points[number]
        if number % 2:
            parts.append(f"V{_n(y1)}" if y0 != y1 else "")
        elif abs(x0 - x1) < 0.5:  # noqa: PLR2004 - half a pixel
            parts.append(f"L{_p(x1, y1)}")
        else:
            middle = (y0 + y1) / 2
            parts.append(f"C{_p(x0, middle)} {_p(x1, middle)} {_p(x1, y1)}")
    return "".join(parts)


def _label(arrow: Arrow, link: Link, route: Route) -> Iterator[str]:
    if not arrow.chips:
        return
    left, top = route.label[0] - link.width / 2, route.label[1] - link.height / 2
    yield f'<rect class="label {arrow.mark}" {_box(left, top, link.width, link.height)} rx="7"/>'
    for number, chip in enumerate(arrow.chips):
        yield from _chip(_short(chip), left + _LABEL_PAD, top + 3 + _CHIP * number)


def _card(shape: _Shape, corner: Point) -> Iterator[str]:
    card, (left, top) = shape.card, corner
    yield f'<g class="card {card.kind}{" quiet" if card.quiet else ""}">'
    rounded = {"start": min(shape.height / 2, 24.0), "success": 20, "error": 20}.get(card.kind, 9)
    if card.kind == "wait":  # as a delay in flow charts
        yield f'<path class="face" d="{_round_at_right(left, top, shape.width, shape.height)}"/>'
    else:
        yield f'<rect class="face" {_box(left, top, shape.width, shape.height)} rx="{_n(rounded)}"/>'
    if card.kind == "call":  # a second border: there is a flow inside
        inner = _box(left + _INSET, top + _INSET, shape.width - 2 * _INSET, shape.height - 2 * _INSET)
        yield f'<rect class="face" {inner} rx="{_n(rounded - _INSET / 2)}"/>'
    y = top + _PAD - 3
    yield from _icon(card.kind, left + _PAD, y + 1)
    for number, line in enumerate(shape.title):
        yield _text("title", left + _PAD + shape.icon, y + 13 + _LINE * number, line)
    if card.badge:
        yield _text("badge", left + shape.width - _PAD, y + 12, card.badge)
    y += _LINE * len(shape.title)
    for text in shape.texts:
        yield _text("code", left + _PAD, y + 12, text)
        y += _LINE
    for heading, lines in shape.notes:
        y += 12
        yield f'<path class="rule" d="M{_p(left + _PAD, y - 5)}H{_n(left + shape.width - _PAD)}"/>'
        yield _text("heading", left + _PAD, y + 11, heading)
        y += _LINE
        for chips in lines:
            x = left + _PAD
            for chip in chips:
                yield from _chip(chip, x, y)
                x += _chip_width(chip)
            y += _CHIP
    yield "</g>"


def _round_at_right(left: float, top: float, width: float, height: float) -> str:
    bow = min(height / 2, _BOW)
    across, down = _n(width - 9 - bow), _n(height - 2 * bow)
    corner, arc = "a9 9 0 0 1", f"a{_p(bow, bow)} 0 0 1"
    right = f"h{across}{arc} {_p(bow, bow)}v{down}{arc} {_p(-bow, bow)}h-{across}"
    return f"M{_p(left + 9, top)}{right}{corner} -9 -9v-{_n(height - 18)}{corner} 9 -9z"


def _icon(kind: CardKind, x: float, y: float) -> Iterator[str]:
    if kind == "branch":
        yield f'<path class="icon" d="M{_p(x + 8, y)}l8 8l-8 8l-8 -8z"/>'
    elif kind in {"success", "error"}:
        yield f'<circle class="icon" cx="{_n(x + 8)}" cy="{_n(y + 8)}" r="8"/>'
        sign = "M{}l3 3l5 -6" if kind == "success" else "M{}l6 6m0 -6l-6 6"
        at = _p(x + 4, y + 8.5) if kind == "success" else _p(x + 5, y + 5)
        yield f'<path class="sign" d="{sign.format(at)}"/>'


def _chip(chip: Chip, x: float, y: float) -> Iterator[str]:
    yield _sign(chip.mark, x, y + 9)
    aside = f' <tspan class="aside">{escape(chip.aside)}</tspan>' if chip.aside else ""
    yield f'<text class="chip {chip.mark}" x="{_n(x + _SIGN)}" y="{_n(y + 13)}">{escape(chip.text)}{aside}</text>'


def _sign(mark: Mark, x: float, y: float) -> str:
    if mark == "covered":
        return f'<path class="mark covered" d="M{_p(x, y)}l3 3l5.5 -6.5"/>'
    if mark == "error":
        return f'<path class="mark error" d="M{_p(x + 1, y - 3)}l6 6m0 -6l-6 6"/>'
    if mark == "fall":
        return f'<path class="mark fall" d="M{_p(x + 4, y - 4)}l4 4l-4 4l-4 -4z"/>'
    return f'<circle class="mark {mark}" cx="{_n(x + 4)}" cy="{_n(y)}" r="3.5"/>'


def _text(kind: str, x: float, y: float, text: str) -> str:
    return f'<text class="{kind}" x="{_n(x)}" y="{_n(y)}">{escape(text)}</text>'


def _box(left: float, top: float, width: float, height: float) -> str:
    return f'x="{_n(left)}" y="{_n(top)}" width="{_n(width)}" height="{_n(height)}"'


def _p(x: float, y: float) -> str:
    return f"{_n(x)} {_n(y)}"


def _n(number: float) -> str:
    return f"{number:.1f}".removesuffix(".0")
