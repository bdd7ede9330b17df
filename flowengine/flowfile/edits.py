"""Changes values in the text of a YAML file: only the lines of what changes are written anew.

Comments, order, blank lines, and how everything else is written stay what they are. What is put into a block of lines
is written as one, what is put into braces stays in braces.
"""

from __future__ import annotations

import re
from collections.abc import Mapping as Map
from collections.abc import Sequence as Seq
from itertools import groupby
from typing import Final, TypeAlias

from flowengine.core.answers import Json
from flowengine.core.values import same
from flowengine.flowfile.text_lines import CannotEdit, Edit, Lines
from flowengine.flowfile.text_places import Places, is_nothing
from flowengine.flowfile.yaml_text import NESTED, WIDTH, YamlWriter, refuse_deep
from flowengine.flowfile.yaml_tree import Mapping, Scalar, Sequence, Tree, locate, to_value

Path: TypeAlias = tuple[str | int, ...]

_HEADER: Final = re.compile(r"[|>][-+0-9]*[ \t]*(#[^\r\n]*)?")
_YAML: Final = YamlWriter(by_hand=True)


class Source:
    """A text, and the tree of it or of a part of it.

    ``shift``: lines of the text above the first one of the tree; ``part``: the path of the one entry that it is about.
    """

    def __init__(self, lines: Lines, tree: Tree, shift: int = 0, part: Path = ()) -> None:
        self._lines = lines
        self._text = lines.text
        self._tree = tree
        self._shift = shift
        self._at = Places(lines, shift)
        self._part = part

    def put(
        self, path: Path, value: Json, order: Seq[str] = (), *, blank: bool = False, spread: bool = False
    ) -> list[Edit]:
        """Let there be a value at a path; maps on the way are made. Raises CannotEdit, Unwritable.

        A new key comes behind the last of those that stand before it in ``order``, one that is not in it comes last;
        ``blank``: with an empty line above it; ``spread``: never in one line.
        """
        refuse_deep(value)
        found = locate(self._tree, path)
        if found is not None:
            return self._become(path, found, value)
        depth = next(end for end in range(len(path) - 1, -1, -1) if locate(self._tree, path[:end]) is not None)
        holder = locate(self._tree, path[:depth])
        new = _nested(path[depth + 1 :], value)
        key = path[depth]
        if isinstance(holder, Mapping) and isinstance(key, str):
            return self._insert(path[:depth], holder, {key: new}, order, blank=blank, spread=spread)
        if isinstance(holder, Sequence) and key == len(holder.items):
            return self._become(path[:depth], holder, [*_list(holder), new])
        if holder is not None and is_nothing(holder):
            return self._write(path[:depth], holder, _nested((key,), new))
        raise CannotEdit(f"{_words(path[:depth])} has no place for {key!r}")

    def drop(self, path: Path) -> list[Edit]:
        """Let there be nothing at a path, where there is something. Raises CannotEdit."""
        found, holder = locate(self._tree, path), locate(self._tree, path[:-1])
        if not path or found is None or holder is None:
            raise CannotEdit(f"there is no {_words(path)}")
        if isinstance(holder, Sequence):
            return self._become(path[:-1], holder, [one for at, one in enumerate(_list(holder)) if at != path[-1]])
        if isinstance(holder, Mapping):
            return self._remove(path[:-1], holder, [str(path[-1])])
        raise CannotEdit(f"there is no {_words(path)}")

    def braces(self, path: Path) -> Path | None:
        """Return the path of the outermost braces or brackets around what is, or will be, at a path."""
        around = (path[:end] for end in range(1, len(path) + 1))
        return next(
            (one for one in around if (tree := locate(self._tree, one)) is not None and self._at.is_flow(tree)), None
        )

    def is_wide(self, path: Path, text: str) -> bool:
        """Whether the line of what stands in one at a path is too long in a text that has been made of this one."""
        tree = locate(self._tree, path)
        if tree is None or tree.span.line != tree.span.end_line:
            return False
        was, now = (Lines(one) if one is not self._text else self._lines for one in (self._text, text))
        number = tree.span.line + self._shift
        return len(_line(was, number)) <= NESTED < len(_line(now, number))

    def rewrite(self, path: Path, value: Json) -> list[Edit]:
        """Write a value anew, in the way that suits its length."""
        found = locate(self._tree, path)
        return self._write(path, _sure(found), value)

    def _become(self, path: Path, old: Tree, value: Json) -> list[Edit]:
        """Change as little as makes ``old`` the value."""
        if same(to_value(old), value):
            return []
        if isinstance(old, Mapping) and isinstance(value, dict) and value and old.entries:
            edits = self._map(path, old, value)
        elif isinstance(old, Sequence) and isinstance(value, list) and value and old.items:
            edits = self._list(path, old, value)
        else:
            edits = None
        return self._write(path, old, value) if edits is None else edits

    def _map(self, path: Path, old: Mapping, value: Map[str, Json]) -> list[Edit] | None:
        """Change keys one by one; None where it takes another way."""
        gone = [key.text for key, _ in old.entries if key.text not in value]
        new = {key: one for key, one in value.items() if old.find(key) is None}
        if len(gone) == len(old.entries):
            return None
        edits = [
            edit
            for key, one in old.entries
            if key.text in value
            for edit in self._become((*path, key.text), one, value[key.text])
        ]
        if self._at.is_flow(old) and (len(gone) > 1 or bool(edits) + bool(gone) + bool(new) > 1):
            return None
        if gone:
            edits += self._remove(path, old, gone)
        if new:
            edits += self._insert(path, Mapping([one for one in old.entries if one[0].text in value], old.span), new)
        return edits

    def _list(self, path: Path, old: Sequence, value: list[Json]) -> list[Edit] | None:
        """Change items one by one: those between what is alike at both ends. None where it takes another way."""
        spans = [one for one in map(self._at.item, old.items) if one is not None]
        is_flow = self._at.is_flow(old)
        if not is_flow and len(spans) < len(old.items):
            return None
        was = _list(old)
        most = min(len(was), len(value))
        head = next((at for at in range(most) if not same(was[at], value[at])), most)
        tail = next((at for at in range(most - head) if not same(was[-1 - at], value[-1 - at])), most - head)
        shared = most - head - tail
        edits = [
            edit for at in range(head, head + shared) for edit in self._become((*path, at), old.items[at], value[at])
        ]
        gone = old.items[head + shared : len(was) - tail]
        new = value[head + shared : len(value) - tail]
        if not gone and not new:
            return edits
        if is_flow:
            return None
        if gone:
            last = self._at.end_of(gone[-1])
            edits.append(self._cut(spans[head + shared][0], last))
        elif new:
            indent = spans[0][1]
            lines = [line for one in new for line in _YAML.lines(f"{indent}-", one, indent, compact=True)]
            edits.append(self._below(old.items[head + shared - 1], lines) if head + shared else self._above(old, lines))
        return edits

    def _insert(  # noqa: PLR0913 - how something new is written
        self,
        path: Path,
        holder: Mapping,
        new: Map[str, Json],
        order: Seq[str] = (),
        *,
        blank: bool = False,
        spread: bool = False,
    ) -> list[Edit]:
        """Put entries into a map that may be written in either way."""
        if self._at.is_flow(holder):
            return self._insert_in_braces(path, holder, new)
        edits, added = [], dict[int, list[str]]()
        indent = " " * (holder.entries[0][0].span.column - 1)
        for key, value in new.items():
            lines = _YAML.lines(f"{indent}{_YAML.key(key)}:", value, indent, spread=spread)
            added.setdefault(_place(key, holder, order), []).extend(lines)
        for place, lines in added.items():
            empty = [""] if blank else []
            if place:
                edits.append(self._below(holder.entries[place - 1][1], [*empty, *lines], holder.entries[place - 1][0]))
            else:
                at = self._at.index(holder.entries[0][0].span)
                edits.append(Edit(at, at, self._lines.newline.join([*lines, *empty, indent])[len(indent) :]))
        return edits

    def _insert_in_braces(self, path: Path, holder: Mapping, new: Map[str, Json]) -> list[Edit]:
        added = ", ".join(f"{_YAML.key(key)}: {_YAML.inline(value)}" for key, value in new.items())
        if not holder.entries:
            return self._write(path, holder, dict(new))
        key, value = holder.entries[-1]
        at = self._at.end_of(value, key)
        line = self._text[self._lines.start(at) : self._lines.end(at)]
        is_one_line = holder.span.line == holder.span.end_line
        if len(line) + len(added) + 2 > WIDTH and is_one_line and not self._is_inside_braces(path):
            return self._write(path, holder, {**_dict(holder), **new})
        return [Edit(at, at, f", {added}")]

    def _remove(self, path: Path, holder: Mapping, keys: Seq[str]) -> list[Edit]:
        left = [key for key, _ in holder.entries if key.text not in keys]
        if not left and path != self._part[:-1]:
            return self._write(path, holder, {})
        if not self._at.is_flow(holder):
            return self._remove_lines(holder, [key.text in keys for key, _ in holder.entries])
        if len(keys) > 1:
            return self._write(path, holder, {key.text: _dict(holder)[key.text] for key in left})
        at = next(at for at, (key, _) in enumerate(holder.entries) if key.text == keys[0])
        key, value = holder.entries[at]
        if at:
            before = holder.entries[at - 1]
            return [Edit(self._at.end_of(before[1], before[0]), self._at.end_of(value, key), "")]
        return [Edit(self._at.index(key.span), self._at.index(holder.entries[1][0].span), "")]

    def _remove_lines(self, holder: Mapping, gone: Seq[bool]) -> list[Edit]:
        edits = []
        for is_gone, run in groupby(range(len(gone)), key=gone.__getitem__):
            if not is_gone:
                continue
            first, *_, last = [*run] * 2
            key, value = holder.entries[last]
            start = self._at.index(holder.entries[first][0].span)
            if self._text[self._lines.start(start) : start].strip():  # behind a dash
                edits.append(Edit(start, self._at.index(holder.entries[last + 1][0].span), ""))
            else:
                edits.append(self._cut(self._lines.start(start), self._at.end_of(value, key)))
        return edits

    def _cut(self, start: int, last: int) -> Edit:
        """Take out lines from the one that begins at ``start`` to that of ``last``, and blank ones left double."""
        end = self._lines.after(last)
        before = self._lines.start(start - 1) if start else 0
        is_first = start == 0 or self._lines.is_blank(before) or self._text[before:start].rstrip().endswith(":")
        if is_first or end >= len(self._text):
            while self._lines.is_blank(end):
                end = self._lines.after(end)
        if end >= len(self._text):  # what is above becomes the end, with or without a break as before
            has_break = end > self._lines.end(last)
            while start and self._lines.is_blank(self._lines.start(start - 1)):
                start = self._lines.start(start - 1)
            if not has_break and start:
                start = self._lines.end(self._lines.start(start - 1))
        return Edit(start, end, "")

    def _write(self, path: Path, old: Tree, value: Json) -> list[Edit]:
        """Write a value anew, in the place of ``old``."""
        if not path:
            raise CannotEdit("the whole file would have to be written anew: change its text instead")
        if self._is_inside_braces(path[:-1]):
            return [Edit(*self._range(path, old), self._inline(path, old, value))]
        holder = locate(self._tree, path[:-1])
        if isinstance(holder, Mapping):
            key = next(key for key, one in holder.entries if one is old)
            start = self._at.colon(key)
            indent = " " * (key.span.column - 1)
            head = self._text[self._lines.start(start) : start]
            compact = False
        else:
            item = self._at.item(old)
            if item is None:
                return self._write(path[:-1], _sure(holder), _replaced(_list(holder), path[-1], value))
            start, indent = item[0] + len(item[1]) + 1, item[1]
            head, compact = self._text[item[0] : start], True
        kept = self._kept_quotes(old, value)
        new = [f"{head} {kept}"] if kept else _YAML.lines(head, value, indent, compact=compact)
        return [self._replacement(start, old, head, new)]

    def _replacement(self, start: int, old: Tree, head: str, new: list[str]) -> Edit:
        """Put lines behind a head that stays, with the comments that stood between."""
        end = start if is_nothing(old) else self._at.end_of(old)
        comments = []
        if not is_nothing(old):
            begun = self._at.index(old.span)
            between = self._text[start:begun].strip()
            header = _HEADER.match(self._text, begun) if isinstance(old, Scalar) and self._at.is_block(old) else None
            comments = [one for one in (between, header[1] if header else None) if one]
        if any("\n" in one or "\r" in one for one in comments):
            raise CannotEdit(f"line {old.span.line + self._shift}: comments stand in the way: change it in the text")
        behind = self._text[end : self._lines.end(end)]
        if len(new) > 1 and behind.strip():
            comments.append(behind.strip())
            end = self._lines.end(end)
        first = "  ".join([new[0][len(head) :], *comments])
        return Edit(start, end, self._lines.newline.join([first, *new[1:]]))

    def _inline(self, path: Path, old: Tree, value: Json) -> str:
        text = self._kept_quotes(old, value) or _YAML.inline(value)
        return f": {text}" if is_nothing(old) and isinstance(path[-1], str) else text

    def _range(self, path: Path, old: Tree) -> tuple[int, int]:
        if not is_nothing(old):
            return self._at.index(old.span), self._at.end_of(old)
        holder = locate(self._tree, path[:-1])
        if not isinstance(holder, Mapping):
            raise CannotEdit(f"{_words(path)} is written in a way that cannot be changed: change it in the text")
        key = next(key for key, one in holder.entries if one is old)
        return self._at.index(key.span, end=True), self._at.end_of(old, key)

    def _kept_quotes(self, old: Tree, value: Json) -> str | None:
        """Write a text with the quotes that the old one has; None where there are none, or they do not do."""
        if not isinstance(old, Scalar) or not old.text or not isinstance(value, str) or not value.isprintable():
            return None
        quote = self._text[self._at.index(old.span)] if old.quoted else ""
        if quote == "'":
            return "'" + value.replace("'", "''") + "'"
        if quote == '"':
            return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
        return None

    def _below(self, last: Tree, lines: Seq[str], key: Scalar | None = None) -> Edit:
        at = self._lines.end(self._at.end_of(last, key))
        return Edit(at, at, "".join(f"{self._lines.newline}{line}" for line in lines))

    def _above(self, holder: Sequence, lines: Seq[str]) -> Edit:
        at = self._lines.start(self._at.index(holder.items[0].span))
        return Edit(at, at, "".join(f"{line}{self._lines.newline}" for line in lines))

    def _is_inside_braces(self, path: Path) -> bool:
        around = (locate(self._tree, path[:end]) for end in range(len(path) + 1))
        return any(self._at.is_flow(one) for one in around if one is not None)


