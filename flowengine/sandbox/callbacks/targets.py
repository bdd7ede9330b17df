"""Where a callback may go: to this machine, and to hosts that were allowed. Nothing else is ever connected to."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from flowengine.core.values import parse_json
from flowengine.errors import UsageError
from flowengine.hosts import Hosts, is_this_machine
from flowengine.sandbox.fields import Fields

FIELD: Final = "webhookurl"

# Narrower than the standard, so that nobody who parses the address again can find another host in it.
_ADDRESS: Final = re.compile(r"(https?)://([A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::([0-9]{1,5}))?(?:[/?][!$-\[\]-~]*)?")
_PORTS: Final = {"http": 80, "https": 443}
_MAX_LENGTH: Final = 2_000
_MAX_PORT: Final = 65_535


class Targets:
    """The hosts that results may be posted to. Raises UsageError where one that is ``allowed`` is no host."""

    def __init__(self, allowed: Iterable[str] = ()) -> None:
        self.allowed = tuple(allowed)
        self._own_port = 0
        try:
            self._hosts = Hosts(self.allowed)
        except ValueError as fault:
            raise UsageError(f"Callbacks cannot be allowed: {fault}") from None

    def listens_on(self, port: int) -> None:
        """Learn the own port: the sandbox does not call itself, where the admin calls need no token."""
        self._own_port = port

    def read(self, fields: Fields) -> str | None:
        """Return the address that a request wants its result at, or None. Refuses a wrong one, or one not allowed."""
        url = fields.text(FIELD)
        if url is None:
            return None
        found = _ADDRESS.fullmatch(url) if len(url) <= _MAX_LENGTH else None
        if found is None:
            raise fields.wrong(FIELD, "is no address to post to: expected one such as http://127.0.0.1:8080/callbacks")
        host, port = found[2].lower().strip("[]"), int(found[3] or _PORTS[found[1]])
        if not 0 < port <= _MAX_PORT:
            raise fields.wrong(FIELD, f"has the port {port}: expected one from 1 to {_MAX_PORT}")
        is_here = is_this_machine(host)
        if is_here and port == self._own_port:
            raise fields.wrong(FIELD, "is this sandbox itself", 422)
        if not is_here and not self._hosts.has(host, port):
            problem = f"is on {host}, where nothing is posted: this machine is allowed, and what --callbacks-to names"
            raise fields.wrong(FIELD, problem, 422)
        return url


def asks_for_callback(body: bytes) -> bool:
    """Whether a body has an address for its result; one that is not JSON has none."""
    if FIELD.encode() not in body:
        return False
    try:
        value = parse_json(body)
    except ValueError:
        return False
    return isinstance(value, dict) and bool(value.get(FIELD))
