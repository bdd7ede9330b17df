"""No statement is ever put together: values are bound, and which rows are asked for is written in the program."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import flowengine

PACKAGE = Path(flowengine.__file__).parent
MODULES = [path for path in sorted(PACKAGE.rglob("*.py")) if "sqlite3" in path.read_text("utf-8")]
EXECUTING = {"execute", "executemany", "executescript"}
FROM_A_TABLE = {("migrations.py", "statement"), ("opening.py", "make"), ("opening.py", "read")}
"""Names that go through a table of constants of their module."""


def executed(tree: ast.Module) -> Iterator[ast.expr]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in EXECUTING:
            yield node.args[0]


def constants(tree: ast.Module) -> dict[str, ast.expr]:
    """Return the module's names in capitals, each assigned once."""
    found: dict[str, ast.expr] = {}
    for node in tree.body:
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.value is not None:
            assert node.target.id not in found
            found[node.target.id] = node.value
    return found


def is_literal(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def test_there_are_statements() -> None:
    assert {"writes.py", "history.py", "checking.py", "migrations.py", "opening.py"} <= {path.name for path in MODULES}


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.name)
def test_statements_are_constants(module: Path) -> None:
    tree = ast.parse(module.read_text("utf-8"))
    own = constants(tree)
    for statement in executed(tree):
        if is_literal(statement) or (isinstance(statement, ast.Name) and (module.name, statement.id) in FROM_A_TABLE):
            continue
        assert isinstance(statement, ast.Name), f"line {statement.lineno}: a statement is put together"
        assert is_literal(own[statement.id]), f"line {statement.lineno}: {statement.id} is no literal"


@pytest.mark.parametrize("module", sorted({module for module, _ in FROM_A_TABLE}))
def test_tables_of_statements_are_literals(module: str) -> None:
    tree = ast.parse((PACKAGE / "journal" / module).read_text("utf-8"))
    for name, value in constants(tree).items():
        if isinstance(value, ast.Tuple):
            kinds = {type(node) for node in ast.walk(value)}
            assert not kinds & {ast.JoinedStr, ast.BinOp, ast.Attribute}, name
