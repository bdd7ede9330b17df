from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

import pytest

from flowengine.streams.payloads import ChannelEvent, read_event
from flowengine.streams.triggers import Match, Triggers

FLOW = """
flow: {id}
trigger:
  channel: sms
  event: {event}
  when: [{{value: $(trigger.sms.keyword), notEquals: STOP}}]{order}
variables: {{text: hello}}
start: done
nodes:
  done: {{end: success}}
"""


def write(path: Path, event: str = "incoming-message", order: str = "", text: str | None = None) -> Path:
    path.parent.mkdir(exist_ok=True)
    path.write_text(text if text is not None else FLOW.format(id=path.stem, event=event, order=order))
    # The same moment and size as before must not hide a change.
    stamp = path.stat().st_mtime_ns + 1_000_000 * len(path.read_text())
    os.utime(path, ns=(stamp, stamp))
    return path


def sms(message: str = "Hello you", **fields: Any) -> ChannelEvent:
    event = read_event("sms", {"oa": "447700900901", "da": "447700900900", "message": message, **fields}, 7.0)
    assert isinstance(event, ChannelEvent)
    return event


def started(match: Match) -> list[str]:
    return [one.flow.plan.flow for one in match.starts]


@pytest.fixture
def triggers(tmp_path: Path) -> Triggers:
    write(tmp_path / "flows" / "first.yaml")
    write(tmp_path / "flows" / "second.yaml")
    write(tmp_path / "flows" / "clicked.yaml", "link-click")
    write(tmp_path / "flows" / "by-hand.yaml", text="flow: by-hand\nstart: done\nnodes: {done: {end: success}}\n")
    made = Triggers([tmp_path / "flows"])
    assert made.refresh()
    return made


def test_every_flow_with_the_trigger_starts(triggers: Triggers) -> None:
    match = triggers.match(sms())

    assert started(match) == ["first", "second"]
    assert [one.variables for one in match.starts] == [{"text": "hello"}] * 2
    assert match.others == {"clicked": "it is started by link-click"}
    assert triggers.problems == {}


def test_what_does_not_hold_is_said(triggers: Triggers) -> None:
    match = triggers.match(sms("STOP"))

    assert match.starts == ()
    assert match.others["first"] == (
        "trigger.when[0] does not hold: {'value': '$(trigger.sms.keyword)', 'notEquals': 'STOP'}"
    )


def test_flows_of_other_channels_are_not_spoken_of(triggers: Triggers) -> None:
    event = read_event("whatsapp", {"waid": "447700900902"}, 7.0)

    assert triggers.match(event) == Match((), {})


def test_a_saved_flow_is_read_anew(triggers: Triggers, tmp_path: Path) -> None:
    assert not triggers.refresh()
    before = triggers.match(sms()).starts[0].flow.plan.digest

    write(tmp_path / "flows" / "first.yaml", order="\n  order: none")
    write(tmp_path / "flows" / "third.yaml")
    (tmp_path / "flows" / "second.yaml").unlink()

    assert triggers.refresh()
    match = triggers.match(sms())
    assert started(match) == ["first", "third"]
    assert [one.flow.in_order for one in match.starts] == [False, True]
    assert match.starts[0].flow.plan.digest == before


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("flow: first\nstart: [", "FE002"),
        ("flow: first\nstart: gone\nnodes: {done: {end: success}}\n", "FE206"),
        ("", "FE011"),
        ("words", "FE103"),
    ],
)
def test_a_flow_that_has_become_wrong_goes_on_as_it_was(
    triggers: Triggers, tmp_path: Path, text: str, said: str
) -> None:
    path = write(tmp_path / "flows" / "first.yaml", text=text)

    assert triggers.refresh()
    assert started(triggers.match(sms())) == ["first", "second"]
    assert said in triggers.problems[path]
    assert triggers.problems[path].endswith("; the flow goes on as it was before")

    write(path)
    assert triggers.refresh()
    assert triggers.problems == {}


