"""What can be written where the cursor stands. Everything that is offered is right there; nothing is a guess."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final, NamedTuple

from flowengine.catalogue.catalogue import Catalogue
from flowengine.flowfile.scalars import plain_value
from flowengine.lsp import offers
from flowengine.lsp.called import calls
from flowengine.lsp.cursor import Cursor, cursors
from flowengine.lsp.draft import Draft, as_map, inputs_of, read_draft, version_of
from flowengine.lsp.flow_schema import flow_schema
from flowengine.lsp.offers import Item
from flowengine.lsp.positions import Point, span_on_line
from flowengine.lsp.reading import is_template, names_above, names_below, roots
from flowengine.lsp.sections import section_at
from flowengine.lsp.words import kind_of, texts_of

_NOT_NAME: Final = re.compile(r"[^\w-]", re.ASCII)
_PLAIN: Final = re.compile(r"[A-Za-z_][\w@./-]*(?: [\w@./-]+)*", re.ASCII)


class Around(NamedTuple):
    """What an answer depends on beside the cursor. ``authorizations`` are the names that the project binds."""

    draft: Draft
    catalogue: Catalogue
    authorizations: tuple[str, ...] = ()


def complete(text: str, point: Point, catalogue: Catalogue, authorizations: Iterable[str] = ()) -> list[Item]:
    """Return what can be written at a point of a text."""
    around = Around(read_draft(text), catalogue, tuple(authorizations))
    for cursor in cursors(text, point):
        found = list(_items(cursor, around))
        if found:
            line = _line(text, point)
            return [_placed(item, cursor, line) for item in found]
    return []


def _items(cursor: Cursor, around: Around) -> Iterator[Item]:
    if cursor.is_key:
        # A colon without a blank behind it is part of what is typed, and no key has one.
        yield from () if ":" in cursor.typed else _keys(cursor, around)
        return
    draft, catalogue = around.draft, around.catalogue
    above = names_above(cursor.typed) if is_template(cursor.path, draft, catalogue) else None
    if above is None:
        yield from _values(cursor, around)
        return
    names = names_below(above, draft, catalogue) if above else roots(cursor.path, draft)
    yield from (Item(name, "name", "", said, name) for name, said in names.items())


def _keys(cursor: Cursor, around: Around) -> Iterator[Item]:
    draft, given = around.draft, cursor.keys()
    match cursor.path:
        case ():
            yield from offers.schema_keys(flow_schema(), (), None, list(draft.data))
        case ("nodes",):
            missing = (name for name in dict.fromkeys(draft.targets()) if name not in draft.nodes)
            yield from (Item(name, "node", "an edge leads here") for name in missing)
        case ("nodes", str(name), "inputs"):
            node = _node(cursor, name, draft)
            yield from offers.inputs(version_of(around.catalogue, node), inputs_of(node), given)
        case ("nodes", str(name), "inputs", "values") if _is_set_variables(cursor, name, around):
            yield from offers.variables(draft, given)
        case ("nodes", str(name), "inputs", *deeper):
            version = version_of(around.catalogue, _node(cursor, name, draft))
            if version is not None:
                value = inputs_of(_node(cursor, name, draft))
                yield from offers.schema_keys(version.spec.get("inputs", {}), tuple(deeper), value, given)
        case ("nodes", _, "set"):
            yield from offers.variables(draft, given)
        case ("nodes", str(name), "edges"):
            node = _node(cursor, name, draft)
            yield from offers.outcomes(version_of(around.catalogue, node), inputs_of(node), given)
        case ("defaults", "edges"):
            yield from offers.default_outcomes(draft.nodes.values(), around.catalogue, given)
        case path:
            yield from offers.schema_keys(flow_schema(), path, cursor.data, given)


def _values(cursor: Cursor, around: Around) -> Iterator[Item]:
    draft = around.draft
    match cursor.path:
        case ("start",) | ("defaults", "edges", _) | ("nodes", _, "edges", _):
            yield from (Item(name, "node", kind_of(node), texts_of(node)) for name, node in draft.nodes.items())
        case ("nodes", _, "type"):
            yield from offers.types(cursor.typed, around.catalogue)
        case ("nodes", str(name), "retry", "on", int()):
            node = _node(cursor, name, draft)
            given = as_map(node.get("retry")).get("on")
            yield from offers.outcomes(version_of(around.catalogue, node), inputs_of(node), _others(given, cursor))
        case ("defaults", "retry", "on", int()):
            given = as_map(as_map(as_map(cursor.data).get("defaults")).get("retry")).get("on")
            yield from offers.default_outcomes(draft.nodes.values(), around.catalogue, _others(given, cursor))
        case ("defaults", "authorization") | ("nodes", _, "authorization"):
            used = [node.get("authorization") for node in (draft.defaults, *draft.nodes.values())]
            names = dict.fromkeys([*around.authorizations, *(one for one in used if isinstance(one, str))])
            yield from (Item(name, "value", "authorization") for name in names if name != cursor.text)
        case ("nodes", str(name), "inputs", "flow") if calls(around.catalogue, draft.nodes.get(name, {}).get("type")):
            yield from offers.flows(around.catalogue)
        case ("nodes", str(name), "inputs", *deeper):
            version = version_of(around.catalogue, _node(cursor, name, draft))
            schema = version.spec.get("inputs", {}) if version is not None else {}
            yield from offers.schema_values(schema, tuple(deeper), inputs_of(_node(cursor, name, draft)))
        case path:
            yield from offers.schema_values(flow_schema(), path, cursor.data)


def _node(cursor: Cursor, name: str, draft: Draft) -> Mapping[str, Any]:
    """Return a node as it is around the cursor; what stands behind may be in the draft only."""
    here = as_map(as_map(as_map(cursor.data).get("nodes")).get(name))
    return {**draft.nodes.get(name, {}), **here}


def _others(given: Any, cursor: Cursor) -> list[str]:
    listed = given if isinstance(given, list) else []
    return [one for index, one in enumerate(listed) if index != cursor.path[-1] and isinstance(one, str)]


def _is_set_variables(cursor: Cursor, name: str, around: Around) -> bool:
    version = version_of(around.catalogue, _node(cursor, name, around.draft))
    return version is not None and version.spec.get("handler") == "set-variables"


def _line(text: str, point: Point) -> str:
    section = section_at(text, point.line)
    return section.lines[point.line - section.line]


def _placed(item: Item, cursor: Cursor, line: str) -> Item:
    """Say what is replaced: the key or value under the cursor, or the last name of a reference."""
    column = cursor.point.column
    before, after = line[:column], line[column:]
    if item.text:
        start = len(_NOT_NAME.split(before)[-1])
        end = len(_NOT_NAME.split(after)[0])
        return item._replace(span=span_on_line(cursor.point.line, column - start, column + end))
    typed = cursor.typed if before.endswith(cursor.typed) else ""
    rest = cursor.rest if after.startswith(cursor.rest) else ""
    text = item.label if cursor.quoted else _scalar(item)
    if cursor.is_key and not cursor.quoted and not after[len(rest) :].lstrip().startswith(":"):
        text += ": "
    return item._replace(text=text, span=span_on_line(cursor.point.line, column - len(typed), column + len(rest)))


def _scalar(item: Item) -> str:
    """Return how a text is written: with quotes where it would be read as something else without."""
    if item.kind == "value" or (_PLAIN.fullmatch(item.label) and plain_value(item.label) == item.label):
        return item.label
    return json.dumps(item.label, ensure_ascii=False)
