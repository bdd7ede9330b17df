"""``flowengine test --mutate``: changes flows, and tells which changes no recording notices."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any, Final, NamedTuple

from flowengine.cli.progress import with_progress
from flowengine.cli.screen import Screen
from flowengine.cli.steps import duration
from flowengine.cli.tables import cell, show_table
from flowengine.errors import InvalidFile
from flowengine.harmless import harmless
from flowengine.mutate.mutation import OF_EDGES
from flowengine.mutate.trial import Subject, Trial, Tried, mutations, sampled
from flowengine.recording.coverage import Share
from flowengine.recording.pairing import flows_below
from flowengine.recording.suite import Case, Result, Suite

_NAMED: Final = 3


class MutateOptions(NamedTuple):
    """What is asked for. ``bar`` is in percent of the changes, ``limit`` how many are tried of a flow at most."""

    bar: float | None = None
    limit: int = 500
    seed: int = 0
    form: str = "text"


class _Found(NamedTuple):
    """Flows that can be changed; ``failing`` are cases that fail as it is, ``unusable`` flows that have errors."""

    subjects: Sequence[Subject]
    failing: Sequence[Result]
    unusable: Sequence[Path]


def mutate(suite: Suite, cases: Sequence[Case], folders: Iterable[Path], options: MutateOptions) -> int:
    """Change the flows of cases, and those in folders, show what nobody notices, and return the exit code.

    1: a case fails on a flow as it is, which says nothing about changes then; or the bar is not reached.
    """
    began = time.perf_counter()
    found = _find(suite, cases, folders)
    tried = _try_all(found.subjects, options)
    share = Share(0, 0)
    for one in tried:
        share = share.plus(one.share)
    screen = Screen.out()
    if options.form == "json":
        screen.json(_json(tried, found, share, options))
    else:
        for one in tried:
            _show_survivors(screen, one)
        _show_numbers(screen, tried, share)
        _show_unusable(screen, found)
        _show_sum(screen, tried, share, time.perf_counter() - began, options)
    below = options.bar is not None and share.percent < options.bar
    return 1 if found.failing or below or (options.bar is not None and found.unusable) else 0


def _find(suite: Suite, cases: Sequence[Case], folders: Iterable[Path]) -> _Found:
    results = [suite.run(case) for case in with_progress(cases, len(cases), Screen.err(), "cases")]
    by_flow: dict[Path, list[Result]] = {}
    unusable: dict[Path, None] = {}
    for path in (one for folder in folders for one in flows_below(folder)):
        try:
            by_flow[suite.ready(path).flow.path] = []
        except InvalidFile:
            unusable[path] = None
    for result in results:
        if result.ready is not None:
            by_flow.setdefault(result.ready.flow.path, []).append(result)
    whole = {path: own for path, own in sorted(by_flow.items()) if all(one.passed for one in own)}
    failing = [result for result in results if not result.passed]
    return _Found([Subject(suite.ready(path), own) for path, own in whole.items()], failing, list(unusable))


def _try_all(subjects: Sequence[Subject], options: MutateOptions) -> list[Tried]:
    possible = [mutations(subject.ready) for subject in subjects]
    chosen = [sampled(found, options.limit, options.seed) for found in possible]
    every = [(number, one) for number, found in enumerate(chosen) for one in found]
    trials: list[list[Trial]] = [[] for _ in subjects]
    for number, mutation in with_progress(every, len(every), Screen.err(), "changes"):
        trials[number].append(subjects[number].attempt(mutation))
    return [
        Tried(subject.ready.flow, own, len(found))
        for subject, own, found in zip(subjects, trials, possible, strict=True)
    ]


def _json(tried: Sequence[Tried], found: _Found, share: Share, options: MutateOptions) -> dict[str, Any]:
    return {
        "mutation": {
            "flows": [one.to_json() for one in tried],
            "failing": [result.case.name for result in found.failing],
            "unusable": [str(path) for path in found.unusable],
            "limit": options.limit,
            "seed": options.seed,
            "total": {"noticed": share.covered, "survived": share.total - share.covered, "percent": share.percent},
        }
    }


def _show_survivors(screen: Screen, tried: Tried) -> None:
    """Show the changes that recordings walk over, each; then the places where none walks."""
    if not tried.survivors:
        return
    screen.line(f"{screen.paint(tried.flow.id, 'bold')}  {harmless(tried.flow.title)}")
    for one in tried.survivors:
        if one.by:
            said = f"{_whose(one)}: {one.mutation.said}"
            screen.line(f"  {_place(screen, tried, one)}  {screen.paint(said, 'yellow')}")
            screen.line(f"      {screen.paint(_why(one), 'dim')}")
    never = sorted((one for one in tried.survivors if not one.by), key=lambda one: _first(tried, one))
    for whose, together in groupby(never, _whose):
        group = list(together)
        names = ", ".join(dict.fromkeys(_thing(tried, one) for one in group))
        said = f"{whose}: no recording exercises {names}"
        screen.line(
            f"  {_place(screen, tried, group[0])}  {screen.paint(said, 'red')}  {_counted(len(group), 'change')}"
        )
    screen.line()


def _whose(trial: Trial) -> str:
    return trial.mutation.node or "defaults"


def _first(tried: Tried, trial: Trial) -> int:
    """Return where in the file the changes of a node, or of `defaults`, begin."""
    span = tried.flow.key_span(*trial.mutation.at[: 2 if trial.mutation.node else 1])
    return span.line if span else 0


def _thing(tried: Tried, trial: Trial) -> str:
    """Name what a change is about: an outcome, a row, a part of the node."""
    at, kind = trial.mutation.at, trial.mutation.kind
    if kind in {"condition", "row"}:
        row = tried.flow.nodes[str(at[1])]["inputs"]["rows"][at[4]]
        return str(row["name"])
    return str(at[-1]) if kind in OF_EDGES else "its retry" if kind == "retry" else f"its {at[2]}"


def _place(screen: Screen, tried: Tried, trial: Trial) -> str:
    return screen.paint(f"{tried.flow.path}:{trial.mutation.line(tried.flow)}")


def _why(trial: Trial) -> str:
    """Say who walks there, and why that does not tell the change."""
    walked = f"walked by {_listed(trial.by)}"
    if trial.unseen is None:
        return f"{walked}: nothing else would come"
    expects = "which it does not expect" if trial.unseen.expectable else "which recordings do not compare"
    return f"{walked}: of {trial.unseen.recording}, {_listed(trial.unseen.differs)} would change, {expects}"


def _listed(names: Sequence[str]) -> str:
    if len(names) <= _NAMED:
        return ", ".join(names)
    return f"{', '.join(names[: _NAMED - 1])} and {len(names) - _NAMED + 1} more"


def _show_numbers(screen: Screen, tried: Sequence[Tried], share: Share) -> None:
    rows = [(one.flow.id, one.share, one.count("refused"), one.count("same")) for one in tried]
    if len(rows) > 1:
        rows.append(("in all", share, sum(row[2] for row in rows), sum(row[3] for row in rows)))
    if rows:
        show_table(
            screen,
            [
                [
                    cell(name, "bold"),
                    cell(f"{own.covered:,} of {own.total:,}  {int(own.percent)}%", _colour(own)),
                    cell(f"{own.total - own.covered:,}"),
                    cell(f"{refused:,}"),
                    cell(f"{same:,}"),
                ]
                for name, own, refused, same in rows
            ],
            ("changes", "noticed", "survived", "refused by validate", "without effect"),
        )


def _show_unusable(screen: Screen, found: _Found) -> None:
    for path in found.unusable:
        screen.line(screen.paint(f"{path} has errors: it is not changed", "red"))
    if found.failing:
        names = _listed([result.case.name for result in found.failing])
        said = f"not changed are flows of cases that fail as it is: {names}; `flowengine test` says why"
        screen.line(screen.paint(said, "red"))


def _show_sum(screen: Screen, tried: Sequence[Tried], share: Share, seconds: float, options: MutateOptions) -> None:
    made, possible = sum(len(one.trials) for one in tried), sum(one.possible for one in tried)
    chosen = f" (chosen of {possible:,} with seed {options.seed})" if made < possible else ""
    colour = "green" if share.covered == share.total else "yellow"
    came = f"{share.covered:,} of {share.total:,} noticed, {share.percent:g}%" if share.total else "nothing to notice"
    noticed = screen.paint(came, colour)
    screen.line()
    screen.line(f"{_counted(made, 'change')} of {_counted(len(tried), 'flow')}{chosen}: {noticed}, {duration(seconds)}")
    if options.bar is not None:
        said = f"{share.percent:g}% of the changes are noticed, the bar is {options.bar:g}%"
        screen.line(screen.paint(said, "red" if share.percent < options.bar else "green"))


def _colour(share: Share) -> str:
    return "green" if share.covered == share.total else "yellow" if share.covered else "red"


def _counted(number: int, thing: str) -> str:
    return f"{number:,} {thing}{'' if number == 1 else 's'}"
