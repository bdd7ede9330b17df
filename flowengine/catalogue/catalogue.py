"""The catalogue: finds node types by name in folders of manifests, and loads each once, when it is asked for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Final

from flowengine import shipped
from flowengine.catalogue.manifest import ExtendsCycle, merged_versions
from flowengine.catalogue.written_inputs import allow_references
from flowengine.core.outcomes import STANDARD_ALIASES, STANDARD_OUTCOMES
from flowengine.errors import InvalidFile
from flowengine.findings import Finding
from flowengine.flowfile.shape import refuse_misshapen
from flowengine.flowfile.yaml_tree import locate, read_yaml, to_value
from flowengine.json_schema import JsonSchema

HANDLERS: Final = ("branch", "set-variables", "evaluate", "data-parser", "delay", "receive", "call-flow")
"""Built-in Python handlers a manifest may name."""


@dataclass(frozen=True, eq=False)
class NodeVersion:
    """One version of a node type. ``spec`` is its manifest with ``extends`` merged in."""

    name: str
    version: str
    recommended: str
    title: str
    integration: str | None
    spec: Mapping[str, Any]
    authorization: Mapping[str, Any] = field(default_factory=dict)
    """What the manifest says about authorizations: ``kinds`` and ``required``, each of them only where it is said."""

    @property
    def authorization_kinds(self) -> tuple[str, ...]:
        """The kinds of authorizations that requests may be sent under; empty for any."""
        return tuple(self.authorization.get("kinds", ()))

    @property
    def takes_authorization(self) -> bool:
        """Whether a node can have an authorization at all: only who sends something can."""
        return "request" in self.spec

    @property
    def needs_authorization(self) -> bool:
        """Whether the node does not work without one: where it has an integration, unless its manifest says no."""
        return self.takes_authorization and self.authorization.get("required", self.integration is not None)

    @property
    def pinned(self) -> str:
        """Return ``name@version``."""
        return f"{self.name}@{self.version}"

    @cached_property
    def outcomes(self) -> dict[str, dict[str, Any]]:
        """Every outcome with kind, description and aliases, the five standard ones included."""
        own = self.spec.get("outcomes", {})
        outcomes = {
            name: {"kind": "error", "description": "", "aliases": [], **declared} for name, declared in own.items()
        }
        for name, description in STANDARD_OUTCOMES.items():
            declared = own.get(name, {})
            outcomes[name] = {
                "kind": declared.get("kind", "error"),
                "description": declared.get("description", description),
                "aliases": [
                    *(alias for alias, canonical in STANDARD_ALIASES.items() if canonical == name),
                    *(alias for alias in declared.get("aliases", []) if alias not in STANDARD_ALIASES),
                ],
            }
        return outcomes

    @cached_property
    def aliases(self) -> dict[str, str]:
        """Other spellings of outcomes, each with the canonical one."""
        return {alias: name for name, outcome in self.outcomes.items() for alias in outcome["aliases"]}

    @cached_property
    def inputs(self) -> JsonSchema:
        """The schema of the inputs."""
        return JsonSchema(self.spec.get("inputs", {}))

    @cached_property
    def inputs_as_written(self) -> JsonSchema:
        """The schema of the inputs, with references allowed in place of values."""
        return JsonSchema(allow_references(self.spec.get("inputs", {})))

    @property
    def open_outcomes(self) -> bool:
        """Whether the flow names the outcomes (``branch`` rows, ``evaluate`` branches)."""
        return bool(self.spec.get("openOutcomes"))


@dataclass(frozen=True)
class NodeType:
    """A node type with all its versions, oldest first."""

    name: str
    title: str
    description: str
    integration: str | None
    path: Path
    versions: Mapping[str, NodeVersion]
    recommended: str
    aliases: tuple[str, ...] = ()
    """Other names of the type on the vendor's pages, for who looks for it by one of them."""

    @property
    def is_shipped(self) -> bool:
        """Whether it came with the engine."""
        return _is_shipped(self.path)


class Catalogue:
    """Node types by name. Folders that come first win; the shipped catalogue comes last."""

    def __init__(self, folders: Iterable[Path] = ()) -> None:
        self._folders = [*folders, shipped.shipped("nodes")]
        self._loaded: dict[str, NodeType] = {}

    @cached_property
    def _files(self) -> dict[str, Path]:
        files: dict[str, Path] = {}
        for folder in self._folders:
            for path in sorted(folder.rglob("*.yaml")):
                files.setdefault(path.stem, path)
        return files

    def names(self) -> list[str]:
        """Return the names of all node types, sorted."""
        return sorted(self._files)

    def __iter__(self) -> Iterator[NodeType]:
        return (self.load(name) for name in self.names())

    def load(self, name: str) -> NodeType:
        """Return a node type. Raises KeyError where there is none, InvalidFile where its manifest is wrong."""
        if name not in self._loaded:
            self._loaded[name] = load_manifest(self._files[name])
        return self._loaded[name]

    def find(self, name: str, version: str | None = None) -> NodeVersion:
        """Return a version of a node type, the recommended one by default. Raises KeyError, InvalidFile."""
        node_type = self.load(name)
        return node_type.versions[version or node_type.recommended]


def load_manifest(path: Path) -> NodeType:
    """Read one manifest. Raises InvalidFile with everything that is wrong with it."""
    tree = read_yaml(path)
    if not _is_shipped(path):
        refuse_misshapen("node", tree, str(path))
    data = to_value(tree)

    def wrong(message: str, *at: str | int) -> InvalidFile:
        found = locate(tree, at)
        return InvalidFile([Finding("FE205", message, str(path), found.span if found else None)])

    name = data["node"]
    if name != path.stem:
        raise wrong(f"the node is called {name!r}: name the file {name}.yaml, so that it is found", "node")
    try:
        specs = merged_versions(data)
    except ExtendsCycle as fault:
        raise wrong(str(fault), "versions") from None
    chosen = [number for number, spec in specs.items() if spec.get("recommended")]
    if len(chosen) > 1:
        raise wrong(f"{' and '.join(chosen)} are recommended: one version can be", "versions", chosen[1], "recommended")
    for number, spec in specs.items():
        if spec.get("handler", "branch") not in HANDLERS:
            message = f"there is no handler {spec['handler']!r}: expected one of {', '.join(HANDLERS)}"
            raise wrong(message, "versions", number, "handler")
        if ("request" in spec) == ("handler" in spec):
            raise wrong(f"version {number} needs either a `request` or a `handler`", "versions", number)
    return _node_type(data, specs, path)


def _is_shipped(path: Path) -> bool:
    return path.is_relative_to(shipped.shipped("nodes"))


def _node_type(data: dict[str, Any], specs: dict[str, dict[str, Any]], path: Path) -> NodeType:
    order = sorted(specs, key=lambda number: [int(part) for part in number.split(".")])
    recommended = next((number for number in order if specs[number].get("recommended")), order[-1])
    name, title, integration = data["node"], data.get("title", data["node"]), data.get("integration")
    authorization = data.get("authorization", {})
    versions = {
        number: NodeVersion(name, number, recommended, title, integration, specs[number], authorization)
        for number in order
    }
    aliases = tuple(data.get("aliases", ()))
    return NodeType(name, title, data.get("description", ""), integration, path, versions, recommended, aliases)
