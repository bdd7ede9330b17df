"""From a manifest's text to its versions, each whole: what ``extends`` leaves out is filled in."""

from __future__ import annotations

from typing import Any, Final


class ExtendsCycle(ValueError):
    """Versions extend each other in a circle, or one that does not exist."""


def merged_versions(manifest: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return every version with what it extends merged in.

    Maps merge deeply, lists and scalars replace, null deletes a key. The answers of an example are data: they replace
    those of the extended version whole, and a null in them stays one. Raises ExtendsCycle.
    """
    versions = manifest["versions"]
    return {number: _merged(versions, number, ()) for number in versions}


def _merged(versions: dict[str, Any], number: str, on_the_way: tuple[str, ...]) -> dict[str, Any]:
    if number in on_the_way:
        raise ExtendsCycle(f"version {number} extends itself, by way of {' -> '.join(on_the_way)}")
    if number not in versions:
        raise ExtendsCycle(f"version {on_the_way[-1]} extends {number}, which does not exist")
    own = {key: value for key, value in versions[number].items() if key != "extends"}
    parent = versions[number].get("extends")
    inherited = _merged(versions, parent, (*on_the_way, number)) if parent is not None else {}
    # What one version is recommended or deprecated for says nothing about another.
    for key in ("recommended", "deprecated"):
        inherited.pop(key, None)
    return merge(inherited, own, data=_DATA)


_DATA: Final[dict[str, Any]] = {"example": {"responses": {"*": None}, "callbacks": {"*": None}}}
"""Where a version holds data; ``*`` stands for every key."""


def merge(base: dict[str, Any], change: dict[str, Any], data: dict[str, Any] | None = None) -> dict[str, Any]:
    """Merge ``change`` over ``base`` into a new map; ``data`` says below which keys nothing is merged."""
    merged = dict(base)
    for key, value in change.items():
        within = (data or {}).get(key, (data or {}).get("*", _MERGED))
        if value is None:
            merged.pop(key, None)
        elif within is None:
            merged[key] = value
        elif isinstance(value, dict):
            below = merged.get(key)
            merged[key] = merge(below if isinstance(below, dict) else {}, value, within)
        else:
            merged[key] = value
    return merged


_MERGED: Final[dict[str, Any]] = {}
