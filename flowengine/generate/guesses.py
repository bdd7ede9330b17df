"""Other values for what scripts and parsers read: nobody can solve those, so they are tried.

What is tried comes out of the script itself (its constants, the names of the fields it reads), out of the value that is
there, part by part, and out of a short list of what tends to make a difference: nothing, null, empty, no JSON.
"""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from flowengine.core.answers import Json
from flowengine.core.plan import Plan
from flowengine.core.references import split_template
from flowengine.core.values import as_text, parse_json
from flowengine.generate.made import made_text
from flowengine.generate.places import ABSENT, NoPlace, Path, get, leaves, put
from flowengine.generate.sources import FromStart, Source, value_at
from flowengine.generate.walks import Case

_TEXT: Final = re.compile(r'"((?:[^"\\\n]|\\.)*)"|\'((?:[^\'\\\n]|\\.)*)\'|`([^`$\\]*)`')
_NUMBER: Final = re.compile(r"(?<![\w.])\d{1,15}(?:\.\d+)?(?![\w.])")
_COMMENT: Final = re.compile(r"//[^\n]*|/\*.*?\*/", re.DOTALL)
_FIELD: Final = re.compile(r"\.([A-Za-z_$][\w$]*)(?![\w$]|\s*\()")
_LONGEST: Final = 60
_FEW: Final = 6
_MOST_PLACES: Final = 60
_PARTS_FIRST: Final = 200
"""So many changes inside of a map are tried before it is replaced as a whole: they look more like real events."""
_NOTHING_MORE: Final = object()

Change = tuple[Source, Json]


class Hints(NamedTuple):
    """What a node's inputs say about the values it takes: constants, and names of fields."""

    constants: tuple[Json, ...]
    fields: tuple[str, ...]


def hints_of(plan: Plan, node: str) -> Hints:
    """Read the hints of a node: out of its script, else out of whatever text its inputs have."""
    inputs = plan.data["nodes"][node].get("inputs", {})
    script = _COMMENT.sub("", inputs["script"]) if "script" in inputs else json.dumps(inputs.get("extract", ""))
    texts = [next(filter(None, found), "") for found in _TEXT.findall(script)]
    numbers = [json.loads(found) for found in dict.fromkeys(_NUMBER.findall(script))]
    constants = [*(one for one in dict.fromkeys(texts) if one and len(one) <= _LONGEST), *numbers]
    fields = dict.fromkeys(_FIELD.findall(script))
    return Hints(tuple(constants), tuple(name for name in fields if name not in ("length", "prototype")))


def read_fields(plan: Plan) -> Iterator[tuple[str, Path]]:
    """Yield the places that scripts read below a value they are given: ``sms.text`` of ``{sms: $(trigger.sms)}``."""
    for name, data in plan.data["nodes"].items():
        given = data.get("inputs", {}).get("values")
        script = data.get("inputs", {}).get("script", "")
        if plan.nodes[name].handler != "evaluate" or not isinstance(given, dict):
            continue
        for value, template in given.items():
            parts = split_template(template) if isinstance(template, str) else []
            if len(parts) == 1 and not isinstance(parts[0], str):
                path = rf"(?<![\w$.]){re.escape(value)}((?:\??\.[A-Za-z_$][\w$]*)+)(?![\w$])(\s*\()?"
                for found, call in re.findall(path, _COMMENT.sub("", script)):
                    names = found.replace("?", "").strip(".").split(".")
                    kept = names[:-1] if call or names[-1] == "length" else names
                    yield parts[0].root, (*parts[0].path, *kept)


def changes(plan: Plan, case: Case, sources: Sequence[Source], hints: Hints) -> Iterator[list[Change]]:
    """Yield sets of changes to a case, in the order in which they are worth trying; start values come last."""
    begun = [source for source in sources if isinstance(source, FromStart)]
    others = [source for source in sources if source not in begun]
    yield from _single(plan, case, others, hints)
    for source in others:
        yield from ([(source, value)] for value in _pairs(value_at(plan, case, source), hints))
    yield from _bare(plan, case, others)
    yield from _single(plan, case, begun, hints)
    simple = [(source, value) for source in sources for value in _simple(value_at(plan, case, source), hints)]
    yield from ([one, other] for one, other in itertools.combinations(simple, 2) if one[0] != other[0])


def _single(plan: Plan, case: Case, sources: Sequence[Source], hints: Hints) -> Iterator[list[Change]]:
    """Yield one change at a time, in turns from each source."""
    tried = [[(source, value) for value in _variants(value_at(plan, case, source), hints)] for source in sources]
    for turn in itertools.zip_longest(*tried):
        yield from ([change] for change in turn if change is not None)


