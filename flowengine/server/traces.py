"""Traces for OpenTelemetry: a span for each node, a root for each run; a called run is below the run that called it.

Ids follow from run ids, so that whichever process goes on with a run adds to the same trace. Where the caller sent a
``traceparent`` it is kept in the run's source, and the run is a part of that trace.
"""

from __future__ import annotations

import hashlib
import re
from collections import OrderedDict
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from flowengine import __version__
from flowengine.core.state import Step
from flowengine.drivers.durable_walk import DurableWalk
from flowengine.errors import UsageError
from flowengine.journal.protocol import KeptRun

if TYPE_CHECKING:
    from opentelemetry.sdk.trace.export import SpanExporter

_PARENT: Final = re.compile(r"00-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}")
_IN_SOURCE: Final = re.compile(rf"traceparent {_PARENT.pattern}")
_MOST: Final = 10_000
_NS: Final = 1_000_000_000


class Place(NamedTuple):
    """Where a run's root stands: its trace, its own span, and the one above it, 0 for none."""

    trace: int
    span: int
    parent: int


def with_parent(source: str, traceparent: str | None) -> str:
    """Return the source of a run with the trace that it belongs to; what is no ``traceparent`` is left out."""
    if traceparent is None or not _PARENT.fullmatch(traceparent):
        return source
    return f"{source}, traceparent {traceparent}"


class Traces:
    """Makes spans of steps and runs as they end. ``kept`` returns a run that is kept; it blocks."""

    def __init__(self, kept: Callable[[str], KeptRun], exporter: SpanExporter | None = None) -> None:
        # Raises UsageError where OpenTelemetry is not installed.
        try:
            from opentelemetry import trace  # noqa: PLC0415 - an extra
            from opentelemetry.context import Context  # noqa: PLC0415 - likewise
            from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter  # noqa: PLC0415 - likewise
            from opentelemetry.sdk.resources import Resource  # noqa: PLC0415 - likewise
            from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415 - likewise
            from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415 - likewise
        except ImportError:
            raise UsageError(
                "traces need OpenTelemetry: install it with `pip install 'flowengine[otel]'`, or leave out --traces"
            ) from None
        self._otel = trace
        self._context = Context
        self._ids = _Ids()
        resource = Resource.create({"service.name": "flowengine", "service.version": __version__})
        self._provider = TracerProvider(resource=resource, id_generator=self._ids)  # type: ignore[arg-type] # its base class comes with the extra
        self._provider.add_span_processor(BatchSpanProcessor(exporter or OTLPSpanExporter()))
        self._tracer = self._provider.get_tracer("flowengine", __version__)
        self._kept = kept
        self._places: OrderedDict[str, Place] = OrderedDict()

    def step(self, walk: DurableWalk, step: Step) -> None:
        """Make the span of a node's visit."""
        facts = {
            "flowengine.run": walk.run,
            "flowengine.node": step.node,
            "flowengine.type": step.type,
            "flowengine.visit": step.visit,
            "flowengine.outcome": step.outcome,
            "flowengine.attempts": len(step.attempts),
        }
        place = self._place(walk)
        span_id = _span_id(f"{walk.run}/{step.node}/{step.visit}")
        self._make(step.node, Place(place.trace, span_id, place.span), (step.started_at, step.ended_at), facts)

    def ended(self, walk: DurableWalk) -> None:
        """Make the span of a run."""
        state = walk.state
        facts = {
            "flowengine.run": walk.run,
            "flowengine.flow": walk.plan.flow,
            "flowengine.status": state.status,
        }
        times = (state.started_at, state.ended_at or state.clock)
        error = None if state.result == "success" else (state.reason or state.status)
        self._make(f"run {walk.plan.flow}", self._place(walk), times, facts, error)
        self._places.pop(walk.run, None)

    def close(self) -> None:
        """Send what is left. Blocks for as long as that takes."""
        self._provider.shutdown()

    def _make(
        self, name: str, place: Place, times: tuple[float, float], facts: dict[str, Any], error: str | None = None
    ) -> None:
        otel = self._otel
        context = self._context()
        if place.parent:
            above = otel.SpanContext(place.trace, place.parent, True, otel.TraceFlags(otel.TraceFlags.SAMPLED))
            context = otel.set_span_in_context(otel.NonRecordingSpan(above), context)
        self._ids.following = place
        span = self._tracer.start_span(name, context, attributes=facts, start_time=int(times[0] * _NS))
        if error is not None:
            span.set_status(otel.StatusCode.ERROR, error)
        span.end(int(times[1] * _NS))

    def _place(self, walk: DurableWalk) -> Place:
        run = walk.run
        if run not in self._places:
            self._places[run] = self._find(run)
            if len(self._places) > _MOST:
                self._places.popitem(last=False)
        return self._places[run]

    def _find(self, run: str) -> Place:
        """Go up to the first run that called: its trace is that of all below it."""
        kept = self._kept(run)
        if kept.called_by is not None:
            above = self._places.get(kept.called_by) or self._find(kept.called_by)
            return Place(above.trace, _span_id(run), above.span)
        named = _IN_SOURCE.search(kept.source or "")
        if named is not None:
            return Place(int(named[1], 16), _span_id(run), int(named[2], 16))
        return Place(_trace_id(run), _span_id(run), 0)


class _Ids:
    """Gives the next span the ids that were thought of for it."""

    following = Place(1, 1, 0)

    def generate_trace_id(self) -> int:
        """See opentelemetry.sdk.trace.IdGenerator."""
        return self.following.trace

    def generate_span_id(self) -> int:
        """See opentelemetry.sdk.trace.IdGenerator."""
        return self.following.span

    def is_trace_id_random(self) -> bool:
        """See opentelemetry.sdk.trace.IdGenerator."""
        return False


def _trace_id(run: str) -> int:
    return int.from_bytes(hashlib.sha256(run.encode()).digest()[:16]) or 1


def _span_id(text: str) -> int:
    return int.from_bytes(hashlib.sha256(f"span {text}".encode()).digest()[:8]) or 1
