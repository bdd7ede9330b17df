"""Log records without secrets, whoever makes them: our rooms, the HTTP libraries, asyncio."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any, Final

from flowengine.redaction import LIVE

_FORMAT: Final = logging.Formatter()


def redact_logs() -> None:
    """Take live secrets out of every record of this process from now on: its message and its traceback.

    A factory of records is the only place that sees all of them: filters of a logger do not see what its children log.
    Handlers that format ``exc_info`` themselves, and what is passed in ``extra``, are not reached.
    """
    make = logging.getLogRecordFactory()
    if not isinstance(make, _Redacting):
        logging.setLogRecordFactory(_Redacting(make))


class _Redacting:
    """Makes records as another factory does, and then redacts them."""

    def __init__(self, make: Callable[..., logging.LogRecord]) -> None:
        self._make = make

    def __call__(self, *args: Any, **options: Any) -> logging.LogRecord:
        record = self._make(*args, **options)
        try:
            message = record.getMessage()
        except Exception:  # noqa: BLE001 - arguments that do not fit, or that cannot be written: logging never raises
            # Else it would be said on standard error, with all arguments.
            message = f"{record.msg!r}, which its arguments do not fit"
            record.msg, record.args = message, ()
        redacted = LIVE.redact(message)
        if redacted is not message:
            record.msg, record.args = redacted, ()
        if record.exc_info and record.exc_info[0] is not None:
            text = _FORMAT.formatException(record.exc_info)
            redacted = LIVE.redact(text)
            if redacted is not text:
                # What formatters write in place of the traceback they would make.
                record.exc_text = redacted
        return record
