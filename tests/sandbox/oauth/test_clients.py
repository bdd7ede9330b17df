from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable

import pytest

from flowengine.sandbox.oauth.clients import Client, Clients, origin_of
from flowengine.sandbox.oauth.faults import OAuthFault


def basic(client_id: str, secret: str) -> str:
    return f"Basic {b64encode(f'{client_id}:{secret}'.encode()).decode()}"


@pytest.fixture
def clients(new_secret: Callable[[], str]) -> Clients:
    return Clients(new_secret)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
@pytest.mark.parametrize("port", [1, 80, 65_535])
def test_loopback_is_allowed_at_every_port(host: str, port: int) -> None:
    assert origin_of(f"http://{host}:{port}/callback") == f"http://{host}:{port}"


@pytest.mark.parametrize(
    "redirect_uri",
    [
        "",
        "/callback",
        "//127.0.0.1:80/callback",
        "http://127.0.0.1/callback",
        "http://127.0.0.1:0/callback",
        "http://127.0.0.1:65536/callback",
        "http://127.0.0.1:080/callback",
        "http://127.0.0.1:\u0661\u0662/callback",
        "https://127.0.0.1:50123/callback",
        "HTTP://127.0.0.1:50123/callback",
        "http://127.0.0.1:50123/",
        "http://127.0.0.1:50123/callback/",
        "http://127.0.0.1:50123/callback?x=1",
        "http://127.0.0.1:50123/callback#x",
        "http://127.0.0.1:50123/callback\n",
        "http://127.0.0.1:50123/callback\r\nSet-Cookie: a=b",
        "http://127.0.0.1:50123@evil.example/callback",
        "http://evil.example:50123/callback",
        "http://evil.example/http://127.0.0.1:50123/callback",
        "http://127.0.0.1.evil.example:50123/callback",
        "http://localhost.evil.example:50123/callback",
        "http://user@127.0.0.1:50123/callback",
        "http://127.1:50123/callback",
        "http://0.0.0.0:50123/callback",
        "http://[::1]:50123/callback",
        "http://127.0.0.1:50123\\@evil.example/callback",
        "javascript:alert(1)//http://127.0.0.1:50123/callback",
    ],
)
def test_no_other_address_is(redirect_uri: str) -> None:
    assert origin_of(redirect_uri) is None


def test_each_client_is_known_in_its_way(clients: Clients) -> None:
    own = clients.confidential
    assert own.secret is not None
    form = {"client_id": own.client_id, "client_secret": own.secret}

    assert clients.authenticate(form, "") == own
    assert clients.authenticate({}, basic(own.client_id, own.secret)) == own
    assert clients.authenticate({"client_id": own.client_id}, basic("%73" + own.client_id[1:], own.secret)) == own
    # Somebody's bearer token says nothing about the client.
    assert clients.authenticate(form, "Bearer xyz") == own
    assert clients.authenticate({"client_id": "flowengine"}, "") == clients.find("flowengine")


@pytest.mark.parametrize(
    ("form", "authorization", "error"),
    [
        ({}, "", "invalid_client"),
        ({"client_id": "someone"}, "", "invalid_client"),
        ({"client_id": "OWN"}, "", "invalid_client"),
        ({"client_id": "OWN", "client_secret": "wrong"}, "", "invalid_client"),
        ({"client_id": "OWN", "client_secret": "é\ud800"}, "", "invalid_client"),
        ({"client_id": "flowengine", "client_secret": "SECRET"}, "", "invalid_client"),
        ({}, basic("OWN", "wrong"), "invalid_client"),
        ({}, basic("flowengine", ""), "invalid_client"),
        ({}, "Basic", "invalid_client"),
        ({}, "Basic %%%", "invalid_client"),
        ({}, "Basic /////w==", "invalid_client"),
        ({}, "Basic b25seQ==", "invalid_client"),
        ({"client_secret": "SECRET"}, basic("OWN", "SECRET"), "invalid_request"),
        ({"client_id": "flowengine"}, basic("OWN", "SECRET"), "invalid_request"),
    ],
)
def test_others_are_not(clients: Clients, form: dict[str, str], authorization: str, error: str) -> None:
    own = clients.confidential
    filled = {name: fill(value, own) for name, value in form.items()}
    with pytest.raises(OAuthFault) as fault:
        clients.authenticate(filled, authorization)
    assert (fault.value.error, fault.value.status) == (error, 401 if error == "invalid_client" else 400)
    assert ("WWW-Authenticate" in fault.value.reply().headers) == (error == "invalid_client")


def fill(text: str, own: Client) -> str:
    return text.replace("OWN", own.client_id).replace("SECRET", own.secret or "")


def test_a_changed_secret_replaces_the_old_one(clients: Clients) -> None:
    old = clients.confidential
    clients.change_secret()

    assert clients.confidential.client_id == old.client_id
    assert clients.confidential.secret != old.secret
    with pytest.raises(OAuthFault):
        clients.authenticate({"client_id": old.client_id, "client_secret": old.secret or ""}, "")
