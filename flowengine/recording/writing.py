"""Recordings as YAML text, in the form of those that are written by hand, and the same to the byte each time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from flowengine.core.answers import Json
from flowengine.core.values import as_text
from flowengine.flowfile.yaml_text import DEPTH, WIDTH, Unwritable, YamlWriter, refuse_deep
from flowengine.recording.format import Recording

__all__ = ["WIDTH", "Unwritable", "is_writable", "recording_text"]

_YAML: Final = YamlWriter()


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
    lines += _YAML.map_lines(head, "")
    for key, value in sections:
        if value:
            refuse_deep(value, DEPTH + 2)
            lines += ["", f"{key}:", *_YAML.map_lines(value, "  ")]
    return "\n".join(lines) + "\n"


def is_writable(value: Json) -> bool:
    """Whether a value can stand in a recording."""
    try:
        refuse_deep(value)
        _YAML.inline(value)
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
