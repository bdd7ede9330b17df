from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

import flowengine
from flowengine.catalogue.catalogue import NodeVersion
from flowengine.check.manifests import faults_of

MANIFEST = """\
node: look
versions:
  "1.0":
    inputs:
      type: object
      additionalProperties: false
      properties: {id: {type: string}, other: {type: string}}
    request:
      method: POST
      path: /look/$(id)
      json: {other: $(other)}
      firstOf: {any: [id, other]}
      headers: {X-Any: $(any)}
    responses:
      - {when: {status: 200, body: {$.a: {regex: "^x"}}}, outcome: found}
      - {when: {status: 404}, outcome: onerror}
    reason: $.message
    outputs: {a: {path: $.a, aliases: [b]}, c: {path: $.c}}
    outcomes: {found: {kind: success, aliases: [ok]}, lost: {kind: error}}
"""
FLOW = """\
flow: case
start: a
nodes:
  a: {type: look@VERSION, inputs: {id: x}, edges: {onInvalidChoice: done}}
  done: {end: success}
"""

Validate = Callable[..., list[flowengine.Finding]]


def findings(validated: Validate, manifest: str, version: str = "1.0") -> list[flowengine.Finding]:
    return validated(FLOW.replace("VERSION", version), look=manifest)


def test_a_sound_manifest_has_no_findings(validated: Validate) -> None:
    assert findings(validated, MANIFEST) == []


@pytest.mark.parametrize(
    ("change", "line", "column", "says"),
    [
        (("type: object", "type: objekt"), 5, 7, "the inputs are no JSON Schema"),
        (("{id: {type: string}", '{id: {$ref: "http://example.com/x"}'), 5, 7, "example.com/x"),
        (("{id: {type: string}", '{id: {pattern: "(?=a)"}'), 5, 7, "regex"),
        (("/look/$(id)", "/look/$(1)"), 10, 13, "is not a reference"),
        (("/look/$(id)", "/look/$(othr)"), 10, 13, "$(othr) is no input (did you mean 'other'?)"),
        (("$(other)", "$(none)"), 11, 13, "$(none) is no input"),
        (("outcome: found", "outcome: fuond"), 15, 68, "there is no outcome 'fuond' (did you mean 'found'?)"),
        (('"^x"', '"("'), 15, 16, "is not a regular expression"),
        (("{$.a: {regex", "{$.1a: {regex"), 15, 16, "'$.1a' is not a path"),
        (("reason: $.message", "reason: $.1"), 17, 13, "'$.1' is not a path"),
        (("{path: $.c}", "{path: $.c d}"), None, None, "$.c d"),
        (("{path: $.c}", "{path: $.1c}"), 18, 55, "'$.1c' is not a path"),
        (("{path: $.c}", "{path: $.c, aliases: [b]}"), 18, 69, "'b' is a spelling of 'a', too"),
        (
            ("lost: {kind: error}", "lost: {kind: error, aliases: [found]}"),
            19,
            84,
            "'found' is a spelling of 'found', too",
        ),
    ],
)
def test_a_mistake_in_a_manifest_is_found_at_its_place(
    change: tuple[str, str], line: int | None, column: int | None, says: str, validated: Validate
) -> None:
    assert MANIFEST.count(change[0]) == 1
    (found,) = findings(validated, MANIFEST.replace(*change))
    assert says in str(found)
    assert found.path.endswith("look.yaml")
    if line is not None:
        assert (found.code, found.span and found.span[:2]) == ("FE205", (line, column))


@pytest.mark.parametrize(
    ("more", "says"),
    [
        (
            '  "1.1": {extends: "1.0", recommended: true}\n  "1.2": {extends: "1.0", recommended: true}\n',
            "are recommended",
        ),
        ('  "1.1": {extends: "1.2"}\n  "1.2": {extends: "1.1"}\n', "extends itself"),
        ('  "1.1": {extends: "1.2"}\n', "extends 1.2, which does not exist"),
        ('  "1.1": {extends: "1.0", request: null}\n', "needs either a `request` or a `handler`"),
        ('  "1.1": {extends: "1.0", handler: branch}\n', "needs either a `request` or a `handler`"),
        ('  "1.1": {handler: magic, outcomes: {}}\n', "there is no handler 'magic': expected one of branch"),
    ],
)
def test_versions_that_make_no_sense_together(more: str, says: str, validated: Validate) -> None:
    (found,) = findings(validated, MANIFEST + more)
    assert found.code == "FE205"
    assert says in found.message
    assert found.span is not None


def test_what_a_version_inherits_is_pointed_at_from_where_it_would_stand(validated: Validate) -> None:
    manifest = MANIFEST.replace("outcome: found", "outcome: fuond") + '  "1.1":\n    extends: "1.0"\n'
    (found,) = findings(validated, manifest, "1.1")
    assert found.message.startswith("look@1.1: there is no outcome 'fuond'")
    assert found.span is not None
    assert found.span.line == 21


def test_an_open_schema_lets_a_template_read_anything(validated: Validate) -> None:
    open_one = MANIFEST.replace("      additionalProperties: false\n", "").replace("/look/$(id)", "/look/$(whatever)")
    assert findings(validated, open_one) == []


def shipped() -> Iterator[Any]:
    for node_type in flowengine.Catalogue():
        for version in node_type.versions.values():
            yield pytest.param(version, id=version.pinned)


@pytest.mark.parametrize("version", list(shipped()))
def test_the_shipped_node_types_are_sound(version: NodeVersion) -> None:
    assert list(faults_of(version)) == []
