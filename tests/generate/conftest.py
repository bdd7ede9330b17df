from __future__ import annotations

import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import flowengine
from flowengine.flowfile.syntax import Flow
from flowengine.flowfile.yaml_tree import parse_yaml, to_value
from flowengine.generate.generate import Generated, generate

NODES = Path(__file__).parents[1] / "conformance" / "nodes"


@pytest.fixture(scope="session")
def catalogue() -> flowengine.Catalogue:
    return flowengine.Catalogue([NODES])


@pytest.fixture
def flow_of() -> Callable[[str], Flow]:
    """Read a flow out of the text of its nodes, or of all of it."""

    def read(text: str) -> Flow:
        text = textwrap.dedent(text).lstrip("\n")
        tree = parse_yaml(text, "sample.yaml")
        return Flow(Path("sample.yaml"), tree, to_value(tree), text)

    return read


@pytest.fixture
def made(flow_of: Callable[[str], Flow], catalogue: flowengine.Catalogue) -> Callable[..., Generated]:
    """Generate for the text of a flow. Each case has to come out as it expects."""

    def make(text: str, **options: Any) -> Generated:
        generated = generate(flow_of(text), catalogue, **options)
        for case in generated.cases:
            done = flowengine.dry_run(generated.plan, case.recording)
            assert done.differences == []
            assert dict(done.unused) == {}
        return generated

    return make


@pytest.fixture
def branch(made: Callable[..., Generated]) -> Callable[..., Generated]:
    """Generate for a branch with rows, and whatever else a flow has before it."""

    def make(*rows: str, before: str = "", start: str = "choose", variables: str = "{}") -> Generated:
        listed = "\n".join(f"        - {row}" for row in rows)
        return made(
            f"""
flow: sample
variables: {variables}
defaults: {{edges: {{onError: failed, onTimeout: failed, onAuthorizationFailure: failed, onInvalidChoice: failed}}}}
start: {start}
nodes:
{textwrap.indent(textwrap.dedent(before), "  ")}
  choose:
    type: branch@1.0
    inputs:
      rows:
{listed}
    edges: {{None of the above: done, onInvalidData: failed}}
  done: {{end: success}}
  failed: {{end: error}}
"""
        )

    return make
