"""``validate --fix``: makes in a file the repairs that need nobody's judgement."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from flowengine.catalogue.catalogue import Catalogue
from flowengine.check.repairs import repaired, repairs
from flowengine.check.reports import Report
from flowengine.check.validate import read_flow
from flowengine.errors import InvalidFile
from flowengine.flowfile.rewrite import rewrite
from flowengine.flowfile.yaml_source import read_source


class Fixed(NamedTuple):
    """One scalar that was written anew."""

    code: str
    line: int
    column: int
    old: str
    new: str


def fix(path: Path, judged: Report, catalogue_of: Callable[[Path], Catalogue]) -> list[Fixed]:
    """Repair a file, and return what was done. Raises UsageError where it cannot be written."""
    try:
        source = read_source(path)
        flow = read_flow(source, path)
        wanted = repairs(flow, catalogue_of(path), judged.findings)
    except InvalidFile:
        return []  # its findings say what has to be repaired by hand first
    if wanted:
        # The text is the file's without a byte order mark.
        mark = source[: len(source) - len(flow.text.encode())]
        rewrite(path, source, mark + repaired(flow.text, wanted).encode())
    return [Fixed(one.code, one.span.line, one.span.column, one.old, one.new) for one in wanted]


def fixed_json(fixed: Fixed) -> dict[str, Any]:
    """Return a repair as JSON values (an API, see docs/json.md)."""
    return fixed._asdict()
