from __future__ import annotations

import httpx
import pytest


def test_a_file_of_the_page_is_sent_small_and_once(page: httpx.Client) -> None:
    whole = page.get("/index.js", headers={"Accept-Encoding": "identity"})
    small = page.get("/index.js", headers={"Accept-Encoding": "br, gzip"})
    assert "content-encoding" not in whole.headers
    assert small.headers["content-encoding"] == "gzip"
    assert int(small.headers["content-length"]) < int(whole.headers["content-length"]) / 2
    assert small.content == whole.content
    assert small.headers["vary"] == "Accept-Encoding"

    again = page.get("/index.js", headers={"If-None-Match": small.headers["etag"]})
    assert again.status_code == httpx.codes.NOT_MODIFIED
    assert again.content == b""


@pytest.mark.parametrize("written", ["gzip;q=0", "gzip; q=0.000, br", "x-gzipped"])
def test_who_takes_no_gzip_gets_none(page: httpx.Client, written: str) -> None:
    assert "content-encoding" not in page.get("/index.css", headers={"Accept-Encoding": written}).headers


def test_what_is_no_file_of_the_page_is_not_found(page: httpx.Client) -> None:
    assert page.get("/routes.py").status_code == httpx.codes.NOT_FOUND
