from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, TypeVar

import pytest
from lsprotocol import types
from pygls.lsp.client import LanguageClient

from flowengine.catalogue.catalogue import Catalogue
from flowengine.lsp.positions import Point

T = TypeVar("T")

SECONDS = 30
CURSOR = "|>"

FLOW = """\
flow: greet
variables: {name: {type: string, default: ""}, greeting: ""}
defaults:
  authorization: engage
  edges: {onError: failed, onTimeout: failed, onInvalidData: failed, onAuthorizationFailure: failed}
start: search
nodes:
  search:
    type: search-conversation@1.3
    title: 👋 Known?
    inputs:
      channel: sms
      businessNumber: $(trigger.sms.serviceNumber)
      customerNumber: $(trigger.sms.senderNumber)
    set: {name: $(search.conversationId)}
    edges:
      conversationActive: greet
      conversationInQueue: greet
      conversationOnHold: greet
      conversationClosed: failed
      noConversationFound: failed
      onInvalidChoice: failed
  greet:
    type: set-variables@1.0
    inputs: {values: {greeting: "👋 Hello $(name) of $(search.conversationId)"}}
    edges: {onSuccess: done}
  done: {end: success}
  failed: {end: error}
"""


class Editor:
    """A client whose server is a process of its own, and what it was shown."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.client = LanguageClient("tests", "1")
        self.shown: asyncio.Queue[types.PublishDiagnosticsParams] = asyncio.Queue()
        self.logged: asyncio.Queue[types.LogMessageParams] = asyncio.Queue()
        self.registered: asyncio.Queue[types.RegistrationParams] = asyncio.Queue()
        self.client.feature(types.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS)(self._put(self.shown))
        self.client.feature(types.WINDOW_LOG_MESSAGE)(self._put(self.logged))
        self.client.feature(types.CLIENT_REGISTER_CAPABILITY)(self._put(self.registered))

    @staticmethod
    def _put(queue: asyncio.Queue[Any]) -> Callable[[Any], None]:
        def put(params: Any) -> None:  # a function of its own for each: pygls marks it
            queue.put_nowait(params)

        return put

    async def start(self, *arguments: str, **capabilities: Any) -> types.InitializeResult:
        await self.client.start_io(sys.executable, "-m", "flowengine", "lsp", *arguments, cwd=self.folder)
        params = types.InitializeParams(capabilities=types.ClientCapabilities(**capabilities))
        result = await self.client.initialize_async(params)
        self.client.initialized(types.InitializedParams())
        return result

    def uri(self, name: str = "greet.yaml") -> str:
        return (self.folder / name).as_uri()

    def open(self, text: str, name: str = "greet.yaml", version: int = 1) -> types.TextDocumentIdentifier:
        item = types.TextDocumentItem(self.uri(name), "yaml", version, text)
        self.client.text_document_did_open(types.DidOpenTextDocumentParams(item))
        return types.TextDocumentIdentifier(self.uri(name))

    def change(self, text: str, version: int, name: str = "greet.yaml") -> None:
        document = types.VersionedTextDocumentIdentifier(version, self.uri(name))
        whole = types.TextDocumentContentChangeWholeDocument(text)
        self.client.text_document_did_change(types.DidChangeTextDocumentParams(document, [whole]))

    async def findings(self) -> types.PublishDiagnosticsParams:
        return await asyncio.wait_for(self.shown.get(), SECONDS)

    @staticmethod
    def position(text: str, mark: str, encoding: str = "utf-16-le") -> types.Position:
        """Return the place of ``|>`` in a piece of the text, in code units."""
        piece = mark.replace(CURSOR, "")
        assert text.count(piece) == 1, piece
        before = text[: text.index(piece) + mark.index(CURSOR)]
        last = before.rpartition("\n")[2]
        return types.Position(before.count("\n"), len(last.encode(encoding)) // len("a".encode(encoding)))

    @property
    def process(self) -> asyncio.subprocess.Process:
        assert self.client._server is not None
        return self.client._server

    async def leave(self) -> int:
        """End the server, politely unless it has been ended, and return its exit code."""
        if self.process.returncode is None:
            await asyncio.wait_for(self.client.shutdown_async(None), SECONDS)
            self.client.exit(None)
        code = await asyncio.wait_for(self.process.wait(), SECONDS)
        await self.client.stop()
        return code


@asynccontextmanager
async def editing(folder: Path) -> AsyncIterator[Editor]:
    editor = Editor(folder)
    try:
        yield editor
        await editor.leave()
    finally:
        if editor.client._server is not None and editor.process.returncode is None:
            editor.process.kill()
            await editor.process.wait()


@pytest.fixture(scope="session")
def flow() -> str:
    return FLOW


@pytest.fixture(scope="session")
def catalogue() -> Catalogue:
    return Catalogue()


@pytest.fixture(scope="session")
def at() -> Callable[[str], tuple[str, Point]]:
    """Take the mark ``|>`` out of a text, and return where it was."""

    def find(text: str) -> tuple[str, Point]:
        before, found, after = text.partition(CURSOR)
        assert found, text
        return before + after, Point(before.count("\n"), len(before.rpartition("\n")[2]))

    return find


@pytest.fixture
def edit(tmp_path: Path) -> Callable[[Callable[[Editor], Awaitable[T]]], T]:
    """Do something with an editor whose folder is an empty one; its server is ended whatever happens."""

    def do(session: Callable[[Editor], Awaitable[T]]) -> T:
        async def run() -> T:
            async with editing(tmp_path) as editor:
                return await session(editor)

        return asyncio.run(run())

    return do
