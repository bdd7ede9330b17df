"""Calls the built-in Python handlers that a walk cannot compute by itself."""

from __future__ import annotations

import logging
from importlib import import_module
from typing import Final

from flowengine.core.answers import Answer, Broken
from flowengine.core.wants import Compute

_HANDLERS: Final = {"evaluate": "evaluate", "data-parser": "data_parser"}


def call_handler(want: Compute) -> Answer:
    """Run a handler. It blocks; a fault of its own becomes ``Broken``, so that the run goes on by its edges."""
    name = _HANDLERS[want.handler]
    handler = vars(import_module(f"flowengine.catalogue.handlers.{name}"))[name]
    try:
        answer: Answer = handler(want)
    except Exception as fault:
        # The run tells it by its edges; the traceback is for whoever turns debugging on.
        logging.getLogger(__name__).debug("the handler %s of node %s failed", want.handler, want.node, exc_info=True)
        return Broken(f"the handler {want.handler} failed: {type(fault).__name__}")
    return answer
