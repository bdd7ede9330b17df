"""Which flows a flow calls, what it sees of them, and what is said where one of them is not right."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

import flowengine
from flowengine.check.called import CallVersion, called_flows, callees, version_of
from flowengine.check.compile import plan_data
from flowengine.check.outputs import outputs_after
from flowengine.check.validate import load, read_flow, report

NODES = Path(__file__).parents[1] / "conformance" / "nodes"
CATALOGUE = flowengine.Catalogue([NODES])

CALLER = """
flow: caller
start: call
nodes:
  call:
    type: call-flow@1.0
    inputs: {{flow: {called}{inputs}}}
    edges: {{{edges}}}
  done: {{end: success}}
  failed: {{end: error}}
"""
CHILD = """
flow: {flow}
inputs: {{question: {{type: string}}, count: {{type: integer, default: 1}}}}
outputs: {{answer: $(ask.answer), question: $(question), said: "$(question)!", ticket: $(ticket), fixed: 7}}
variables: {{ticket: {{type: string}}}}
start: ask
nodes:
  ask:
    type: ask@1.0
    inputs: {{question: $(question), count: $(count)}}
    set: {{ticket: $(ask.ticket)}}
    edges: {{answered: told, unknown: refused, onInvalidChoice: refused}}
  told: {{end: success}}
  refused: {{end: error, title: not told}}
