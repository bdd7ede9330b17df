from __future__ import annotations

from collections.abc import Callable

import pytest

from flowengine.lsp.cursor import cursor_at, cursors
from flowengine.lsp.positions import Point

At = Callable[[str], tuple[str, Point]]

HEAD = "flow: x\nstart: a\nnodes:\n  a:\n    type: delay@1.0\n"
TAIL = "  done: {end: success}\n"
EDGES = ("nodes", "a", "edges")


@pytest.mark.parametrize(
    ("written", "path", "typed"),
    [
        ("    edges:\n      onErr|>\n      onTimeout: done\n", EDGES, "onErr"),
        ("    edges:\n      onTimeout: done\n      onErr|>\n", EDGES, "onErr"),
        ("    edges:\n      |>\n", EDGES, ""),
        ("    edges:\n      on|>Error: done\n", EDGES, "on"),
        ("    edges: {onTimeout: done, on|>}\n", EDGES, "on"),
        ("    edges: {onTimeout: done, |>\n", EDGES, ""),
        ("    edges: {onTimeout: done,\n            on|>\n", EDGES, "on"),
        ("    edges: {|>\n    title: A\n", EDGES, ""),
        ("    ed|>\n", ("nodes", "a"), "ed"),
        ("    |>\n    title: A\n", ("nodes", "a"), ""),
        ("  ne|>\n", ("nodes",), "ne"),
        ("tri|>\n", (), "tri"),
        ("    inputs: {rows: [{name: A, wh|>\n", ("nodes", "a", "inputs", "rows", 0), "wh"),
    ],
)
def test_a_key_is_found_while_it_is_typed(at: At, written: str, path: tuple[str, ...], typed: str) -> None:
    found = cursor_at(*at(HEAD + written + TAIL))

    assert found is not None
    assert (found.path, found.is_key, found.typed) == (path, True, typed)


@pytest.mark.parametrize(
    ("written", "path", "typed"),
    [
        ("    edges:\n      onTimeout: |>\n", (*EDGES, "onTimeout"), ""),
        ("    edges:\n      onTimeout: do|>\n      onError: done\n", (*EDGES, "onTimeout"), "do"),
        ("    edges: {onTimeout: |>\n", (*EDGES, "onTimeout"), ""),
        ("    edges: {onTimeout: do|>, onError: done}\n", (*EDGES, "onTimeout"), "do"),
        ('    edges: {onTimeout: "do|>\n', (*EDGES, "onTimeout"), "do"),
        ('    inputs: {text: "Hi $(se|>\n', ("nodes", "a", "inputs", "text"), "Hi $(se"),
        ("    inputs:\n      text: 'Hi $(se|>\n", ("nodes", "a", "inputs", "text"), "Hi $(se"),
        ("    inputs:\n      text: |\n        Hi\n        $(se|>\n", ("nodes", "a", "inputs", "text"), "Hi\n$(se"),
        ("    retry: {on: [onError, onT|>\n", ("nodes", "a", "retry", "on", 1), "onT"),
    ],
)
def test_a_value_is_found_while_it_is_typed(at: At, written: str, path: tuple[str, ...], typed: str) -> None:
    found = next(one for one in cursors(*at(HEAD + written + TAIL)) if not one.is_key)

    assert (found.path, found.typed) == (path, typed)


@pytest.mark.parametrize("written", ["    # edges: |>\n", "    title: A # comment |>\n"])
def test_in_a_comment_there_is_nothing(at: At, written: str) -> None:
    assert cursor_at(*at(HEAD + written + TAIL)) is None


def test_what_is_half_typed_is_no_part_of_the_values(at: At) -> None:
    found = cursor_at(*at(HEAD + "    edges:\n      onTimeout: done\n      onErr|>\n"))

    assert found is not None
    assert found.data == {"nodes": {"a": {"type": "delay@1.0", "edges": {"onTimeout": "done"}}}}
    assert found.keys() == ["onTimeout"]


def test_behind_the_end_of_the_text_there_is_nothing() -> None:
    assert cursor_at(HEAD, Point(99, 0)) is None
