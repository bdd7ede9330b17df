from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from click.testing import Result

from flowengine.catalogue.catalogue import Catalogue

Cli = Callable[..., Result]

MINE = """
node: mine
title: "[red]Mine\\e[2J[/red]"
description: Does what I want.
integration: my-service
versions:
  "1.0":
    handler: delay
    outcomes: {onTimeout: {kind: success}}
  "1.10":
    recommended: true
    extends: "1.0"
    inputs:
      type: object
      required: [kind]
      properties:
        kind: {enum: [a, b], description: What kind.}
        size: {type: integer, ourReading: Small.}
      if: {properties: {kind: {const: a}}, required: [kind]}
      then: {required: [size]}
    outputs: {id: {path: $.id, type: string, description: The id., aliases: [ID]}}
    outcomes: {gone: {kind: error, description: It is gone., aliases: [Gone]}}
    ourReading: [It says nothing.]
    example:
      inputs: {kind: a, size: 1}
      responses: {onTimeout: {status: 200}}
"""


@pytest.fixture
def mine(write: Any) -> str:
    write("folder/mine.yaml", MINE)
    return "folder"


def test_the_list_has_every_type_of_the_catalogue(cli: Cli) -> None:
    lines = cli("nodes", "list").stdout.splitlines()
    assert [line.split()[0] for line in lines[1:]] == Catalogue().names()
    assert "search-conversation  Search Conversation" in "\n".join(lines)
    assert all(line.count("*") == 1 for line in lines[1:])


def test_the_list_as_json(cli: Cli, mine: str) -> None:
    listed = json.loads(cli("nodes", "list", "--nodes", mine, "--format", "json").stdout)["nodes"]
    assert {
        "node": "mine",
        "title": "[red]Mine\x1b[2J[/red]",
        "versions": ["1.0", "1.10"],
        "recommended": "1.10",
        "integration": "my-service",
    } in listed
    assert [one["node"] for one in listed] == sorted(one["node"] for one in listed)


def test_a_page_says_what_an_author_needs(cli: Cli, mine: str) -> None:
    page = cli("nodes", "show", "mine", "--nodes", mine).stdout
    for said in (
        "mine@1.10",
        "Does what I want.",
        "1.0, 1.10 (recommended)",
        "kind  one of a, b; required",
        "size  whole number; required when kind is a",
        "our reading: Small.",
        "id  text; also written ID",
        "error    It is gone.",
        "also written Gone",
        "onAuthorizationFailure",
        "-  It says nothing.",
        "  type: mine@1.10\n  inputs:\n    kind: a\n    size: 1\n",
    ):
        assert said in page


def test_a_manifest_whose_schema_is_odd_has_a_page(cli: Cli, write: Any) -> None:
    odd = "{kind: {enum: 1, description: {}}, size: {type: {}, examples: 5, description: 7}, more: null}"
    text = re.sub(r"properties:\n.*?\n      if:", f"properties: {odd}\n      if:", MINE, flags=re.DOTALL)
    write("folder/mine.yaml", text)
    result = cli("nodes", "show", "mine", "--nodes", "folder")
    assert result.exit_code == 0, result.stderr
    assert "size  anything; required when kind is a" in result.stdout


def test_titles_are_neither_markup_nor_control_characters(cli: Cli, mine: str) -> None:
    for command in (["list"], ["show", "mine"]):
        page = cli("nodes", *command, "--nodes", mine).stdout
        assert r"[red]Mine\u001b[2J[/red]" in page
        assert "\x1b" not in page


def test_a_version_can_be_named(cli: Cli, mine: str) -> None:
    document = json.loads(cli("nodes", "show", "mine@1.0", "--nodes", mine, "--format", "json").stdout)
    assert document["version"] == "1.0"
    assert document["recommended"] == "1.10"
    assert document["example"] is None


@pytest.mark.parametrize("name", Catalogue().names())
def test_the_json_is_as_documented(cli: Cli, name: str) -> None:
    document = json.loads(cli("nodes", "show", name, "--format", "json").stdout)
    version = Catalogue().find(name)
    assert list(document) == [
        "node", "version", "versions", "recommended", "authorization", "inputs", "outputs", "outcomes", "example"
    ]  # fmt: skip
    assert document["node"] == name
    assert document["version"] == document["recommended"] == version.version
    assert document["inputs"] == version.spec["inputs"]
    assert all(list(outcome) == ["kind", "aliases", "description"] for outcome in document["outcomes"].values())
    assert {"onError", "onInvalidData", "onInvalidChoice", "onTimeout", "onAuthorizationFailure"} <= set(
        document["outcomes"]
    )


@pytest.mark.parametrize("name", Catalogue().names())
def test_every_shipped_type_has_a_page(cli: Cli, name: str) -> None:
    node_type = Catalogue().load(name)
    for number in node_type.versions:
        page = cli("nodes", "show", f"{name}@{number}").stdout
        assert page.startswith(f"{name}@{number}  {node_type.title}\n")
        assert all(f"  {outcome} " in page for outcome in node_type.versions[number].outcomes)
        assert all(f"  {one} " in page for one in node_type.versions[number].spec["inputs"]["properties"])


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("serch-conversation", "did you mean 'search-conversation'"),
        ("search-conversation@1.2", "it has 1.0, 1.1, 1.3"),
        ("delay@", "it has 1.0"),
    ],
)
def test_what_is_not_there_gets_a_suggestion(cli: Cli, name: str, said: str) -> None:
    result = cli("nodes", "show", name)
    assert (result.exit_code, result.stdout) == (2, "")
    assert said in result.stderr
