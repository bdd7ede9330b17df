from __future__ import annotations

from pathlib import Path

import pytest

import flowengine
from flowengine.recording.unsteady import is_unsteady


@pytest.mark.parametrize(
    ("script", "unsteady"),
    [
        ("new Date()", True),
        ("new Date", True),
        ("new Date( )", True),
        ("Date()", True),
        ("Date.now() > 0", True),
        ("Math.random()", True),
        ("new Date(sent).toISOString()", False),
        ("Math.round(1.5)", False),
        ("update()", False),
    ],
)
def test_a_script_that_reads_the_clock_comes_out_otherwise_the_next_time(
    script: str, *, unsteady: bool, tmp_path: Path
) -> None:
    path = tmp_path / "flow.yaml"
    path.write_text(
        "flow: case\nstart: a\nvariables: {sent: x}\nnodes:\n"
        f'  a: {{type: evaluate@1.0, inputs: {{script: "{script}"}}, edges: {{onInvalidChoice: b}}}}\n'
        "  b: {end: success}\n"
    )
    plan = flowengine.compile(flowengine.load(path))

    assert is_unsteady(plan, "a") is unsteady
    assert not is_unsteady(plan, "b")
