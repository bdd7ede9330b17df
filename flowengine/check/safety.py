"""Rules about safety: secrets in a flow, addresses that it should not or cannot call, scripts that are no JavaScript.

No message repeats a secret: findings end up in logs.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Final
from urllib.parse import urlsplit

from flowengine.catalogue.catalogue import Catalogue
from flowengine.check.names import find_version
from flowengine.check.places import line_of, stretch
from flowengine.check.reads import assigned, mentioned
from flowengine.check.secrets import (
    Secret,
    beginning,
    is_telling,
    looks_random,
    overlaps,
    secrets_in,
    secrets_in_addresses,
)
from flowengine.errors import InvalidFile
from flowengine.findings import Finding, Span
from flowengine.flowfile.syntax import Flow, scalars
from flowengine.flowfile.yaml_tree import Scalar, locate
from flowengine.hosts import Hosts, is_this_machine
from flowengine.project import FILE_NAME, Environment, find_project

_HINT: Final = "take it out, and make it invalid: an `authorization` carries what a service needs to see"
_WITH_TEXTS: Final = ("title", "description", "inputs", "set")
_AUTHORIZATION: Final = ("authorization", "proxy-authorization")
_SCHEME: Final = re.compile(r"(?i)\s*(?:bearer|basic|digest|token|apikey)?\s*")
_ADDRESS: Final = re.compile(r"(https?)://([^\s/?#]+)", re.IGNORECASE)
_PORTS: Final = {"http": 80, "https": 443}
_LINE: Final = re.compile(r" \(line (\d+)\)$")
_REDECLARED: Final = re.compile(r"redeclaration of '([^']+)'")


def secrets(flow: Flow, _: Catalogue) -> Iterator[Finding]:
    """FE901, FE902: no secret stands in a flow, nor in an address that it calls."""
    for at, scalar in _texts(flow):
        if not isinstance(scalar.value, str):
            continue
        in_addresses = list(secrets_in_addresses(scalar.text)) if _is_value(at) else []
        for secret in in_addresses:
            message = f"{secret.what} stands in an address: {_shown(scalar, secret)}"
            yield flow.finding_at(_place(scalar, secret), "FE902", message, at, hint=_HINT, severity="warning")
        for secret in _literal_secrets(at, scalar):
            if not overlaps(secret, in_addresses):
                message = f"this looks like {secret.what}: {_shown(scalar, secret)}"
                yield flow.finding_at(_place(scalar, secret), "FE901", message, at, hint=_HINT, severity="warning")


def addresses(flow: Flow, catalogue: Catalogue, environment: Environment | None = None) -> Iterator[Finding]:
    """FE903: what ``http-request`` calls may be reached, and is not called in the clear.

    The environment that is named has to allow it, or, where none is, one of the project's.
    """
    reachable = cache(lambda: Hosts(environment.egress) if environment else _reachable(flow))
    who = f"the environment {environment.name!r} does not let" if environment else "no environment lets"
    where = "the environment's entry" if environment else "an environment"
    for name, node in flow.nodes.items():
        version = find_version(catalogue, node.get("type", ""))
        url = node.get("inputs", {}).get("url")
        if version is None or version.spec.get("request", {}).get("url") != "$(url)" or not isinstance(url, str):
            continue
        place = _host(url)
        if place is None:
            continue
        host, port = place
        at = ("nodes", name, "inputs", "url")
        if not url.lower().startswith("https:") and not is_this_machine(host):
            message = f"{host} is called over http: everybody on the way can read and change what is sent"
            yield flow.finding("FE903", message, *at, hint="write https://", severity="warning")
        if "authorization" in node:
            continue  # then it is for its hosts, which only the store knows
        allowed = reachable()
        if allowed is not None and not allowed.has(host, port):
            message = f"{who} a flow reach {host}: a run would send nothing and leave through onError"
            hint = f"add it to {where} in {FILE_NAME}: egress: {{allow: [{host}]}}"
            yield flow.finding("FE903", message, *at, hint=hint, severity="warning")


def scripts(flow: Flow, catalogue: Catalogue) -> Iterator[Finding]:
    """FE904: a script of ``evaluate`` is JavaScript, and hides no flow variable."""
    for name, node in flow.nodes.items():
        version = find_version(catalogue, node.get("type", ""))
        if version is None or version.spec.get("handler") != "evaluate":
            continue
        at = ("nodes", name, "inputs", "script")
        script = locate(flow.tree, at)
        if isinstance(script, Scalar) and isinstance(script.value, str):
            yield from _script(flow, at, script)


def _script(flow: Flow, at: tuple[str, ...], script: Scalar) -> Iterator[Finding]:
    from flowengine.catalogue.handlers.javascript import check_script  # noqa: PLC0415 - only flows with a script pay

    if wrong := check_script(script.text):
        line = _LINE.search(wrong)
        message = f"the script is not JavaScript: {_LINE.sub('', wrong)}"
        place = line_of(script, int(line[1])) if line else script.span
        hint = "the node would leave through onError on every run"
        yield flow.finding_at(place, "FE904", message, at, hint=hint)
        return
    variables = flow.variables.keys() & (assigned(script.text) | mentioned(script.text))
    if variables and (hides := check_script(script.text, variables)):
        # The engine finds it before it reads on, and says no line.
        found = _REDECLARED.search(hides)
        variable = found[1] if found else ""
        message = f"the script declares {variable!r} anew, which hides the flow variable: nothing is written back"
        hint = "assign to it without let, const or class, or choose another name"
        yield flow.finding_at(_declared(script, variable), "FE904", message, at, hint=hint, severity="warning")


def _declared(script: Scalar, variable: str) -> Span:
    named = rf"(?<![\w$.])({re.escape(variable)})(?![\w$])"
    first, further = (rf"\b(?:let|const|class)\b{between}{named}" for between in (r"\s*", "[^;]*?"))
    found = re.search(first, script.text) or re.search(further, script.text)
    return stretch(script, found.start(1), found.end(1)) if found else script.span


def _texts(flow: Flow) -> Iterator[tuple[tuple[str | int, ...], Scalar]]:
    """Yield what an author fills with texts: not edges, ids and names, most of what a flow is made of."""
    places: list[tuple[str, ...]] = [(key,) for key in flow.data if key not in ("nodes", "defaults", "start")]
    places += [("nodes", name, part) for name, node in flow.nodes.items() for part in node if part in _WITH_TEXTS]
    for at in places:
        if part := locate(flow.tree, at):
            yield from scalars(part, at)


def _literal_secrets(at: tuple[str | int, ...], scalar: Scalar) -> Iterator[Secret]:
    text, found = scalar.text, list(secrets_in(scalar.text))
    yield from found
    if found or "$(" in text or not _is_value(at):
        return
    name = _name(at)
    if name.lower() in _AUTHORIZATION and "headers" in at[2:-1]:
        scheme = _SCHEME.match(text)
        start = scheme.end() if scheme else 0
        if text[start:]:
            yield Secret(start, len(text), f"the value of the header {name}")
    elif is_telling(name) and looks_random(text):
        yield Secret(0, len(text), f"the value of {name!r}")


def _is_value(at: tuple[str | int, ...]) -> bool:
    """Whether what stands there is used in a run, not a text for people or a name."""
    if at[0] == "nodes":
        return len(at) > 3 and at[2] in ("inputs", "set")  # noqa: PLR2004 - nodes, id, part, name
    return at[0] == "outputs" or (at[0] in ("variables", "inputs") and at[2:3] != ("description",))


def _name(at: tuple[str | int, ...]) -> str:
    if at[0] in ("variables", "inputs") and at[2:] == ("default",):
        return str(at[1])
    return next(segment for segment in reversed(at) if isinstance(segment, str))


def _place(scalar: Scalar, secret: Secret) -> Span:
    return stretch(scalar, secret.start, secret.end)


def _shown(scalar: Scalar, secret: Secret) -> str:
    return beginning(scalar.text[secret.start : secret.end])


def _host(url: str) -> tuple[str, int] | None:
    """Return host and port where the flow itself says them."""
    found = _ADDRESS.match(url)
    if found is None or "$" in found[2]:
        return None
    try:
        parts = urlsplit(found[0])
        host, port = parts.hostname, parts.port
    except ValueError:
        return None
    return (host, port or _PORTS[parts.scheme]) if host else None


def _reachable(flow: Flow) -> Hosts | None:
    """Return the hosts that some environment lets flows reach; None where the project file cannot say."""
    try:
        project = find_project(flow.path.parent)
    except InvalidFile:
        return None
    return Hosts(host for environment in project.environments.values() for host in environment.egress)
