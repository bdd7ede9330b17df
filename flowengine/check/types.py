"""FE402: values whose type cannot be the one that is asked for, in a condition, an input, or a variable.

Both types have to be known. Those of outputs are what the manifest declares; those of variables what the flow declares,
or, where it declares none, the types of the default and of all that is written, if that is literal. A warning, since
nothing but text is enforced for outputs, and a variable can be given another value when a run is started.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from flowengine.catalogue.catalogue import Catalogue
from flowengine.check.edges import conditions_of
from flowengine.check.outputs import OUTCOME, output_spellings
from flowengine.check.reads import At, Read, assigned, flow_reads, read_span, reads_in, script_of
from flowengine.check.value_types import (
    NUMBERS,
    TEXT,
    Types,
    can_match,
    declared_types,
    in_words,
    schema_types,
    types_of_value,
)
from flowengine.findings import Finding
from flowengine.flowfile.syntax import Flow

_TEXTUAL: Final = ("equalsIgnoreCase", "contains", "containsIgnoreCase", "startsWith", "endsWith", "regex")
_NUMERIC: Final = ("greaterThan", "lessThan", "atLeast", "atMost")
_LISTED: Final = ("in", "notIn")
_SAME: Final = ("equals", "notEquals")
_LIST: Final = frozenset({"array"})


def mismatches(flow: Flow, catalogue: Catalogue) -> Iterator[Finding]:
    """FE402: types that cannot match."""
    known = _Known(flow, catalogue)
    for name, node in flow.nodes.items():
        reads = known.reads.get(name)
        if reads is None:
            continue
        yield from _paths(known, (*reads.inputs, *(read for listed in reads.sets.values() for read in listed)))
        if reads.version is not None and reads.version.spec.get("handler") != "branch":
            yield from _inputs(known, reads.version.spec.get("inputs", {}), reads.inputs)
        for at, value in _writes(name, node, known.handler(name)):
            yield from _write(known, at, value)
    for at, raw in conditions_of(flow, catalogue):
        operator = next((key for key in raw if key != "value"), None)
        # Between two literals there is nothing to be found out before a run.
        if operator is not None and "value" in raw and any(reads_in(raw, at)):
            yield from _condition(known, at, raw, operator)


class _Known:
    """What is known of the types in a flow."""

    def __init__(self, flow: Flow, catalogue: Catalogue) -> None:
        self.flow = flow
        self.reads = flow_reads(flow, catalogue)
        self._written: dict[str, list[Any]] = {}
        self._scripted = {word for name, node in flow.nodes.items() for word in assigned(self._script(name, node))}
        for name, node in flow.nodes.items():
            for at, value in _writes(name, node, self.handler(name)):
                self._written.setdefault(str(at[-1]), []).append(value)
        self._variables = {name: self._variable(name, one) for name, one in flow.variables.items()}

    def handler(self, name: str) -> str | None:
        version = self.reads[name].version if name in self.reads else None
        return version.spec.get("handler") if version is not None else None

    def of_template(self, value: Any, at: At = ()) -> Types | None:
        """Return the types that a template can come to."""
        reads = list(reads_in(value, at)) if isinstance(value, str) else []
        if not reads:
            return types_of_value(value)
        return self.of_read(reads[0]) if reads[0].whole else TEXT

    def of_read(self, read: Read) -> Types | None:
        types, left = self.into(read)
        return types if not left else None

    def into(self, read: Read) -> tuple[Types | None, tuple[str | int, ...]]:
        """Return the types of the output or variable that a reference goes to or into, and its way on from there."""
        root, path = read.reference.root, read.reference.path
        if root in self._variables:
            return self._variables[root], path
        if root in self.reads and path and isinstance(path[0], str):
            return self._output(root, path[0]), path[1:]
        if root == "run" and path:
            return TEXT, path[1:]
        return None, path

    def _script(self, name: str, node: Mapping[str, Any]) -> str:
        return script_of(node, self.reads[name].version) if name in self.reads else ""

    def _variable(self, name: str, declared: Mapping[str, Any]) -> Types | None:
        if "type" in declared:
            return declared_types(declared["type"])
        values = [declared.get("default"), *self._written.get(name, [])]
        if name in self._scripted:
            return None
        if any(isinstance(value, str) and "$(" in value for value in values):
            return None
        types = frozenset().union(*map(types_of_value, values))
        return types if types != {"null"} else None

    def _output(self, node: str, name: str) -> Types | None:
        version = self.reads[node].version
        if name == OUTCOME:
            return TEXT
        if version is None:
            return None
        declared = version.spec.get("outputs", {}).get(output_spellings(version).get(name, name))
        return declared_types(declared.get("type")) if declared is not None else None


def _paths(known: _Known, reads: tuple[Read, ...]) -> Iterator[Finding]:
    """Judge references that go on below what has nothing below it."""
    for read in reads:
        types, left = known.into(read)
        if types is not None and left:
            wanted = frozenset({"array" if isinstance(left[0], int) else "object"})
            if not can_match(types, wanted):
                said = f"{read.reference} leads nowhere: there is {in_words(types)}, and nothing below it"
                hint = "JSON text is read by a data-parser" if "string" in types else ""
                yield _at_read(known.flow, read, said, hint)


def _inputs(known: _Known, schema: Mapping[str, Any], reads: tuple[Read, ...]) -> Iterator[Finding]:
    for read in reads:
        types = known.of_read(read) if read.whole else TEXT
        taken = schema_types(schema, read.at[3:])
        if types is not None and taken is not None and not can_match(types, taken):
            what = str(read.reference) if read.whole else "text with references"
            said = f"{what} is {in_words(types)}; the input {read.at[-1]!r} takes {in_words(taken)}"
            yield _at_read(known.flow, read, said)


def _write(known: _Known, at: At, value: Any) -> Iterator[Finding]:
    name = str(at[-1])
    declared = declared_types(known.flow.variables.get(name, {}).get("type"))
    types = known.of_template(value, at)
    if declared is not None and types is not None and not can_match(types, declared):
        message = f"the variable {name!r} is declared as {in_words(declared)}, and is set to {in_words(types)}"
        yield known.flow.finding("FE402", message, *at, severity="warning")


def _condition(known: _Known, at: At, raw: Mapping[str, Any], operator: str) -> Iterator[Finding]:
    operand = raw[operator]
    value, other = known.of_template(raw["value"], at), known.of_template(operand, at)
    for side, types in (("value", value), (operator, other)):
        wanted = _wanted(operator, side)
        if wanted is not None and not can_match(types, wanted) and types is not None:
            said = f"{operator} takes {in_words(wanted)}; this is {in_words(types)}, so the row cannot be judged"
            yield known.flow.finding("FE402", said, *at, side, severity="warning")
            return
    choices = operand if operator in _LISTED else [operand]
    if operator in (*_SAME, *_LISTED) and value is not None and isinstance(choices, list) and choices:
        others = [known.of_template(choice, at) for choice in choices]
        if all(not can_match(value, one) for one in others):
            found = in_words(frozenset().union(*filter(None, others)))
            always = "never" if operator in ("equals", "in") else "always"
            said = f"{operator} compares {in_words(value)} with {found}: this {always} holds"
            hint = "nothing is converted: text 12 is not the number 12"
            yield known.flow.finding("FE402", said, *at, operator, hint=hint, severity="warning")


def _wanted(operator: str, side: str) -> Types | None:
    """Return the types that an operator can judge on a side; None for any."""
    if operator in _TEXTUAL:
        return TEXT
    if operator in _NUMERIC:
        return NUMBERS
    return _LIST if operator in _LISTED and side != "value" else None


def _writes(name: str, node: Mapping[str, Any], handler: str | None) -> Iterator[tuple[At, Any]]:
    for variable, value in node.get("set", {}).items():
        yield ("nodes", name, "set", variable), value
    values = node.get("inputs", {}).get("values") if handler == "set-variables" else None
    for variable, value in values.items() if isinstance(values, dict) else ():
        yield ("nodes", name, "inputs", "values", variable), value


def _at_read(flow: Flow, read: Read, message: str, hint: str = "") -> Finding:
    return flow.finding_at(read_span(flow, read), "FE402", message, read.at, hint=hint, severity="warning")
