"""Bodies as they come in, and what flows read of them: the tables in ``payloads/``."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flowengine.flowfile.yaml_tree import parse_yaml, to_value
from flowengine.streams.channels import CHANNELS
from flowengine.streams.payloads import ChannelEvent, Unreadable, read_event
from flowengine.streams.tasks import CHANNEL as TASKS
from flowengine.streams.tasks import read_task_event

FOLDER = Path(__file__).parent / "payloads"
CASES = [
    pytest.param(path.stem, case, id=f"{path.stem}-{case['name']}")
    for path in sorted(FOLDER.glob("*.yaml"))
    for case in to_value(parse_yaml(path.read_bytes(), str(path)))
]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


def read(channel: str, body: Any, assets: dict[str, str] | None = None) -> ChannelEvent | Unreadable:
    return read_task_event(body, 7.0) if channel == TASKS else read_event(channel, body, 7.0, assets)


@pytest.mark.parametrize(("channel", "case"), CASES)
def test_bodies_are_read(channel: str, case: dict[str, Any]) -> None:
    found = read(channel, case["body"], case.get("assets"))

    if "refused" in case:
        assert found == Unreadable(case["refused"])
        return
    assert isinstance(found, ChannelEvent)
    said = found._asdict() | {"keys": list(found.keys)}
    wanted = {key: value for key, value in case.items() if key in said}
    assert wanted
    assert {key: said[key] for key in wanted} == wanted
    assert (found.channel, found.at) == (channel, 7.0)


def test_every_channel_has_cases() -> None:
    assert {path.stem for path in FOLDER.glob("*.yaml")} == {*CHANNELS, TASKS}


def test_an_event_without_an_id_is_known_by_its_body() -> None:
    fields = [("message", "ok then"), ("oa", "447700900901"), ("da", "447700900900")]
    other = random.Random(1).sample(fields, 3)  # noqa: S311 - an order

    one, same, next_one = (read("sms", dict(body)) for body in (fields, other, [*fields, ("ts", "2")]))

    assert isinstance(one, ChannelEvent)
    assert one.id.startswith("incoming-message:sha256-")
    assert (one.id == same.id, one.id == next_one.id) == (True, False)  # type: ignore[union-attr] # they are events


def test_copies_of_two_streams_are_one_event() -> None:
    body = {"transid": "t-1", "message": "a b", "oa": "447700900901", "da": "447700900900"}

    of_asset, of_node = (read("sms", {**body, "dataIntegration": {"context": {"level": one}}}) for one in (1, 2))

    assert of_asset.id == of_node.id  # type: ignore[union-attr] # they are events


@settings(max_examples=300, deadline=None)
@given(channel=st.sampled_from([*CHANNELS, TASKS]), body=JSON)
def test_no_json_is_too_strange(channel: str, body: Any) -> None:
    assert isinstance(read(channel, body), ChannelEvent | Unreadable)


KNOWN = sorted({name for spec in CHANNELS.values() for name in [*spec.variables, *sum(spec.variables.values(), ())]})


@settings(max_examples=300, deadline=None)
@given(
    channel=st.sampled_from(sorted(CHANNELS)),
    body=st.dictionaries(st.sampled_from(["event", "channel", *KNOWN]), JSON, max_size=12),
)
def test_no_values_of_known_fields_are_too_strange(channel: str, body: Any) -> None:
    found = read(channel, body)

    if isinstance(found, ChannelEvent):
        assert all(len(key) < 4000 for key in found.keys)
        assert found.event
