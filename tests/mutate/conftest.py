from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from flowengine.catalogue.catalogue import Catalogue
from flowengine.check.validate import read_flow
from flowengine.flowfile.syntax import Flow
from flowengine.mutate.mutation import Mutation
from flowengine.project import catalogue_near

Kind = Callable[[Flow, Catalogue], Iterable[Mutation]]
Told = Callable[[Kind, str], list[tuple[int | None, str | None, str]]]


@pytest.fixture(scope="session")
def catalogue() -> Catalogue:
    return catalogue_near(Path(__file__))


@pytest.fixture
def told(catalogue: Catalogue) -> Told:
    """Return the changes of one kind of a flow: line, node, sentence."""

    def tell(kind: Kind, text: str) -> list[tuple[int | None, str | None, str]]:
        flow = read_flow(text, Path("flow.yaml"))
        return [(one.line(flow), one.node, one.said) for one in kind(flow, catalogue)]

    return tell
