from __future__ import annotations

from pathlib import Path

import pytest

from flowengine.errors import UsageError
from flowengine.flowfile.rewrite import rewrite


def test_a_file_is_replaced_and_keeps_its_permissions(tmp_path: Path) -> None:
    path = tmp_path / "f.yaml"
    path.write_bytes(b"old")
    path.chmod(0o640)
    rewrite(path, b"old", b"new")
    assert path.read_bytes() == b"new"
    assert path.stat().st_mode & 0o777 == 0o640
    assert list(tmp_path.iterdir()) == [path]


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    path, link = tmp_path / "f.yaml", tmp_path / "link.yaml"
    path.write_bytes(b"old")
    link.symlink_to("f.yaml")
    rewrite(link, b"old", b"new")
    assert link.is_symlink()
    assert path.read_bytes() == b"new"


def test_what_was_saved_meanwhile_is_not_lost(tmp_path: Path) -> None:
    path = tmp_path / "f.yaml"
    path.write_bytes(b"saved by somebody else")
    with pytest.raises(UsageError, match="has changed meanwhile"):
        rewrite(path, b"old", b"new")
    assert path.read_bytes() == b"saved by somebody else"
    assert list(tmp_path.iterdir()) == [path]


def test_a_file_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be written"):
        rewrite(tmp_path / "nowhere" / "f.yaml", b"old", b"new")
