from __future__ import annotations

from ipaddress import ip_address

import pytest

from flowengine.hosts import Hosts, is_public, is_this_machine, literal, read_entry, unwrap

LISTED = [
    # entry, host, port, whether it is listed
    ("crm.example.com", "crm.example.com", 443, True),
    ("crm.example.com", "crm.example.com", 8443, True),
    ("CRM.Example.com", "crm.example.com", 443, True),
    ("crm.example.com:8443", "crm.example.com", 8443, True),
    ("crm.example.com:8443", "crm.example.com", 443, False),
    ("crm.example.com", "crm.example.com.", 443, False),
    ("crm.example.com", "a.crm.example.com", 443, False),
    ("*.example.com", "a.example.com", 443, True),
    ("*.example.com", "a.b.example.com", 443, True),
    ("*.example.com", "example.com", 443, False),
    ("*.example.com", ".example.com", 443, False),
    ("*.example.com", "aexample.com", 443, False),
    ("*.example.com:8443", "a.example.com", 443, False),
    ("192.0.2.7", "192.0.2.7", 80, True),
    ("192.0.2.7", "::ffff:192.0.2.7", 80, True),
    ("::ffff:192.0.2.7", "192.0.2.7", 80, True),
    ("192.0.2.7:80", "192.0.2.7", 81, False),
    ("192.0.2.0/24", "192.0.2.200", 81, True),
    ("192.0.2.0/24", "192.0.3.1", 81, False),
    ("0.0.0.0/0", "anything.example", 80, False),
    ("2001:db8::7", "2001:db8::7", 443, True),
    ("[2001:db8::7]", "2001:db8:0:0::7", 443, True),
    ("[2001:db8::7]:443", "2001:db8::7", 444, False),
    ("2001:db8::/32", "2001:db8::1", 443, True),
    ("localhost", "127.0.0.1", 80, False),
    ("127.0.0.1", "localhost", 80, False),
]


@pytest.mark.parametrize(("entry", "host", "port", "listed"), LISTED)
def test_what_an_entry_lists(entry: str, host: str, port: int, listed: bool) -> None:  # noqa: FBT001 - a table's column
    assert Hosts(["other.example.net", entry]).has(host, port) is listed
    assert not Hosts().has(host, port)


@pytest.mark.parametrize(
    ("entry", "reason"),
    [
        ("10.0.0.1/8", "is no network"),
        ("10.0.0.0/33", "is no network"),
        ("crm.example.com/x", "is no network"),
        ("https://crm.example.com", "is no network"),
        ("crm.example.com:0", "no valid port"),
        ("crm.example.com:65536", "no valid port"),
        ("127.1", "a whole IP address"),
        ("2130706433", "a whole IP address"),
        ("0x7f000001", "a whole IP address"),
        ("256.0.0.1", "a whole IP address"),
        ("*", "is no host"),
        ("a.*.example.com", "is no host"),
        ("*example.com", "is no host"),
        ("crm.example.com.", "is no host"),
        ("-crm.example.com", "is no host"),
        ("cr m", "is no host"),
        ("me@crm.example.com", "is no host"),
        ("h\u043eoks.example.com", "is no host"),
        ("fe80::1%eth0", r"\[::1\]:8080"),
        ("", "is no host"),
    ],
)
def test_what_is_no_entry(entry: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        read_entry(entry)


@pytest.mark.parametrize(
    "address", ["8.8.8.8", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808", "2002:808:808::"]
)
def test_what_is_public(address: str) -> None:
    assert is_public(unwrap(ip_address(address)))


def test_an_address_is_covered_whatever_the_port() -> None:
    hosts = Hosts(["crm.example.com", "10.0.0.0/8", "192.0.2.7:80"])
    covered = [hosts.covers(ip_address(one)) for one in ("10.1.2.3", "192.0.2.7", "192.0.2.8", "fd00::1")]
    assert covered == [True, True, False, False]


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.8.8", "::1", "::ffff:127.0.0.1", "localhost"])
def test_what_is_this_machine(host: str) -> None:
    assert is_this_machine(host)


@pytest.mark.parametrize("host", ["0.0.0.0", "localhost.", "localhost.example.com", "127.1", "10.0.0.1", ""])  # noqa: S104
def test_what_is_not_this_machine(host: str) -> None:
    assert not is_this_machine(host)


def test_a_name_is_no_address() -> None:
    assert literal("crm.example.com") is None
    assert literal("fe80::1%eth0") is None
