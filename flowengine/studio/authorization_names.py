"""The authorizations that a flow of the folder can name, and how those are that the names lead to."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from typing import Any

from flowengine.authorizations.record import DELETED
from flowengine.authorizations.store import AuthorizationStore
from flowengine.errors import InvalidFile
from flowengine.flowfile.yaml_source import read_source, to_text
from flowengine.lsp.draft import read_draft
from flowengine.project import Environment
from flowengine.server.routing import ApiError
from flowengine.studio.workspace import Workspace


def authorization_names(workspace: Workspace, store: AuthorizationStore) -> list[dict[str, Any]]:
    """Return what the store has, what an environment knows and what flows say, with the state of each; None: not kept.

    A project file that is wrong says nothing; it is the editor's to show.
    """
    now = time.time()
    states = {one.name: one.status(now) for one in store.read().values() if one.state != DELETED}
    environments: Mapping[str, Environment] = {}
    with suppress(ApiError):
        environments = workspace.project().environments
    mapped = {name for one in environments.values() for name in one.authorizations}
    names = sorted({*states, *mapped, *_said_by_flows(workspace)})
    return [_name_json(name, states.get, environments) for name in names]


def _name_json(
    name: str, state_of: Callable[[str], str | None], environments: Mapping[str, Environment]
) -> dict[str, Any]:
    leads = [(one, known.authorizations.get(name, name)) for one, known in environments.items()]
    return {
        "name": name,
        "state": state_of(name),
        "environments": [{"name": one, "to": to, "state": state_of(to)} for one, to in leads],
    }


def _said_by_flows(workspace: Workspace) -> Iterator[str]:
    """Yield what flows say, as far as they can be read."""
    for _, path in workspace.flows():
        with suppress(InvalidFile):
            draft = read_draft(to_text(read_source(path), str(path)))
            holders = (draft.defaults, *draft.nodes.values())
            yield from (name for one in holders if isinstance(name := one.get("authorization"), str))
