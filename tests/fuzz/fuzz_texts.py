"""Texts that no author would write on purpose, made from random numbers: the same numbers, the same text."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import suppress
from copy import deepcopy
from functools import cache
from pathlib import Path
from random import Random
from typing import Any, Final, NamedTuple

from fuzz_bombs import BOMBS
from fuzz_documents import FLOW, KINDS, MANIFEST, PROJECT, RECORDING, document_of, places, scalar, written
from fuzz_words import KEYS, ODD, SCALARS, TOKENS, TYPES

from flowengine.errors import InvalidFile
from flowengine.flowfile.yaml_tree import parse_yaml, to_value

ROOT: Final = Path(__file__).parents[2]
CORPUS: Final = Path(__file__).parent / "corpus"
MEBIBYTE: Final = 1024 * 1024


class Text(NamedTuple):
    """``kind`` says which reader it is for; ``how`` it was made."""

    kind: str
    how: str
    source: bytes


def text_of(random: Random) -> Text:
    """Return one text; the ways of making them come about as often as they find something."""
    kind = random.choices(KINDS, (70, 8, 8, 14))[0]
    way = random.choices(list(_WAYS), list(_WAYS.values()))[0]
    return Text(kind, way.__name__, way(random, kind))


def noise(random: Random, _: str) -> bytes:
    """Characters and bytes without any order."""
    length = random.choice([0, 1, 3, 10, 40, 200])
    if random.random() < 0.3:
        return random.randbytes(length)
    letters = [*ODD, *"ab:- \n{}[]'\"#&*!|>%@`,?$()."]
    return encoded(random, "".join(random.choices(letters, k=length)))


def soup(random: Random, _: str) -> bytes:
    """Tokens of YAML and words of the formats, in any order."""
    words = random.choices([TOKENS, KEYS, SCALARS, ODD], (12, 5, 5, 1), k=random.choice([3, 10, 30, 100]))
    return encoded(random, "".join(random.choice(one) for one in words))


def mutated(random: Random, kind: str) -> bytes:
    """A good file, or one with a mistake that is known, and a few edits to it."""
    text = random.choice(seeds(kind))
    for _ in range(random.choice([1, 1, 2, 3, 8])):
        text = random.choice(_EDITS)(random, text)
    return encoded(random, text)


def structured(random: Random, kind: str) -> bytes:
    """Right in shape, with odd values, or nearly right in shape."""
    return encoded(random, written(random, document_of(random, kind)))


def grafted(random: Random, kind: str) -> bytes:
    """Put parts of other files in the place of parts of a good one."""
    document = deepcopy(random.choice(documents(kind)))
    for _ in range(random.choice([1, 1, 2, 4])):
        other = random.choice(documents(random.choice(KINDS)))
        here, parts = places(document), places(other)
        if here and parts:
            (holder, key), (giver, given) = random.choice(here), random.choice(parts)
            holder[key] = deepcopy(giver[given]) if random.random() < 0.7 else scalar(random)
    return encoded(random, written(random, document))


def oversized(random: Random, kind: str) -> bytes:
    """Much of one thing: nesting, keys, long scalars, comments."""
    shape = random.choice(BOMBS)
    if random.random() < 0.9:
        return shape(random.choice([20, 60, 500, 2000]), kind).encode()
    return shape(MEBIBYTE, kind)[: MEBIBYTE + random.choice([-1, 0, 1])].encode()


_WAYS: Final[dict[Callable[[Random, str], bytes], float]] = {
    noise: 8, soup: 12, mutated: 34, grafted: 20, structured: 25, oversized: 1
}  # fmt: skip


def encoded(random: Random, text: str) -> bytes:
    """Return the bytes of a text, now and then in another encoding or broken."""
    chance = random.random()
    if chance < 0.003:
        return text.encode("utf-16", "surrogatepass")
    source = text.encode("utf-8", "surrogatepass")
    if chance < 0.01:
        return b"\xef\xbb\xbf" + source
    if chance < 0.02 and source:
        place = random.randrange(len(source))
        return source[:place] + random.randbytes(1) + source[place:]
    return source


_PROJECT: Final = """\
nodes: [nodes]
default: live
environments:
  live:
    integrations:
      webex-engage: {baseUrl: "https://engage.example.com", timeout: 20s, concurrency: 5}
    authorizations: {engage: engage-live}
    egress: {allow: [hooks.example.com]}
