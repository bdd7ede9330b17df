"""The built page is that of its source."""

from __future__ import annotations

import hashlib
from pathlib import Path

STUDIO = Path(__file__).resolve().parents[2] / "flowengine" / "studio"
WEB = STUDIO / "web"
SOURCES = ("index.html", "package-lock.json", "public", "src", "vite.config.ts")


def test_the_page_was_built_after_its_source_was_changed_last() -> None:
    """`make studio` proves it by building anew; this needs no Node."""
    files = [file for name in SOURCES for file in ((WEB / name).rglob("*") if (WEB / name).is_dir() else [WEB / name])]
    digest = hashlib.sha256()
    for name in sorted(file.relative_to(WEB).as_posix() for file in files if file.is_file()):
        digest.update(f"{name}\0".encode() + (WEB / name).read_bytes() + b"\0")
    built = (STUDIO / "assets" / "sources.sha256").read_text().strip()
    assert digest.hexdigest() == built, "the page's source was changed: build it with `make studio`, and commit both"
