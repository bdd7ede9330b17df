from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

Cli = Callable[..., Result]


@pytest.mark.parametrize(("language", "beginning"), [("mermaid", "---\ntitle:"), ("dot", "digraph")])
def test_it_draws_to_standard_output(cli: Cli, greet: Path, language: str, beginning: str) -> None:
    result = cli("show", greet, "--as", language)
    assert result.exit_code == 0
    assert result.stdout.startswith(beginning)


def test_the_default_is_mermaid(cli: Cli, greet: Path) -> None:
    assert cli("show", greet).stdout == cli("show", greet, "--as", "mermaid").stdout


def test_a_file_gets_the_same_text(cli: Cli, greet: Path) -> None:
    result = cli("show", greet, "-o", "picture.mmd")
    assert (result.exit_code, result.stdout) == (0, "")
    assert Path("picture.mmd").read_text() == cli("show", greet).stdout
    assert sorted(path.name for path in Path().iterdir()) == ["greet.yaml", "picture.mmd"]


def test_a_file_that_is_there_is_replaced_as_a_whole(cli: Cli, greet: Path, write: Any) -> None:
    old = write("picture.mmd", "old " * 10_000)
    with old.open() as reader:
        assert cli("show", greet, "-o", old).exit_code == 0
        assert reader.read() == "old " * 10_000
    assert old.read_text() == cli("show", greet).stdout


def test_a_link_is_followed(cli: Cli, greet: Path, write: Any) -> None:
    write("real.mmd", "old")
    Path("link.mmd").symlink_to("real.mmd")
    assert cli("show", greet, "-o", "link.mmd").exit_code == 0
    assert Path("link.mmd").is_symlink()
    assert Path("real.mmd").read_text().startswith("---")


@pytest.mark.parametrize("name", ["greet.yaml/picture.mmd", "no/where.mmd", "x" * 300])
def test_where_it_cannot_write_it_says_so_and_leaves_nothing(cli: Cli, greet: Path, name: str) -> None:
    result = cli("show", greet, "-o", name)
    assert (result.exit_code, result.stdout) == (2, "")
    assert "the file cannot be written" in result.stderr
    assert [path.name for path in Path().iterdir()] == ["greet.yaml"]


def test_a_flow_with_findings_is_drawn_when_its_edges_lead_somewhere(cli: Cli, write: Any, greet: Path) -> None:
    flow = write("odd.yaml", greet.read_text().replace("branch@1.0", "no-such-type@7").replace("$(name)", "$(nobody)"))
    result = cli("show", flow)
    assert result.exit_code == 0
    assert "no-such-type@7" in result.stdout


def test_a_flow_whose_edges_lead_nowhere_is_not_drawn(cli: Cli, write: Any, greet: Path) -> None:
    flow = write("odd.yaml", greet.read_text().replace("onSuccess: often", "onSuccess: oftn"))
    result = cli("show", flow)
    assert (result.exit_code, result.stdout) == (2, "")
    assert "odd.yaml:13:24: error[FE206]" in result.stderr


def test_defaults_are_drawn_once_or_with_all_at_every_node(cli: Cli, greet: Path) -> None:
    assert cli("show", greet).stdout.count("onError") == 1
    assert cli("show", greet, "--all").stdout.count("onError") == 2


def test_the_ending_of_the_file_says_the_language(cli: Callable[..., Result], greet: Path) -> None:
    for name, beginning in (("g.svg", "<svg "), ("g.dot", "digraph "), ("g.txt", "---\n")):
        assert cli("show", greet, "-o", name).exit_code == 0
        assert Path(name).read_text().startswith(beginning)
    assert cli("show", greet, "--as", "dot", "-o", "g.svg").exit_code == 0
    assert Path("g.svg").read_text().startswith("digraph ")
