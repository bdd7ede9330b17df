"""Who may be reached: an allow-list of hosts, and the addresses that their names may lead to (security: S3).

A name is looked up once for a connection, every address that it has must be allowed, and the connection goes to one of
just these; Host header and TLS server name stay the name's. Connections made under one list are never used under
another, so that an address which an operator bound on purpose is no way in for everybody.
"""

from __future__ import annotations

import socket
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from ipaddress import ip_address
from typing import Final

import httpx
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.resolver import DefaultResolver

from flowengine.hosts import Address, Hosts, is_public, unwrap

_PORTS: Final = {"http": 80, "https": 443}


@dataclass(frozen=True)
class Egress:
    """What free HTTP nodes of an environment may reach. Equal lists share their connections.

    ``resolver`` looks names up in place of the system's; tests give one.
    """

    allow: frozenset[str] = frozenset()
    resolver: AbstractResolver | None = None

    @cached_property
    def hosts(self) -> Hosts:
        """The list, read."""
        return Hosts(self.allow)

    def lists(self, url: httpx.URL) -> bool:
        """Whether an address may be called without an authorization; no name is looked up for that."""
        return self.hosts.has(host_of(url), port_of(url))

    def open(self) -> CheckedResolver:
        """Return the resolver that connections under this list have to use."""
        return CheckedResolver(self.hosts, self.resolver or DefaultResolver())


class CheckedResolver(AbstractResolver):
    """Looks names up, and refuses those with an address that may not be connected to.

    IP addresses in URLs never get here: they are reached only where they are listed themselves.
    """

    def __init__(self, hosts: Hosts, names: AbstractResolver) -> None:
        self._hosts = hosts
        self._names = names

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """See AbstractResolver. Raises httpx.ConnectError where one of the addresses is not allowed."""
        found = await self._names.resolve(host, port, family)
        self._check(host, [one["host"] for one in found])
        return found

    async def close(self) -> None:
        """See AbstractResolver."""
        await self._names.close()

    def _check(self, host: str, addresses: Sequence[str]) -> None:
        for text in addresses:
            # A link-local address comes with its interface, and is never public.
            address = unwrap(ip_address(text.partition("%")[0]))
            if not self._may_be(host, address):
                raise httpx.ConnectError(
                    f"the name {host!r} leads to {text}, which is no public address; where that is meant, add the "
                    f"address or its network under `egress: {{allow: [...]}}` in flowengine.yaml"
                )

    def _may_be(self, host: str, address: Address) -> bool:
        if host == "localhost" and address.is_loopback:
            return True
        return is_public(address) or self._hosts.covers(address)


def host_of(url: httpx.URL) -> str:
    """Return the host that is connected to, in ASCII; ``url.host`` would decode names of other scripts."""
    return url.raw_host.decode("ascii")


def origin_of(url: httpx.URL) -> str:
    """Return scheme, host and port of a URL, the port always written."""
    host = host_of(url)
    return f"{url.scheme}://{f'[{host}]' if ':' in host else host}:{port_of(url)}"


def port_of(url: httpx.URL) -> int:
    """Return the port that a URL leads to."""
    return url.port or _PORTS[url.scheme]
