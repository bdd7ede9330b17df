"""The server as an editor meets it: a process of its own that is spoken to over standard input and output."""

from __future__ import annotations

import asyncio
import json
import os
import pty
import signal
import subprocess
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from lsprotocol import types
from pygls.exceptions import JsonRpcException

from flowengine.check.validate import validate

Session = Callable[[Any], Awaitable[Any]]
Edit = Callable[[Session], Any]

COMMAND = [sys.executable, "-m", "flowengine", "lsp"]
UTF8 = types.GeneralClientCapabilities(position_encodings=[types.PositionEncodingKind.Utf8])
RELATED = types.TextDocumentClientCapabilities(
    publish_diagnostics=types.PublishDiagnosticsClientCapabilities(related_information=True)
)
CYCLE = """\
flow: cycle
start: a
nodes:
  a: {type: branch@1.0, inputs: {rows: [{name: x, when: {value: $(run.id), equals: x}}], default: y}, edges: {y: b}}
  b: {type: branch@1.0, inputs: {rows: [{name: x, when: {value: $(run.id), equals: x}}], default: y}, edges: {y: a}}
  done: {end: success}
"""
NODE = "node: ours\nversions:\n  '1.0': {request: {method: GET, path: /x}, outcomes: {found: {kind: success}}}\n"


def codes(shown: types.PublishDiagnosticsParams) -> list[Any]:
    return [one.code for one in shown.diagnostics]


def test_findings_are_those_of_validate_with_their_places(edit: Edit, flow: str, tmp_path: Path) -> None:
    path = tmp_path / "greet.yaml"
    text = flow.replace("$(name) of", "$(nam) of").replace("set-variables@1.0", "set-variables")
    path.write_text(text)

    async def session(editor: Any) -> types.PublishDiagnosticsParams:
        await editor.start()
        editor.open(text)
        return await editor.findings()

    shown = edit(session)

    expected = validate(path)
    assert codes(shown) == [one.code for one in expected] == ["FE203", "FE302"]
    assert shown.version == 1
    hint, error = shown.diagnostics
    assert (hint.severity, error.severity) == (types.DiagnosticSeverity.Information, types.DiagnosticSeverity.Error)
    assert hint.message == f"{expected[0].message}\nhint: {expected[0].hint}"
    assert hint.source == "flowengine"
    assert hint.code_description is not None
    assert hint.code_description.href.endswith("/docs/findings/FE203.md")
    before = '    inputs: {values: {greeting: "👋 Hello '
    assert error.range.start == types.Position(24, len(before) + 1)


@pytest.mark.parametrize(("general", "units"), [(None, 2), (UTF8, 4)])
def test_columns_are_counted_as_the_editor_does(edit: Edit, flow: str, general: Any, units: int) -> None:
    text = flow.replace('"👋 Hello $(name) of $(search.conversationId)"', "👋 $(nam)")

    async def session(editor: Any) -> types.PublishDiagnosticsParams:
        await editor.start(general=general)
        editor.open(text)
        return await editor.findings()

    (found,) = edit(session).diagnostics

    start = len("    inputs: {values: {greeting: ") + units + 1
    assert found.code == "FE302"
    assert found.range.start == types.Position(24, start)


def test_what_is_shown_is_about_the_latest_text_and_nothing_once_it_is_closed(edit: Edit, flow: str) -> None:
    async def session(editor: Any) -> list[types.PublishDiagnosticsParams]:
        await editor.start()
        document = editor.open(flow)
        seen = [await editor.findings()]
        for version in range(2, 30):
            editor.change(flow.replace("start: search", f"start: serch{version}"), version)
        seen.append(await editor.findings())
        editor.change("flow: [", 30)
        seen.append(await editor.findings())
        editor.client.text_document_did_close(types.DidCloseTextDocumentParams(document))
        seen.append(await editor.findings())
        return seen

    first, many, broken, closed = edit(session)

    assert (codes(first), first.version) == ([], 1)
    assert (codes(many), many.version) == (["FE206"], 29)
    assert "'serch29'" in many.diagnostics[0].message
    assert (codes(broken), broken.version) == (["FE002"], 30)
    assert codes(closed) == []


