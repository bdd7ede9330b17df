"""What the worker tells, put into metrics, log and traces: each step, each end, each thing that is wrong."""

from __future__ import annotations

import logging
import math
from collections.abc import Callable
from time import monotonic
from typing import Final

from flowengine.core.state import Step
from flowengine.drivers.durable import Listener
from flowengine.drivers.durable_walk import DurableWalk, Left
from flowengine.errors import FlowEngineError
from flowengine.journal.faults import JournalFault
from flowengine.server.metrics import Metrics
from flowengine.server.traces import Traces

_LOG: Final = logging.getLogger("flowengine.runs")
_OF_ONE: Final = ("damaged", "slow")
"""Faults of one run, or of one question: others are not touched by them."""

_SAID_AGAIN: Final = 60.0


class Told(Listener):
    """Writes down what the worker does."""

    def __init__(self, metrics: Metrics, traces: Traces | None = None, clock: Callable[[], float] = monotonic) -> None:
        self.is_stuck: set[str] = set()
        self.fault_at = -math.inf
        """When the journal could not be used the last time, by a clock that never goes back."""
        self._metrics = metrics
        self._traces = traces
        self._clock = clock
        self._fault: str | None = None

    def step(self, walk: DurableWalk, step: Step) -> None:
        """See Listener."""
        self._fault = None
        self._metrics.step(step)
        if self._traces is not None:
            self._traces.step(walk, step)
        last = len(step.attempts)
        for attempt in step.attempts:
            facts = {
                "run": walk.run,
                "flow": walk.plan.flow,
                "node": step.node,
                "type": step.type,
                "visit": step.visit,
                "attempt": attempt.number,
                "outcome": step.outcome if attempt.number == last else attempt.outcome,
                "status": attempt.status,
                "reason": attempt.reason,
                "durationMs": round((attempt.ended_at - attempt.started_at) * 1000, 3),
                "to": step.edge.to if step.edge is not None and attempt.number == last else None,
            }
            _LOG.info("step", extra={"facts": facts})

    def left(self, walk: DurableWalk, how: Left) -> None:
        """See Listener."""
        state = walk.state
        if how is Left.ENDED:
            self._metrics.ended(walk.plan.flow, state)
            if self._traces is not None:
                self._traces.ended(walk)
        facts = {
            "run": walk.run,
            "flow": walk.plan.flow,
            "status": state.status,
            "result": state.result,
            "reason": state.reason,
        }
        _LOG.info({Left.ENDED: "run ended", Left.WAITING: "run waits"}.get(how, "run left"), extra={"facts": facts})

    def stuck(self, run: str, fault: Exception) -> None:
        """See Listener."""
        self._metrics.stuck()
        if run not in self.is_stuck:
            self.is_stuck.add(run)
            why = str(fault) if isinstance(fault, FlowEngineError) else f"{type(fault).__name__}: {fault}"
            _LOG.error("run cannot be gone on with here", extra={"facts": {"run": run, "reason": why}})

    def fault(self, run: str | None, fault: JournalFault) -> None:
        """See Listener."""
        self._metrics.fault()
        before, now = self.fault_at, self._clock()
        if fault.code not in _OF_ONE:
            self.fault_at = now
        if str(fault) != self._fault or now - before > _SAID_AGAIN:
            self._fault = str(fault)
            _LOG.error("the journal cannot be used", extra={"facts": {"run": run, "reason": str(fault)}})
