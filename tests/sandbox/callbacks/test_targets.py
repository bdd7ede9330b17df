from __future__ import annotations

from typing import Any

import pytest

from flowengine.errors import UsageError
from flowengine.sandbox.callbacks.targets import Targets, asks_for_callback
from flowengine.sandbox.fields import Fields
from flowengine.sandbox.replies import Refusal


def targets(*allowed: str) -> Targets:
    made = Targets(allowed)
    made.listens_on(8080)
    return made


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:9000/callbacks/webex-engage",
        "https://localhost:9000",
        "http://LOCALHOST:9000/x",
        "http://127.8.8.8/?a=b&c=%20",
        "http://[::1]:9000/x",
        "https://hooks.example.com/x",
        "http://192.0.2.7:8080/x",
        "http://any.example.net:8443/x",
    ],
)
def test_this_machine_and_what_is_allowed_are_posted_to(url: str) -> None:
    allowed = targets("hooks.example.com", "192.0.2.0/24", "*.example.net:8443")

    assert allowed.read(Fields({"webhookurl": url})) == url


@pytest.mark.parametrize(
    ("url", "status"),
    [
        (7, 400),
        ("callbacks", 400),
        ("//127.0.0.1/x", 400),
        ("ftp://127.0.0.1/x", 400),
        ("file:///etc/passwd", 400),
        ("http://127.0.0.1:0/x", 400),
        ("http://127.0.0.1:65536/x", 400),
        ("http://127.0.0.1:9000 /x", 400),
        ("http://127.0.0.1@evil.example/x", 400),
        ("http://evil.example\\@127.0.0.1/x", 400),
        ("http://127.0.0.1/\\evil.example", 400),
        ("http://127.0.0.1/x\r\nX-Y: z", 400),
        ("http://127.0.0.1/#x", 400),
        ("http://127.0.0.1/ü", 400),
        ("http://127.0.0.1/" + "x" * 2_000, 400),
        ("http://[::1%25lo]/x", 400),
        ("http://evil.example/x", 422),
        ("http://localhost.evil.example/x", 422),
        ("http://hooks.example.com.evil.example/x", 422),
        ("http://127.1/x", 422),
        ("http://0177.0.0.1/x", 422),
        ("http://2130706433/x", 422),
        ("http://0x7f000001/x", 422),
        ("http://0.0.0.0/x", 422),
        ("http://169.254.169.254/latest/meta-data", 422),
        ("http://10.0.0.1/x", 422),
        ("http://[::]/x", 422),
        ("http://[fe80::1]/x", 422),
        ("http://127.0.0.1:8080/admin/reset", 422),
        ("http://LOCALHOST:8080/admin/reset", 422),
        ("http://[::ffff:127.0.0.1]:8080/admin/reset", 422),
    ],
)
def test_nothing_else_is(url: Any, status: int) -> None:
    with pytest.raises(Refusal) as refusal:
        targets("hooks.example.com").read(Fields({"webhookurl": url}))

    assert (refusal.value.status, refusal.value.field) == (status, "webhookurl")


@pytest.mark.parametrize("body", [{}, {"webhookurl": None}, {"webhookurl": ""}])
def test_without_an_address_nothing_is_posted(body: dict[str, Any]) -> None:
    assert targets().read(Fields(body)) is None


@pytest.mark.parametrize("host", ["", "http://hooks.example.com", "127.1", "*", "10.0.0.1/8"])
def test_a_host_that_is_none_is_explained(host: str) -> None:
    with pytest.raises(UsageError, match=r"Callbacks cannot be allowed: .* is no "):
        Targets([host])


@pytest.mark.parametrize(
    ("body", "asks"),
    [
        (b'{"webhookurl": "http://127.0.0.1"}', True),
        (b'{"webhookurl": ""}', False),
        (b'{"text": "webhookurl"}', False),
        (b'["webhookurl"]', False),
        (b'{"webhookurl": ', False),
        (b"", False),
    ],
)
def test_whether_a_call_wants_its_result_later(body: bytes, *, asks: bool) -> None:
    assert asks_for_callback(body) is asks
