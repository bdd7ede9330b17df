from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

import flowengine

NODES = Path(__file__).parents[1] / "conformance" / "nodes"

Found = list[tuple[str, int, int]]
Validate = Callable[..., list[flowengine.Finding]]


@pytest.fixture
def validated(tmp_path: Path) -> Validate:
    """Validate the text of a flow; node types beside ``ask`` are given as texts by name."""

    def validate(text: str, **manifests: str) -> list[flowengine.Finding]:
        for name, manifest in manifests.items():
            (tmp_path / f"{name.replace('_', '-')}.yaml").write_text(manifest, "utf-8")
        path = tmp_path / "flow" / "flow.yaml"
        path.parent.mkdir()
        path.write_text(text, "utf-8")
        return flowengine.validate(path, flowengine.Catalogue([tmp_path, NODES]))

    return validate
