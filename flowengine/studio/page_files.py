"""The files of the page: compressed once, and sent again only where the browser does not have them."""

from __future__ import annotations

import gzip
import re
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Final, NamedTuple

from starlette.datastructures import Headers
from starlette.responses import Response

ASSETS: Final = Path(__file__).with_name("assets")
_TYPES: Final = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
    ".json": "application/json",
    ".woff2": "font/woff2",
    ".png": "image/png",
    ".txt": "text/plain; charset=utf-8",
}
_PACKED: Final = frozenset({".woff2", ".png"})
_GZIP: Final = re.compile(r"(?:^|,)\s*gzip\s*(?:,|$|;\s*q=(?!0(?:\.0*)?\s*(?:,|$)))", re.IGNORECASE)


class _File(NamedTuple):
    tag: str
    plain: bytes
    small: bytes | None


def page_file(name: str, headers: Headers) -> Response | None:
    """Return a file of the page as a browser takes it; None where there is none of the name. Reads the disk."""
    known = {path.name: path for path in ASSETS.iterdir() if path.is_file()} if ASSETS.is_dir() else {}
    path = known.get(name)
    if path is None or path.suffix not in _TYPES:
        return None
    file = _read(path, path.stat().st_mtime_ns)
    said = {"Cache-Control": "no-cache", "ETag": file.tag, "Vary": "Accept-Encoding"}
    if file.tag in (one.strip() for one in headers.get("if-none-match", "").split(",")):
        return Response(status_code=304, headers=said)
    if file.small is None or not _GZIP.search(headers.get("accept-encoding", "")):
        return Response(file.plain, media_type=_TYPES[path.suffix], headers=said)
    return Response(file.small, media_type=_TYPES[path.suffix], headers={**said, "Content-Encoding": "gzip"})


@lru_cache(maxsize=64)
def _read(path: Path, _changed: int) -> _File:
    content = path.read_bytes()
    # Weak: the same for both encodings.
    tag = f'W/"{sha256(content).hexdigest()[:32]}"'
    return _File(tag, content, None if path.suffix in _PACKED else gzip.compress(content, mtime=0))
