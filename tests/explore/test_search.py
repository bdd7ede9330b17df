from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import flowengine
from flowengine.check.validate import load
from flowengine.explore.exploration import Exploration, Stand
from flowengine.explore.search import explore
from flowengine.project import catalogue_near

NODES = Path(__file__).parents[1] / "conformance" / "nodes"
FLOWS = sorted((Path(__file__).parents[2] / "flows").glob("*.yaml"))

Explored = Callable[..., Exploration]


@pytest.fixture
def explored(tmp_path: Path) -> Explored:
    """Explore a flow: ``nodes`` is the text of its nodes but for the ends, ``head`` of what stands before them."""

    def explored(nodes: str, head: str = "", **options: Any) -> Exploration:
        path = tmp_path / "flow.yaml"
        text = f"flow: f\n{head}\nstart: a\nnodes:\n{nodes}\n  done: {{end: success}}\n  failed: {{end: error}}\n"
        path.write_text(text, "utf-8")
        return explore(load(path), flowengine.Catalogue([NODES]), **options)

    return explored


def way(stand: Stand) -> str:
    return " ".join(f"{taken.node} {taken.outcome}" for taken in stand.way())


ALL = "onInvalidChoice: failed"
SET_ON_ONE_WAY = f"""
  a: {{type: ask@1.0, edges: {{answered: b, undecided: c, {ALL}}}}}
  b: {{type: set-variables@1.0, inputs: {{values: {{v: x}}}}, edges: {{onSuccess: c}}}}
  c: {{type: ask@1.0, inputs: {{question: $(v)}}, edges: {{answered: done, {ALL}}}}}
"""


def test_the_shortest_way_to_each_end_is_found(explored: Explored) -> None:
    found = explored(f"""
  a: {{type: ask@1.0, edges: {{answered: b, undecided: c, {ALL}}}}}
  b: {{type: ask@1.0, edges: {{answered: c, {ALL}}}}}
  c: {{type: ask@1.0, edges: {{answered: done, {ALL}}}}}
""")
    assert {name: way(stand) for name, stand in found.ends.items()} == {
        "done": "a undecided c answered",
        "failed": "a unknown",
    }
    assert (found.unhandled, found.wrong, found.broken, found.never, found.is_whole) == ({}, {}, {}, [], True)


def test_an_outcome_that_nobody_handles_has_a_way_to_it(explored: Explored) -> None:
    found = explored(f"""
  a: {{type: ask@1.0, edges: {{answered: b, {ALL}}}}}
  b: {{type: ask@1.0, edges: {{answered: done, undecided: failed, unknown: failed, onTimeout: failed, onError: a,
       onAuthorizationFailure: failed}}}}
""")
    assert {key: way(stand) for key, stand in found.unhandled.items()} == {
        ("b", "onInvalidData"): "a answered b onInvalidData",
        ("b", "onInvalidChoice"): "a answered b onInvalidChoice",
    }


def test_a_node_is_walked_with_and_without_a_value_that_it_reads(explored: Explored) -> None:
    found = explored(SET_ON_ONE_WAY, "variables: {v: {type: string}}")
    assert {key: way(stand) for key, stand in found.wrong.items()} == {("c", "$(v) is not there"): "a undecided"}
    assert way(found.ends["done"]) == "a answered b onSuccess c answered"
    assert found.states == 4


def test_what_nobody_reads_makes_no_difference(explored: Explored) -> None:
    found = explored(SET_ON_ONE_WAY.replace("question: $(v)", "question: why"), "variables: {v: {type: string}}")
    assert found.states == 3


def test_an_output_is_there_after_the_outcomes_that_set_it(explored: Explored) -> None:
    found = explored(f"""
  a: {{type: ask@1.0, edges: {{answered: b, onTimeout: b, {ALL}}}}}
  b: {{type: ask@1.0, inputs: {{question: $(a.answer)}}, edges: {{answered: done, {ALL}}}}}
""")
    assert {key: way(stand) for key, stand in found.wrong.items()} == {("b", "$(a.answer) is not there"): "a onTimeout"}


