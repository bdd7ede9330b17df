"""YAML text to a tree whose nodes know their places. The one way a YAML file of ours is read.

Stricter than YAML: no tags, anchors, aliases, merge keys, duplicate keys or second documents, all within ``Limits``.
The tree is built from the parser's events with a stack of its own: a hostile file can exhaust neither Python's stack
nor libyaml's, which dies of 30,000 nested brackets when it composes.
"""

from __future__ import annotations

import re
from collections import abc
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

import yaml

from flowengine.core.answers import Json
from flowengine.errors import EngineBug, InvalidFile
from flowengine.findings import Finding, Span
from flowengine.flowfile.scalars import ScalarValue, plain_value
from flowengine.flowfile.yaml_faults import explain
from flowengine.flowfile.yaml_source import (
    DEFAULT_LIMITS,
    Limits,
    advance,
    excerpt,
    read_source,
    to_text,
    without_bad_characters,
)

_LOADER = yaml.CSafeLoader if yaml.__with_libyaml__ else yaml.SafeLoader
_DEFAULTS = "`defaults` is there for what repeats in a flow"
_BLOCK_STYLES = ("|", ">")
_SURROGATE = re.compile("[\ud800-\udfff]")
_PROPERTY = re.compile(r"[&!][^\s,\[\]{}]*")


@dataclass(slots=True)
class Scalar:
    """A leaf or a key.

    ``text`` is what was written, without quotes, escapes and folding. ``quoted`` scalars (block scalars too) and keys
    have it as their ``value``; others have what the text looks like.
    """

    value: ScalarValue
    text: str
    quoted: bool
    span: Span


@dataclass(slots=True)
class Mapping:
    """Keys and values, in the order of the file. No key comes twice."""

    entries: list[tuple[Scalar, Tree]]
    span: Span
    _index: dict[str, tuple[Scalar, Tree]] | None = field(default=None, init=False, repr=False, compare=False)

    def find(self, key: str | int) -> tuple[Scalar, Tree] | None:
        """Return the key and its value, or None. Indexed, since every rule looks up every node of a flow."""
        if self._index is None:
            self._index = {entry[0].text: entry for entry in self.entries}
        return self._index.get(key) if isinstance(key, str) else None


@dataclass(slots=True)
class Sequence:
    """A list."""

    items: list[Tree]
    span: Span


Tree: TypeAlias = Scalar | Mapping | Sequence


def read_yaml(path: Path, limits: Limits = DEFAULT_LIMITS) -> Tree:
    """Read and parse a file. Raise ``InvalidFile`` with all that is wrong with it."""
    return parse_yaml(read_source(path, limits), str(path), limits)


def parse_yaml(source: str | bytes, path: str, limits: Limits = DEFAULT_LIMITS) -> Tree:
    """Parse one YAML document; ``path`` is for the findings. Raise ``InvalidFile`` with all that is wrong with it."""
    text, findings = without_bad_characters(to_text(source, path, limits), path)
    builder = _Builder(text, path, limits, findings)
    builder.build()
    if builder.findings or builder.root is None:
        raise InvalidFile(builder.findings)
    return builder.root


def to_value(tree: Tree) -> Json:
    """Return the tree as plain JSON values."""
    if isinstance(tree, Scalar):
        return tree.value
    if isinstance(tree, Sequence):
        return [to_value(item) for item in tree.items]
    return {key.text: to_value(value) for key, value in tree.entries}


def locate(tree: Tree, path: abc.Sequence[str | int]) -> Tree | None:
    """Follow keys and list indexes down from ``tree``; None if something on the way is not there."""
    for segment in path:
        below = _below(tree, segment)
        if below is None:
            return None
        tree = below
    return tree


def key_at(tree: Tree, path: abc.Sequence[str | int]) -> Scalar | None:
    """Return the key that the path's last segment names; None if it is not there or not a key."""
    holder = locate(tree, path[:-1]) if path else None
    if not isinstance(holder, Mapping):
        return None
    found = holder.find(path[-1])
    return found[0] if found else None


def _below(tree: Tree, segment: str | int) -> Tree | None:
    if isinstance(tree, Mapping):
        found = tree.find(segment)
        return found[1] if found else None
    if isinstance(tree, Sequence) and isinstance(segment, int) and 0 <= segment < len(tree.items):
        return tree.items[segment]
    return None


