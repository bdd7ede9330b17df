"""The tokens of those who may call the server. Only digests are kept: a token is shown once, when it is made."""

from __future__ import annotations

import hashlib
import json
import re
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, NamedTuple

from filelock import FileLock, Timeout

from flowengine.authorizations import private_files
from flowengine.authorizations.faults import StoreFault
from flowengine.authorizations.private_files import Stamp
from flowengine.authorizations.store import FileStore
from flowengine.errors import UsageError
from flowengine.server.routing import RIGHTS

FORMAT: Final = "flowengine-tokens-1"
PREFIX: Final = "fe_"
"""Tells scanners of repositories what they have found."""

_NAME: Final = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
_CHANGE_WITHIN: Final = 10.0


class Token(NamedTuple):
    """``right`` is ``read``, ``operate`` or ``edit``. Times are seconds since the epoch; ``expires_at`` None: never."""

    name: str
    right: str
    digest: str
    created_at: float
    expires_at: float | None

    def is_valid(self, now: float) -> bool:
        """Whether it has not expired."""
        return self.expires_at is None or now < self.expires_at


class TokenFile:
    """Tokens in a file of the user, beside the authorizations. Several processes may use it."""

    def __init__(self, path: Path | None = None) -> None:
        self.path: Final = path or FileStore().path.with_name("tokens.json")
        self._seen: tuple[Stamp | None, dict[str, Token]] = (None, {})

    def read(self) -> dict[str, Token]:
        """Return all of them, by name. Cheap enough to ask at every request. Raises StoreFault."""
        stamp = private_files.stamp(self.path)
        if stamp != self._seen[0]:
            self._seen = (stamp, self._load())
        return self._seen[1]

    def add(self, name: str, right: str, now: float, expires_at: float | None = None) -> str:
        """Make a token, and return it: this is the only time that anybody sees it. Raises UsageError, StoreFault."""
        if not _NAME.fullmatch(name):
            raise UsageError(
                f"{name!r} is not a name for a token: small letters, digits, - and _, up to 64, such as prometheus"
            )
        secret = PREFIX + secrets.token_urlsafe(32)

        def added(tokens: dict[str, Token]) -> None:
            if name in tokens:
                raise UsageError(f"there is a token {name!r} already: `flowengine tokens delete {name}` ends it")
            tokens[name] = Token(name, right, digest(secret), now, expires_at)

        self._change(added)
        return secret

    def delete(self, name: str) -> None:
        """Delete a token. Raises UsageError where there is none, StoreFault."""

        def deleted(tokens: dict[str, Token]) -> None:
            if name not in tokens:
                known = ", ".join(tokens) or "none is kept"
                raise UsageError(f"there is no token {name!r}; there is: {known}")
            del tokens[name]

        self._change(deleted)

    def find(self, secret: str) -> Token | None:
        """Return the token that a text is, whether it is still valid or not."""
        wanted = digest(secret)
        found = None
        for token in self.read().values():
            if secrets.compare_digest(token.digest, wanted):
                found = token
        return found

    def _change(self, change: Callable[[dict[str, Token]], None]) -> None:
        private_files.make_folder(self.path.parent)
        with self._changing():
            tokens = self._load()
            change(tokens)
            whole = {"format": FORMAT, "tokens": [one._asdict() for one in tokens.values()]}
            private_files.write(self.path, json.dumps(whole, indent=2).encode())

    @contextmanager
    def _changing(self) -> Iterator[None]:
        try:
            with FileLock(f"{self.path}.lock", timeout=_CHANGE_WITHIN, mode=0o600):
                yield
        except Timeout:
            raise StoreFault(f"{self.path} is being changed by another process: try again") from None

    def _load(self) -> dict[str, Token]:
        content = private_files.read(self.path)
        if content is None:
            return {}
        try:
            whole = json.loads(content)
            tokens = [_read_token(one) for one in _tokens(whole)]
        except (ValueError, LookupError, TypeError):
            raise StoreFault(f"{self.path} is not a file of tokens that this flowengine can read") from None
        return {one.name: one for one in tokens}


def digest(secret: str) -> str:
    """Return what is kept of a token. It is random and long, so one round is enough."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def _tokens(whole: dict[str, Any]) -> list[dict[str, Any]]:
    if whole["format"] != FORMAT:
        raise ValueError
    tokens: list[dict[str, Any]] = whole["tokens"]
    return tokens


def _read_token(one: dict[str, Any]) -> Token:
    token = Token(**one)
    if token.right not in RIGHTS or not _NAME.fullmatch(token.name):
        raise ValueError
    return token
