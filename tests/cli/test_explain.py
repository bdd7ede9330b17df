from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

from flowengine.check.codes import CODES

Cli = Callable[..., Result]

PAGES = Path(__file__).resolve().parents[2] / "docs" / "findings"


@pytest.mark.parametrize("code", ["FE021", "fe021"])
def test_it_prints_the_page(cli: Cli, code: str) -> None:
    result = cli("explain", code)
    assert result.exit_code == 0
    assert result.stdout == (PAGES / "FE021.md").read_text("utf-8")


@pytest.mark.parametrize(("code", "said"), [("FE022", "did you mean"), ("x", "`flowengine explain` lists all of them")])
def test_an_unknown_code_is_wrong_use(cli: Cli, code: str, said: str) -> None:
    result = cli("explain", code)
    assert result.exit_code == 2
    assert f"there is no code {code!r}" in result.stderr
    assert said in result.stderr


def test_without_a_code_all_are_listed(cli: Cli) -> None:
    result = cli("explain")
    assert result.exit_code == 0
    assert [line.split()[0] for line in result.stdout.splitlines()] == list(CODES)
