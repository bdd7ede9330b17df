"""``flowengine streams``, on the database that ``serve`` works on."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from flowengine.journal.inbox import NewEvent
from flowengine.journal.outbox import Forward
from flowengine.journal.sqlite import SqliteJournal
from flowengine.sandbox.server import Sandbox
from flowengine.sandbox.tenant import Tenant
from flowengine.streams.forwarding.kept import stream_key

Streams = Callable[..., Result]
Json = Callable[..., Any]
Cli = Callable[..., Result]


def keep(*dead: int, count: int = 3) -> None:
    """Keep some events for the stream, of which some were given up."""

    async def keeping() -> None:
        journal, now = SqliteJournal(Path("runs.db")), time.time()
        for number in range(1, count + 1):
            forward = Forward(stream_key("test"), f"sms:{number}", f"c-{number}", {"n": number}, now - 60)
            await journal.accept(NewEvent(str(number), "message", (), {}, now, "sms"), (), [forward])
        for number in dead:
            await journal.dead(number, now, "status 422: never")
        await journal.close()

    asyncio.run(keeping())


def test_without_a_choice_it_is_on_for_all(cli: Cli, project: Path) -> None:  # noqa: ARG001 - it is there
    result = cli("streams", "list", "--format", "json")
    streams = {stream["environment"]: stream for stream in json.loads(result.stdout)["streams"]}
    assert set(streams) == {"sandbox", "test"}
    stream = streams["test"]
    assert (stream["enabled"], stream["assets"], stream["channels"]) == (True, "all", "all")
    assert (stream["authorization"], stream["events"]) == ("webex-engage-streaming", ["Incoming events & Messages"])
    assert "webex-engage-streaming" in cli("streams", "list").stdout
    assert not Path("runs.db").exists()


def test_it_is_shown_with_the_flows_that_use_engage(streams: Streams, as_json: Json) -> None:
    assert as_json("show")["stream"]["flows"] == [{"flow": "asks", "path": "asks.yaml", "nodes": ["search"]}]
    shown = streams("show").stdout
    assert "asks.yaml: asks, search" in shown
    assert "cannot be switched off" in shown


def test_it_is_edited(streams: Streams, as_json: Json) -> None:
    done = as_json("edit", "--channels", "sms, apple", "--assets", "asset-sms,asset-apple")
    assert done["stream"]["channels"] == ["sms", "apple"]
    assert [one["id"] for one in done["stream"]["assets"]] == ["asset-sms", "asset-apple"]
    assert done["notes"] == []
    told = streams("edit", "--channels", "sms")
    assert "note: Apple Messages for Business is left out" in told.stdout
    assert as_json("show")["stream"]["channels"] == ["sms"]
    assert as_json("edit", "--assets", "all", "--channels", "all")["stream"]["assets"] == "all"
    assert as_json("edit", "--events", "incoming events & messages")["stream"]["channels"] == "all"


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--channels", "smss"], "did you mean 'sms'?"),
        (["--assets", "asset-smss"], "did you mean 'asset-sms'"),
        (["--assets", ","], "`streams disable`"),
        (["--events", "none"], "cannot be switched off"),
        ([], "nothing to change"),
        (["--channels", "sms", "--env", "bare"], "does not say where webex-engage is"),
        (["--channels", "sms", "--env", "tset"], "did you mean 'test'?"),
    ],
)
def test_what_cannot_be_set_is_refused(streams: Streams, options: list[str], said: str) -> None:
    result = streams("edit", *options)
    assert (result.exit_code, said in result.stderr) == (2, True), result.stderr
    assert json.loads(streams("show", "--format", "json").stdout)["stream"]["changedAt"] is None


def test_it_is_switched_off_and_on(streams: Streams, as_json: Json) -> None:
    keep(2)
    assert as_json("disable")["stream"]["enabled"] is False
    assert "delivered when the stream is enabled" in streams("status").stdout
    assert "they wait until it is enabled" in streams("resend", "all").stdout
    assert as_json("enable")["stream"]["enabled"] is True


def test_its_status_is_told(streams: Streams, as_json: Json) -> None:
    keep(2)
    stream = as_json("status")["stream"]
    assert (stream["pending"], stream["delivered"], stream["dead"]) == (2, 0, 1)
    assert stream["lagMs"] >= 60_000
    assert (stream["tenantMayStream"], stream["lastError"]["reason"]) == (True, "status 422: never")
    assert "status 422: never" in streams("status").stdout


def test_it_is_tried(streams: Streams, as_json: Json) -> None:
    keep(count=1)
    done = as_json("test")["test"]
    assert (done["outcome"], done["status"], done["reason"]) == ("delivered", 202, None)
    assert done["body"]["event"] == "TYPINGINDICATOR"
    as_json("edit", "--channels", "sms")
    assert as_json("test")["test"]["body"]["event"] == "MO"
    assert "delivered: status 202" in streams("test").stdout


def test_what_was_given_up_is_listed_and_sent_again(streams: Streams, as_json: Json) -> None:
    assert "Nothing was given up." in streams("dead").stdout
    keep(1, 3)
    assert [(one["number"], one["reason"]) for one in as_json("dead")["dead"]] == [
        (3, "status 422: never"),
        (1, "status 422: never"),
    ]
    assert "sms:3" in streams("dead").stdout
    for wrong in ("2", "x", "99", "1 2", "all"):
        arguments = ["1", "all"] if wrong == "all" else [wrong]
        assert streams("resend", *arguments).exit_code == 2
    assert as_json("resend", "1")["resent"] == 1
    assert as_json("resend", "all") == {"resent": 1, "numbers": [3]}
    assert as_json("resend", "all") == {"resent": 0, "numbers": []}


def test_a_tenant_that_may_not_stream(streams: Streams, cli: Cli, project: Path) -> None:
    text = project.read_text()

    async def calling() -> None:
        async with Sandbox(tenant=Tenant(linked=False)) as sandbox:
            bound = text.replace("baseUrl: sandbox", f"baseUrl: {sandbox.base_url}")
            await asyncio.to_thread(project.write_text, bound)
            added = await asyncio.to_thread(
                cli, "auth", "add", "machine", "--kind", "bearer", "--host", host(sandbox), "--secret", "-",
                stdin=sandbox.token,
            )  # fmt: skip
            assert added.exit_code == 0, added.stderr
            missing = await asyncio.to_thread(streams, "edit", "--authorization", "machin")
            assert "did you mean 'machine'?" in missing.stderr
            assert (await asyncio.to_thread(streams, "edit", "--authorization", "machine")).exit_code == 0
            enabled = await asyncio.to_thread(streams, "enable")
            assert (enabled.exit_code, "not linked to Contact Center" in enabled.stderr) == (2, True)
            status = await asyncio.to_thread(streams, "status")
            assert (status.exit_code, "an administrator links it" in status.stdout) == (1, True)
            tried = await asyncio.to_thread(streams, "test")
            assert (tried.exit_code, "refused: the tenant is not linked" in tried.stdout) == (1, True)

    asyncio.run(calling())


def host(sandbox: Sandbox) -> str:
    return sandbox.url.removeprefix("http://")


def test_a_stream_that_there_is_not(cli: Cli, project: Path) -> None:  # noqa: ARG001 - it is there
    result = cli("streams", "show", "webex-engage-streamin")
    assert (result.exit_code, "did you mean 'webex-engage-streaming'?" in result.stderr) == (2, True)
    assert "expected a command: list" in cli("streams").stderr
