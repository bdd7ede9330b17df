"""Documents that have the shape of a format, or nearly, with odd values in them, and how they are written."""

from __future__ import annotations

import json
from collections.abc import Callable
from random import Random
from typing import Any, Final

from fuzz_words import KEYS, SCALARS, TYPES

FLOW: Final = "flow"
PROJECT: Final = "project"
RECORDING: Final = "recording"
MANIFEST: Final = "manifest"
KINDS: Final = (FLOW, PROJECT, RECORDING, MANIFEST)

_LABELS: Final = [
    *["onError", "onTimeout", "onSuccess", "onInvalidData", "conversationActive", "Row", "yes"],
    "None of the above",
]
_OPERATORS: Final = [
    "equals",
    "notEquals",
    "contains",
    "in",
    "notIn",
    "regex",
    "greaterThan",
    "atMost",
    "exists",
    "endsWith",
]


def document_of(random: Random, kind: str) -> dict[str, object]:
    """Return a document; what is in it has the right shape most of the time."""
    document = _MAKERS[kind](random)
    for _ in range(random.choice([0, 0, 0, 1, 3])):
        _spoil(random, document)
    return document


def written(random: Random, document: object) -> str:
    """Write a document, as JSON or in block style."""
    if random.random() < 0.5:
        return json.dumps(document, ensure_ascii=random.random() < 0.5)
    return "\n".join(_block(random, document, "")) + "\n"


def places(value: Any) -> list[tuple[Any, Any]]:
    """Return every place in a document, as its holder and the key or index in it."""
    keys = list(value) if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else []
    return [place for key in keys for place in ((value, key), *places(value[key]))]


def scalar(random: Random) -> object:
    """Return a single value."""
    if random.random() < 0.2:
        return random.choice([None, True, False, 0, -1, 3, 2.5, 2**53, 2**70, [], {}, [1], {"a": 1}])
    return random.choice(SCALARS)


def _value(random: Random, depth: int = 2) -> object:
    chance = random.random()
    if depth and chance < 0.15:
        return {random.choice(KEYS): _value(random, depth - 1) for _ in range(random.randint(0, 3))}
    if depth and chance < 0.25:
        return [_value(random, depth - 1) for _ in range(random.randint(0, 3))]
    return scalar(random)


def _label(random: Random) -> str:
    return random.choice(_LABELS) if random.random() < 0.9 else str(random.choice(SCALARS))


def _condition(random: Random) -> object:
    one = {"value": scalar(random), random.choice(_OPERATORS): _value(random, 1)}
    if random.random() < 0.05:
        return random.choice([{"all": one}, {"any": {"all": [one]}}, _value(random)])
    return random.choice([one, [one, one], {"any": [one]}])


def _inputs(random: Random, written: str) -> object:
    """Return inputs as the node type wants them, with odd values."""
    kind = written.partition("@")[0]
    value = _value
    made: dict[str, object] = {
        "branch": {"rows": [{"name": _label(random), "when": _condition(random)} for _ in range(random.randint(0, 3))]},
        "evaluate": {"script": random.choice([*SCALARS, "a = b; a"]), "branches": {"yes": value(random), "no": 1}},
        "set-variables": {"values": {"a": value(random), "b": value(random)}},
        "delay": {"duration": random.choice(["1s", "10ms", scalar(random)])},
        "data-parser": {
            "format": random.choice(["json", "xml"]),
            "source": value(random),
            "extract": {"x": scalar(random)},
        },
        "http-request": {"method": "POST", "url": scalar(random), "headers": {"X": scalar(random)}},
    }
    inputs = made.get(kind, {"channel": "sms", "businessNumber": value(random), "customerNumber": scalar(random)})
    return inputs if random.random() < 0.9 else value(random)


def _flow(random: Random) -> dict[str, object]:
    names = random.sample(["start", "a", "b", "c", "d", "x-y", "_"], random.randint(1, 5))
    targets = [*names, "done", "failed"]
    nodes: dict[str, object] = {"done": {"end": "success"}, "failed": {"end": "error"}}
    for name in names:
        written = random.choice(TYPES)
        node: dict[str, object] = {"type": written, "inputs": _inputs(random, written)}
        node["edges"] = {_label(random): random.choice(targets) for _ in range(random.randint(0, 6))}
        if random.random() < 0.4:
            node["set"] = {
                random.choice("abc"): random.choice([_value(random), f"$({random.choice(targets)}.outcome)"])
            }
        if random.random() < 0.2:
            node["retry"] = {"attempts": random.choice([1, 3, 99]), "on": [_label(random)], "delay": "1s"}
        nodes[name] = node
    return {
        "flow": "fuzzed",
        "trigger": {"channel": "sms", "event": "incoming-message", "when": [{"value": scalar(random), "equals": 1}]},
        "variables": {
            "a": scalar(random),
            "b": {"type": "string"},
            "c": {"type": "integer", "default": scalar(random)},
        },
        "defaults": {"edges": {_label(random): random.choice(targets), "onError": "failed"}, "timeout": "10s"},
        "start": names[0],
        "nodes": nodes,
    }