"""
_MANIFEST: Final = """\
node: fuzzed
title: Fuzzed
integration: webex-engage
versions:
  "1.0":
    recommended: true
    inputs: {type: object, properties: {a: {type: string, pattern: "^a+$"}}, required: [a]}
    request: {method: POST, path: /a/$(a), json: {a: $(a)}, idempotent: true}
    responses:
      - {when: {status: 2xx, body: {$.a: [b, c]}}, outcome: fine}
    outputs: {b: {path: $.b, type: string, aliases: [B]}}
    outcomes: {fine: {kind: success, description: x, aliases: [ok]}}
"""


@cache
def seeds(kind: str) -> list[str]:
    """Return texts of a format: good ones, and such with a mistake that is known."""
    corpus = [*CORPUS.glob("*.yaml")]
    paths, further = {
        FLOW: ([*ROOT.glob("flows/*.yaml"), *ROOT.glob("tests/findings/*.yaml"), *corpus], ""),
        RECORDING: ([*ROOT.glob("flows/recordings/*.yaml")], ""),
        MANIFEST: ([*ROOT.glob("nodes/built-in/*.yaml"), *ROOT.glob("tests/conformance/nodes/*.yaml")], _MANIFEST),
        PROJECT: (corpus, _PROJECT),
    }[kind]
    texts = [path.read_bytes().decode("utf-8", "surrogateescape") for path in sorted(paths)]
    return [*texts, *[further] * len(texts)] if further else texts


@cache
def documents(kind: str) -> list[Any]:
    """Return the files that can be read, as values."""
    found = []
    for text in seeds(kind):
        with suppress(InvalidFile):
            found.append(to_value(parse_yaml(text, "seed")))
    return found


def _place(random: Random, text: str) -> int:
    return random.randint(0, len(text))


def _cut(random: Random, text: str) -> str:
    start = _place(random, text)
    return text[:start] + text[start + random.choice([1, 1, 2, 5, 40, 400]) :]


def _insert(random: Random, text: str) -> str:
    place = _place(random, text)
    return text[:place] + random.choice([*ODD, *TOKENS, *SCALARS]) + text[place:]


def _replace_word(random: Random, text: str) -> str:
    words = [*re.finditer(r"[\w.@$()-]+", text)]
    if not words:
        return text
    word = random.choice(words)
    other = random.choice([random.choice(words)[0], random.choice(SCALARS), random.choice(KEYS), random.choice(TYPES)])
    return text[: word.start()] + other + text[word.end() :]


def _misspell(random: Random, text: str) -> str:
    place = _place(random, text)
    return text[:place] + text[place : place + 2][::-1] + text[place + 2 :]


def _lines(random: Random, text: str) -> str:
    """Delete, double, swap, move, indent or comment a few lines."""
    lines = text.split("\n")
    start = random.randrange(len(lines))
    end = start + random.choice([1, 1, 2, 5])
    some = lines[start:end]
    indent = random.choice(["  ", " ", "\t", "- "])
    changed = random.choice(
        [
            [],
            some * 2,
            some[::-1],
            [indent + line for line in some],
            [line.removeprefix("  ") for line in some],
            ["# flowengine: ignore FE203, FE505 on purpose", *some],
        ]
    )
    if random.random() < 0.3:
        rest = lines[:start] + lines[end:]
        place = random.randint(0, len(rest))
        return "\n".join(rest[:place] + some + rest[place:])
    return "\n".join(lines[:start] + changed + lines[end:])


def _splice(random: Random, text: str) -> str:
    other = random.choice(seeds(random.choice(KINDS)))
    return text[: _place(random, text)] + other[_place(random, other) :]


_EDITS: Final = [
    _cut,
    _insert,
    _insert,
    _replace_word,
    _replace_word,
    _replace_word,
    _misspell,
    _lines,
    _lines,
    _splice,
]
