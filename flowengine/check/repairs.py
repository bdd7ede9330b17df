"""Repairs that need nobody's judgement: other spellings of outcomes become canonical, node types are pinned.

Only the scalars in question are written anew; every other byte of the file stays what it is.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Final, NamedTuple

from flowengine.catalogue.catalogue import Catalogue
from flowengine.check.called import version_of
from flowengine.check.edges import Label, TypedNode, canonical_labels, default_places, typed_nodes
from flowengine.check.names import find_version
from flowengine.findings import Finding, Span
from flowengine.flowfile.syntax import Flow
from flowengine.flowfile.yaml_tree import Scalar, key_at, locate

UNPINNED: Final = "FE203"
OTHER_SPELLING: Final = "FE502"

_LINE_BREAK: Final = re.compile(r"\r\n?|\n")
_PLAIN: Final = re.compile(r"[A-Za-z][\w@./-]*(?: [\w@./-]+)*", re.ASCII)
"""What can stand in a file without quotes, wherever a scalar can."""


class Repair(NamedTuple):
    """One scalar that is written anew. ``span`` has its quotes in it."""

    code: str
    span: Span
    old: str
    new: str


def repairs(flow: Flow, catalogue: Catalogue, findings: Iterable[Finding]) -> list[Repair]:
    """Return the repairs of those findings that can be repaired, in the order of the file."""
    wanted = {(finding.code, finding.span) for finding in findings if finding.path == str(flow.path)}
    possible = [*_pins(flow, catalogue), *_spellings(flow, catalogue)]
    return sorted((one for one in possible if (one.code, one.span) in wanted), key=lambda one: one.span)


def repaired(text: str, wanted: Sequence[Repair]) -> str:
    """Return a text with repairs made."""
    starts = [0, *(found.end() for found in _LINE_BREAK.finditer(text))]
    for repair in sorted(wanted, key=lambda one: one.span, reverse=True):
        start = starts[repair.span.line - 1] + repair.span.column - 1
        end = starts[repair.span.end_line - 1] + repair.span.end_column - 1
        text = text[:start] + _written(text[start:end], repair) + text[end:]
    return text


def _pins(flow: Flow, catalogue: Catalogue) -> Iterator[Repair]:
    for name, node in flow.nodes.items():
        written = node.get("type", "@")
        version = find_version(catalogue, written) if "@" not in written else None
        scalar = locate(flow.tree, ("nodes", name, "type"))
        if version is not None and isinstance(scalar, Scalar) and _is_on_one_line(scalar):
            yield Repair(UNPINNED, scalar.span, written, version.pinned)


def _spellings(flow: Flow, catalogue: Catalogue) -> Iterator[Repair]:
    for nodes, places in _labels(flow, catalogue):
        canonical_by_label = canonical_labels(nodes) if places else {}
        meant = [canonical_by_label.get(label, label) for label, _ in places]
        times = Counter(meant)
        for (label, at), canonical in zip(places, meant, strict=True):
            # Two edges for one outcome are an error, and which of them is right is for a person to say.
            if label == canonical or times[canonical] > 1:
                continue
            written = key_at(flow.tree, at) or locate(flow.tree, at)
            if isinstance(written, Scalar) and _is_on_one_line(written):
                yield Repair(OTHER_SPELLING, written.span, label, canonical)


def _labels(flow: Flow, catalogue: Catalogue) -> Iterator[tuple[list[TypedNode], list[Label]]]:
    """Yield labels that stand together, with the nodes they are for."""
    for name, node in flow.nodes.items():
        version = version_of(flow, catalogue, node)
        if version is not None:
            retried = node.get("retry", {}).get("on", [])
            yield [(version, node)], [(label, ("nodes", name, "edges", label)) for label in node.get("edges", {})]
            yield [(version, node)], [(one, ("nodes", name, "retry", "on", place)) for place, one in enumerate(retried)]
    everywhere = typed_nodes(flow, catalogue)
    for part in ("edges", "retry"):
        yield everywhere, [one for one in default_places(flow) if one[1][1] == part]


def _is_on_one_line(scalar: Scalar) -> bool:
    return scalar.span.line == scalar.span.end_line


def _written(old: str, repair: Repair) -> str:
    """Return how the new text is written where ``old`` stood: with the same quotes, if it can have them."""
    if _PLAIN.fullmatch(repair.new):
        quote = old[0] if old[0] in "\"'" else ""
        return f"{quote}{repair.new}{quote}"
    return json.dumps(repair.new, ensure_ascii=False)
