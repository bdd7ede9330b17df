"""The environments of a server: results that are posted later come to it, those of the embedded sandbox included."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from pathlib import Path

from flowengine.effects.live import SANDBOX_SIGNS, connect
from flowengine.effects.protocol import Effects
from flowengine.project import SANDBOX, Environment, Signature, find_project
from flowengine.runs.worlds import Worlds


class ServerWorlds(Worlds):
    """Environments of a project, in which `local` results are posted to this server; ``secret``: the sandbox's."""

    def __init__(self, near: Path, base_url: str, secret: str) -> None:
        super().__init__(near)
        self._base_url = base_url
        self._secret = secret

    def opening(self, environment: str) -> AbstractAsyncContextManager[Effects]:
        """See Worlds."""
        found = find_project(self.near).environment(environment).bind_callbacks(self._base_url)
        return connect(found, kept=True, secret=self._secret)


def own_callbacks(environment: Environment, secret: str) -> Mapping[str, tuple[Signature, str]]:
    """Return how results of the embedded sandbox are verified, by integration."""
    own = {name for name, one in environment.integrations.items() if one.base_url == SANDBOX and one.callback_local}
    return dict.fromkeys(own, (SANDBOX_SIGNS, secret))
