from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest

import flowengine
from flowengine.check import cycles, graph
from flowengine.check.reach import possible_edges

Validated = Callable[..., list[flowengine.Finding]]
ENDS = "  done: {end: success}\n  failed: {end: error}\n"


def flow(nodes: dict[str, str], head: str = "", start: str = "a", ends: str = ENDS) -> str:
    return f"flow: case\n{head}start: {start}\nnodes:\n" + "".join(f"  {n}: {t}\n" for n, t in nodes.items()) + ends


def ask(to: str, other: str = "failed", more: str = "") -> str:
    return f"{{type: ask@1.0, {more}edges: {{answered: {to}, onInvalidChoice: {other}}}}}"


def wait(to: str) -> str:
    return f"{{type: delay@1.0, inputs: {{duration: 1s}}, edges: {{onTimeout: {to}}}}}"


def branch(reference: str, row: str, default: str) -> str:
    rows = f"[{{name: r, when: {{value: $({reference}), equals: 1}}}}]"
    edges = f"{{r: {row}, None of the above: {default}, onInvalidData: failed}}"
    return f"{{type: branch@1.0, inputs: {{rows: {rows}}}, edges: {edges}}}"


def of(found: list[flowengine.Finding], code: str) -> list[tuple[str | None, tuple[str, ...]]]:
    return [(one.node, one.witness) for one in found if one.code == code]


def test_what_hangs_on_an_unreachable_node_is_told_with_it(validated: Validated) -> None:
    nodes = {"a": ask("done"), "c": wait("e"), "b": wait("c"), "e": wait("done"), "lone": wait("done")}
    assert of(validated(flow(nodes)), "FE811") == [("b", ("b", "c", "e")), ("lone", ("lone",))]


def test_an_unreachable_circle_is_told_at_its_first_node(validated: Validated) -> None:
    assert of(validated(flow({"a": ask("done"), "b": wait("c"), "c": wait("b")})), "FE811") == [("b", ("b", "c"))]


def test_edges_of_the_defaults_and_falling_through_are_ways(validated: Validated) -> None:
    nodes = {"a": "{type: ask@1.0, edges: {answered: done}}", "b": wait("failed"), "c": wait("failed")}
    found = validated(flow(nodes, "defaults: {edges: {onError: b, onInvalidChoice: c}}\n"))
    assert of(found, "FE811") == []


def test_an_edge_for_an_outcome_that_never_comes_is_no_way(validated: Validated) -> None:
    lost = "{type: delay@1.0, inputs: {duration: 1s}, edges: {onTimeout: done, onError: failed}}"
    assert of(validated(flow({"a": lost})), "FE811") == [("failed", ("failed",))]


def test_a_trap_is_told_with_the_way_into_it(validated: Validated) -> None:
    nodes = {"a": ask("b"), "c": wait("d"), "b": wait("c"), "d": wait("c")}
    assert of(validated(flow(nodes)), "FE812") == [("c", ("a", "b", "c"))]


def test_a_node_that_leads_to_itself_alone_is_a_trap(validated: Validated) -> None:
    found = validated(flow({"a": wait("a")}))
    assert of(found, "FE812") == [("a", ("a",))]
    assert of(found, "FE814") == []


def test_no_end_with_success(validated: Validated) -> None:
    (one,) = (one for one in validated(flow({"a": wait("b"), "b": wait("failed")})) if one.code == "FE814")
    assert (one.severity, one.span[:2] if one.span else None) == ("warning", (2, 8))
    assert one.witness == ("a", "b", "failed")
    assert one.hint
    assert "'done'" in one.hint


@pytest.mark.parametrize("nodes", [{"a": wait("nowhere")}, {"a": "{type: nothing@1.0, edges: {x: failed}}"}])
def test_nothing_is_said_about_a_graph_that_is_not_known(validated: Validated, nodes: dict[str, str]) -> None:
    assert not [one.code for one in validated(flow(nodes)) if one.code.startswith("FE81")]


def test_a_cycle_is_shown_from_the_node_that_stands_first(validated: Validated) -> None:
    nodes = {"c": ask("a", "done"), "a": ask("b"), "b": ask("c")}
    (one,) = (one for one in validated(flow(nodes)) if one.code == "FE813")
    assert (one.node, one.witness, one.severity) == ("c", ("c", "a", "b"), "warning")
    assert "c -[answered]-> a -[answered]-> b -[answered]-> c" in one.message


def test_the_shortest_of_a_component_is_shown_and_each_component_once(validated: Validated) -> None:
    nodes = {"a": ask("b", "c"), "b": ask("c"), "c": ask("a", "d"), "d": ask("d", "done")}
    assert of(validated(flow(nodes)), "FE813") == [("a", ("a", "c")), ("d", ("d",))]