def test_other_yaml_is_left_alone(edit: Edit, flow: str) -> None:
    async def session(editor: Any) -> list[Any]:
        await editor.start()
        other = editor.open("recording: r\nflow: greet\nresponses: 1\n", "r.yaml")
        start = types.Position(0, 0)
        seen = [
            await editor.client.text_document_hover_async(types.HoverParams(other, start)),
            await editor.client.text_document_completion_async(types.CompletionParams(other, start)),
            await editor.client.text_document_document_symbol_async(types.DocumentSymbolParams(other)),
            await editor.client.text_document_rename_async(types.RenameParams(other, start, "x")),
        ]
        editor.open(flow)
        seen.append((await editor.findings()).uri)
        editor.change("node: x", 2)
        seen.append(codes(await editor.findings()))
        return seen

    *nothing, uri, cleared = edit(session)

    assert nothing == [None] * 4
    assert uri.endswith("greet.yaml")
    assert cleared == []


def test_a_way_that_proves_a_finding_is_shown(edit: Edit) -> None:
    async def session(editor: Any) -> types.PublishDiagnosticsParams:
        await editor.start(text_document=RELATED)
        editor.open(CYCLE)
        return await editor.findings()

    found = next(one for one in edit(session).diagnostics if one.code == "FE813")

    assert found.related_information is not None
    assert {(one.message.partition(". ")[2], one.location.range.start.line) for one in found.related_information} == {
        ("a", 3),
        ("b", 4),
    }


def test_what_is_saved_beside_a_flow_counts(edit: Edit, flow: str, tmp_path: Path) -> None:
    text = flow.replace("set-variables@1.0", "ours@1.0")
    watching = types.DidChangeWatchedFilesClientCapabilities(dynamic_registration=True)

    async def session(editor: Any) -> list[Any]:
        await editor.start(
            workspace=types.WorkspaceClientCapabilities(did_change_watched_files=watching), text_document=RELATED
        )
        registered = await asyncio.wait_for(editor.registered.get(), 30)
        editor.open(text)
        seen = [registered.registrations[0].method, codes(await editor.findings())]
        (tmp_path / "types").mkdir()
        (tmp_path / "types" / "ours.yaml").write_text(NODE)
        (tmp_path / "flowengine.yaml").write_text("nodes: [types]\n")
        editor.client.workspace_did_change_watched_files(types.DidChangeWatchedFilesParams([]))
        seen.append(codes(await editor.findings()))
        (tmp_path / "flowengine.yaml").write_text("default: nowhere\n")
        project = types.TextDocumentIdentifier(editor.uri("flowengine.yaml"))
        editor.client.text_document_did_save(types.DidSaveTextDocumentParams(project))
        seen.append(await editor.findings())
        return seen

    method, before, after, wrong = edit(session)

    assert method == "workspace/didChangeWatchedFiles"
    assert "FE201" in before
    assert "FE201" not in after
    (found,) = wrong.diagnostics
    assert (found.code, found.range.start.line) == ("FE701", 0)
    assert found.related_information[0].location.uri == (tmp_path / "flowengine.yaml").as_uri()


def test_repairs_are_offered_where_they_belong_and_all_together(edit: Edit, flow: str) -> None:
    text = flow.replace("set-variables@1.0", "set-variables").replace("onInvalidChoice", "oninvalidchoice")

    async def session(editor: Any) -> tuple[Any, ...]:
        await editor.start()
        document = editor.open(text)
        shown = (await editor.findings()).diagnostics
        pin = next(one for one in shown if one.code == "FE203")

        async def actions(only: list[str] | None = None) -> Any:
            context = types.CodeActionContext(shown, only)
            params = types.CodeActionParams(document, pin.range, context)
            return await editor.client.text_document_code_action_async(params)

        return pin, editor.uri(), await actions(), await actions(["source.fixAll"]), await actions(["refactor"])

    pin, uri, (quick, _), (everything,), nothing = edit(session)

    assert (quick.title, quick.kind, list(quick.diagnostics)) == ("Write set-variables@1.0", "quickfix", [pin])
    assert list(quick.edit.changes[uri]) == [types.TextEdit(pin.range, "set-variables@1.0")]
    assert everything.kind == "source.fixAll.flowengine"
    assert [one.new_text for one in everything.edit.changes[uri]] == ["onInvalidChoice", "set-variables@1.0"]
    assert list(nothing) == []


