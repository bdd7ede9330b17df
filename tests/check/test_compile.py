from __future__ import annotations

import json
from pathlib import Path

import pytest

import flowengine
from flowengine.check.compile import TOOLS, plan_data
from flowengine.core.plan import Edge, Plan, Retry

NODES = Path(__file__).parents[1] / "conformance" / "nodes"
FLOW = """
flow: case
trigger: {channel: sms, event: in, when: [{value: $(trigger.a), exists: true}]}
variables: {a: 1, b: {type: string}, c: {type: number, default: 2, description: x}}
defaults:
  authorization: crm
  timeout: 2s
  retry: {attempts: 3, delay: 1s, backoff: 1.5, on: [onTimeout, later]}
  edges: {onerror: failed, later: failed}
start: first
nodes:
  first: {type: ask@1.0, title: The first, edges: {answered: second, later: done}}
  second:
    type: ask@1.0
    authorization: other
    timeout: 1m
    retry: {attempts: 2, on: [onError]}
    inputs: {question: $(first.ticketId) $$(first.ticketId)}
    set: {b: $(first.ticketId)}
    edges: {answered: third}
  third: {type: delay, inputs: {duration: 1s}, edges: {onSuccess: done}}
  done: {end: success, title: Done}
  failed: {end: error}
"""


def compiled(folder: Path) -> Plan:
    path = folder / "flow.yaml"
    path.write_text(FLOW, "utf-8")
    return flowengine.compile(flowengine.load(path), flowengine.Catalogue([NODES]))


def test_defaults_are_filled_in(tmp_path: Path) -> None:
    plan = compiled(tmp_path)
    first, second, third = (plan.nodes[name] for name in ("first", "second", "third"))
    assert (first.authorization, first.timeout) == ("crm", 2.0)
    assert first.retry == Retry(3, 1.0, 1.5, frozenset({"onTimeout", "undecided"}))
    assert (second.authorization, second.timeout) == ("other", 60.0)
    assert second.retry == Retry(2, 0.5, 2, frozenset({"onError"}))
    assert (third.authorization, third.integration, third.type) == (None, None, "delay@1.0")


NODE = "node: {}\nversions: {{'1.0': {{request: {{method: GET, url: $(url)}}, outcomes: {{}}}}}}\n{}"
TYPES = {
    # what the manifest says of it: whether it is needed, the kinds, what holds under defaults, and with its own
    "": (False, (), None, "own"),
    "authorization: {required: true}": (True, (), "crm", "own"),
    "authorization: {kinds: [basic, header]}": (False, ("basic", "header"), None, "own"),
    "integration: crm": (True, (), "crm", "own"),
    "integration: crm\nauthorization: {kinds: [bearer], required: false}": (False, ("bearer",), None, "own"),
}


@pytest.mark.parametrize("said", TYPES)
def test_what_a_node_works_under(said: str, tmp_path: Path) -> None:
    (tmp_path / "call.yaml").write_text(NODE.format("call", said))
    (tmp_path / "flow.yaml").write_text(
        "flow: f\ndefaults: {authorization: crm}\nstart: a\nnodes:\n  a: {type: call@1.0, edges: {onError: b}}\n"
        "  b: {type: call@1.0, authorization: own, edges: {onError: c}}\n"
        "  c: {type: delay@1.0, authorization: own, inputs: {duration: 1s}, edges: {onSuccess: d}}\n"
        "  d: {end: success}\n"
    )
    plan = flowengine.compile(flowengine.load(tmp_path / "flow.yaml"), flowengine.Catalogue([tmp_path]))
    a, b, c = (plan.nodes[name] for name in ("a", "b", "c"))
    assert (a.needs_authorization, a.authorization_kinds, a.authorization, b.authorization) == TYPES[said]
    assert c.authorization is None
    again = Plan.from_data(json.loads(json.dumps(plan.data)), TOOLS).nodes["a"]
    assert (again.needs_authorization, again.authorization_kinds) == TYPES[said][:2]


def test_labels_are_canonical_and_remember_how_they_are_written(tmp_path: Path) -> None:
    plan = compiled(tmp_path)
    assert plan.nodes["first"].edges == {"answered": Edge("answered", "second"), "undecided": Edge("later", "done")}
    assert plan.nodes["first"].default_edges == {
        "onError": Edge("onerror", "failed"),
        "undecided": Edge("later", "failed"),
    }
    assert plan.nodes["third"].edges == {"onTimeout": Edge("onSuccess", "done")}
    assert plan.nodes["third"].default_edges == {"onError": Edge("onerror", "failed"), "later": Edge("later", "failed")}


def test_references_are_canonical(tmp_path: Path) -> None:
    plan = compiled(tmp_path)
    assert plan.data["nodes"]["second"]["inputs"] == {"question": "$(first.ticket) $$(first.ticketId)"}
    assert plan.data["nodes"]["second"]["set"] == {"b": "$(first.ticket)"}


def test_ends_and_variables(tmp_path: Path) -> None:
    plan = compiled(tmp_path)
    assert (plan.nodes["done"].end, plan.nodes["done"].title, plan.nodes["failed"].end) == ("success", "Done", "error")
    assert {name: tuple(one) for name, one in plan.variables.items()} == {
        "a": (None, True, 1),
        "b": ("string", False, None),
        "c": ("number", True, 2),
    }
    assert len(plan.when) == 1


def test_a_plan_is_plain_data_that_can_be_stored(tmp_path: Path) -> None:
    plan = compiled(tmp_path)
    again = Plan.from_data(json.loads(json.dumps(plan.data)), TOOLS)
    assert again.digest == plan.digest
    assert again.nodes.keys() == plan.nodes.keys()
    flow = flowengine.load(tmp_path / "flow.yaml")
    assert plan_data(flow, flowengine.Catalogue([NODES])) == plan.data


def test_compiling_twice_gives_the_same_digest(tmp_path: Path) -> None:
    assert compiled(tmp_path).digest == compiled(tmp_path).digest