def test_null_of_an_example_is_no_text(tmp_path: Path) -> None:
    path = tmp_path / "flow.yaml"
    path.write_text("""
flow: f
start: a
defaults: {authorization: engage, edges: {onInvalidChoice: failed}}
nodes:
  a:
    type: search-conversation@1.3
    inputs: {channel: sms, businessNumber: "+447700900001", customerNumber: $(trigger.number)}
    edges: {conversationActive: b, noConversationFound: b}
  b:
    type: append-message@1.4
    inputs: {channel: sms, conversationId: $(a.conversationId), direction: inbound, messageType: text,
             text: $(trigger.text), timestamp: $(trigger.timestamp)}
    edges: {onAppendMessageSuccess: done}
  done: {end: success}
  failed: {end: error}
""")
    found = explore(load(path), catalogue_near(path))
    ((node, reason),) = found.wrong
    assert (node, way(found.wrong[node, reason])) == ("b", "a noConversationFound")
    assert "input 'conversationId'" in reason
    assert way(found.ends["done"]) == "a conversationActive b onAppendMessageSuccess"


def test_a_value_that_does_not_fit_its_variable_ends_the_run(explored: Explored) -> None:
    found = explored(
        f"  a: {{type: ask@1.0, set: {{n: $(word)}}, edges: {{answered: done, {ALL}}}}}",
        "variables: {n: {type: integer}, word: {type: [string]}}".replace("[string]", "string, default: x"),
    )
    ((node, reason),) = found.broken
    assert (node, reason) == ("a", "node 'a' sets the variable 'n' to string; it is declared as integer")
    assert set(found.never) == {"done", "failed"}
    assert found.numbers["edgesReached"] == 0


def test_rows_behind_one_that_cannot_be_judged_are_closed(explored: Explored) -> None:
    found = explored(
        """
  a: {type: ask@1.0, edges: {answered: set, undecided: b, onInvalidChoice: failed}}
  set: {type: set-variables@1.0, inputs: {values: {v: 1}}, edges: {onSuccess: done}}
  b:
    type: branch@1.0
    inputs:
      rows:
        - {name: One, when: {value: $(w), equals: 1}}
        - {name: Two, when: {value: $(v), equals: 1}}
    edges: {One: done, Two: two, None of the above: rest, onInvalidData: failed}
  two: {type: delay@1.0, inputs: {duration: 1s}, edges: {onTimeout: done}}
  rest: {type: delay@1.0, inputs: {duration: 1s}, edges: {onTimeout: done}}
""",
        "variables: {v: {type: integer}, w: 1}",
    )
    assert {key: way(stand) for key, stand in found.wrong.items()} == {
        ("b", "row 'Two': $(v) is not there"): "a undecided"
    }
    assert found.never == ["two", "rest"]


def test_a_branch_may_take_any_row_and_a_script_any_label(explored: Explored) -> None:
    found = explored("""
  a:
    type: branch@1.0
    inputs: {rows: [{name: Never, when: {value: 1, equals: 2}}]}
    edges: {Never: b, None of the above: failed, onInvalidData: failed}
  b:
    type: evaluate@1.0
    inputs: {script: "'x'"}
    edges: {x: done, onError: failed, onTimeout: failed}
""")
    assert way(found.ends["done"]) == "a Never b x"
    assert ("b", "") in found.unhandled


def test_a_delay_goes_on_and_its_duration_may_be_wrong(explored: Explored) -> None:
    found = explored("  a: {type: delay@1.0, inputs: {duration: $(trigger.pause)}, edges: {onTimeout: done}}")
    assert way(found.ends["done"]) == "a onTimeout"
    assert [way(stand) for stand in found.unhandled.values()] == ["a onInvalidData"]


def test_what_is_read_inside_of_an_event_an_output_or_a_script_is_there(explored: Explored) -> None:
    found = explored(
        """
  a:
    type: http-request@1.0
    inputs: {method: GET, url: "https://crm.example.com/", query: {id: "$(trigger.sms.ids[2].id)", all: $(trigger.sms)}}
    edges: {onSuccess: b, onInvalidChoice: failed}
  b:
    type: evaluate@1.0
    inputs: {script: "v = 'x'", values: {raw: $(a.responseBody.customers[0].name), tag: $(a.responseHeaders.etag)}}
    edges: {x: c, onInvalidChoice: failed}
  c:
    type: ask@1.0
    inputs: {question: "$(v): $(b.result)", count: $(n)}
    set: {n: $(trigger.count)}
    edges: {answered: c, onInvalidChoice: done}
""".replace("$(a.responseBody.customers[0].name)", '"$(a.responseBody.customers[0].name)"'),
        "variables: {v: {type: string}, n: {type: integer, default: 1}}",
    )
    assert (found.wrong, found.broken, found.never) == ({}, {}, [])


