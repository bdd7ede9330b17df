"""What is shipped for running the server: as a plain user, with nothing that it does not need."""

from __future__ import annotations

import re
from configparser import RawConfigParser
from pathlib import Path

import pytest

from flowengine.server.api import ROUTES

ROOT = Path(__file__).resolve().parents[2]
UNIT = (ROOT / "deploy" / "flowengine.service").read_text()


def test_the_image_runs_as_a_plain_user() -> None:
    lines = (ROOT / "deploy" / "Containerfile").read_text().splitlines()
    users = [line for line in lines if line.startswith("USER")]
    assert users == ["USER 10001:10001"]
    assert lines.index(users[0]) < next(at for at, line in enumerate(lines) if line.startswith("ENTRYPOINT"))
    assert "STOPSIGNAL SIGTERM" in lines


def test_all_that_the_image_copies_is_there() -> None:
    text = (ROOT / "deploy" / "Containerfile").read_text()
    copied = [part for line in re.findall(r"^COPY (?!--)(.*)$", text, re.MULTILINE) for part in line.split()[:-1]]
    assert copied
    assert not [part for part in copied if not (ROOT / part).exists()]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("User", "flowengine"),
        ("UMask", "0077"),
        ("NoNewPrivileges", "yes"),
        ("ProtectSystem", "strict"),
        ("ProtectHome", "yes"),
        ("PrivateDevices", "yes"),
        ("CapabilityBoundingSet", ""),
        ("RestrictSUIDSGID", "yes"),
        ("SystemCallArchitectures", "native"),
    ],
)
def test_the_unit_gives_away_what_it_does_not_need(name: str, value: str) -> None:
    parser = RawConfigParser(strict=False)
    parser.optionxform = str  # type: ignore[assignment, method-assign]
    parser.read_string(UNIT)
    assert parser["Service"][name] == value
    assert int(parser["Service"]["TimeoutStopSec"]) > 10 + 3, "the grace, and the last answers"


def test_the_page_names_every_route() -> None:
    page = (ROOT / "docs" / "server.md").read_text()
    missing = [route.name for route in ROUTES if not route.hidden and _last(route.path) not in page]
    assert not missing


def _last(path: str) -> str:
    """Return a path as the page may write it: beside others, by its end only."""
    return path if path.count("/") < 4 else path[path.rindex("/") :]
