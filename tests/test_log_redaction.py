from __future__ import annotations

import io
import logging
import secrets
from collections.abc import Callable, Iterator

import pytest

from flowengine.log_redaction import redact_logs
from flowengine.redaction import LIVE, PLACEHOLDER


@pytest.fixture
def secret() -> str:
    value = secrets.token_hex(12)
    LIVE.learn(value)
    return value


@pytest.fixture
def logged() -> Iterator[Callable[[], str]]:
    """Log to a text, as a program does that has set up logging; what was made before is given back."""
    before = logging.getLogRecordFactory()
    text = io.StringIO()
    handler = logging.StreamHandler(text)
    handler.setFormatter(logging.Formatter("%(name)s %(levelname)s %(message)s"))
    root = logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    redact_logs()
    yield text.getvalue
    root.removeHandler(handler)
    root.setLevel(level)
    logging.setLogRecordFactory(before)


@pytest.mark.parametrize("logger", ["", "flowengine.drivers.local", "httpx", "aiohttp.client", "asyncio"])
def test_no_message_has_a_secret(logger: str, secret: str, logged: Callable[[], str]) -> None:
    log = logging.getLogger(logger)
    log.debug("sent %s to %d", f"Bearer {secret}", 1)
    log.warning(f"it was {secret}")  # noqa: G004 - as others write it
    log.info("%(token)s", {"token": secret})
    name = logger or "root"
    assert logged() == (
        f"{name} DEBUG sent Bearer {PLACEHOLDER} to 1\n{name} WARNING it was {PLACEHOLDER}\n{name} INFO {PLACEHOLDER}\n"
    )


def test_no_traceback_has_one(secret: str, logged: Callable[[], str]) -> None:
    def fail() -> None:
        try:
            int(secret + "z")
        except ValueError as inner:
            raise RuntimeError(f"with {secret}") from inner

    try:
        fail()
    except RuntimeError:
        logging.getLogger("flowengine").exception("failed")
    assert secret not in logged()
    assert f"ValueError: invalid literal for int() with base 10: '{PLACEHOLDER}z'\n" in logged()
    assert f"RuntimeError: with {PLACEHOLDER}\n" in logged()


def test_arguments_that_do_not_fit_are_not_shown(
    secret: str, logged: Callable[[], str], capsys: pytest.CaptureFixture[str]
) -> None:
    logging.getLogger("flowengine").warning("%d", secret)
    assert logged() == "flowengine WARNING '%d', which its arguments do not fit\n"
    assert capsys.readouterr() == ("", "")


def test_what_has_no_secret_is_left_as_it_is(logged: Callable[[], str]) -> None:
    seen: list[logging.LogRecord] = []
    log = logging.getLogger("flowengine.test")
    log.addFilter(lambda record: bool(seen.append(record)) or True)
    log.debug("a %s", 1)
    assert (seen[0].msg, seen[0].args) == ("a %s", (1,))
    assert logged() == "flowengine.test DEBUG a 1\n"


def test_it_is_set_up_once(logged: Callable[[], str]) -> None:
    factory = logging.getLogRecordFactory()
    redact_logs()
    assert logging.getLogRecordFactory() is factory
    assert not logged()
