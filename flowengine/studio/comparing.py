"""Two versions of a flow as one picture: what is the same, added, removed and changed."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from flowengine.catalogue.catalogue import Catalogue
from flowengine.core.answers import Json
from flowengine.core.plan import Plan
from flowengine.core.values import as_text, same
from flowengine.lsp.draft import as_map
from flowengine.picture.graph import Line
from flowengine.studio.flow_text import BYTE_ORDER_MARK, NODES, FlowText, read_text
from flowengine.studio.graphs import Drawn, draw_up, edge_json, graph_json, layout_of, placed
from flowengine.studio.kept_runs import as_written

_SHORT: Final = 80


def compare(left: str, right: str, path: Path, catalogue: Catalogue) -> dict[str, Any] | None:
    """Compare two texts; None where neither has a node that can be read. Nodes stand where they stand on the right."""
    was, now = (read_text(one.removeprefix(BYTE_ORDER_MARK)) for one in (left, right))
    old, new = draw_up(was.data, path, catalogue), draw_up(now.data, path, catalogue)
    both = draw_up(_union(was, now), path, catalogue)
    if both is None:
        return None
    corners = placed(both, layout_of(new) if new is not None else None)
    graph = graph_json(now, both, corners, frozenset())
    for node in graph["nodes"]:
        node["state"] = _node_state(node["id"], was, now)
    graph["edges"] = list(_edges(old, new, graph["edges"]))
    return {
        **graph,
        "changes": list(_changes(was, now)),
        "left": {"title": was.data.get("title"), "problem": was.problem},
        "right": {"title": now.data.get("title"), "problem": now.problem},
    }


def merged(left: Plan, right: Plan, path: Path, catalogue: Catalogue) -> dict[str, Any] | None:
    """Put two versions of a flow that were walked into one picture; None where it cannot be drawn any more."""
    was, now = (json.dumps(as_written(plan.data)) for plan in (left, right))
    return compare(was, now, path, catalogue)


def _union(was: FlowText, now: FlowText) -> dict[str, Any]:
    """Return what is on the right, with the nodes that are only on the left."""
    mine, theirs = as_map(was.data.get(NODES)), as_map(now.data.get(NODES))
    base = now.data if theirs else was.data
    return {**base, NODES: {**theirs, **{name: node for name, node in mine.items() if name not in theirs}}}


def _node_state(name: str, was: FlowText, now: FlowText) -> str:
    old, new = was.draft.nodes, now.draft.nodes
    if name not in new:
        return "removed"
    if name not in old:
        return "added"
    return "same" if same(_without_edges(old[name]), _without_edges(new[name])) else "changed"


def _without_edges(node: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in node.items() if key != "edges"}


def _edges(old: Drawn | None, new: Drawn | None, both: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    left = {_key(one): one for one in (old.lines if old is not None else ())}
    right = {_key(one) for one in (new.lines if new is not None else ())}
    told = set()
    for edge in both:
        key = (edge["from"], edge["outcome"], edge["to"])
        if key in left or key in right:
            told.add(key)
            yield {**edge, "state": "removed" if key not in right else "same" if key in left else "added"}
    for key, one in left.items():
        if key not in told:
            yield {**edge_json(one, None), "points": None, "labelAt": None, "loops": False, "state": "removed"}


def _key(line: Line) -> tuple[str, str, str]:
    return line.source, line.outcome, line.target


def _changes(was: FlowText, now: FlowText) -> Iterator[dict[str, Any]]:
    """Yield what differs, in the order of the file; the edges of a node are for the picture, and are told, too."""
    for key in dict.fromkeys((*was.data, *now.data)):
        if key == NODES:
            continue
        for path, state, said in _differences(was.data.get(key), now.data.get(key), (key,)):
            yield {
                "what": "variable" if key == "variables" else "flow",
                "state": state,
                "node": None,
                "text": _said(path, said),
            }
    old, new = was.draft.nodes, now.draft.nodes
    for name in dict.fromkeys((*new, *old)):
        if name not in new or name not in old:
            state = "removed" if name not in new else "added"
            yield {"what": "node", "state": state, "node": name, "text": f"{name}: {state}"}
            continue
        for key in dict.fromkeys((*old[name], *new[name])):
            for path, state, said in _differences(old[name].get(key), new[name].get(key), (key,)):
                text = f"{name}: {_said(path, said)}"
                yield {"what": "edge" if key == "edges" else "node", "state": state, "node": name, "text": text}


def _differences(was: Json, now: Json, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], str, str]]:
    if same(was, now):
        return
    if isinstance(was, dict) and isinstance(now, dict):
        for key in dict.fromkeys((*was, *now)):
            yield from _differences(was.get(key), now.get(key), (*path, key))
    elif was is None:
        yield path, "added", f"{_shown(now)}"
    elif now is None:
        yield path, "removed", f"was {_shown(was)}"
    else:
        yield path, "changed", f"{_shown(was)} → {_shown(now)}"


def _said(path: tuple[str, ...], text: str) -> str:
    return f"{' '.join(path)}: {text}"


def _shown(value: Json) -> str:
    text = value if isinstance(value, str) else as_text(value)
    flat = " ".join(text.split())
    return flat if len(flat) <= _SHORT else f"{flat[: _SHORT - 1]}…"
