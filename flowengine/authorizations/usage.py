"""Which nodes of which flows work under an authorization, environment by environment."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from flowengine.catalogue.catalogue import Catalogue
from flowengine.check.names import authorization_of, find_version
from flowengine.check.validate import load
from flowengine.errors import InvalidFile
from flowengine.flowfile.syntax import Flow
from flowengine.project import SANDBOX, Project, catalogue_near, find_project


class Use(NamedTuple):
    """A node that works under an authorization: its own, or the one of the flow's ``defaults``.

    ``environments`` are those in which the name in the flow leads to it; none where nothing but the sandbox is bound.
    """

    path: Path
    flow: str
    node: str
    environments: tuple[str, ...]
    integration: str | None = None
    kinds: tuple[str, ...] = ()
    """Those that the node takes; empty for any."""


class Setting(NamedTuple):
    """What names an authorization beside flows: how ``what`` (``channel``, ``callbacks``, ``stream``) ``of`` is set."""

    what: str
    of: str
    environment: str


@dataclass(frozen=True)
class Uses:
    """Uses by the name of the stored authorization. ``unread`` are files whose uses cannot be known."""

    by_name: dict[str, list[Use]]
    unread: list[Path]

    def of(self, name: str) -> list[Use]:
        """Return the uses of one authorization."""
        return self.by_name.get(name, [])


def find_uses(files: Iterable[Path]) -> Uses:
    """Look through flow files. Never raises for what is wrong with one of them."""
    by_name: dict[str, list[Use]] = {}
    unread = []
    near: dict[Path, tuple[Project, Catalogue]] = {}
    for path in files:
        try:
            flow = load(path)
            if path.parent not in near:
                near[path.parent] = find_project(path.parent), catalogue_near(path)
            project, catalogue = near[path.parent]
        except InvalidFile:
            unread.append(path)
            continue
        for name, use in _uses(flow, project, catalogue):
            by_name.setdefault(name, []).append(use)
    return Uses(by_name, unread)


def _uses(flow: Flow, project: Project, catalogue: Catalogue) -> Iterator[tuple[str, Use]]:
    for node, written in flow.nodes.items():
        version = find_version(catalogue, written.get("type", ""))
        named = authorization_of(written, version, flow.defaults) if version else written.get("authorization")
        if named is not None:
            integration = version.integration if version else None
            kinds = version.authorization_kinds if version else ()
            for name, environments in _stored(named, integration, project).items():
                yield name, Use(flow.path, flow.id, node, tuple(environments), integration, kinds)


def find_settings(project: Project) -> dict[str, list[Setting]]:
    """Return what the project file says is verified with signing secrets, by the name of the stored authorization."""
    found: dict[str, list[Setting]] = {}
    for environment in project.environments.values():
        signed = [("channel", name, one.signature) for name, one in environment.channels.items()]
        signed += [("callbacks", name, one.callback_signature) for name, one in environment.integrations.items()]
        for what, of, signature in signed:
            for named in signature.authorizations if signature else ():
                stored = environment.authorizations.get(named, named)
                found.setdefault(stored, []).append(Setting(what, of, environment.name))
    return found


def _stored(named: str, integration: str | None, project: Project) -> dict[str, list[str]]:
    """Return what a name in a flow leads to, with the environments in which it does."""
    found: dict[str, list[str]] = {}
    for environment in project.environments.values():
        bound = environment.integrations.get(integration) if integration else None
        if bound is None or bound.base_url != SANDBOX:
            found.setdefault(environment.authorizations.get(named, named), []).append(environment.name)
    return found or {named: []}
