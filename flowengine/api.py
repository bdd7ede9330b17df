"""The Python API: what ``import flowengine`` gives."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flowengine.check.compile import compile
from flowengine.check.validate import load
from flowengine.core.answers import Json
from flowengine.core.plan import Limits, Plan
from flowengine.core.trace import Run
from flowengine.flowfile.syntax import Flow
from flowengine.project import catalogue_near, find_project
from flowengine.starting import refuse_trigger, start_values

if TYPE_CHECKING:
    from flowengine.drivers.local import OnCall, OnStep
    from flowengine.effects.protocol import Effects
    from flowengine.recording.format import Recording
    from flowengine.recording.missing import Missing
    from flowengine.recording.taking import Taken


async def run(  # noqa: PLR0913 - all but the flow have defaults
    flow: Plan | Flow | str | Path,
    *,
    trigger: Json = None,
    variables: Mapping[str, Json] | None = None,
    environment: str | None = None,
    effects: Effects | None = None,
    on_step: OnStep | None = None,
    on_call: OnCall | None = None,
    limits: Limits | None = None,
    journal: bool = False,
    nodes: Iterable[str | Path] = (),
    events: Iterable[Mapping[str, Any]] = (),
) -> Run:
    """Walk a flow for real and return the finished run.

    ``trigger`` is the event (``{"sms": {...}}``); ``variables`` are start values over the flow's defaults;
    ``environment`` names one of the project file, whose default holds otherwise (without a project file: the embedded
    sandbox). ``effects`` (of ``connect``, or a fake) replaces the environment, and is the way to run many flows at
    once. ``on_step`` is called with each finished step; ``on_call`` with the plan of each flow that is called, and
    returns what is called with the steps of that. ``nodes`` are folders of node types, before the project's.
    ``events`` are what each ``receive`` gets, as in a recording; without one it waits until its timeout.
    Raises InvalidFile for a flow with errors, UsageError for unknown variables or environments and for a trigger that
    does not start the flow.
    """
    from flowengine.drivers.local import Walk  # noqa: PLC0415 - asyncio takes 40 ms that a dry-run need not pay

    plan = prepare(flow, nodes)
    refuse_trigger(plan, trigger)
    values = start_values(plan, variables or {})
    near = flow.path if isinstance(flow, Flow) else Path(flow) if isinstance(flow, str | Path) else Path()
    async with world(plan, near, environment, effects) as around:
        walk = Walk(plan, around, on_step, journal=journal, events=events, on_call=on_call)
        state = await walk.run(trigger, values, limits)
    return Run.of(plan, state, walk.entries, walk.called)


def run_sync(flow: Plan | Flow | str | Path, **options: Any) -> Run:
    """Do what ``run`` does, outside of any event loop."""
    import asyncio  # noqa: PLC0415 - as above

    return asyncio.run(run(flow, **options))


def dry_run(  # noqa: PLR0913 - all but two have defaults
    flow: Plan | Flow | str | Path,
    recording: Recording | str | Path,
    *,
    on_step: OnStep | None = None,
    on_call: OnCall | None = None,
    limits: Limits | None = None,
    nodes: Iterable[str | Path] = (),
) -> DryRun:
    """Walk a flow on recorded answers, in virtual time; nothing outside is touched.

    ``on_step``, ``on_call`` and ``nodes`` are those of ``run``. Raises InvalidFile for a flow or recording with errors,
    UsageError for a trigger that does not start the flow.
    """
    from flowengine.drivers.dry_run import DryWalk  # noqa: PLC0415 - live runs do not need it
    from flowengine.recording.expectation import differences  # noqa: PLC0415 - likewise
    from flowengine.recording.format import load_recording  # noqa: PLC0415 - likewise
    from flowengine.recording.missing import explain_missing  # noqa: PLC0415 - likewise
    from flowengine.recording.replay import Replay  # noqa: PLC0415 - likewise
    from flowengine.recording.strangers import refuse_strangers  # noqa: PLC0415 - likewise

    plan = prepare(flow, nodes)
    recorded = load_recording(recording) if isinstance(recording, str | Path) else recording
    refuse_strangers(recorded, plan)
    refuse_trigger(plan, recorded.trigger)
    replay = Replay(recorded.responses)
    walk = DryWalk(plan, replay, on_step, recorded.started_at, on_call=on_call)
    values = start_values(plan, recorded.variables)
    state = walk.run(recorded.run_id, recorded.trigger, values, limits)
    done = Run.of(plan, state, walk.entries, walk.called)
    unused = replay.unused()
    lines = {node: recorded.last_lines(node, count) for node, count in unused.items()}
    differ = differences(recorded.expect, done, unused, lines) if recorded.expect is not None else []
    return DryRun(done, unused, differ, lines, explain_missing(plan, walk.entries, recorded, walk.called))


@dataclass(frozen=True, slots=True)
class DryRun:
    """``unused``: recorded answers left over, by node; ``differences``: what is not as the recording expects.

    ``unused_lines`` are the lines of those answers in the recording's file, by node; ``missing`` explains a dry-run
    that ended for want of an answer.
    """

    run: Run
    unused: Mapping[str, int]
    differences: list[str]
    unused_lines: Mapping[str, Sequence[int]] = field(default_factory=dict)
    missing: Missing | None = None


def take_recording(flow: Plan | Flow | str | Path, run: Run, name: str, *, nodes: Iterable[str | Path] = ()) -> Taken:
    """Take the recording ``name`` of a run of a flow that was walked with ``journal=True``; secrets are taken out.

    Its ``text`` is that of a recording file, its ``notes`` say what is missing and why; ``nodes`` are those of ``run``.
    Raises InvalidFile for a flow with errors, UsageError for a run without a journal, of another flow, or that no
    recording can hold.
    """
    from flowengine.recording import taking  # noqa: PLC0415 - only for this function

    return taking.take_recording(prepare(flow, nodes), run, name)


@asynccontextmanager
async def connect(
    environment: str | None = None, near: str | Path = ".", *, kept: bool = False
) -> AsyncIterator[Effects]:
    """Open an environment of the project file found from ``near`` upward, for any number of runs at once.

    Pass what it gives as ``effects`` to ``run``. ``kept`` is for runs over a journal: results that are posted later are
    asked for wherever the environment says so, and not only where this process listens. Raises InvalidFile, UsageError.
    """
    from flowengine.effects.live import connect as connect_live  # noqa: PLC0415 - httpx and aiohttp take 300 ms

    async with connect_live(find_project(Path(near)).environment(environment), kept=kept) as effects:
        yield effects


def prepare(flow: Plan | Flow | str | Path, nodes: Iterable[str | Path] = ()) -> Plan:
    """Compile a flow with the node types that hold where it is. Raises InvalidFile with all that is wrong with it."""
    if isinstance(flow, Plan):
        return flow
    loaded = flow if isinstance(flow, Flow) else load(flow)
    return compile(loaded, catalogue_near(loaded.path, nodes))


def world(
    plan: Plan, near: Path, environment: str | None = None, effects: Effects | None = None
) -> AbstractAsyncContextManager[Effects]:
    """Open what a plan runs in: ``effects``, else an environment, else nothing where it sends no request."""
    from flowengine.effects.alone import Alone  # noqa: PLC0415 - asyncio again

    if effects is not None:
        return nullcontext(effects)
    if environment is None and not any(node.request for node in plan.every_node()):
        return nullcontext(Alone())
    return connect(environment, near)
