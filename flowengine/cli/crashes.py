"""What Python itself would write about an exception that nobody caught: the same, but harmless and without secrets."""

from __future__ import annotations

import sys
import threading
from types import TracebackType

from flowengine.cli.screen import Screen


def redact_crashes() -> None:
    """Write uncaught exceptions of any thread, and those in destructors, by way of a screen from now on."""
    sys.excepthook = _show
    threading.excepthook = lambda crash: _show(crash.exc_type, crash.exc_value, crash.exc_traceback)
    sys.unraisablehook = lambda crash: _show(crash.exc_type, crash.exc_value, crash.exc_traceback)


def _show(kind: type[BaseException], fault: BaseException | None, trace: TracebackType | None) -> None:
    import traceback  # noqa: PLC0415 - only for this

    if kind is not SystemExit:
        Screen.err().block("".join(traceback.format_exception(kind, fault, trace)))
