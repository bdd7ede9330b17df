"""The flows that people copy: recordings exercise all that can be reached, and are as few as there can be."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

import flowengine
from flowengine.core.plan import Plan
from flowengine.flowfile.yaml_tree import read_yaml, to_value
from flowengine.generate.generate import Generated, generate
from flowengine.recording.answer_check import check_answers
from flowengine.recording.format import load_recording
from flowengine.recording.writing import recording_text

FLOWS = Path(__file__).parents[2] / "flows"
CATALOGUE = flowengine.Catalogue()
NO_TIME = 3600.0
"""Seconds: a machine that is busy must not change what is found."""

SCRIPT = ["onInvalidChoice", "onTimeout"]
IMPOSSIBLE = {
    "email-inbound": {"clean": SCRIPT, "changed": ["onInvalidData"], "complete": ["onInvalidData"]},
    "find-or-open-conversation": {},
    "livechat-close": {},
    "livechat-inbound": {"read": SCRIPT, "kind": ["onInvalidData"], "changed": ["onInvalidData"]},
    "messenger-inbound": {"read": SCRIPT, "changed": ["onInvalidData"]},
    "sms-inbound": {"read": [*SCRIPT, "onInvalidData"], "changed": ["onInvalidData"]},
    "sms-gather": {"first": ["onInvalidData"], "count": ["onInvalidChoice", "onError", "onTimeout"]},
    "task-modified": {"read": [*SCRIPT, "onInvalidData"]},
    "task-routed": {"parse": ["onError"], "known": ["onInvalidData"], "early": ["onInvalidData"]},
    "update-conversation": {"parse": ["onError"], "known": ["onInvalidData"]},
    "web-form": {},
    "whatsapp-inbound": {
        "kind": ["onInvalidData"],
        "files": [*SCRIPT, "onInvalidData"],
        **{node: ["onInvalidData"] for node in ("gaps", "button", "row", "changed")},
    },
}
"""What no event and no answer leads to: conditions on what has a default, scripts that always come to a branch."""

each_flow = pytest.mark.parametrize("name", IMPOSSIBLE)
MADE_UP = ["livechat-close", "messenger-inbound", "sms-inbound", "task-routed", "update-conversation"]
"""Some of them are walked with an event that is made up, too."""


def generated(name: str, *, sample: bool = True) -> Generated:
    return once(name, sample)


@cache
def once(name: str, sample: bool) -> Generated:  # noqa: FBT001 - the key of the cache
    trigger = FLOWS / "triggers" / f"{name}.yaml"
    event = to_value(read_yaml(trigger)) if sample and trigger.exists() else None
    return generate(flowengine.load(FLOWS / f"{name}.yaml"), CATALOGUE, event=event, seconds=NO_TIME)


def impossible(made: Generated) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for one in made.unreached:
        found.setdefault(one.node, []).append(one.outcome)
    return found


def test_every_flow_is_here() -> None:
    assert {path.stem for path in FLOWS.glob("*.yaml")} == set(IMPOSSIBLE)


@pytest.mark.parametrize(
    ("name", "sample"), [*((name, True) for name in IMPOSSIBLE), *((name, False) for name in MADE_UP)]
)
def test_all_that_can_be_reached_is_exercised_by_as_few_as_there_can_be(name: str, sample: bool) -> None:  # noqa: FBT001 - a parameter of the test
    made = generated(name, sample=sample)

    assert impossible(made) == IMPOSSIBLE[name]
    shares = made.coverage.shares()
    assert shares["outcomes"].total - shares["outcomes"].covered == len(made.unreached)
    assert len(made.cases) == made.least
    assert not made.is_late


@each_flow
def test_every_case_passes_as_a_file_and_its_answers_are_ones_the_service_may_give(name: str, tmp_path: Path) -> None:
    made = generated(name)

    for case in made.cases:
        path = tmp_path / f"{case.short}.recording.yaml"
        path.write_text(recording_text(case.recording, title=case.title, description=case.description), "utf-8")
        recording = load_recording(path)
        done = flowengine.dry_run(made.plan, recording)
        assert done.differences == []
        assert dict(done.unused) == {}
        assert recording.expect is not None
        assert recording.expect.keys() >= {"result", "path", "outcomes"}
        assert check_answers(recording, made.plan, CATALOGUE, "strict").findings == []


@each_flow
def test_names_are_told_apart_and_descriptions_say_what_is_new(name: str) -> None:
    made = generated(name)

    assert len({case.short for case in made.cases}) == len(made.cases)
    assert all(case.recording.name == f"{name}-{case.short}" for case in made.cases)
    assert all(len(case.recording.name) <= 64 for case in made.cases)
    exercised = [
        one
        for case in made.cases
        for one in case.description.removeprefix("Generated. It exercises ").removesuffix(".").split(", ")
    ]
    assert len(set(exercised)) == len(exercised) == made.coverage.shares()["outcomes"].covered


def test_a_retried_outcome_has_an_answer_for_each_attempt() -> None:
    case = next(one for one in generated("sms-inbound").cases if one.short == "append-on-timeout")

    assert case.recording.responses["append"] == [{"timeout": True}] * 3
    assert case.title == "Append the SMS: onTimeout, 3 attempts"


@pytest.mark.parametrize("name", ["update-conversation", "task-routed", "livechat-close"])
def test_the_same_again_to_the_byte(name: str) -> None:
    again = generate(flowengine.load(FLOWS / f"{name}.yaml"), flowengine.Catalogue(), seconds=NO_TIME)
    before = generated(name, sample=False)

    texts = [[recording_text(case.recording, title=case.title) for case in made.cases] for made in (before, again)]
    assert texts[0] == texts[1]
    assert again.to_json() == before.to_json()


def test_what_is_there_is_not_done_again() -> None:
    flow = flowengine.load(FLOWS / "update-conversation.yaml")
    there = [load_recording(path) for path in sorted((FLOWS / "recordings").glob("update-conversation.*"))]

    made = generate(flow, CATALOGUE, existing=there, seconds=NO_TIME)

    assert impossible(made) == IMPOSSIBLE["update-conversation"]
    assert 0 < len(made.cases) < len(generated("update-conversation").cases)
    everything = [*there, *(case.recording for case in made.cases)]
    assert generate(flow, CATALOGUE, existing=everything, seconds=NO_TIME).cases == []


def test_a_name_that_is_taken_is_not_given_again() -> None:
    flow = flowengine.load(FLOWS / "update-conversation.yaml")
    first, second, *_ = generated("update-conversation").cases
    there = replace(first.recording, name=second.recording.name)

    names = [case.recording.name for case in generate(flow, CATALOGUE, existing=[there], seconds=NO_TIME).cases]

    assert f"{there.name}-2" in names
    assert there.name not in names


def test_a_loop_is_left(made: Callable[..., Generated]) -> None:
    generated = made("""
        flow: sample
        variables: {tries: 0}
        start: ask
        nodes:
          ask:
            type: ask@1.0
            inputs: {question: again}
            edges: {answered: done, undecided: count, unknown: failed, onInvalidChoice: failed}
          count:
            type: evaluate@1.0
            inputs: {script: tries = tries + 1, branches: {one: 1, two: 2, three: 3}}
            edges: {one: ask, two: ask, three: failed, onInvalidChoice: failed}
          done: {end: success}
          failed: {end: error}
    """)

    assert {one.outcome for one in generated.unreached} == {"onError", "onTimeout"}
    longest = max(generated.cases, key=lambda case: len(case.run.path))
    assert longest.run.path == ["ask", "count"] * 3 + ["failed"]
    assert len(longest.recording.responses["ask"]) == 3


def test_both_refusals_of_a_credential_are_recorded(made: Callable[..., Generated]) -> None:
    generated = made("""
        flow: sample
        start: ask
        nodes:
          ask:
            type: ask@1.0
            inputs: {question: who}
            retry: {attempts: 2, on: [onAuthorizationFailure, onTimeout]}
            edges: {onAuthorizationFailure: done}
          done: {end: success}
    """)

    refused = next(one for one in generated.cases if one.short.endswith("authorization-failure"))
    assert [entry["status"] for entry in refused.recording.responses["ask"]] == [401, 401, 401]
    assert generated.unreached == []


def test_outcomes_without_an_edge_are_exercised_as_well(made: Callable[..., Generated]) -> None:
    generated = made("""
        flow: sample
        start: ask
        nodes:
          ask: {type: ask@1.0, inputs: {question: who}, edges: {answered: done}}
          done: {end: success}
    """)

    assert generated.unreached == []
    ended = {case.run.steps[-1].outcome: case.run.result for case in generated.cases}
    assert ended.pop("answered") == "success"
    assert set(ended.values()) == {"error"}
    assert set(ended) == {
        *("undecided", "unknown"),
        *("onError", "onInvalidData", "onInvalidChoice", "onTimeout", "onAuthorizationFailure"),
    }


def test_what_no_way_leads_to_is_said(made: Callable[..., Generated]) -> None:
    generated = made("""
        flow: sample
        start: first
        nodes:
          first: {type: delay@1.0, inputs: {duration: 1s}, edges: {onTimeout: choose}}
          choose:
            type: branch@1.0
            inputs: {rows: [{name: Never, when: {value: $(run.id), equals: x}}]}
            edges: {Never: behind, None of the above: done}
          behind: {type: delay@1.0, inputs: {duration: 1s}, edges: {onTimeout: done}}
          lost: {type: delay@1.0, inputs: {duration: 1s}, edges: {onTimeout: done}}
          done: {end: success}
    """)

    assert {one.node: one.why for one in generated.unreached if one.node != "choose"} == {
        "behind": "the node is not reached, since what leads to it is not: choose Never",
        "lost": "no edge leads to the node",
    }


def test_a_run_that_never_ends_makes_no_recording(made: Callable[..., Generated]) -> None:
    generated = made("""
        flow: sample
        start: one
        nodes:
          one: {type: delay@1.0, inputs: {duration: 1s}, edges: {onTimeout: two}}
          two: {type: delay@1.0, inputs: {duration: 1s}, edges: {onTimeout: one}}
          done: {end: success}
    """)

    assert generated.cases == []
    assert {one.why for one in generated.unreached} == {"every way that goes on from there comes back, and none ends"}


def test_what_differs_from_run_to_run_is_not_expected(made: Callable[..., Generated]) -> None:
    generated = made("""
        flow: sample
        variables: {now: 0, twice: 0}
        start: one
        nodes:
          one:
            type: evaluate@1.0
            inputs: {script: "now = Date.now(); 'on'"}
            edges: {on: two}
          two:
            type: evaluate@1.0
            inputs: {script: "twice = 2; 'on'"}
            edges: {on: done}
          done: {end: success}
    """)

    (case,) = [one for one in generated.cases if one.run.result == "success"]
    assert case.recording.expect is not None
    assert case.recording.expect["variables"] == {"twice": 2}


def test_no_time_is_said(made: Callable[..., Generated]) -> None:
    generated = made(
        """
        flow: sample
        start: choose
        nodes:
          choose:
            type: branch@1.0
            inputs: {rows: [{name: Row, when: {value: $(trigger.n), equals: 7}}]}
            edges: {Row: done, None of the above: done, onInvalidData: done}
          done: {end: success}
        """,
        seconds=-1.0,
    )

    assert generated.is_late
    assert len(generated.cases) == 1
    assert all("the time was over before everything was tried" in one.why for one in generated.unreached)


def test_a_plan_is_walked_for_real(made: Callable[..., Generated]) -> None:
    generated = made("flow: sample\nstart: done\nnodes: {done: {end: success}}")

    assert isinstance(generated.plan, Plan)
    assert (generated.cases, generated.unreached, generated.least) == ([], [], 0)


def test_status_headers_and_parts_of_an_answer_are_solved(made: Callable[..., Generated]) -> None:
    generated = made("""
        flow: sample
        defaults: {edges: {onError: done, onTimeout: done, onInvalidData: done, onAuthorizationFailure: done}}
        start: get
        nodes:
          get:
            type: http-request@1.0
            inputs: {method: GET, url: "https://crm.example.com/customers", query: {n: $(trigger.sms.senderNumber)}}
            edges: {onSuccess: parse, onInvalidChoice: done}
          parse:
            type: data-parser@1.0
            inputs: {source: $(get.responseBody), extract: {state: $.state, name: "$.customer.name"}}
            edges: {onSuccess: choose, onParseFailure: done}
          choose:
            type: branch@1.0
            inputs:
              rows:
                - {name: New, when: {value: $(get.statusCode), equals: 202}}
                - {name: Vip, when: {value: "$(get.responseHeaders.x-tier)", equals: vip}}
                - {name: Active, when: {value: $(parse.state), equals: active}}
                - {name: Named, when: {value: "$(get.responseBody.customer.name)", startsWith: Sam}}
            edges: {New: done, Vip: done, Active: text, Named: done, None of the above: done}
          text:
            type: http-request@1.0
            inputs: {method: GET, url: "https://crm.example.com/", parse: text}
            edges: {onSuccess: words, onInvalidChoice: done}
          words:
            type: branch@1.0
            inputs: {rows: [{name: Fine, when: {value: $(text.responseBody), regex: "^OK$"}}]}
            edges: {Fine: done, None of the above: done}
          done: {end: success}
    """)

    assert {(one.node, one.outcome) for one in generated.unreached} == {
        ("parse", "onInvalidData"),
        ("parse", "onError"),
        ("words", "onInvalidData"),
    }
    vip = next(one for one in generated.cases if one.short == "choose-vip")
    assert vip.recording.responses["get"][0]["headers"]["x-tier"] == "vip"


def test_an_answer_is_not_made_into_one_that_the_service_does_not_give(made: Callable[..., Generated]) -> None:
    generated = made("""
        flow: sample
        start: search
        nodes:
          search:
            type: search-conversation@1.3
            inputs: {channel: sms, businessNumber: "+447700900001", customerNumber: "+447700900123"}
            edges: {conversationActive: choose}
          choose:
            type: branch@1.0
            inputs:
              rows:
                - {name: Other, when: {value: $(search.status), equals: closed}}
                - {name: Mine, when: {value: $(search.userId), equals: agent-7}}
            edges: {Other: done, Mine: done, None of the above: done}
          done: {end: success}
    """)

    assert {one.outcome: one.why for one in generated.unreached if one.node == "choose"}.keys() == {
        "Other",
        "onInvalidData",
    }
    assert any("agent-7" in str(case.recording.responses) for case in generated.cases)


def test_many_ways_that_differ_to_the_end(made: Callable[..., Generated]) -> None:
    asked = "\n".join(
        f"          ask{number}: {{type: ask@1.0, inputs: {{question: a}}, edges: {{answered: ask{number + 1},"
        f" undecided: ask{number + 1}, unknown: ask{number + 1}, onError: ask{number + 1}}}}}"
        for number in range(9)
    )
    rows = ", ".join(f"{{name: Row{n}, when: {{value: $(ask{n}.outcome), equals: unknown}}}}" for n in range(9))
    generated = made(f"""
        flow: sample
        start: ask0
        nodes:
{asked}
          ask9:
            type: branch@1.0
            inputs: {{rows: [{rows}]}}
            edges: {{None of the above: done}}
          done: {{end: success}}
    """)

    (left,) = generated.unreached
    assert (left.node, left.outcome) == ("ask9", "onInvalidData")
    assert left.why.endswith("there are too many ways to walk them all")


def test_events_are_made_and_what_they_say_is_solved(made: Callable[..., Generated]) -> None:
    generated = made("""
        flow: sample
        variables: {said: {type: string}}
        start: ask
        nodes:
          ask:
            type: receive@1.0
            inputs:
              timeout: 10m
              events:
                reply: {channel: sms, business: "+447700900001", customer: $(trigger.sms.senderNumber)}
                chat: {channel: livechat, business: app-1, customer: $(trigger.sms.senderNumber)}
                paid: {event: paid, key: 7}
            set: {said: $(ask.message)}
            edges: {reply: words, chat: form, paid: sum, onTimeout: late, onInvalidData: late}
          words:
            type: branch@1.0
            inputs:
              rows:
                - {name: Stop, when: {value: $(said), equalsIgnoreCase: stop}}
                - {name: Again, when: {value: $(ask.sms.keyword), equals: AGAIN}}
            edges: {Stop: done, Again: ask, None of the above: done, onInvalidData: late}
          form:
            type: branch@1.0
            inputs: {rows: [{name: Filled, when: {value: $(ask.inappmessaging.formFields.name), startsWith: A}}]}
            edges: {Filled: done, None of the above: late, onInvalidData: late}
          sum:
            type: branch@1.0
            inputs: {rows: [{name: Much, when: {value: $(ask.payload.sum), atLeast: 100}}]}
            edges: {Much: done, None of the above: late, onInvalidData: late}
          done: {end: success}
          late: {end: error}
    """)

    assert generated.unreached == []
    shares = generated.coverage.shares()
    assert (shares["edges"].covered, shares["edges"].total) == (15, 15)
    events = [
        one["event"] for case in generated.cases for one in case.recording.responses.get("ask", ()) if "event" in one
    ]
    assert {one["label"] for one in events} == {"reply", "chat", "paid"}