def test_a_cycle_with_a_wait_is_harmless(validated: Validated) -> None:
    assert of(validated(flow({"a": ask("b", "done"), "b": wait("a")})), "FE813") == []


def test_a_wait_excuses_its_own_cycle_and_not_the_one_beside_it(validated: Validated) -> None:
    nodes = {"a": ask("b", "c"), "b": wait("a"), "c": ask("a", "done")}
    assert of(validated(flow(nodes)), "FE813") == [("a", ("a", "c"))]


SCRIPT = "{{type: evaluate@1.0, inputs: {{script: '{}', branches: {{go: true, stop: false}}}}, edges: {}}}"
EDGES = "{go: a, stop: done, onInvalidChoice: failed}"
VARIABLES = "variables: {n: 0, other: 0}\n"


@pytest.mark.parametrize(
    ("nodes", "bounded"),
    [
        ({"a": ask("b", more="set: {n: 1}, "), "b": branch("n", "done", "a")}, True),
        ({"a": ask("b", more="set: {other: 1}, "), "b": branch("n", "done", "a")}, False),
        ({"a": ask("b", more="set: {n: 1}, "), "b": branch("n", "a", "a")}, False),
        ({"a": ask("b"), "b": branch("a.answer", "done", "a")}, False),
        ({"a": ask("b"), "b": SCRIPT.format("n += 1; n < 3", EDGES)}, True),
        ({"a": ask("b"), "b": SCRIPT.format("Math.random() < 0.5", EDGES)}, False),
        (
            {
                "a": ask("b"),
                "b": SCRIPT.format("n += 1; true", "{go: c, onInvalidChoice: c}"),
                "c": branch("b.result", "done", "a"),
            },
            True,
        ),
        (
            {
                "a": ask("b"),
                "b": "{type: set-variables@1.0, inputs: {values: {n: 1}}, edges: {onSuccess: c}}",
                "c": branch("n", "done", "a"),
            },
            True,
        ),
    ],
)
def test_a_choice_by_what_changes_in_the_cycle_bounds_it(
    validated: Validated, nodes: dict[str, str], *, bounded: bool
) -> None:
    assert (of(validated(flow(nodes, VARIABLES)), "FE813") == []) is bounded


def rules_take(read: flowengine.Flow, catalogue: flowengine.Catalogue) -> float:
    """Return the seconds of computing that all rules about the graph take, the graph itself included."""
    again = replace(read)  # what is known of a flow is kept by the flow
    begin = time.process_time()
    possible_edges(again, catalogue)
    for rule in (graph.unreachable, graph.endless, graph.hopeless, cycles.cycles):
        list(rule(again, catalogue))
    return time.process_time() - begin


SIZE = 1000


def row(to: list[str]) -> str:
    rows = ", ".join(f"{{name: r{n}, when: {{value: $(trigger.x), equals: {n}}}}}" for n in range(len(to)))
    edges = ", ".join(f"r{n}: {one}" for n, one in enumerate(to))
    return f"{{type: branch@1.0, inputs: {{rows: [{rows}]}}, edges: {{{edges}, None of the above: done}}}}"


def any_way(number: int) -> str:
    del number
    return row([f"n{RANDOM.randrange(SIZE)}" for _ in range(6)])


RANDOM = Random(7)  # noqa: S311 - no secret
SHAPES: dict[str, Callable[[int], str]] = {
    "any way": any_way,
    "one long circle": lambda n: wait(f"n{(n + 1) % SIZE}"),
    "circles in circles": lambda n: row([f"n{min(n + 1, SIZE - 1)}", f"n{max(n - 1, 0)}", f"n{n}"]),
    "one circle each": lambda n: row([f"n{n}", f"n{min(n + 1, SIZE - 1)}"]),
    "all to all before": lambda n: row([f"n{(n * step) % SIZE}" for step in range(2, 8)]),
    "all unreachable": lambda n: wait(f"n{max(1, n - 1)}" if n else "done"),
    "many roots, one tail": lambda n: wait(
        "done" if n in {0, SIZE - 1} else f"n{n + 1 if n > SIZE // 2 else SIZE // 2}"
    ),
}


@pytest.mark.parametrize("shape", SHAPES)
def test_a_thousand_nodes_take_well_under_a_second(shape: str, tmp_path: Path) -> None:
    path = tmp_path / "flow.yaml"
    nodes = {f"n{number}": SHAPES[shape](number) for number in range(SIZE)}
    path.write_text(flow(nodes, start="n0"))
    read, catalogue = flowengine.load(path), flowengine.Catalogue()
    # The best of three: the first one imports networkx.
    assert min(rules_take(read, catalogue) for _ in range(3)) < 0.5
