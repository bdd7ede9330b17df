"""What an authorization is: its name and kind, where it may be used, its state, and its secrets."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any, Final

from flowengine.authorizations.faults import StoreFault
from flowengine.authorizations.secret import Secret
from flowengine.redaction import LIVE

AUTHORIZATION_CODE: Final = "authorization-code"
CLIENT_CREDENTIALS: Final = "client-credentials"
BEARER: Final = "bearer"
BASIC: Final = "basic"
HEADER: Final = "header"
SIGNING: Final = "signing-secret"
KINDS: Final = (AUTHORIZATION_CODE, CLIENT_CREDENTIALS, BEARER, BASIC, HEADER)
"""Of those that are sent with requests."""
ALL_KINDS: Final = (*KINDS, SIGNING)
"""A signing secret is never sent: others prove with it that what they send us is theirs."""

PENDING: Final = "pending"
AUTHORIZED: Final = "authorized"
EXPIRED: Final = "expired"
NEEDS_REAUTHORIZATION: Final = "needs re-authorization"
DELETED: Final = "deleted"
STATES: Final = (PENDING, AUTHORIZED, EXPIRED, NEEDS_REAUTHORIZATION, DELETED)

SECRETS: Final = ("client_secret", "access_token", "refresh_token", "password", "value")

_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_HOST: Final = re.compile(r"(?:[a-z0-9_-]+(?:\.[a-z0-9_-]+)*|\[[0-9a-f:.]+\])(?::[0-9]{1,5})?")
_HEADER_NAME: Final = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_HEADER_VALUE: Final = re.compile(r"[\t -~\x80-\xff]*")
_PORTS: Final = {"https": 443, "http": 80}


def _is_texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(one, str) for one in value)


_READABLE: Final[Mapping[Any, Callable[[Any], bool]]] = {
    "str": lambda value: isinstance(value, str),
    "str | None": lambda value: isinstance(value, str),
    "float | None": lambda value: isinstance(value, int | float) and not isinstance(value, bool),
    "tuple[str, ...]": _is_texts,
    "Mapping[str, Secret]": lambda value: isinstance(value, dict) and _is_texts(list(value.values())),
}
"""What a field of a type looks like in JSON."""


@dataclass(frozen=True, slots=True)
class Authorization:
    """A named credential. Times are seconds since 1970, UTC."""

    name: str
    kind: str
    integration: str | None
    hosts: tuple[str, ...]
    """Where it may be sent: ``host`` (the scheme's own port) or ``host:port``, in lower case, IPv6 in brackets."""
    state: str = PENDING
    reason: str | None = None
    """Why it needs re-authorization, for people."""
    scopes: tuple[str, ...] = ()
    client_id: str | None = None
    token_url: str | None = None
    authorize_url: str | None = None
    revoke_url: str | None = None
    username: str | None = None
    header: str | None = None
    """Name of the header that kind ``header`` sends."""
    secrets: Mapping[str, Secret] = field(default_factory=dict)
    """Of those in ``SECRETS``: bearer's token is ``access_token``, the header's and the signing secret is ``value``."""
    expires_at: float | None = None
    """When the access token ends."""
    created_at: float | None = None
    authorized_at: float | None = None
    last_used_at: float | None = None
    deleted_at: float | None = None

    def __post_init__(self) -> None:
        """Refuse what no authorization can be. The message shows no value but names."""
        if not _NAME.fullmatch(self.name):
            raise ValueError("a name has 1 to 64 letters, digits, `.`, `_` and `-`, and starts with a letter or digit")
        for what, found, known in (
            ("kind", (self.kind,), ALL_KINDS),
            ("state", (self.state,), STATES),
            ("secret", self.secrets, SECRETS),
        ):
            for unknown in set(found) - set(known):
                raise ValueError(f"{unknown!r} is no {what}: expected one of {', '.join(known)}")
        for host in self.hosts:
            if not _HOST.fullmatch(host):
                raise ValueError(f"{host!r} is no host: expected `host` or `host:port` in lower case, without a scheme")
        if self.header is not None and not _HEADER_NAME.fullmatch(self.header):
            raise ValueError(f"{self.header!r} is no name of a header")

    def status(self, now: float) -> str:
        """Return the state as it is at that time: ``expired`` if the token has ended and nothing can renew it."""
        if self.state != AUTHORIZED or self.expires_at is None or now < self.expires_at:
            return self.state
        return AUTHORIZED if self.renews else EXPIRED

    @property
    def renews(self) -> bool:
        """Whether a token that ends is replaced without anybody's doing."""
        return {CLIENT_CREDENTIALS: "client_secret", AUTHORIZATION_CODE: "refresh_token"}.get(self.kind) in self.secrets

    def headers(self) -> dict[str, str]:
        """Return the headers that prove who is asking; ValueError where there is nothing to make them of."""
        if self.kind == BASIC:
            pair = base64.b64encode(f"{self.username or ''}:{self._secret('password')}".encode()).decode()
            LIVE.learn(pair.rstrip("="))  # so that a password too short to be learnt is not read out of an echo
            return {"Authorization": f"Basic {pair}"}
        if self.kind == HEADER and self.header is not None:
            return {self.header: self._sendable("value")}
        return {"Authorization": f"Bearer {self._sendable('access_token')}"}

    def signing_secret(self) -> Secret:
        """Return what signatures are verified with; ValueError where this is no signing secret that can be used."""
        if self.kind != SIGNING:
            raise ValueError(f"authorization {self.name!r} is of the kind {self.kind}, not {SIGNING}")
        if self.state != AUTHORIZED or "value" not in self.secrets:
            raise ValueError(f"authorization {self.name!r} is {self.state}")
        return self.secrets["value"]

    def reaches(self, host: str, port: int | None, scheme: str) -> bool:
        """Whether the credential may be sent there: the very host, at the very port."""
        usual = _PORTS.get(scheme)
        if usual is None:
            return False
        host = f"[{host.lower()}]" if ":" in host and not host.startswith("[") else host.lower()
        return f"{host}:{port or usual}" in self.hosts or (port in (None, usual) and host in self.hosts)

    def deleted(self, now: float) -> Authorization:
        """Return what is left of it: a record without secrets that says when it was deleted."""
        return replace(self, state=DELETED, secrets={}, reason=None, expires_at=None, deleted_at=now)

    def to_json(self) -> dict[str, Any]:
        """Return plain values, **secrets in the clear**: for the store, which encrypts them."""
        values = asdict(self) | {"hosts": list(self.hosts), "scopes": list(self.scopes)}
        values["secrets"] = {name: secret.reveal() for name, secret in self.secrets.items()}
        return {name: value for name, value in values.items() if value is not None}

    @classmethod
    def from_json(cls, value: Any) -> Authorization:
        """Read what ``to_json`` wrote; StoreFault names what is not known."""
        if not isinstance(value, dict) or not isinstance(value.get("name"), str):
            raise StoreFault("an authorization in the store has no name")
        known = {one.name: one.type for one in fields(cls)}
        for name, content in value.items():
            if name not in known:
                raise StoreFault(
                    f"authorization {value['name']!r} has a field {name!r} that this version does not know"
                )
            if not _READABLE[known[name]](content):
                raise StoreFault(f"authorization {value['name']!r} has a field {name!r} that cannot be read")
        given: dict[str, Any] = {"integration": None} | value
        given |= {name: tuple(content) for name, content in value.items() if isinstance(content, list)}
        try:
            given["secrets"] = {name: Secret(secret) for name, secret in value.get("secrets", {}).items()}
            return cls(**given)
        except (TypeError, ValueError) as wrong:
            raise StoreFault(f"authorization {value['name']!r} cannot be read: {wrong}") from None

    def _secret(self, name: str) -> str:
        if name not in self.secrets:
            raise ValueError(f"authorization {self.name!r} has no {name.replace('_', ' ')}")
        return self.secrets[name].reveal()

    def _sendable(self, name: str) -> str:
        value = self._secret(name)
        if not _HEADER_VALUE.fullmatch(value):
            raise ValueError(f"the {name.replace('_', ' ')} of {self.name!r} has characters that no header may have")
        return value
