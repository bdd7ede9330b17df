"""What a node reads is set on every way to it: by example, and, for random flows, by walking them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

import flowengine
from flowengine.check.compile import TOOLS, plan_data
from flowengine.check.dataflow import missing_values
from flowengine.check.uses import unknown_outputs, unused_variables
from flowengine.core.outcomes import ON_INVALID_DATA
from flowengine.core.plan import Plan
from flowengine.recording.format import Recording

Validate = Callable[..., list[flowengine.Finding]]

CODES = ("FE311", "FE312", "FE313", "FE314", "FE315")

LOOK = """
node: look
versions:
  "1.0":
    inputs: {type: object, additionalProperties: false, properties: {text: {type: string}, any: {}}}
    request: {method: POST, path: /look, json: {text: $(text), any: $(any)}}
    responses:
      - {when: {status: 200, body: {$.id: {exists: true}}}, outcome: found}
      - {when: {status: 200}, outcome: unsure}
      - {when: {status: 404}, outcome: gone}
      - {when: {status: 400}, outcome: onInvalidData}
    outputs: {id: {path: $.id, type: string, aliases: [ID]}, note: {path: $.note}}
    outcomes: {found: {kind: success}, unsure: {kind: success}, gone: {kind: error}, never: {kind: error}}
    example:
      inputs: {}
      responses:
        found: {status: 200, body: {id: i-1, note: n}}
        unsure: {status: 200, body: {id: null, note: n}}
        gone: {status: 404, body: {}}
        onInvalidData: {status: 400, body: {note: n}}
        onTimeout: {timeout: true}
        onError: {error: refused}
        onInvalidChoice: {status: 302, body: {note: n}}
        onAuthorizationFailure: {status: 403, body: {note: n}}
