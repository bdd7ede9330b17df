"""``flowengine validate``: all findings of flow files."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Final

import click

from flowengine.catalogue.catalogue import Catalogue
from flowengine.check.validate import validate
from flowengine.cli.findings import finding_json, show_findings, tally
from flowengine.cli.flow_files import flow_files, is_folder
from flowengine.cli.options import format_option, nodes_option
from flowengine.cli.screen import Screen
from flowengine.errors import InvalidFile, UsageError
from flowengine.findings import Finding
from flowengine.project import catalogue_near

_UNREADABLE: Final = "FE001"


@click.command()
@click.argument("paths", metavar="PATH...", type=click.Path(path_type=Path), nargs=-1, required=True)
@nodes_option
@format_option
def command(paths: tuple[Path, ...], nodes: tuple[Path, ...], form: str) -> int:
    """Say everything that is wrong with the flows in PATH: files, and folders with all that is below them.

    In folders, YAML files without a top-level key `flow` are skipped, and recordings. Exit code 1: there are findings
    of severity error; 2: a file cannot be read.
    """
    files, skipped = _files(paths)
    findings = _findings(files, nodes)
    screen = Screen.out()
    if form == "json":
        shown = [{"path": path, "findings": [*map(finding_json, found)]} for path, found in findings.items()]
        screen.json({"files": shown, "summary": tally(one for found in findings.values() for one in found)})
    else:
        for found in findings.values():
            show_findings(screen, found)
        if any(findings.values()):
            screen.line()
        screen.line(_summary(screen, len(files), skipped, tally(one for found in findings.values() for one in found)))
    return _exit_code(one for found in findings.values() for one in found)


def _files(paths: Iterable[Path]) -> tuple[list[Path], int]:
    files: dict[Path, None] = {}
    skipped = 0
    for path in paths:
        if not is_folder(path):
            files[path] = None
            continue
        flows, others = flow_files(path)
        if not flows:
            raise UsageError(f"{path}: there is no flow in this folder: a flow is a .yaml file with a key `flow`")
        files.update(dict.fromkeys(flows))
        skipped += others
    return list(files), skipped


def _findings(files: Iterable[Path], nodes: tuple[Path, ...]) -> Mapping[str, list[Finding]]:
    """Return the findings by file; a wrong manifest or project file, which many flows share, comes once."""
    findings: dict[str, list[Finding]] = {}
    catalogue = cache(lambda folder: catalogue_near(folder / "flow", nodes))
    for path in files:
        findings.setdefault(str(path), [])
        for finding in _of_file(path, catalogue):
            known = findings.setdefault(finding.path, [])
            if finding not in known:
                known.append(finding)
    return findings


def _of_file(path: Path, catalogue: Callable[[Path], Catalogue]) -> list[Finding]:
    try:
        return validate(path, catalogue(path.parent))
    except InvalidFile as invalid:
        return invalid.findings


def _exit_code(findings: Iterable[Finding]) -> int:
    codes = {0, *(2 if one.code == _UNREADABLE else 1 for one in findings if one.severity == "error")}
    return max(codes)


def _summary(screen: Screen, files: int, skipped: int, counts: Mapping[str, int]) -> str:
    colour = "red" if counts["errors"] else "yellow" if counts["warnings"] else "green"
    said = ", ".join(_count(count, name.removesuffix("s")) for name, count in counts.items())
    others = f" ({_count(skipped, 'other file')} skipped)" if skipped else ""
    return f"{_count(files, 'flow')}{others}: {screen.paint(said, colour)}"


def _count(number: int, thing: str) -> str:
    return f"{number} {thing}{'' if number == 1 else 's'}"
