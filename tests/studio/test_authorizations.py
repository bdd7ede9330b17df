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
OTHER = "another-secret-4713"


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
            said = authorizations.states()["states"]["engage"]["login"]
            assert (said["open"], "access_denied" in said["failed"]) == (False, True)

            await authorizations.authorize("engage")
            address = (await authorizations.authorize("engage"))["url"]  # opened again, it is another one
            assert authorizations.states()["states"]["engage"]["login"] == {"open": True, "failed": None}
            page = await asyncio.to_thread(log_in, address, sandbox.password, "allow")
            await authorizations.settled()
            assert "Authorized" in page.text
            assert "go back to the studio" in page.text
            token = store.read()["engage"].secrets["access_token"].reveal()
            (shown,) = authorizations.all()["authorizations"]
            assert (shown["state"], shown["reason"], shown["renews"]) == ("authorized", None, True)
            assert token not in str(shown)

            gone = await authorizations.delete("engage", only_say=False)
            assert (gone["deleted"], gone["revoked"]) == ("engage", True)
            assert authorizations.all()["authorizations"] == []
            (missing,) = authorizations.all()["missing"]
            assert missing["state"] == "deleted"

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
        ({"kind": "bearer", "hosts": ["a.example.com"]}, "the access token is missing"),
        ({"kind": "basic", "hosts": ["a.example.com"], "secret": "made-up-for-this"}, "the user name is missing"),
        (
            {"kind": "client-credentials", "hosts": ["a.example.com"], "tokenUrl": "https://a.example.com/token"},
            "client id",
        ),
        ({"kind": "bearer", "username": "me", "secret": "made-up-for-this"}, "the user name is for the kind basic"),
        ({"kind": "bearer", "secret": "made-up-for-this"}, "say which hosts"),
        ({"kind": "bearer", "secret": "made-up\nfor-this", "hosts": ["a.example.com"]}, "line break"),
        ({"kind": "authorization-code", "hosts": ["a.example.com"]}, "needs the address of the tokens"),
        ({"kind": "bearer", "secret": "made-up-for-this", "integration": "webex-engage"}, "embedded sandbox"),
    ],
)
def test_what_is_missing_is_said_and_nobody_is_asked(folder: Path, body: dict[str, Any], said: str) -> None:
    authorizations = Authorizations(Workspace(folder), MemoryStore())

    with pytest.raises(ApiError, match=re.escape(said)) as refused:
        authorizations.add({"name": "one", **body})
    assert "--" not in str(refused.value)
    assert authorizations.all()["authorizations"] == []


OWN_LOGIN = {
    "kind": "authorization-code",
    "hosts": ["engage.example.com"],
    "clientId": "made-up",
    "authorizeUrl": "https://engage.example.com/login",
    "tokenUrl": "https://engage.example.com/token",
}
PROJECT = """\
environments:
  production:
    channels: {sms: {signature: {scheme: webex-connect, authorization: sms-hook}}}
    integrations: {webex-engage: {baseUrl: "https://engage.example.com/api/v1"}}
    authorizations: {engage: engage-prod}
  local: {}
"""


def test_names_that_flows_use_and_nobody_has_are_listed(folder: Path) -> None:
    authorizations = Authorizations(Workspace(folder), MemoryStore())
    (engage,) = authorizations.all()["missing"]
    assert (engage["name"], engage["state"], engage["integration"]) == ("engage", "sandbox", "webex-engage")
    assert {"path": "sms-inbound.yaml", "flow": "sms-inbound", "node": "search", "environments": []} in engage["uses"]

    (folder / "flowengine.yaml").write_text(PROJECT, "utf-8")
    (folder / "broken.yaml").write_text("flow: [", "utf-8")
    found = authorizations.all()
    missing = {one["name"]: one for one in found["missing"]}
    assert missing["engage-prod"]["state"] == "missing"
    assert missing["engage-prod"]["environments"] == ["production"]
    assert "bearer" in missing["engage-prod"]["kinds"]
    assert missing["sms-hook"]["settings"] == [{"what": "channel", "of": "sms", "environment": "production"}]
    assert found["unread"] == ["broken.yaml"]

    authorizations.add({"name": "engage-prod", "kind": "bearer", "secret": CANARY, "hosts": ["engage.example.com"]})
    assert "engage-prod" not in {one["name"] for one in authorizations.all()["missing"]}


