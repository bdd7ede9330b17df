from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from typing import Any

import pytest

from flowengine.authorizations import life
from flowengine.authorizations.faults import NotAuthorized, StoreFault
from flowengine.authorizations.life import Keeper, Refusal
from flowengine.authorizations.record import (
    AUTHORIZED,
    BASIC,
    BEARER,
    DELETED,
    HEADER,
    NEEDS_REAUTHORIZATION,
    PENDING,
    Authorization,
)
from flowengine.authorizations.secret import Secret
from flowengine.authorizations.store import MemoryStore, Update
from flowengine.effects.http import shared_client

Make = Callable[..., Authorization]
URL = "https://engage.example.com/api/v1"
HOSTS = ("engage.example.com",)


class Counting(MemoryStore):
    """A store that counts its changes, and can be made to refuse them."""

    def __init__(self, *records: Authorization) -> None:
        super().__init__(records)
        self.changes = 0
        self.broken = False

    def change(self, name: str, update: Update) -> Authorization | None:
        if self.broken:
            raise StoreFault("the disk is full: make room")
        before = self.read().get(name)
        after = super().change(name, update)
        self.changes += after != before
        return after


def bearer(**changes: Any) -> Authorization:
    known: dict[str, Any] = {
        "name": "engage",
        "hosts": HOSTS,
        "state": AUTHORIZED,
        "secrets": {"access_token": Secret("static-token-canary")},
    }
    return Authorization(kind=BEARER, integration=None, **(known | changes))


def token(headers: Any) -> str:
    return str(headers["Authorization"]).removeprefix("Bearer ")


def ask(keeper: Keeper, name: str | None = "engage", **options: Any) -> Any:
    return keeper.headers(name, **({"url": URL} | options))


def refusal(keeper: Keeper, name: str | None = "engage", **options: Any) -> str:
    with pytest.raises(NotAuthorized) as fault:
        asyncio.run(ask(keeper, name, **options))
    return str(fault.value)


def settle(keeper: Keeper) -> None:
    asyncio.run(keeper.aclose())


# Who may use one, and where


def test_the_headers_of_each_kind() -> None:
    store = MemoryStore(
        [
            bearer(),
            Authorization(
                "basic", BASIC, None, HOSTS, AUTHORIZED, username="u", secrets={"password": Secret("password-canary")}
            ),
            Authorization(
                "own", HEADER, None, HOSTS, AUTHORIZED, header="X-Api-Key", secrets={"value": Secret("key-canary")}
            ),
        ]
    )
    keeper = Keeper(store)
    assert asyncio.run(ask(keeper)) == {"Authorization": "Bearer static-token-canary"}
    assert asyncio.run(ask(keeper, "basic")) == {"Authorization": "Basic dTpwYXNzd29yZC1jYW5hcnk="}
    assert asyncio.run(ask(keeper, "own", kinds=(HEADER, BASIC))) == {"X-Api-Key": "key-canary"}


def test_headers_do_not_show_themselves() -> None:
    keeper = Keeper(MemoryStore([bearer()]))
    headers = asyncio.run(ask(keeper))
    assert "canary" in repr(headers)
    assert "canary" not in repr([Refusal(401, headers), keeper._known])


def test_a_node_without_an_authorization() -> None:
    assert "add `authorization: NAME` to it" in refusal(Keeper(MemoryStore()), None)


def test_one_that_does_not_exist() -> None:
    assert refusal(Keeper(MemoryStore([bearer()])), "engege") == (
        "there is no authorization 'engege': run `flowengine auth add engege`"
    )


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"state": PENDING}, "has not been authorized yet: run `flowengine auth authorize engage`"),
        (
            {"state": NEEDS_REAUTHORIZATION, "reason": "x.example refused it: invalid_grant"},
            "needs re-authorization (x.example refused it: invalid_grant): run `flowengine auth authorize engage`",
        ),
        (
            {"state": DELETED, "deleted_at": 1_767_225_600.0, "secrets": {}},
            "was deleted on 2026-01-01 00:00 UTC: run `flowengine auth add engage`, or name another authorization",
        ),
        (
            {"expires_at": 1_767_225_600.0},
            "has expired on 2026-01-01 00:00 UTC, with nothing to refresh it: run `flowengine auth authorize engage`",
        ),
        ({"secrets": {}}, "authorization 'engage' has no access token: run `flowengine auth authorize engage`"),
    ],
)
def test_states_that_are_of_no_use(clock: Any, changes: dict[str, Any], sentence: str) -> None:
    assert sentence in refusal(Keeper(MemoryStore([bearer(**changes)]), clock=clock))


