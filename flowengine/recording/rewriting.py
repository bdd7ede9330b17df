"""Makes what came what a recording expects, in its text: every other byte of the file stays, comments too.

Only what ``expect`` already says something about is written anew: one that names no path does not get one.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from difflib import SequenceMatcher
from itertools import zip_longest
from typing import Any, Final, NamedTuple

from flowengine.core.answers import Json
from flowengine.core.trace import Run
from flowengine.core.values import same
from flowengine.errors import InvalidFile, UsageError
from flowengine.findings import Span
from flowengine.flowfile import yaml_tree
from flowengine.flowfile.yaml_tree import Tree, locate, parse_yaml, to_value
from flowengine.recording.format import Recording
from flowengine.recording.writing import Unwritable, recording_text

_LINE_BREAK: Final = re.compile(r"\r\n?|\n")
_COMMENT: Final = re.compile(r"(^|\s)#")


class _Edit(NamedTuple):
    """A stretch of the text, and what takes its place."""

    start: int
    end: int
    text: str


def expectation_of(expect: Mapping[str, Any], run: Run) -> dict[str, Any]:
    """Return what came, as far as ``expect`` says something about it. A variable without a value is left out."""
    came: dict[str, Any] = {
        "result": run.result,
        "path": run.path,
        "outcomes": [step.outcome for step in run.steps],
        "variables": {name: run.variables[name] for name in expect.get("variables", {}) if name in run.variables},
    }
    return {key: came[key] for key in expect}


def updated_text(recording: Recording, run: Run) -> str:
    """Return the text of a recording, without a byte order mark, that expects what came.

    Raises UsageError where ``expect`` is written in a way that takes a person.
    """
    if recording.tree is None or recording.expect is None:
        raise UsageError(f"the recording {recording.name!r} was not read from a file, or expects nothing")
    wanted = expectation_of(recording.expect, run)
    try:
        text = _Text(recording.text).expecting(recording.tree, recording.expect, wanted)
        written = to_value(parse_yaml(text, str(recording.path)))
    except (Unwritable, InvalidFile):
        written = None
    if written is None or not same(written, {**to_value(recording.tree), "expect": wanted}):
        raise UsageError(f"{recording.path}: `expect` is written in a way that cannot be updated; do it by hand")
    return text


class _Text:
    """The text of a recording, and how stretches of it are written anew."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._starts = [0, *(found.end() for found in _LINE_BREAK.finditer(text))]
        self._newline = "\r\n" if "\r\n" in text else "\n"

    def expecting(self, tree: Tree, expect: Mapping[str, Any], wanted: Mapping[str, Any]) -> str:
        """Return the text with another expectation."""
        text = self._text
        for edit in sorted(self._edits(tree, expect, wanted), reverse=True):
            text = text[: edit.start] + edit.text + text[edit.end :]
        return text

    def _edits(self, tree: Tree, expect: Mapping[str, Any], wanted: Mapping[str, Any]) -> Iterator[_Edit]:
        for key, value in wanted.items():
            place = locate(tree, ("expect", key))
            if place is None or same(value, expect[key]):
                continue
            if isinstance(place, yaml_tree.Sequence):
                yield from self._list(key, place, expect[key], value)
            elif isinstance(place, yaml_tree.Mapping):
                yield from self._map(place, value)
            else:
                yield self._whole(place.span, value)

    def _list(self, key: str, place: yaml_tree.Sequence, before: list[Json], after: list[Json]) -> Iterator[_Edit]:
        start, end = self._bounds(place.span)
        if self._is_inline(place.span):
            if not _COMMENT.search(self._text[start:end]):
                indent, value = _wrapped(key, after)
                further = self._newline + " " * max(0, place.span.column - 1 - indent)
                yield _Edit(start, end, value.replace("\n", further))
            return
        items = [item.span for item in place.items]
        for tag, i, j, k, m in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
            if tag != "equal":
                yield from self._items(items, i, items[i:j], after[k:m])

    def _items(self, items: Sequence[Span], at: int, old: Sequence[Span], new: Sequence[Json]) -> Iterator[_Edit]:
        """Write items of a list anew that has a line for each: in their lines, in further ones, in fewer."""
        added = []
        for span, value in zip_longest(old, new):
            if span is None:
                added.append(value)
            elif len(old) > len(new) and span not in old[: len(new)]:
                yield _Edit(self._starts[span.line - 1], self._line_end(span.end_line), "")
            else:
                yield self._whole(span, value)
        if added:
            model = items[0]
            dash = self._text[self._starts[model.line - 1] : self._offset(model.line, model.column)]
            behind = at + len(old)
            where = self._line_end(items[behind - 1].end_line) if behind else self._starts[model.line - 1]
            begun = "" if self._text[:where].endswith(("\n", "\r")) else self._newline
            lines = self._newline.join(f"{dash}{_inline(value)}" for value in added)
            yield _Edit(where, where, begun + lines + ("" if begun else self._newline))

    def _map(self, place: yaml_tree.Mapping, after: Mapping[str, Json]) -> Iterator[_Edit]:
        """Write values anew, and take out what has none any more."""
        start, end = self._bounds(place.span)
        kept = [(key, value) for key, value in place.entries if key.text in after]
        gone = [(key, value) for key, value in place.entries if key.text not in after]
        if gone and (self._is_inline(place.span) or not kept):
            if not _COMMENT.search(self._text[start:end]):
                parts = (f"{self._slice(key.span)}: {self._written(value, after[key.text])}" for key, value in kept)
                yield _Edit(start, end, f"{{{', '.join(parts)}}}")
            return
        for key, value in kept:
            if not same(to_value(value), after[key.text]):
                yield self._whole(value.span, after[key.text])
        for key, value in gone:
            yield _Edit(self._starts[key.span.line - 1], self._line_end(value.span.end_line), "")

    def _written(self, place: Tree, value: Json) -> str:
        return self._slice(place.span) if same(to_value(place), value) else _inline(value)

    def _whole(self, span: Span, value: Json) -> _Edit:
        return _Edit(*self._bounds(span), _inline(value))

    def _is_inline(self, span: Span) -> bool:
        return self._text[self._offset(span.line, span.column)] in "[{"

    def _slice(self, span: Span) -> str:
        start, end = self._bounds(span)
        return self._text[start:end]

    def _bounds(self, span: Span) -> tuple[int, int]:
        return self._offset(span.line, span.column), self._offset(span.end_line, span.end_column)

    def _offset(self, line: int, column: int) -> int:
        return self._starts[line - 1] + column - 1

    def _line_end(self, line: int) -> int:
        """Return where the line after a line begins."""
        return self._starts[line] if line < len(self._starts) else len(self._text)


def _inline(value: Json) -> str:
    """Write a value in one line, as recordings are written, or as JSON where that would take several."""
    text = recording_text(Recording("r", "f", variables={"v": value}))
    written = text.partition("\nvariables:\n  v: ")[2].removesuffix("\n")
    return written if written and "\n" not in written else json.dumps(value)


def _wrapped(key: str, value: list[Json]) -> tuple[int, str]:
    """Write a list as recordings are written, over several lines if need be; and say at which column it begins."""
    head = f"  {key}: "
    text = recording_text(Recording("r", "f", expect={key: value}))
    return len(head), text.partition(f"\nexpect:\n{head}")[2].removesuffix("\n")
