"""What can be done to a flow in its picture, each as a change of its text."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from itertools import count, pairwise
from typing import Any, Final

from flowengine.catalogue.catalogue import Catalogue, NodeVersion
from flowengine.check.names import find_version, literal_inputs
from flowengine.core.references import with_roots
from flowengine.core.values import same
from flowengine.errors import FlowError, InvalidFile, UsageError
from flowengine.findings import Span
from flowengine.flowfile.edits import Path
from flowengine.flowfile.text_lines import CannotEdit, Edit, applied
from flowengine.flowfile.yaml_text import YamlWriter, text_of
from flowengine.flowfile.yaml_tree import parse_yaml, to_value
from flowengine.lsp.draft import Draft, as_map, edges_of, inputs_of, version_of
from flowengine.lsp.positions import Point
from flowengine.lsp.rename import refuse_name, rename, rename_named
from flowengine.studio.changes import NODE, TOP, Drop, Put, changed
from flowengine.studio.flow_text import NODES, read_text
from flowengine.studio.operation_fields import Operation, given_edit, given_path, given_text, given_yaml
from flowengine.studio.outcomes import first_success, label_at, open_outcome
from flowengine.studio.scripts import renamed_in
from flowengine.studio.values import at, with_value

_LONGEST_LABEL: Final = 64
_YAML: Final = YamlWriter(by_hand=True)
_SCRIPTS: Final = "evaluate"
_ORDERS: Final[Mapping[str, Sequence[str]]] = {
    "trigger": ("channel", "event", "when", "order"),
    "defaults": ("authorization", "timeout", "retry", "edges"),
    "retry": ("attempts", "delay", "backoff", "on"),
    "variables": ("type", "default", "description"),
    "inputs": ("type", "default", "description"),
}
"""In which order authors write the keys of a part."""


class Refused(FlowError):
    """An operation that cannot be done; ``number`` counts from 0."""

    def __init__(self, message: str, number: int) -> None:
        super().__init__(message)
        self.number = number


class Editing:
    """A text under change. ``added`` are the ids of the nodes that were added."""

    def __init__(self, text: str, catalogue: Catalogue) -> None:
        self._now = read_text(text)
        self._catalogue = catalogue
        self.added: list[str] = []

    @property
    def text(self) -> str:
        """The text as it is now."""
        return self._now.text

    def do(self, operations: Sequence[Operation]) -> None:
        """Do all of them. Raises Refused at the first that cannot be done."""
        for number, one in enumerate(operations):
            try:
                _DOES[given_text(one, "op", _DOES)](self, one)
            except FlowError as fault:
                message = fault.findings[0].message if isinstance(fault, InvalidFile) else str(fault)
                raise Refused(message, number) from None

    def new(self, one: Operation) -> None:
        """Begin a flow, with one end."""
        if self._now.text.strip():
            raise UsageError("there is a flow in this text already: begin with an empty one")
        flow, title = given_text(one, "id"), one.get("title")
        lines = [f"flow: {text_of(flow)}", "format: 1"]
        lines += [f"title: {text_of(str(title))}"] if title else []
        self._now = read_text("\n".join([*lines, "", "start: done", "", "nodes:", "  done: {end: success}", ""]))

    def add_node(self, one: Operation) -> None:
        """Add a node that works: alone, behind an outcome, or in the middle of an edge."""
        version = self._version(given_text(one, "type"))
        self._add(one, version.pinned.partition("@")[0], {"type": version.pinned, **_title(one)}, version)

    def add_end(self, one: Operation) -> None:
        """Add an end."""
        end = given_text(one, "end", ("success", "error"))
        self._add(one, "done" if end == "success" else "failed", {"end": end, **_title(one)}, None)

    def duplicate(self, one: Operation) -> None:
        """Add a node that is written as another one, refers to itself where that does, and leads nowhere."""
        node = self._node(given_text(one, "node"))
        self._copy({node: self._draft.nodes[node]}, node)

    def paste(self, one: Operation) -> None:
        """Add nodes as some YAML has them, alone or below `nodes`: edges stay between them, references follow them."""
        try:
            written = as_map(to_value(parse_yaml(given_text(one, "text"), "")))
        except InvalidFile:
            written = {}
        found = as_map(written.get(NODES)) or written
        nodes = {name: value for name, value in found.items() if as_map(value) and ("type" in value or "end" in value)}
        if not nodes or len(nodes) < len(found):
            raise UsageError("what is pasted is no node: copy one of a picture, or the lines of one below `nodes`")
        self._copy(nodes, None)

    def remove(self, one: Operation) -> None:
        """Remove a node, and the edges that lead to it; the start goes on to the node behind it."""
        node = self._node(given_text(one, "node"))
        draft = self._draft
        left = [name for name in draft.nodes if name != node]
        if not left:
            raise UsageError(f"{node!r} is the last node of the flow, and stays: add another one first")
        changes: list[Put | Drop] = [Drop((NODES, node))]
        for path, edges in self._edge_maps():
            kept = {label: to for label, to in edges.items() if to != node}
            if path[:2] != (NODES, node) and len(kept) < len(edges):
                changes.append(Put(path, kept) if kept else Drop(path))
        if draft.data.get("start") == node:
            onward = (to for to in edges_of(draft.nodes[node]).values() if to in left)
            changes.append(Put(("start",), next(onward, left[0])))
        self._change(changes)

    def rename(self, one: Operation) -> None:
        """Call a node otherwise, everywhere."""
        node, to = self._node(given_text(one, "node")), given_text(one, "to")
        span = self._now.span(NODES, node, key=True)
        if span is None:
            raise CannotEdit(f"the place of {node!r} cannot be found: repair the text first")
        point = Point(span.line - 1, span.column - 1 + (span.end_column - span.column > len(node)))
        spans = rename(self._now.text, point, to, self._catalogue)
        self._apply([(place, to) for place in spans])

    def connect(self, one: Operation) -> None:
        """Let an outcome of a node, or of any node, lead to a node."""
        to, outcome = self._node(given_text(one, "to")), given_text(one, "outcome")
        path = self._edges_path(one.get("node"))
        if len(outcome) > _LONGEST_LABEL or outcome != outcome.strip():
            raise UsageError(f"{outcome!r} is no outcome: 1 to {_LONGEST_LABEL} characters without blanks around them")
        label = self._label_at(path, outcome) or outcome
        self._change([Put((*path, label), to, NODE if len(path) == 3 and not at(self._now.data, path)[0] else ())])  # noqa: PLR2004 - nodes, id, edges

    def disconnect(self, one: Operation) -> None:
        """Take the edge of an outcome away."""
        outcome, path = given_text(one, "outcome"), self._edges_path(one.get("node"))
        label = self._label_at(path, outcome)
        if label is None:
            everywhere = path[0] == NODES and self._label_at(("defaults", "edges"), outcome) is not None
            where = "; the one of `defaults` holds for every node" if everywhere else ""
            raise UsageError(f"{one.get('node') or 'defaults'} has no edge for {outcome!r}{where}")
        self._change([Drop((*path, label))])

    def set(self, one: Operation) -> None:
        """Write a value of a node, or of the flow; or take it away."""
        whole = self._whole_path(one)
        if one.get("remove"):
            self._change([Drop(whole)])
        else:
            value = given_yaml(one["yaml"]) if one.get("yaml") is not None else one.get("value")
            self._change([Put(whole, value, self._order(whole))])

    def rename_key(self, one: Operation) -> None:
        """Call a key of a map otherwise, where it stands: an edge, a header, an event that is waited for."""
        whole, to = self._whole_path(one), given_text(one, "to")
        there, holder = at(self._now.data, whole[:-1])
        old, span = whole[-1], self._now.span(*whole, key=True)
        if not there or not isinstance(holder, dict) or old not in holder or span is None:
            raise UsageError(f"there is no key {'.'.join(map(str, given_path(one)))}")
        if to == old:
            return
        if to in holder:
            raise UsageError(f"there is a {to!r} already: choose another name")
        renamed = {to if key == old else key: value for key, value in holder.items()}
        wanted = with_value(dict(self._now.data), whole[:-1], renamed)
        self._apply([(span, _YAML.key(to))])
        if not same(dict(self._now.data), wanted):
            raise CannotEdit(f"{old!r} is written in a way that cannot be changed here: change it in the text")

    def rename_variable(self, one: Operation) -> None:
        """Call a variable or an input otherwise, with every reference, and in the scripts that name it."""
        name, to = given_text(one, "name"), given_text(one, "to")
        if name not in self._draft.variables:
            raise UsageError(f"there is no variable {name!r}")
        if to != name:
            places = rename_named(self._now.text, name, to, self._catalogue)
            self._apply([(place, to) for place in places])
            self._rename_in_scripts(name, to)

    def _rename_in_scripts(self, name: str, to: str) -> None:
        for node, written in self._draft.nodes.items():
            version = version_of(self._catalogue, written)
            given = inputs_of(written)
            for key in literal_inputs(version) if version is not None and version.name == _SCRIPTS else ():
                script = given.get(key)
                if isinstance(script, str) and (new := renamed_in(script, name, to)) != script:
                    self._change([Put((NODES, node, "inputs", key), new)])

    def change_type(self, one: Operation) -> None:
        """Give a node another type or version; its inputs stay."""
        node = self._node(given_text(one, "node"))
        if "end" in self._draft.nodes[node]:
            raise UsageError(f"{node!r} is an end, and has no type: add a node instead")
        self._change([Put((NODES, node, "type"), self._version(given_text(one, "type")).pinned, NODE)])

    def set_start(self, one: Operation) -> None:
        """Let the flow begin at a node."""
        self._change([Put(("start",), self._node(given_text(one, "node")))])

    def apply(self, one: Operation) -> None:
        """Make changes of the text itself: those of a fix."""
        edits = one.get("edits")
        if not isinstance(edits, list):
            raise UsageError("`edits` is a list of places, each with its text")
        self._apply([given_edit(edit) for edit in edits])

    @property
    def _draft(self) -> Draft:
        return self._now.draft

    def _change(self, changes: Sequence[Put | Drop]) -> None:
        self._now = changed(self._now, changes)

    def _apply(self, places: Sequence[tuple[Span, str]]) -> None:
        lines = self._now.lines
        edits = [
            Edit(lines.index(span.line, span.column), lines.index(span.end_line, span.end_column), text)
            for span, text in sorted(places)
        ]
        if any(before.end > after.start for before, after in pairwise(edits)):
            raise UsageError("the edits overlap")
        self._now = read_text(applied(self._now.text, edits))

    def _add(self, one: Operation, name: str, value: dict[str, Any], version: NodeVersion | None) -> None:
        draft = self._draft
        node = one.get("id") or _free(name, draft)
        refuse_name(node, draft)
        after = as_map(one.get("after"))
        source = self._node(str(after["node"])) if after.get("node") is not None else None
        changes: list[Put | Drop] = []
        if source is not None:
            outcome = after.get("outcome") or open_outcome(draft, self._catalogue, source)
            path = self._edges_path(source)
            label = self._label_at(path, outcome) or outcome
            led = edges_of(draft.nodes[source]).get(label)
            onward = first_success(version, {}) if version is not None else None
            if led is not None and led in draft.nodes and onward is not None:
                value = {**value, "edges": {onward: led}}
            changes.append(Put((*path, label), node, () if at(self._now.data, path)[0] else NODE))
        self._change([Put((NODES, node), value, after=source)])
        if changes:
            self._change(changes)
        self.added.append(node)

    def _copy(self, nodes: Mapping[str, Mapping[str, Any]], after: str | None) -> None:
        names: dict[str, str] = {}
        for name in nodes:
            names[name] = _free(name, self._draft, {*names.values()})
            refuse_name(names[name], self._draft)
        for name, value in nodes.items():
            kept = {label: names[to] for label, to in edges_of(value).items() if to in names and len(nodes) > 1}
            copied = {key: with_roots(part, names) for key, part in value.items() if key != "edges"}
            self._change([Put((NODES, names[name]), {**copied, **({"edges": kept} if kept else {})}, after=after)])
            after = names[name] if "end" not in value else after
            self.added.append(names[name])

    def _version(self, written: str) -> NodeVersion:
        version = find_version(self._catalogue, written)
        if version is None:
            raise UsageError(f"there is no node type {written!r}: `flowengine nodes` lists them")
        return version

    def _node(self, name: str) -> str:
        if name not in self._draft.nodes:
            raise UsageError(f"there is no node {name!r}")
        return name

    def _whole_path(self, one: Operation) -> Path:
        """Return the path of an operation in the whole flow: it may be given as one in a node."""
        node = one.get("node")
        return (*((NODES, self._node(str(node))) if node is not None else ()), *given_path(one))

    def _edge_maps(self) -> Iterator[tuple[Path, dict[str, Any]]]:
        yield ("defaults", "edges"), as_map(self._draft.defaults.get("edges"))
        for name, node in self._draft.nodes.items():
            yield (NODES, name, "edges"), as_map(node.get("edges"))

    def _edges_path(self, node: Any) -> Path:
        if node is None:
            return ("defaults", "edges")
        if "end" in self._draft.nodes[self._node(str(node))]:
            raise UsageError(f"{node!r} is an end: nothing comes after it")
        return (NODES, str(node), "edges")

    def _label_at(self, path: Path, outcome: str) -> str | None:
        return label_at(self._draft, self._catalogue, path, outcome)

    def _order(self, path: Path) -> Sequence[str]:
        if len(path) == 1:
            return TOP
        if path[0] != NODES or path[-2] == "retry":
            return _ORDERS.get(_part(path), ())
        if path[0] == NODES and len(path) > 2:  # noqa: PLR2004 - nodes, id
            there, node = at(self._now.data, path[:2])
            if not there or not at(self._now.data, path[:3])[0]:
                return NODE
            version = version_of(self._catalogue, as_map(node))
            if path[2] == "inputs" and version is not None:
                return [*version.spec.get("inputs", {}).get("properties", {})]
        return ()


def _title(one: Operation) -> dict[str, Any]:
    return {"title": str(one["title"])} if one.get("title") else {}


def _part(path: Path) -> str:
    """Return the part of a flow that the last key of a path is a key of; nothing where people choose its name."""
    if path[-2] == "retry":
        return "retry"
    is_named = path[0] in ("variables", "inputs")
    return str(path[0]) if len(path) == 2 + is_named else ""


def _free(name: str, draft: Draft, also: Collection[str] = ()) -> str:
    """Return a name that no node or variable has: `search-3` where there are `search` and `search-2`."""
    taken = {*draft.nodes, *draft.variables, *also}
    if name not in taken:
        return name
    stem = re.sub(r"-\d+$", "", name)
    return next(one for one in (f"{stem}-{number}" for number in count(2)) if one not in taken)


_DOES: Final[Mapping[str, Callable[[Editing, Operation], None]]] = {
    "new": Editing.new,
    "add-node": Editing.add_node,
    "add-end": Editing.add_end,
    "duplicate": Editing.duplicate,
    "paste": Editing.paste,
    "remove": Editing.remove,
    "rename": Editing.rename,
    "connect": Editing.connect,
    "disconnect": Editing.disconnect,
    "set": Editing.set,
    "rename-key": Editing.rename_key,
    "rename-variable": Editing.rename_variable,
    "change-type": Editing.change_type,
    "set-start": Editing.set_start,
    "apply": Editing.apply,
}