def test_a_kind_that_the_node_does_not_take() -> None:
    sentence = refusal(Keeper(MemoryStore([bearer()])), kinds=(BASIC, HEADER))
    assert sentence == (
        "authorization 'engage' is of the kind bearer, and the node takes basic or header: "
        "name another authorization at the node"
    )


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example/",
        "https://engage.example.com:8443/",
        "https://engage.example.com./",
        "https://engage.example.com.evil.example/",
        "https://engage.example.com@evil.example/",
        "https://evil.example\\@engage.example.com/",
        "https://engage.ex\u0430mple.com/",
        "/api",
        "https://[::1/",
        "http://engage.example.com/",
        "http://engage.example.com:80/",
    ],
)
def test_places_that_it_is_not_sent_to(url: str) -> None:
    sentence = refusal(Keeper(MemoryStore([bearer()])), url=url)
    assert "is not sent to" in sentence or "no authorization is sent there" in sentence
    assert "static-token-canary" not in sentence


@pytest.mark.parametrize("place", ["127.0.0.1:8080", "[::1]:8080", "localhost:8080"])
def test_without_tls_it_stays_on_this_machine(place: str) -> None:
    store = MemoryStore([bearer(hosts=(place, "192.0.2.1:8080"))])
    assert asyncio.run(ask(Keeper(store), url=f"http://{place}/x"))
    assert "use https" in refusal(Keeper(store), url="http://192.0.2.1:8080/x")


def test_the_sentence_names_the_hosts_that_it_is_for() -> None:
    store = MemoryStore([bearer(hosts=("a.example", "b.example:8443"))])
    assert "is not sent to 'c.example:1', as it is for a.example, b.example:8443 only" in refusal(
        Keeper(store), url="https://c.example:1/x"
    )
    assert asyncio.run(ask(Keeper(store), url="https://b.example:8443/x"))


def test_a_store_that_cannot_be_opened() -> None:
    class Closed(MemoryStore):
        def read(self) -> dict[str, Authorization]:
            raise StoreFault("the key is another one: give the right one in FLOWENGINE_AUTH_KEY")

    assert "give the right one in FLOWENGINE_AUTH_KEY" in refusal(Keeper(Closed()))


def test_a_store_that_can_no_longer_be_opened() -> None:
    class Closing(MemoryStore):
        closed = False

        def read(self) -> dict[str, Authorization]:
            if self.closed:
                raise StoreFault("it is damaged")
            return super().read()

    store = Closing([bearer()])
    keeper = Keeper(store)
    assert asyncio.run(ask(keeper))
    store.closed = True
    assert refusal(keeper) == "the stored authorizations cannot be read: it is damaged"


# Refreshing


def test_client_credentials_get_their_token_at_the_first_use(
    authority: Any, client_credentials: Make, clock: Any
) -> None:
    store = MemoryStore([client_credentials()])
    keeper = Keeper(store, clock=clock)
    first = asyncio.run(ask(keeper))
    assert token(first) in authority.access
    assert store.read()["engage"].secrets["access_token"].reveal() == token(first)
    assert [asyncio.run(ask(keeper)) for _ in range(3)] == [first] * 3
    assert len(authority.asked) == 1


def test_a_token_is_replaced_before_it_expires_and_nobody_waits_for_that(
    authority: Any, logged_in: Make, clock: Any
) -> None:
    store = MemoryStore([logged_in()])
    keeper = Keeper(store, clock=clock)
    first = asyncio.run(ask(keeper))
    clock.now += 3600 - 61
    assert asyncio.run(ask(keeper)) == first
    assert authority.asked == []
    clock.now += 2
    authority.gate.clear()
    assert asyncio.run(ask(keeper)) == first
    authority.gate.set()
    settle(keeper)
    assert len(authority.asked) == 1
    second = asyncio.run(ask(Keeper(store, clock=clock)))
    assert token(second) in authority.access - {token(first)}


