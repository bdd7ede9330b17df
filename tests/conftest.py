from __future__ import annotations

import asyncio
import itertools
import json
import shutil
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any, TypeVar

import aiohttp
import pytest

# Recordings below here are what tests are about, not tests of pytest.
collect_ignore_glob = ["*.recording.yaml"]

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


@pytest.fixture(autouse=True, scope="session")
def _not_the_user() -> Iterator[None]:
    """Keep every test away from the authorizations and the keyring of whoever runs it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FLOWENGINE_AUTH_STORE", "/nonexistent/this-test-needs-a-store-of-its-own")
        patch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.null.Keyring")
        patch.delenv("FLOWENGINE_AUTH_KEY", raising=False)
        yield


T = TypeVar("T")
LEAP = 10_000.0
"""Seconds that nobody sleeps by chance."""


class LeapingLoop(asyncio.SelectorEventLoop):
    """An event loop whose time leaps to the end of a sleep of ``LEAP`` seconds, and past every timeout under way."""

    leapt = 0.0

    def time(self) -> float:
        return super().time() + self.leapt

    def call_at(self, when: float, callback: Any, *args: Any, context: Any = None) -> asyncio.TimerHandle:
        handle = super().call_at(when, callback, *args, context=context)
        if abs(when - self.time() - LEAP) < 1:
            self.leapt += LEAP
        return handle


@pytest.fixture(scope="session")
def leaping() -> Callable[[Coroutine[Any, Any, T]], T]:
    """Run a coroutine in a loop of its own, in which a server that sleeps for 10,000 s lets them pass at once."""

    def run(coroutine: Coroutine[Any, Any, T]) -> T:
        with asyncio.Runner(loop_factory=LeapingLoop) as runner:
            return runner.run(coroutine)

    return run


class Browser:
    """One tab of a real browser, driven over its debugging protocol: with mouse and keys, as a person would."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self.complaints: list[str] = []
        self._socket = socket
        self._session: str | None = None
        self._numbers = itertools.count(1)
        self._answers: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self._loaded = asyncio.Event()
        self._complained = asyncio.Event()

    async def begin(self) -> None:
        tab = await self.call("Target.createTarget", url="about:blank")
        self._session = (await self.call("Target.attachToTarget", targetId=tab["targetId"], flatten=True))["sessionId"]
        for domain in ("Page", "Runtime", "Log"):
            await self.call(f"{domain}.enable")

    async def listen(self) -> None:
        async for message in self._socket:
            told = json.loads(message.data)
            if "id" in told:
                self._answers.pop(told["id"]).set_result(told)
            elif told["method"] == "Page.loadEventFired":
                self._loaded.set()
            elif told["method"] == "Log.entryAdded":
                self.complaints.append(told["params"]["entry"]["text"])
                self._complained.set()

    async def call(self, method: str, **params: Any) -> dict[str, Any]:
        number = next(self._numbers)
        self._answers[number] = asyncio.get_running_loop().create_future()
        session = {} if self._session is None else {"sessionId": self._session}
        await self._socket.send_json({"id": number, "method": method, "params": params, **session})
        told = await asyncio.wait_for(self._answers[number], 30)
        assert "error" not in told, told
        result: dict[str, Any] = told["result"]
        return result

    async def go(self, url: str) -> None:
        """Open an address, and wait until its page is there."""
        async with self.leaving():
            await self.call("Page.navigate", url=url)

    @asynccontextmanager
    async def leaving(self) -> AsyncIterator[None]:
        """Wait until what is done inside has led to another page."""
        self._loaded.clear()
        yield
        await asyncio.wait_for(self._loaded.wait(), 30)

    async def complaint(self, about: str) -> None:
        """Wait until the browser has complained about something."""
        async with asyncio.timeout(30):
            while not any(about in each for each in self.complaints):
                self._complained.clear()
                await self._complained.wait()

    async def read(self, expression: str) -> Any:
        """Return what an expression is worth in the page; a promise is waited for."""
        done = await self.call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in done, done
        return done["result"].get("value")

    async def until(self, condition: str) -> None:
        """Wait until an expression is true in the page."""
        watch = f"const watch = () => {condition} ? done(true) : setTimeout(watch, 20)"
        assert await self.read(f"new Promise((done) => {{ {watch}; watch(); }})")

    async def click(self, selector: str) -> None:
        box = f"document.querySelector({json.dumps(selector)})"
        place = await self.read(
            f"{box}.scrollIntoView(), (({{x, y, width, height}}) => ({{x: x + width / 2, "
            f"y: y + height / 2}}))({box}.getBoundingClientRect())"
        )
        for kind in ("mousePressed", "mouseReleased"):
            await self.call("Input.dispatchMouseEvent", type=kind, button="left", clickCount=1, **place)

    async def type(self, selector: str, text: str) -> None:
        await self.click(selector)
        await self.call("Input.insertText", text=text)

    async def press_enter(self) -> None:
        await self.call("Input.dispatchKeyEvent", type="keyDown", key="Enter", windowsVirtualKeyCode=13, text="\r")


@pytest.fixture
def browser(tmp_path: Path) -> Callable[[], AbstractAsyncContextManager[Browser]]:
    """Open a browser with a profile of its own; skips where there is none."""
    if CHROMIUM is None:
        pytest.skip("no chromium, chromium-browser or google-chrome on the PATH")

    @asynccontextmanager
    async def opened() -> AsyncIterator[Browser]:
        options = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"]
        options += ["--disable-background-networking", "--disable-component-update", "--disable-sync"]
        options += [f"--user-data-dir={tmp_path}", "--remote-debugging-port=0"]
        running = await asyncio.create_subprocess_exec(str(CHROMIUM), *options, stderr=asyncio.subprocess.PIPE)
        async with AsyncExitStack() as stack:
            stack.push_async_callback(running.wait)
            stack.callback(running.kill)
            assert running.stderr is not None
            while b"DevTools listening on" not in (line := await running.stderr.readline()):
                assert line, "the browser ended"
            http = await stack.enter_async_context(aiohttp.ClientSession())
            address = line.decode().split()[-1]
            socket = await stack.enter_async_context(http.ws_connect(address, max_msg_size=0))
            tab = Browser(socket)
            listening = asyncio.create_task(tab.listen())
            stack.callback(listening.cancel)
            await tab.begin()
            yield tab

    return opened
