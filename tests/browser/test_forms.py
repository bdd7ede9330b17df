"""Filling in forms: what is saved is what a person would have written."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

import flowengine

HEAD = """\
# Which customer is it?
flow: {id}
format: 1
title: Forms

trigger:
  channel: sms
  event: incoming-message

variables:
  attempts: {{type: integer, default: 0}}
  number: ""

defaults:
  edges:
    onError: failed
    onTimeout: failed
    onInvalidData: failed
    onInvalidChoice: failed
    onAuthorizationFailure: failed
    Failure: failed

start: first

nodes:
"""
TAIL = """
  done: {end: success}
  failed: {end: error}
"""

Write = Callable[[str], "Form"]


class Form:
    """A flow of one node of ours, and the form of that node in a page."""

    def __init__(self, page: Page, file: Any) -> None:
        self.page, self.file = page, file
        self.pane: Locator = page.locator(".pane-form")

    def field(self, path: str) -> Locator:
        return self.pane.locator(f'[data-field="{path}"]')

    def fill(self, box: Locator, text: str) -> None:
        box.fill(text)
        box.press("Enter")

    def add(self, label: str, name: str) -> None:
        self.fill(self.pane.get_by_role("combobox", name=label).or_(self.pane.get_by_role("textbox", name=label)), name)

    def select_flow(self) -> None:
        self.page.locator(".react-flow__pane").click(position={"x": 20, "y": 200})
        expect(self.pane.get_by_role("heading", name="Flow", exact=True)).to_be_visible()

    def saved(self) -> str:
        self.page.keyboard.press("Control+s")
        expect(self.page.locator(".save-state")).to_have_text("saved")
        return str(self.file.read_text())

    def nodes(self) -> str:
        return self.saved().partition("\nnodes:\n")[2].removesuffix(TAIL)


@pytest.fixture
def write(studio: Any, browse: Callable[..., Page], request: pytest.FixtureRequest) -> Write:
    """Open the form of `first` in a flow whose nodes are these, and two ends."""

    def write(nodes: str) -> Form:
        name = re.sub(r"[^a-z0-9]+", "-", request.node.name.lower()).strip("-")
        file = studio.file(f"{name}.yaml")
        file.write_text(HEAD.format(id=name) + nodes + TAIL)
        form = Form(browse(studio, f"flows/{name}?node=first", height=1400), file)
        expect(form.pane.get_by_role("heading", name="Outcomes")).to_be_visible()
        return form

    return write


def errors_in(form: Form) -> list[str]:
    return [one.message for one in flowengine.validate(form.file) if one.severity == "error"]


def test_rows_of_a_branch_have_conditions_in_words(write: Write) -> None:
    form = write(
        "  first:\n    type: branch@1.0\n    inputs:\n      rows:\n"
        "        - {name: Third, when: {value: $(attempts), atLeast: 3}}\n"
        "    edges: {Third: failed, None of the above: done}\n"
    )
    row = form.pane.locator(".branch-row").first
    form.fill(row.get_by_role("textbox", name="Name of the row"), "Often")
    expect(form.page.locator('[data-from="first"][data-outcome="Often"]')).to_be_visible()
    row.get_by_role("button", name="Another condition").click()
    second = row.get_by_role("group", name="Often, condition 2")
    expect(second.get_by_role("combobox", name="What is judged")).to_have_value("$(attempts)")
    second.get_by_role("combobox", name="Operator").select_option(label="is less than")
    expect(second.get_by_role("combobox", name="Operator")).to_have_value("lessThan")
    form.fill(second.get_by_role("combobox", name="With what it is compared", exact=True), "nine")
    expect(second.get_by_text("A number or a reference is expected.")).to_be_visible()
    form.fill(second.get_by_role("combobox", name="With what it is compared", exact=True), "9")
    form.pane.get_by_role("button", name="Add a row").click()
    new = form.pane.locator(".branch-row").nth(1)
    form.fill(new.get_by_role("combobox", name="What is judged"), "$(trigger.sms.message)")
    new.get_by_role("combobox", name="Operator").select_option(label="contains, in any case")
    form.fill(new.get_by_role("combobox", name="With what it is compared", exact=True), "007")
    new.get_by_role("button", name="Another condition").click()
    new.get_by_role("combobox", name="How many conditions must hold").select_option(label="any of these")
    new.get_by_role("group", name="Row 2, condition 2").get_by_role("combobox", name="Operator").select_option(
        label="is not there"
    )
    expect(new.get_by_role("group", name="Row 2, condition 2").get_by_role("combobox")).to_have_count(2)

    assert form.nodes() == (
        "  first:\n    type: branch@1.0\n    inputs:\n      rows:\n"
        "        - {name: Often, when: [{value: $(attempts), atLeast: 3}, {value: $(attempts), lessThan: 9}]}\n"
        "        - name: Row 2\n          when:\n            any:\n"
        '              - {value: $(trigger.sms.message), containsIgnoreCase: "007"}\n'
        "              - {value: $(trigger.sms.message), exists: false}\n"
        "    edges: {Often: failed, None of the above: done}\n"
    )


def test_a_request_is_written_in_rows(write: Write) -> None:
    form = write("  first:\n    type: http-request@1.0\n    edges: {onSuccess: done}\n")
    form.field("inputs.method").get_by_role("combobox").select_option(label="POST")
    form.fill(form.field("inputs.url").get_by_role("combobox"), "https://crm.example.com/customers")
    expect(form.field("inputs.url").get_by_role("button", name="Clear ENDPOINT URL")).to_be_visible()
    form.pane.get_by_role("button", name="more inputs").click()
    form.add("Add to HEADERS", "Accept-Language")
    form.fill(form.field("inputs.headers").get_by_role("combobox", name="HEADERS: Accept-Language", exact=True), "en")
    form.add("Add to QUERY PARAMETERS", "pages")
    pages = form.field("inputs.query").get_by_role("combobox", name="QUERY PARAMETERS: pages", exact=True)
    expect(pages).to_be_focused()
    form.fill(pages, "3")
    expect(form.field("inputs.query").get_by_role("combobox", name="Kind of QUERY PARAMETERS: pages")).to_have_value(
        "number"
    )
    form.field("inputs.json").get_by_role("combobox", name="Kind of JSON BODY").select_option(label="map")
    form.add("Add to JSON BODY", "customer")
    customer = form.field("inputs.json").get_by_role("combobox", name="JSON BODY: customer", exact=True)

    customer.press_sequentially("$(sms.sen")
    offer = form.page.get_by_role("option", name=re.compile(r"trigger\.sms\.senderNumber"))
    expect(offer).to_have_attribute("aria-selected", "true")
    expect(offer).to_contain_text("event")
    expect(customer).to_have_attribute("aria-expanded", "true")
    assert customer.get_attribute("aria-activedescendant") == offer.get_attribute("id")
    customer.press("Tab")
    expect(customer).to_have_value("$(trigger.sms.senderNumber)")
    expect(customer).to_have_attribute("aria-expanded", "false")
    customer.press("Enter")
    form.add("Add to JSON BODY", "code")
    form.fill(form.field("inputs.json").get_by_role("combobox", name="JSON BODY: code", exact=True), "007")
    form.field("inputs.json").get_by_role("textbox", name="Name of JSON BODY: code").fill("pin")
    form.field("inputs.json").get_by_role("textbox", name="Name of JSON BODY: code").press("Enter")
    expect(form.field("inputs.json").get_by_role("combobox", name="JSON BODY: pin", exact=True)).to_have_value("007")
    expect(form.field("inputs.form")).to_have_count(0)

    assert form.nodes() == (
        "  first:\n    type: http-request@1.0\n    inputs:\n      method: POST\n"
        "      url: https://crm.example.com/customers\n      headers: {Accept-Language: en}\n"
        "      query: {pages: 3}\n"
        '      json: {customer: $(trigger.sms.senderNumber), pin: "007"}\n'
        "    edges: {onSuccess: done}\n"
    )
    assert errors_in(form) == []


def test_variables_are_set_declared_and_renamed(write: Write) -> None:
    form = write(
        "  first:\n    type: set-variables@1.0\n    inputs: {values: {number: $(trigger.sms.senderNumber)}}\n"
        "    edges: {onSuccess: second}\n\n"
        "  second:\n    type: evaluate@1.0\n    inputs:\n      values: {given: $(number)}\n      script: |\n"
        "        number = given.trim(); // number\n        number ? 'number' : 'none'\n"
        "      branches: {some: number}\n    edges: {some: done}\n"
    )
    form.add("Set a variable", "attempts")
    attempts = form.pane.get_by_role("combobox", name="VARIABLES: attempts", exact=True)
    expect(attempts).to_be_focused()
    form.fill(attempts, "2")
    form.add("Set a variable", "sender")
    form.fill(form.pane.get_by_role("combobox", name="VARIABLES: sender", exact=True), "$(nmber)")
    problem = form.field("inputs.values").get_by_text("$(nmber) leads nowhere")
    expect(problem).to_be_visible()
    form.field("inputs.values").get_by_role("button", name="Write number").click()
    expect(problem).to_have_count(0)
    form.select_flow()
    form.fill(form.pane.get_by_role("textbox", name="Name of number"), "customer")
    expect(form.pane.get_by_role("textbox", name="Name of customer")).to_be_visible()
    form.add("Add a variable", "opened")
    form.pane.get_by_role("combobox", name="Type of opened").select_option(label="true/false")
    form.pane.get_by_role("combobox", name="Default of opened").select_option(label="false")
    expect(form.pane.get_by_role("combobox", name="Default of opened")).to_have_value("1")

    text = form.saved()
    assert (
        'variables:\n  attempts: {type: integer, default: 0}\n  customer: ""\n  sender: ""\n'
        "  opened: {type: boolean, default: false}\n"
    ) in text
    assert "    inputs: {values: {customer: $(trigger.sms.senderNumber), attempts: 2, sender: $(customer)}}\n" in text
    assert "      values: {given: $(customer)}\n" in text
    assert "        customer = given.trim(); // number\n        customer ? 'number' : 'none'\n" in text
    assert errors_in(form) == []


def test_events_are_waited_for_and_flows_called(write: Write) -> None:
    form = write(
        "  first:\n    type: receive@1.0\n    edges: {answer: second}\n\n"
        "  second:\n    type: call-flow@1.0\n    edges: {found: done}\n"
    )
    form.add("Wait for another event", "answr")
    expect(form.field("inputs.events.answr.customer").get_by_role("combobox")).to_have_value(
        "$(trigger.sms.senderNumber)"
    )
    form.fill(form.pane.get_by_role("textbox", name="Label of the event"), "answer")
    form.add("Wait for another event", "approved")
    form.pane.get_by_role("combobox", name="What approved is").select_option(label="a custom event")
    expect(form.field("inputs.events.approved.key")).to_be_visible()
    form.fill(form.field("inputs.events.approved.event").get_by_role("combobox"), "order-approved")
    form.fill(form.field("inputs.timeout").get_by_role("combobox"), "24h")
    form.page.locator('[data-node="second"]').click()
    flow = form.field("inputs.flow").get_by_role("combobox", name="FLOW")
    flow.select_option(label="Find or open a conversation (find-or-open-conversation)")
    for name in ("businessNumber", "customerNumber", "text", "timestamp"):
        form.fill(
            form.field("inputs.inputs").get_by_label(name).and_(form.pane.locator("input, textarea")), f"$({name})"
        )
    expect(form.pane.locator(".outcome", has_text="not opened")).to_be_visible()

    assert form.nodes() == (
        "  first:\n    type: receive@1.0\n    inputs:\n      events:\n        answer:"
        " {channel: sms, business: $(trigger.sms.serviceNumber), customer: $(trigger.sms.senderNumber)}\n"
        "        approved: {event: order-approved, key: $(run.id)}\n      timeout: 24h\n"
        "    edges: {answer: second}\n\n"
        "  second:\n    type: call-flow@1.0\n    inputs:\n      flow: find-or-open-conversation\n      inputs:\n"
        "        businessNumber: $(businessNumber)\n        customerNumber: $(customerNumber)\n"
        "        text: $(text)\n        timestamp: $(timestamp)\n    edges: {found: done}\n"
    )


def test_a_channel_decides_what_is_asked_and_a_version_what_is_taken(write: Write) -> None:
    form = write("  first:\n    type: append-message@1.0\n    edges: {onAppendMessageSuccess: done}\n")
    form.field("inputs.channel").get_by_role("combobox").select_option(label="email")
    form.pane.get_by_role("button", name="more inputs").click()
    expect(form.field("inputs.plainBody")).to_be_visible()
    form.field("inputs.channel").get_by_role("combobox").select_option(label="livechat")
    expect(form.field("inputs.lcFormResponse")).to_be_visible()
    expect(form.field("inputs.plainBody")).to_have_count(0)
    expect(form.field("inputs.lcCarousel")).to_have_count(0)
    form.pane.get_by_role("button", name="1.4 is recommended: see what changes").click()
    changes = form.pane.get_by_role("group", name="From 1.0 to 1.4")
    expect(changes).to_contain_text("lcCarousel is new")
    expect(changes).to_contain_text("direction: also announcement")
    changes.get_by_role("button", name="Change to 1.4").click()
    expect(form.field("inputs.lcCarousel")).to_be_visible()
    form.field("inputs.direction").get_by_role("combobox").select_option(label="announcement")
    expect(form.field("inputs.messageType").get_by_role("option", name="text", exact=True)).to_be_attached()
    expect(form.field("inputs.messageType").get_by_role("option", name="lc-form-response")).to_have_count(0)

    assert form.nodes() == (
        "  first:\n    type: append-message@1.4\n    inputs: {channel: livechat, direction: announcement}\n"
        "    edges: {onAppendMessageSuccess: done}\n"
    )


def test_what_starts_a_flow_is_said_in_its_form(write: Write) -> None:
    form = write("  first:\n    type: delay@1.0\n    inputs: {duration: 5m}\n    edges: {onTimeout: done}\n")
    form.field("inputs.duration").get_by_role("button", name="Clear DELAY").click()
    form.fill(form.field("inputs.until").get_by_role("combobox"), "2026-11-23T10:00:00Z")
    expect(form.field("inputs.duration")).to_have_count(0)
    form.select_flow()
    form.pane.get_by_role("combobox", name="Channel").select_option(label="WhatsApp")
    form.field("trigger.event").get_by_role("combobox").select_option(label="postback")
    form.pane.get_by_role("button", name="Add a condition").click()
    only = form.pane.get_by_role("group", name="Only when", exact=True)
    judged = only.get_by_role("combobox", name="What is judged")
    expect(judged).to_have_value("$(trigger.whatsapp.message)")
    only.get_by_role("combobox", name="Operator").select_option(label="is none of")
    only.get_by_role("button", name="Add an item").click()
    words = only.get_by_role("combobox", name=re.compile("^With what it is compared, item [12]$"))
    expect(words).to_have_count(2)
    form.fill(words.nth(0), "STOP")
    form.fill(words.nth(1), "Stop")
    form.fill(form.field("defaults.timeout").get_by_role("textbox"), "10s")
    form.fill(form.field("description").get_by_role("textbox"), "What a customer chose.")
    form.pane.get_by_role("combobox", name="Authorization").select_option(label="engage")
    form.pane.get_by_role("button", name="Try again after errors").click()

    text = form.saved()
    assert text.startswith("# Which customer is it?\n")
    assert "title: Forms\ndescription: What a customer chose.\n" in text
    assert (
        "trigger:\n  channel: whatsapp\n  event: postback\n  when:\n"
        "    - {value: $(trigger.whatsapp.message), notIn: [STOP, Stop]}\n"
    ) in text
    assert (
        "defaults:\n  authorization: engage\n  timeout: 10s\n"
        "  retry: {attempts: 3, delay: 500ms, backoff: 2, on: [onTimeout, onError]}\n  edges:\n"
    ) in text
    assert '    inputs: {until: "2026-11-23T10:00:00Z"}\n' in text
    assert errors_in(form) == []


def test_the_keys_stay_in_the_form_while_a_node_is_renamed(write: Write) -> None:
    form = write("""
  first:
    type: delay@1.0
    inputs: {duration: 1s}
    edges: {onSuccess: done}
