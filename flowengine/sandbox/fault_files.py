"""Files of faults: YAML or JSON, read at start."""

from __future__ import annotations

from pathlib import Path

from flowengine.errors import InvalidFile
from flowengine.findings import Finding
from flowengine.flowfile.yaml_tree import Tree, key_at, locate, read_yaml, to_value
from flowengine.sandbox.fault_form import Problem, read_faults
from flowengine.sandbox.faults import Fault


def load_faults(path: Path) -> list[Fault]:
    """Read a file with one fault, or a list ``faults``. Raises InvalidFile with everything that is wrong in it."""
    tree = read_yaml(path)
    faults, problems = read_faults(to_value(tree))
    if problems:
        raise InvalidFile([_finding(each, tree, str(path)) for each in problems])
    return faults


def _finding(problem: Problem, tree: Tree, path: str) -> Finding:
    part = key_at(tree, problem.place) if problem.is_key else locate(tree, problem.place)
    message = f"{problem.field or 'the fault'} {problem.message}"
    return Finding("FE803", message, path, part.span if part else None)
