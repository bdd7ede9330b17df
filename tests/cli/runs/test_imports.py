"""A run that is not kept pays for no database."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

CODE = """
import sys
from flowengine.cli.entry import flowengine
try:
    flowengine.main(sys.argv[1:], prog_name="flowengine")
except SystemExit as end:
    assert not end.code, end.code
print(*sorted(sys.modules), file=sys.stderr)
"""


@pytest.mark.parametrize("options", [(), ("--db", "runs.db")])
def test_only_a_kept_run_imports_the_journal(greet: Path, options: tuple[str, ...]) -> None:
    arguments = ["run", str(greet), "--var", "name=A", "--var", "count=2", *options]
    ran = subprocess.run([sys.executable, "-c", CODE, *arguments], capture_output=True, text=True, check=True)
    imported = set(ran.stderr.splitlines()[-1].split())
    durable = {"sqlite3", "flowengine.journal", "flowengine.drivers.durable", "flowengine.cli.runs"}
    assert imported & durable == (durable if options else set())