"""
EDGES = "told: done, not told: failed, onError: failed"

Put = Callable[..., Path]


@pytest.fixture
def put(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Put:
    monkeypatch.chdir(tmp_path)

    def write(name: str, text: str) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
        return path

    return write


def caller(called: str = "child", inputs: str = ", inputs: {question: Who?}", edges: str = EDGES) -> str:
    return CALLER.format(called=called, inputs=inputs, edges=edges)


def told(path: Path) -> list[str]:
    return [f"{one.code} {one.message}" for one in flowengine.validate(path, CATALOGUE)]


@pytest.mark.parametrize("place", ["flows/a.yaml", "a.yml", "elsewhere/deep/a.yaml"])
def test_a_called_flow_is_found_beside_its_caller_above_it_or_anywhere_in_the_project(put: Put, place: str) -> None:
    put("flowengine.yaml", "default: sandbox\n")
    put(place, CHILD.format(flow="child"))
    path = put("flows/caller.yaml", caller())

    assert told(path) == []
    assert flowengine.compile(load(path), CATALOGUE).called("child").flow == "child"


def test_the_nearest_of_two_flows_is_called(put: Put) -> None:
    put("child.yaml", CHILD.format(flow="child").replace("not told", "refused"))
    put("flows/child.yaml", CHILD.format(flow="child"))

    assert told(put("flows/caller.yaml", caller())) == []


def test_two_flows_that_are_equally_near_are_a_finding(put: Put) -> None:
    put("one.yaml", CHILD.format(flow="child"))
    put("two.yaml", CHILD.format(flow="child"))

    assert told(put("caller.yaml", caller())) == ["FE215 there are 2 flows 'child': one.yaml, two.yaml"]


def test_a_flow_that_means_two_files_is_a_finding(put: Put) -> None:
    put("child.yaml", CHILD.format(flow="child"))
    put("flows/child.yaml", CHILD.format(flow="child"))
    put("middle.yaml", caller().replace("flow: caller", "flow: middle"))
    nodes = (
        "\n  more: {type: call-flow@1.0, inputs: {flow: middle}, edges: {done: done, failed: failed, onError: failed}}"
    )
    both = caller(edges="told: more, not told: failed, onError: failed").rstrip() + nodes + "\n"

    assert told(put("flows/caller.yaml", both)) == [
        "FE215 'child' is flows/child.yaml here, and child.yaml for a flow that is called"
    ]


@pytest.mark.parametrize(
    ("broken", "said"),
    [
        ("flow: child\nnodes: [", "(FE002)"),
        ("flow: child\nstart: a\n", "the key 'nodes' is missing (FE102)"),
        (CHILD.format(flow="child").replace("told: {", "tld: {"), "there is no node 'told' to go to (FE206)"),
        (CHILD.format(flow="child").replace("ask@1.0", "aks@1.0"), "there is no node type 'aks' (FE201)"),
        (
            CHILD.format(flow="child").replace("type: ask@1.0", "type: call-flow@1.0"),
            "the key 'flow' is missing (FE102)",
        ),
    ],
)
def test_what_is_wrong_with_a_called_flow_is_told_at_the_call(put: Put, broken: str, said: str) -> None:
    put("child.yaml", broken)
    path = put("caller.yaml", caller())
    (wrong,) = [one for one in flowengine.validate(path, CATALOGUE) if one.code == "FE216"]

    assert wrong.span is not None
    assert wrong.message.startswith("the flow 'child' has errors: child.yaml")
    assert said in wrong.message
    with pytest.raises(flowengine.InvalidFile, match="FE216"):
        flowengine.compile(load(path), CATALOGUE)


def test_what_is_wrong_further_down_is_told_at_the_call_too(put: Put) -> None:
    put("middle.yaml", caller("nowhere").replace("flow: caller", "flow: middle"))
    found = told(put("caller.yaml", caller("middle", "", "done: done, failed: failed, onError: failed")))

    assert [one.partition(" beside")[0] for one in found] == [
        "FE216 the flow 'middle' calls 'nowhere': there is no flow 'nowhere'"
    ]


def test_a_broken_node_type_of_a_called_flow_is_no_crash(put: Put) -> None:
    put("nodes/odd.yaml", "node: odd\nversions: {'1.0': {handler: nothing, outcomes: {}}}\n")
    put("child.yaml", "flow: child\nstart: a\nnodes: {a: {type: odd@1.0}, b: {end: success}}\n")
    path = put("caller.yaml", caller(inputs=""))

    found = flowengine.validate(path, flowengine.Catalogue([path.parent / "nodes"]))
    assert [one.code for one in found] == ["FE216"]
    assert "there is no handler 'nothing'" in found[0].message


def test_a_caller_sees_what_the_flow_declares(put: Put) -> None:
    put("child.yaml", CHILD.format(flow="child"))
    flow = load(put("caller.yaml", caller()))
    version = version_of(flow, CATALOGUE, flow.nodes["call"])

    assert isinstance(version, CallVersion)
    assert version.ends == ["told", "not told"]
    assert {name: version.outcomes[name]["kind"] for name in version.ends} == {"told": "success", "not told": "error"}
    assert {name: one.get("type") for name, one in version.spec["outputs"].items()} == {
        "answer": None,
        "question": "string",
        "said": "string",
        "ticket": "string",
        "fixed": "integer",
    }
    given = version.spec["inputs"]["properties"]["inputs"]
    assert (given["required"], list(given["properties"])) == (["question"], ["question", "count"])


def test_outputs_that_are_sure_at_an_end_are_told_from_those_that_may_be_missing(put: Put) -> None:
    put("child.yaml", CHILD.format(flow="child"))
    flow = load(put("caller.yaml", caller()))
    version = version_of(flow, CATALOGUE, flow.nodes["call"])
    assert version is not None
    after = {one: outputs_after(version, {}, one) for one in ("told", "not told", "onError")}

    assert after["told"].there == {"question", "said", "fixed", "answer", "ticket"}
    assert after["not told"].there == {"question", "said", "fixed"}
    assert after["not told"].possible == {"question", "said", "fixed", "answer", "ticket"}
    assert after["onError"].possible == frozenset()


def test_the_type_of_an_output_is_known_through_calls(put: Put) -> None:
    put("child.yaml", CHILD.format(flow="child"))
    middle = caller().replace("flow: caller", "flow: middle\noutputs: {n: $(call.fixed), t: $(call.said)}", 1)
    put("middle.yaml", middle)
    text = caller("middle", "", "done: done, failed: failed, onError: failed").replace(
        "    edges:", "    set: {got: $(call.n)}\n    edges:"
    )
    text = text.replace("start: call", "variables: {got: {type: string}}\nstart: call", 1)

    assert told(put("caller.yaml", text)) == ["FE402 the variable 'got' is declared as text, and is set to a number"]


def test_a_flow_that_calls_itself_is_the_text_that_is_judged(put: Put) -> None:
    saved = put("ring.yaml", CHILD.format(flow="ring"))
    again = "\n  again: {type: call-flow@1.0, inputs: {flow: ring, inputs: {question: x}}, "
    again += "edges: {over: told, not told: told, onError: told}}"
    text = CHILD.format(flow="ring").replace("answered: told", "answered: again").rstrip() + again + "\n"
    unsaved = text.replace("told: {end: success}", "told: {end: success, title: over}")

    assert [one.code for one in report(read_flow(unsaved, saved), CATALOGUE).findings] == []
    assert list(plan_data(read_flow(unsaved, saved), CATALOGUE)["flows"]) == ["ring"]


def test_flows_that_call_each_other_are_in_each_others_plans(put: Put) -> None:
    def one(flow: str, called: str) -> str:
        return (
            f"flow: {flow}\nstart: stop\nnodes:\n"
            "  stop: {type: branch@1.0, inputs: {rows: [{name: Stop, when: {value: 1, equals: 1}}]}, "
            "edges: {Stop: done, onInvalidData: done, None of the above: call}}\n"
            f"  call: {{type: call-flow@1.0, inputs: {{flow: {called}}}, edges: {{done: done, onError: done}}}}\n"
            "  done: {end: success}\n"
        )

    put("ping.yaml", one("ping", "pong"))
    put("pong.yaml", one("pong", "ping"))
    plan = flowengine.compile(load(Path("ping.yaml")), CATALOGUE)

    assert told(Path("ping.yaml")) == []
    assert set(plan.flows) == {"ping", "pong"}
    assert plan.called("pong").called("ping").data["nodes"] == plan.data["nodes"]
    assert "flows" not in plan.flows["ping"]


@pytest.mark.parametrize(
    ("first", "second", "found"),
    [
        ("done", "done", ["FE816 every way through 'ping'", "FE816 every way through 'pong'"]),
        ("onTimeout", "done", ["", ""]),
    ],
)
def test_flows_that_call_each_other_on_every_way_get_a_hint(
    put: Put, first: str, second: str, found: list[str]
) -> None:
    def one(flow: str, called: str, outcome: str) -> str:
        timeout = "timeout: 5m, " if outcome == "onTimeout" else ""
        edges = f"{outcome}: done, onError: done" + (", done: done" if outcome != "done" else "")
        return (
            f"flow: {flow}\nstart: call\nnodes:\n"
            f"  call: {{type: call-flow@1.0, {timeout}inputs: {{flow: {called}}}, edges: {{{edges}}}}}\n"
            "  done: {end: success}\n"
        )

    paths = put("ping.yaml", one("ping", "pong", first)), put("pong.yaml", one("pong", "ping", second))
    for path, wanted in zip(paths, found, strict=True):
        hints = [one for one in told(path) if one.startswith("FE816")]
        assert (hints == []) is (wanted == "")
        assert all(one.startswith(wanted) for one in hints)


def test_a_change_of_a_called_file_is_seen(put: Put) -> None:
    child = put("child.yaml", CHILD.format(flow="child"))
    path = put("caller.yaml", caller())
    assert told(path) == []
    put("child.yaml", CHILD.format(flow="child").replace("not told", "refused it"))
    os.utime(child, ns=(1, 1))

    assert "FE501 call-flow@1.0 has no outcome 'not told'" in told(path)


def test_a_flow_that_calls_none_needs_no_folder() -> None:
    flow = flowengine.load(NODES.parents[2] / "flows" / "sms-inbound.yaml")
    assert callees(flow, flowengine.Catalogue()) == {}
    assert called_flows(flow, flowengine.Catalogue()) == {}


def test_a_node_type_of_ones_own_that_calls_has_to_say_what(put: Put) -> None:
    put(
        "nodes/dial.yaml", "node: dial\nversions: {'1.0': {handler: call-flow, inputs: {type: object}, outcomes: {}}}\n"
    )
    path = put(
        "caller.yaml", "flow: f\nstart: a\nnodes: {a: {type: dial@1.0, edges: {onError: b}}, b: {end: success}}\n"
    )

    found = flowengine.validate(path, flowengine.Catalogue([path.parent / "nodes"]))
    assert [one.code for one in found] == ["FE214"]


def test_ends_with_names_that_say_two_things(put: Put) -> None:
    text = caller().replace(
        "failed: {end: error}", "failed: {end: error, title: done}\n  late: {end: error, title: onerror}"
    )
    put("child.yaml", CHILD.format(flow="child"))
    found = [one for one in told(put("caller.yaml", text)) if one.startswith("FE217")]

    assert found == [
        "FE217 'done' is a success at 'done' and an error here: for a caller it is one outcome",
        "FE217 the end 'onerror' is called like an outcome of every node: a caller cannot tell them apart",
    ]


def test_events_are_for_flows_that_are_started_by_one(put: Put) -> None:
    child = CHILD.format(flow="child").replace("set: {ticket: $(ask.ticket)}", "set: {ticket: $(trigger.sms.message)}")
    put("child.yaml", child)
    text = caller().replace(
        "start: call", "trigger: {channel: sms, event: in}\ninputs: {who: {type: string}}\nstart: call"
    )
    found = told(put("caller.yaml", text))

    assert "FE316 the flow 'child' reads $(trigger.sms.message), and a flow that is called has no event" in found
    assert "FE317 the event that starts this flow gives no value to its input 'who'" in found


def test_an_input_is_a_variable_with_a_value(put: Put) -> None:
    assert told(put("child.yaml", CHILD.format(flow="child"))) == []
    read = CHILD.format(flow="child").replace("default: 1", "default: x").replace("$(question)", "$(qestion)", 1)
    found = told(put("child.yaml", read))

    assert "FE209 'count' is declared as integer; its default is string" in found
    assert "FE302 $(qestion) leads nowhere: there is no node or variable 'qestion'" in found


def test_plan_data_of_a_flow_without_calls_is_what_it_was(put: Put) -> None:
    path = put("one.yaml", "flow: one\nstart: done\nnodes: {done: {end: success}}\n")
    plan = flowengine.compile(load(path), CATALOGUE)

    assert plan.data == {
        "flow": "one",
        "start": "done",
        "variables": {},
        "when": [],
        "types": {},
        "nodes": {"done": {"end": "success"}},
    }
    assert plan.digest == "sha256:19947e635d60e0ac2fbd74f78fbef97b8514f408b8a2cedbd3854eb0e2aa2ed3"


def test_the_digest_of_a_plan_covers_what_it_calls(put: Put) -> None:
    put("child.yaml", CHILD.format(flow="child"))
    path = put("caller.yaml", caller())
    before = flowengine.compile(load(path), CATALOGUE)
    child = put("child.yaml", CHILD.format(flow="child").replace("fixed: 7", "fixed: 8"))
    os.utime(child, ns=(1, 1))
    after = flowengine.compile(load(path), CATALOGUE)

    assert before.digest != after.digest
    assert before.called("child").digest != after.called("child").digest


def test_what_a_call_does_not_take_from_defaults(put: Put) -> None:
    put("child.yaml", CHILD.format(flow="child"))
    defaults = "defaults: {timeout: 5s, retry: {attempts: 3, on: [onError]}}\nstart: call"
    (plan, own) = (
        flowengine.compile(load(put("caller.yaml", text)), CATALOGUE)
        for text in (
            caller().replace("start: call", defaults),
            caller().replace("start: call", defaults).replace("    inputs:", "    timeout: 1m\n    inputs:"),
        )
    )

    assert (plan.nodes["call"].timeout, plan.nodes["call"].retry.attempts) == (None, 1)
    assert own.nodes["call"].timeout == 60.0
    assert plan.called("child").nodes["ask"].timeout is None
