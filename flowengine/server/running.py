"""A server from start to end: opens what it needs, serves and walks until it is told to stop, and drains."""

from __future__ import annotations

import asyncio
import ipaddress
import logging
import secrets
import signal
import socket
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Final, NamedTuple

import uvicorn

from flowengine.authorizations.store import FileStore
from flowengine.check.compile import TOOLS
from flowengine.drivers.durable import DEFAULT, Worker
from flowengine.errors import UsageError
from flowengine.journal.appended import SqliteTail
from flowengine.journal.faults import JournalFault
from flowengine.project import Project, find_project
from flowengine.server.access import Access
from flowengine.server.app import create_app
from flowengine.server.flows import Flows, refuse_no_folder
from flowengine.server.histories import Histories
from flowengine.server.limits import Limits
from flowengine.server.listening import Told
from flowengine.server.live import Live
from flowengine.server.metrics import Metrics
from flowengine.server.protection import Names
from flowengine.server.retention import keep_pruning
from flowengine.server.routing import Route
from flowengine.server.timed import TimedJournal
from flowengine.server.tokens import TokenFile
from flowengine.server.traces import Traces
from flowengine.server.world import ServerWorld
from flowengine.server.worlds import ServerWorlds, own_callbacks
from flowengine.signals import NAMES, heard
from flowengine.streams.forwarding.delivering import Deliverer
from flowengine.streams.guard import Guard
from flowengine.streams.triggers import Triggers
from flowengine.streams.webhooks import World as Intake
from flowengine.streams.webhooks import warnings

LOOPBACK: Final = "127.0.0.1"
DATABASE: Final = Path(".flowengine", "runs.db")
"""In the folder, where neither the command line nor the project file names one."""

_LOG: Final = logging.getLogger("flowengine.server")
_BACKLOG: Final = 1024
_HEADER_BYTES: Final = 32 * 1024
_KEEP_ALIVE: Final = 15
_LOOK: Final = 1.0
"""Seconds between two looks at the flows."""

_LAST_ANSWERS: Final = 3
"""Seconds that answers under way have to end, when the worker has."""


class Options(NamedTuple):
    """How a server runs. ``names`` are further Host headers; ``grace``, ``keep`` and times in seconds.

    What ended or came longer ago than ``keep`` is deleted; None: nothing is. ``needs_channels``: flows that events of
    channels would start, and cannot, are told of.
    """

    folder: Path
    host: str = LOOPBACK
    port: int = 0
    database: Path | None = None
    environment: str | None = None
    names: tuple[str, ...] = ()
    nodes: tuple[Path, ...] = ()
    grace: float = 10.0
    keep: float | None = None
    at_once: int = DEFAULT.at_once
    traces: bool = False
    demands: bool = False
    needs_channels: bool = True
    limits: Limits = Limits()

    @property
    def is_local(self) -> bool:
        """Whether it listens on loopback only."""
        return is_loopback(self.host)


ExtraRoutes = Callable[[ServerWorld], Sequence[Route]]


async def serve(
    options: Options,
    on_ready: Callable[[ServerWorld], None],
    extra_routes: ExtraRoutes = lambda _: (),
) -> signal.Signals | None:
    """Serve until SIGTERM, Ctrl-C or ``world.stopping``; return the signal, if it was one.

    ``on_ready`` is called when it listens. Raises FlowError where it cannot begin.
    """
    refuse_no_folder(options.folder)
    _refuse_openness(options)
    with _listener(options) as listener:
        port = listener.getsockname()[1]
        async with open_world(options, port) as world:
            app = create_app(world, extra_routes(world))
            server = _Server(app, options.limits, lambda: on_ready(world))
            return await _serve(world, server, listener, options)


@asynccontextmanager
async def open_world(options: Options, port: int) -> AsyncIterator[ServerWorld]:
    """Open the journal and what else a server needs; close it at the end. Raises FlowError."""
    folder = options.folder
    project = find_project(folder)
    path = options.database or project.database or folder / DATABASE
    secret = secrets.token_urlsafe(32)
    intake = await asyncio.to_thread(_intake, options, project, secret)
    metrics = Metrics()
    journal = await asyncio.to_thread(TimedJournal, path, metrics.appended)
    histories = Histories(journal.history)
    tail = await asyncio.to_thread(SqliteTail, path)
    sources = await asyncio.to_thread(journal.history)
    traces = Traces(sources.run) if options.traces else None
    told = Told(metrics, traces)
    try:
        async with (
            ServerWorlds(folder, f"http://{LOOPBACK}:{port}", secret) as worlds,
            Worker(journal, worlds, TOOLS, listener=told, settings=DEFAULT._replace(at_once=options.at_once)) as worker,
            Deliverer(journal, intake.environment, worlds) as deliverer,
        ):
            if intake.environment.channels:
                # The first event is answered as fast as all others.
                await worlds(intake.environment.name)
            others = () if options.is_local or _is_any(options.host) else (f"{_bracketed(options.host)}:{port}",)
            yield ServerWorld(
                folder=folder,
                database=path,
                environment=options.environment,
                journal=journal,
                histories=histories,
                worker=worker,
                worlds=worlds,
                flows=Flows(folder, options.nodes),
                live=Live(tail, histories),
                access=Access(TokenFile(), time.time, is_local=options.is_local, demands=options.demands),
                names=Names(port, (*options.names, *others)),
                port=port,
                metrics=metrics,
                limits=options.limits,
                told=told,
                intake=replace(intake, forward=deliverer.forward),
                deliverer=deliverer,
            )
    finally:
        await histories.close()
        await asyncio.to_thread(tail.close)
        await asyncio.to_thread(sources.close)
        if traces is not None:
            await asyncio.to_thread(traces.close)
        await journal.close()


