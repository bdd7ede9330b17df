"""The node ``evaluate``: JavaScript whose last expression chooses the outcome (reference: engine semantics, 5).

Flow variables are globals, and what the script assigns to them is written back: ``undefined`` as null, and anything
else that is not JSON is an error. What the script itself declares stays in the script.
"""

from __future__ import annotations

from typing import Final

from flowengine.catalogue.handlers.javascript import DEFAULT_SECONDS, Ran, run_script
from flowengine.core.answers import Answer, Broken, Invalid, Json, Outcome, TimedOut
from flowengine.core.values import as_text, same
from flowengine.core.wants import Compute

MAX_LABEL: Final = 64
"""Characters of an edge's label, and so of an outcome."""

_SHOWN: Final = 60
_LISTED: Final = 8


def evaluate(call: Compute) -> Answer:
    """Run ``script`` with ``values`` and the flow variables, within ``call.timeout`` seconds, and one second at most.

    The value of the last expression is the outcome as text, or, where there are ``branches``, selects the first label
    whose value is the same (type-strict, 1 is 1.0). It is the output ``result``, too, where it is JSON.
    A value that chooses nothing leads to ``onInvalidChoice``; what the script has written is written all the same.
    """
    values: dict[str, Json] = call.inputs.get("values", {})
    for name in values:
        if name in call.variables or name in call.unset:
            return Invalid(f"input 'values.{name}': {name!r} is a flow variable, which the script can read without it")
    ran = run_script(
        call.inputs["script"],
        variables=call.variables,
        unset=call.unset,
        values=values,
        seconds=min(call.timeout, DEFAULT_SECONDS),
        patience=call.timeout,
    )
    if isinstance(ran, Ran):
        return _choose(ran, call.inputs.get("branches"))
    if isinstance(ran, TimedOut):
        return TimedOut(f"evaluate: {ran.reason}")
    return Broken(f"evaluate: {ran.reason}")


def _choose(ran: Ran, branches: dict[str, Json] | None) -> Outcome:
    outputs = {"result": ran.value} if ran.is_json else {}
    outcome = _label(ran) if branches is None else _branch(ran, branches)
    if outcome is not None:
        return Outcome(outcome, outputs, ran.variables)
    return Outcome("onInvalidChoice", outputs, ran.variables, f"evaluate: {_shown(ran)}; {_expected(branches)}")


def _label(ran: Ran) -> str | None:
    """Return the outcome that the value is, as text, or None where it is none."""
    if not ran.is_json or not isinstance(ran.value, str | bool | int | float):
        return None
    text = ran.text or as_text(ran.value)
    return text if 0 < len(text) <= MAX_LABEL else None


def _branch(ran: Ran, branches: dict[str, Json]) -> str | None:
    if not ran.is_json:
        return None
    return next((label for label, value in branches.items() if same(ran.value, value)), None)


def _shown(ran: Ran) -> str:
    if not ran.is_json:
        return f"the value of the last expression is {ran.what}"
    return f"the value of the last expression is {_short(ran.value)}"


def _expected(branches: dict[str, Json] | None) -> str:
    if branches is None:
        return f"expected a text of 1 to {MAX_LABEL} characters, a number or a boolean"
    listed = [f"{_short(value)} ({label})" for label, value in branches.items()]
    more = f" and {len(listed) - _LISTED} more" if len(listed) > _LISTED else ""
    return f"expected one of the branches {', '.join(listed[:_LISTED])}{more}"


def _short(value: Json) -> str:
    shown = repr(value) if isinstance(value, str) else as_text(value)
    return shown if len(shown) <= _SHOWN else f"{shown[: _SHOWN - 3]}..."
