"""A small part of XPath 1.0 over a tree: enough to read answers, and linear in their size.

``/order/id``, ``//item``, ``*``, ``item[2]``, ``item[last()]``, ``item[@sku]``, ``item[@sku='a']``, ``item[name]``,
``item[name='pen']``, and at the end ``@sku`` or ``text()``. Names have no prefix: a name matches in every namespace,
``{uri}name`` in one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Final, NamedTuple, TypeAlias

from flowengine.catalogue.handlers.xml_tree import Element

MAX_PATH: Final = 1_000
MAX_STEPS: Final = 20
MAX_PREDICATES: Final = 8
MAX_ANYWHERE: Final = 4
"""How often a path may say //."""

_NAME = r"(?:\{[^{}]*\})?(?:[^\W\d][\w.-]*|\*)"
_STEP: Final = re.compile(rf"(//|/|)({_NAME})((?:\[[^\[\]]*\])*)")
_LAST: Final = re.compile(rf"/(?:@({_NAME})|(text\(\)))\Z")
_PREDICATE: Final = re.compile(rf"""\[\s*(?:(\d{{1,9}})|(last\(\))|(@?)({_NAME})(?:\s*=\s*("[^"]*"|'[^']*'))?)\s*\]""")

_Choice: TypeAlias = Callable[[list[Element]], list[Element]]


class BadPath(ValueError):
    """The text is not a path of this kind; the message says why."""


class _Step(NamedTuple):
    anywhere: bool
    name: str
    choices: tuple[_Choice, ...]


def select_text(path: str, document: Element) -> str | None:
    """Return the text of the first place that ``path`` names, without blanks around it; None where there is none.

    The text of an element has that of the elements inside it. Raises BadPath.
    """
    steps, attribute, own = _parse(path)
    _refuse_long(path, steps)
    found: Iterable[Element] = [document]
    for step in steps:
        found = _take(step, list(found))
    for element in found:
        text = _text(element, attribute, own=own)
        if text is not None:
            return text.strip()
    return None


def _text(element: Element, attribute: str | None, *, own: bool) -> str | None:
    if attribute is not None:
        return element.attributes.get(attribute)
    return element.own_text() if own else element.text()


def _parse(path: str) -> tuple[list[_Step], str | None, bool]:
    if len(path) > MAX_PATH:
        raise BadPath(f"the path has {len(path):,} characters, more than {MAX_PATH:,}")
    last = _LAST.search(path)
    end = last.start() if last else len(path)
    steps, position = [], 0
    while position < end:
        step = _STEP.match(path, position, end)
        if step is None or (position and not step[1]):
            raise _bad(path, position)
        choices = tuple(_choice(path, predicate) for predicate in re.findall(r"\[[^\[\]]*\]", step[3]))
        steps.append(_Step(step[1] == "//", step[2], choices))
        position = step.end()
    if not steps:
        raise _bad(path, 0)
    return steps, _attribute_key(last[1]) if last and last[1] else None, bool(last and last[2])


def _refuse_long(path: str, steps: list[_Step]) -> None:
    for kind, count, most in (
        ("steps", len(steps), MAX_STEPS),
        ("predicates", sum(len(step.choices) for step in steps), MAX_PREDICATES),
        ("//", sum(step.anywhere for step in steps), MAX_ANYWHERE),
    ):
        if count > most:
            raise BadPath(f"{path!r} has more than {most} {kind}")


def _bad(path: str, position: int) -> BadPath:
    shown = path[position : position + 20]
    if shown.startswith(":"):
        return BadPath(f"{path!r}: leave out the prefix before {shown!r}, a name matches in every namespace")
    return BadPath(
        f"{path!r} is not a path this node takes, at {shown!r}: expected one such as /order/id, //item[2]/name, "
        "//item[@sku='a']/@price"
    )


def _attribute_key(name: str) -> str:
    """Name an attribute as expat does."""
    return name.removeprefix("{")


def _choice(path: str, text: str) -> _Choice:
    """Compile a predicate; it is applied to the elements that a step finds inside one parent."""
    predicate = _PREDICATE.fullmatch(text)
    if predicate is None:
        raise _bad(path, path.index(text))
    number, last, at, name, quoted = predicate.groups()
    if number is not None:
        index = int(number)
        return lambda found: found[index - 1 : index] if index else []
    if last is not None:
        return lambda found: found[-1:]
    wanted = quoted[1:-1] if quoted is not None else None
    values = _attribute_values(name) if at else _child_values(name)
    return lambda found: [
        element for element in found if any(wanted is None or value == wanted for value in values(element))
    ]


def _attribute_values(name: str) -> Callable[[Element], list[str]]:
    key = _attribute_key(name)
    return lambda element: [element.attributes[key]] if key in element.attributes else []


def _child_values(name: str) -> Callable[[Element], Iterator[str]]:
    return lambda element: (child.text().strip() for child in element.children() if _is_called(child, name))


def _take(step: _Step, parents: list[Element]) -> Iterator[Element]:
    for parent in _with_all_inside(parents) if step.anywhere else parents:
        found = [child for child in parent.children() if _is_called(child, step.name)]
        for choice in step.choices:
            found = choice(found)
        yield from found


def _with_all_inside(parents: list[Element]) -> Iterator[Element]:
    """Yield the elements and all inside them in the order of the document, each once."""
    seen: set[int] = set()
    waiting = parents[::-1]
    while waiting:
        element = waiting.pop()
        if id(element) not in seen:
            seen.add(id(element))
            yield element
            waiting.extend(reversed(list(element.children())))


def _is_called(element: Element, name: str) -> bool:
    uri, _, local = name.rpartition("}")
    return local in ("*", element.name) and (not uri or uri[1:] == element.uri)
