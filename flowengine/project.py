"""The project file ``flowengine.yaml``: binds the names in flows to the world, environment by environment."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final, TypeAlias
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

LOCAL: Final = "local"
"""Callback address of an integration that posts to this process."""

_OPTIONS: Final = {
    "webex": (),
    "webex-connect": ("header",),
    "hmac-sha256": ("header", "prefix", "timestamp", "window"),
    "service-key": ("header",),
    "jwt": ("header", "window"),
}
"""Of each scheme of a signature."""

_Fault: TypeAlias = tuple[str, tuple[str | int, ...], str, str]
"""Code, place, message and hint of a finding."""


@dataclass(frozen=True)
class OAuth:
    """Where an integration's authorization server is, and what is asked of it."""

    token_url: str
    authorize_url: str | None = None
    revoke_url: str | None = None
    scopes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Signature:
    """How whoever posts to us proves who it is (``flowengine.streams.signatures``).

    ``authorizations`` name the secrets, any of which will do. ``header`` and ``prefix`` say where the proof stands,
    ``timestamp`` which header has the moment that is signed with the body, ``window`` how old (seconds) it may be.
    """

    scheme: str
    authorizations: tuple[str, ...]
    header: str | None = None
    prefix: str = ""
    timestamp: str | None = None
    window: float = 300.0


@dataclass(frozen=True)
class Channel:
    """What may be posted as events of a channel. ``signature`` None: it is ``unsigned``, and anybody may.

    ``assets``: id of the app -> the business address behind it, for channels whose events only have the first.
    """

    signature: Signature | None = None
    assets: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Integration:
    """Where a service is. ``timeout`` (seconds): for nodes that say none; ``concurrency``: most requests at once.

    ``callback_url``: where it is asked to post results that come later, None: nowhere. With ``callback_local`` that is
    this process, once ``Environment.bind_callbacks`` has said where that listens. ``callback_signature`` None: what is
    posted there is unsigned.
    """

    base_url: str
    timeout: float | None = None
    concurrency: int | None = None
    oauth: OAuth | None = None
    callback_url: str | None = None
    callback_local: bool = False
    callback_signature: Signature | None = None


@dataclass(frozen=True)
class Environment:
    """One world that flows run in. ``egress`` is what ``http-request`` may reach: entries of ``flowengine.hosts``."""

    name: str = SANDBOX
    integrations: Mapping[str, Integration] = field(default_factory=lambda: {ENGAGE: Integration(SANDBOX)})
    authorizations: Mapping[str, str] = field(default_factory=dict)
    egress: frozenset[str] = frozenset()
    channels: Mapping[str, Channel] = field(default_factory=dict)

    def bind_callbacks(self, base_url: str) -> Environment:
        """Return the same environment with the address of local callbacks: below ``base_url``, where we listen."""
        bound = {
            name: replace(one, callback_url=f"{base_url}/callbacks/{name}") if one.callback_local else one
            for name, one in self.integrations.items()
        }
        return replace(self, integrations=bound)

    def without_callbacks(self) -> Environment:
        """Return the same environment, in which nobody is asked to post results to another process."""
        bound = {
            name: one if one.callback_local else replace(one, callback_url=None)
            for name, one in self.integrations.items()
        }
        return replace(self, integrations=bound)

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
    """FE701 to FE705: what the schema cannot say."""
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
    for code, at, message, hint in (*_unsafe(data), *_bad_hosts(data), *_unverified(data)):
        finding(code, message, hint, *at)
    return findings


def _unsafe(data: Mapping[str, Any]) -> Iterator[_Fault]:
    for at, address in _addresses(data):
        if not is_safe(address):
            message = f"{address!r} is not a safe address: credentials would travel in the clear"
            yield "FE703", at, message, "use https; http is for this machine only, and no user name in it"


