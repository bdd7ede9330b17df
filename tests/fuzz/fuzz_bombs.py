"""Texts with very much of one thing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final


def _flow(lines: str, kind: str) -> str:
    return lines if kind != "flow" else f"flow: huge\nstart: a\nnodes:\n  a: {{end: success}}\n{lines}"


BOMBS: Final[list[Callable[[int, str], str]]] = [
    lambda size, _: "[" * size,
    lambda size, _: "[" * (size // 2) + "]" * (size // 2),
    lambda size, _: "{a: " * (size // 4),
    lambda size, _: "a: " * (size // 3),
    lambda size, _: "- " * (size // 2),
    lambda size, _: "? " * (size // 2),
    lambda size, _: "\n".join(" " * depth + "a:" for depth in range(min(size // 10, 1400))),
    lambda size, _: "&a " * (size // 3),
    lambda size, _: "%TAG !a! b\n" * (size // 11) + "---\na",
    lambda size, _: "a: &a [x, x]\n" + "".join(f"k{n}: [*a, *a]\n" for n in range(size // 20)),
    lambda size, kind: _flow("".join(f"k{n}: 1\n" for n in range(size // 12)), kind),
    lambda size, kind: _flow("title: " + "x" * size, kind),
    lambda size, kind: _flow('title: "' + "\\u0041" * (size // 6) + '"', kind),
    lambda size, kind: _flow("title: |\n" + "  x\n" * (size // 4), kind),
    lambda size, kind: _flow("title: " + "$(" * (size // 2), kind),
    lambda size, kind: _flow("# flowengine: ignore FE203 x\n" * (size // 29), kind),
    lambda size, kind: _flow("#" * size, kind),
    lambda size, kind: _flow("\n" * size, kind),
    lambda size, kind: _flow("".join(f"  n{n}: {{end: error}}\n" for n in range(size // 20)), kind),
    lambda size, kind: _flow(
        "".join(f"  n{n}: {{type: delay, edges: {{onTimeout: m{n}}}}}\n" for n in range(size // 48)), kind
    ),
    lambda size, kind: _flow(
        "".join(f"  n{n}: {{type: evaluate, inputs: {{script: 'v{n} = $(}}}}\n" for n in range(size // 52)), kind
    ),
    lambda size, kind: _flow(
        "  b:\n    type: evaluate@1.0\n    inputs:\n      script: |\n" + "        [a, b] = [b, a]\n" * (size // 24),
        kind,
    ),
    lambda size, kind: _flow(
        "  b:\n    type: evaluate@1.0\n    inputs: {script: " + "(" * min(size, 60_000) + "}\n", kind
    ),
    lambda size, kind: _flow(
        "  b:\n    type: branch@1.0\n    inputs:\n      rows:\n"
        + "".join(f"        - {{name: r{n}, when: {{value: $(x{n}), regex: '('}}}}\n" for n in range(size // 56)),
        kind,
    ),
    lambda size, kind: _flow(
        "  b:\n    type: set-variables@1.0\n    inputs:\n      values:\n"
        + "".join(f"        v{n}: $(w{n})\n" for n in range(size // 24)),
        kind,
    ),
    lambda size, kind: _flow(
        "  b:\n    type: set-variables@1.0\n    edges:\n" + "".join(f"      e{n}: a\n" for n in range(size // 15)), kind
    ),
    lambda size, kind: _flow("defaults:\n  edges:\n" + "".join(f"    e{n}: a\n" for n in range(size // 13)), kind),
    lambda size, kind: _flow(
        "".join(f"  n{n}: {{type: evaluate@1.0, inputs: {{script: 'v{n} = v{n}'}}}}\n" for n in range(size // 80))
        + "variables:\n"
        + "".join(f"  v{n}: 1\n" for n in range(size // 80)),
        kind,
    ),
    lambda size, kind: _flow(
        "  b:\n    type: branch@1.0\n    inputs:\n      rows:\n"
        + "".join(f"        - {{name: R{n}, when: {{value: 1, equals: 1}}}}\n" for n in range(size // 75))
        + "    edges:\n"
        + "".join(f"      r{n}: a\n" for n in range(size // 75)),
        kind,
    ),
    lambda size, kind: _flow("variables:\n" + "".join(f"  v{n}: 1\n" for n in range(size // 10)), kind),
]
"""By size, about, in characters, and kind."""
