"""A flow as the picture that a browser draws: nodes with their places, and every edge of every node."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, Final, NamedTuple, TypeAlias

from flowengine.catalogue.catalogue import Catalogue, NodeVersion
from flowengine.check.names import authorization_of
from flowengine.core.outcomes import ON_INVALID_CHOICE
from flowengine.errors import InvalidFile
from flowengine.findings import Span
from flowengine.flowfile.syntax import Flow
from flowengine.flowfile.yaml_tree import Mapping as TreeMapping
from flowengine.lsp.draft import as_map, edges_of, inputs_of
from flowengine.picture.flow_picture import EVERY, START, Pieces, pieces
from flowengine.picture.graph import Graph, Line, graph_with, lines_of, versions_of
from flowengine.picture.layout import Box, Layout, Point, Route
from flowengine.picture.staying import stay
from flowengine.picture.svg import Arrow, Chip, place, size_of
from flowengine.studio.flow_text import NODES, FlowText

WAITS: Final = ("delay", "receive")
CALLS: Final = ("call-flow",)
_ROUTE: Final = ("points", "labelAt", "loops")
_MARGIN: Final = 24.0
_FAR: Final = 1e6
"""No place is further away: it comes from files and browsers."""


_MOST_ROUTES: Final = 20_000

_End: TypeAlias = tuple[str, str, str | None]
_Side: TypeAlias = tuple[str, Point, tuple[float, float]]
_Key: TypeAlias = tuple[_Side, _Side, tuple[Chip, ...]]


class Drawn(NamedTuple):
    """A flow as far as it can be drawn: what has not the right shape, and edges that lead nowhere, are left out."""

    flow: Flow
    versions: Mapping[str, NodeVersion | None]
    lines: list[Line]
    graph: Graph
    pieces: Pieces


def draw_up(data: Mapping[str, Any], path: Path, catalogue: Catalogue) -> Drawn | None:
    """Draw up what can be read of a flow; None where there is no node, or a node type that it uses is broken."""
    flow = _drawable(data, path)
    if flow is None:
        return None
    try:
        versions = versions_of(flow, catalogue)
    except InvalidFile:
        return None
    lines = list(lines_of(flow, versions))
    graph = graph_with(flow, versions, lines)
    return Drawn(flow, versions, lines, graph, pieces(graph))


def layout_of(drawn: Drawn) -> dict[str, Point]:
    """Return where the layout puts each card: that of ``flowengine show -o svg``."""
    return _laid_out(drawn.pieces).boxes


def placed(drawn: Drawn, known: Mapping[str, Point] | None) -> dict[str, Point]:
    """Return where each card is: where it is known, and for what is new in free room; without any, by the layout."""
    if known is None:
        return layout_of(drawn)
    boxes = [Box(card.id, *size_of(card)) for card in drawn.pieces.cards]
    links = ((arrow.source, arrow.target) for arrow in drawn.pieces.arrows)
    return stay(boxes, links, known)


def graph_json(text: FlowText, drawn: Drawn, corners: Mapping[str, Point], moved: frozenset[str]) -> dict[str, Any]:
    """Return the picture as JSON values; ``moved`` are the nodes that somebody has put where they are."""
    areas = {card.id: _area(corners[card.id], size_of(card)) for card in drawn.pieces.cards}
    routes = _routes(drawn.pieces, corners)
    start = drawn.flow.data["start"]
    nodes = [_node(name, text, drawn, areas[name], moved=name in moved) for name in drawn.flow.nodes]
    return {
        "start": start,
        "trigger": {
            "id": START,
            "lines": list(drawn.graph.trigger),
            **areas[START],
            **_route(routes, START, start, None),
        },
        "defaults": {"id": EVERY, **areas[EVERY]} if EVERY in areas else None,
        "nodes": nodes,
        "edges": list(_edges(text, drawn, routes)),
        "width": max(one["x"] + one["width"] for one in areas.values()) + _MARGIN,
        "height": max(one["y"] + one["height"] for one in areas.values()) + _MARGIN,
    }


def folded(graph: dict[str, Any]) -> dict[str, Any]:
    """Return a picture with the edges of ``defaults`` once, each with the nodes that it holds for.

    They are most of the edges of a large flow. Edges that are drawn as one line have its route once, at the first.
    """
    own: list[dict[str, Any]] = []
    shared: dict[tuple[Any, ...], dict[str, Any]] = {}
    seen: set[int] = set()
    for edge in graph["edges"]:
        if edge["default"]:
            key = (edge["outcome"], edge["label"], edge["to"], edge["kind"])
            shared.setdefault(key, {**edge, "from": []})["from"].append(edge["from"])
            continue
        route = edge["points"]
        if route is not None and id(route) in seen:
            edge = {key: value for key, value in edge.items() if key not in _ROUTE}  # noqa: PLW2901 - the same, shorter
        seen.add(id(route))
        own.append(edge)
    return {**graph, "edges": own, "defaultEdges": [*shared.values()]}


def corner_of(value: Any) -> Point | None:
    """Read a place that a file or a browser says; None where it is none."""
    found = [as_map(value).get(key) for key in ("x", "y")]
    x, y = (one if isinstance(one, int | float) and not isinstance(one, bool) else None for one in found)
    if x is None or y is None or not abs(x) <= _FAR or not abs(y) <= _FAR:
        return None
    return float(x), float(y)


def kind_of(node: Mapping[str, Any]) -> str:
    """Return what kind of node it is: work, wait, call, branch or end."""
    name = str(node.get("type", "")).partition("@")[0]
    if "end" in node:
        return "end"
    return "branch" if name == "branch" else "wait" if name in WAITS else "call" if name in CALLS else "work"


@lru_cache(maxsize=32)
def _laid_out(parts: Pieces) -> Layout:
    layout = place(*parts)
    sizes = {card.id: size_of(card) for card in parts.cards}
    for arrow, route in zip(parts.arrows, layout.routes, strict=True):
        _ROUTES[_key(arrow, layout.boxes, sizes)] = _route_json(route)
    while len(_ROUTES) > _MOST_ROUTES:
        del _ROUTES[next(iter(_ROUTES))]
    return layout


_ROUTES: Final[dict[_Key, Mapping[str, Any]]] = {}
"""Routes that a layout has found, by what they lead from and to: they hold as long as both ends stay where they are."""


def _key(arrow: Arrow, corners: Mapping[str, Point], sizes: Mapping[str, tuple[float, float]]) -> _Key:
    ends = (arrow.source, corners[arrow.source], sizes[arrow.source])
    return ends, (arrow.target, corners[arrow.target], sizes[arrow.target]), arrow.chips


def _route_json(route: Route) -> dict[str, Any]:
    return {
        "points": [[round(x, 1), round(y, 1)] for x, y in route.points],
        "labelAt": [round(one, 1) for one in route.label],
        "loops": route.loops,
    }


def _routes(parts: Pieces, corners: Mapping[str, Point]) -> dict[_End, Mapping[str, Any]]:
    """Return the routes of edges whose ends are where a layout has put them, by source, target and label."""
    sizes = {card.id: size_of(card) for card in parts.cards}
    found: dict[_End, Mapping[str, Any]] = {}
    for arrow in parts.arrows:
        route = _ROUTES.get(_key(arrow, corners, sizes))
        if route is not None:
            labels: list[str | None] = [chip.text for chip in arrow.chips] or [None]
            found |= {(arrow.source, arrow.target, label): route for label in labels}
    return found


def _drawable(data: Mapping[str, Any], path: Path) -> Flow | None:
    nodes = as_map(data.get(NODES))
    if not nodes:
        return None
    known = {name: _node_data(as_map(one), nodes) for name, one in nodes.items()}
    defaults = as_map(data.get("defaults"))
    trigger = as_map(data.get("trigger"))
    start, flow, title = data.get("start"), data.get("flow"), data.get("title")
    clean: dict[str, Any] = {
        "flow": flow if isinstance(flow, str) else "",
        "start": start if isinstance(start, str) and start in nodes else next(iter(nodes)),
        "defaults": {**_texts(defaults, "authorization"), "edges": _targets(defaults, nodes)},
        NODES: known,
    }
    clean |= {"title": title} if isinstance(title, str) else {}
    if isinstance(trigger.get("channel"), str) and isinstance(trigger.get("event"), str):
        clean["trigger"] = trigger
    return Flow(path, TreeMapping([], Span(1, 1, 1, 1)), clean)


def _node_data(node: Mapping[str, Any], nodes: Mapping[str, Any]) -> dict[str, Any]:
    said = _texts(node, "title", "description", "authorization")
    if node.get("end") in {"success", "error"} and "type" not in node:
        return {"end": node["end"], **said}
    written = node.get("type")
    return {
        "type": written if isinstance(written, str) and written else "?",
        "inputs": inputs_of(node),
        "edges": _targets(node, nodes),
        **said,
    }


def _texts(holder: Mapping[str, Any], *keys: str) -> dict[str, str]:
    return {key: holder[key] for key in keys if isinstance(holder.get(key), str)}


def _targets(holder: Mapping[str, Any], nodes: Mapping[str, Any]) -> dict[str, str]:
    return {label: to for label, to in edges_of(holder).items() if to in nodes}


def _area(corner: Point, size: tuple[float, float]) -> dict[str, float]:
    return {
        "x": round(corner[0], 1),
        "y": round(corner[1], 1),
        "width": round(size[0], 1),
        "height": round(size[1], 1),
    }


def _node(name: str, text: FlowText, drawn: Drawn, area: Mapping[str, float], *, moved: bool) -> dict[str, Any]:
    node, version = drawn.flow.nodes[name], drawn.versions[name]
    written, _, number = str(node.get("type", "")).partition("@")
    key, value = text.span(NODES, name, key=True), text.span(NODES, name)
    return {
        "id": name,
        "kind": kind_of(node),
        "type": None if written in {"", "?"} else written,
        "version": version.version if version is not None else number or None,
        "pinned": bool(number),
        "recommended": version.recommended if version is not None else None,
        "deprecated": bool(version.spec.get("deprecated")) if version is not None else False,
        "title": node.get("title"),
        "description": node.get("description"),
        "integration": version.integration if version is not None else None,
        "authorization": _authorization(node, version, drawn.flow),
        "end": node.get("end"),
        "flow": _called(node),
        "line": key.line if key is not None else None,
        "endLine": value.end_line if value is not None else None,
        **area,
        "moved": moved,
    }


def _called(node: Mapping[str, Any]) -> str | None:
    """Return the flow that a node calls."""
    flow = node.get("inputs", {}).get("flow") if kind_of(node) == "call" else None
    return flow if isinstance(flow, str) else None


def _authorization(node: Mapping[str, Any], version: NodeVersion | None, flow: Flow) -> str | None:
    if version is None:
        own: str | None = node.get("authorization")
        return own
    return authorization_of(node, version, flow.defaults)


def _edges(text: FlowText, drawn: Drawn, routes: Mapping[_End, Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
    shared = text.lines_below("defaults", "edges")
    own = {name: text.lines_below(NODES, name, "edges") for name in drawn.flow.nodes}
    for one in drawn.lines:
        if one.default:
            yield edge_json(one, shared.get(one.label))
        else:
            edge = edge_json(one, own[one.source].get(one.label))
            edge.update(_route(routes, one.source, one.target, one.label))
            yield edge


def _route(routes: Mapping[_End, Mapping[str, Any]], source: str, target: str, label: str | None) -> Mapping[str, Any]:
    found = routes.get((source, target, label))
    return {"points": None, "labelAt": None, "loops": source == target} if found is None else found


def edge_json(line: Line, number: int | None) -> dict[str, Any]:
    """Return an edge as JSON values; ``number`` is the line of the file that it stands in."""
    return {
        "from": line.source,
        "outcome": line.outcome,
        "label": line.label,
        "to": line.target,
        "kind": "fall-through" if line.outcome == ON_INVALID_CHOICE else line.kind,
        "default": line.default,
        "line": number,
    }