def _bare(plan: Plan, case: Case, sources: Sequence[Source]) -> Iterator[list[Change]]:
    """Leave nothing but one field, and nothing at all."""
    for source in sources:
        value = value_at(plan, case, source)
        if isinstance(value, dict):
            yield [(source, {})]
            yield from ([(source, {key: one})] for key, one in value.items())
    if len(sources) > 1:
        for empty in (ABSENT, "", None):
            yield [(source, empty) for source in sources]


def _variants(value: Json, hints: Hints) -> Iterator[Json]:
    """Yield other values in place of one, and in place of its parts, which may be JSON written as text."""
    if isinstance(value, dict | list):
        yield ABSENT
        parts = _inside(value, hints)
        yield from itertools.islice(parts, _PARTS_FIRST)
        yield from _other(value, hints)
        yield from parts
        return
    yield from _other(value, hints)
    if isinstance(value, str):
        yield from (as_text(changed) for changed in _inside(_parsed(value), hints))


def _other(value: Json, hints: Hints) -> Iterator[Json]:
    yield from (ABSENT, "", None, *hints.constants, *_documents(hints), 0, 1, -1, True, False)
    if isinstance(value, str):
        yield from (f" {value}", value.upper(), value.lower(), *(f"{value} {one}" for one in hints.constants))


def _documents(hints: Hints) -> Iterator[Json]:
    """Yield small documents, as values and as JSON text: scripts parse what events carry as text."""
    whole = {name: made_text(name) for name in hints.fields}
    alike = [dict.fromkeys(hints.fields, constant) for constant in hints.constants[:_FEW]]
    keyed = [{constant: "something"} for constant in hints.constants[:_FEW] if isinstance(constant, str)]
    listed = [[], {}, [{}], [whole], whole, *([one] for one in alike), *keyed, *({name: []} for name in whole), *alike]
    for document in listed:
        yield as_text(document)
        yield document
    yield "{"


def _inside(value: Json, hints: Hints) -> Iterator[Json]:
    """Yield a container with one part changed, dropped or added, in turns; what is near its surface first."""
    paths = list(itertools.islice(leaves(value), _MOST_PLACES))
    yield from _in_turns(
        _dropped(value, paths),
        _in_texts(value, paths, hints),
        _replaced(value, paths, hints),
        _added(value, paths, hints),
    )


def _dropped(value: Json, paths: Sequence[Path]) -> Iterator[Json]:
    for path in paths:
        for new in (ABSENT, "", None):
            yield from _put(value, path, new)


def _in_texts(value: Json, paths: Sequence[Path], hints: Hints) -> Iterator[Json]:
    """Change what is inside of JSON that is written as text."""
    for path in paths:
        inner = get(value, path)
        if isinstance(inner, str):
            for changed in _inside(_parsed(inner), hints):
                yield from _put(value, path, as_text(changed))


def _replaced(value: Json, paths: Sequence[Path], hints: Hints) -> Iterator[Json]:
    for new, path in itertools.product((*hints.constants, 0, 1, True, False, *_documents(hints)), paths):
        yield from _put(value, path, new)


def _added(value: Json, paths: Sequence[Path], hints: Hints) -> Iterator[Json]:
    holders = [path for path in ((), *paths) if isinstance(get(value, path), dict)]
    places = [(*path, name) for path in holders for name in hints.fields if name not in get(value, path)]
    for path in places:
        yield from _put(value, path, made_text(str(path[-1])))
    for new, path in itertools.product((True, *hints.constants, *_documents(hints)), places):
        yield from _put(value, path, new)
    for path in ((), *paths):
        holder = get(value, path)
        if isinstance(holder, list) and holder:
            yield from _put(value, path, [*holder, holder[-1]])


def _in_turns(*each: Iterator[Json]) -> Iterator[Json]:
    for turn in itertools.zip_longest(*each, fillvalue=_NOTHING_MORE):
        yield from (one for one in turn if one is not _NOTHING_MORE)


def _simple(value: Json, hints: Hints) -> list[Json]:
    if isinstance(value, dict):
        return [one for key in value for one in _put(value, (key,), ABSENT)]
    return [ABSENT, "", None, *hints.constants[:6], 0, 1]


def _pairs(value: Json, hints: Hints) -> Iterator[Json]:
    """Yield a map with two of the fields changed that the script names."""
    if isinstance(value, dict):
        tried = (ABSENT, "", "[]")
        for one, other in itertools.combinations(hints.fields, 2):
            for new, newer in itertools.product(tried, tried):
                for changed in _put(value, (one,), new):
                    yield from _put(changed, (other,), newer)


def _put(value: Json, path: Path, new: Json) -> Iterator[Json]:
    try:
        yield put(value, path, new)
    except NoPlace:
        return


def _parsed(text: str) -> Json:
    """Return a container that is written as JSON text, or ABSENT."""
    if text.lstrip()[:1] in ("{", "["):
        try:
            return parse_json(text)
        except ValueError:
            return ABSENT
    return ABSENT