def _project(random: Random) -> dict[str, object]:
    live = {
        "integrations": {"webex-engage": {"baseUrl": scalar(random), "timeout": random.choice(["1s", scalar(random)])}},
        "authorizations": {"engage": scalar(random)},
        "egress": {"allow": [scalar(random)]},
    }
    return {
        "nodes": [scalar(random)],
        "default": random.choice(["live", "sandbox", "x"]),
        "environments": {"live": live},
    }


def _recording(random: Random) -> dict[str, object]:
    answers = [{"status": 200, "body": _value(random)}, {"timeout": True}, {"error": "x"}, {"outcome": _label(random)}]
    return {
        "recording": "r",
        "flow": "fuzzed",
        "trigger": {"sms": _value(random)},
        "variables": {"a": _value(random)},
        "responses": {name: [random.choice([*answers, _value(random)])] for name in ("start", "a", "b")},
        "expect": {"result": random.choice(["success", "error", scalar(random)]), "path": ["start"]},
    }


def _manifest(random: Random) -> dict[str, object]:
    schema = {
        "type": "object",
        "properties": {"a": {random.choice(["type", "pattern", "$ref", "enum", "items", "allOf"]): _value(random)}},
        random.choice(["required", "additionalProperties", "allOf", "if", "minProperties"]): _value(random),
    }
    path = random.choice(["$.a", "$.b[0]", scalar(random)])
    version: dict[str, object] = {
        "inputs": random.choice([schema, _value(random)]),
        "outcomes": {_label(random): {"kind": random.choice(["success", "error"]), "aliases": [_label(random)]}},
        "outputs": {"x": {"path": path, "aliases": [scalar(random)]}},
        "responses": [{"when": {"status": random.choice([200, "2xx", [404, "5xx"], scalar(random)]),
                                "body": {str(path): _value(random)}}, "outcome": _label(random)}],
    }  # fmt: skip
    work = {"method": "POST", "path": "/x/" + str(scalar(random)), "json": _value(random)}
    version["handler" if random.random() < 0.3 else "request"] = random.choice([work, work, "evaluate", _value(random)])
    other = {"extends": random.choice(["1.0", "1.1", "2.0"]), "outcomes": _value(random)}
    return {"node": "fuzzed", "versions": {"1.0": version, "1.1": other} if random.random() < 0.3 else {"1.0": version}}


def _spoil(random: Random, document: dict[str, object]) -> None:
    """Put something odd in some place of a document."""
    part: dict[str, object] = document
    while part:
        key = random.choice(list(part))
        below = part[key]
        if isinstance(below, dict) and random.random() < 0.7:
            part = below
            continue
        if random.random() < 0.5:
            part[key] = _value(random)
        else:
            del part[key]
            part[random.choice([key.upper(), key + "s", *KEYS])] = below
        return


def _block(random: Random, value: object, indent: str) -> list[str]:
    """Write a value in block style, the keys of mappings and texts of one line without quotes as often as with them."""
    if isinstance(value, dict) and value:
        lines = []
        for key, below in value.items():
            inner = _block(random, below, indent + "  ")
            shown = _plain(random, key)
            nested = isinstance(below, dict | list) and below and random.random() < 0.8
            lines += [f"{indent}{shown}:", *inner] if nested else [f"{indent}{shown}: {_plain(random, below)}"]
        return lines
    if isinstance(value, list) and value:
        return [f"{indent}- {_plain(random, one)}" for one in value]
    return [indent + _plain(random, value)]


def _plain(random: Random, value: object) -> str:
    if isinstance(value, str) and "\n" not in value and (value.isidentifier() or random.random() < 0.02):
        return value
    return json.dumps(value, ensure_ascii=random.random() < 0.5)


_MAKERS: Final[dict[str, Callable[[Random], dict[str, object]]]] = {
    FLOW: _flow,
    PROJECT: _project,
    RECORDING: _recording,
    MANIFEST: _manifest,
}
