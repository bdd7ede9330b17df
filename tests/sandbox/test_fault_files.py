from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from flowengine.errors import InvalidFile
from flowengine.sandbox.fault_files import load_faults
from flowengine.sandbox.faults import Fault, Match

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    "text",
    [
        "faults:\n  - {match: {operation: search}, times: 2, status: 429, headers: {Retry-After: 2}}\n",
        '{"faults": [{"match": {"operation": "search"}, "times": 2, "status": 429, "headers": {"Retry-After": "2"}}]}',
        'match: {operation: search}\ntimes: 2\nstatus: 429\nheaders: {Retry-After: "2"}\n',
    ],
)
def test_yaml_and_json(tmp_path: Path, text: str) -> None:
    path = tmp_path / "faults.yaml"
    path.write_text(text)

    assert load_faults(path) == [Fault(Match(operation="search"), 2, status=429, headers={"Retry-After": "2"})]


def test_a_wrong_file_is_explained_at_its_place(tmp_path: Path) -> None:
    path = tmp_path / "faults.yaml"
    path.write_text("faults:\n  - reset: true\n    tims: 2\n  - match: {operation: find}\n    broken: true\n")

    with pytest.raises(InvalidFile) as wrong:
        load_faults(path)

    assert [(each.span.line, each.span.column) for each in wrong.value.findings if each.span] == [(3, 5), (4, 24)]
    assert {(each.code, each.path) for each in wrong.value.findings} == {("FE803", str(path))}
    assert "faults[0].tims is not known here" in str(wrong.value)


def test_text_that_is_not_yaml_is_explained_too(tmp_path: Path) -> None:
    path = tmp_path / "faults.yaml"
    path.write_text("faults: [\n")

    with pytest.raises(InvalidFile, match=str(path)):
        load_faults(path)
