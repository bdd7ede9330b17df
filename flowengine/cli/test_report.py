"""How test cases are shown: a line a flow while they run, then each that failed, with the walks in a drawing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Final

from flowengine.cli.findings import show_findings, show_help
from flowengine.cli.screen import Screen, shorten
from flowengine.cli.steps import duration
from flowengine.findings import Finding
from flowengine.harmless import harmless
from flowengine.picture.case_walks import draw_case
from flowengine.picture.walks import FANCY, PLAIN, Line, Role
from flowengine.recording.suite import Case, Result, Suite

_STYLES: Final[dict[Role, tuple[str, ...]]] = {
    "plain": (),
    "line": ("dim",),
    "node": ("bold",),
    "outcome": (),
    "left": ("green",),
    "right": ("red",),
}
_UNREADABLE: Final = "(unreadable)"
_WIDEST: Final = 120
_DRAWN: Final = ("path:", "outcomes:")
"""What the drawing shows is not said again."""


def run_shown(screen: Screen, suite: Suite, cases: Sequence[Case], *, fail_fast: bool) -> Iterator[Result]:
    """Run cases, and show a line for each flow when its last case is over."""
    width = max(len(flow_name(case)) for case in cases)
    done = 0
    for flow, group in groupby(cases, flow_name):
        results: list[Result] = []
        for case in group:
            screen.passing(
                screen.paint(
                    f"{screen.sign('… ', '')}{flow.ljust(width)}  {done} of {len(cases)}"[: screen.width - 1], "dim"
                )
            )
            results.append(suite.run(case))
            done += 1
            yield results[-1]
            if fail_fast and not results[-1].passed:
                break
        _show_flow(screen, flow.ljust(width), results)
        if fail_fast and not all(result.passed for result in results):
            return


def show_failures(screen: Screen, results: Sequence[Result]) -> None:
    """Show each case that failed: where it stands, the walks, and what else differs; then what others are warned of."""
    told: set[Finding] = set()
    for result in results:
        if not result.passed:
            _show_failure(screen, result, told)
    warnings = [finding for result in results if result.passed for finding in result.findings]
    if warnings:
        screen.line()
        show_findings(screen, warnings)
    show_help(screen, [finding for result in results for finding in result.findings])


def show_summary(screen: Screen, results: Sequence[Result], *, found: int, others: int) -> None:
    """Say how many cases passed and failed; ``others`` are recordings that expect nothing."""
    failed = sum(not result.passed for result in results)
    flows = {flow_name(result.case) for result in results}
    said = [f"{len(results) - failed} passed", *([f"{failed} failed"] if failed else [])]
    said += [f"{found - len(results)} not run"] if found > len(results) else []
    counted = f"{_counted(len(results), 'case')} of {_counted(len(flows), 'flow')}"
    aside = f" ({_counted(others, 'recording')} without `expect`)" if others else ""
    seconds = duration(sum(result.seconds for result in results))
    colour = "red" if failed else "green"
    screen.line()
    screen.line(f"{counted}{aside}: {screen.paint(', '.join(said), colour)}, {seconds}")


def report_lines(result: Result) -> list[str]:
    """Return what there is to say about a case that failed, without colour, the drawing first."""
    lines = ["".join(piece.text for piece in line).rstrip() for line in draw_case(result)]
    return [harmless(line) for line in (*lines, *map(str, result.findings), *differences(result), *_missing(result))]


def differences(result: Result) -> list[str]:
    """Return what differs, apart from what a drawing of the case shows."""
    if result.done is None:
        return []
    found = result.done.differences
    if result.done.missing is not None:
        # What is left of the answers is said with what is missing.
        found = found[: len(found) - len(result.done.unused)]
    drawn = bool(draw_case(result))
    return [one for one in found if not (drawn and one.startswith(_DRAWN))]


def _show_failure(screen: Screen, result: Result, told: set[Finding]) -> None:
    case = result.case
    span = case.recording.span("expect") if case.recording else None
    title = f"  {harmless(case.title)}" if case.title else ""
    screen.line()
    screen.line(f"{screen.paint(screen.sign('✗ ', '') + case.name, 'bold', 'red')}{title}")
    screen.line(screen.paint(f"  {case.path}:{span.line}" if span else f"  {case.path}", "dim"))
    _show_findings(screen, result, told)
    _show_differences(screen, result)


def _show_flow(screen: Screen, name: str, results: Sequence[Result]) -> None:
    failed = sum(not result.passed for result in results)
    sign = screen.sign("✗ ", "") if failed else screen.sign("✓ ", "")
    passed = f"{len(results) - failed} passed"
    said = f"{passed}, {screen.paint(f'{failed} failed', 'red')}" if failed else passed
    seconds = screen.paint(duration(sum(result.seconds for result in results)).rjust(8), "dim")
    screen.line(f"{screen.paint(sign, 'red' if failed else 'green')}{screen.paint(name, 'bold')}  {seconds}  {said}")


def _show_findings(screen: Screen, result: Result, told: set[Finding]) -> None:
    """Show findings, those of a flow that several cases share only once."""
    new = [finding for finding in result.findings if finding not in told]
    again = [finding for finding in result.findings if finding in told]
    told.update(new)
    show_findings(screen, new)
    if again:
        screen.line(f"  {harmless(again[0].path)}: {_counted(len(again), 'finding')}, shown above")


def _show_differences(screen: Screen, result: Result) -> None:
    lines = draw_case(result, FANCY if screen.sign("│", "") else PLAIN, min(screen.width, _WIDEST))
    if lines:
        screen.line()
        for line in lines:
            screen.line(paint(screen, line))
    said = [(one, "red") for one in differences(result)] + [(one, "dim") for one in _missing(result)]
    if lines and said:
        screen.line()
    for sentence, style in said:
        screen.line(f"  {screen.paint(shorten(sentence), style)}")


def _missing(result: Result) -> Iterator[str]:
    if result.done is not None and result.done.missing is not None:
        yield from result.done.missing.sentences()


def paint(screen: Screen, line: Line) -> str:
    """Paint a line of a drawing."""
    return "".join(screen.paint(piece.text, *_STYLES[piece.role]) for piece in line).rstrip()


def flow_name(case: Case) -> str:
    """Return the id of the flow that a case names, for people."""
    return case.recording.flow if case.recording else _UNREADABLE


def _counted(number: int, thing: str) -> str:
    return f"{number:,} {thing}{'' if number == 1 else 's'}"