def _place(key: str, holder: Mapping, order: Seq[str]) -> int:
    """Return before which entry a new key comes."""
    if key not in order:
        return len(holder.entries)
    before = set(order[: order.index(key)])
    return max((at + 1 for at, (one, _) in enumerate(holder.entries) if one.text in before), default=0)


def _nested(path: Path, value: Json) -> Json:
    for key in reversed(path):
        if isinstance(key, int) and key:
            raise CannotEdit(f"there is no list with {key} items yet")
        value = [value] if isinstance(key, int) else {key: value}
    return value


def _line(lines: Lines, number: int) -> str:
    start = lines.index(number, 1)
    return lines.text[start : lines.end(start)]


def _words(path: Path) -> str:
    return ".".join(map(str, path)) or "the file"


def _list(tree: Tree | None) -> list[Json]:
    return [to_value(one) for one in tree.items] if isinstance(tree, Sequence) else []


def _dict(tree: Mapping) -> dict[str, Json]:
    return {key.text: to_value(value) for key, value in tree.entries}


def _sure(tree: Tree | None) -> Tree:
    if tree is None:
        raise CannotEdit("there is nothing to change")
    return tree


def _replaced(items: list[Json], at: str | int, value: Json) -> list[Json]:
    return [value if number == at else one for number, one in enumerate(items)]
