"""The node ``data-parser``: values out of JSON (JSONPath) or XML (a part of XPath)."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from flowengine.core.answers import Answer, Broken, Invalid, Json, Outcome
from flowengine.core.values import TooLarge, measure, parse_json, type_of
from flowengine.core.wants import Compute

_Select: TypeAlias = Callable[[str], tuple[bool, Json]]


class _BadSource(ValueError):
    """The source is not what the format says."""


def data_parser(call: Compute) -> Answer:
    """Parse ``source`` and return the outputs that ``extract`` names, each found by its path.

    A path that finds nothing leaves its output unset. A source that is not valid leads to ``onParseFailure``.
    """
    source = call.inputs["source"]
    is_xml = call.inputs.get("format", "json") == "xml"
    if is_xml and not isinstance(source, str):
        return Invalid(f"input 'source': XML is text, this is {type_of(source)}")
    try:
        select = _xml(source) if is_xml else _json(source)
    except _BadSource as fault:
        return Outcome("onParseFailure", reason=f"data-parser: the source is not valid: {fault}")
    return _extract(call.inputs["extract"], select)


def _extract(paths: dict[str, str], select: _Select) -> Answer:
    outputs: dict[str, Json] = {}
    for name, path in paths.items():
        try:
            there, value = select(path)
        except TooLarge as fault:
            return Broken(f"data-parser: 'extract.{name}' is too much work: {fault}")
        except ValueError as fault:
            return Invalid(f"input 'extract.{name}': {fault}")
        if there:
            outputs[name] = value
    try:
        measure(outputs)
    except TooLarge as fault:
        return Broken(f"data-parser: what was found is {fault}")
    return Outcome("onSuccess", outputs)


def _json(source: Json) -> _Select:
    from flowengine.catalogue.handlers.json_query import select  # noqa: PLC0415 - 50 ms that other flows need not pay

    try:
        data = parse_json(source) if isinstance(source, str) else source
        measure(data)
    except ValueError as fault:
        raise _BadSource(str(fault)) from None
    return lambda path: select(path, data)


def _xml(source: str) -> _Select:
    from flowengine.catalogue.handlers.xml_query import select_text  # noqa: PLC0415
    from flowengine.catalogue.handlers.xml_tree import BadXml, parse_xml  # noqa: PLC0415

    try:
        document = parse_xml(source)
    except BadXml as fault:
        raise _BadSource(str(fault)) from None

    def select(path: str) -> tuple[bool, Json]:
        text = select_text(path, document)
        return text is not None, text

    return select
