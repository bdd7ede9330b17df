"""Ours to theirs: findings, items, outlines and places as the protocol has them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Final

from lsprotocol import types

from flowengine import shipped
from flowengine.findings import Finding, Span
from flowengine.lsp.judging import Fix, Judged
from flowengine.lsp.offers import Item
from flowengine.lsp.outline import Entry
from flowengine.lsp.positions import Positions

SOURCE: Final = "flowengine"
FIX_ALL: Final = f"{types.CodeActionKind.SourceFixAll.value}.{SOURCE}"

_SEVERITIES: Final = {
    "error": types.DiagnosticSeverity.Error,
    "warning": types.DiagnosticSeverity.Warning,
    # Editors hide what the protocol calls a hint, and ours are to be read.
    "hint": types.DiagnosticSeverity.Information,
}
_TAGS: Final = {
    "FE204": types.DiagnosticTag.Deprecated,
    "FE313": types.DiagnosticTag.Unnecessary,
    "FE506": types.DiagnosticTag.Unnecessary,
    "FE811": types.DiagnosticTag.Unnecessary,
}
_ITEMS: Final = {
    "key": types.CompletionItemKind.Property,
    "type": types.CompletionItemKind.Class,
    "input": types.CompletionItemKind.Field,
    "outcome": types.CompletionItemKind.Event,
    "node": types.CompletionItemKind.Reference,
    "name": types.CompletionItemKind.Variable,
    "text": types.CompletionItemKind.EnumMember,
    "value": types.CompletionItemKind.Value,
}
_SYMBOLS: Final = {
    "key": types.SymbolKind.Key,
    "variable": types.SymbolKind.Variable,
    "node": types.SymbolKind.Function,
    "end": types.SymbolKind.Event,
}


def range_of(span: Span | None, positions: Positions) -> types.Range:
    """Write a span; without one, the first line is meant."""
    start, end = positions.of_span(span)
    return types.Range(types.Position(*start), types.Position(*end))


def diagnostics(
    judged: Judged, path: Path, uri: str, positions: Positions, *, with_related: bool
) -> list[types.Diagnostic]:
    """Write findings; what is about another file stands on the first line and leads there."""
    return [_diagnostic(one, judged, str(path), uri, positions, with_related) for one in judged.findings]


def _diagnostic(  # noqa: PLR0913, PLR0917 - private
    finding: Finding,
    judged: Judged,
    path: str,
    uri: str,
    positions: Positions,
    with_related: bool,  # noqa: FBT001 - private
) -> types.Diagnostic:
    is_here = finding.path == path
    message = f"{finding.message}\nhint: {finding.hint}" if finding.hint else finding.message
    related = _witness(finding, judged, uri, positions) if is_here else _elsewhere(finding)
    page = shipped.shipped("docs/findings") / f"{finding.code}.md"
    return types.Diagnostic(
        range=range_of(finding.span if is_here else None, positions),
        message=message if is_here else f"{finding.path}: {message}",
        severity=_SEVERITIES[finding.severity],
        code=finding.code,
        code_description=types.CodeDescription(page.as_uri()),
        source=SOURCE,
        tags=[_TAGS[finding.code]] if finding.code in _TAGS else None,
        related_information=related if related and with_related else None,
    )


def _witness(
    finding: Finding, judged: Judged, uri: str, positions: Positions
) -> list[types.DiagnosticRelatedInformation]:
    """Lead along the way that proves a finding."""
    return [
        types.DiagnosticRelatedInformation(
            types.Location(uri, range_of(judged.keys[name], positions)), f"{number}. {name}"
        )
        for number, name in enumerate(finding.witness, start=1)
        if name in judged.keys
    ]


def _elsewhere(finding: Finding) -> list[types.DiagnosticRelatedInformation]:
    span = finding.span or Span(1, 1, 1, 1)
    # The other file's text is not at hand; columns of what is not plain Latin may be off by a few.
    start, end = types.Position(span.line - 1, span.column - 1), types.Position(span.end_line - 1, span.end_column - 1)
    location = types.Location(Path(finding.path).absolute().as_uri(), types.Range(start, end))
    return [types.DiagnosticRelatedInformation(location, finding.message)]


def completion_items(items: Iterable[Item], positions: Positions) -> list[types.CompletionItem]:
    """Write what can be written, in its order."""
    return [
        types.CompletionItem(
            label=item.label,
            kind=_ITEMS[item.kind],
            detail=item.detail or None,
            documentation=markdown(item.documentation) if item.documentation else None,
            sort_text=f"{number:05}",
            filter_text=item.label,
            text_edit=types.TextEdit(range_of(item.span, positions), item.text),
        )
        for number, item in enumerate(items)
    ]


def markdown(text: str) -> types.MarkupContent:
    """Write a text for people."""
    return types.MarkupContent(types.MarkupKind.Markdown, text)


def symbols(entries: Iterable[Entry], positions: Positions) -> list[types.DocumentSymbol]:
    """Write an outline."""
    return [
        types.DocumentSymbol(
            name=one.name,
            kind=_SYMBOLS[one.kind],
            detail=one.detail or None,
            range=range_of(one.span, positions),
            selection_range=range_of(one.name_span, positions),
            children=symbols(one.inside, positions),
        )
        for one in entries
    ]


def edits(places: Iterable[tuple[Span, str]], positions: Positions) -> list[types.TextEdit]:
    """Write changes of a text."""
    return [types.TextEdit(range_of(span, positions), text) for span, text in places]


def actions(
    fixes: Iterable[Fix],
    context: types.CodeActionParams,
    positions: Positions,
    to_edit: Callable[[list[types.TextEdit]], types.WorkspaceEdit],
) -> list[types.CodeAction]:
    """Write the repairs that touch a range, each with the diagnostics it is for, and all of them together."""
    everything = list(fixes)
    found = []
    for one in everything:
        place = range_of(one.span, positions)
        if _touch(place, context.range):
            about = [two for two in context.context.diagnostics if two.code == one.code and two.range == place]
            change = to_edit(edits([(one.span, one.text)], positions))
            kind = types.CodeActionKind.QuickFix
            found.append(types.CodeAction(one.title, kind, about or None, is_preferred=True, edit=change))
    if everything:
        change = to_edit(edits([(one.span, one.text) for one in everything], positions))
        title = "Pin node types and write outcomes canonically"
        found.append(types.CodeAction(title, FIX_ALL, edit=change))
    return [one for one in found if _is_wanted(one, context.context.only)]


def _is_wanted(action: types.CodeAction, only: Sequence[types.CodeActionKind | str] | None) -> bool:
    kind = str(getattr(action.kind, "value", action.kind))
    wanted = [str(getattr(one, "value", one)) for one in only or ()]
    return only is None or any(kind == one or kind.startswith(f"{one}.") for one in wanted)


def _touch(one: types.Range, other: types.Range) -> bool:
    return one.start <= other.end and other.start <= one.end