def test_a_short_lived_token_is_used_for_nine_tenths_of_its_life(authority: Any, logged_in: Make, clock: Any) -> None:
    keeper = Keeper(MemoryStore([logged_in(expires_at=clock() + 30)]), clock=clock)
    first = asyncio.run(ask(keeper))
    clock.now += 26.9
    assert asyncio.run(ask(keeper)) == first
    assert authority.asked == []
    clock.now += 0.2
    asyncio.run(ask(keeper))
    settle(keeper)
    assert len(authority.asked) == 1


def test_a_token_without_an_end_is_never_replaced_by_itself(authority: Any, logged_in: Make, clock: Any) -> None:
    keeper = Keeper(MemoryStore([logged_in(expires_at=None)]), clock=clock)
    first = asyncio.run(ask(keeper))
    clock.now += 10**8
    assert asyncio.run(ask(keeper)) == first
    assert authority.asked == []


def test_200_tasks_that_meet_an_expired_token_cause_one_refresh(authority: Any, logged_in: Make, clock: Any) -> None:
    keeper = Keeper(MemoryStore([logged_in(expires_at=clock() - 1)]), clock=clock)

    async def all_at_once() -> list[Any]:
        return await asyncio.gather(*(ask(keeper) for _ in range(200)))

    tokens = {token(headers) for headers in asyncio.run(all_at_once())}
    assert len(tokens) == 1
    assert tokens <= authority.access
    assert len(authority.asked) == 1


def test_200_tasks_whose_token_is_refused_cause_one_refresh(authority: Any, logged_in: Make, clock: Any) -> None:
    keeper = Keeper(MemoryStore([logged_in()]), clock=clock)
    authority.access.clear()

    async def call() -> int:
        client, address = shared_client(), f"{authority.url}/api"
        headers = await ask(keeper)
        answer = await client.get(address, headers=headers)
        assert answer.status_code == 401
        fresh = await ask(keeper, refresh=True, refused=Refusal(401, headers))
        return (await client.get(address, headers=fresh)).status_code

    async def all_at_once() -> list[int]:
        return await asyncio.gather(*(call() for _ in range(200)))

    assert asyncio.run(all_at_once()) == [200] * 200
    assert len(authority.asked) == 1


def test_a_refused_token_that_has_been_replaced_is_not_replaced_again(
    authority: Any, logged_in: Make, clock: Any
) -> None:
    store = MemoryStore([logged_in()])
    mine, others = Keeper(store, clock=clock), Keeper(store, clock=clock)
    old = asyncio.run(ask(mine))
    new = asyncio.run(ask(others, refresh=True, refused=Refusal(401, old)))
    assert new != old
    assert asyncio.run(ask(mine, refresh=True, refused=Refusal(401, old))) == new
    assert len(authority.asked) == 1


def test_without_a_word_on_which_was_refused_the_present_one_is_meant(
    authority: Any, logged_in: Make, clock: Any
) -> None:
    keeper = Keeper(MemoryStore([logged_in()]), clock=clock)
    old = asyncio.run(ask(keeper))
    assert asyncio.run(ask(keeper, refresh=True)) != old
    assert len(authority.asked) == 1


def test_one_keeper_in_two_event_loops_at_once(authority: Any, logged_in: Make, clock: Any) -> None:
    keeper = Keeper(MemoryStore([logged_in(expires_at=clock() - 1)]), clock=clock)
    authority.gate.clear()
    got: list[Any] = []
    threads = [threading.Thread(target=lambda: got.append(asyncio.run(ask(keeper)))) for _ in range(2)]
    for thread in threads:
        thread.start()
    authority.came.wait()
    authority.gate.set()
    for thread in threads:
        thread.join()
    assert got[0] == got[1]
    assert len(authority.asked) == 1


def test_two_keepers_of_one_store_cause_one_refresh(authority: Any, logged_in: Make, clock: Any) -> None:
    store = MemoryStore([logged_in(expires_at=clock() - 1)])
    keepers = [Keeper(store, clock=clock) for _ in range(5)]

    async def all_at_once() -> list[Any]:
        return await asyncio.gather(*(ask(keeper) for keeper in keepers for _ in range(5)))

    assert len({token(headers) for headers in asyncio.run(all_at_once())}) == 1
    assert len(authority.asked) == 1


