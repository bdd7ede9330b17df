from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import TYPE_CHECKING, Any

import pytest

from flowengine.sandbox.demo import demo_seed
from flowengine.sandbox.tenant import ASSETS, Asset, Tenant

if TYPE_CHECKING:
    import httpx
    from conftest import Browser

    from flowengine.sandbox.server import Sandbox

    Live = Callable[..., Any]

ASSET = {"id": "asset-1", "channel": "sms", "address": "+447700900900", "name": "Orders"}


def test_the_tenant_is_told(live: Live) -> None:
    async def scenario(_: Sandbox, client: httpx.AsyncClient) -> Any:
        answer = await client.get("/tenant")
        assert answer.status_code == 200
        return answer.json()

    tenant = Tenant(linked=False, integrations=(), assets=(Asset(**ASSET),), id="tenant-1")
    assert live(scenario, tenant=tenant) == {
        "tenantId": "tenant-1",
        "contactCenterLinked": False,
        "integrations": [],
        "assets": [ASSET],
    }


def test_a_plain_sandbox_is_linked_and_entitled_and_has_the_addresses_of_its_demo(live: Live) -> None:
    async def scenario(_: Sandbox, client: httpx.AsyncClient) -> Any:
        return (await client.get("/tenant")).json()

    told = live(scenario)

    assert (told["contactCenterLinked"], told["integrations"]) == (True, ["webex-engage"])
    assert {(each["channel"], each["bizaddress"]) for each in demo_seed()} <= {(each[1], each[2]) for each in ASSETS}
    assert len({each["id"] for each in told["assets"]}) == len(told["assets"])


def test_it_is_switched_while_it_runs_and_comes_back_with_a_reset(live: Live) -> None:
    async def scenario(sandbox: Sandbox, client: httpx.AsyncClient) -> None:
        start = (await client.get("/tenant")).json()
        admin = f"{sandbox.url}/admin/tenant"
        expected = start
        for change in ({"contactCenterLinked": False}, {"integrations": ["other"]}, {"assets": [ASSET]}, {}):
            expected = {**expected, **change}
            assert (await client.patch(admin, json=change)).json() == expected
            assert (await client.get("/tenant")).json() == expected
            assert (await client.get(admin)).json() == expected
        await client.post(f"{sandbox.url}/admin/reset")
        assert (await client.get("/tenant")).json() == start

    live(scenario)


def test_it_is_switched_by_button(live: Live, browser: Callable[[], AbstractAsyncContextManager[Browser]]) -> None:
    async def scenario(sandbox: Sandbox, client: httpx.AsyncClient) -> None:
        async with browser() as tab:
            await tab.go(sandbox.url)
            await tab.until("document.querySelector('#tenant-state').textContent")
            await tab.click("#tenant summary")
            for button, said in (
                ("#link-tenant", "not linked"),
                ("#entitle-tenant", "not linked, not entitled"),
                ("#link-tenant", "not entitled"),
            ):
                await tab.click(button)
                await tab.until(f"document.querySelector('#tenant-state').textContent === '{said}'")
            told = (await client.get("/tenant")).json()
            assert (told["contactCenterLinked"], told["integrations"]) == (True, [])
            assert tab.complaints == []

    live(scenario)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"linked": False}, "linked"),
        ({"contactCenterLinked": "no"}, "contactCenterLinked"),
        ({"integrations": "webex-engage"}, "integrations"),
        ({"integrations": [7]}, "integrations[0]"),
        ({"assets": [{**ASSET, "channel": "fax"}]}, "assets[0].channel"),
        ({"assets": [{"id": "asset-1", "channel": "sms"}]}, "assets[0].address"),
        ({"contactCenterLinked": False, "assets": [{**ASSET, "more": 1}]}, "assets[0].more"),
    ],
)
def test_a_wrong_change_is_refused_and_changes_nothing(live: Live, change: dict[str, Any], field: str) -> None:
    async def scenario(sandbox: Sandbox, client: httpx.AsyncClient) -> None:
        start = (await client.get("/tenant")).json()
        answer = await client.patch(f"{sandbox.url}/admin/tenant", json=change)
        assert (answer.status_code, answer.json()["value"]) == (400, {"field": field})
        assert (await client.get("/tenant")).json() == start

    live(scenario)
