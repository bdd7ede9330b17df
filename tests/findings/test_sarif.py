"""What `flowengine validate --format sarif` writes of each kind of mistake is what the standard's own schema has."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final

import jsonschema
import pytest
from click.testing import CliRunner

from flowengine.cli.entry import flowengine

FOLDER: Final = Path(__file__).parent
SCHEMA: Final = json.loads((FOLDER.parent / "cli" / "sarif" / "sarif-2.1.0-rtm.5.json").read_text("utf-8"))
NAMES: Final = ["FE001", *sorted(path.stem for path in FOLDER.glob("FE*.yaml"))]


@pytest.fixture(autouse=True)
def _here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(FOLDER)


@pytest.mark.parametrize("name", NAMES)
def test_every_mistake_is_valid_sarif(name: str) -> None:
    ran = CliRunner().invoke(flowengine, ["validate", f"{name}.yaml", "--env", "live", "--format", "sarif"])
    log = json.loads(ran.stdout)
    jsonschema.Draft4Validator(SCHEMA).validate(log)
    assert name[:5] in {result["ruleId"] for result in log["runs"][0]["results"]}


@pytest.mark.parametrize(
    "change",
    [
        lambda run: run.update(columns="unicode"),
        lambda run: run["results"][0].pop("message"),
        lambda run: run["results"][0].update(level="hint"),
        lambda run: run["results"][0]["locations"][0]["physicalLocation"]["region"].update(startLine=0),
        lambda run: run["tool"]["driver"].pop("name"),
    ],
)
def test_the_schema_judges(change: object) -> None:
    ran = CliRunner().invoke(flowengine, ["validate", "FE206.yaml", "--format", "sarif"])
    log = json.loads(ran.stdout)
    assert callable(change)
    change(log["runs"][0])
    assert not jsonschema.Draft4Validator(SCHEMA).is_valid(log)
