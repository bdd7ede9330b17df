"""The rule about texts that look like references: as scripts and templates write them, or without the brackets.

Such a text would be sent as it is. It is one only where the name in it is one of the flow, so that texts with braces
and host names pass.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from typing import Final, NamedTuple

from flowengine.catalogue.catalogue import Catalogue
from flowengine.check.edges import conditions_of
from flowengine.check.names import templates
from flowengine.check.places import stretch
from flowengine.check.reads import flow_reads
from flowengine.check.uses import RUN, known_outputs
from flowengine.core.references import BadReference, Reference, split_template
from flowengine.findings import Finding
from flowengine.flowfile.syntax import Flow

_OTHERWISE: Final = re.compile(r"\$\{([^{}]{1,200})\}|\{\{([^{}]{1,200})\}\}")
_BARE: Final = re.compile(r"[A-Za-z_][\w-]*\.[\w.\[\]\"-]{1,200}", re.ASCII)


class _Candidate(NamedTuple):
    """``bare``: the text is nothing but the words of a reference."""

    start: int
    end: int
    reference: Reference
    bare: bool


def lookalikes(flow: Flow, catalogue: Catalogue) -> Iterator[Finding]:
    """FE303: what is meant as a reference is written as one."""
    reads = flow_reads(flow, catalogue)
    judged = {(*at, "value") for at, _ in conditions_of(flow, catalogue)}
    for at, scalar in templates(flow, catalogue):
        if not isinstance(scalar.value, str) or (at[0] == "nodes" and reads[str(at[1])].version is None):
            continue
        for one in _candidates(scalar.text, is_judged=at in judged):
            if at[0] == "trigger" and one.reference.root != "trigger":
                continue  # its conditions read nothing else
            if _leads_somewhere(flow, catalogue, one, is_judged=at in judged):
                message = f"{scalar.text[one.start : one.end]} is text here, and nothing is put in its place"
                place, hint = stretch(scalar, one.start, one.end), f"did you mean {one.reference}?"
                yield flow.finding_at(place, "FE303", message, at, hint=hint, severity="warning")


def _candidates(text: str, *, is_judged: bool) -> Iterator[_Candidate]:
    for found in _OTHERWISE.finditer(text) if "{" in text else ():
        reference = _read(found[1] or found[2])
        if reference is not None:
            yield _Candidate(found.start(), found.end(), reference, bare=False)
    reference = _read(text) if is_judged or _BARE.fullmatch(text) else None
    if reference is not None:
        yield _Candidate(0, len(text), reference, bare=True)


def _read(words: str) -> Reference | None:
    try:
        parts = split_template(f"$({words.strip()})")
    except BadReference:
        return None
    return parts[0] if len(parts) == 1 and isinstance(parts[0], Reference) else None


def _leads_somewhere(flow: Flow, catalogue: Catalogue, one: _Candidate, *, is_judged: bool) -> bool:
    """Whether a name is one of the flow; a variable's alone is a word like any other, but where it is judged."""
    root, path = one.reference.root, one.reference.path
    if root in flow.variables:
        return not one.bare or is_judged
    if root == "trigger":
        return bool(path)
    outputs: Collection[str] = RUN if root == "run" else known_outputs(flow, catalogue, root)
    return bool(path) and path[0] in outputs