def test_who_gives_up_waiting_does_not_end_the_refresh_of_the_others(
    authority: Any, logged_in: Make, clock: Any
) -> None:
    keeper = Keeper(MemoryStore([logged_in(expires_at=clock() - 1)]), clock=clock)
    authority.gate.clear()

    async def run() -> Any:
        first, second = (asyncio.create_task(ask(keeper)) for _ in range(2))
        await asyncio.to_thread(authority.came.wait)
        first.cancel()
        await asyncio.wait([first])
        authority.gate.set()
        assert first.cancelled()
        return await second

    assert token(asyncio.run(run())) in authority.access
    assert len(authority.asked) == 1


def test_a_refresh_that_nobody_waits_for_any_more_is_stored(authority: Any, logged_in: Make, clock: Any) -> None:
    store = MemoryStore([logged_in(expires_at=clock() - 1)])
    keeper = Keeper(store, clock=clock)
    authority.gate.clear()

    async def run() -> None:
        task = asyncio.create_task(ask(keeper))
        await asyncio.to_thread(authority.came.wait)
        task.cancel()
        await asyncio.wait([task])

    asyncio.run(run())
    authority.gate.set()
    settle(keeper)
    assert store.read()["engage"].secrets["refresh_token"].reveal() in authority.refresh


def test_the_end_waits_for_a_refresh_but_not_for_long(
    authority: Any, logged_in: Make, clock: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = MemoryStore([logged_in(expires_at=clock() - 1)])
    keeper = Keeper(store, clock=clock)
    authority.gate.clear()
    monkeypatch.setattr(life, "STOP_WITHIN", 0.05)

    async def run() -> None:
        asking = asyncio.create_task(ask(keeper))
        await asyncio.to_thread(authority.came.wait)
        await keeper.aclose()
        assert not asking.done()
        authority.gate.set()
        await asking

    asyncio.run(run())
    assert store.read()["engage"].secrets["refresh_token"].reveal() in authority.refresh


def test_waiting_for_the_lock_of_another_process_stops_nobody_else(authority: Any, logged_in: Make, clock: Any) -> None:
    store = MemoryStore([logged_in(expires_at=clock() - 1), logged_in(name="other")])
    keeper = Keeper(store, clock=clock)

    async def run() -> Any:
        with store.lock("engage"):
            waiting = asyncio.create_task(ask(keeper))
            for _ in range(100):
                assert await ask(keeper, "other")
            assert not waiting.done()
        return await waiting

    assert token(asyncio.run(run())) in authority.access
    assert len(authority.asked) == 1


def test_a_store_that_cannot_be_written_costs_no_refresh_token(authority: Any, logged_in: Make, clock: Any) -> None:
    store = Counting(logged_in(expires_at=clock() - 1))
    keeper = Keeper(store, clock=clock)
    store.broken = True
    assert "has no valid token now: the disk is full: make room" in refusal(keeper)
    assert authority.asked == []
    store.broken = False
    clock.now += 6
    assert token(asyncio.run(ask(keeper))) in authority.access


def test_nor_does_one_that_was_used_a_moment_ago(authority: Any, logged_in: Make, clock: Any) -> None:
    class Full(MemoryStore):
        def change(self, name: str, update: Update) -> Authorization | None:
            known = self.read()[name]
            if update(known) != known:
                raise StoreFault("the disk is full: make room")
            return known

    store = Full([logged_in(expires_at=clock() - 1, last_used_at=clock() - 1)])
    assert "the disk is full" in refusal(Keeper(store, clock=clock))
    assert authority.asked == []


def test_the_new_refresh_token_is_stored_before_the_new_access_token_is_used(
    authority: Any, logged_in: Make, clock: Any
) -> None:
    store = Counting(logged_in(expires_at=clock() - 1))
    keeper = Keeper(store, clock=clock)
    authority.gate.clear()

    async def run() -> str:
        asking = asyncio.create_task(ask(keeper))
        await asyncio.to_thread(authority.came.wait)
        store.broken = True
        authority.gate.set()
        with pytest.raises(NotAuthorized) as fault:
            await asking
        return str(fault.value)

    assert "has no valid token now: the disk is full: make room" in asyncio.run(run())
    store.broken = False
    clock.now += 6
    # The server takes each refresh token once, and its answer is lost.
    assert "needs re-authorization" in refusal(keeper)
    assert len(authority.asked) == 2


@pytest.mark.parametrize("meanwhile", ["deleted", "authorized again"])
def test_what_a_person_did_during_a_refresh_stands(authority: Any, logged_in: Make, clock: Any, meanwhile: str) -> None:
    old = logged_in(expires_at=clock() - 1)
    again = logged_in() if meanwhile == "authorized again" else old.deleted(clock())
    store = MemoryStore([old])
    keeper = Keeper(store, clock=clock)
    authority.gate.clear()

    async def run() -> Any:
        waiting = asyncio.create_task(ask(keeper))
        await asyncio.to_thread(authority.came.wait)
        store.change("engage", lambda _: again)
        authority.gate.set()
        return await waiting

    if meanwhile == "deleted":
        with pytest.raises(NotAuthorized, match="was deleted on"):
            asyncio.run(run())
    else:
        assert asyncio.run(run()) == again.headers()
    assert store.read()["engage"] == again


# Refusals


def test_a_refused_refresh_is_asked_for_once(authority: Any, logged_in: Make, clock: Any) -> None:
    store = Counting(logged_in(expires_at=clock() - 1))
    authority.refresh.clear()
    keeper = Keeper(store, clock=clock)

    async def all_at_once() -> list[Any]:
        return await asyncio.gather(*(ask(keeper) for _ in range(200)), return_exceptions=True)

    sentences = {str(fault) for fault in asyncio.run(all_at_once())}
    host = authority.url.removeprefix("http://")
    [sentence] = sentences
    assert sentence == (
        f"authorization 'engage' needs re-authorization ({host} refused it: invalid_grant (no longer valid)): "
        "run `flowengine auth authorize engage`"
    )
    assert store.read()["engage"].state == NEEDS_REAUTHORIZATION

    async def a_thousand_more() -> None:
        for number in range(1000):
            clock.now += 1
            with pytest.raises(NotAuthorized):
                await ask(keeper, refresh=number % 2 == 0)

    asyncio.run(a_thousand_more())
    assert "needs re-authorization" in refusal(Keeper(store, clock=clock))
    assert (len(authority.asked), store.changes) == (1, 2)


def test_changed_client_credentials(authority: Any, client_credentials: Make, clock: Any) -> None:
    store = MemoryStore([client_credentials(secrets={"client_secret": Secret("the-one-before-canary")})])
    keeper = Keeper(store, clock=clock)
    sentence = refusal(keeper)
    assert "needs re-authorization" in sentence
    assert "invalid_client" in sentence
    store.change("engage", lambda _: client_credentials())
    assert token(asyncio.run(ask(keeper))) in authority.access


def test_an_authorization_server_that_cannot_be_asked_is_left_alone_for_a_while(
    authority: Any, logged_in: Make, clock: Any
) -> None:
    old = logged_in(expires_at=clock() - 1, last_used_at=clock() - 1)
    store = MemoryStore([old])
    keeper = Keeper(store, clock=clock)
    authority.give(503, b"")
    assert "has no valid token now:" in refusal(keeper)
    for _ in range(10):
        clock.now += 0.499
        assert "status 503" in refusal(keeper)
    assert len(authority.asked) == 1
    kept = store.read()["engage"]
    assert (kept.state, kept.secrets) == (AUTHORIZED, old.secrets)
    clock.now += 0.02
    assert token(asyncio.run(ask(keeper))) in authority.access


def test_a_clock_that_is_put_back_does_not_prolong_that(authority: Any, logged_in: Make, clock: Any) -> None:
    keeper = Keeper(MemoryStore([logged_in(expires_at=clock() - 4000)]), clock=clock)
    authority.give(503, b"")
    assert "status 503" in refusal(keeper)
    clock.now -= 3600
    assert token(asyncio.run(ask(keeper))) in authority.access


def test_a_valid_token_is_used_while_its_server_cannot_be_asked(authority: Any, logged_in: Make, clock: Any) -> None:
    keeper = Keeper(MemoryStore([logged_in()]), clock=clock)
    old = asyncio.run(ask(keeper))
    clock.now += 3570

    async def three_times() -> list[Any]:
        got = [await ask(keeper)]
        await asyncio.to_thread(authority.came.wait)
        authority.gate.set()
        return [*got, await ask(keeper), await ask(keeper)]

    authority.gate.clear()
    authority.give(503, b"")
    assert asyncio.run(three_times()) == [old] * 3
    settle(keeper)
    assert len(authority.asked) == 1


def test_its_server_is_asked_every_five_seconds_until_the_token_ends(
    authority: Any, logged_in: Make, clock: Any
) -> None:
    keeper = Keeper(MemoryStore([logged_in()]), clock=clock)
    old = asyncio.run(ask(keeper))
    for _ in range(3):
        authority.give(503, b"")
    clock.now += 3550

    async def for_a_while() -> None:
        for number in range(1, 4):
            authority.came.clear()
            assert await ask(keeper) == old
            await asyncio.to_thread(authority.came.wait)
            for refreshing in list(keeper._under_way.values()):
                await asyncio.wait([asyncio.wrap_future(refreshing)])
            assert await ask(keeper) == old
            assert len(authority.asked) == number
            clock.now += 5.1

    asyncio.run(for_a_while())


def test_client_credentials_are_used_again_though_there_is_a_refresh_token(
    authority: Any, client_credentials: Make, clock: Any
) -> None:
    authority.give(200, {"access_token": "first-token-canary", "refresh_token": "of-no-use", "expires_in": 60})
    keeper = Keeper(MemoryStore([client_credentials()]), clock=clock)
    asyncio.run(ask(keeper))
    clock.now += 61
    assert token(asyncio.run(ask(keeper))) in authority.access


def test_without_a_refresh_token_a_refusal_is_the_end(authority: Any, logged_in: Make, clock: Any) -> None:
    record = logged_in(secrets={"access_token": Secret("access-token-canary")})
    store = MemoryStore([record])
    keeper = Keeper(store, clock=clock)
    headers = asyncio.run(ask(keeper))
    sentence = refusal(keeper, refresh=True, refused=Refusal(401, headers))
    assert "needs re-authorization (it was refused with 401)" in sentence
    assert authority.asked == []


def test_a_static_credential_that_is_refused_needs_a_person() -> None:
    store = Counting(bearer())
    keeper = Keeper(store)
    headers = asyncio.run(ask(keeper))

    async def all_at_once() -> list[Any]:
        refused = Refusal(401, headers)
        asking = (ask(keeper, refresh=True, refused=refused) for _ in range(200))
        return await asyncio.gather(*asking, return_exceptions=True)

    [sentence] = {str(fault) for fault in asyncio.run(all_at_once())}
    assert sentence == (
        "authorization 'engage' needs re-authorization (it was refused with 401): "
        "run `flowengine auth authorize engage`"
    )
    assert store.changes == 1


def test_a_refusal_that_cannot_be_stored() -> None:
    store = Counting(bearer())
    keeper = Keeper(store)
    headers = asyncio.run(ask(keeper))
    store.broken = True
    assert refusal(keeper, refresh=True, refused=Refusal(401, headers)) == (
        "authorization 'engage': it was refused with 401, and this cannot be stored: the disk is full: make room"
    )


def test_a_static_credential_that_was_replaced_since_is_used() -> None:
    store = MemoryStore([bearer()])
    keeper = Keeper(store)
    refused = Refusal(401, asyncio.run(ask(keeper)))
    store.change("engage", lambda _: bearer(secrets={"access_token": Secret("newer-token-canary")}))
    assert asyncio.run(ask(keeper, refresh=True, refused=refused)) == {"Authorization": "Bearer newer-token-canary"}
    assert store.read()["engage"].state == AUTHORIZED


def test_a_static_credential_that_is_replaced_at_that_moment_is_used() -> None:
    newer = bearer(secrets={"access_token": Secret("newer-token-canary")})

    class Late(MemoryStore):
        def change(self, name: str, update: Update) -> Authorization | None:
            super().change(name, lambda _: newer)
            return super().change(name, update)

    keeper = Keeper(Late([bearer()]))
    refused = Refusal(401, asyncio.run(ask(keeper)))
    assert asyncio.run(ask(keeper, refresh=True, refused=refused)) == newer.headers()


def test_a_static_credential_that_may_not_do_one_thing_stays_valid() -> None:
    store = MemoryStore([bearer()])
    keeper = Keeper(store)
    refused = Refusal(403, asyncio.run(ask(keeper)))
    assert "is valid, but may not do this (status 403)" in refusal(keeper, refresh=True, refused=refused)
    assert store.read()["engage"].state == AUTHORIZED


def test_a_403_that_a_fresh_token_does_not_mend_fetches_no_more_of_them(
    authority: Any, logged_in: Make, clock: Any
) -> None:
    store = MemoryStore([logged_in()])
    keeper = Keeper(store, clock=clock)
    for _ in range(10):
        refused = Refusal(403, asyncio.run(ask(keeper)))
        try:
            asyncio.run(ask(keeper, refresh=True, refused=refused))
        except NotAuthorized as fault:
            assert "may not do this (status 403)" in str(fault)  # noqa: PT017 - the first time there is none
    assert len(authority.asked) == 1
    assert store.read()["engage"].state == AUTHORIZED
    clock.now += 61
    assert token(asyncio.run(ask(keeper, refresh=True, refused=Refusal(403, refused.headers)))) in authority.access
    assert len(authority.asked) == 2


def test_a_fresh_token_that_is_refused_needs_a_person(authority: Any, logged_in: Make, clock: Any) -> None:
    store = MemoryStore([logged_in()])
    keeper = Keeper(store, clock=clock)
    old = asyncio.run(ask(keeper))
    fresh = asyncio.run(ask(keeper, refresh=True))
    asyncio.run(keeper.refused_again("engage", Refusal(401, old)))
    assert store.read()["engage"].state == AUTHORIZED
    asyncio.run(keeper.refused_again("engage", Refusal(401, fresh)))
    assert "a token that had just been fetched was refused with 401" in refusal(keeper)
    asyncio.run(keeper.refused_again("engage"))
    asyncio.run(keeper.refused_again("unknown"))
    assert len(authority.asked) == 1


# When it was last used


def test_uses_are_noted_at_the_end_and_at_most_once_a_minute(clock: Any) -> None:
    store = Counting(bearer(last_used_at=clock()), bearer(name="other"), bearer(name="idle"))
    keeper = Keeper(store, clock=clock)
    clock.now += 59
    asyncio.run(ask(keeper))
    asyncio.run(ask(keeper, "other"))
    assert store.changes == 0
    settle(keeper)
    records = store.read()
    assert [records[name].last_used_at for name in ("engage", "other", "idle")] == [clock() - 59, clock(), None]
    assert store.changes == 1


def test_a_refresh_notes_the_use(logged_in: Make, clock: Any) -> None:
    store = Counting(logged_in())
    keeper = Keeper(store, clock=clock)
    clock.now += 4000
    asyncio.run(ask(keeper))
    assert store.read()["engage"].last_used_at == clock()
    settle(keeper)
    assert store.changes == 2


def test_a_keeper_that_nobody_asked_does_not_open_the_store() -> None:
    class Closed(MemoryStore):
        def read(self) -> dict[str, Authorization]:
            raise AssertionError

    settle(Keeper(Closed()))


def test_what_was_deleted_in_the_meantime_stays_deleted(clock: Any) -> None:
    store = Counting(bearer())
    keeper = Keeper(store, clock=clock)
    asyncio.run(ask(keeper))
    gone = bearer().deleted(clock())
    store.change("engage", lambda _: gone)
    settle(keeper)
    assert store.read()["engage"] == gone


def test_a_store_that_cannot_be_written_does_not_hinder_the_end(clock: Any) -> None:
    store = Counting(bearer())
    keeper = Keeper(store, clock=clock)
    asyncio.run(ask(keeper))
    store.broken = True
    settle(keeper)
    assert store.read()["engage"].last_used_at is None
