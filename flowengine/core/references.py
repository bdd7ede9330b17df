"""References and templates: ``$(search.conversationId)`` in a flow, compiled once, resolved on every visit.

A template is a language of its own: paths and text, nothing that could be called.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple, TypeAlias

from flowengine.core.answers import Json
from flowengine.core.values import MAX_TEXT, TooLarge, as_text, measure

Scope: TypeAlias = Mapping[str, Json]
"""What references read: ``trigger``, ``run``, the outputs of visited nodes, the variables that have a value."""

Resolver: TypeAlias = Callable[[Scope], Json]

NAME = r"[A-Za-z_][A-Za-z0-9_-]*"
_SEGMENT = re.compile(rf'\.({NAME})|\[(0|[1-9][0-9]*)\]|\[("(?:[^"\\]|\\.)*")\]')
_ROOT = re.compile(NAME)


class Reference(NamedTuple):
    """One ``$(root.path)``; ``offset`` is its place in the text it was found in."""

    root: str
    path: tuple[str | int, ...]
    offset: int = 0

    def __str__(self) -> str:
        return f"$({self.root}{''.join(map(segment_text, self.path))})"


class BadReference(ValueError):
    """A text holds ``$(`` that does not begin a reference; ``offset`` is its place."""

    def __init__(self, message: str, offset: int) -> None:
        super().__init__(message)
        self.offset = offset


class Missing(LookupError):
    """A reference leads to something that is not there."""

    def __init__(self, reference: Reference) -> None:
        super().__init__(reference)
        self.reference = reference

    def __str__(self) -> str:
        return f"{self.reference} is not there"


def split_template(text: str) -> list[str | Reference]:
    """Split a text into its literal parts and references; ``$$(`` is a literal ``$(``. Raises BadReference."""
    parts: list[str | Reference] = []
    literal = ""
    position = 0
    while (found := text.find("$(", position)) >= 0:
        if found > position and text[found - 1] == "$":
            literal += text[position : found - 1] + "$("
            position = found + 2
            continue
        literal += text[position:found]
        if literal:
            parts.append(literal)
            literal = ""
        reference, position = _read_reference(text, found)
        parts.append(reference)
    literal += text[position:]
    if literal or not parts:
        parts.append(literal)
    return parts


def references_in(value: Json) -> Iterator[Reference]:
    """Yield every reference in a template, at any depth. Raises BadReference."""
    if isinstance(value, str):
        if "$(" in value:
            yield from (part for part in split_template(value) if isinstance(part, Reference))
    elif isinstance(value, dict):
        for inner in value.values():
            yield from references_in(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from references_in(inner)


def compile_template(value: Json, *, drop_missing: bool = False) -> Resolver:
    """Compile a template to a function of the scope, which raises Missing or TooLarge.

    ``drop_missing``: a key whose whole value is a reference to something that is not there is left out.
    """
    if isinstance(value, str):
        return _compile_text(value)
    return _compile_container(value, drop_missing)


def is_whole(value: Json) -> bool:
    """Whether a template is one whole reference, whose value keeps its type."""
    if not isinstance(value, str) or "$(" not in value:
        return False
    parts = split_template(value)
    return len(parts) == 1 and isinstance(parts[0], Reference)


def respell(text: str, spellings: Mapping[tuple[str, str], str]) -> str:
    """Write a template again, with other names for what is right below a root: by root and old name."""
    return _rewritten(text, lambda reference: _respelled(reference, spellings))


def with_roots(value: Json, roots: Mapping[str, str]) -> Json:
    """Return a template, at any depth, whose references lead to other roots: by old name. What is no template stays."""
    if isinstance(value, dict):
        return {key: with_roots(inner, roots) for key, inner in value.items()}
    if isinstance(value, list):
        return [with_roots(inner, roots) for inner in value]
    if not isinstance(value, str) or "$(" not in value:
        return value
    try:
        return _rewritten(value, lambda one: one._replace(root=roots.get(one.root, one.root)))
    except BadReference:
        return value


def unquoted(text: str) -> str:
    """Read a quoted name. Raises ValueError where it is no JSON string, or has half a surrogate pair, as no key has."""
    name: str = json.loads(text)
    name.encode()
    return name


def descend(value: Json, path: tuple[Any, ...]) -> Json:
    """Walk down names and indexes. Raises LookupError where there is no way on."""
    for key in path:
        container = dict if type(key) is str else list
        if type(value) is not container:
            raise LookupError(key)
        value = value[key]
    return value


def _rewritten(text: str, change: Callable[[Reference], Reference]) -> str:
    parts = split_template(text)
    again = [part if isinstance(part, str) else change(part) for part in parts]
    if again == parts:
        return text
    return "".join(part.replace("$(", "$$(") if isinstance(part, str) else str(part) for part in again)


def _respelled(reference: Reference, spellings: Mapping[tuple[str, str], str]) -> Reference:
    first = reference.path[0] if reference.path else None
    name = spellings.get((reference.root, first)) if isinstance(first, str) else None
    return reference if name is None else reference._replace(path=(name, *reference.path[1:]))


def _has_templates(value: Json) -> bool:
    """Whether any text in it holds ``$(``: a reference, or an escaped one that is to be written without its escape."""
    if isinstance(value, str):
        return "$(" in value
    if isinstance(value, dict):
        return any(map(_has_templates, value.values()))
    return isinstance(value, list) and any(map(_has_templates, value))


def _compile_container(value: Json, drop_missing: bool) -> Resolver:  # noqa: FBT001 - private
    if not _has_templates(value):
        return lambda _: value
    if isinstance(value, list):
        items = [_compile_inner(inner, drop_missing) for inner in value]
        return lambda scope: [resolve(scope) for resolve in items]
    entries = [(key, _compile_inner(inner, drop_missing)) for key, inner in value.items()]
    if not drop_missing:
        return lambda scope: {key: resolve(scope) for key, resolve in entries}
    whole = {key: split_template(inner)[0] for key, inner in value.items() if is_whole(inner)}

    def dropping(scope: Scope) -> Json:
        built = {}
        for key, resolve in entries:
            reference = whole.get(key)
            # Most of what is dropped is an input that was not given: asking is cheaper than failing.
            if isinstance(reference, Reference) and reference.root not in scope:
                continue
            try:
                built[key] = resolve(scope)
            except Missing:
                if reference is None:
                    raise
        return built

    return dropping


def _compile_inner(value: Json, drop_missing: bool) -> Resolver:  # noqa: FBT001 - private
    """Compile a part of a container. What is read into one is measured, so that values cannot grow without bound."""
    if not isinstance(value, str):
        return _compile_container(value, drop_missing)
    resolve = _compile_text(value)
    if not is_whole(value):
        return resolve

    def read_bounded(scope: Scope) -> Json:
        found = resolve(scope)
        if type(found) is dict or type(found) is list:
            measure(found)
        return found

    return read_bounded


def _compile_text(text: str) -> Resolver:
    if "$(" not in text:
        return lambda _: text
    parts = split_template(text)
    if len(parts) == 1:
        only = parts[0]
        return _compile_reference(only) if isinstance(only, Reference) else (lambda _: only)
    compiled = [_compile_reference(part) if isinstance(part, Reference) else part for part in parts]

    def join(scope: Scope) -> str:
        joined = "".join(part if isinstance(part, str) else as_text(part(scope)) for part in compiled)
        if len(joined) > MAX_TEXT:
            raise TooLarge(f"longer than {MAX_TEXT:,} characters")
        return joined

    return join


def _compile_reference(reference: Reference) -> Resolver:
    root, path = reference.root, reference.path
    if not path:

        def read_root(scope: Scope) -> Json:
            try:
                return scope[root]
            except KeyError:
                raise Missing(reference) from None

        return read_root

    def read(scope: Scope) -> Json:
        try:
            return descend(scope[root], path)
        except LookupError:
            raise Missing(reference) from None

    return read


def _read_reference(text: str, start: int) -> tuple[Reference, int]:
    root = _ROOT.match(text, start + 2)
    if root is None:
        raise _bad(text, start)
    position = root.end()
    path: list[str | int] = []
    while segment := _SEGMENT.match(text, position):
        name, index, quoted = segment.groups()
        try:
            path.append(name if name is not None else int(index) if index is not None else unquoted(quoted))
        except ValueError:
            raise _bad(text, start) from None
        position = segment.end()
    if text[position : position + 1] != ")":
        raise _bad(text, start)
    return Reference(root.group(), tuple(path), start), position + 1


def _bad(text: str, start: int) -> BadReference:
    end = text.find(")", start)
    shown = text[start : end + 1 if 0 <= end < start + 60 else start + 20]
    return BadReference(
        f'{shown!r} is not a reference: expected $(name), then .name, ["any name"] or [0] to walk down; '
        "write $$( for a literal $(",
        start,
    )


def segment_text(segment: str | int) -> str:
    """Write a step down as references and paths do: ``.name``, ``[0]``, ``["any name"]``."""
    if isinstance(segment, int):
        return f"[{segment}]"
    return f".{segment}" if re.fullmatch(NAME, segment) else f"[{json.dumps(segment, ensure_ascii=False)}]"
