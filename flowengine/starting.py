"""How a run may start: which event starts a flow, and which values its variables begin with."""

from __future__ import annotations

from collections.abc import Mapping

from flowengine.core import walker
from flowengine.core.answers import Json
from flowengine.core.plan import Plan
from flowengine.core.values import has_type, type_of
from flowengine.errors import UsageError
from flowengine.schema_problems import did_you_mean


def start_values(plan: Plan, given: Mapping[str, Json]) -> dict[str, Json]:
    """Return the variables a run starts with: defaults, and ``given`` over them. Raises UsageError.

    An input without a default has to be given.
    """
    values = {name: one.default for name, one in plan.variables.items() if one.has_default}
    for name, value in given.items():
        if name not in plan.variables:
            hint = did_you_mean(name, list(plan.variables)) or f"it has {len(plan.variables)}"
            raise UsageError(f"the flow has no variable {name!r}; {hint}")
        declared = plan.variables[name].type
        if declared is not None and not has_type(value, declared):
            raise UsageError(f"the variable {name!r} is declared as {declared}; {value!r} is {type_of(value)}")
        values[name] = value
    missing = sorted(plan.inputs - values.keys())
    if missing:
        inputs = "a value for its input" if len(missing) == 1 else "values for its inputs"
        raise UsageError(f"the flow {plan.flow!r} needs {inputs} {', '.join(missing)}: give each as a start value")
    return values


def refuse_trigger(plan: Plan, trigger: Json) -> None:
    """Raise UsageError where an event does not start the flow."""
    reason = walker.starts(plan, trigger)
    if reason is not None:
        raise UsageError(f"this trigger does not start the flow {plan.flow!r}: {reason}")
