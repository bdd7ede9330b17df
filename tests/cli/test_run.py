from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

Cli = Callable[..., Result]


def said(result: Result) -> list[list[str]]:
    """Return the words of each line."""
    return [line.split() for line in result.stdout.splitlines()]


def test_each_step_has_a_line_and_the_end_a_summary(cli: Cli, greet: Path) -> None:
    result = cli("run", greet, "--var", "name=A", "--var", "count=2")
    lines = said(result)
    assert result.exit_code == 0
    assert lines[0][:2] == ["greet", "set-variables@1.0"]
    assert lines[0][-3:] == ["onSuccess", "->", "often"]
    assert lines[1][-3:] == ["Again", "->", "done"]
    assert ["result", "success", "at", "done"] in lines
    assert ["path", "greet", ">", "often", ">", "done"] in lines
    assert ["greeting", "=", '"Hello,', 'A"'] in lines


def test_what_a_program_reads_is_plain_and_not_wrapped(cli: Cli, greet: Path) -> None:
    result = cli("run", greet, "--var", f"name={'long ' * 80}", "--var", "count=2")
    assert result.stdout.isascii()
    assert "\x1b" not in result.stdout
    assert f'greeting = "Hello, {"long " * 80}"' in result.stdout


def test_the_json_is_the_run_and_nothing_else(cli: Cli, greet: Path) -> None:
    result = cli("run", greet, "--var", "name=A", "--format", "json")
    document = json.loads(result.stdout)
    run = document["run"]
    assert result.exit_code == 1
    assert list(document) == ["run"]
    assert (run["status"], run["result"], run["path"]) == ("failed", "error", ["greet", "often", "failed"])
    assert run["steps"][0]["edge"] == {"label": "onSuccess", "to": "often", "fallThrough": False}
    assert run["variables"] == {"name": "A", "count": 1, "greeting": "Hello, A"}
    assert result.stderr == ""


def test_json_is_the_same_value_but_harmless(cli: Cli, greet: Path) -> None:
    name = 'é\x1b[31m\u202e\u009b"\\\u2028'
    result = cli("run", greet, "--format", "json", "--var", f"name={name}")
    assert json.loads(result.stdout)["run"]["variables"]["name"] == name
    assert not set(result.stdout) & set("\x1b\u202e\u009b\u2028")
    assert "é" in result.stdout


def test_data_cannot_act_on_the_terminal(cli: Cli, greet: Path) -> None:
    result = cli("run", greet, "--var", "name=\x1b]0;pwned\x07\u202e[bold]x[/bold]")
    assert r"\u001b]0;pwned\u0007\u202e[bold]x[/bold]" in result.stdout
    assert not set(result.stdout) & set("\x1b\x07\u202e")


def test_an_outcome_that_is_an_error_gives_its_reason(cli: Cli, greet: Path, write: Any) -> None:
    result = cli("run", write("nameless.yaml", greet.read_text().replace('string, default: ""', "string")))
    assert result.exit_code == 1
    assert "onInvalidData -> failed" in result.stdout
    assert "$(name) is not there" in result.stdout


def test_fall_through_is_marked(cli: Cli, write: Any) -> None:
    flow = write(
        "flow.yaml",
        """
        flow: surprise
        start: judge
        nodes:
          judge: {type: evaluate@1.0, inputs: {script: '"maybe"'}, edges: {sure: done, onInvalidChoice: done}}
          done: {end: success}
        """,
    )
    result = cli("run", flow)
    assert result.exit_code == 0
    assert "maybe -> done  fall-through: no edge for maybe, so onInvalidChoice" in result.stdout


def test_an_outcome_without_an_edge_ends_the_run_and_says_so(cli: Cli, write: Any) -> None:
    flow = write(
        "flow.yaml",
        """
        flow: surprise
        start: judge
        nodes:
          judge: {type: evaluate@1.0, inputs: {script: '"maybe"'}, edges: {sure: done}}
          done: {end: success}
        """,
    )
    result = cli("run", flow)
    assert result.exit_code == 1
    assert "maybe has no edge" in result.stdout
    assert ["result", "error", "at", "judge"] in said(result)
    assert any(line[:1] == ["reason"] for line in said(result))


def test_an_edge_under_an_alias_is_shown_as_the_flow_spells_it(cli: Cli, write: Any) -> None:
    flow = write(
        "flow.yaml",
        """
        flow: pause
        start: pause
        nodes:
          pause: {type: delay@1.0, inputs: {duration: 1ms}, edges: {onSuccess: done}}
          done: {end: success}
        """,
    )
    assert "onTimeout -> done  by onSuccess" in cli("run", flow).stdout