def test_names_that_flows_can_say_are_told_with_where_they_lead(folder: Path) -> None:
    authorizations = Authorizations(Workspace(folder), MemoryStore())
    (folder / "broken.yaml").write_text("flow: [", "utf-8")
    assert authorizations.names()["authorizations"] == [
        {"name": "engage", "state": None, "environments": [{"name": "sandbox", "to": "engage", "state": None}]}
    ]

    (folder / "flowengine.yaml").write_text(PROJECT, "utf-8")
    authorizations.add({"name": "engage-prod", "kind": "bearer", "secret": CANARY, "hosts": ["engage.example.com"]})
    authorizations.add({**OWN_LOGIN, "name": "mine"})
    told = {one.pop("name"): one for one in authorizations.names()["authorizations"]}
    assert [*told] == ["engage", "engage-prod", "mine"]
    assert told["engage"]["environments"] == [
        {"name": "sandbox", "to": "engage", "state": None},
        {"name": "production", "to": "engage-prod", "state": "authorized"},
        {"name": "local", "to": "engage", "state": None},
    ]
    assert told["mine"]["state"] == "pending"

    (folder / "flowengine.yaml").write_text("environments: [", "utf-8")
    told = {one.pop("name"): one for one in authorizations.names()["authorizations"]}
    assert told["engage-prod"] == {"state": "authorized", "environments": []}
    assert "engage" in told


def test_what_is_changed_gets_its_secret_again_where_that_would_go_elsewhere(folder: Path) -> None:
    store = MemoryStore()
    authorizations = Authorizations(Workspace(folder), store)
    authorizations.add({"name": "one", "kind": "basic", "username": "me", "secret": CANARY, "hosts": ["a.example.com"]})

    def change(**body: Any) -> dict[str, Any]:
        return asyncio.run(authorizations.change("one", body))

    assert change(username="you")["username"] == "you"
    assert store.read()["one"].secrets["password"].reveal() == CANARY
    with pytest.raises(ApiError, match="give the secret again"):
        change(hosts=["evil.example.com"])
    assert store.read()["one"].hosts == ("a.example.com",)
    assert change(hosts=["b.example.com"], secret=OTHER)["hosts"] == ["b.example.com"]
    assert store.read()["one"].secrets["password"].reveal() == OTHER
    with pytest.raises(ApiError, match="colon"):
        change(username="a:b")


def test_a_token_ends_with_what_it_was_granted_for(folder: Path) -> None:
    store = MemoryStore()
    authorizations = Authorizations(Workspace(folder), store)

    async def run() -> None:
        async with Sandbox() as sandbox:
            body = wanted(sandbox, kind="client-credentials", clientId=sandbox.client_id, authorizeUrl=None)
            authorizations.add({**body, "secret": sandbox.client_secret})
            await authorizations.authorize("engage")
            assert (await authorizations.test("engage", "sandbox", None))["works"]
            assert (await authorizations.test("engage", "sandbox", f"{sandbox.base_url}/tenant"))["works"]
            tried = await authorizations.test("engage", "sandbox", "https://elsewhere.example.com/")
            assert (tried["works"], "is not sent to" in tried["said"]) == (False, True)

            same = await authorizations.change("engage", {"clientId": sandbox.client_id})
            assert same["state"] == "authorized"
            changed = await authorizations.change("engage", {"scopes": ["conversations:write"]})
            assert changed["state"] == "pending"
            assert [*store.read()["engage"].secrets] == ["client_secret"]

    asyncio.run(run())
