"""The conversations that the embedded sandbox starts with: ``demo.yaml`` beside this file."""

from __future__ import annotations

from pathlib import Path

from flowengine.core.answers import Json
from flowengine.flowfile.yaml_tree import read_yaml, to_value


def demo_seed() -> list[dict[str, Json]]:
    """Return the demo conversations, in the form of a Sandbox's ``seed``."""
    seed: list[dict[str, Json]] = to_value(read_yaml(Path(__file__).with_name("demo.yaml")))
    return seed
