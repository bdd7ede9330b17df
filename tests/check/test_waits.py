"""What can be said about waiting before a run: FE404, FE817, and the edges that a wait needs."""

from __future__ import annotations

from collections.abc import Callable

import pytest

import flowengine

Validated = Callable[..., list[flowengine.Finding]]

HEAD = "flow: case\nvariables: {a: {type: string}}\nstart: wait\nnodes:\n"
END = "  done: {end: success}\n"


def waiting(events: str, edges: str, timeout: str = ", timeout: 10m", more: str = "") -> str:
    inputs = f"inputs: {{events: {{{events}}}{timeout}}}"
    return f"{HEAD}  wait: {{type: receive@1.0, {inputs}{more}, edges: {{{edges}}}}}\n{END}"


def codes(found: list[flowengine.Finding]) -> list[str]:
    return [one.code for one in found]


SMS = 'channel: sms, business: "+44 7700 900001"'


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (f'{SMS}, customer: "1"', f'{SMS}, customer: " 1 "', True),
        (f'{SMS}, customer: "1"', f'{SMS}, customer: "1", event: incoming-message', True),
        (f'{SMS}, customer: "1"', f'{SMS}, customer: "1", event: postback', False),
        (f"{SMS}, customer: $(trigger.a)", 'channel: sms, business: "447700900001", customer: $(trigger.a)', True),
        (f"{SMS}, customer: $(trigger.a)", f"{SMS}, customer: $(trigger.A)", False),
        (f'{SMS}, customer: "1"', 'channel: whatsapp, business: "447700900001", customer: "1"', False),
        ("event: paid, key: 7", 'event: paid, key: "7"', True),
        ("event: paid, key: 7", "event: paid, key: 8", False),
        ("event: paid, key: sms", 'channel: sms, business: "1", customer: "2"', False),
    ],
)
def test_two_labels_for_one_event(one: str, other: str, same: bool, validated: Validated) -> None:  # noqa: FBT001 - a parameter of the test
    found = validated(
        waiting(f"x: {{{one}}}, y: {{{other}}}", "x: done, y: done, onTimeout: done, onInvalidData: done")
    )

    assert ("FE404" in codes(found)) is same


@pytest.mark.parametrize(
    ("events", "code"),
    [
        ("", "FE104"),
        ("x: {}", "FE102"),
        ("x: {channel: sms}", "FE102"),
        ("x: {channel: fax, business: a, customer: b}", "FE104"),
        ("x: {channel: sms, business: a, customer: b, key: c}", "FE101"),
        ("x: {event: paid}", "FE102"),
        ("x: {event: paid for, key: a}", "FE104"),
        ("onTimeout: {event: paid, key: a}", "FE104"),
        ("x: hello", "FE103"),
    ],
)
def test_events_have_a_shape(events: str, code: str, validated: Validated) -> None:
    found = validated(waiting(events, "x: done, onTimeout: done, onInvalidChoice: done"))

    assert code in codes(found)


def test_a_wait_needs_an_edge_for_each_of_its_ends(validated: Validated) -> None:
    _, found = validated(waiting("x: {event: paid, key: $(trigger.a)}", "x: done"))

    assert (found.code, found.severity) == ("FE505", "warning")
    assert "'onTimeout'" in found.message
    assert "'onInvalidData'" in found.message


def test_a_wait_without_an_end(validated: Validated) -> None:
    found = validated(waiting("x: {event: paid, key: a}", "x: done", timeout=""))

    assert codes(found) == ["FE313", "FE817", "FE505"]
    assert "'onError'" in found[2].message


@pytest.mark.parametrize(
    ("read", "code"),
    [
        ("$(wait.sms.message)", None),
        ("$(wait.message)", None),
        ("$(wait.payload.any)", None),
        ("$(wait.text)", "FE315"),
        ("$(wait.whatsapp.message)", "FE312"),
    ],
)
def test_what_an_event_sets(read: str, code: str | None, validated: Validated) -> None:
    nodes = (
        f"  wait: {{type: receive@1.0, inputs: {{events: {{x: {{{SMS}, customer: b}}}}, timeout: 10m}}, "
        f"edges: {{x: say, onTimeout: done}}}}\n"
        f"  say: {{type: set-variables@1.0, inputs: {{values: {{a: {read}}}}}, edges: {{onSuccess: done, "
        f"onInvalidData: done}}}}\n"
    )
    found = [one for one in codes(validated(f"{HEAD}{nodes}{END}")) if one not in ("FE313", "FE505")]

    assert found == ([code] if code else [])


@pytest.mark.parametrize(
    ("inputs", "code"),
    [
        ('until: "2026-11-23T10:00:00Z"', None),
        ('until: "2026-11-23T10:00+01:00"', None),
        ("until: $(trigger.at)", "FE505"),
        ("", "FE102"),
        ('until: "2026-11-23"', "FE104"),
        ('until: "2026-02-30T10:00:00Z"', "FE104"),
        ('until: "2026-11-23T25:00:00Z"', "FE104"),
        ('until: "2026-11-23T10:00:00Z", duration: 1s', "FE104"),
    ],
)
def test_a_delay_says_one_thing(inputs: str, code: str | None, validated: Validated) -> None:
    found = validated(f"{HEAD}  wait: {{type: delay@1.0, inputs: {{{inputs}}}, edges: {{onTimeout: done}}}}\n{END}")

    assert [one for one in codes(found) if one != "FE313"] == ([code] if code else [])
