from __future__ import annotations

import json
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from flowengine.authorizations.faults import StoreFault
from flowengine.cli.entry import flowengine
from flowengine.errors import UsageError
from flowengine.server.tokens import TokenFile

Cli = Callable[..., Result]


@pytest.fixture
def cli() -> Cli:
    return lambda *arguments: CliRunner().invoke(flowengine, ["tokens", *arguments], prog_name="flowengine")


def test_only_a_digest_is_kept_in_a_file_of_its_owner(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        file = TokenFile(tmp_path / "new" / "tokens.json")
        secret = file.add("ada", "read", 1.0, 2.0)
    finally:
        os.umask(before)
    assert secret.startswith("fe_")
    assert len(secret) > 40
    assert secret not in file.path.read_text()
    assert (file.path.stat().st_mode & 0o777, file.path.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    found = TokenFile(file.path).find(secret)
    assert found is not None
    assert (found.name, found.right, found.is_valid(1.9), found.is_valid(2.0)) == ("ada", "read", True, False)


@pytest.mark.parametrize("near", ["", "fe_", " ", "\ud800"])
def test_what_is_no_token_finds_none(tmp_path: Path, near: str) -> None:
    file = TokenFile(tmp_path / "tokens.json")
    secret = file.add("ada", "read", 0.0)
    for one in (near, secret[:-1], secret + "x", secret.upper(), next(iter(file.read().values())).digest):
        assert file.find(one) is None


@pytest.mark.parametrize("name", ["", "A", "-a", "a b", "../a", "x" * 65, "a\n", "é"])
def test_a_token_has_a_plain_name(tmp_path: Path, name: str) -> None:
    with pytest.raises(UsageError, match="not a name for a token"):
        TokenFile(tmp_path / "tokens.json").add(name, "read", 0.0)


def test_tokens_that_are_added_at_once_are_all_kept(tmp_path: Path) -> None:
    path = tmp_path / "tokens.json"
    with ThreadPoolExecutor(8) as pool:
        secrets = list(pool.map(lambda number: TokenFile(path).add(f"t{number}", "read", 0.0), range(24)))
    assert len(TokenFile(path).read()) == 24
    assert all(TokenFile(path).find(secret) for secret in secrets)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{}",
        b"[]",
        b"null",
        b'{"format": "other", "tokens": [{}]}',
        b'{"format": "flowengine-tokens-1", "tokens": [1]}',
        b'{"format": "other", "tokens": []}',
        b'{"format": "flowengine-tokens-1", "tokens": [{"name": "a", "right": "root", "digest": "", "created_at": 0}]}',
    ],
)
def test_a_file_that_is_none_of_ours_lets_nobody_in(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "tokens.json"
    path.write_bytes(content)
    path.chmod(0o600)
    with pytest.raises(StoreFault, match="not a file of tokens"):
        TokenFile(path).read()


def test_a_file_that_others_may_read_lets_nobody_in(tmp_path: Path) -> None:
    file = TokenFile(tmp_path / "tokens.json")
    file.add("ada", "read", 0.0)
    file.path.chmod(0o644)
    with pytest.raises(StoreFault, match="open to other users"):
        file.read()


def test_the_commands_add_list_and_delete(cli: Cli) -> None:
    added = cli("add", "ada", "--right", "operate", "--expires", "90d")
    assert added.exit_code == 0
    secret = added.stdout.strip()
    assert secret.startswith("fe_")
    assert "not shown again" in added.stderr
    listed = cli("list")
    assert secret not in listed.stdout
    assert "ada" in listed.stdout
    assert "operate" in listed.stdout
    assert "in 89 d" in listed.stdout
    (shown,) = json.loads(cli("list", "--format", "json").stdout)["tokens"]
    assert set(shown) == {"name", "right", "createdAt", "expiresAt"}
    again = cli("add", "ada", "--right", "read")
    assert (again.exit_code, "already" in again.stderr) == (2, True)
    assert cli("delete", "ada").exit_code == 0
    gone = cli("delete", "ada")
    assert (gone.exit_code, "there is no token 'ada'" in gone.stderr) == (2, True)
    assert "There is no token" in cli("list").stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("add", "ada"), "--right"),
        (("add", "ada", "--right", "root"), "root"),
        (("add", "ada", "--right", "read", "--expires", "soon"), "not a duration"),
        (("add", "Ada", "--right", "read"), "not a name"),
        ((), "expected a command"),
    ],
)
def test_wrong_use_is_told(cli: Cli, arguments: tuple[str, ...], said: str) -> None:
    result = cli(*arguments)
    assert result.exit_code == 2
    assert said in result.stderr


def test_a_token_can_be_made_for_programs(cli: Cli) -> None:
    made = json.loads(cli("add", "ci", "--right", "read", "--format", "json").stdout)["token"]
    assert (made["name"], made["right"], made["expiresAt"]) == ("ci", "read", None)
    assert TokenFile().find(made["secret"]) is not None
