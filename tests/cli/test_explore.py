from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

Cli = Callable[..., Result]
Write = Callable[[str, str], Path]

HOLES = """
flow: holes
variables: {id: {type: string}, n: {type: integer}}
defaults: {authorization: engage, edges: {onInvalidChoice: failed}}
start: search
nodes:
  search:
    type: search-conversation@1.3
    inputs: {channel: sms, businessNumber: "+447700900001", customerNumber: $(trigger.number)}
    edges: {noConversationFound: close, conversationActive: known, onTimeout: odd}
  known:
    type: set-variables@1.0
    inputs: {values: {id: $(search.conversationId)}}
    edges: {onSuccess: close}
  close:
    type: close-conversation@1.0
    inputs: {conversationId: $(id)}
    edges: {onConversationClosed: done}
  odd:
    type: evaluate@1.0
    inputs: {script: "'x'"}
    set: {n: $(odd.outcome)}
    edges: {x: done}
  island: {type: delay@1.0, inputs: {duration: 1s}, edges: {onTimeout: done}}
  done: {end: success}
  failed: {end: error}
"""

UNHANDLED = """
flow: unhandled
start: a
nodes:
  a: {type: evaluate@1.0, inputs: {script: "1"}, edges: {yes: b}}
  b: {type: delay@1.0, inputs: {duration: $(trigger.pause)}, edges: {onTimeout: done}}
  done: {end: success}
"""

LOOP = """
flow: loop
variables: {v: 1, w: 1}
start: a
nodes:
  a: {type: set-variables@1.0, inputs: {values: {w: $(v)}}, edges: {onSuccess: b, onInvalidData: done}}
  b: {type: set-variables@1.0, inputs: {values: {v: x}}, edges: {onSuccess: a}}
  done: {end: success}
"""

GREETED = """\
ends, each by a shortest way
  done  success
      greet -onSuccess-> often -Again-> done
  failed  error
      greet -onInvalidData-> failed

reached 4 of 4 nodes, 5 of 5 edges, 5 of 5 outcomes; 2 states, 0 walks cut by a bound, TIME
"""

HOLEY = """\
ends, each by a shortest way
  done  success
      search -conversationActive-> known -onSuccess-> close -onConversationClosed-> done
  failed  error
      search -conversationInQueue, by onInvalidChoice-> failed
values that do not fit their variable: the run would end there, as an error
  odd  node 'odd' sets the variable 'n' to string; it is declared as integer
      search -onTimeout-> odd -onInvalidChoice-> (the run ends)
inputs that are found wrong on this way
  close  $(id) is not there
      search -noConversationFound-> close
never reached
  island

"""


def untimed(text: str) -> str:
    return re.sub(r"[\d.]+ m?s$", "TIME", text, flags=re.MULTILINE)


def test_it_shows_the_shortest_ways_and_the_numbers(cli: Cli, greet: Path) -> None:
    result = cli("explore", greet)
    assert (result.exit_code, untimed(result.stdout), result.stderr) == (0, GREETED, "")


def test_it_shows_what_is_wrong_each_with_its_way(cli: Cli, write: Write) -> None:
    result = cli("explore", write("holes.yaml", HOLES))
    assert result.exit_code == 1
    assert result.stdout.startswith(HOLEY)


def test_outcomes_that_nobody_handles_are_told_by_node(cli: Cli, write: Write) -> None:
    result = cli("explore", write("unhandled.yaml", UNHANDLED))
    assert result.exit_code == 1
    assert result.stdout.split("as an error\n")[1].split("\n\n")[0].splitlines() == [
        "  a  onInvalidChoice, onError, onTimeout, anything else",
        "      a",
        "  b  onInvalidData",
        "      a -yes-> b",
    ]


