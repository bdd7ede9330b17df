"""``flowengine validate``: all findings of flow files."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any, Final, NamedTuple

import click

from flowengine.catalogue.catalogue import Catalogue
from flowengine.check.reports import Report
from flowengine.check.validate import report
from flowengine.cli import startup
from flowengine.cli.findings import show_findings, show_help
from flowengine.cli.options import nodes_option
from flowengine.cli.progress import with_progress
from flowengine.cli.repairing import Fixed, fix, fixed_json
from flowengine.cli.screen import Screen
from flowengine.errors import FlowError, InvalidFile, UsageError
from flowengine.findings import Finding, finding_json, tally
from flowengine.flow_files import flow_files, is_recording, watched_files
from flowengine.project import Environment, catalogue_near, find_project, is_folder
from flowengine.recording.pairing import Flows
from flowengine.watching import stamps, watch

_UNREADABLE: Final = "FE001"


class Options(NamedTuple):
    """What is asked for, beside the files."""

    nodes: tuple[Path, ...]
    environment: str | None
    form: str
    strict: bool
    fix: bool


class Judged(NamedTuple):
    """``others`` counts files in folders that are no flows."""

    flows: int
    recordings: int
    others: int
    reports: Mapping[str, Report]
    fixed: Mapping[str, list[Fixed]]

    @property
    def findings(self) -> list[Finding]:
        """All findings, file by file."""
        return [finding for one in self.reports.values() for finding in one.findings]


@click.command()
@click.argument("paths", metavar="PATH...", type=click.Path(path_type=Path), nargs=-1, required=True)
@nodes_option
@click.option("--env", "environment", metavar="NAME", help="Environment of flowengine.yaml that has to bind all names.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json", "github", "sarif"]),
    default="text",
    show_default=True,
    help="Text for people, the JSON of docs/json.md, annotations for GitHub Actions, or SARIF 2.1.0.",
)
@click.option("--strict", is_flag=True, help="Fail for warnings, too.")
@click.option("--fix", "fixing", is_flag=True, help="Pin node types and write outcomes canonically, in the files.")
@click.option("--watch", "watching", is_flag=True, help="Validate again whenever a file is saved, until Ctrl-C.")
def command(  # noqa: PLR0913, PLR0917 - the options of a command are its arguments
    paths: tuple[Path, ...],
    nodes: tuple[Path, ...],
    environment: str | None,
    form: str,
    strict: bool,  # noqa: FBT001 - likewise
    fixing: bool,  # noqa: FBT001 - likewise
    watching: bool,  # noqa: FBT001 - likewise
) -> int:
    """Say everything that is wrong with the flows in PATH: files, and folders with all that is below them.

    In folders, YAML files without a top-level key `flow` are skipped, and recordings; a recording that is named is
    held to its flow, which is looked for beside and above it. Exit code 1: there are findings
    of severity error; 2: a file cannot be read.
    """
    options = Options(nodes, environment, form, strict, fixing)
    if not watching:
        return _validate(paths, options)
    if form != "text" or fixing:
        raise UsageError("--watch shows text and changes nothing: leave out --format and --fix, or --watch")
    watch_flows(paths, options)
    return 0


def watch_flows(paths: Iterable[Path], options: Options, sleep: Callable[[float], None] = time.sleep) -> None:
    """Validate, and again whenever a flow, node type or project file is saved, until Ctrl-C."""
    screen = Screen.out()

    def again(changed: list[Path]) -> None:
        if len(changed) == 1:
            screen.line(screen.paint(f"{changed[0]} was saved", "dim"))
        try:
            _validate(paths, options)
        except FlowError as wrong:
            Screen.err().error(str(wrong))
        screen.line(screen.paint("Watching; Ctrl-C ends it.", "dim"))

    startup.settle()
    watch(lambda: stamps(watched_files(paths, options.nodes)), again, sleep)
    screen.line("stopped")


def _validate(paths: Iterable[Path], options: Options) -> int:
    judged = _judge(paths, options)
    screen = Screen.out()
    if options.form == "json":
        screen.json(_json(judged))
    elif options.form == "sarif":
        from flowengine.cli.sarif import sarif  # noqa: PLC0415 - only for this format

        screen.json(sarif(judged.reports))
    else:
        show = _show_annotations if options.form == "github" else _show_text
        show(screen, judged)
        screen.line(_summary(screen, judged))
    if options.form in {"github", "sarif"}:
        _show_fixed(Screen.err(), judged)
    return _exit_code(judged.findings, strict=options.strict)


def _judge(paths: Iterable[Path], options: Options) -> Judged:
    files, others = _files(paths)
    if len(files) > 1:
        startup.settle()
    catalogue = cache(lambda folder: catalogue_near(folder / "flow", options.nodes))
    environment = cache(lambda folder: _environment(folder, options.environment))

    def catalogue_of(path: Path) -> Catalogue:
        return catalogue(path.parent)

    recordings = {path for path in files if is_recording(path)}
    flows = Flows()

    def of_file(path: Path) -> Report:
        if path in recordings:
            from flowengine.recording.judging import judge_recording  # noqa: PLC0415 - brings the walker

            return judge_recording(path, flows, catalogue_of)
        return report(path, environment=environment(path.parent), catalogue_of=catalogue_of)

    fixed: dict[str, list[Fixed]] = {}
    found: dict[str, Report] = {}
    for path in with_progress(files, len(files), Screen.err(), "flows"):
        one = of_file(path)
        if options.fix:
            fixed[str(path)] = fix(path, one, catalogue_of)
            one = of_file(path) if fixed[str(path)] else one
        found[str(path)] = one
    return Judged(len(files) - len(recordings), len(recordings), others, _each_once(found), fixed)


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


def _environment(folder: Path, name: str | None) -> Environment | None:
    """Return the environment that has to bind all names; a wrong project file is a finding of each flow."""
    if name is None:
        return None
    try:
        return find_project(folder).environment(name)
    except InvalidFile:
        return None


def _each_once(reports: Mapping[str, Report]) -> Mapping[str, Report]:
    """Put findings about a manifest or project file, which many flows share, under that file, each once."""
    findings: dict[str, dict[Finding, None]] = {}
    for path, one in reports.items():
        findings.setdefault(path, {})
        for finding in one.findings:
            findings.setdefault(finding.path, {})[finding] = None
    nothing = Report([])
    return {path: replace(reports.get(path, nothing), findings=list(found)) for path, found in findings.items()}


def _exit_code(findings: Iterable[Finding], *, strict: bool) -> int:
    failing = ("error", "warning") if strict else ("error",)
    codes = {0, *(2 if one.code == _UNREADABLE else 1 for one in findings if one.severity in failing)}
    return max(codes)


def _json(judged: Judged) -> dict[str, Any]:
    files = [
        {
            "path": path,
            "findings": [*map(finding_json, one.findings)],
            "skipped": [{"rule": skipped.rule, "reason": skipped.reason} for skipped in one.skipped],
            "ignored": [{**finding_json(ignored.finding), "reason": ignored.reason} for ignored in one.ignored],
            "fixed": [*map(fixed_json, judged.fixed.get(path, ()))],
        }
        for path, one in judged.reports.items()
    ]
    return {"files": files, "summary": tally(judged.findings)}


def _show_annotations(screen: Screen, judged: Judged) -> None:
    from flowengine.cli.annotations import annotation  # noqa: PLC0415 - only for this format

    for finding in judged.findings:
        screen.block(annotation(finding))
    _show_skipped(screen, judged)


def _show_text(screen: Screen, judged: Judged) -> None:
    _show_fixed(screen, judged)
    for one in judged.reports.values():
        show_findings(screen, one.findings)
    show_help(screen, judged.findings)
    _show_skipped(screen, judged)
    if judged.findings:
        screen.line()


def _show_fixed(screen: Screen, judged: Judged) -> None:
    for path, fixed in judged.fixed.items():
        for one in fixed:
            place = f"{path}:{one.line}:{one.column}:"
            said = f"{screen.paint(f'fixed[{one.code}]:', 'bold', 'green')} {screen.paint(f'{one.old} -> {one.new}')}"
            screen.line(f"{screen.paint(place, 'bold')} {said}")


def _show_skipped(screen: Screen, judged: Judged) -> None:
    """Say what was not judged, a line a file: only what has not been skipped has been passed."""
    for path, one in judged.reports.items():
        reasons = Counter(skipped.reason for skipped in one.skipped)
        said = "; ".join(f"{_count(number, 'rule')}: {reason}" for reason, number in reasons.items())
        if said:
            place = screen.paint(f"{path}:", "bold")
            screen.line(f"{place} {screen.paint('skipped:', 'bold', 'cyan')} {screen.paint(said)}")


def _summary(screen: Screen, judged: Judged) -> str:
    counts = tally(judged.findings)
    colour = "red" if counts["errors"] else "yellow" if counts["warnings"] else "green"
    said = [_count(count, name.removesuffix("s")) for name, count in counts.items()]
    ignored = sum(len(one.ignored) for one in judged.reports.values())
    said += [f"{ignored} ignored"] if ignored else []
    fixed = sum(map(len, judged.fixed.values()))
    said += [f"{fixed} fixed"] if fixed else []
    others = f" ({_count(judged.others, 'other file')} skipped)" if judged.others else ""
    judged_files = [_count(judged.flows, "flow")] if judged.flows or not judged.recordings else []
    judged_files += [_count(judged.recordings, "recording")] if judged.recordings else []
    return f"{' and '.join(judged_files)}{others}: {screen.paint(', '.join(said), colour)}"


def _count(number: int, thing: str) -> str:
    return f"{number} {thing}{'' if number == 1 else 's'}"
