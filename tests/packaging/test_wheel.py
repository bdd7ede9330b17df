"""The wheel works without the source tree: it carries the catalogue, the schemas and the pages of findings."""

from __future__ import annotations

import json
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def call(*arguments: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([str(one) for one in arguments], cwd=cwd, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    built = call(sys.executable, "-m", "pip", "wheel", "--no-deps", "--quiet", "-w", folder, ROOT, cwd=folder)
    assert built.returncode == 0, built.stderr
    return next(folder.glob("flowengine-*.whl"))


def test_the_wheel_carries_catalogue_schemas_and_pages_and_nothing_else(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())

    shipped = (("nodes", "*.yaml"), ("schemas", "*.json"), ("docs/findings", "*.md"))
    for path in (path for folder, pattern in shipped for path in (ROOT / folder).rglob(pattern)):
        assert f"flowengine/{path.relative_to(ROOT)}" in names
    assert "flowengine/py.typed" in names
    assert not [name for name in names if name.startswith(("tests/", "flows/", "benchmarks/")) or ".venv" in name]


def test_an_empty_environment_runs_a_flow_from_the_wheel(wheel: Path, tmp_path: Path) -> None:
    environment = tmp_path / "venv"
    venv.create(environment, with_pip=True)
    python = environment / "bin" / "python"
    installed = call(python, "-m", "pip", "install", "--quiet", wheel, cwd=tmp_path)
    assert installed.returncode == 0, installed.stderr
    for name in ("sms-inbound.yaml", "triggers/sms-inbound.yaml"):
        (tmp_path / Path(name).name).with_stem(name.replace("/", "-").removesuffix(".yaml")).write_bytes(
            (ROOT / "flows" / name).read_bytes()
        )

    ran = call(
        environment / "bin" / "flowengine",
        *("run", "sms-inbound.yaml", "--trigger", "triggers-sms-inbound.yaml", "--format", "json"),
        cwd=tmp_path,
    )

    assert ran.returncode == 0, ran.stderr
    explained = call(environment / "bin" / "flowengine", "explain", "FE203", cwd=tmp_path)
    assert explained.stdout.startswith("# FE203: ")
    assert json.loads(ran.stdout)["run"]["result"] == "success"