@dataclass(slots=True)
class _Open:
    """A collection whose end has not been read."""

    node: Mapping | Sequence
    start: int  # index in the text
    flow: bool
    key: Scalar | None = None  # waits for its value
    lines: dict[str, int] = field(default_factory=dict)  # of the keys read so far


class _Builder:
    def __init__(self, text: str, path: str, limits: Limits, findings: list[Finding]) -> None:
        self.root: Tree | None = None
        self.findings = findings
        self._text = text
        self._path = path
        self._limits = limits
        self._open: list[_Open] = []
        self._nodes = 0
        self._documents = 0
        self._stopped = False
        self._last_scalar: yaml.ScalarEvent | None = None

    def build(self) -> None:
        """Read the events until the end, a syntax fault, or a finding after which nothing sensible follows."""
        try:
            for event in yaml.parse(self._text, Loader=_LOADER):
                self._take(event)
                if self._stopped:
                    return
        except (yaml.YAMLError, ValueError, OverflowError) as error:  # PyYAML's own scanner lets chr() and int() raise
            bracket = next((above.start for above in reversed(self._open) if above.flow), None)
            scalar = _indexes(self._last_scalar) if self._last_scalar else (0, 0)
            self.findings.append(explain(error, self._text, self._path, scalar=scalar, bracket=bracket))
        if not self.findings and (self.root is None or _is_nothing(self.root)):
            self._report("FE011", Span(1, 1, 1, 1), "the file is empty", "write the document, or delete the file")

    def _take(self, event: yaml.Event) -> None:
        if isinstance(event, yaml.ScalarEvent):
            self._take_scalar(event)
        elif isinstance(event, yaml.CollectionStartEvent):
            self._take_start(event)
        elif isinstance(event, yaml.CollectionEndEvent):
            self._take_end(event)
        elif isinstance(event, yaml.AliasEvent):
            self._take_alias(event)
        elif isinstance(event, yaml.DocumentStartEvent):
            self._take_document(event)

    def _take_scalar(self, event: yaml.ScalarEvent) -> None:
        text, quoted, span = event.value, bool(event.style), _span(event)
        if event.style in _BLOCK_STYLES:  # its end, to libyaml, is where the next thing begins
            start, end = _indexes(event)
            written = self._text[start:end].rstrip(" \t\r\n")
            span = Span(span.line, span.column, *advance(span.line, span.column, written))
        if text or quoted:
            self._last_scalar = event
        self._check_node(event, event.tag)
        if len(text) > self._limits.scalar:
            message = f"this text has {len(text):,} characters, the limit is {self._limits.scalar:,}"
            self._report("FE008", span, message, "shorten it")
        if not text.isascii() and _SURROGATE.search(text):  # libyaml refuses the escape, PyYAML's own scanner does not
            self._report("FE010", span, "an escape in this text is no character", "write the character itself")
        self._add(Scalar(text if quoted else plain_value(text), text, quoted, span))

    def _take_start(self, event: yaml.CollectionStartEvent) -> None:
        self._check_node(event, event.tag)
        span = _span(event)
        if len(self._open) >= self._limits.depth:
            message = f"this is nested deeper than {self._limits.depth} levels"
            self._stop("FE008", span, message, "make the structure flatter")
        node = Sequence([], span) if isinstance(event, yaml.SequenceStartEvent) else Mapping([], span)
        self._open.append(_Open(node, _indexes(event)[0], flow=bool(event.flow_style)))

    def _take_end(self, event: yaml.CollectionEndEvent) -> None:
        closed = self._open.pop()
        node = closed.node
        children = node.items if isinstance(node, Sequence) else [value for _, value in node.entries]
        end = _span(event) if closed.flow or not children else children[-1].span  # as for block scalars
        node.span = Span(node.span.line, node.span.column, end.end_line, end.end_column)
        self._add(node, flow=closed.flow)

    def _take_alias(self, event: yaml.AliasEvent) -> None:
        hint = f"write the value out: {_DEFAULTS}; put it in quotes if it is text"
        self._report("FE005", _span(event), f"the alias *{excerpt(event.anchor or '')} is not allowed", hint)
        self._add(Scalar(None, f"*{event.anchor}", quoted=True, span=_span(event)))

    def _take_document(self, event: yaml.DocumentStartEvent) -> None:
        self._documents += 1
        if self._documents > 1:
            hint = "keep one document a file: remove the line `---`, or move what follows into a file of its own"
            self._stop("FE007", _span(event), "a second document begins here", hint)
        elif event.tags:
            self._report("FE004", _span(event), "%TAG directives are not allowed", "remove the lines")

    def _check_node(self, event: yaml.ScalarEvent | yaml.CollectionStartEvent, tag: str | None) -> None:
        self._nodes += 1
        if self._nodes > self._limits.nodes:
            message = f"the file has more than {self._limits.nodes:,} keys and values"
            self._stop("FE008", _span(event), message, "split it")
        if event.anchor is not None:
            hint = f"remove it: {_DEFAULTS}; put the value in quotes if it is text"
            self._report("FE005", self._property(event), f"the anchor &{excerpt(event.anchor)} is not allowed", hint)
        if tag is not None:
            hint = "remove it, or put the value in quotes if it is text"
            self._report("FE004", self._property(event), f"the tag {excerpt(tag)} is not allowed", hint)

    def _property(self, event: yaml.Event) -> Span:
        """Return the place of the anchor or tag a node begins with."""
        span = _span(event)
        written = _PROPERTY.match(self._text, _indexes(event)[0])
        return Span(span.line, span.column, span.line, span.column + len(written[0])) if written else span

    def _add(self, node: Tree, *, flow: bool = False) -> None:
        if not self._open:
            self.root = node
            return
        above = self._open[-1]
        if isinstance(above.node, Sequence):
            above.node.items.append(node)
        elif above.key is None:
            above.key = self._key(above, node, flow=flow)
        else:
            key = above.key.span
            if node.span.line > key.end_line and _is_nothing(node):  # libyaml puts it where the next thing begins
                node.span = Span(key.end_line, key.end_column, key.end_line, key.end_column)
            above.node.entries.append((above.key, node))
            above.key = None

    def _key(self, above: _Open, node: Tree, *, flow: bool) -> Scalar:
        if not isinstance(node, Scalar):
            braces = flow and isinstance(node, Mapping)
            hint = "write a reference as $(name), and put text with braces in quotes" if braces else "write it as text"
            self._report("FE009", node.span, "a key has to be text, not a mapping or list", hint)
            return Scalar(None, "", quoted=True, span=node.span)
        node.value = node.text
        if not node.quoted and not node.text:
            self._report("FE009", node.span, "a key is missing before the colon", 'write it, or "" for an empty one')
        elif not node.quoted and node.text == "<<":
            hint = f"write the keys out: {_DEFAULTS}"
            self._report("FE006", node.span, "merge keys (<<) are not allowed", hint)
        elif node.text in above.lines:
            message = (
                f"the key `{excerpt(node.text)}` is here a second time, the first is on line {above.lines[node.text]}"
            )
            self._report("FE003", node.span, message, "remove or rename one of them")
        above.lines.setdefault(node.text, node.span.line)
        return node

    def _report(self, code: str, span: Span, message: str, hint: str) -> None:
        if self._stopped:
            return
        self.findings.append(Finding(code, message, self._path, span, hint=hint))
        if len(self.findings) >= self._limits.findings:
            self._stopped = True
            message = f"there are {self._limits.findings} findings or more; the rest of the file was not read"
            self.findings.append(Finding("FE008", message, self._path, span, hint="repair these first"))

    def _stop(self, code: str, span: Span, message: str, hint: str) -> None:
        self._report(code, span, message, hint)
        self._stopped = True


def _is_nothing(tree: Tree) -> bool:
    return isinstance(tree, Scalar) and not tree.text and not tree.quoted


def _span(event: yaml.Event) -> Span:
    start, end = event.start_mark, event.end_mark
    if start is None or end is None:
        raise EngineBug("a YAML event without marks")
    return Span(start.line + 1, start.column + 1, end.line + 1, end.column + 1)


def _indexes(event: yaml.Event) -> tuple[int, int]:
    start, end = event.start_mark, event.end_mark
    if start is None or end is None:
        raise EngineBug("a YAML event without marks")
    return start.index, end.index
