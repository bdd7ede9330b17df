from __future__ import annotations

import io
import json
import logging
import secrets
from collections.abc import Callable, Iterator

import pytest

from flowengine.redaction import LIVE, PLACEHOLDER
from flowengine.server.logs import Form, begin_log

HOSTILE = "a\x1b[31m\nb\u202e\u009b\x00\u2028"


@pytest.fixture
def logged() -> Iterator[Callable[[Form], io.StringIO]]:
    """Begin a log that is written to a text; what was made before is given back."""
    names = ("flowengine", "uvicorn", "asyncio", "aiohttp", "httpx", "opentelemetry")
    loggers = [logging.getLogger(name) for name in names]
    before = [(one, one.handlers, one.level, one.propagate) for one in loggers]
    factory = logging.getLogRecordFactory()

    def begin(form: Form) -> io.StringIO:
        text = io.StringIO()
        begin_log(form, stream=text)
        return text

    yield begin
    for logger, handlers, level, propagate in before:
        logger.handlers, logger.propagate = handlers, propagate
        logger.setLevel(level)
    logging.setLogRecordFactory(factory)


def test_an_entry_is_one_line_of_json_whatever_is_in_it(logged: Callable[[Form], io.StringIO]) -> None:
    text = logged("json")
    logging.getLogger("flowengine.runs").info("step %s", HOSTILE, extra={"facts": {"node": HOSTILE, "attempt": 1}})
    (line,) = text.getvalue().splitlines()
    assert line.isascii()
    assert line.isprintable()
    entry = json.loads(line)
    assert (entry["node"], entry["attempt"], entry["level"], entry["logger"]) == (HOSTILE, 1, "info", "flowengine.runs")
    assert entry["time"].endswith("Z")


def test_an_entry_is_one_line_of_text_whatever_is_in_it(logged: Callable[[Form], io.StringIO]) -> None:
    text = logged("text")
    logging.getLogger("flowengine.runs").info("step %s", HOSTILE, extra={"facts": {"node": HOSTILE, "reason": None}})
    (line,) = text.getvalue().splitlines()
    assert line.isprintable()
    assert "reason" not in line


@pytest.mark.parametrize("form", ["json", "text"])
def test_no_secret_is_in_facts_messages_and_tracebacks(logged: Callable[[Form], io.StringIO], form: Form) -> None:
    secret = secrets.token_urlsafe(24)
    LIVE.learn(secret)
    text = logged(form)
    log = logging.getLogger("flowengine.server")
    log.info("sent %s", secret, extra={"facts": {"reason": f"Bearer {secret}", "deep": {"a": [secret]}}})
    try:
        int(f"{secret}!")
    except ValueError:
        log.exception("failed")
    logging.getLogger("uvicorn.error").error("with %s", secret)
    assert secret not in text.getvalue()
    assert text.getvalue().count(PLACEHOLDER) >= 4
    assert len(text.getvalue().splitlines()) == 3


def test_requests_are_not_logged_unless_asked_for(logged: Callable[[Form], io.StringIO]) -> None:
    text = logged("text")
    logging.getLogger("flowengine.server").debug("request")
    logging.getLogger("uvicorn.access").info("request")
    assert text.getvalue() == ""
