"""What another version of a node's type has, lacks, and has otherwise; and what of it the node here would notice."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from flowengine.catalogue.catalogue import Catalogue, NodeVersion
from flowengine.core.values import same
from flowengine.lsp import schema_parts
from flowengine.lsp.draft import as_map, edges_of, inputs_of

_WORDS: Final = ("description", "examples", "ourReading", "required")
"""What may be otherwise in something that only has another name."""


def versions_of_type(version: NodeVersion | None, catalogue: Catalogue) -> list[dict[str, Any]]:
    """List the versions of a node's type."""
    if version is None:
        return []
    return [
        {
            "version": one.version,
            "recommended": one.version == one.recommended,
            "deprecated": one.spec.get("deprecated"),
        }
        for one in catalogue.load(version.name).versions.values()
    ]


def changes_of(version: NodeVersion | None, catalogue: Catalogue, node: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield what each other version of a type changes. ``lost``: what the node has that would not be taken then."""
    if version is None:
        return
    known = catalogue.load(version.name).versions
    here = known.get(version.version, version)
    for other in known.values():
        if other.version == here.version:
            continue
        changes = changes_between(here, other)
        lost = {
            "inputs": [name for name in changes["inputs"]["removed"] if name in inputs_of(node)],
            "outcomes": [name for name in changes["outcomes"]["removed"] if name in edges_of(node)],
        }
        yield {**changes, "lost": lost}


def changes_between(version: NodeVersion, other: NodeVersion) -> dict[str, Any]:
    """Return what ``other`` has and ``version`` has not, has no more, calls or has otherwise."""
    return {
        "from": version.version,
        "to": other.version,
        "inputs": _difference(_inputs(version), _inputs(other)),
        "outcomes": _difference(version.outcomes, other.outcomes),
        "outputs": _difference(_outputs(version), _outputs(other)),
    }


def _outputs(version: NodeVersion) -> Mapping[str, Any]:
    return as_map(version.spec.get("outputs"))


def _inputs(version: NodeVersion) -> Mapping[str, Any]:
    schema = version.spec.get("inputs", {})
    required = schema.get("required", [])
    properties = schema_parts.properties(schema_parts.parts_at(schema, (), None), schema)
    return {name: {**said, "required": name in required} for name, said in properties.items()}


def _difference(was: Mapping[str, Any], now: Mapping[str, Any]) -> dict[str, Any]:
    added = [name for name in now if name not in was]
    removed = [name for name in was if name not in now]
    renamed = [[old, new] for old, new in _renamed(was, now, removed, added)]
    changed = [name for name in now if name in was and not same(was[name], now[name])]
    return {
        "added": [name for name in added if name not in {new for _, new in renamed}],
        "removed": [name for name in removed if name not in {old for old, _ in renamed}],
        "changed": changed,
        "renamed": renamed,
        "details": {name: _detail(as_map(was[name]), as_map(now[name])) for name in changed},
    }


def _renamed(
    was: Mapping[str, Any], now: Mapping[str, Any], removed: list[str], added: list[str]
) -> Iterator[tuple[str, str]]:
    """Yield what is there under another name: said in the same words, or with the same label and shape."""
    for old in removed:
        alike = [new for new in added if _is_alike(as_map(was[old]), as_map(now[new]))]
        if len(alike) == 1:
            yield old, alike[0]


def _is_alike(old: Mapping[str, Any], new: Mapping[str, Any]) -> bool:
    if old.get("description") and old.get("description") == new.get("description"):
        return True
    shapes = [{key: value for key, value in one.items() if key not in _WORDS} for one in (old, new)]
    return bool(old.get("title")) and same(*shapes)


def _detail(was: Mapping[str, Any], now: Mapping[str, Any]) -> dict[str, Any]:
    before, after = was.get("enum", []), now.get("enum", [])
    said = [key for key in ("description", "x-expected") if was.get(key) != now.get(key)]
    return {
        "was": [was[key] for key in said if key in was],
        "now": [now[key] for key in said if key in now],
        "added": [one for one in after if one not in before],
        "removed": [one for one in before if one not in after],
        "required": now.get("required") if was.get("required") != now.get("required") else None,
        "type": now.get("type") if not same(was.get("type"), now.get("type")) else None,
    }
