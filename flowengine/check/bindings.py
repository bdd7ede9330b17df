"""Rules about an environment: it binds what a flow's nodes need. They run only where one is named."""

from __future__ import annotations

from collections.abc import Iterator

from flowengine.catalogue.catalogue import Catalogue
from flowengine.check.names import authorization_of, find_version
from flowengine.findings import Finding
from flowengine.flowfile.syntax import Flow
from flowengine.project import FILE_NAME, SANDBOX, Environment
from flowengine.schema_problems import did_you_mean

CODES = ("FE211", "FE212")


def unbound(flow: Flow, catalogue: Catalogue, environment: Environment) -> Iterator[Finding]:
    """FE211, FE212: the environment says where each integration is, and which authorization is stored for a name.

    Each integration and authorization is said once, at its first use. The sandbox needs no authorization.
    """
    said: set[tuple[str, str]] = set()
    for name, node in flow.nodes.items():
        version = find_version(catalogue, node.get("type", ""))
        if version is None:
            continue
        if version.integration is not None:
            bound = environment.integrations.get(version.integration)
            if bound is None and ("integration", version.integration) not in said:
                yield _no_integration(flow, name, version.integration, environment)
            said.add(("integration", version.integration))
            if bound is None or bound.base_url == SANDBOX:
                continue
        authorization = authorization_of(node, version, flow.defaults)
        if authorization is None:
            if version.needs_authorization:
                message = f"{version.pinned} needs an authorization, and neither the node nor `defaults` names one"
                hint = "add `authorization: NAME`"
                yield flow.key_finding("FE211", message, "nodes", name, hint=hint, severity="warning")
        elif authorization not in environment.authorizations:
            if ("authorization", authorization) not in said:
                at = ("nodes", name, "authorization") if "authorization" in node else ("defaults", "authorization")
                yield _no_authorization(flow, authorization, environment, at)
            said.add(("authorization", authorization))


def _no_integration(flow: Flow, node: str, integration: str, environment: Environment) -> Finding:
    message = f"the environment {environment.name!r} does not say where {integration!r} is"
    near = did_you_mean(integration, list(environment.integrations))
    hint = near if near.startswith("did") else f"add it to the environment's `integrations` in {FILE_NAME}"
    return flow.finding("FE212", message, "nodes", node, "type", hint=hint)


def _no_authorization(flow: Flow, name: str, environment: Environment, at: tuple[str, ...]) -> Finding:
    message = f"the environment {environment.name!r} binds no authorization {name!r}"
    near = did_you_mean(name, list(environment.authorizations))
    hint = near if near.startswith("did") else f"add it to the environment's `authorizations` in {FILE_NAME}"
    return flow.finding("FE211", message, *at, hint=hint, severity="warning")
