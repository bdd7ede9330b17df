"""What a secret looks like: tokens of known form, random text under a telling name, credentials in an address.

A finding about what is no secret teaches people to look away, so a form has to be known or a text to look random. The
forms are those that the services document; GitHub's secret scanning and gitleaks look for the same ones.

The expressions are searched for in whatever a file holds, so each takes time in proportion to the text: what repeats is
bounded, or can begin at one place only.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterator
from functools import lru_cache
from typing import Final, NamedTuple


class Secret(NamedTuple):
    """What looks like a secret at ``text[start:end]``; ``what`` it looks like, for a sentence."""

    start: int
    end: int
    what: str


_FORMS: Final = {
    "a private key": r"-----BEGIN (?:[A-Z0-9]+ ){0,3}PRIVATE KEY-----",
    "an AWS access key": r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b",
    "a GitHub token": r"\b(?:gh[pousr]_[0-9A-Za-z]{36}|github_pat_[0-9A-Za-z_]{40})[0-9A-Za-z_]*",
    "a GitLab token": r"\bglpat-[0-9A-Za-z_-]{20,}",
    "a Slack token": r"\bxox[abeprs]-[0-9A-Za-z-]{20,}",
    "a Google API key": r"\bAIza[0-9A-Za-z_-]{35}",
    "a Stripe key": r"\b[rs]k_(?:live|test)_[0-9A-Za-z]{20,}",
    "a SendGrid key": r"\bSG\.[0-9A-Za-z_-]{16,}\.[0-9A-Za-z_-]{16,}",
    "a JSON web token": r"\beyJ[0-9A-Za-z_-]{8,300}\.eyJ[0-9A-Za-z_-]{8,}\.[0-9A-Za-z_-]*",
    "a bearer token": r"(?i:(?<=\bbearer ))(?=[^\s]*[0-9])[0-9A-Za-z._~+/-]{16,}=*",
}
_ANY: Final = re.compile("|".join(f"({form})" for form in _FORMS.values()))
_WHAT: Final = tuple(_FORMS)
# Every secret has such a run, and few texts of a flow do: it spares them the long search.
_RUN: Final = re.compile(r"[0-9A-Za-z_+/=.~-]{16}|-----BEGIN ")
_ASSIGNED: Final = re.compile(r"""(?<![A-Za-z_-])([A-Za-z_-]++)["']?\s*[:=]\s*["']([^"'\s]{16,})["']""")

_TELLING: Final = ("password", "passwd", "passphrase", "secret", "token", "apikey", "accesskey", "privatekey")
_IN_HEADERS: Final = ("authorization", "credential", "credentials")
_WEAK_NAMES: Final = ("key", "sig", "signature", "auth", "code")
"""Names of query parameters that carry a secret only where their value looks random."""

_USER: Final = re.compile(r"\b[A-Za-z][0-9A-Za-z+.-]{0,15}://[^\s/?#@:]*:([^\s/?#@]+)@")
_QUERY: Final = re.compile(r"[?&]([0-9A-Za-z_.-]+)=([^\s&#\"'<>]+)")
_MASKED: Final = frozenset("*xX.")
_FEWEST: Final = 16
_SHORTEST_PARAMETER: Final = 8
_BITS: Final = 3.0
"""Bits a character that a random text has at least; 16 random hexadecimal digits have about 3.3, words fewer."""


@lru_cache(maxsize=1024)
def is_telling(name: str) -> bool:
    """Whether something called so is a secret: ``clientSecret``, ``X-Api-Key``, ``authorization``."""
    plain = re.sub("[^a-z0-9]", "", name.lower())
    return plain.endswith((*_TELLING, *_IN_HEADERS))


def looks_random(text: str) -> bool:
    """Whether a text is made of letters and digits as only a machine does."""
    if len(text) < _FEWEST or not re.search("[0-9]", text) or not re.search("[A-Za-z]", text) or re.search(r"\s", text):
        return False
    shares = [count / len(text) for count in Counter(text).values()]
    return -sum(share * math.log2(share) for share in shares) >= _BITS


def secrets_in(text: str) -> Iterator[Secret]:
    """Yield what looks like a secret wherever it stands."""
    if not _RUN.search(text):
        return
    known = [Secret(found.start(), found.end(), _WHAT[(found.lastindex or 1) - 1]) for found in _ANY.finditer(text)]
    yield from known
    for found in _ASSIGNED.finditer(text):
        secret = Secret(found.start(2), found.end(2), f"the value of {found[1]!r}")
        if is_telling(found[1]) and "$(" not in found[2] and looks_random(found[2]) and not overlaps(secret, known):
            yield secret


def secrets_in_addresses(text: str) -> Iterator[Secret]:
    """Yield the passwords and keys that an address carries."""
    if "://" not in text:
        return
    for found in _USER.finditer(text):
        if "$(" not in found[1] and not _MASKED.issuperset(found[1]):
            yield Secret(found.start(1), found.end(1), "a password")
    for found in _QUERY.finditer(text):
        if _is_secret_parameter(found[1], found[2]):
            yield Secret(found.start(2), found.end(2), f"the value of {found[1]!r}")


def overlaps(secret: Secret, others: list[Secret]) -> bool:
    """Whether a secret has been found already, as something else."""
    return any(secret.start < other.end and other.start < secret.end for other in others)


def beginning(secret: str) -> str:
    """Return as much of a secret as may be shown: at most three characters, and never more than a quarter."""
    return f"{secret[: min(3, len(secret) // 4)]}..."


def _is_secret_parameter(name: str, value: str) -> bool:
    if "$(" in value or _MASKED.issuperset(value):
        return False
    if is_telling(name):
        return len(value) >= _SHORTEST_PARAMETER
    return name.lower().endswith(_WEAK_NAMES) and looks_random(value)
