"""``flowengine test``: runs the recordings that say what they expect."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

import click

from flowengine.cli import startup
from flowengine.cli.options import Command, file_option, nodes_option
from flowengine.cli.output_files import refuse_unwritable, write_file
from flowengine.cli.progress import with_progress
from flowengine.cli.screen import Screen
from flowengine.cli.test_coverage import Bar, Covered, measure, show_bars, show_coverage
from flowengine.cli.test_report import flow_name, run_shown, show_failures, show_summary
from flowengine.cli.test_update import confirmed, show_updates, updates, write_updates
from flowengine.errors import UsageError
from flowengine.project import find_project
from flowengine.recording.answer_check import MODES, Mode
from flowengine.recording.suite import Case, Result, Suite, find_cases, read_case

_FOLDER: Final = click.Path(file_okay=False, path_type=Path)
_MANY: Final = 200
"""From so many cases on it pays to collect garbage."""


_FOR_BOTH: Final = ("form", "nodes", "answers")
_OF_CHANGES: Final = (*_FOR_BOTH, "texts", "bars")


class Options(NamedTuple):
    """What is asked for, beside the files."""

    texts: tuple[str, ...]
    fail_fast: bool
    updating: bool
    yes: bool
    covering: bool
    bars: tuple[Bar, ...]
    html: Path | None
    junit: Path | None
    nodes: tuple[Path, ...]
    answers: Mode
    form: str

    @property
    def measures(self) -> bool:
        """Whether coverage is asked for in any way."""
        return self.covering or bool(self.bars) or self.html is not None


class Tested(NamedTuple):
    """What came of it. ``found`` cases there were; ``others`` are recordings that expect nothing."""

    results: list[Result]
    found: int
    others: int
    covered: Covered | None
    updated: list[Path]


def generate_options(command: Command) -> Command:
    """Add the options of ``--generate``."""
    for option in (
        click.option("--force", is_flag=True, help="With --generate: write files anew that have another content."),
        click.option("--missing", is_flag=True, help="With --generate: only what recordings that are there leave out."),
        click.option("--trigger", metavar="EVENT", help="With --generate: an event that starts the flow."),
        click.option("--into", metavar="DIR", type=_FOLDER, help="With --generate: where recordings are written."),
        file_option("--generate", "generating", summary="Write recordings that exercise all of a flow."),
    ):
        command = option(command)
    return command


def mutate_options(command: Command) -> Command:
    """Add the options of ``--mutate``."""
    for option in (
        click.option("--seed", type=int, help="With --mutate: which changes are chosen, of more than N.  [default: 0]"),
        click.option(
            "--limit",
            metavar="N",
            type=click.IntRange(1),
            help="With --mutate: try N changes of a flow at most.  [default: 500]",
        ),
        click.option(
            "--mutate", "mutating", is_flag=True, help="Change the flows, and tell what no recording notices."
        ),
    ):
        command = option(command)
    return command


@click.command()
@click.argument("paths", metavar="[PATH]...", type=click.Path(path_type=Path), nargs=-1)
@click.option("-k", "--case", "texts", metavar="TEXT", multiple=True, help="Run cases with TEXT in id or file name.")
@click.option("--fail-fast", is_flag=True, help="End with the first case that fails.")
@click.option(
    "--answers",
    type=click.Choice(MODES),
    default="warn",
    show_default=True,
    help="Whether recorded answers that the service would never give are errors, warnings, or not judged.",
)
@click.option("--update", "updating", is_flag=True, help="Expect what came, in the files, after showing the changes.")
@click.option("--yes", is_flag=True, help="Do not ask before --update writes.")
@click.option("--coverage", "covering", is_flag=True, help="Show which nodes, edges and outcomes the cases exercise.")
@click.option(
    "--fail-under",
    "bars",
    metavar="[MEASURE=]N",
    multiple=True,
    help="Fail where less than N percent is covered of all edges, or of nodes, own (edges), outcomes, fall-through; "
    "with --mutate, where less than N percent of the changes are noticed.",
)
@file_option("--html", summary="Write the coverage as a page with a picture of each flow.")
@file_option("--junit", summary="Write the results as JUnit XML, too.")
@generate_options
@mutate_options
@nodes_option
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json", "junit"]),
    default="text",
    show_default=True,
    help="Text for people, the JSON of docs/json.md, or JUnit XML.",
)
def command(
    paths: tuple[Path, ...],
    generating: Path | None,
    bars: tuple[str, ...],
    mutating: bool,  # noqa: FBT001 - a flag of the command line
    **given: Any,
) -> int:
    """Run the recordings in PATH that say what they expect; without PATH, those of the project.

    PATH is a folder, with all that is below it, a recording, or a flow, for its recordings beside and below it. Each is
    walked as `dry-run` does it; nothing is sent. Exit code 1: a case failed, or --fail-under is not reached.
    """
    choosing = {name: given.pop(name) for name in ("limit", "seed")}
    making = {name: given.pop(name) for name in ("into", "trigger", "missing", "force")}
    if generating is not None:
        return _generate(generating, paths, {**given, **choosing, "bars": bars, "mutating": mutating}, making)
    if any(making.values()):
        raise UsageError("--into, --trigger, --missing and --force are for --generate FLOW")
    if mutating:
        return _mutate(paths or (_here(),), {**given, "bars": bars}, choosing)
    if any(value is not None for value in choosing.values()):
        raise UsageError("--limit and --seed are for --mutate")
    options = Options(bars=tuple(Bar.read(one) for one in bars), **given)
    if options.yes and not options.updating:
        raise UsageError("--yes is for --update")
    _refuse_files(options)
    tested = _test(paths or (_here(),), options)
    _write_files(tested, options)
    if options.form == "json":
        from flowengine.cli.test_formats import results_json  # noqa: PLC0415 - only for this format

        found, others, updated = tested.found, tested.others, tested.updated
        Screen.out().json(results_json(tested.results, tested.covered, found=found, others=others, updated=updated))
    elif options.form == "junit":
        from flowengine.cli.test_formats import junit_xml  # noqa: PLC0415 - likewise

        Screen.out().block(junit_xml(tested.results))
    else:
        _show_end(Screen.out(), tested, options)
    failed = not all(result.passed for result in tested.results)
    return 1 if failed or (tested.covered is not None and tested.covered.below(options.bars)) else 0


def _generate(flow: Path, paths: Sequence[Path], given: Mapping[str, Any], making: Mapping[str, Any]) -> int:
    from flowengine.cli.test_generate import GenerateOptions, generate  # noqa: PLC0415 - only for this option

    form, nodes = given["form"], given["nodes"]
    if paths or form == "junit" or any(value for name, value in given.items() if name not in _FOR_BOTH):
        raise UsageError("--generate FLOW runs no cases: leave out PATH and the options about them, or --generate")
    return generate(flow, GenerateOptions(nodes=nodes, form=form, **making))


def _mutate(paths: Sequence[Path], given: Mapping[str, Any], choosing: Mapping[str, Any]) -> int:
    from flowengine.cli.test_mutate import MutateOptions, mutate  # noqa: PLC0415 - only for this option

    form, texts = given["form"], given["texts"]
    if form == "junit" or any(value for name, value in given.items() if name not in _OF_CHANGES):
        goes = "-k, --answers, --limit, --seed, --fail-under, --nodes and --format text or json"
        raise UsageError(f"--mutate goes with {goes} only")
    bars = given["bars"]
    if len(bars) > 1 or any("=" in bar for bar in bars):
        raise UsageError("--fail-under with --mutate: expected one number, percent of the changes, such as 90")
    bar = Bar.read(bars[0]).percent if bars else None
    folders = [path for path in paths if path.is_dir()]
    suite = Suite(given["nodes"], folders, given["answers"])
    cases, _ = _chosen(paths, texts)
    chosen = {name: value for name, value in choosing.items() if value is not None}
    return mutate(suite, cases, () if texts else folders, MutateOptions(bar=bar, form=form, **chosen))


def _here() -> Path:
    """Return the folder of the project, or the working directory."""
    project = find_project(Path())
    return Path(os.path.relpath(project.path.parent)) if project.path else Path()


def _test(paths: Sequence[Path], options: Options) -> Tested:
    cases, others = _chosen(paths, options.texts)
    if len(cases) > _MANY:
        startup.settle()
    folders = [path for path in paths if path.is_dir()]
    suite = Suite(options.nodes, folders, options.answers)
    results = _run(suite, cases, options)
    updated = _update(results, options) if options.updating else []
    for number, result in enumerate(results):
        if result.case.path in updated:
            results[number] = suite.run(read_case(result.case.path))
    covered = measure(suite, results, () if options.texts else folders) if options.measures else None
    return Tested(results, len(cases), others, covered, updated)


def _chosen(paths: Sequence[Path], texts: Sequence[str]) -> tuple[list[Case], int]:
    """Return the cases that are asked for, those of a flow together, and how many recordings expect nothing."""
    found, others = find_cases(paths)
    cases = sorted((one for one in found if _is_chosen(one, texts)), key=flow_name)
    if not cases:
        raise UsageError(_nothing(paths, texts, len(found), others))
    return cases, others


def _is_chosen(case: Case, texts: Sequence[str]) -> bool:
    names = (case.name.lower(), case.path.name.lower())
    return not texts or any(text.lower() in name for text in texts for name in names)


def _nothing(paths: Sequence[Path], texts: Sequence[str], found: int, others: int) -> str:
    where = ", ".join(map(str, paths))
    if found:
        return f"{where}: none of {found} cases has {' or '.join(map(repr, texts))} in its id or file name"
    if others:
        have = "1 recording, but it does not say" if others == 1 else f"{others} recordings, but none says"
        return f"{where}: {have} what it expects: a case has a key `expect`"
    return f"{where}: there is no recording here: cases are files *.recording.yaml with a key `expect`"


def _run(suite: Suite, cases: Sequence[Case], options: Options) -> list[Result]:
    if options.form == "text":
        results = list(run_shown(Screen.out(), suite, cases, fail_fast=options.fail_fast))
        show_failures(Screen.out(), results)
        return results
    results = []
    for case in with_progress(cases, len(cases), Screen.err(), "cases"):
        results.append(suite.run(case))
        if options.fail_fast and not results[-1].passed:
            break
    return results


def _update(results: Sequence[Result], options: Options) -> list[Path]:
    """Write files anew as far as that is wanted, and return which."""
    screen = Screen.out() if options.form == "text" else Screen.err()
    wanted = updates(screen, results)
    show_updates(screen, wanted)
    if not wanted or not (options.yes or confirmed(screen, wanted)):
        return []
    write_updates(wanted)
    return [update.path for update in wanted]


def _refuse_files(options: Options) -> None:
    for name, path in (("--html", options.html), ("--junit", options.junit)):
        if path is not None:
            refuse_unwritable(path)
            if path.suffix in {".yaml", ".yml"}:
                raise UsageError(f"{name} takes the file to write; {path} is called like a flow or a recording")


def _write_files(tested: Tested, options: Options) -> None:
    if options.junit is not None:
        from flowengine.cli.test_formats import junit_xml  # noqa: PLC0415 - only for this

        write_file(options.junit, junit_xml(tested.results))
    if options.html is not None and tested.covered is not None:
        from flowengine.picture.coverage_page import coverage_page  # noqa: PLC0415 - likewise

        write_file(options.html, coverage_page(tested.covered.flows.values(), tested.results))


def _show_end(screen: Screen, tested: Tested, options: Options) -> None:
    if options.covering and tested.covered is not None:
        show_coverage(screen, tested.covered)
    show_summary(screen, tested.results, found=tested.found, others=tested.others)
    if tested.updated:
        screen.line(screen.paint(f"updated: {', '.join(map(str, tested.updated))}"))
        failing = [one.case.name for one in tested.results if one.case.path in tested.updated and not one.passed]
        if failing:
            said = f"no expectation mends what is left of {', '.join(failing)}; `flowengine test` says what it is"
            screen.line(screen.paint(said, "red"))
    if options.html is not None:
        screen.line(f"coverage: {screen.paint(str(options.html))}")
    if tested.covered is not None:
        show_bars(screen, tested.covered, options.bars)
