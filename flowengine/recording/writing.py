"""Recordings as YAML text, in the form of those that are written by hand, and the same to the byte each time.

What is written reads back as what it was. A text is quoted wherever any reader of YAML could take it for something
else: phone numbers, times, ``on``, ``null``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, Final

from flowengine.core.answers import Json
from flowengine.core.values import as_text
from flowengine.errors import FlowError
from flowengine.flowfile.scalars import plain_value
from flowengine.flowfile.yaml_source import DEFAULT_LIMITS
from flowengine.recording.format import Recording

WIDTH: Final = 120
"""Columns; what fits into a line is written into one."""

_NESTED: Final = 100
"""The same for what has other values inside: it is read less easily."""

_DEPTH: Final = DEFAULT_LIMITS.depth - 5
"""Collections inside of one answer, or of one value: a few are around it."""

_LONGEST_KEY: Final = 1000
"""A reader looks no further for the colon behind a key."""

_PLAIN: Final = re.compile(r"[^\W\d_][\w /<>()='.;!?+*$%&@^~|-]*[\w/>().;!?$%]|[^\W\d_]|[</_][\w /<>().=-]*[\w/>]")
_WORDS: Final = frozenset({"true", "false", "null", "yes", "no", "on", "off", "y", "n"})


class Unwritable(FlowError):
    """A value that a YAML file of ours cannot hold: a number that would read back as text, or one nested too deeply."""


def recording_text(
    recording: Recording, *, title: str = "", description: str = "", digest: str = "", schema: str = ""
) -> str:
    """Return the text of a recording file. Raises Unwritable.

    ``title``, ``description`` and ``digest`` (of the plan) go into the file, too; ``schema`` is the path or address of
    ``recording.schema.json``, for editors. An answer whose body YAML cannot hold is written as raw text.
    """
    head: dict[str, Json] = {"recording": recording.name, "flow": recording.flow}
    head |= {key: text for key, text in (("title", title), ("description", description), ("digest", digest)) if text}
    responses = {node: [_answer(one) for one in entries] for node, entries in recording.responses.items()}
    if recording.run:
        head["run"] = recording.run
    sections: list[tuple[str, Any]] = [
        ("trigger", recording.trigger),
        ("variables", recording.variables),
        ("responses", responses),
        ("expect", recording.expect),
    ]
    lines = [f"# yaml-language-server: $schema={schema}"] if schema else []
    lines += _map_lines(head, "")
    for key, value in sections:
        if value:
            _refuse_deep(value, _DEPTH + 2)
            lines += ["", f"{key}:", *_map_lines(value, "  ")]
    return "\n".join(lines) + "\n"


def is_writable(value: Json) -> bool:
    """Whether a value can stand in a recording."""
    try:
        _refuse_deep(value, _DEPTH)
        _inline(value)
    except Unwritable:
        return False
    return True


def _answer(entry: Mapping[str, Any]) -> Mapping[str, Any]:
    """Write the body of an answer as text where YAML cannot hold it: it is read as a live one would be."""
    if "body" not in entry:
        return entry
    if is_writable(entry["body"]):
        return entry
    return {**{key: value for key, value in entry.items() if key != "body"}, "text": as_text(entry["body"])}


def _map_lines(value: Mapping[str, Json], indent: str) -> list[str]:
    lines = []
    for key, inner in value.items():
        name = _text(key)
        if len(name) > _LONGEST_KEY:
            lines += [f"{indent}? {name}", *_lines(f"{indent}:", inner, indent, compact=True)]
        else:
            lines += _lines(f"{indent}{name}:", inner, indent)
    return lines


def _lines(head: str, value: Json, indent: str, *, compact: bool = False) -> list[str]:
    """Write a value behind ``head``: in its line where it fits, else below; ``compact``: begun in its line."""
    line = f"{head} {_inline(value)}"
    if not isinstance(value, dict | list) or not value:
        return [line]
    is_nested = any(isinstance(one, dict | list) for one in (value.values() if isinstance(value, dict) else value))
    if len(line) <= (_NESTED if is_nested else WIDTH):
        return [line]
    if isinstance(value, list) and not is_nested:
        return _wrapped(head, value)
    inner = indent + "  "
    below = _map_lines(value, inner) if isinstance(value, dict) else _list_lines(value, inner)
    return [f"{head} {below[0][len(inner) :]}", *below[1:]] if compact else [head, *below]


def _list_lines(items: list[Json], indent: str) -> list[str]:
    return [line for one in items for line in _lines(f"{indent}-", one, indent, compact=True)]


def _wrapped(head: str, items: list[Json]) -> list[str]:
    """Write a list of texts and numbers over several lines."""
    start = f"{head} ["
    lines, line = [], start
    for number, one in enumerate(items):
        piece = _inline(one) + ("]" if number == len(items) - 1 else ",")
        if line.strip() and line != start and len(line) + len(piece) > WIDTH:
            lines.append(line.rstrip())
            line = " " * len(start)
        line += piece + " "
    return [*lines, line.rstrip()]


def _inline(value: Json) -> str:
    """Write a value in one line."""
    if isinstance(value, dict):
        return f"{{{', '.join(f'{_text(key)}: {_inline(inner)}' for key, inner in value.items())}}}"
    if isinstance(value, list):
        return f"[{', '.join(map(_inline, value))}]"
    return _text(value) if isinstance(value, str) else _number(value)


def _number(value: float | bool | None) -> str:  # noqa: FBT001 - a JSON value
    text = json.dumps(value)
    read = plain_value(text)
    if isinstance(read, str):
        raise Unwritable(f"{text} would read back as text from a YAML file; a number has at most 16 digits")
    return text


def _text(text: str) -> str:
    if len(text) > DEFAULT_LIMITS.scalar:
        raise Unwritable(f"a text of {len(text):,} characters is longer than a YAML file of ours may hold")
    if _PLAIN.fullmatch(text) and text.lower() not in _WORDS and text.isprintable():
        return text
    if '"' in text and "\\" not in text and "'" not in text and text.isprintable():
        return f"'{text}'"
    return "".join(map(_escaped, json.dumps(text, ensure_ascii=False)))


def _escaped(character: str) -> str:
    if character.isprintable():
        return character
    return f"\\u{ord(character):04x}" if ord(character) <= 0xFFFF else f"\\U{ord(character):08x}"  # noqa: PLR2004


def _refuse_deep(value: Json, most: int) -> None:
    if isinstance(value, dict | list):
        if not most:
            raise Unwritable(f"a value is nested deeper than the {_DEPTH} levels that a YAML file of ours may have")
        for inner in value.values() if isinstance(value, dict) else value:
            _refuse_deep(inner, most - 1)