def test_without_a_project_file_requests_go_to_a_sandbox(cli: Cli, search: Path) -> None:
    result = cli("run", search, "--trigger", '{"number": "+447700900999"}')
    assert result.exit_code == 0, result.stderr
    assert "noConversationFound -> done" in result.stdout


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("event.json", '{"number": "+447700900999"}'),
        ("event.yaml", 'number: "+447700900999"'),
        ("event", '{"number": "+447700900999"}'),
    ],
)
def test_the_event_comes_from_a_file(cli: Cli, search: Path, write: Any, name: str, text: str) -> None:
    result = cli("run", search, "--trigger", write(name, text), "--format", "json")
    assert json.loads(result.stdout)["run"]["steps"][0]["inputs"]["customerNumber"] == "+447700900999"


@pytest.mark.parametrize("text", ['{"number": "+447700900999"}', "number: +447700900999"])
def test_the_event_comes_from_standard_input(cli: Cli, search: Path, text: str) -> None:
    result = cli("run", search, "--trigger", "-", "--format", "json", stdin=text)
    assert json.loads(result.stdout)["run"]["steps"][0]["inputs"]["customerNumber"] == "+447700900999"


def test_an_event_that_does_not_start_the_flow_is_refused(cli: Cli, write: Any, greet: Path) -> None:
    when = "trigger: {when: [{value: $(trigger.sms.keyword), equals: HELP}],"
    flow = write("flow.yaml", greet.read_text().replace("trigger: {", when))
    assert "does not hold" in cli("run", flow, "--trigger", '{"sms": {"keyword": "STOP"}}').stderr
    result = cli("run", flow)
    assert result.exit_code == 2
    assert "give the event with --trigger" in result.stderr


def test_an_environment_that_is_not_there_is_refused(cli: Cli, greet: Path, write: Any) -> None:
    write("flowengine.yaml", "environments: {production: {integrations: {}}}")
    result = cli("run", greet, "--env", "prodution", "--var", "name=A")
    assert result.exit_code == 2
    assert "did you mean 'production'?" in result.stderr
    assert result.stdout == ""


def test_the_project_file_is_looked_for_from_the_flow(cli: Cli, write: Any) -> None:
    write("project/flowengine.yaml", "default: nowhere\nenvironments: {nowhere: {integrations: {}}}")
    search = write("project/flows/search.yaml", SEARCH_HERE)
    result = cli("run", search)
    assert result.exit_code == 1
    assert "'nowhere' does not say where 'webex-engage' is" in result.stdout


def test_node_types_of_one_s_own_come_from_folders(cli: Cli, write: Any) -> None:
    write(
        "mine/shout.yaml",
        """
        node: shout
        versions:
          "1.0":
            handler: set-variables
            inputs: {type: object}
            outcomes: {onSuccess: {kind: success}}
        """,
    )
    flow = write(
        "flow.yaml",
        """
        flow: loud
        variables: {word: ""}
        start: shout
        nodes:
          shout: {type: shout@1.0, inputs: {word: HEY}, edges: {onSuccess: done, onInvalidData: done}}
          done: {end: success}
        """,
    )
    assert cli("run", flow).exit_code == 2
    assert "shout@1.0" in cli("run", flow, "--nodes", "mine").stdout


SEARCH_HERE = """
flow: search
start: search
nodes:
  search:
    type: search-conversation@1.3
    inputs: {channel: sms, businessNumber: "1", customerNumber: "2"}
    edges: {noConversationFound: done, onError: failed}
  done: {end: success}
  failed: {end: error}
"""


RECEIVE = """flow: ask
start: ask
nodes:
  ask:
    type: receive@1.0
    inputs:
      timeout: 10ms
      events: {reply: {channel: sms, business: "1", customer: "2"}, paid: {event: paid, key: "7"}}
    edges: {reply: done, paid: done, onTimeout: late}
  done: {end: success}
  late: {end: error}
"""


@pytest.fixture
def ask(tmp_path: Path) -> Path:
    path = tmp_path / "ask.yaml"
    path.write_text(RECEIVE, "utf-8")
    return path


def test_a_receive_gets_the_events_that_are_given(cli: Cli, ask: Path, tmp_path: Path) -> None:
    event = tmp_path / "event.yaml"
    event.write_text("sms: {message: hello}\n", "utf-8")
    result = cli("run", ask, "--event", event)

    assert result.exit_code == 0
    assert said(result)[0][-3:] == ["reply", "->", "done"]
    assert result.stderr == ""


def test_what_no_receive_waits_for_is_told(cli: Cli, ask: Path) -> None:
    result = cli("run", ask, "--event", '{"label": "called"}')

    assert result.exit_code == 1
    assert "ask waits 10 ms for reply, paid: only what --event gives can reach this run" in result.stderr
    assert "Not used: an event of --event, for which no `receive` waited" in result.stderr
    assert "this run is not kept" in result.stdout


def test_an_event_that_is_none_is_refused(cli: Cli, ask: Path) -> None:
    assert "<event>:1:2: error[FE801]" in cli("run", ask, "--event", "{").stderr