def _addresses(data: Mapping[str, Any]) -> Iterator[tuple[tuple[str, ...], str]]:
    """Yield every address that credentials are sent to, with its place."""
    for name, environment in data.get("environments", {}).items():
        for integration, one in (environment or {}).get("integrations", {}).items():
            at = ("environments", name, "integrations", integration)
            yield (*at, "baseUrl"), one["baseUrl"]
            for key, address in one.get("oauth", {}).items():
                if key.endswith("Url"):
                    yield (*at, "oauth", key), address
            address = one.get("callback", {}).get("url", LOCAL)
            if address != LOCAL:
                yield (*at, "callback", "url"), address


def _bad_hosts(data: Mapping[str, Any]) -> Iterator[_Fault]:
    for name, environment in data.get("environments", {}).items():
        for number, entry in enumerate((environment or {}).get("egress", {}).get("allow", ())):
            try:
                read_entry(entry)
            except ValueError as fault:
                yield "FE704", ("environments", name, "egress", "allow", number), str(fault), ""


def _unverified(data: Mapping[str, Any]) -> Iterator[_Fault]:
    for at, door in _doors(data):
        problem = _door_problem(door)
        if problem is not None:
            yield "FE705", at, *problem


def _doors(data: Mapping[str, Any]) -> Iterator[tuple[tuple[str, ...], Mapping[str, Any]]]:
    """Yield what says how requests from outside are verified, with its place."""
    for name, environment in data.get("environments", {}).items():
        for channel, one in (environment or {}).get("channels", {}).items():
            yield ("environments", name, "channels", channel), one
        for integration, one in (environment or {}).get("integrations", {}).items():
            if "callback" in one:
                yield ("environments", name, "integrations", integration, "callback"), one["callback"]


def _door_problem(door: Mapping[str, Any]) -> tuple[str, str] | None:
    """Return what is wrong with how requests are verified, and what to do."""
    signature = door.get("signature")
    if signature is None and door.get("unsigned") is not True:
        return "nothing says how it is known who posts here", "add `signature`; or `unsigned: true`, and anybody may"
    if signature is None:
        return None
    if "unsigned" in door:
        return "it has a `signature`, and `unsigned`", "leave `unsigned` away"
    scheme = signature["scheme"]
    if scheme == "hmac-sha256" and "header" not in signature:
        return "hmac-sha256 needs the name of the header that has the signature", "add `header`"
    for key in signature.keys() - {"scheme", "authorization"} - set(_OPTIONS[scheme]):
        return f"{scheme} has no {key!r}", "it has " + (", ".join(_OPTIONS[scheme]) or "no options")
    return None


def is_folder(path: Path) -> bool:
    """Whether a path is a folder; one that cannot even be looked at is none, and reading it says why."""
    try:
        return path.is_dir()
    except OSError:  # such as a name that is too long
        return False


def _environment(name: str, data: Mapping[str, Any]) -> Environment:
    return Environment(
        name=name,
        integrations={key: _integration(one) for key, one in data.get("integrations", {}).items()},
        authorizations=data.get("authorizations", {}),
        egress=frozenset(data.get("egress", {}).get("allow", ())),
        channels={
            key: Channel(_signature(one.get("signature")), one.get("assets", {}))
            for key, one in data.get("channels", {}).items()
        },
    )


def _signature(data: Mapping[str, Any] | None) -> Signature | None:
    if data is None:
        return None
    names = data["authorization"]
    return Signature(
        data["scheme"],
        (names,) if isinstance(names, str) else tuple(names),
        data["header"].lower() if "header" in data else None,
        data.get("prefix", ""),
        data["timestamp"].lower() if "timestamp" in data else None,
        parse_duration(data.get("window", "5m")),
    )


def _integration(data: Mapping[str, Any]) -> Integration:
    callback = data.get("callback", {})
    address = callback.get("url")
    return Integration(
        data["baseUrl"],
        parse_duration(data["timeout"]) if "timeout" in data else None,
        data.get("concurrency"),
        _oauth(data["oauth"]) if "oauth" in data else None,
        None if address == LOCAL else address,
        address == LOCAL,
        _signature(callback.get("signature")),
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
