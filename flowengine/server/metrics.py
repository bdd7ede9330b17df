"""What is counted, in a registry of its own: as Prometheus reads it."""

from __future__ import annotations

from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_1_0_0

from flowengine.core.state import State, Step
from flowengine.journal.outbox import OUTBOX_STATES
from flowengine.journal.protocol import History

MEDIA: Final = CONTENT_TYPE_PLAIN_1_0_0
_SHORT: Final = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 10)
_QUICK: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
_LONG: Final = (0.1, 0.5, 1, 5, 15, 60, 300, 1800, 3600, 6 * 3600, 86_400, 7 * 86_400)


class Metrics:
    """Counts what this process does, and reads from the journal what all have left there."""

    def __init__(self) -> None:
        self.registry = registry = CollectorRegistry()
        ProcessCollector(registry=registry)
        self._runs = Gauge("flowengine_runs", "Kept runs by status.", ["status"], registry=registry)
        self._under_way = Gauge("flowengine_runs_under_way", "Runs that this process walks now.", registry=registry)
        self._events = Gauge("flowengine_events", "Kept inbound events by state.", ["state"], registry=registry)
        self._outbox = Gauge(
            "flowengine_outbox_rows", "Rows of the outbox by stream and state.", ["stream", "state"], registry=registry
        )
        self._lag = Gauge(
            "flowengine_outbox_lag_seconds",
            "Age of the oldest undelivered row of a stream.",
            ["stream"],
            registry=registry,
        )
        self._ended = Counter(
            "flowengine_runs_ended", "Runs that ended here, by flow and status.", ["flow", "status"], registry=registry
        )
        self._run_seconds = Histogram(
            "flowengine_run_seconds", "Time from start to end of a run.", ["flow"], buckets=_LONG, registry=registry
        )
        self._steps = Counter(
            "flowengine_steps",
            "Steps that ended here, by node type and outcome.",
            ["type", "outcome"],
            registry=registry,
        )
        self._step_seconds = Histogram(
            "flowengine_step_seconds", "Time of a step, waits included.", ["type"], buckets=_QUICK, registry=registry
        )
        self._accepted = Counter(
            "flowengine_events_accepted",
            "Events that came here, by source and what became of them.",
            ["source", "state"],
            registry=registry,
        )
        self._stuck = Counter("flowengine_runs_stuck", "Runs that could not be gone on with here.", registry=registry)
        self._faults = Counter("flowengine_journal_faults", "Times the journal could not be used.", registry=registry)
        self._append_seconds = Histogram(
            "flowengine_journal_append_seconds",
            "Time until what a run has done is durable.",
            buckets=_SHORT,
            registry=registry,
        )
        self._requests = Counter(
            "flowengine_http_requests", "HTTP requests.", ["method", "route", "status"], registry=registry
        )
        self._request_seconds = Histogram(
            "flowengine_http_request_seconds", "Time of an HTTP request.", ["route"], buckets=_QUICK, registry=registry
        )

    def step(self, step: Step) -> None:
        """Count a step."""
        self._steps.labels(step.type, step.outcome).inc()
        self._step_seconds.labels(step.type).observe(max(0.0, step.ended_at - step.started_at))

    def ended(self, flow: str, state: State) -> None:
        """Count a run that is over."""
        self._ended.labels(flow, state.status).inc()
        if state.ended_at is not None:
            self._run_seconds.labels(flow).observe(max(0.0, state.ended_at - state.started_at))

    def stuck(self) -> None:
        """Count a run that cannot be gone on with."""
        self._stuck.inc()

    def fault(self) -> None:
        """Count a fault of the journal."""
        self._faults.inc()

    def appended(self, seconds: float) -> None:
        """Count something that was kept of a run."""
        self._append_seconds.observe(seconds)

    def event(self, source: str, state: str) -> None:
        """Count an event that was accepted; ``source`` has been proven, so that nobody makes up labels."""
        self._accepted.labels(source, state).inc()

    def request(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count a request; ``route`` is a path of the table, so that nobody makes up labels."""
        known = method if route != "-" else "-"
        self._requests.labels(known, route, str(status)).inc()
        self._request_seconds.labels(route).observe(seconds)

    def read(self, history: History, under_way: int, now: float) -> bytes:
        """Return everything as text, what the journal has as it is now."""
        self._under_way.set(under_way)
        for status, count in history.counts().items():
            self._runs.labels(status).set(count)
        for state, count in history.event_counts().items():
            self._events.labels(state).set(count)
        for stream, counts in history.outbox_counts().items():
            for name, one in zip(OUTBOX_STATES, counts[:3], strict=True):
                self._outbox.labels(stream, name).set(one)
            self._lag.labels(stream).set(0.0 if counts.oldest is None else max(0.0, now - counts.oldest))
        return generate_latest(self.registry)