async def _serve(
    world: ServerWorld, server: _Server, listener: socket.socket, options: Options
) -> signal.Signals | None:
    came: list[signal.Signals] = []

    def stop(number: signal.Signals) -> None:
        came.append(number)
        world.stopping.set()
        if len(came) > 1:
            world.worker.cut()

    with heard(NAMES, stop):
        world.following = asyncio.create_task(_follow(world))
        looking = [asyncio.create_task(_watch(world, needs_channels=options.needs_channels))]
        if options.keep is not None:
            looking.append(asyncio.create_task(keep_pruning(world, options.keep)))
        delivering = asyncio.create_task(world.deliverer.follow())
        serving = asyncio.create_task(server.serve(sockets=[listener]))
        stopping = asyncio.create_task(world.stopping.wait())
        await asyncio.wait({world.following, serving, stopping}, return_when=asyncio.FIRST_COMPLETED)
        for task in (stopping, *looking):
            task.cancel()
        await _drain(world, options.grace)
        await delivering
        server.should_exit = True
        await serving
        await world.following
    return came[0] if came else None


async def _follow(world: ServerWorld) -> None:
    """Let the worker work, whatever becomes of the journal meanwhile."""
    while not world.draining:
        try:
            await world.worker.follow()
        except JournalFault as fault:
            world.told.fault(None, fault)
            await asyncio.sleep(1.0)


async def _watch(world: ServerWorld, *, needs_channels: bool) -> None:
    """Read flows that were saved, and say what is wrong with how events start them."""
    said: set[str] = set()
    while True:
        triggers = world.intake.triggers
        now = set(triggers.problems.values()) | set(warnings(world.intake, needs_channels=needs_channels))
        for one in sorted(now - said):
            _LOG.warning("%s", one)
        said = now
        await asyncio.sleep(_LOOK)
        await asyncio.to_thread(triggers.refresh)


async def _drain(world: ServerWorld, grace: float) -> None:
    """Begin nothing more, and give what is in flight ``grace`` seconds. Questions are answered meanwhile."""
    _LOG.info("draining", extra={"facts": {"underWay": world.worker.under_way, "graceSeconds": grace}})
    world.draining = True
    world.closing.set()
    await asyncio.gather(world.worker.drain(grace), world.deliverer.drain(grace))


class _Server(uvicorn.Server):
    """Uvicorn, which leaves signals to us."""

    def __init__(self, app: object, limits: Limits, on_ready: Callable[[], None]) -> None:
        super().__init__(
            uvicorn.Config(
                app,  # type: ignore[arg-type] # an ASGI application
                http="h11",
                ws="none",
                lifespan="off",
                log_config=None,
                access_log=False,
                server_header=False,
                proxy_headers=False,
                limit_concurrency=limits.connections,
                h11_max_incomplete_event_size=_HEADER_BYTES,
                timeout_keep_alive=_KEEP_ALIVE,
                timeout_graceful_shutdown=_LAST_ANSWERS,
            )
        )
        self._on_ready = on_ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._on_ready()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def is_loopback(host: str) -> bool:
    """Whether an address is reached from this machine only."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _is_any(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_unspecified
    except ValueError:
        return False


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host


@contextmanager
def _listener(options: Options) -> Iterator[socket.socket]:
    host = LOOPBACK if options.host == "localhost" else options.host
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # asyncio turns Nagle's algorithm off only where the protocol is named; with it every answer may take 40 ms more.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, options.port))
        listener.listen(_BACKLOG)
    except OSError as fault:
        listener.close()
        reason = fault.strerror or str(fault)
        raise UsageError(
            f"port {options.port} of {options.host} cannot be used ({reason}): "
            "give another one with --port (0 takes a free one), or another address with --host"
        ) from None
    with listener:
        yield listener


def _intake(options: Options, project: Project, secret: str) -> Intake:
    """Return what receives webhooks. Raises UsageError where a secret is missing that something is verified with."""
    environment = project.environment(options.environment)
    triggers = Triggers([options.folder], options.nodes)
    triggers.refresh()
    return Intake(environment, Guard.ready(environment, FileStore(), own_callbacks(environment, secret)), triggers)


def _refuse_openness(options: Options) -> None:
    if not options.is_local and not TokenFile().read():
        raise UsageError(
            f"{options.host} can be reached from other machines, and no token is kept: make one with "
            "`flowengine tokens add NAME --right read`, or serve on 127.0.0.1"
        )
