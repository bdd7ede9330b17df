"""The rule about retries: what is sent a second time does not do its work twice."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from flowengine.catalogue.catalogue import Catalogue, NodeVersion
from flowengine.check.names import find_version
from flowengine.core.outcomes import ON_ERROR, ON_INVALID_CHOICE, ON_TIMEOUT
from flowengine.findings import Finding
from flowengine.flowfile.syntax import Flow

_WRITES: Final = ("POST", "PATCH")
"""Methods that may do their work again when they are sent again (RFC 9110, 9.2.2)."""

_UNCERTAIN: Final = (ON_TIMEOUT, ON_ERROR, ON_INVALID_CHOICE)
"""Outcomes after which the service may have done what it was asked."""


def retries(flow: Flow, catalogue: Catalogue) -> Iterator[Finding]:
    """FE815: a request that writes is not retried after a loss, unless its node type says that it is idempotent."""
    for name, node in flow.nodes.items():
        version = find_version(catalogue, node.get("type", ""))
        if version is None or "request" not in version.spec:
            continue
        request = version.spec["request"]
        method = _method(request, node.get("inputs", {}))
        retry = node.get("retry", flow.defaults.get("retry", {}))
        lost = [one for one in _UNCERTAIN if one in _retried(version, retry)]
        if request.get("idempotent") or method not in _WRITES or retry.get("attempts", 1) == 1 or not lost:
            continue
        message = (
            f"{version.pinned} sends {method}, and is not idempotent: tried again after {' or '.join(lost)}, its work"
        )
        message += " may be done twice"
        at = ("nodes", name, "retry") if "retry" in node else ("nodes", name)
        where = (
            f"take {' and '.join(lost)} out of `on`"
            if "retry" in node
            else "give the node `retry: {attempts: 1, on: [onTimeout]}`"
        )
        yield flow.key_finding("FE815", message, *at, hint=where, severity="warning")


def _retried(version: NodeVersion, retry: Mapping[str, Any]) -> list[str]:
    return [version.aliases.get(label, label) for label in retry.get("on", [])]


def _method(request: Mapping[str, Any], given: Mapping[str, Any]) -> str | None:
    """Return the method, where the flow says it; one that a reference gives is not known."""
    written = str(request.get("method", ""))
    if written.startswith("$(") and written.endswith(")"):
        written = str(given.get(written[2:-1], ""))
    return None if "$(" in written else written
