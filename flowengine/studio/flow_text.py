"""A flow's text, read section by section: an edit costs one section, and what is wrong in one hides no other.

A text is *sound* where each of its sections is a whole on its own: then they are the document, put together. One that
is not is read as a whole, and one that cannot be read at all as far as it can.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import cached_property, lru_cache
from typing import Any, Final, NamedTuple

from flowengine.core.answers import Json
from flowengine.errors import InvalidFile
from flowengine.findings import Finding, Span
from flowengine.flowfile.edits import Path, Source
from flowengine.flowfile.text_lines import CannotEdit, Lines
from flowengine.flowfile.yaml_tree import Mapping as TreeMapping
from flowengine.flowfile.yaml_tree import Sequence as TreeSequence
from flowengine.flowfile.yaml_tree import Tree, key_at, locate, parse_yaml, to_value
from flowengine.lsp.draft import Draft, as_map, read_draft
from flowengine.lsp.sections import Section, sections

NODES: Final = "nodes"
BYTE_ORDER_MARK: Final = "\ufeff"

_MARKER: Final = re.compile(r"^(?:---|\.\.\.|%)", re.MULTILINE)


class _Read(NamedTuple):
    """A section that was read: its tree and its value, or what is wrong with it."""

    tree: Tree | None
    value: Mapping[str, Json]
    fault: Finding | None = None


class FlowText:
    """A text of a flow, without a byte order mark. ``data`` is what can be read of it; it is not to be changed."""

    def __init__(self, text: str) -> None:
        self.text = text

    @cached_property
    def lines(self) -> Lines:
        """The lines."""
        return Lines(self.text)

    @cached_property
    def data(self) -> Mapping[str, Any]:
        """The document as far as it can be read."""
        if self.is_sound:
            return self._put_together
        whole = self._whole
        return as_map(to_value(whole.tree)) if whole.tree is not None else read_draft(self.text).data

    @cached_property
    def draft(self) -> Draft:
        """The same by parts."""
        return Draft(self.data)

    @cached_property
    def is_sound(self) -> bool:
        """Whether the sections are the document."""
        found = self._sections
        if _MARKER.search(self.text) or len({one.path for one in found}) < len(found):
            return False
        has_nodes = any(len(one.path) > 1 for one in found)
        return all(_is_sound(one, is_holder=has_nodes and one.path == (NODES,)) for one in found)

    def source(self, path: Path) -> Source:
        """Return where the value at a path can be changed. Raises CannotEdit with what has to be repaired first."""
        section = self._section(path) if self.is_sound or not self.is_readable else None
        if section is None:
            if self._whole.tree is None:
                raise CannotEdit(f"the text cannot be read at the moment: {_said(self._whole.fault)}: repair it first")
            return Source(self.lines, self._whole.tree)
        read = _read((*section.header, *section.lines))
        if read.tree is None:
            raise CannotEdit(f"{'.'.join(section.path)} cannot be read: {_said(read.fault, section)}: repair it first")
        return Source(self.lines, read.tree, section.line - len(section.header), section.path)

    def span(self, *path: str | int, key: bool = False) -> Span | None:
        """Return the place of a value, or of the key that leads to it."""
        tree, shift = self._tree(path)
        found = key_at(tree, path) if key and tree is not None else locate(tree, path) if tree is not None else None
        return Span(found.span[0] + shift, found.span[1], found.span[2] + shift, found.span[3]) if found else None

    def path_at(self, line: int, column: int) -> Path:
        """Return the path of the innermost value that stands at a place, or whose key does."""
        section = next((one for one in reversed(self._sections) if one.line < line), None)
        tree, shift = self._tree(section.path if section is not None else ())
        return _path_at(tree, (line - shift, column)) if tree is not None else ()

    def lines_below(self, *path: str) -> dict[str, int]:
        """Return the lines of the keys of a map."""
        tree, shift = self._tree(path)
        found = locate(tree, path) if tree is not None else None
        return {key.text: key.span.line + shift for key, _ in found.entries} if isinstance(found, TreeMapping) else {}

    @property
    def is_readable(self) -> bool:
        """Whether the text is YAML of ours."""
        return self.is_sound or self._whole.tree is not None

    @property
    def problem(self) -> str | None:
        """What keeps the text from being read as a whole."""
        return None if self.is_readable else _said(self._whole.fault)

    def blank_above(self, path: Path) -> bool:
        """Whether there is an empty line above a node or a key of the document."""
        at = next((number for number, one in enumerate(self._sections) if one.path == path), 0)
        above = self._sections[at - 1].lines if at else ()
        return bool(above) and not above[-1].strip()

    @cached_property
    def _sections(self) -> tuple[Section, ...]:
        return sections(self.text)

    @cached_property
    def _by_path(self) -> Mapping[Path, Section]:
        return {one.path: one for one in self._sections if one.path}

    @cached_property
    def _whole(self) -> _Read:
        try:
            tree = parse_yaml(self.text, "")
        except InvalidFile as invalid:
            return _Read(None, {}, invalid.findings[0])
        return _Read(tree, {})

    @cached_property
    def _put_together(self) -> dict[str, Any]:
        data: dict[str, Any] = {}
        nodes: dict[str, Any] = {}
        for one in self._sections:
            value = _read((*one.header, *one.lines)).value
            if len(one.path) > 1:
                nodes[one.path[1]] = as_map(value[NODES])[one.path[1]]
            else:
                data.update(value)
        return {**data, NODES: nodes} if nodes else data

    def _tree(self, path: Path) -> tuple[Tree | None, int]:
        """Return the tree that a path is in, and how many lines of the text are above its first one."""
        section = self._section(path) if self.is_sound or not self.is_readable else None
        if section is None:
            return self._whole.tree, 0
        return _read((*section.header, *section.lines)).tree, section.line - len(section.header)

    def _section(self, path: Iterable[str | int]) -> Section | None:
        first, *rest = [*path] or [""]
        if first == NODES and rest:
            return self._by_path.get((NODES, str(rest[0])))
        return self._by_path.get((str(first),))


@lru_cache(maxsize=16)
def read_text(text: str) -> FlowText:
    """Read a text; the last ones are kept, and so are their sections."""
    return FlowText(text)


@lru_cache(maxsize=8192)
def _read(lines: tuple[str, ...]) -> _Read:
    try:
        tree = parse_yaml("\n".join(lines), "")
    except InvalidFile as invalid:
        return _Read(None, {}, invalid.findings[0])
    return _Read(tree, as_map(to_value(tree)))


def _is_sound(section: Section, *, is_holder: bool) -> bool:
    if not section.path:
        return all(not line.strip() or line.startswith("#") for line in section.lines)
    tree = _read((*section.header, *section.lines)).tree
    for key in section.path:
        if not isinstance(tree, TreeMapping) or len(tree.entries) != 1 or tree.entries[0][0].text != key:
            return False
        tree = tree.entries[0][1]
    return not is_holder or to_value(tree) is None if tree is not None else False


def _path_at(tree: Tree, place: tuple[int, int]) -> Path:
    path: list[str | int] = []
    while True:
        inner: list[tuple[str | int, Span, Tree]] = []
        if isinstance(tree, TreeMapping):
            inner = [(key.text, key.span, value) for key, value in tree.entries]
        elif isinstance(tree, TreeSequence):
            inner = [(at, one.span, one) for at, one in enumerate(tree.items)]
        found = next((one for one in reversed(inner) if one[1][:2] <= place), None)
        if found is None or max(found[1][2:], found[2].span[2:]) < place:
            return tuple(path)
        path.append(found[0])
        tree = found[2]


def _said(fault: Finding | None, section: Section | None = None) -> str:
    if fault is None or fault.span is None:
        return fault.message if fault else "it is empty"
    line = fault.span.line + (section.line - len(section.header) if section else 0)
    return f"line {line}: {fault.message}"
