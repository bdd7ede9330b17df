"""Delivers until nothing is pending, and says each answer; ``test_kills.py`` kills it meanwhile.

python tests/streams/forwarding/killed_deliverers.py DATABASE BASE_URL TOKEN
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from flowengine.authorizations.life import Keeper
from flowengine.authorizations.record import AUTHORIZED, BEARER, Authorization
from flowengine.authorizations.secret import Secret
from flowengine.authorizations.store import MemoryStore
from flowengine.core.answers import Answer
from flowengine.core.wants import Send
from flowengine.effects.live import LiveEffects
from flowengine.journal.sqlite import SqliteJournal
from flowengine.project import ENGAGE, Environment, Integration
from flowengine.streams.forwarding.delivering import Deliverer, Pace
from flowengine.streams.forwarding.settings import NAME

AT_ONCE = 4


class Telling(LiveEffects):
    """Says that there was an answer before anybody else hears of it."""

    async def send(self, want: Send) -> Answer:
        answer = await super().send(want)
        if want.request.method == "POST":
            print(want.key, flush=True)  # noqa: T201 - it is read by the one who kills
        return answer


async def deliver(database: Path, base_url: str, token: str) -> None:
    environment = Environment("test", {ENGAGE: Integration(base_url)})
    host = base_url.split("/")[2]
    known = Authorization(NAME, BEARER, None, (host,), AUTHORIZED, secrets={"access_token": Secret(token)})
    effects = Telling(environment, Keeper(MemoryStore([known])))

    async def opened(_: str | None) -> LiveEffects:
        return effects

    journal = SqliteJournal(database)
    # The lease is longer than any answer takes, so only what was killed is sent twice.
    async with Deliverer(journal, environment, opened, pace=Pace(at_once=AT_ONCE, lease=3.0, look=0.05)) as deliverer:
        following = asyncio.create_task(deliverer.follow())
        while await journal.outbox_next() is not None:  # noqa: ASYNC110 - the other process may end it
            await asyncio.sleep(0.05)
        await deliverer.drain(5.0)
        await following
    await journal.close()


if __name__ == "__main__":
    asyncio.run(deliver(Path(sys.argv[1]), sys.argv[2], sys.argv[3]))
