"""What is offered, and that each offer is right: it is written into the flow, which is then validated."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from flowengine.catalogue.catalogue import Catalogue
from flowengine.check.validate import read_flow, report
from flowengine.lsp.completion import complete
from flowengine.lsp.offers import Item
from flowengine.lsp.positions import Point

At = Callable[[str], tuple[str, Point]]
Offered = Callable[[str], dict[str, Item]]

BRANCH = """\
  route:
    type: branch@1.0
    inputs: {rows: [{name: "A: b", when: {value: $(name), equals: x}}], default: Else}
    edges: {Else: done, |>}
"""


@pytest.fixture
def offered(at: At, catalogue: Catalogue) -> Offered:
    def offer(text: str) -> dict[str, Item]:
        return {item.label: item for item in complete(*at(text), catalogue, ["engage", "crm"])}

    return offer


def chosen(text: str, item: Item, more: str = "") -> str:
    """Do what an editor does with an item that is chosen, and write on."""
    lines = text.split("\n")
    line = lines[item.span.line - 1]
    rest = "" if more else line[item.span.end_column - 1 :]
    lines[item.span.line - 1] = line[: item.span.column - 1] + item.text + more + rest
    return "\n".join(lines)


def findings(text: str, catalogue: Catalogue) -> set[str]:
    return {one.code for one in report(read_flow(text, Path("greet.yaml")), catalogue).findings}


@pytest.mark.parametrize(
    "mark",
    [
        ("conversationClosed: failed", "conversationClosed: |>"),
        ("conversationClosed: failed", "conversationClosed: fa|>iled"),
        ("{onSuccess: done}", "{onSuccess: |>}"),
        ("{onSuccess: done}", '{onSuccess: "|>"}'),
        ("start: search", "start: |>"),
        ("onTimeout: failed,", "onTimeout: |>,"),
    ],
)
def test_targets_are_the_nodes_and_each_is_right(
    flow: str, at: At, catalogue: Catalogue, offered: Offered, mark: tuple[str, str]
) -> None:
    marked = flow.replace(*mark)

    items = offered(marked)

    assert list(items) == ["search", "greet", "done", "failed"]
    for item in items.values():
        assert "FE206" not in findings(chosen(at(marked)[0], item), catalogue)


def test_outcomes_are_those_without_an_edge_and_each_is_right(
    flow: str, at: At, catalogue: Catalogue, offered: Offered
) -> None:
    marked = flow.replace("      conversationClosed: failed\n      noConversationFound: failed\n", "      |>\n")

    items = offered(marked)

    assert {"conversationClosed", "noConversationFound", "onError", "Failure"} <= items.keys()
    assert not {"conversationActive", "onInvalidChoice"} & items.keys()
    for item in items.values():
        text = chosen(at(marked)[0], item, "failed")
        assert not findings(text, catalogue) & {"FE501", "FE502", "FE503", "FE506"}, item


def test_another_spelling_of_an_outcome_counts_as_that_outcome(flow: str, offered: Offered) -> None:
    items = offered(flow.replace("      conversationClosed: failed\n", "      onauthorizationfail: failed\n      |>\n"))

    assert "onAuthorizationFailure" not in items
    assert "conversationClosed" in items


def test_a_branch_offers_its_rows_first_in_quotes_where_they_need_them(
    flow: str, at: At, catalogue: Catalogue, offered: Offered
) -> None:
    marked = flow + BRANCH

    items = offered(marked)

    assert [item.text for item in items.values()] == ['"A: b": ', "onInvalidData: "]
    text = chosen(at(marked)[0], items["A: b"], "done}")
    assert not findings(text, catalogue) & {"FE501", "FE002"}


@pytest.mark.parametrize("written", ["|>search-conversation@1.3", "sea|>"])
def test_types_are_offered_at_the_recommended_version(
    flow: str, at: At, catalogue: Catalogue, offered: Offered, written: str
) -> None:
    marked = flow.replace("search-conversation@1.3", written)

    items = offered(marked)

    assert {"search-conversation@1.3", "branch@1.0"} <= items.keys()
    assert len(items) == len(catalogue.names())
    for item in items.values():
        assert not findings(chosen(at(marked)[0], item), catalogue) & {"FE201", "FE202", "FE203", "FE204"}
    assert "Looks for the customer's conversation" in items["search-conversation@1.3"].documentation


def test_behind_the_at_sign_the_versions_are_offered(flow: str, offered: Offered) -> None:
    items = offered(flow.replace("search-conversation@1.3", "search-conversation@|>1.3"))

    assert list(items) == ["search-conversation@1.3", "search-conversation@1.0", "search-conversation@1.1"]


def test_inputs_come_with_their_texts_and_those_that_are_needed_first(
    flow: str, at: At, catalogue: Catalogue, offered: Offered
) -> None:
    marked = flow.replace("      businessNumber: $(trigger.sms.serviceNumber)\n", "      |>\n")

    items = offered(marked)

    assert next(iter(items)) == "businessNumber"
    assert items["businessNumber"].detail == "required"
    assert "required when channel is sms" in items["businessNumber"].documentation
    assert not {"channel", "customerNumber"} & items.keys()
    for item in items.values():
        assert "FE101" not in findings(chosen(at(marked)[0], item, "x"), catalogue)


def test_without_a_channel_only_the_channel_is_needed(flow: str, offered: Offered) -> None:
    node = "  new:\n    type: search-conversation@1.3\n    inputs:\n      |>\n"

    assert [name for name, item in offered(flow + node).items() if item.detail == "required"] == ["channel"]


def test_listed_values_are_offered(flow: str, offered: Offered) -> None:
    assert "whatsapp" in offered(flow.replace("channel: sms", "channel: |>"))
    assert list(offered(flow.replace("done: {end: success}", "done: {end: |>}"))) == ["success", "error"]
    assert "string" in offered(flow.replace("name: {type: string", "name: {type: |>"))


@pytest.mark.parametrize("begun", ["$(|>)", "$(|>", "Hello $(na|>", "$(run.id) $(|>)"])
def test_references_begin_with_what_can_have_run_and_each_is_right(
    flow: str, at: At, catalogue: Catalogue, offered: Offered, begun: str
) -> None:
    marked = flow.replace('"👋 Hello $(name) of $(search.conversationId)"', f'"👋 {begun}"')

    items = offered(marked)

    assert list(items) == ["name", "greeting", "search", "trigger", "run"]
    for item in items.values():
        text = chosen(at(marked)[0], item, ')"}}')
        assert not findings(text, catalogue) & {"FE301", "FE302"}, item


def test_what_comes_later_is_no_beginning(flow: str, offered: Offered) -> None:
    items = offered(flow.replace("$(trigger.sms.serviceNumber)", "$(|>"))

    assert "greet" not in items
    assert "search" not in items


def test_while_nothing_leads_to_a_node_it_may_read_every_other(flow: str, offered: Offered) -> None:
    items = offered(flow + "  new:\n    type: set-variables@1.0\n    inputs: {values: {name: $(|>")

    assert {"search", "greet"} <= items.keys()


def test_a_node_reads_its_own_outputs_in_set(flow: str, offered: Offered) -> None:
    assert "search" in offered(flow.replace("{name: $(search.conversationId)}", "{name: $(|>)}"))


def test_below_a_node_are_its_outputs_and_each_is_right(
    flow: str, at: At, catalogue: Catalogue, offered: Offered
) -> None:
    marked = flow.replace('$(search.conversationId)"}}', '$(search.|>)"}}')

    items = offered(marked)

    assert {"conversationId", "status", "outcome"} <= items.keys()
    for item in items.values():
        assert "FE315" not in findings(chosen(at(marked)[0], item, ')"}}'), catalogue), item


def test_below_the_run_and_the_event(flow: str, offered: Offered) -> None:
    assert list(offered(flow.replace("$(name)", "$(run.|>)"))) == ["id", "flow", "startedAt"]
    assert "serviceNumber" in offered(flow.replace("$(name)", "$(trigger.sms.|>)"))


def test_where_nothing_is_searched_for_references_none_are_offered(flow: str, offered: Offered) -> None:
    script = "  script:\n    type: evaluate@1.0\n    inputs:\n      script: |\n        $(|>\n"

    assert offered(flow + script) == {}
    assert offered(flow.replace("title: 👋 Known?", "title: $(|>")) == {}


def test_keys_that_are_there_are_not_offered(flow: str, offered: Offered) -> None:
    assert list(offered(f"|>\n{flow}")) == ["format", "title", "description", "trigger", "inputs", "outputs"]
    assert list(offered(flow.replace("    title: 👋 Known?", "    ti|>"))) == [
        "title",
        "description",
        "authorization",
        "timeout",
        "retry",
    ]
    assert list(offered(flow.replace("done: {end: success}", "done: {end: success, |>}"))) == ["title", "description"]


def test_a_condition_has_one_operator(flow: str, offered: Offered) -> None:
    condition = flow + BRANCH.replace(", |>", "")

    assert "contains" in offered(condition.replace("$(name), equals: x", "$(name), |>"))
    assert list(offered(condition.replace("value: $(name), equals: x", "equals: x, |>"))) == ["value"]
    assert offered(condition.replace("equals: x", "equals: x, |>")) == {}


def test_variables_are_offered_where_they_are_written(flow: str, offered: Offered) -> None:
    assert list(offered(flow.replace("{name: $(search.conversationId)}", "{|>"))) == ["name", "greeting"]
    assert list(offered(flow.replace('{values: {greeting: "👋', "{values: {name: x, |>"))) == ["greeting"]


def test_authorizations_are_those_of_the_project_and_the_flow(flow: str, offered: Offered) -> None:
    assert list(offered(flow.replace("authorization: engage", "authorization: |>"))) == ["engage", "crm"]


def test_retries_and_defaults_offer_outcomes(flow: str, offered: Offered) -> None:
    assert "onTimeout" in offered(flow.replace("    title: 👋 Known?", "    retry: {on: [onError, |>"))
    assert "onError" not in offered(flow.replace("    title: 👋 Known?", "    retry: {on: [onError, |>"))
    assert "onInvalidChoice" in offered(flow.replace("onTimeout: failed,", "onTimeout: failed, |>,"))


def test_a_node_that_an_edge_leads_to_is_offered_as_a_node(flow: str, offered: Offered) -> None:
    assert list(offered(flow.replace("onSuccess: done", "onSuccess: bye") + "  |>\n")) == ["bye"]


@pytest.mark.parametrize(
    "written", ["    type:|>\n", "    # |>\n", "    title: a |>\n", "    type: nothing@1.0\n    inputs: {|>"]
)
def test_where_nothing_is_right_nothing_is_offered(flow: str, offered: Offered, written: str) -> None:
    assert offered(f"{flow}  new:\n{written}") == {}


def test_a_wrong_line_elsewhere_takes_nothing_away(flow: str, offered: Offered) -> None:
    broken = flow.replace("title: 👋 Known?", 'title: "👋 Known?').replace("{onSuccess: done}", "{onSuccess: |>")

    assert list(offered(broken)) == ["search", "greet", "done", "failed"]


def test_in_a_text_beyond_the_limit_nothing_is_offered(flow: str, offered: Offered) -> None:
    assert offered(flow.replace("onSuccess: done", "onSuccess: |>") + "#" * 2**20) == {}


def test_at_every_place_of_every_beginning_of_a_text_there_is_an_answer(flow: str, catalogue: Catalogue) -> None:
    for end in range(0, len(flow), 7):
        text = flow[:end]
        point = Point(text.count("\n"), len(text.rpartition("\n")[2]))
        assert isinstance(complete(text, point, catalogue), list)
        assert isinstance(complete(flow, point, catalogue), list)