""")
    id_field = form.field("id").get_by_role("textbox")
    id_field.fill("pause")
    id_field.press("Tab")
    expect(form.page.locator('[data-node="pause"]')).to_be_visible()
    form.page.keyboard.type("A pause")
    form.page.keyboard.press("Enter")
    expect(form.field("title").get_by_role("textbox")).to_have_value("A pause")
    assert "  pause:\n    type: delay@1.0\n    title: A pause\n" in "\n" + form.saved()
    assert "start: pause" in form.saved()

    id_field.fill("no id")
    id_field.press("Enter")
    expect(form.page.get_by_role("alert")).to_contain_text("cannot be the id of a node")
    expect(id_field).to_have_value("pause")
    expect(id_field).to_be_focused()


def test_what_was_undone_is_not_written_again_by_leaving_the_field(write: Write) -> None:
    form = write("""
  first:
    type: delay@1.0
    title: Before
    inputs: {duration: 1s}
    edges: {onSuccess: done}
""")
    title = form.field("title").get_by_role("textbox")
    form.fill(title, "After")
    card = form.page.locator('[data-node="first"]')
    expect(card).to_contain_text("After")
    card.focus()
    form.page.keyboard.press("Control+z")
    expect(card).to_contain_text("Before")
    expect(title).to_have_value("Before")
    title.focus()
    title.press("Tab")
    assert "title: Before" in form.saved()
