"""Names in scripts: a variable that is renamed has to be renamed there, too."""

from __future__ import annotations

import re
from typing import Final

_PIECES: Final = re.compile(
    r"""(?P<kept>//[^\n]*|/\*.*?\*/|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')|(?P<template>`(?:[^`\\]|\\.)*`)""",
    re.DOTALL,
)
_PLACE: Final = re.compile(r"\$\{([^{}]*)\}")


def renamed_in(script: str, name: str, to: str) -> str:
    """Rename a variable in a script: not in texts and comments, and not where it is a property of something else."""
    done, at = [], 0
    for piece in _PIECES.finditer(script):
        done += [_in_code(script[at : piece.start()], name, to), _in_piece(piece, name, to)]
        at = piece.end()
    return "".join([*done, _in_code(script[at:], name, to)])


def _in_piece(piece: re.Match[str], name: str, to: str) -> str:
    if piece["template"] is None:
        return piece[0]
    return _PLACE.sub(lambda place: f"${{{_in_code(place[1], name, to)}}}", piece[0])


def _in_code(code: str, name: str, to: str) -> str:
    def new(found: re.Match[str]) -> str:
        before, after = code[: found.start()].rstrip(), code[found.end() :].lstrip()
        is_property = before.endswith(".") and not before.endswith("...")
        is_key = before[-1:] in ("{", ",") and after.startswith(":")
        return name if is_property or is_key else to

    return re.sub(rf"(?<![\w$]){re.escape(name)}(?![\w$])", new, code)
