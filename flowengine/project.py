"""The project file ``flowengine.yaml``: binds the names in flows to the world, environment by environment."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from flowengine.catalogue.catalogue import Catalogue
from flowengine.core.durations import parse_duration
from flowengine.errors import InvalidFile, UsageError
from flowengine.findings import Finding
from flowengine.flowfile.shape import refuse_misshapen
from flowengine.flowfile.yaml_tree import Tree, locate, read_yaml, to_value
from flowengine.hosts import is_this_machine, read_entry
from flowengine.schema_problems import did_you_mean

FILE_NAME: Final = "flowengine.yaml"
SANDBOX: Final = "sandbox"
"""Base URL and environment name of the embedded sandbox."""

ENGAGE: Final = "webex-engage"


@dataclass(frozen=True)
class OAuth:
    """Where an integration's authorization server is, and what is asked of it."""

    token_url: str
    authorize_url: str | None = None
    revoke_url: str | None = None
    scopes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Integration:
    """Where a service is. ``timeout`` (seconds): for nodes that say none; ``concurrency``: most requests at once."""

    base_url: str
    timeout: float | None = None
    concurrency: int | None = None
    oauth: OAuth | None = None


@dataclass(frozen=True)
class Environment:
    """One world that flows run in. ``egress`` is what ``http-request`` may reach: entries of ``flowengine.hosts``."""

    name: str = SANDBOX
    integrations: Mapping[str, Integration] = field(default_factory=lambda: {ENGAGE: Integration(SANDBOX)})
    authorizations: Mapping[str, str] = field(default_factory=dict)
    egress: frozenset[str] = frozenset()

    def bind_sandbox(self, base_url: str) -> Environment:
        """Return the same environment with the running sandbox's address filled in; the sandbox may be reached."""
        bound = {
            name: replace(one, base_url=base_url) if one.base_url == SANDBOX else one
            for name, one in self.integrations.items()
        }
        return replace(self, integrations=bound, egress=self.egress | {urlsplit(base_url).netloc})


@dataclass(frozen=True)
class Project:
    """A project file, or what holds without one. ``database``: where runs are kept, if they are."""

    path: Path | None = None
    node_folders: tuple[Path, ...] = ()
    default: str = SANDBOX
    environments: Mapping[str, Environment] = field(default_factory=lambda: {SANDBOX: Environment()})
    database: Path | None = None

    def environment(self, name: str | None = None) -> Environment:
        """Return an environment, the default one without a name. Raises UsageError where there is none."""
        wanted = name or self.default
        if wanted not in self.environments:
            where = str(self.path) if self.path else f"no {FILE_NAME} was found"
            hint = did_you_mean(wanted, list(self.environments))
            raise UsageError(f"there is no environment {wanted!r} ({where}); {hint}")
        return self.environments[wanted]


def find_project(start: Path) -> Project:
    """Look for the project file from ``start`` upward. Raises InvalidFile where it is wrong."""
    folder = start.resolve()
    for candidate in (folder, *folder.parents):
        path = candidate / FILE_NAME
        try:
            is_there = path.is_file()
        except OSError:
            continue  # a folder that cannot be looked into; reading the flow says why
        if is_there:
            return load_project(path)
    return Project()


def catalogue_near(file: Path, nodes: Iterable[str | Path] = ()) -> Catalogue:
    """Return the node types that hold for a file: those of ``nodes`` first, its project's, the shipped ones.

    Raises InvalidFile where the project file is wrong.
    """
    return Catalogue([*map(Path, nodes), *find_project(file.parent).node_folders])


def load_project(path: Path) -> Project:
    """Read a project file. Raises InvalidFile with everything that is wrong with it."""
    tree = read_yaml(path)
    refuse_misshapen("project", tree, str(path))
    data = to_value(tree)
    findings = _judge(tree, data, str(path))
    if findings:
        raise InvalidFile(findings)
    environments = {name: _environment(name, one or {}) for name, one in data.get("environments", {}).items()}
    return Project(
        path=path,
        node_folders=tuple(path.parent / folder for folder in data.get("nodes", ())),
        default=data.get("default", SANDBOX),
        environments={SANDBOX: Environment(), **environments},
        database=path.parent / data["database"] if "database" in data else None,
    )


def _judge(tree: Tree, data: dict[str, Any], path: str) -> list[Finding]:
    """FE701 to FE704: what the schema cannot say."""
    findings = []

    def finding(code: str, message: str, hint: str, *at: str | int) -> None:
        found = locate(tree, at)
        findings.append(Finding(code, message, path, found.span if found else None, hint=hint or None))

    environments = {SANDBOX, *data.get("environments", {})}
    if data.get("default", SANDBOX) not in environments:
        hint = did_you_mean(data["default"], sorted(environments))
        finding("FE701", f"there is no environment {data['default']!r}", hint, "default")
    for number, folder in enumerate(data.get("nodes", ())):
        if not is_folder(Path(path).parent / folder):
            finding("FE702", f"there is no folder {folder!r} beside this file", "", "nodes", number)
    for at, address in _addresses(data):
        if not is_safe(address):
            message = f"{address!r} is not a safe address: credentials would travel in the clear"
            finding("FE703", message, "use https; http is for this machine only, and no user name in it", *at)
    for name, environment in data.get("environments", {}).items():
        for number, entry in enumerate((environment or {}).get("egress", {}).get("allow", ())):
            try:
                read_entry(entry)
            except ValueError as fault:
                finding("FE704", str(fault), "", "environments", name, "egress", "allow", number)
    return findings


def _addresses(data: Mapping[str, Any]) -> Iterator[tuple[tuple[str, ...], str]]:
    """Yield every address that credentials are sent to, with its place."""
    for name, environment in data.get("environments", {}).items():
        for integration, one in (environment or {}).get("integrations", {}).items():
            at = ("environments", name, "integrations", integration)
            yield (*at, "baseUrl"), one["baseUrl"]
            for key, address in one.get("oauth", {}).items():
                if key.endswith("Url"):
                    yield (*at, "oauth", key), address


def is_folder(path: Path) -> bool:
    """Whether a path is a folder; one that cannot even be looked at is none, and reading it says why."""
    try:
        return path.is_dir()
    except OSError:  # such as a name that is too long
        return False


def _environment(name: str, data: Mapping[str, Any]) -> Environment:
    return Environment(
        name=name,
        integrations={
            key: Integration(
                one["baseUrl"],
                parse_duration(one["timeout"]) if "timeout" in one else None,
                one.get("concurrency"),
                _oauth(one["oauth"]) if "oauth" in one else None,
            )
            for key, one in data.get("integrations", {}).items()
        },
        authorizations=data.get("authorizations", {}),
        egress=frozenset(data.get("egress", {}).get("allow", ())),
    )


def _oauth(data: Mapping[str, Any]) -> OAuth:
    return OAuth(data["tokenUrl"], data.get("authorizeUrl"), data.get("revokeUrl"), tuple(data.get("scopes", ())))


def is_safe(base_url: str) -> bool:
    """Whether credentials may be sent there: https, or http on this machine."""
    if base_url == SANDBOX:
        return True
    try:
        parts = urlsplit(base_url)
        host = parts.hostname or ""
    except ValueError:
        return False
    if "@" in parts.netloc or not host:
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and is_this_machine(host))