def test_questions_are_answered_in_the_editor_s_units(edit: Edit, flow: str) -> None:
    mark = 'of $(sea|>rch.conversationId)"}}'

    async def session(editor: Any) -> tuple[Any, ...]:
        await editor.start()
        document, at = editor.open(flow), editor.position(flow, mark)
        client, context = editor.client, types.ReferenceContext(include_declaration=False)
        return (
            at,
            await client.text_document_hover_async(types.HoverParams(document, at)),
            await client.text_document_definition_async(types.DefinitionParams(document, at)),
            await client.text_document_references_async(types.ReferenceParams(context, document, at)),
            await client.text_document_prepare_rename_async(types.PrepareRenameParams(document, at)),
            await client.text_document_document_symbol_async(types.DocumentSymbolParams(document)),
            await client.text_document_completion_async(types.CompletionParams(document, at)),
        )

    at, hover, defined, used, prepared, symbols, completed = edit(session)

    name = types.Range(types.Position(24, at.character - 3), types.Position(24, at.character + 3))
    assert "Output of **search**" in hover.contents.value
    assert defined.range.start == types.Position(7, 2)
    assert [one.range for one in used][-1] == name
    assert (prepared.range, prepared.placeholder) == (name, "search")
    assert [one.name for one in symbols][-1] == "nodes"
    assert {one.label: one.text_edit.range for one in completed.items}["search"] == name


def test_a_rename_is_an_edit_of_the_text_that_was_asked_about(edit: Edit, flow: str) -> None:
    changes = types.WorkspaceEditClientCapabilities(document_changes=True)

    async def session(editor: Any) -> Any:
        await editor.start(workspace=types.WorkspaceClientCapabilities(workspace_edit=changes))
        document, at = editor.open(flow, version=7), editor.position(flow, "start: |>search")
        return await editor.client.text_document_rename_async(types.RenameParams(document, at, "find"))

    (change,) = edit(session).document_changes

    assert change.text_document.version == 7
    assert [(one.range.start.line, one.new_text) for one in change.edits] == [
        (5, "find"),
        (7, "find"),
        (14, "find"),
        (24, "find"),
    ]


def test_a_name_that_cannot_be_is_refused_in_words(edit: Edit, flow: str) -> None:
    async def session(editor: Any) -> JsonRpcException:
        await editor.start()
        document, at = editor.open(flow), editor.position(flow, "start: |>search")
        with pytest.raises(JsonRpcException) as refused:
            await editor.client.text_document_rename_async(types.RenameParams(document, at, "greet"))
        return refused.value

    refused = edit(session)

    assert refused.code == types.LSPErrorCodes.RequestFailed
    assert str(refused) == "there is a node 'greet' already: choose another id"


@pytest.mark.parametrize(
    "text", ["flow: [\n" * 50, "flow: a\n" + "[" * 5000, "flow: \ud800", "flow: a\nnodes: 1", "\x00flow:\nflow: "]
)
def test_a_malformed_text_is_a_finding_and_questions_about_it_are_answered(edit: Edit, text: str, flow: str) -> None:
    async def session(editor: Any) -> tuple[Any, ...]:
        await editor.start()
        document, at = editor.open(text), types.Position(0, 3)
        shown = await editor.findings()
        await editor.client.text_document_completion_async(types.CompletionParams(document, at))
        await editor.client.text_document_hover_async(types.HoverParams(document, at))
        await editor.client.text_document_document_symbol_async(types.DocumentSymbolParams(document))
        editor.change(flow, 2)
        return shown, await editor.findings()

    before, after = edit(session)

    assert codes(before)
    assert codes(after) == []