def test_json_has_the_whole_of_it(cli: Cli, write: Write) -> None:
    result = cli("explore", write("holes.yaml", HOLES), "--format", "json")
    found = json.loads(result.stdout)["exploration"]

    assert result.exit_code == 1
    assert list(found) == [
        *("flow", "whole", "ends", "unhandled", "broken", "wrongInputs", "neverReached", "cut", "waiting", "numbers")
    ]
    assert found["flow"] == "holes"
    assert found["whole"] is True
    failed = {"label": "onInvalidChoice", "to": "failed", "fallThrough": True}
    assert found["ends"][1] == {
        "node": "failed",
        "result": "error",
        "way": [{"node": "search", "outcome": "conversationInQueue", "edge": failed}],
    }
    assert found["broken"][0]["way"][-1] == {"node": "odd", "outcome": "onInvalidChoice", "edge": None}
    assert [(one["node"], one["reason"]) for one in found["wrongInputs"]] == [("close", "$(id) is not there")]
    assert (found["neverReached"], found["cut"], found["waiting"], found["unhandled"]) == (["island"], [], 0, [])
    assert list(found["numbers"]) == [
        *("nodes", "nodesReached", "edges", "edgesReached", "outcomes", "outcomesReached", "states", "durationMs")
    ]


def test_bounds_that_were_hit_are_told_and_prove_nothing(cli: Cli, greet: Path) -> None:
    result = cli("explore", greet, "--limit", "1")
    assert result.exit_code == 0
    assert "not reached within the bounds\n  done\nbounds that were hit: there may be more" in result.stdout
    assert "  --limit: it ended after 1 state, and 1 more was waiting\n" in result.stdout
    assert cli("explore", greet, "--limit", "1", "--strict").exit_code == 1
    assert cli("explore", greet, "--strict").exit_code == 0


def test_walks_that_are_cut_are_told(cli: Cli, write: Write) -> None:
    flow = write("loop.yaml", LOOP)
    result = cli("explore", flow, "--visits", "1")
    assert result.exit_code == 0
    assert "  --visits: 1 walk was cut that came to a node more than once: a\n" in result.stdout
    assert result.stdout.splitlines()[-1].split("; ")[1].startswith("2 states, 1 walk cut by a bound, ")
    assert "bound" not in cli("explore", flow, "--visits", "2").stdout.replace("0 walks cut by a bound", "")


def test_of_long_ways_the_middle_is_left_out(cli: Cli, write: Write) -> None:
    nodes = "".join(
        f"  n{one}: {{type: delay@1.0, inputs: {{duration: 1s}}, edges: {{onTimeout: n{one + 1}}}}}\n"
        for one in range(30)
    )
    result = cli("explore", write("long.yaml", f"flow: long\nstart: n0\nnodes:\n{nodes}  n30: {{end: success}}\n"))
    assert "n3 -onTimeout-> ... 22 more steps ... n26 -onTimeout->" in result.stdout
    assert result.exit_code == 0


def test_an_event_that_is_given_holds_for_all_walks(cli: Cli, write: Write) -> None:
    flow = write("holes.yaml", HOLES)
    result = cli("explore", flow, "--trigger", '{"number": 7}')
    assert "  search  input 'customerNumber': expected text, found 7\n      search\n" in result.stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["none.yaml"], "none.yaml: error[FE001]"),
        (["broken.yaml"], "broken.yaml:13:24: error[FE206]"),
        (["greet.yaml", "--visits", "0"], "0 is not in the range"),
        (["greet.yaml", "--limit", "many"], "'many' is not a valid integer"),
        (["greet.yaml", "--trigger", "{"], "the event is not JSON"),
        (["greet.yaml", "greet.yaml"], "unexpected extra argument"),
    ],
)
def test_what_cannot_be_used_is_said(cli: Cli, write: Any, greet: Path, arguments: list[str], said: str) -> None:
    write("broken.yaml", greet.read_text().replace("onSuccess: often", "onSuccess: oftn"))
    result = cli("explore", *arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    assert said in result.stderr


def test_labels_cannot_reach_into_a_terminal(cli: Cli, write: Write) -> None:
    flow = UNHANDLED.replace("yes: b", '"y\\e[31ms": b')
    result = cli("explore", write("odd.yaml", flow))
    assert "\x1b" not in result.stdout
    assert "a -y\\u001b[31ms-> b" in result.stdout


def test_the_example_of_its_page_comes_out_as_it_is_printed(cli: Cli, write: Write) -> None:
    page = (Path(__file__).parents[2] / "docs" / "explore.md").read_text("utf-8")
    (flow,), (text,) = (re.findall(rf"```{language}\n(.*?)```", page, re.DOTALL) for language in ("yaml", "text"))
    result = cli("explore", write("close.yaml", flow))
    assert (result.exit_code, untimed(result.stdout)) == (1, untimed(text))
