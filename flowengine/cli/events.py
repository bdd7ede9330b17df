"""The event that a run is started with: from a file, from standard input, or written out as an argument."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Final

from flowengine.cli.findings import InvalidText
from flowengine.core.answers import Json
from flowengine.core.values import parse_json
from flowengine.errors import InvalidFile, UsageError
from flowengine.findings import Finding, Span
from flowengine.flowfile.yaml_source import DEFAULT_LIMITS, read_source, to_text
from flowengine.flowfile.yaml_tree import parse_yaml, to_value

NOT_JSON: Final = "FE801"
NOT_AN_EVENT: Final = "FE802"

_STANDARD_INPUT: Final = "<stdin>"


def read_event(written: str, option: str = "trigger") -> Json:
    """Read what ``--trigger``, or another ``option``, was given: ``-``, a JSON object, or a JSON or YAML file.

    JSON is what begins with ``{`` or is in a file called ``.json``; everything else is YAML. Raises InvalidFile.
    """
    if written == "-":
        if sys.stdin is None:
            raise UsageError(f"--{option} -: there is no standard input to read the event from")
        return _parse_unfiled(sys.stdin.buffer.read(DEFAULT_LIMITS.size + 1), _STANDARD_INPUT)
    if written.lstrip().startswith("{"):
        return _parse_unfiled(written, f"<{option}>")
    return _parse(read_source(Path(written)), written)


def _parse_unfiled(source: str | bytes, name: str) -> Json:
    try:
        return _parse(source, name)
    except InvalidFile as invalid:
        shown = source if isinstance(source, str) else source.decode(errors="replace")
        raise InvalidText(invalid.findings, shown) from None


def _parse(source: str | bytes, name: str) -> Json:
    text = to_text(source, name)
    is_json = name.lower().endswith(".json") or text.lstrip().startswith("{")
    event = _parse_json(text, name) if is_json else to_value(parse_yaml(text, name))
    if not isinstance(event, dict):
        message = f"an event is a map such as {{sms: {{message: hello}}}}; this is {_SORTS[type(event)]}"
        raise InvalidFile([Finding(NOT_AN_EVENT, message, name, Span(1, 1, 1, 1))])
    return event


def _parse_json(text: str, name: str) -> Json:
    try:
        return parse_json(text)
    except ValueError as fault:
        place = _place(text)
        message = f"the event is not JSON: {str(fault).partition(' at line ')[0] if place else fault}"
        raise InvalidFile([Finding(NOT_JSON, message, name, place)]) from None


def _place(text: str) -> Span | None:
    """Return where the text stops being JSON; what is JSON, but more than an event may hold, has no place."""
    try:
        json.loads(text)
    except json.JSONDecodeError as fault:
        return Span(fault.lineno, fault.colno, fault.lineno, fault.colno + 1)
    except RecursionError:
        return None
    return None


_SORTS: Final = {
    type(None): "null",
    bool: "true or false",
    int: "a number",
    float: "a number",
    str: "text",
    list: "a list",
}
