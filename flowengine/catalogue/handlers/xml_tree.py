"""XML text to a tree, by expat: no document type, so no entities but XML's own five, and nothing is ever fetched."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final
from xml.parsers import expat

from flowengine.core.values import MAX_DEPTH, MAX_ITEMS, MAX_TEXT

_SEPARATOR: Final = "}"


class BadXml(ValueError):
    """The text is not XML that is taken; the message says why."""


class Element:
    """An element. ``uri`` is its namespace, or empty; ``content`` has texts and elements in order."""

    __slots__ = ("attributes", "content", "name", "uri")

    def __init__(self, uri: str, name: str, attributes: dict[str, str]) -> None:
        self.uri = uri
        self.name = name
        self.attributes = attributes
        self.content: list[str | Element] = []

    def children(self) -> Iterator[Element]:
        """Yield the elements inside, in order."""
        return (part for part in self.content if isinstance(part, Element))

    def own_text(self) -> str:
        """Return the text that stands directly inside."""
        return "".join(part for part in self.content if isinstance(part, str))

    def text(self) -> str:
        """Return all text inside, that of inner elements included."""
        return "".join(part if isinstance(part, str) else part.text() for part in self.content)


def parse_xml(text: str) -> Element:
    """Return the document, whose one child is the root element. Raises BadXml."""
    if len(text) > MAX_TEXT:
        raise BadXml(f"the text has more than {MAX_TEXT:,} characters")
    document = Element("", "", {})
    parser = expat.ParserCreate("utf-8", _SEPARATOR)
    parser.buffer_text = True
    _Builder(document).listen_to(parser)
    try:
        # A declared encoding is not that of a text that has been decoded; the one given above wins.
        parser.Parse(text.strip().encode(), True)
    except expat.ExpatError as fault:
        message = expat.errors.messages[fault.code]
        raise BadXml(f"{message} at line {fault.lineno}, column {fault.offset + 1}") from None
    except UnicodeEncodeError:
        raise BadXml("the text has half a character (a lone surrogate)") from None
    return document


class _Builder:
    def __init__(self, document: Element) -> None:
        self._open = [document]
        self._count = 0

    def listen_to(self, parser: Any) -> None:
        parser.StartDoctypeDeclHandler = self._refuse
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._say

    def _refuse(self, *_: Any) -> None:
        raise BadXml("a document type (<!DOCTYPE ...>) is not taken")

    def _start(self, qualified: str, attributes: dict[str, str]) -> None:
        uri, _, name = qualified.rpartition(_SEPARATOR)
        element = Element(uri, name, attributes)
        self._count += 1 + len(attributes)
        if len(self._open) > MAX_DEPTH:
            raise BadXml(f"elements are nested deeper than {MAX_DEPTH}")
        if self._count > MAX_ITEMS:
            raise BadXml(f"there are more than {MAX_ITEMS:,} elements and attributes")
        self._open[-1].content.append(element)
        self._open.append(element)

    def _end(self, _: str) -> None:
        self._open.pop()

    def _say(self, text: str) -> None:
        self._open[-1].content.append(text)