def test_a_flow_that_was_never_right_is_named(tmp_path: Path) -> None:
    write(tmp_path / "flows" / "right.yaml")
    wrong = write(tmp_path / "flows" / "wrong.yaml", text="flow: wrong\nstart: gone\nnodes: {done: {end: success}}\n")
    triggers = Triggers([tmp_path / "flows"])
    triggers.refresh()

    assert started(triggers.match(sms())) == ["right"]
    assert "FE206" in triggers.problems[wrong]
    assert "as it was before" not in triggers.problems[wrong]


def test_only_what_was_saved_is_compiled_anew(triggers: Triggers, tmp_path: Path) -> None:
    before = {one.path.stem: one.plan for one in triggers.flows}
    write(tmp_path / "flows" / "second.yaml", "link-click")
    assert triggers.refresh()
    now = {one.path.stem: one.plan for one in triggers.flows}
    assert [name for name in now if now[name] is not before[name]] == ["second"]
    (tmp_path / "flowengine.yaml").write_text("default: sandbox\nenvironments: {sandbox: {}}\n")
    assert triggers.refresh()
    assert [one for one in triggers.flows if one.plan is now[one.path.stem]] == []


def test_a_flow_changes_with_those_that_it_calls(triggers: Triggers, tmp_path: Path) -> None:
    called = "flow: called\noutputs: {{said: {said}}}\nstart: done\nnodes: {{done: {{end: success}}}}\n"
    write(tmp_path / "flows" / "called.yaml", text=called.format(said="first"))
    caller = FLOW.format(id="caller", event="incoming-message", order="").replace("start: done", "start: call")
    call = "nodes:\n  call: {type: call-flow@1.0, inputs: {flow: called}, edges: {done: done, onError: done}}\n"
    write(tmp_path / "flows" / "caller.yaml", text=caller.replace("nodes:\n", call))
    assert triggers.refresh()
    (before,) = [one.plan for one in triggers.flows if one.plan.flow == "caller"]
    write(tmp_path / "flows" / "called.yaml", text=called.format(said="another"))
    assert triggers.refresh()
    (now,) = [one.plan for one in triggers.flows if one.plan.flow == "caller"]
    assert now.digest != before.digest


def test_a_flow_that_loses_its_trigger_is_not_started(triggers: Triggers, tmp_path: Path) -> None:
    write(tmp_path / "flows" / "first.yaml", text="flow: first\nstart: done\nnodes: {done: {end: success}}\n")
    triggers.refresh()

    assert started(triggers.match(sms())) == ["second"]


def test_one_of_two_flows_with_one_id_is_started(triggers: Triggers, tmp_path: Path) -> None:
    copy = tmp_path / "flows" / "zz-copy.yaml"
    shutil.copy(tmp_path / "flows" / "first.yaml", copy)
    triggers.refresh()

    assert started(triggers.match(sms())) == ["first", "second"]
    assert (
        triggers.problems[copy]
        == f"the flow in {tmp_path / 'flows' / 'first.yaml'} has the same id: this one is not started"
    )


def test_an_event_that_a_channel_does_not_have_is_named(tmp_path: Path) -> None:
    path = write(tmp_path / "flows" / "typo.yaml", "incoming-mesage")
    triggers = Triggers([tmp_path / "flows"])
    triggers.refresh()

    assert (
        triggers.problems[path] == "sms has no event 'incoming-mesage' that is known; did you mean 'incoming-message'?"
    )


def test_a_project_that_becomes_wrong_stops_nothing(triggers: Triggers, tmp_path: Path) -> None:
    (tmp_path / "flowengine.yaml").write_text("nodes: [")
    assert triggers.refresh()
    assert started(triggers.match(sms())) == ["first", "second"]
    assert len(triggers.problems) >= 2


def test_a_folder_that_goes_stops_nothing(triggers: Triggers, tmp_path: Path) -> None:
    shutil.rmtree(tmp_path / "flows")

    assert triggers.refresh()
    assert started(triggers.match(sms())) in ([], ["first", "second"])


def test_the_flows_that_are_shipped_can_be_started() -> None:
    triggers = Triggers([Path(__file__).resolve().parents[2] / "flows"])
    triggers.refresh()

    assert triggers.problems == {}
    assert len(triggers.flows) == 11
    assert started(triggers.match(sms())) == ["sms-inbound"]