def test_an_event_that_is_given_is_all_there_is(explored: Explored) -> None:
    flow = f"  a: {{type: ask@1.0, inputs: {{question: $(trigger.text)}}, edges: {{answered: done, {ALL}}}}}"
    assert explored(flow, trigger={"text": "why"}).never == []
    assert set(explored(flow, trigger={}).wrong) == {("a", "$(trigger.text) is not there")}
    assert set(explored(flow, trigger={"text": 7}).wrong) == {("a", "input 'question': expected text, found 7")}


def test_an_event_that_does_not_start_the_flow_is_refused(explored: Explored) -> None:
    head = "trigger: {channel: sms, event: incoming-message, when: [{value: $(trigger.sms.keyword), equals: GO}]}"
    with pytest.raises(flowengine.UsageError, match="does not start the flow"):
        explored(f"  a: {{type: ask@1.0, edges: {{{ALL}}}}}", head, trigger={"sms": {"keyword": "STOP"}})


ROUNDS = f"""
  a: {{type: ask@1.0, inputs: {{question: "$(v)$(w)"}}, edges: {{answered: b, undecided: c, {ALL}}}}}
  b: {{type: set-variables@1.0, inputs: {{values: {{v: x}}}}, edges: {{onSuccess: a}}}}
  c: {{type: set-variables@1.0, inputs: {{values: {{w: x}}}}, edges: {{onSuccess: a}}}}
"""
FLAGS = "variables: {v: 1, w: 1}"


def test_a_loop_is_gone_round_until_nothing_changes(explored: Explored) -> None:
    found = explored(ROUNDS, FLAGS)
    assert (found.is_whole, found.states) == (True, 12)
    assert explored(ROUNDS, FLAGS, visits=3).is_whole
    assert explored(ROUNDS.replace("$(v)$(w)", "why"), FLAGS, visits=1).states == 3


def test_the_bound_on_visits_cuts_walks_and_says_so(explored: Explored) -> None:
    found = explored(ROUNDS, FLAGS, visits=1)
    assert [(node, way(stand)) for (node, _), stand in found.cut.items()] == [
        ("a", "a answered b onSuccess"),
        ("a", "a undecided c onSuccess"),
    ]
    assert not found.is_whole
    assert found.states == 3


def test_the_bound_on_states_says_how_many_were_left_over(explored: Explored) -> None:
    found = explored(SET_ON_ONE_WAY, "variables: {v: {type: string}}", states=1)
    assert (found.states, found.waiting, found.is_whole) == (1, 2, False)
    assert found.never == ["done"]


@pytest.mark.parametrize("path", FLOWS, ids=lambda path: path.stem)
def test_the_examples_are_handled_in_all_their_outcomes(path: Path) -> None:
    found = explore(load(path), catalogue_near(path))
    assert (found.unhandled, found.wrong, found.broken, found.never) == ({}, {}, {}, [])
    assert found.is_whole
    numbers = found.numbers
    assert numbers["outcomesReached"] == numbers["outcomes"] > 0
    assert numbers["edgesReached"] == numbers["edges"]


def test_each_end_of_a_wait_is_a_way(explored: Explored) -> None:
    found = explored(
        """
  a:
    type: receive@1.0
    inputs: {timeout: 5m, events: {x: {channel: sms, business: "1", customer: $(trigger.n)}, y: {event: e, key: k}}}
    edges: {x: b, y: b, onTimeout: failed, onInvalidData: failed}
  b: {type: set-variables@1.0, inputs: {values: {v: $(a.sms.message)}}, edges: {onSuccess: done, onInvalidData: failed}}
""",
        head="variables: {v: {type: string}}",
    )

    assert {(node, outcome) for node, outcome in found.walked} == {
        *(("a", one) for one in ("x", "y", "onTimeout", "onInvalidData")),
        ("b", "onSuccess"),
        ("b", "onInvalidData"),
    }
    assert [(node, way(stand)) for (node, _), stand in found.wrong.items()] == [("b", "a y")]
