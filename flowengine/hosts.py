"""Hosts as people list them (``egress: {allow: [...]}``), and what an address on the network really is.

Nothing here resolves a name: whoever connects does, and asks ``covers`` and ``is_public`` about each address.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Final, NamedTuple, TypeAlias

Address: TypeAlias = IPv4Address | IPv6Address
Network: TypeAlias = IPv4Network | IPv6Network

_NAME: Final = re.compile(r"(?:[a-z0-9_](?:[a-z0-9_-]{0,62})\.)*[a-z0-9_](?:[a-z0-9_-]{0,62})")
# A last label that is a number makes a host an IPv4 address in some old spelling (127.1, 0x7f000001, 2130706433).
_NUMBER: Final = re.compile(r"(?:.*\.)?(?:[0-9]+|0x[0-9a-f]*)")
_WITH_PORT: Final = re.compile(r"(\[[^\]]*\]|[^:]*)(?::([0-9]{1,5}))?")
_HIGHEST_PORT: Final = 65_535
_GLOBAL_UNICAST: Final = IPv6Network("2000::/3")
_NAT64: Final = IPv6Network("64:ff9b::/96")


class Entry(NamedTuple):
    """One entry of a list: a host's name, ``*.`` and the end of names, or a network (a single address is one, too).

    ``port`` None is any port.
    """

    place: str | Network
    port: int | None


@lru_cache(maxsize=256)
def read_entry(text: str) -> Entry:
    """Read ``host``, ``host:port``, ``*.example.com``, an IP address or a network. Raises ValueError in a sentence."""
    lowered = text.lower()
    if _is_address(lowered):
        return Entry(_alone(lowered), None)
    if "/" in lowered:
        return Entry(_network(lowered), None)
    found = _WITH_PORT.fullmatch(lowered)
    if found is None:
        raise ValueError(f"{text!r} is no host: an IPv6 address with a port is written [::1]:8080")
    host, port = found[1], int(found[2]) if found[2] else None
    if port is not None and not 0 < port <= _HIGHEST_PORT:
        raise ValueError(f"{text!r} has no valid port")
    inner = host[1:-1] if host.startswith("[") else host
    if _is_address(inner):
        return Entry(_alone(inner), port)
    name = host.removeprefix("*.")
    if not _NAME.fullmatch(name) or _NUMBER.fullmatch(name):
        raise ValueError(f"{text!r} is no host: expected a name such as api.example.com, or a whole IP address")
    return Entry(host, port)


class Hosts:
    """A list of entries."""

    def __init__(self, entries: Iterable[str] = ()) -> None:
        read = [read_entry(entry) for entry in entries]
        self._names = {(one.place, one.port) for one in read if isinstance(one.place, str)}
        self._ends = [(one.place[1:], one.port) for one in read if isinstance(one.place, str) and one.place[0] == "*"]
        self._networks = [(one.place, one.port) for one in read if not isinstance(one.place, str)]

    def has(self, host: str, port: int) -> bool:
        """Whether a host is listed as it is written in an address; nothing is resolved."""
        address = literal(host)
        if address is not None:
            return any(address in network and among in (None, port) for network, among in self._networks)
        if (host, None) in self._names or (host, port) in self._names:
            return True
        return any(host.endswith(end) and host != end and among in (None, port) for end, among in self._ends)

    def covers(self, address: Address) -> bool:
        """Whether an address that a listed name has may be connected to though it is not public."""
        return any(address in network for network, _ in self._networks)


def literal(host: str) -> Address | None:
    """Return the address that a host is (without its wrapping), or None for a name."""
    return unwrap(ip_address(host)) if _is_address(host) else None


def unwrap(address: Address) -> Address:
    """Return the IPv4 address that an IPv6 one stands for (mapped, 6to4, NAT64), else the address itself."""
    if isinstance(address, IPv4Address):
        return address
    inner = address.ipv4_mapped or address.sixtofour
    if inner is None and address in _NAT64:
        inner = IPv4Address(int(address) & 0xFFFF_FFFF)
    return inner or address


def is_public(address: Address) -> bool:
    """Whether an unwrapped address is one host somewhere on the internet. What is not known to be so is not."""
    if isinstance(address, IPv6Address) and address not in _GLOBAL_UNICAST:
        return False
    return address.is_global and not address.is_multicast


def is_this_machine(host: str) -> bool:
    """Whether a host, as it is written in an address, is this machine."""
    address = literal(host)
    return address.is_loopback if address is not None else host == "localhost"


def _network(text: str) -> Network:
    try:
        network = ip_network(text, strict=False)
    except ValueError:
        raise ValueError(f"{text!r} is no network: expected an address and a prefix, such as 10.0.0.0/8") from None
    if str(network) != str(ip_address(text.partition("/")[0])) + f"/{network.prefixlen}":
        raise ValueError(f"{text!r} is no network, as its address has bits behind the prefix: expected {network}")
    return network


def _alone(address: str) -> Network:
    return ip_network(unwrap(ip_address(address)))


def _is_address(text: str) -> bool:
    if "%" in text:
        return False
    try:
        ip_address(text)
    except ValueError:
        return False
    return True