def test_folders_of_node_types_can_be_given(edit: Edit, flow: str, tmp_path: Path) -> None:
    (tmp_path / "types").mkdir()
    (tmp_path / "types" / "ours.yaml").write_text(NODE)

    async def session(editor: Any) -> types.PublishDiagnosticsParams:
        await editor.start("--nodes", "types")
        editor.open(flow.replace("set-variables@1.0", "ours@1.0"))
        return await editor.findings()

    assert "FE201" not in codes(edit(session))


def framed(*messages: object) -> bytes:
    bodies = [one if isinstance(one, bytes) else json.dumps(one).encode() for one in messages]
    return b"".join(b"Content-Length: %d\r\n\r\n%b" % (len(body), body) for body in bodies)


def request(number: int, method: str, params: object = None) -> dict[str, object]:
    return {"jsonrpc": "2.0", "id": number, "method": method, "params": params}


def spoken(*messages: object) -> tuple[int, dict[Any, Any], bytes]:
    """Speak to a server without a client; return its exit code, its answers by id, and what it said beside them."""
    ran = subprocess.run(COMMAND, input=framed(*messages), capture_output=True, timeout=60, check=False)
    answers = {}
    out = ran.stdout
    while out:
        head, _, rest = out.partition(b"\r\n\r\n")
        fields = dict(line.split(": ", 1) for line in head.decode().split("\r\n"))
        length = int(fields["Content-Length"])
        message = json.loads(rest[:length])
        answers[message.get("id")] = message
        out = rest[length:]
    return ran.returncode, answers, ran.stderr


INITIALIZE = request(1, "initialize", {"capabilities": {}, "processId": None, "rootUri": None})
EXIT = {"jsonrpc": "2.0", "method": "exit"}


def test_going_away_politely_is_fine_and_nothing_is_said_beside_the_protocol() -> None:
    code, answers, err = spoken(INITIALIZE, request(2, "shutdown"), EXIT)

    assert code == 0
    assert answers[2]["result"] is None
    assert err == b""


@pytest.mark.parametrize("messages", [(INITIALIZE, EXIT), (EXIT,), (INITIALIZE,), ()])
def test_going_away_without_a_word_is_not(messages: tuple[object, ...]) -> None:
    assert spoken(*messages)[0] == 1


def test_messages_that_cannot_be_read_are_answered_and_cost_nothing_else() -> None:
    code, answers, _ = spoken(
        INITIALIZE,
        b"{no json",
        b"[]",
        request(2, "textDocument/hover", {"position": "here"}),
        request(3, "no/such/thing", {}),
        request(
            4, "textDocument/hover", {"textDocument": {"uri": "file:///x"}, "position": {"line": 0, "character": 0}}
        ),
        request(5, "shutdown"),
        EXIT,
    )

    assert code == 0
    assert answers[2]["error"]["code"] == -32602
    assert answers[3]["error"]["code"] == -32601
    assert answers[4]["result"] is None


def test_in_a_terminal_it_says_what_it_is_and_ctrl_c_ends_it() -> None:
    ours, theirs = pty.openpty()
    with subprocess.Popen(COMMAND, stdin=theirs, stdout=theirs, stderr=subprocess.PIPE) as server:
        assert server.stderr is not None
        said = server.stderr.readline()
        server.send_signal(signal.SIGINT)
        assert server.wait(20) == -signal.SIGINT
    os.close(ours)
    os.close(theirs)

    assert b"an editor" in said


def test_no_other_command_imports_it(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("flow: a\nstart: b\nnodes: {b: {end: success}}\n")
    program = "import sys; from flowengine.cli.entry import flowengine\ntry: flowengine.main(['validate', 'a.yaml'])\n"
    program += "finally: print({'pygls', 'lsprotocol', 'asyncio'} & set(sys.modules), file=sys.stderr)"

    ran = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=True)

    assert ran.stderr == "set()\n"
