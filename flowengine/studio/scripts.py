"""Names in scripts: a variable that is renamed has to be renamed there, too."""

from __future__ import annotations

import re
from typing import Final

_NO_CODE: Final = re.compile(
    r"""//[^\n]*|/\*.*?\*/|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|(?P<template>`(?:[^`\\]|\\.)*`)""", re.DOTALL
)
_PLACE: Final = re.compile(r"\$\{[^{}]*\}")
_OPENS_BLOCK: Final = re.compile(r"(?:[);{}$]|=>|\b(?:else|do|try|finally))\Z")
"""What stands before a brace that begins statements; any other begins an object, or a pattern that takes one apart."""

_ASSIGNED: Final = re.compile(r"=(?![=>])")


def renamed_in(script: str, name: str, to: str) -> str:
    """Rename a variable in a script: not in texts and comments, and not where it is a property of something else."""
    code = _code_of(script)
    done, at = [], 0
    in_object: list[bool] = []
    for found in re.finditer(rf"[(\[{{]|[)\]}}]|(?<![\w$]){re.escape(name)}(?![\w$])", code):
        before = _before(code, found.start())
        if found[0] in "([{":
            in_object.append(found[0] == "{" and before != "" and _OPENS_BLOCK.search(before) is None)
        elif found[0] in ")]}":
            del in_object[-1:]
        else:
            is_member = in_object[-1:] == [True] and before[-1:] in ("{", ",")
            instead = _instead(name, to, before, _after(code, found.end()), is_member=is_member)
            done += [script[at : found.start()], instead]
            at = found.end()
    return "".join([*done, script[at:]])


def _code_of(script: str) -> str:
    """Return a script of the same length, with blanks for texts and comments; what templates put in stays."""
    return _NO_CODE.sub(_blank, script)


def _blank(piece: re.Match[str]) -> str:
    kept = [place.span() for place in _PLACE.finditer(piece[0])] if piece["template"] else []
    return "".join(sign if any(start <= at < end for start, end in kept) else " " for at, sign in enumerate(piece[0]))


def _before(code: str, at: int) -> str:
    """Return the end of what stands before a place, as far as it matters; empty at the beginning."""
    while at and code[at - 1].isspace():
        at -= 1
    return code[max(0, at - len(" finally")) : at]


def _after(code: str, at: int) -> str:
    while at < len(code) and code[at].isspace():
        at += 1
    return code[at : at + len("=>")]


def _instead(name: str, to: str, before: str, after: str, *, is_member: bool) -> str:
    """Return what is written in place of a name. ``is_member``: it names a member of an object."""
    if before.endswith(".") and not before.endswith("..."):
        return name
    if is_member and after[:1] in (":", "("):
        return name
    if is_member and (after[:1] in (",", "}") or _ASSIGNED.match(after)):
        return f"{name}: {to}"
    return to
