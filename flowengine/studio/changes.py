"""Changes of a flow's text: each is made in its lines, read again, and refused where anything else came of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from flowengine.core.answers import Json
from flowengine.core.values import same
from flowengine.flowfile.edits import Path
from flowengine.flowfile.text_lines import CannotEdit, Edit, applied
from flowengine.studio.flow_text import NODES, FlowText, read_text
from flowengine.studio.values import at, with_value, without

TOP: Final = (
    "flow", "format", "title", "description", "trigger", "inputs", "outputs", "variables", "defaults", "start", NODES,
)  # fmt: skip
NODE: Final = (
    "type", "end", "title", "description", "authorization", "timeout", "retry", "inputs", "set", "edges",
)  # fmt: skip
"""In which order authors write keys."""

_EMPTIED: Final = ("inputs", "set", "edges", "retry", "variables", "defaults", "outputs")
"""What goes when the last thing in it went."""


class Put(NamedTuple):
    """Let there be a value at a path. ``order``: how keys beside it are ordered; ``after``: which node is above it."""

    path: Path
    value: Json
    order: Sequence[str] = ()
    after: str | None = None


class Drop(NamedTuple):
    """Let there be nothing at a path."""

    path: Path


def changed(now: FlowText, changes: Sequence[Put | Drop]) -> FlowText:
    """Make changes, no two of which are in the same map or list. Raises CannotEdit, Unwritable."""
    data: Json = dict(now.data)
    edits: list[Edit] = []
    for one in changes:
        if isinstance(one, Drop):
            path = _pruned(data, one.path)
            edits += now.source(path).drop(path)
            data = without(data, path)
        else:
            edits += _put(now, one)
            data = with_value(data, one.path, one.value)
    new = read_text(applied(now.text, edits))
    if new.is_readable < now.is_readable or not _alike(dict(new.data), data):
        where = ", ".join(".".join(map(str, one.path)) for one in changes)
        raise CannotEdit(f"{where} is written in a way that cannot be changed here: change it in the text")
    return new


def _alike(one: Json, other: Json) -> bool:
    """Compare as ``same`` does; what is the very same part, of a node that nothing has changed, is not looked into."""
    if one is other:
        return True
    if isinstance(one, dict) and isinstance(other, dict) and len(one) == len(other):
        return all(key in other and _alike(value, other[key]) for key, value in one.items())
    return same(one, other)


def _put(now: FlowText, put: Put) -> list[Edit]:
    is_there, _ = at(now.data, put.path[: 2 if put.path[0] == NODES else 1])
    if is_there:
        return _in_lines(
            now, put, now.source(put.path).put(put.path, put.value, put.order, spread=_is_list_of_maps(put.value))
        )
    if put.path[0] == NODES and len(put.path) > 1:
        return _put_node(now, put)
    key = str(put.path[0])
    above = [one for one in TOP[: TOP.index(key) if key in TOP else -1] if one in now.data]
    beside = above[-1] if above else next(iter(now.data), key)
    blank = any(now.blank_above((one,)) for one in now.data)
    is_map = isinstance(put.value, Mapping) or len(put.path) > 1
    return now.source((beside,)).put(put.path, put.value, TOP, blank=blank and is_map, spread=is_map)


def _is_list_of_maps(value: Json) -> bool:
    """Whether authors give each item a line of its own: conditions, rows."""
    return isinstance(value, list) and any(isinstance(one, dict) for one in value)


def _in_lines(now: FlowText, put: Put, edits: list[Edit]) -> list[Edit]:
    """Write what stands in braces below each other, where its line becomes too long."""
    source = now.source(put.path)
    around = source.braces(put.path)
    if around is None or not source.is_wide(around, applied(now.text, edits)):
        return edits
    _, value = at(with_value(dict(now.data), put.path, put.value), around)
    return source.rewrite(around, value)


def _put_node(now: FlowText, put: Put) -> list[Edit]:
    """Put a node behind its neighbour, else behind the last one that works, and an end behind all."""
    nodes, new = now.draft.nodes, str(put.path[1])
    is_end = isinstance(put.value, Mapping) and "end" in put.value
    last = (
        put.after
        if put.after in nodes
        else next((one for one in reversed([*nodes]) if is_end or not _ends(nodes[one])), None)
    )
    first = next(iter(nodes), None)
    beside = last if last is not None else first
    path: Path = (NODES, beside) if beside is not None else (NODES,)
    order = [str(beside), new] if last is not None else [new, str(beside)]
    blank = not (is_end and (beside is None or _ends(nodes[beside])))
    return now.source(path).put(put.path, put.value, order, blank=blank, spread=not is_end)


def _ends(node: Mapping[str, Json]) -> bool:
    return "end" in node


def _pruned(data: Json, path: Path) -> Path:
    """Return what goes when something does: with the last edge, `edges`."""
    while _holder(path) in _EMPTIED:
        _, holder = at(data, path[:-1])
        if not isinstance(holder, dict) or len(holder) > 1:
            break
        path = path[:-1]
    return path


def _holder(path: Path) -> str | int | None:
    """Return the key of the part of a node, of `defaults` or of the document that a path is in."""
    match path:
        case (key, _) | ("defaults", key, _) | ("nodes", _, key, _):
            return key
    return None
