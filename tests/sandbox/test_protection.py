from __future__ import annotations

import pytest

from flowengine.sandbox.protection import check_host, check_site, names_of
from flowengine.sandbox.replies import Refusal


@pytest.mark.parametrize("host", ["127.0.0.1:8080", "localhost:8080", "LOCALHOST:8080", "[::1]:8080"])
def test_its_own_names(host: str) -> None:
    check_host(host, names_of(8080))


@pytest.mark.parametrize(
    "host",
    ["", "127.0.0.1", "127.0.0.1:8081", "localhost", "evil.example:8080", "localhost.evil.example:8080", "127.1:8080"],
)
def test_other_names_are_refused(host: str) -> None:
    with pytest.raises(Refusal) as refusal:
        check_host(host, names_of(8080))
    assert refusal.value.status == 421


@pytest.mark.parametrize(
    ("method", "site", "origin", "is_refused"),
    [
        ("POST", None, None, False),
        ("POST", "same-origin", None, False),
        ("POST", "none", None, False),
        ("POST", "cross-site", None, True),
        ("POST", "same-site", None, True),
        ("POST", "cross-site", "http://127.0.0.1:8080", True),
        ("POST", "", None, True),
        ("DELETE", "cross-site", None, True),
        ("PATCH", None, "http://127.0.0.1:8080", False),
        ("PATCH", None, "http://127.0.0.1:8081", True),
        ("PATCH", None, "https://127.0.0.1:8080", True),
        ("PATCH", None, "null", True),
        ("GET", "cross-site", "http://evil.example", False),
    ],
)
def test_pages_of_other_sites_change_nothing(
    method: str, site: str | None, origin: str | None, *, is_refused: bool
) -> None:
    if not is_refused:
        check_site(method, site, origin, "127.0.0.1:8080")
        return
    with pytest.raises(Refusal) as refusal:
        check_site(method, site, origin, "127.0.0.1:8080")
    assert refusal.value.status == 403
