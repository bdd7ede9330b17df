"""Start values of flow variables, as ``--var NAME=VALUE`` gives them."""

from __future__ import annotations

from collections.abc import Iterable

from flowengine.core.answers import Json
from flowengine.core.plan import Plan
from flowengine.core.values import parse_json
from flowengine.errors import UsageError
from flowengine.flowfile.scalars import plain_value
from flowengine.starting import start_values


def read_variables(plan: Plan, written: Iterable[str]) -> dict[str, Json]:
    """Return all start values of a run. A later ``--var`` for the same name wins. Raises UsageError."""
    given: dict[str, Json] = {}
    for one in written:
        name, equals, text = one.partition("=")
        if not equals or not name:
            raise UsageError(f"--var {one}: expected NAME=VALUE, such as --var attempts=3")
        declared = plan.variables[name].type if name in plan.variables else None
        given[name] = text if declared == "string" else _value(name, text)
    missing = sorted(name for name in plan.inputs - given.keys() if not plan.variables[name].has_default)
    if missing:
        listed = " ".join(f"--var {name}=..." for name in missing)
        raise UsageError(f"the flow {plan.flow!r} has inputs that a run cannot start without: give {listed}")
    return start_values(plan, given)


def _value(name: str, text: str) -> Json:
    """Read a value as flow files do; lists, maps and text in quotes are JSON."""
    if not text.startswith(("{", "[", '"')):
        return plain_value(text)
    try:
        return parse_json(text)
    except ValueError as fault:
        raise UsageError(
            f"--var {name}={text}: {fault}; a value that begins with {text[0]} is JSON, unless the flow declares the "
            f"variable as string"
        ) from None
