"""What an editor can ask, each question with its answer. Texts that are no flows are none of our business."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

from lsprotocol import types
from pygls.exceptions import JsonRpcException

from flowengine.errors import UsageError
from flowengine.lsp import wire
from flowengine.lsp.called import CatalogueAt
from flowengine.lsp.completion import complete
from flowengine.lsp.hover import hover
from flowengine.lsp.navigation import called_file, definition, uses
from flowengine.lsp.outline import outline
from flowengine.lsp.rename import rename, renameable
from flowengine.lsp.server import FlowServer, Snapshot

_WATCHED: Final = "**/*.{yaml,yml}"
_TRIGGERS: Final = ["(", ".", "@", " ", "{", "["]


def make_server(nodes: Iterable[Path] = ()) -> FlowServer:
    """Return a server that answers everything in this file."""
    server = FlowServer(nodes)
    for feature, handler, options in _FEATURES:
        server.feature(feature, options)(handler)
    return server


def _initialized(ls: FlowServer, _: types.InitializedParams) -> None:
    workspace = ls.client_capabilities.workspace
    watching = workspace.did_change_watched_files if workspace is not None else None
    if watching is not None and watching.dynamic_registration:
        options = types.DidChangeWatchedFilesRegistrationOptions([types.FileSystemWatcher(_WATCHED)])
        registration = types.Registration("files", types.WORKSPACE_DID_CHANGE_WATCHED_FILES, options)
        ls.client_register_capability(types.RegistrationParams([registration]))


def _opened(ls: FlowServer, params: types.DidOpenTextDocumentParams) -> None:
    ls.judge_soon(params.text_document.uri, 0)


def _changed(ls: FlowServer, params: types.DidChangeTextDocumentParams) -> None:
    ls.judge_soon(params.text_document.uri)


def _saved(ls: FlowServer, _: types.DidSaveTextDocumentParams) -> None:
    ls.judge_all()  # it may be a node type or the project file


def _closed(ls: FlowServer, params: types.DidCloseTextDocumentParams) -> None:
    ls.forget(params.text_document.uri)


def _files_changed(ls: FlowServer, _: types.DidChangeWatchedFilesParams) -> None:
    ls.judge_all()


def _shut_down(ls: FlowServer, _: None) -> None:
    ls.was_shut_down = True


async def _complete(ls: FlowServer, params: types.CompletionParams) -> types.CompletionList | None:
    asked = ls.snapshot(params.text_document.uri)
    if asked is None:
        return None
    catalogue, names = _catalogue(ls, asked), ls.catalogues.authorizations(asked.path)
    items = await ls.answer(complete, asked.text, asked.point(params.position), catalogue, names)
    return types.CompletionList(is_incomplete=False, items=wire.completion_items(items, asked.positions))


async def _hover(ls: FlowServer, params: types.HoverParams) -> types.Hover | None:
    asked = ls.snapshot(params.text_document.uri)
    if asked is None:
        return None
    catalogue = _catalogue(ls, asked)
    said = await ls.answer(hover, asked.text, asked.point(params.position), catalogue)
    return types.Hover(wire.markdown(said)) if said else None


async def _define(ls: FlowServer, params: types.DefinitionParams) -> types.Location | None:
    asked = ls.snapshot(params.text_document.uri)
    if asked is None:
        return None
    point, catalogue = asked.point(params.position), _catalogue(ls, asked)
    span = await ls.answer(definition, asked.text, point, catalogue)
    if span is not None:
        return types.Location(asked.uri, wire.range_of(span, asked.positions))
    there = await ls.answer(called_file, asked.text, point, catalogue)
    if there is None:
        return None
    file, span = there
    place = types.Position(span.line - 1, span.column - 1)
    return types.Location(file.as_uri(), types.Range(place, types.Position(span.end_line - 1, span.end_column - 1)))


async def _refer(ls: FlowServer, params: types.ReferenceParams) -> list[types.Location] | None:
    asked = ls.snapshot(params.text_document.uri)
    if asked is None:
        return None
    catalogue, with_own = ls.catalogues.latest(asked.path), params.context.include_declaration
    spans = await ls.answer(uses, asked.text, asked.point(params.position), catalogue, with_own)
    return [types.Location(asked.uri, wire.range_of(span, asked.positions)) for span in spans]


async def _list(ls: FlowServer, params: types.DocumentSymbolParams) -> list[types.DocumentSymbol] | None:
    asked = ls.snapshot(params.text_document.uri)
    if asked is None:
        return None
    return wire.symbols(await ls.answer(outline, asked.text), asked.positions)


async def _prepare_rename(ls: FlowServer, params: types.PrepareRenameParams) -> types.PrepareRenamePlaceholder | None:
    asked = ls.snapshot(params.text_document.uri)
    if asked is None:
        return None
    point, catalogue = asked.point(params.position), ls.catalogues.latest(asked.path)
    named = await _refusing(ls, renameable, asked.text, point, catalogue)
    return types.PrepareRenamePlaceholder(wire.range_of(named.span, asked.positions), named.name) if named else None


async def _rename(ls: FlowServer, params: types.RenameParams) -> types.WorkspaceEdit | None:
    asked = ls.snapshot(params.text_document.uri)
    if asked is None:
        return None
    point, catalogue = asked.point(params.position), ls.catalogues.latest(asked.path)
    spans = await _refusing(ls, rename, asked.text, point, params.new_name, catalogue)
    return _edit(ls, asked, wire.edits([(span, params.new_name) for span in spans], asked.positions))


async def _act(ls: FlowServer, params: types.CodeActionParams) -> list[types.CodeAction] | None:
    asked = ls.snapshot(params.text_document.uri)
    if asked is None:
        return None
    judged = await ls.judged(asked)
    return wire.actions(judged.fixes, params, asked.positions, lambda edits: _edit(ls, asked, edits))


def _catalogue(ls: FlowServer, asked: Snapshot) -> CatalogueAt:
    return CatalogueAt(ls.catalogues.latest(asked.path), asked.path)


async def _refusing(ls: FlowServer, question: Any, *about: Any) -> Any:
    """Answer a question, or say to the user why not."""
    try:
        return await ls.answer(question, *about)
    except UsageError as refused:
        raise JsonRpcException(str(refused), types.LSPErrorCodes.RequestFailed.value) from None


def _edit(ls: FlowServer, asked: Snapshot, edits: list[types.TextEdit]) -> types.WorkspaceEdit:
    """Make an edit of the text that was asked about; an editor whose text has changed meanwhile can refuse it."""
    workspace = ls.client_capabilities.workspace
    capability = workspace.workspace_edit if workspace is not None else None
    if capability is None or not capability.document_changes:
        return types.WorkspaceEdit(changes={asked.uri: edits})
    document = types.OptionalVersionedTextDocumentIdentifier(asked.uri, asked.version)
    return types.WorkspaceEdit(document_changes=[types.TextDocumentEdit(document, edits)])


_FEATURES: Final[tuple[tuple[str, Any, Any], ...]] = (
    (types.INITIALIZED, _initialized, None),
    (types.SHUTDOWN, _shut_down, None),
    (types.TEXT_DOCUMENT_DID_OPEN, _opened, None),
    (types.TEXT_DOCUMENT_DID_CHANGE, _changed, None),
    (types.TEXT_DOCUMENT_DID_SAVE, _saved, None),
    (types.TEXT_DOCUMENT_DID_CLOSE, _closed, None),
    (types.WORKSPACE_DID_CHANGE_WATCHED_FILES, _files_changed, None),
    (types.TEXT_DOCUMENT_COMPLETION, _complete, types.CompletionOptions(trigger_characters=_TRIGGERS)),
    (types.TEXT_DOCUMENT_HOVER, _hover, None),
    (types.TEXT_DOCUMENT_DEFINITION, _define, None),
    (types.TEXT_DOCUMENT_REFERENCES, _refer, None),
    (types.TEXT_DOCUMENT_DOCUMENT_SYMBOL, _list, None),
    (types.TEXT_DOCUMENT_PREPARE_RENAME, _prepare_rename, None),
    (types.TEXT_DOCUMENT_RENAME, _rename, types.RenameOptions(prepare_provider=True)),
    (
        types.TEXT_DOCUMENT_CODE_ACTION,
        _act,
        types.CodeActionOptions([types.CodeActionKind.QuickFix, wire.FIX_ALL]),
    ),
)
