"""Changes of retries: none, one attempt less, one outcome less."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from flowengine.catalogue.catalogue import Catalogue
from flowengine.check.names import find_version
from flowengine.flowfile.syntax import Flow
from flowengine.mutate.mutation import REMOVED, At, Edit, Mutation, Reach, handler, walked_nodes

_TWICE: Final = 2


def retry_mutations(flow: Flow, catalogue: Catalogue) -> Iterator[Mutation]:
    """Yield the changes of ``retry`` in ``defaults`` and in each node."""
    nodes = walked_nodes(flow, catalogue)
    shared = [name for name, node in nodes.items() if "retry" not in node and handler(node, catalogue) is None]
    if shared and "retry" in flow.defaults:
        yield from _of_retry(("defaults", "retry"), flow.defaults["retry"], _spellings(nodes, shared, catalogue))
    for name, node in nodes.items():
        if "retry" in node:
            yield from _of_retry(("nodes", name, "retry"), node["retry"], _spellings(nodes, [name], catalogue))


def _spellings(
    nodes: Mapping[str, Mapping[str, Any]], names: list[str], catalogue: Catalogue
) -> Mapping[str, Mapping[str, str]]:
    """Return by node the other spellings of its outcomes."""
    versions = {name: find_version(catalogue, nodes[name]["type"]) for name in names}
    return {name: version.aliases if version is not None else {} for name, version in versions.items()}


def _of_retry(at: At, retry: Mapping[str, Any], nodes: Mapping[str, Mapping[str, str]]) -> Iterator[Mutation]:
    attempts, on = retry["attempts"], retry["on"]
    if attempts < _TWICE:
        return

    def after(labels: list[str], least: int = _TWICE) -> Reach:
        outcomes = {spellings.get(label, label) for label in labels for spellings in nodes.values()}
        return Reach(tuple(nodes), attempts=least, retried=outcomes)

    less = (*at, "attempts")
    yield Mutation("retry", less, "nothing is tried again", str(attempts), "1", (Edit(less, 1),), after(on))
    if attempts > _TWICE:
        fewer = attempts - 1
        said = f"{fewer} attempts instead of {attempts}"
        edit = Edit(less, fewer)
        yield Mutation("retry", less, said, str(attempts), str(fewer), (edit,), after(on, attempts))
    for number, label in enumerate(on if len(on) > 1 else ()):
        place = (*at, "on", number)
        said = f"not tried again after {label}"
        yield Mutation("retry", place, said, label, None, (Edit(place, REMOVED),), after([label]))
