"""The conversation with an editor: its texts, and when findings about them are shown.

Texts are judged one after another in a thread of their own, and questions are answered in another, so that nobody who
types waits for either. Findings are shown for the text that the editor has, or not at all.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final, NamedTuple, TypeVar
from urllib.parse import unquote

from lsprotocol import types
from pygls.exceptions import JsonRpcException
from pygls.lsp.server import LanguageServer
from pygls.protocol import LanguageServerProtocol

from flowengine import __version__
from flowengine.lsp import wire
from flowengine.lsp.judging import Catalogues, Judged, is_flow, judge
from flowengine.lsp.positions import Point, Positions

T = TypeVar("T")

PAUSE: Final = 0.2
"""Seconds without a key stroke before a text is judged."""


class Snapshot(NamedTuple):
    """A text as it was when something was asked about it."""

    uri: str
    path: Path
    text: str
    version: int | None
    positions: Positions

    def point(self, at: types.Position) -> Point:
        """Read a position in it."""
        return self.positions.point(at.line, at.character)


class Protocol(LanguageServerProtocol):
    """The protocol, which also answers requests whose parameters are wrong."""

    def structure_message(self, data: dict[str, Any]) -> Any:
        """Read a message. A request that cannot be read is answered before the error is reported."""
        try:
            return super().structure_message(data)
        except JsonRpcException as fault:
            if "id" in data and "method" in data:
                self._send_response(data["id"], error=fault.to_response_error())
            raise


class FlowServer(LanguageServer):
    """A language server for flow files. ``nodes`` are folders of node types that come before all others."""

    def __init__(self, nodes: Iterable[Path] = ()) -> None:
        full = types.TextDocumentSyncKind.Full
        super().__init__("flowengine", __version__, text_document_sync_kind=full, protocol_cls=Protocol)
        self.catalogues = Catalogues(nodes)
        self.was_shut_down = False
        self._judging = ThreadPoolExecutor(1, "judging")
        self._answering = ThreadPoolExecutor(1, "answering")
        self._waiting: dict[str, asyncio.Task[None]] = {}
        self._judged: dict[str, tuple[Snapshot, Judged]] = {}
        self._shown: set[str] = set()

    def report_server_error(self, error: Exception, source: Any) -> None:  # noqa: ARG002 - pygls' signature
        """Put what went wrong into the editor's log instead of before its user."""
        self.window_log_message(types.LogMessageParams(types.MessageType.Error, str(error)))

    def snapshot(self, uri: str) -> Snapshot | None:
        """Return the text that the editor has, or None where it is no flow."""
        document = self.workspace.text_documents.get(unquote(uri))
        if document is None or not is_flow(document.source):
            return None
        encoding = self.server_capabilities.position_encoding or types.PositionEncodingKind.Utf16
        positions = Positions(document.source, str(getattr(encoding, "value", encoding)))
        return Snapshot(uri, Path(document.path), document.source, document.version, positions)

    async def answer(self, question: Callable[..., T], *about: Any) -> T:
        """Answer a question about a text beside the conversation."""
        return await asyncio.get_running_loop().run_in_executor(self._answering, question, *about)

    async def judged(self, asked: Snapshot) -> Judged:
        """Return the findings of a text, those that are known if it has not changed since."""
        known = self._judged.get(asked.uri)
        if known is not None and known[0].text == asked.text:
            return known[1]
        return await asyncio.get_running_loop().run_in_executor(self._judging, self._judge, asked)

    def judge_soon(self, uri: str, pause: float = PAUSE) -> None:
        """Show the findings of a text after a pause; what was waiting to be judged before is out of date."""
        waiting = self._waiting.pop(uri, None)
        if waiting is not None:
            waiting.cancel()
        self._waiting[uri] = asyncio.ensure_future(self._judge_and_show(uri, pause))

    def judge_all(self) -> None:
        """Judge every text again: what they depend on may have changed."""
        self._judged.clear()
        for uri in list(self._waiting):
            self.judge_soon(uri, 0)

    def forget(self, uri: str) -> None:
        """Show nothing about a text any more."""
        waiting = self._waiting.pop(uri, None)
        if waiting is not None:
            waiting.cancel()
        self._judged.pop(uri, None)
        self._show(uri, [])

    async def _judge_and_show(self, uri: str, pause: float) -> None:
        await asyncio.sleep(pause)
        asked = self.snapshot(uri)
        if asked is None:
            self._show(uri, [])
            return
        try:
            judged = await self.judged(asked)
        except Exception as fault:  # noqa: BLE001 - a fault of ours costs this text its findings, nothing else
            self.report_server_error(fault, None)
            return
        # Nothing has changed since: a change would have cancelled this.
        self._judged[uri] = (asked, judged)
        found = wire.diagnostics(judged, asked.path, uri, asked.positions, with_related=self._knows_related())
        self._show(uri, found, asked.version)

    def _show(self, uri: str, found: list[types.Diagnostic], version: int | None = None) -> None:
        """Show findings, also that there are none any more; where no flow is, nothing is said."""
        if found or version is not None:
            self._shown.add(uri)
        elif uri not in self._shown:
            return
        else:
            self._shown.remove(uri)
        self.text_document_publish_diagnostics(types.PublishDiagnosticsParams(uri, found, version))

    def _judge(self, asked: Snapshot) -> Judged:
        return judge(asked.text, asked.path, self.catalogues.near(asked.path))

    def _knows_related(self) -> bool:
        document = self.client_capabilities.text_document
        publish = document.publish_diagnostics if document is not None else None
        return bool(publish is not None and publish.related_information)
