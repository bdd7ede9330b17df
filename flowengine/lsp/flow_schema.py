"""What the schema of flow files says about a place, but for what depends on node types: the catalogue knows those."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from flowengine import shipped


@cache
def flow_schema() -> Mapping[str, Any]:
    """Return the schema of flow files without its part for each node type."""
    schema = shipped.schema("flow")
    work = {key: part for key, part in schema["$defs"]["workNode"].items() if key != "allOf"}
    return {**schema, "$defs": {**schema["$defs"], "workNode": work, "nodeTypes": {}}}
