"""A flow as its author wrote it: plain values, and the place of each of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from flowengine.findings import Finding, Span
from flowengine.flowfile.yaml_tree import Scalar, Sequence, Tree, key_at, locate


@dataclass(frozen=True, eq=False)
class Flow:
    """A flow file that has the shape of one. ``data`` is its content as JSON, ``tree`` the same with positions.

    ``text`` is what was read, for what no tree has: comments. Without it there are none. ``caller`` is the flow for
    whose calls this one was read.
    """

    path: Path
    tree: Tree
    data: Mapping[str, Any]
    text: str = field(default="", repr=False)
    caller: Flow | None = field(default=None, repr=False)

    @property
    def id(self) -> str:
        """The flow's id."""
        return str(self.data["flow"])

    @property
    def title(self) -> str:
        """The flow's title, or its id."""
        return str(self.data.get("title", self.id))

    @property
    def nodes(self) -> Mapping[str, Mapping[str, Any]]:
        """The nodes by id, as written."""
        nodes: Mapping[str, Mapping[str, Any]] = self.data["nodes"]
        return nodes

    @property
    def defaults(self) -> Mapping[str, Any]:
        """The ``defaults``, or an empty map."""
        defaults: Mapping[str, Any] = self.data.get("defaults", {})
        return defaults

    @cached_property
    def variables(self) -> Mapping[str, Mapping[str, Any]]:
        """The variables by name, each as a declaration with ``type`` and ``default`` where it has them.

        Inputs are variables, too, and come first.
        """
        declared = {name: declaration(written) for name, written in self.data.get("variables", {}).items()}
        return {**self.inputs, **declared} if self.inputs else declared

    @property
    def inputs(self) -> Mapping[str, Mapping[str, Any]]:
        """The inputs by name, as declarations: what a caller of the flow gives."""
        inputs: Mapping[str, Mapping[str, Any]] = self.data.get("inputs", {})
        return inputs

    @property
    def outputs(self) -> Mapping[str, Any]:
        """The outputs by name, as templates: what the flow gives back."""
        outputs: Mapping[str, Any] = self.data.get("outputs", {})
        return outputs

    def declared_at(self, variable: str) -> tuple[str, str]:
        """Return where a variable is declared."""
        return ("inputs" if variable in self.inputs else "variables"), variable

    def span(self, *at: str | int) -> Span | None:
        """Return the place of a value."""
        found = locate(self.tree, at)
        return found.span if found else None

    def key_span(self, *at: str | int) -> Span | None:
        """Return the place of the key that leads to a value."""
        found = key_at(self.tree, at)
        return found.span if found else self.span(*at)

    def finding(self, code: str, message: str, *at: str | int, hint: str = "", severity: str = "error") -> Finding:
        """Make a finding about the value at ``at``."""
        return self.finding_at(self.span(*at), code, message, at, hint=hint, severity=severity)

    def key_finding(self, code: str, message: str, *at: str | int, hint: str = "", severity: str = "error") -> Finding:
        """Make a finding about the key at ``at``."""
        return self.finding_at(self.key_span(*at), code, message, at, hint=hint, severity=severity)

    def finding_at(  # noqa: PLR0913 - the parts of a finding
        self,
        span: Span | None,
        code: str,
        message: str,
        at: tuple[str | int, ...],
        *,
        hint: str = "",
        severity: str = "error",
    ) -> Finding:
        """Make a finding at a span of one's own."""
        node = str(at[1]) if len(at) > 1 and at[0] == "nodes" else None
        return Finding(code, message, str(self.path), span, severity, node, hint or None)


def declaration(written: Any) -> Mapping[str, Any]:
    """Read a variable: ``{type: ...}`` declares one, everything else is a default value."""
    if isinstance(written, dict) and "type" in written:
        return written
    return {"default": written}


def scalars(tree: Tree, at: tuple[str | int, ...] = ()) -> Iterator[tuple[tuple[str | int, ...], Scalar]]:
    """Yield every scalar value below a tree with its path. Nesting is bounded by the loader, so recursion is."""
    if isinstance(tree, Scalar):
        yield at, tree
        return
    if isinstance(tree, Sequence):
        for index, item in enumerate(tree.items):
            yield from scalars(item, (*at, index))
        return
    for key, value in tree.entries:
        yield from scalars(value, (*at, str(key.value)))
