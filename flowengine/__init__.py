"""Visual flow execution engine: YAML graphs whose edges are labelled with node outcomes.

    import flowengine

    run = flowengine.run_sync("flows/sms-inbound.yaml", trigger={"sms": {...}})
    print(run.result, run.path)

What is listed in ``__all__`` is the public API; it is loaded when it is first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from flowengine.api import DryRun, connect, dry_run, run, run_sync, take_recording
    from flowengine.catalogue.catalogue import Catalogue
    from flowengine.check.compile import compile
    from flowengine.check.validate import load, validate
    from flowengine.core.plan import Limits, Plan
    from flowengine.core.state import Step
    from flowengine.core.trace import Run
    from flowengine.errors import EngineBug, FlowEngineError, FlowError, InvalidFile, UsageError
    from flowengine.findings import Finding, Span
    from flowengine.flowfile.syntax import Flow
    from flowengine.recording.format import Recording, load_recording
    from flowengine.recording.taking import Taken

__version__: Final = "0.1.0"

__all__ = [
    "Catalogue",
    "DryRun",
    "EngineBug",
    "Finding",
    "Flow",
    "FlowEngineError",
    "FlowError",
    "InvalidFile",
    "Limits",
    "Plan",
    "Recording",
    "Run",
    "Span",
    "Step",
    "Taken",
    "UsageError",
    "compile",
    "connect",
    "dry_run",
    "load",
    "load_recording",
    "run",
    "run_sync",
    "take_recording",
    "validate",
]

_MODULES: Final = {
    "flowengine.api": ("DryRun", "connect", "dry_run", "run", "run_sync", "take_recording"),
    "flowengine.catalogue.catalogue": ("Catalogue",),
    "flowengine.check.compile": ("compile",),
    "flowengine.check.validate": ("load", "validate"),
    "flowengine.core.plan": ("Limits", "Plan"),
    "flowengine.core.state": ("Step",),
    "flowengine.core.trace": ("Run",),
    "flowengine.errors": ("EngineBug", "FlowEngineError", "FlowError", "InvalidFile", "UsageError"),
    "flowengine.findings": ("Finding", "Span"),
    "flowengine.flowfile.syntax": ("Flow",),
    "flowengine.recording.format": ("Recording", "load_recording"),
    "flowengine.recording.taking": ("Taken",),
}
_HOME: Final = {name: module for module, names in _MODULES.items() for name in names}


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'flowengine' has no attribute {name!r}")
    return vars(import_module(_HOME[name]))[name]


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
