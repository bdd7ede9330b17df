from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

Cli = Callable[..., Result]
Write = Callable[[str, str], Path]

ONCE = """
recording: once
flow: greet
variables: {name: A}
expect: {result: error}
"""
TWICE = """
recording: twice
flow: greet
variables: {name: B, count: 2}
expect: {result: success, path: [greet, often, done], variables: {greeting: "Hello, B"}}
"""

SAID = """\
greet  Greet a customer
  greet.yaml:17  often: None of the above leads to greet instead of failed
      walked by once: of once, path would change, which it does not expect
  greet.yaml:6  defaults: no recording exercises onInvalidData  2 changes

changes  noticed        survived  refused by validate  without effect
greet    14 of 17  82%  3         0                    2

19 changes of 1 flow: 14 of 17 noticed, 82.3%, TIME
"""


@pytest.fixture
def cases(greet: Path, write: Write) -> Path:
    write("once.recording.yaml", ONCE)
    write("twice.recording.yaml", TWICE)
    return greet


def timeless(text: str) -> str:
    return re.sub(r"[0-9.]+ m?s\b", "TIME", text)


def test_what_no_recording_notices_is_told(cli: Cli, cases: Path) -> None:
    result = cli("test", "--mutate", cases.name)

    assert result.exit_code == 0
    assert timeless(result.stdout) == SAID


def test_a_survivor_that_is_walked_says_by_whom_and_what_they_do_not_expect(
    cli: Cli, cases: Path, write: Write
) -> None:
    write("twice.recording.yaml", TWICE.replace(', variables: {greeting: "Hello, B"}', ""))

    assert (
        "  greet.yaml:12  greet: greeting is not set\n"
        "      walked by once, twice: of once, variable greeting would change, which it does not expect\n"
    ) in cli("test", "--mutate", cases.name).stdout


def test_the_bar_is_held_against_what_is_noticed(cli: Cli, cases: Path) -> None:
    above, below = (cli("test", "--mutate", "--fail-under", bar, cases.name) for bar in ("82.3", "82.5"))

    assert (above.exit_code, below.exit_code) == (0, 1)
    assert below.stdout.endswith("82.3% of the changes are noticed, the bar is 82.5%\n")


def test_json_has_the_survivors(cli: Cli, cases: Path) -> None:
    mutation = json.loads(cli("test", "--mutate", "--format", "json", cases.name).stdout)["mutation"]

    assert mutation["total"] == {"noticed": 14, "survived": 3, "percent": 82.3}
    assert mutation["flows"][0]["survivors"][0] == {
        "kind": "target",
        "node": None,
        "line": 6,
        "at": ["defaults", "edges", "onInvalidData"],
        "change": "onInvalidData leads to done instead of failed",
        "old": "failed",
        "new": "done",
        "walkedBy": [],
        "unseen": None,
    }
    assert (mutation["failing"], mutation["unusable"]) == ([], [])


def test_only_so_many_changes_are_tried_and_the_seed_is_told(cli: Cli, cases: Path) -> None:
    result = cli("test", "--mutate", "--limit", "5", "--seed", "3", cases.name)

    assert "5 changes of 1 flow (chosen of 19 with seed 3):" in result.stdout


def test_a_flow_whose_case_fails_as_it_is_is_not_changed(cli: Cli, cases: Path, write: Write) -> None:
    write("once.recording.yaml", ONCE.replace("error", "success"))
    result = cli("test", "--mutate", cases.name)

    assert result.exit_code == 1
    assert result.stdout.startswith("not changed are flows of cases that fail as it is: once;")
    assert "0 changes of 0 flows: nothing to notice" in result.stdout


def test_a_flow_of_the_folder_without_a_case_counts(cli: Cli, cases: Path, write: Write) -> None:
    write("other.yaml", cases.read_text().replace("flow: greet", "flow: other"))
    result = cli("test", "--mutate", ".")

    assert "no recording exercises" in result.stdout
    assert re.search(r"^other +0 of 17 +0% +17 ", result.stdout, re.MULTILINE)


def test_a_flow_with_errors_is_told_and_below_every_bar(cli: Cli, cases: Path, write: Write) -> None:
    write("wrong.yaml", cases.read_text().replace("flow: greet", "flow: wrong").replace("start: greet", "start: no"))
    result = cli("test", "--mutate", "--fail-under", "1", ".")

    assert result.exit_code == 1
    assert "wrong.yaml has errors: it is not changed\n" in result.stdout


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (("--mutate", "--coverage"), "--mutate goes with"),
        (("--mutate", "--format", "junit"), "--mutate goes with"),
        (("--mutate", "--fail-fast"), "--mutate goes with"),
        (("--mutate", "--fail-under", "edges=90"), "expected one number"),
        (("--mutate", "--fail-under", "101"), "expected percent"),
        (("--limit", "3"), "are for --mutate"),
        (("--seed", "0"), "are for --mutate"),
        (("--mutate", "--generate", "greet.yaml"), "--generate FLOW runs no cases"),
        (("--mutate", "-k", "nobody"), "none of 2 cases"),
        (("--mutate", "--into", "x"), "are for --generate"),
    ],
)
def test_what_does_not_go_together_is_refused(cli: Cli, cases: Path, options: tuple[str, ...], says: str) -> None:
    assert cases.exists()
    result = cli("test", *options)

    assert result.exit_code == 2
    assert says in result.stderr
