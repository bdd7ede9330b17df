"""Authlib's client against the sandbox over HTTP: what a program that knows only the standards meets."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from authlib.integrations.base_client.errors import OAuthError
from authlib.integrations.httpx_client import AsyncOAuth2Client
from authlib.oauth2.rfc8414 import AuthorizationServerMetadata

from flowengine.sandbox.faults import Fault, Match
from flowengine.sandbox.server import Sandbox

if TYPE_CHECKING:
    Live = Callable[..., Any]

SMS = {"channel": "sms", "customeraddress": "+447700900123", "bizaddress": "+447700900001"}
REDIRECT = "http://127.0.0.1:50123/callback"
VERIFIER = "v" * 64


def public(sandbox: Sandbox, **options: Any) -> AsyncOAuth2Client:
    """A client without a secret."""
    return AsyncOAuth2Client(
        sandbox.public_client_id,
        redirect_uri=REDIRECT,
        code_challenge_method="S256",
        token_endpoint_auth_method="none",  # noqa: S106 - the name of a method
        trust_env=False,
        **options,
    )


async def consent(sandbox: Sandbox, url: str) -> str:
    """Log in and say yes, by the forms alone; return the address that the answer is brought to."""
    async with httpx.AsyncClient(trust_env=False, base_url=sandbox.url, follow_redirects=True) as browser:
        page = await browser.get(url)
        form = {"form_token": token_of(page), "login": sandbox.login, "password": sandbox.password}
        page = await browser.post(page.url, data=form)
        form = {"form_token": token_of(page), "decision": "allow"}
        answer = await browser.post(page.url, data=form, follow_redirects=False)
        assert answer.status_code == 303
        return answer.headers["Location"]


def token_of(page: httpx.Response) -> str:
    found = re.search(r'name="form_token" value="([^"]+)"', page.text)
    assert found, page.text
    return found[1]


async def log_in(sandbox: Sandbox, client: AsyncOAuth2Client) -> dict[str, Any]:
    url, _ = client.create_authorization_url(sandbox.oauth["authorizeUrl"], state="s", code_verifier=VERIFIER)
    answer = await consent(sandbox, url)
    token = await client.fetch_token(
        sandbox.oauth["tokenUrl"], authorization_response=answer, state="s", code_verifier=VERIFIER
    )
    return dict(token)


async def search(sandbox: Sandbox, client: AsyncOAuth2Client) -> int:
    answer = await client.post(f"{sandbox.base_url}/conversations/search", json=SMS)
    return int(answer.status_code)


def test_the_metadata_holds_up_and_lead_to_all_the_rest(live: Live) -> None:
    async def scenario(sandbox: Sandbox, _: httpx.AsyncClient) -> None:
        async with httpx.AsyncClient(trust_env=False) as client:
            told = (await client.get(f"{sandbox.url}/.well-known/oauth-authorization-server")).json()
        assert told["issuer"] == sandbox.url
        assert [told["authorization_endpoint"], told["token_endpoint"], told["revocation_endpoint"]] == [
            sandbox.oauth[name] for name in ("authorizeUrl", "tokenUrl", "revokeUrl")
        ]
        assert told["scopes_supported"] == sandbox.oauth["scopes"]
        # Authlib asks for https everywhere, which nobody has on loopback.
        secure = {
            name: each.replace("http:", "https:") if isinstance(each, str) else each for name, each in told.items()
        }
        AuthorizationServerMetadata(secure).validate()

    live(scenario)


def test_authorization_code_refresh_and_revocation(live: Live) -> None:
    async def scenario(sandbox: Sandbox, api: httpx.AsyncClient) -> None:
        async with public(sandbox, scope="conversations:read") as client:
            first = await log_in(sandbox, client)
            assert await search(sandbox, client) == 200
            expired = await api.post(f"{sandbox.url}/admin/tokens", json={"expire": True})
            assert expired.json() == {"expired": 2}
            assert await search(sandbox, client) == 401
            second = await client.refresh_token(sandbox.oauth["tokenUrl"])
            assert second["refresh_token"] != first["refresh_token"]
            assert await search(sandbox, client) == 200
            revoked = await client.revoke_token(
                sandbox.oauth["revokeUrl"],
                token=second["refresh_token"],
                token_type_hint="refresh_token",  # noqa: S106 - the name of a kind
            )
            assert revoked.status_code == 200
            assert await search(sandbox, client) == 401
            with pytest.raises(OAuthError, match="invalid_grant"):
                await client.refresh_token(sandbox.oauth["tokenUrl"], second["refresh_token"])

    live(scenario)


def test_a_client_refreshes_by_itself_when_a_token_has_expired(live: Live) -> None:
    async def scenario(sandbox: Sandbox, _: httpx.AsyncClient) -> None:
        kept: list[str] = []

        async def keep(
            token: dict[str, Any], refresh_token: str | None = None, access_token: str | None = None
        ) -> None:
            assert refresh_token or access_token
            kept.append(token["refresh_token"])

        # Authlib refreshes a minute ahead, so a token of a minute's life is refreshed at every use.
        async with public(sandbox, token_endpoint=sandbox.oauth["tokenUrl"], update_token=keep) as client:
            first = await log_in(sandbox, client)
            assert first["expires_in"] == 60
            assert [await search(sandbox, client) for _ in range(3)] == [200, 200, 200]
        assert len({first["refresh_token"], *kept}) == 4

    live(scenario, token_lifetime=60)


@pytest.mark.parametrize("method", ["client_secret_basic", "client_secret_post"])
def test_client_credentials(live: Live, method: str) -> None:
    async def scenario(sandbox: Sandbox, _: httpx.AsyncClient) -> None:
        async with AsyncOAuth2Client(
            sandbox.client_id, sandbox.client_secret, token_endpoint_auth_method=method, trust_env=False
        ) as client:
            token = await client.fetch_token(sandbox.oauth["tokenUrl"], grant_type="client_credentials")
            assert (token["token_type"], "refresh_token" in token) == ("Bearer", False)
            assert await search(sandbox, client) == 200
            await client.revoke_token(sandbox.oauth["revokeUrl"], token=token["access_token"])
            assert await search(sandbox, client) == 401
            client.client_secret = "wrong"  # noqa: S105 - a wrong one
            with pytest.raises(OAuthError, match="invalid_client"):
                await client.fetch_token(sandbox.oauth["tokenUrl"], grant_type="client_credentials")

    live(scenario)


def test_two_refreshes_of_one_token_at_once_lose_everything(live: Live) -> None:
    async def scenario(sandbox: Sandbox, _: httpx.AsyncClient) -> None:
        async with public(sandbox) as client, public(sandbox) as other:
            token = (await log_in(sandbox, client))["refresh_token"]
            answers = await asyncio.gather(
                *(each.refresh_token(sandbox.oauth["tokenUrl"], token) for each in (client, other)),
                return_exceptions=True,
            )
            assert sum(isinstance(each, OAuthError) for each in answers) == 1
            winner = client if isinstance(answers[1], OAuthError) else other
            assert await search(sandbox, winner) == 401

    live(scenario)


def test_a_token_is_good_for_its_scopes_only(live: Live) -> None:
    async def scenario(sandbox: Sandbox, api: httpx.AsyncClient) -> None:
        async with public(sandbox, scope="conversations:read") as client:
            await log_in(sandbox, client)
            path = f"{sandbox.base_url}/conversations/c-1"
            for method, where, needed in (
                ("POST", f"{path}/messages", "conversations-messages:write"),
                ("POST", f"{path}/participants", "conversations-participants:write"),
                ("DELETE", f"{path}/participants/agent-1", "conversations-participants:write"),
                ("POST", f"{path}/close", "conversations:write"),
            ):
                answer = await client.request(method, where)
                assert answer.status_code == 403
                assert f'error="insufficient_scope", scope="{needed}"' in answer.headers["WWW-Authenticate"]
            assert (await client.get(f"{path}/nowhere")).status_code == 404
            assert (await api.get(f"{sandbox.url}/admin/conversations/c-1")).json()["state"] == "queued"

    live(scenario, seed=[{**SMS, "conversationId": "c-1"}])


def test_changed_credentials_are_a_refusal_until_somebody_logs_in_again(live: Live) -> None:
    async def scenario(sandbox: Sandbox, api: httpx.AsyncClient) -> None:
        async with public(sandbox) as client:
            await log_in(sandbox, client)
            old = sandbox.password
            told = (await api.post(f"{sandbox.url}/admin/credentials", json={"change": True})).json()
            assert (told["password"], told["clientSecret"]) == (sandbox.password, sandbox.client_secret)
            assert told["password"] != old
            assert (await api.get(f"{sandbox.url}/admin/credentials")).json() == told
            assert await search(sandbox, client) == 401
            with pytest.raises(OAuthError, match="invalid_grant"):
                await client.refresh_token(sandbox.oauth["tokenUrl"])
            await log_in(sandbox, client)
            assert await search(sandbox, client) == 200

    live(scenario)


@pytest.mark.parametrize("operation", ["token", "revoke", "authorize"])
def test_each_endpoint_can_be_made_to_fail(live: Live, operation: str) -> None:
    async def scenario(sandbox: Sandbox, _: httpx.AsyncClient) -> list[int]:
        async with httpx.AsyncClient(trust_env=False) as client:
            calls = {"token": "POST", "revoke": "POST", "authorize": "GET"}
            paths = [(method, f"{sandbox.url}/oauth/{name}") for name, method in calls.items()]
            return [(await client.request(method, path)).status_code for method, path in paths]

    healthy = {"token": 400, "revoke": 401, "authorize": 400}
    expected = [503 if name == operation else status for name, status in healthy.items()]
    assert live(scenario, faults=[Fault(Match(operation=operation), times=None, status=503)]) == expected


def test_a_lost_answer_to_a_refresh_is_a_second_use_the_next_time(live: Live) -> None:
    async def scenario(sandbox: Sandbox, api: httpx.AsyncClient) -> None:
        async with public(sandbox) as client:
            await log_in(sandbox, client)
            fault = {"match": {"operation": "token"}, "reset": True}
            assert (await api.post(f"{sandbox.url}/admin/faults", json=fault)).status_code == 201
            with pytest.raises(httpx.ReadError):
                await client.refresh_token(sandbox.oauth["tokenUrl"])
            with pytest.raises(OAuthError, match="invalid_grant"):
                await client.refresh_token(sandbox.oauth["tokenUrl"])

    live(scenario)


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("tokens", {}, 400),
        ("tokens", {"expire": False}, 400),
        ("tokens", {"expire": True, "revoke": True}, 400),
        ("tokens", {"change": True}, 400),
        ("credentials", {}, 400),
        ("credentials", {"change": "yes"}, 400),
        ("credentials", {"change": 1}, 400),
    ],
)
def test_orders_have_to_be_clear(live: Live, path: str, body: dict[str, Any], status: int) -> None:
    async def scenario(sandbox: Sandbox, api: httpx.AsyncClient) -> tuple[int, int]:
        answer = await api.post(f"{sandbox.url}/admin/{path}", json=body)
        return answer.status_code, (await api.post("/conversations/search", json=SMS)).status_code

    assert live(scenario) == (status, 200)


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Origin": "http://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Host": "evil.example"}, 421),
        ({"Content-Type": "text/plain"}, 415),
    ],
)
def test_forms_of_other_pages_are_refused(live: Live, headers: dict[str, str], status: int) -> None:
    async def scenario(sandbox: Sandbox, _: httpx.AsyncClient) -> httpx.Response:
        async with httpx.AsyncClient(trust_env=False) as browser, public(sandbox) as client:
            url, _ = client.create_authorization_url(sandbox.oauth["authorizeUrl"], code_verifier=VERIFIER)
            form = {"form_token": token_of(await browser.get(url)), "decision": "deny"}
            return await browser.post(url, data=form, headers=headers)

    answer = live(scenario)
    assert answer.status_code == status
    assert "Location" not in answer.headers
    assert status == 421 or "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
