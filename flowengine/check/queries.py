"""The rule about paths of a ``data-parser``: each can be read, as JSONPath or as a path into XML."""

from __future__ import annotations

from collections.abc import Iterator

from flowengine.catalogue.catalogue import Catalogue
from flowengine.check.names import find_version
from flowengine.findings import Finding
from flowengine.flowfile.syntax import Flow


def paths(flow: Flow, catalogue: Catalogue) -> Iterator[Finding]:
    """FE403: a path that the flow itself says can be read; in which format is known, too."""
    for name, node in flow.nodes.items():
        version = find_version(catalogue, node.get("type", ""))
        if version is None or version.spec.get("handler") != "data-parser":
            continue
        given = node.get("inputs", {})
        extract, form = given.get("extract"), given.get("format", "json")
        for output, path in extract.items() if isinstance(extract, dict) and form in ("json", "xml") else ():
            if isinstance(path, str) and "$(" not in path and (fault := _fault(path, form)):
                hint = "the node would leave through onInvalidData on every run"
                yield flow.finding("FE403", fault, "nodes", name, "inputs", "extract", output, hint=hint)


def _fault(path: str, form: str) -> str:
    """Say why a path cannot be read: it is tried on nothing."""
    from flowengine.catalogue.handlers.json_query import select  # noqa: PLC0415 - 50 ms that other flows need not pay
    from flowengine.catalogue.handlers.xml_query import select_text  # noqa: PLC0415 - likewise
    from flowengine.catalogue.handlers.xml_tree import parse_xml  # noqa: PLC0415 - likewise

    try:
        select(path, None) if form == "json" else select_text(path, parse_xml("<x/>"))
    except ValueError as fault:
        return str(fault)
    return ""