"""
END = "  done: {end: success}\n"


@pytest.fixture
def found(validated: Validate) -> Callable[[str], list[flowengine.Finding]]:
    def find(text: str) -> list[flowengine.Finding]:
        return [one for one in validated(text, look=LOOK) if one.code in CODES]

    return find


def flow(nodes: str, variables: str = "{}", start: str = "a") -> str:
    return f"flow: case\nvariables: {variables}\nstart: {start}\nnodes:\n{nodes}{END}"


A = "  a: {{type: look@1.0, {more}edges: {{{edges}}}}}\n"
READ = "  b: {{type: look@1.0, inputs: {{{inputs}}}, edges: {{found: done}}}}\n"
PICK = "  p:\n    type: branch@1.0\n    inputs: {{rows: [{rows}]}}\n    edges: {{{edges}}}\n"

CASES: list[tuple[str, str, list[tuple[str, str, tuple[str, ...]]]]] = [
    ("set on the only way", flow(A.format(more="", edges="found: b") + READ.format(inputs="text: $(a.id)")), []),
    (
        "the other spelling, after an outcome without it",
        flow(A.format(more="", edges="found: b, gone: b") + READ.format(inputs="text: $(a.ID)")),
        [("FE312", "warning", ("a", "b"))],
    ),
    (
        "null where text is taken",
        flow(A.format(more="", edges="unsure: b") + READ.format(inputs="text: $(a.id)")),
        [("FE312", "warning", ("a", "b"))],
    ),
    (
        "null where anything is taken",
        flow(A.format(more="", edges="unsure: b") + READ.format(inputs="any: $(a.id)")),
        [],
    ),
    (
        "below null",
        flow(A.format(more="", edges="unsure: b") + READ.format(inputs='any: "$(a.id.x)"')),
        [("FE312", "warning", ("a", "b"))],
    ),
    (
        "no way sets it",
        flow(A.format(more="", edges="onTimeout: b") + READ.format(inputs="text: $(a.id)")),
        [("FE312", "error", ("a", "b"))],
    ),
    (
        "an outcome without an example sets all",
        flow(A.format(more="", edges="never: b") + READ.format(inputs="text: $(a.id)")),
        [],
    ),
    (
        "a refusal may have an answer",
        flow(A.format(more="", edges="onInvalidData: b") + READ.format(inputs="any: $(a.note)")),
        [("FE312", "warning", ("a", "b"))],
    ),
    (
        "the outcome of a node that was left",
        flow(A.format(more="", edges="onError: b") + READ.format(inputs='text: $(a.outcome), any: "$(a)"')),
        [],
    ),
    (
        "its own outputs come later",
        flow(A.format(more="inputs: {text: $(a.id)}, ", edges="found: done")),
        [("FE311", "error", ("a",))],
    ),
    (
        "its own outputs of the visit before",
        flow(A.format(more="inputs: {text: $(a.id)}, ", edges="found: a, gone: done")),
        [("FE311", "warning", ("a",))],
    ),
    (
        "fall-through",
        flow(A.format(more="", edges="found: done, onInvalidChoice: b") + READ.format(inputs="text: $(a.id)")),
        [("FE312", "warning", ("a", "b"))],
    ),
    (
        "set is applied after the outputs",
        flow(
            A.format(more="set: {v: $(a.id)}, ", edges="found: b") + READ.format(inputs="text: $(v)"),
            "{v: {type: string}}",
        ),
        [],
    ),
    (
        "set of what is missing leaves the variable as it was",
        flow(
            A.format(more="set: {v: $(a.id)}, ", edges="found: b, gone: b") + READ.format(inputs="text: $(v)"),
            "{v: {type: string}}",
        ),
        [("FE311", "warning", ("a", "b"))],
    ),
    (
        "a default stays",
        flow(
            A.format(more="set: {v: $(a.id)}, ", edges="found: b, gone: b, unsure: b")
            + READ.format(inputs="text: $(v)"),
            '{v: ""}',
        ),
        [],
    ),
    (
        "a variable from another",
        flow(
            A.format(more="set: {v: $(a.id)}, ", edges="found: c, gone: c")
            + "  c: {type: set-variables@1.0, inputs: {values: {w: x}}, set: {w: $(v)}, edges: {onSuccess: b}}\n"
            + READ.format(inputs="text: $(w)"),
            "{v: {type: string}, w: {type: string}}",
        ),
        [],
    ),
    (
        "read once, known after",
        flow(
            A.format(more="", edges="found: b, gone: b")
            + "  b: {type: look@1.0, inputs: {text: $(a.id)}, edges: {found: c}}\n"
            + "  c: {type: look@1.0, inputs: {text: $(a.id)}, edges: {found: done}}\n"
        ),
        [("FE312", "warning", ("a", "b"))],
    ),
    (
        "behind exists",
        flow(
            A.format(more="", edges="found: p, gone: p, unsure: p")
            + PICK.format(rows="{name: yes, when: {value: $(a.id), exists: true}}", edges="yes: b")
            + READ.format(inputs="text: $(a.id)")
        ),
        [],
    ),
    (
        "beside exists",
        flow(
            A.format(more="", edges="found: p, gone: p")
            + PICK.format(
                rows="{name: yes, when: {value: $(a.id), exists: true}}", edges="yes: done, None of the above: b"
            )
            + READ.format(inputs="text: $(a.id)")
        ),
        [("FE312", "warning", ("a", "p", "b"))],
    ),
    (
        "rows after one that asks whether it is missing",
        flow(
            A.format(more="", edges="found: p, gone: p")
            + PICK.format(
                rows="{name: no, when: {value: $(a.id), exists: false}},"
                " {name: x, when: {value: $(a.id), contains: x}}",
                edges="no: done, x: b, None of the above: b",
            )
            + READ.format(inputs="text: $(a.id)")
        ),
        [],
    ),
    (
        "conditions after one in a row, but not one of any",
        flow(
            A.format(more="", edges="found: p, gone: p")
            + PICK.format(
                rows="{name: y, when: [{value: $(a.id), exists: true}, {value: $(a.id), contains: x}]},"
                " {name: z, when: {any: [{value: $(a.id), exists: true}, {value: $(a.id), contains: x}]}}",
                edges="y: b",
            )
            + READ.format(inputs="text: $(a.id)")
        ),
        [("FE312", "warning", ("a", "p"))],
    ),
    (
        "what a script assigns",
        flow(
            '  a: {type: evaluate@1.0, inputs: {script: "[v, w] = [1, 2]; u += 1; 1"}, edges: {"1": b, onError: c}}\n'
            "  b: {type: look@1.0, inputs: {any: [$(v), $(w), $(a.result)]}, edges: {found: done}}\n"
            "  c: {type: look@1.0, inputs: {any: $(v)}, edges: {found: done}}\n",
            "{v: {type: integer}, w: {type: integer}, u: 1}",
        ),
        [("FE311", "warning", ("a", "c"))],
    ),
    (
        "a parser",
        flow(
            "  a: {type: data-parser@1.0, inputs: {source: '{}', extract: {x: $.x}},"
            " edges: {onSuccess: b, onParseFailure: b}}\n" + READ.format(inputs="any: $(a.x)")
        ),
        [("FE312", "warning", ("a", "b"))],
    ),
    ("not used", flow(A.format(more="", edges="found: done"), "{v: 1}"), [("FE313", "hint", ())]),
    ("perhaps a misspelt one", flow(A.format(more="set: {attemps: 1}, ", edges="found: done"), "{attempts: 1}"), []),
    (
        "read and never written",
        flow(A.format(more="inputs: {text: $(v)}, ", edges="found: done"), "{v: {type: string}}"),
        [("FE314", "warning", ())],
    ),
    (
        "outputs that are none, also in set",
        flow(
            A.format(more='inputs: {any: "$(run.end)"}, set: {v: $(a.key), w: "$(a[0])"}, ', edges="found: done"),
            "{v: 1, w: 1}",
        ),
        [("FE315", "error", ())] * 3,
    ),
]


@pytest.mark.parametrize(("text", "expected"), [one[1:] for one in CASES], ids=[one[0] for one in CASES])
def test_what_is_missing_is_found_with_its_way(
    text: str, expected: list[Any], found: Callable[[str], list[flowengine.Finding]]
) -> None:
    assert [(one.code, one.severity, one.witness) for one in found(text)] == expected


def test_the_reference_itself_is_pointed_at_in_quotes_too(found: Callable[[str], list[flowengine.Finding]]) -> None:
    (one,) = found(flow(A.format(more='inputs: {text: "say $(a.id)!"}, ', edges="found: done")))
    assert one.span == (5, 43, 5, 50)
    assert one.node == "a"


def test_the_way_is_told_in_words_and_a_long_one_in_part(found: Callable[[str], list[flowengine.Finding]]) -> None:
    steps = "".join(f"  n{one}: {{type: look@1.0, edges: {{gone: n{one + 1}}}}}\n" for one in range(20))
    (one,) = found(
        flow(f"{steps}  n20: {{type: look@1.0, inputs: {{text: $(n3.id)}}, edges: {{found: done}}}}\n", start="n0")
    )
    assert len(one.witness) == 21
    assert "$(n3.id) is not set after 'gone' of 'n3': n0 (gone) -> n1 (gone) -> 16 more -> " in one.message
    assert one.message.endswith("-> n19 (gone) -> n20")
    assert one.hint is not None
    assert one.hint.startswith("read it only after found, ")


OUTCOMES = ["found", "unsure", "gone", "onTimeout", "onError", "onInvalidData", "onInvalidChoice"]
ANSWERS: list[dict[str, Any]] = [
    {"status": 200, "body": {"id": "i-1", "note": "n"}},
    {"status": 200, "body": {"id": None, "note": "n"}},
    {"status": 404, "body": {}},
    {"status": 400, "body": {"note": "n"}},
    {"status": 302, "body": {"note": "n"}},
    {"timeout": True},
    {"error": "refused"},
]
NODES = ["n0", "n1", "n2", "n3"]
SOURCES = ["$(v)", "$(w)", "$(n0.id)", "$(n1.id)", "$(n2.note)", "$(n3.outcome)", "$(n0.note)", "text $(n1.note) $(v)"]
targets = st.sampled_from([*NODES, *NODES, "done"])
sets = st.dictionaries(st.sampled_from(["v", "w"]), st.sampled_from([*SOURCES, "literal"]), max_size=2)
inputs = st.dictionaries(st.just("any"), st.sampled_from(SOURCES), max_size=1)
looks = st.builds(
    lambda given, then, edges: {"type": "look@1.0", "inputs": given, "set": then, "edges": edges},
    inputs,
    sets,
    st.dictionaries(st.sampled_from(OUTCOMES), targets, min_size=2),
)
writers = st.builds(
    lambda values, then, to: {"type": "set-variables@1.0", "inputs": {"values": values}, "set": then, "edges": to},
    st.dictionaries(st.sampled_from(["v", "w"]), st.sampled_from([*SOURCES, "literal"]), min_size=1, max_size=2),
    sets,
    st.dictionaries(st.sampled_from(["onSuccess", "onInvalidData"]), targets, min_size=1),
)
conditions = st.one_of(
    st.builds(lambda value, there: {"value": value, "exists": there}, st.sampled_from(SOURCES), st.booleans()),
    st.builds(lambda value: {"value": value, "notEquals": "x"}, st.sampled_from(SOURCES)),
)
whens = st.one_of(
    conditions,
    st.lists(conditions, min_size=1, max_size=3),
    st.builds(lambda any_of: {"any": any_of}, st.lists(conditions, min_size=1, max_size=3)),
)
branches = st.builds(
    lambda whens, edges: {
        "type": "branch@1.0",
        "inputs": {"rows": [{"name": f"r{number}", "when": when} for number, when in enumerate(whens)]},
        "edges": edges,
    },
    st.lists(whens, min_size=1, max_size=2),
    st.dictionaries(st.sampled_from(["r0", "r1", "None of the above", ON_INVALID_DATA]), targets, min_size=2),
)
flows = st.builds(
    lambda nodes, default: {
        "flow": "case",
        "variables": {
            "v": {"type": "string"},
            "w": {"default": "x", "type": "string"} if default else {"type": "string"},
        },
        "start": "n0",
        "nodes": {**dict(zip(NODES, nodes, strict=True)), "done": {"end": "success"}},
    },
    st.lists(st.one_of(looks, looks, writers, branches), min_size=4, max_size=4),
    st.booleans(),
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("look")
    (folder / "look.yaml").write_text(LOOK, "utf-8")
    (folder / "flow").mkdir()
    return folder


# Without shrinking: what fails is small, and shrinking random graphs takes minutes.
@settings(max_examples=200, deadline=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
@given(data=flows, answers=st.lists(st.sampled_from(ANSWERS), min_size=25, max_size=25))
def test_a_flow_without_findings_never_misses_a_reference(
    folder: Path, data: dict[str, Any], answers: list[dict[str, Any]]
) -> None:
    path = folder / "flow" / "flow.yaml"
    path.write_text(json.dumps(data), "utf-8")
    catalogue, loaded = flowengine.Catalogue([folder]), flowengine.load(path)
    findings = [one for rule in (missing_values, unused_variables, unknown_outputs) for one in rule(loaded, catalogue)]
    for one in findings:
        assert list(one.witness) == [] or (one.witness[0], one.witness[-1]) == ("n0", one.node)
    plan = Plan.from_data(plan_data(loaded, catalogue), TOOLS)
    recording = Recording("case", "case", {}, {}, {node: answers[number:] for number, node in enumerate(NODES)}, {})
    run = flowengine.dry_run(plan, recording, limits=flowengine.Limits(steps=40)).run
    missed = {step.node for step in run.steps if step.outcome == ON_INVALID_DATA and "not there" in (step.reason or "")}
    if not any(one.code in ("FE311", "FE312", "FE314", "FE315") for one in findings):
        assert missed == set()
    wrong = {one.node for one in findings if one.severity == "error" and one.code != "FE315"}
    assert missed >= wrong & {step.node for step in run.steps if step.type != "branch@1.0"}
