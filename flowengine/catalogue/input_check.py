"""Checks resolved inputs on every visit of a node, and says in words what is wrong with them."""

from __future__ import annotations

from itertools import islice

from flowengine.core.answers import Json
from flowengine.core.plan import InputCheck
from flowengine.json_schema import JsonSchema
from flowengine.schema_problems import MISSING_KEY, Problem, problems

_TOLD = 3


def input_check(schema: Json) -> InputCheck:
    """Return a check of inputs against a schema, compiled when it is first used."""
    compiled = JsonSchema(schema)

    def check(inputs: Json) -> str | None:
        if compiled.accepts(inputs):
            return None
        return "; ".join(_sentence(problem) for problem in islice(problems(compiled, inputs), _TOLD))

    return check


def _sentence(problem: Problem) -> str:
    where = "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in problem.at).lstrip(".")
    if problem.code == MISSING_KEY and (not where or not problem.on_key):
        return problem.message.replace("the key", "the input", 1)
    return f"input {where!r}: {problem.message}"
