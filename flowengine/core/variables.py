"""Flow variables: what a node writes, and whether it may."""

from __future__ import annotations

from flowengine.core.answers import Answer, Invalid, Json, Outcome
from flowengine.core.plan import Plan, PlanNode
from flowengine.core.references import Missing
from flowengine.core.values import has_type, type_of


def apply_set(
    plan: Plan, node: PlanNode, scope: dict[str, Json], wrote: dict[str, Json]
) -> tuple[dict[str, Json], str | None]:
    """Apply ``set``: all values are read first, one that is not there leaves its variable as it was.

    Return all that the node has written, and what is wrong.
    """
    values = {}
    for name, resolve in node.writes:
        try:
            values[name] = resolve(scope)
        except Missing:
            continue
        except ValueError as fault:
            return wrote, f"node {node.id!r} sets the variable {name!r} to a value that is {fault}"
    problem = write(plan, node, scope, values)
    return (wrote if problem else {**wrote, **values}), problem


def write(plan: Plan, node: PlanNode, scope: dict[str, Json], values: dict[str, Json]) -> str | None:
    """Write flow variables, all of them or none. Return what is wrong with one."""
    for name, value in values.items():
        variable = plan.variables.get(name)
        if variable is None:
            return f"node {node.id!r} writes {name!r}, which is not a variable of this flow"
        if variable.type is not None and not has_type(value, variable.type):
            return f"node {node.id!r} sets the variable {name!r} to {type_of(value)}; it is declared as {variable.type}"
    scope.update(values)
    return None


def set_variables(plan: Plan, values: Json) -> Answer:
    """Return what ``set-variables`` comes to: nothing but declared variables may be set."""
    if not isinstance(values, dict):
        return Invalid(f"input 'values' is {type_of(values)}: expected a map of variables")
    if not values.keys() <= plan.variables.keys():
        unknown = min(values.keys() - plan.variables.keys())
        return Invalid(f"{unknown!r} is not a variable of this flow: declare it under `variables`")
    return Outcome("onSuccess", None, values)
