"""Which stored authorization a command is about."""

from __future__ import annotations

from collections.abc import Mapping

import click

from flowengine.authorizations.record import Authorization
from flowengine.errors import UsageError
from flowengine.schema_problems import did_you_mean

name_argument = click.argument("name")


def find(known: Mapping[str, Authorization], name: str) -> Authorization:
    """Return an authorization that has not been deleted. Raises UsageError."""
    found = known.get(name)
    if found is not None and found.state != "deleted":
        return found
    if found is not None:
        raise UsageError(f"the authorization {name!r} was deleted; `flowengine auth add {name}` makes it anew")
    hint = did_you_mean(name, [one.name for one in known.values() if one.state != "deleted"])
    raise UsageError(f"there is no authorization {name!r}; {hint or '`flowengine auth add` makes one'}")
