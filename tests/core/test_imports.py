"""The core does no IO: held to by what it imports, and by what it calls without importing it."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import flowengine

CORE = Path(flowengine.__file__).parent / "core"
MODULES = sorted(CORE.glob("*.py"))
FORBIDDEN = {
    *("asyncio", "concurrent", "contextvars", "ctypes", "ftplib", "glob", "http", "importlib", "io", "logging"),
    *("multiprocessing", "os", "pathlib", "pickle", "random", "runpy", "secrets", "select", "selectors", "shelve"),
    *("shutil", "signal", "smtplib", "socket", "socketserver", "sqlite3", "ssl", "subprocess", "sys", "tempfile"),
    *("threading", "time", "urllib.request", "uuid", "warnings", "zoneinfo"),
}
CALLS = {"open", "print", "input", "eval", "exec", "compile", "__import__", "breakpoint", "globals", "locals", "vars"}
CLOCKS = {"now", "today", "utcnow"}


def imported(module: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(module.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module.name} has a relative import"
            yield f"{node.module}"


def test_there_is_a_core() -> None:
    assert {"walker.py", "outcomes.py", "plan.py", "references.py"} <= {module.name for module in MODULES}


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.stem)
def test_a_module_imports_the_standard_library_and_the_core(module: Path) -> None:
    for name in imported(module):
        top = name.partition(".")[0]
        assert name.startswith("flowengine.core.") or top in sys.stdlib_module_names, name
        assert name not in FORBIDDEN, name
        assert top not in FORBIDDEN, name


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.stem)
def test_a_module_calls_nothing_that_reaches_out(module: Path) -> None:
    for node in ast.walk(ast.parse(module.read_text("utf-8"))):
        if isinstance(node, ast.Call):
            called = node.func.id if isinstance(node.func, ast.Name) else ""
            method = node.func.attr if isinstance(node.func, ast.Attribute) else ""
            assert called not in CALLS, f"line {node.lineno}"
            assert method not in CLOCKS, f"line {node.lineno}"


def test_the_core_brings_nothing_else_along() -> None:
    code = (
        "import sys, flowengine.core.walker, flowengine.core.trace\n"
        "print(*sorted(name for name in sys.modules if name.startswith('flowengine')))"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert {name for name in ran.stdout.split() if not name.startswith("flowengine.core")} == {"flowengine"}
