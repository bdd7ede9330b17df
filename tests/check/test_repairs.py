"""What ``--fix`` would write: labels of ``defaults`` and of ``retry``, too, where nobody has to choose."""

from __future__ import annotations

from pathlib import Path

import pytest

import flowengine
from flowengine.check.repairs import repaired, repairs

FLOW = """\
flow: case
defaults:
  retry: {attempts: 2, on: [onFailure, "ontimeout"]}
  edges: {onauthorizationfail: failed, onInvalidChoice: failed}
start: a
nodes:
  a:
    type: reopen-conversation@1.0
    inputs: {conversationId: $(trigger.id)}
    retry: {attempts: 3, on: [onerror]}
    edges: {ConversationReopened: done, ConversationReopenFailed: failed}
  done: {end: success}
  failed: {end: error}
"""
FIXED = (
    FLOW.replace("onFailure", "Failure")
    .replace("ontimeout", "onTimeout")
    .replace("onauthorizationfail:", "onAuthorizationFailure:")
    .replace("onerror", "onError")
)


def fixed(text: str, path: Path) -> str:
    path.write_text(text, "utf-8")
    flow, catalogue = flowengine.load(path), flowengine.Catalogue()
    return repaired(text, repairs(flow, catalogue, flowengine.validate(flow, catalogue)))


def test_every_label_is_written_canonically(tmp_path: Path) -> None:
    assert fixed(FLOW, tmp_path / "flow.yaml") == FIXED


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("on: [onError]", "on: [onerror, onError]"),
        ("{onAuthorizationFailure: failed", "{onAuthorizationFailure: failed, onauthorizationfail: failed"),
    ],
)
def test_what_is_there_twice_is_left_alone(old: str, new: str, tmp_path: Path) -> None:
    text = FIXED.replace(old, new)
    assert text != FIXED
    assert fixed(text, tmp_path / "flow.yaml") == text


def test_a_label_that_means_different_things_to_nodes_is_left_alone(tmp_path: Path) -> None:
    text = (
        "flow: case\ndefaults: {edges: {onSuccess: done, onInvalidChoice: failed}}\nstart: a\nnodes:\n"
        "  a: {type: delay@1.0, inputs: {duration: 1s}, edges: {onTimeout: b}}\n"
        "  b: {type: http-request@1.0, inputs: {method: GET, url: $(trigger.url)}}\n"
        "  done: {end: success}\n  failed: {end: error}\n"
    )
    assert fixed(text, tmp_path / "flow.yaml") == text
