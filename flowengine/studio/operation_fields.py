"""Reads what an operation says."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

from flowengine.core.answers import Json
from flowengine.errors import UsageError
from flowengine.findings import Span
from flowengine.flowfile.edits import Path
from flowengine.flowfile.yaml_tree import parse_yaml, to_value
from flowengine.lsp.draft import as_map

Operation: TypeAlias = Mapping[str, Any]


def given_text(one: Operation, key: str, known: Any = ()) -> str:
    """Return a text of an operation. Raises UsageError where it has none, or another than is known."""
    value = one.get(key)
    if not isinstance(value, str) or not value:
        raise UsageError(f"the operation {str(one.get('op'))[:40]!r} needs `{key}`, a text")
    if known and value not in known:
        raise UsageError(f"{value!r} is no `{key}`: expected one of {', '.join(known)}")
    return value


def given_path(one: Operation) -> Path:
    """Return the path of an operation. Raises UsageError."""
    path = one.get("path")
    if not isinstance(path, list) or not path or not all(_is_step(step) for step in path):
        raise UsageError("`path` is a list of keys and indexes, such as ['inputs', 'channel']")
    return tuple(path)


def given_yaml(text: Any) -> Json:
    """Read a value that was written as YAML. Raises UsageError, InvalidFile."""
    if not isinstance(text, str):
        raise UsageError("`yaml` is a text")
    return to_value(parse_yaml(text, ""))


def _is_step(step: Any) -> bool:
    return isinstance(step, str) or (isinstance(step, int) and not isinstance(step, bool) and step >= 0)


def given_edit(edit: Any) -> tuple[Span, str]:
    """Return a place of the text, and what is to stand there. Raises UsageError."""
    places = [as_map(edit).get(key) for key in ("line", "column", "endLine", "endColumn")]
    text = as_map(edit).get("text")
    numbers = [one for one in places if isinstance(one, int) and not isinstance(one, bool) and one > 0]
    if len(numbers) < len(places) or not isinstance(text, str):
        raise UsageError("an edit has `line`, `column`, `endLine` and `endColumn`, which count from 1, and `text`")
    span = Span(*numbers)
    if span[2:] < span[:2]:
        raise UsageError("an edit ends before it begins")
    return span, text
