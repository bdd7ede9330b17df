from __future__ import annotations

import asyncio
import re
from pathlib import Path
from typing import Any

import httpx
import pytest

from flowengine.authorizations.store import MemoryStore
from flowengine.sandbox.server import Sandbox
from flowengine.server.routing import ApiError
from flowengine.studio.authorizations import Authorizations
from flowengine.studio.workspace import Workspace

CANARY = "canary-of-a-secret-4712"


def wanted(sandbox: Sandbox, **more: Any) -> dict[str, Any]:
    return {
        "name": "engage",
        "kind": "authorization-code",
        "hosts": [f"127.0.0.1:{sandbox.port}"],
        "clientId": sandbox.public_client_id,
        "scopes": ["conversations:read"],
        **sandbox.oauth,
        **more,
    }


def log_in(address: str, password: str, decision: str) -> httpx.Response:
    """Do what a person does in the browser."""
    with httpx.Client(trust_env=False, follow_redirects=True) as client:
        page = client.get(address)
        for fields in ({"login": "agent@example.com", "password": password}, {"decision": decision}):
            [token] = re.findall('name="form_token" value="([^"]+)"', page.text)
            page = client.post(page.url, data={"form_token": token, **fields})
    return page


def test_a_login_in_the_browser_authorizes(folder: Path) -> None:
    store = MemoryStore()
    authorizations = Authorizations(Workspace(folder), store)

    async def run() -> None:
        async with Sandbox() as sandbox:
            made = authorizations.add(wanted(sandbox))
            assert made["state"] == "pending"

            address = (await authorizations.authorize("engage"))["url"]
            await asyncio.to_thread(log_in, address, sandbox.password, "deny")
            await authorizations.settled()
            assert store.read()["engage"].state == "pending"
            assert "access_denied" in str(authorizations.all()["authorizations"][0]["reason"])

            await authorizations.authorize("engage")
            address = (await authorizations.authorize("engage"))["url"]  # opened again, it is another one
            page = await asyncio.to_thread(log_in, address, sandbox.password, "allow")
            await authorizations.settled()
            assert "Authorized" in page.text
            token = store.read()["engage"].secrets["access_token"].reveal()
            (shown,) = authorizations.all()["authorizations"]
            assert (shown["state"], shown["reason"]) == ("authorized", None)
            assert token not in str(shown)

            gone = await authorizations.delete("engage", only_say=False)
            assert (gone["deleted"], gone["revoked"]) == ("engage", True)
            assert authorizations.all() == {"authorizations": []}

    asyncio.run(run())


def test_client_credentials_are_tried_at_once(folder: Path) -> None:
    store = MemoryStore()
    authorizations = Authorizations(Workspace(folder), store)

    async def run() -> None:
        async with Sandbox() as sandbox:
            wrong = {"kind": "client-credentials", "clientId": sandbox.client_id, "authorizeUrl": None}
            authorizations.add(wanted(sandbox, **wrong, secret=CANARY))
            with pytest.raises(ApiError, match="engage is not authorized") as refused:
                await authorizations.authorize("engage")
            assert CANARY not in str(refused.value)
            await authorizations.delete("engage", only_say=False)

            authorizations.add(wanted(sandbox, **wrong, secret=sandbox.client_secret))
            assert await authorizations.authorize("engage") == {"url": None}
            assert store.read()["engage"].state == "authorized"

    asyncio.run(run())


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"kind": "bearer"}, "needs `secret`"),
        ({"kind": "basic", "secret": "made-up-for-this"}, "needs `username`"),
        ({"kind": "client-credentials", "secret": "made-up-for-this"}, "needs `clientId`"),
        ({"kind": "bearer", "secret": "made-up-for-this"}, "say which hosts"),
        ({"kind": "bearer", "secret": "made-up\nfor-this", "hosts": ["a.example.com"]}, "line break"),
        ({"kind": "authorization-code", "hosts": ["a.example.com"]}, "needs --token-url"),
        ({"kind": "bearer", "secret": "made-up-for-this", "integration": "webex-engage"}, "embedded sandbox"),
    ],
)
def test_what_is_missing_is_said_and_nobody_is_asked(folder: Path, body: dict[str, Any], said: str) -> None:
    authorizations = Authorizations(Workspace(folder), MemoryStore())

    with pytest.raises(ApiError, match=re.escape(said)):
        authorizations.add({"name": "one", **body})
    assert authorizations.all() == {"authorizations": []}
