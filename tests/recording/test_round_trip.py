"""A run that was recorded, and a dry-run of the recording: every example flow, over HTTP, with all that goes wrong."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

import flowengine
from flowengine.authorizations.life import Keeper
from flowengine.authorizations.record import AUTHORIZED, CLIENT_CREDENTIALS, Authorization
from flowengine.authorizations.secret import Secret
from flowengine.authorizations.store import MemoryStore
from flowengine.core.answers import Json
from flowengine.core.plan import Plan
from flowengine.core.trace import Run
from flowengine.drivers.local import Walk
from flowengine.effects.inbox import Inbox
from flowengine.effects.live import LiveEffects
from flowengine.effects.posting import posting_door
from flowengine.flowfile.yaml_tree import read_yaml, to_value
from flowengine.project import ENGAGE, Environment, Integration
from flowengine.sandbox.callbacks.options import CallbackOptions
from flowengine.sandbox.demo import demo_seed
from flowengine.sandbox.faults import Fault, Match
from flowengine.sandbox.server import Sandbox
from flowengine.starting import start_values

FLOWS = Path(__file__).parents[2] / "flows"
NAMES = sorted(path.stem for path in (FLOWS / "triggers").glob("*.yaml"))
CALLS = Match(path="/api/v1")
HTML = "<html>Bad gateway</html>"
DAY = timedelta(days=1)
LEAP = 10_000.0
"""Seconds that a loop of the fixture `leaping` leaps over."""


def on_calls(times: int | None = 1, **what: Any) -> list[Fault]:
    return [Fault(CALLS, times, **what)]


def later(by: timedelta) -> str:
    return format_datetime(datetime.now(UTC) + by, usegmt=True)


def failing(operation: str, status: int, *, after: int = 0) -> list[Fault]:
    """Let calls of an operation fail for good, but for the first ones."""
    match = Match(operation=operation)
    return [Fault(match, after, delay=0.0), Fault(match, None, status=status)]


# What the sandbox does, and what the answers of some node begin with for it.
FAULTS: dict[str, tuple[Callable[[], list[Fault]], list[Any]]] = {
    "none": (list, [202]),
    "slow": (lambda: on_calls(None, delay=0.01), [202]),
    "too late": (lambda: on_calls(delay=LEAP), ["timeout", 200]),
    "late twice": (lambda: on_calls(2, delay=LEAP), ["timeout", "timeout", 200]),
    "always too late": (lambda: on_calls(None, delay=LEAP), ["timeout", "timeout", "timeout"]),
    "500": (lambda: on_calls(status=500), [500, 200]),
    "always 500": (lambda: on_calls(None, status=500), [500, 500, 500]),
    "503, wait": (lambda: on_calls(2, status=503, headers={"Retry-After": "2"}), [503, 503, 200]),
    "429, wait": (lambda: on_calls(status=429, headers={"Retry-After": "30"}), [429, 200]),
    "429, wait until": (lambda: on_calls(status=429, headers={"Retry-After": later(DAY / 48)}), [429, 200]),
    "429, wait for a day": (lambda: on_calls(status=429, headers={"Retry-After": later(DAY)}), [429]),
    "429, wait for hours": (lambda: on_calls(status=429, headers={"Retry-After": "7200"}), [429]),
    "429, wait for ?": (lambda: on_calls(status=429, headers={"Retry-After": "soon"}), [429, 200]),
    "broken": (lambda: on_calls(broken=True), ["error", 200]),
    "always broken": (lambda: on_calls(None, broken=True), ["error", "error", "error"]),
    "cut": (lambda: on_calls(cut=True), ["error", 200]),
    "always cut": (lambda: on_calls(None, cut=True), ["error", "error", "error"]),
    "reset": (lambda: on_calls(reset=True), ["error", 200]),
    "always reset": (lambda: on_calls(None, reset=True), ["error", "error", "error"]),
    "token expires": (lambda: on_calls(expire_token=True), [401, 200]),
    "tokens always expire": (lambda: on_calls(None, expire_token=True), [401, 401]),
    "401 for good": (lambda: on_calls(None, status=401), [401, 401]),
    "403 once": (lambda: on_calls(status=403), [403, 200]),
    "403 for good": (lambda: on_calls(None, status=403), [403, 403]),
    "no token": (lambda: failing("token", 500), ["outcome"]),
    "token refused": (lambda: failing("token", 401), ["outcome"]),
    "no second token": (lambda: [*on_calls(expire_token=True), *failing("token", 400, after=1)], [401, "outcome"]),
    "400": (lambda: on_calls(status=400), [400]),
    "404": (lambda: on_calls(None, status=404), [404]),
    "409": (lambda: on_calls(status=409, body={"status": "failed", "description": "closed"}), [409]),
    "302": (lambda: on_calls(status=302, headers={"Location": "/elsewhere"}), [302]),
    "502 from a proxy": (lambda: on_calls(2, status=502, body=HTML), [502, 502, 200]),
    "200 from a proxy": (lambda: on_calls(status=200, body=HTML), ["error", 200]),
    "a state nobody knows": (lambda: on_calls(status=200, body={"value": {"status": "asleep", "n": 10**20}}), [200]),
    "a later call fails": (lambda: failing("append", 503), [503, 503]),
}


class Hurried(LiveEffects):
    """Real requests; what the engine waits takes no time."""

    waited = 0.0

    def now(self) -> float:
        return time.time() + self.waited

    async def sleep(self, seconds: float) -> None:
        self.waited += seconds


def trigger_of(name: str) -> Json:
    return to_value(read_yaml(FLOWS / "triggers" / f"{name}.yaml"))


def client_of(sandbox: Sandbox) -> Authorization:
    return Authorization(
        name="engage",
        kind=CLIENT_CREDENTIALS,
        integration=None,
        hosts=(httpx.URL(sandbox.url).netloc.decode(),),
        state=AUTHORIZED,
        client_id=sandbox.client_id,
        token_url=f"{sandbox.url}/oauth/token",
        secrets={"client_secret": Secret(sandbox.client_secret)},
    )


async def live(plan: Plan, trigger: Json, sandbox: Sandbox, *, later: bool = False) -> Run:
    """Walk a flow on a sandbox; ``later``: that posts its results."""
    inbox = Inbox()
    async with sandbox, posting_door(inbox, lambda *_: None) as url:
        keeper = Keeper(MemoryStore([client_of(sandbox)]))
        bound = Integration(sandbox.base_url, callback_url=f"{url}/callbacks/{ENGAGE}" if later else None)
        effects = Hurried(Environment("test", {ENGAGE: bound}), keeper, inbox=inbox)
        walk = Walk(plan, effects, journal=True)
        state = await walk.run(trigger, start_values(plan, {}))
        await keeper.aclose()
    return Run.of(plan, state, walk.entries)


def seen(run: Run) -> list[Any]:
    """Return what two walks have in common where they are the same; times and reasons aside."""
    steps = [
        (
            step.node,
            step.visit,
            step.outcome,
            step.edge,
            step.inputs,
            step.outputs,
            step.wrote,
            [(attempt.number, attempt.outcome, attempt.status) for attempt in step.attempts],
        )
        for step in run.steps
    ]
    return [run.id, run.status, run.result, run.path, run.variables, *steps]


def kind(entry: dict[str, Any]) -> Any:
    return entry.get("status") or next(iter(entry))


@pytest.fixture(scope="module")
def plans() -> dict[str, Plan]:
    return {name: flowengine.compile(flowengine.load(FLOWS / f"{name}.yaml")) for name in NAMES}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_dry_run_of_what_was_recorded_is_the_run(
    fault: str, plans: dict[str, Plan], tmp_path: Path, leaping: Callable[[Coroutine[Any, Any, Run]], Run]
) -> None:
    faults, came = FAULTS[fault]
    kinds: list[list[Any]] = []
    for name, plan in plans.items():
        run = leaping(live(plan, trigger_of(name), Sandbox(seed=demo_seed(), faults=faults())))
        taken = flowengine.take_recording(plan, run, f"{name}-recorded")
        path = tmp_path / f"{name}.recording.yaml"
        path.write_text(taken.text, "utf-8")
        dry = flowengine.dry_run(plan, path)

        assert seen(dry.run) == seen(run)
        assert (dry.differences, dry.unused, taken.notes) == ([], {}, ())
        assert taken.recording.expect is not None
        kinds += [[kind(one) for one in entries] for entries in taken.recording.responses.values()]
    assert came in [one[: len(came)] for one in kinds]


@pytest.mark.parametrize("how", [None, "twice", "early"])
@pytest.mark.parametrize("name", NAMES)
def test_a_dry_run_of_results_that_came_later_is_the_run(
    name: str, how: str | None, plans: dict[str, Plan], tmp_path: Path
) -> None:
    plan, faults = plans[name], on_calls(None, callback=how) if how is not None else []
    options = CallbackOptions(delay=(0.0, 0.0))

    run = asyncio.run(
        live(plan, trigger_of(name), Sandbox(seed=demo_seed(), faults=faults, callbacks=options), later=True)
    )
    taken = flowengine.take_recording(plan, run, f"{name}-recorded")
    path = tmp_path / f"{name}.recording.yaml"
    path.write_text(taken.text, "utf-8")
    dry = flowengine.dry_run(plan, path)

    assert seen(dry.run) == seen(run)
    assert (dry.differences, dry.unused, taken.notes) == ([], {}, ())
    recorded = [one for entries in taken.recording.responses.values() for one in entries]
    assert any("event" in one for one in recorded), run.reason
    assert "accepted" not in [one["body"]["status"] for one in recorded if "body" in one and "event" not in one]
