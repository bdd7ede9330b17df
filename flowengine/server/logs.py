"""The server's log: one line an entry, as text or JSON, without secrets and without what acts on a terminal."""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Mapping
from typing import Any, Final, Literal, TextIO, TypeAlias

from flowengine.core.moments import moment
from flowengine.harmless import harmless
from flowengine.log_redaction import redact_logs
from flowengine.redaction import LIVE

Form: TypeAlias = Literal["text", "json"]

_OURS: Final = "flowengine"
_OTHERS: Final = ("uvicorn", "asyncio", "aiohttp", "httpx", "opentelemetry")


def begin_log(form: Form, *, verbose: bool = False, stream: TextIO | None = None) -> None:
    """Log to standard error from now on; ``verbose``: every request, too."""
    redact_logs()
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(JsonLines() if form == "json" else TextLines())
    for name in (_OURS, *_OTHERS):
        logger = logging.getLogger(name)
        logger.handlers = [handler]
        logger.propagate = False
        logger.setLevel(logging.WARNING if name != _OURS else logging.DEBUG if verbose else logging.INFO)


class _Lines(logging.Formatter):
    """Facts of a record are in ``extra={"facts": {...}}``."""

    def format(self, record: logging.LogRecord) -> str:
        facts: Mapping[str, Any] = getattr(record, "facts", {})
        trace = record.exc_text or (self.formatException(record.exc_info) if record.exc_info else None)
        line = self._line(record, {**facts, "traceback": trace} if trace else facts)
        return LIVE.redact(line)

    def _line(self, record: logging.LogRecord, facts: Mapping[str, Any]) -> str:
        raise NotImplementedError


class JsonLines(_Lines):
    """One JSON object a line, all ASCII."""

    def _line(self, record: logging.LogRecord, facts: Mapping[str, Any]) -> str:
        head = {
            "time": moment(record.created),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        return json.dumps({**head, **facts}, default=str)


class TextLines(_Lines):
    """Time, level, message and ``name=value``, on one line whatever is in them."""

    def _line(self, record: logging.LogRecord, facts: Mapping[str, Any]) -> str:
        said = " ".join(f"{name}={_shown(value)}" for name, value in facts.items() if value is not None)
        line = f"{moment(record.created)} {record.levelname.lower():7} {record.getMessage()}"
        return harmless(f"{line} {said}".rstrip())


def _shown(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, default=str)
    return json.dumps(text, ensure_ascii=False) if not text or " " in text or '"' in text else text
