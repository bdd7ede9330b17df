"""Where people have put nodes: in a file beside the flow, never in it.

The file is read as somebody else's: what is no place of a node is not there.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from flowengine import shipped
from flowengine.core.values import parse_json
from flowengine.errors import UsageError
from flowengine.flowfile.rewrite import rewrite
from flowengine.json_schema import JsonSchema
from flowengine.lsp.draft import as_map
from flowengine.picture.layout import Point
from flowengine.studio.graphs import corner_of

ENDING: Final = ".layout.json"
_MOST_BYTES: Final = 1024 * 1024
_MOST_NODES: Final = 10_000


def layout_file(flow: Path) -> Path:
    """Return the file that the places of a flow's nodes are in."""
    return flow.with_name(f"{flow.stem}{ENDING}")


def kept_positions(flow: Path) -> dict[str, Point]:
    """Return where people have put nodes; nothing where there is no such file, or none that can be read."""
    try:
        return _read(flow)[1]
    except UsageError:
        return {}


def keep_positions(flow: Path, changes: Mapping[str, Any]) -> dict[str, Point]:
    """Put nodes somewhere, or let go of them (None). Return all that are kept now. Raises UsageError.

    A node of a flow keeps its place in the file when the flow has it no more: it may come back.
    """
    source, kept = _read(flow)
    for name, value in changes.items():
        corner = corner_of(value)
        if value is not None and corner is None:
            raise UsageError(f"the position of {name[:60]!r} is none: expected numbers `x` and `y`, or null")
        if corner is None:
            kept.pop(name, None)
        else:
            kept[name] = corner
    if len(kept) > _MOST_NODES:
        raise UsageError(f"there are more than {_MOST_NODES:,} positions")
    _write(layout_file(flow), source, kept)
    return kept


def positions_json(kept: Mapping[str, Point]) -> dict[str, Any]:
    """Return places as JSON values."""
    return {name: {"x": _number(x), "y": _number(y)} for name, (x, y) in sorted(kept.items())}


def _read(flow: Path) -> tuple[bytes | None, dict[str, Point]]:
    path = layout_file(flow)
    if not Path(os.path.realpath(path)).is_relative_to(os.path.realpath(flow.parent)):
        raise UsageError(f"{path.name} leads out of the folder: remove the link")
    try:
        with path.open("rb") as file:
            source = file.read(_MOST_BYTES + 1)
    except FileNotFoundError:
        return None, {}
    except OSError as fault:
        raise UsageError(f"{path.name} cannot be read: {fault.strerror}") from None
    try:
        data = parse_json(source) if len(source) <= _MOST_BYTES else None
    except ValueError:
        data = None
    if not JsonSchema(shipped.schema("layout")).accepts(data):
        raise UsageError(f"{path.name} is no file of positions: repair or remove it")
    found = {name: corner_of(one) for name, one in as_map(as_map(data).get("nodes")).items()}
    return source, {name: corner for name, corner in found.items() if corner is not None}


def _write(path: Path, old: bytes | None, kept: Mapping[str, Point]) -> None:
    lines = [f"    {json.dumps(name)}: {json.dumps(one)}" for name, one in positions_json(kept).items()]
    new = ('{\n  "layout": 1,\n  "nodes": {\n' + ",\n".join(lines) + "\n  }\n}\n").encode()
    try:
        if old is None and kept:
            with path.open("xb") as file:
                file.write(new)
        elif old is not None and not kept:
            path.unlink(missing_ok=True)
        elif old is not None and old != new:
            rewrite(path, old, new)
    except OSError as fault:
        raise UsageError(f"{path.name} cannot be written: {fault.strerror}") from None


def _number(value: float) -> float:
    rounded = round(value, 1)
    return int(rounded) if rounded == int(rounded) else rounded
