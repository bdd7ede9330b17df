"""Keeps texts in their files: whole or not at all, and never over what somebody else has saved meanwhile."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from flowengine.errors import UsageError
from flowengine.flowfile.rewrite import rewrite
from flowengine.flowfile.yaml_source import DEFAULT_LIMITS
from flowengine.server.flows import digest_of
from flowengine.server.routing import ApiError
from flowengine.studio.documents import Documents
from flowengine.studio.flow_text import BYTE_ORDER_MARK, read_text
from flowengine.studio.merging import Conflict, Merged, merge
from flowengine.studio.workspace import Opened, Workspace, refused

_CONFLICT: Final = 409


def save(workspace: Workspace, documents: Documents, opened: Opened, body: Mapping[str, Any]) -> dict[str, Any]:
    """Save a text that was made of the version ``base``. Raises ApiError: 409 where the file is another one now."""
    text = str(body["text"])
    new = text_bytes(text)
    if new != opened.source:
        if body["base"] != opened.version:
            raise _changed(workspace, documents, opened, body)
        try:
            rewrite(opened.path, opened.source, new)
        except UsageError as fault:
            now = workspace.read(opened.path)
            if now.source != opened.source:
                raise _changed(workspace, documents, now, body) from None
            raise ApiError(_CONFLICT, "not-written", str(fault), "see who may write the file") from None
        workspace.remember(text)
    return documents.of(text, opened.name, shown=body.get("positions"), judged=body.get("judge", True))


def create(workspace: Workspace, documents: Documents, name: str, text: str) -> dict[str, Any]:
    """Save a text in a new file. Raises ApiError: 409 where there is one."""
    path = workspace.inside(name, new=True)
    write_new(path, text_bytes(text), workspace.name(path))
    workspace.remember(text)
    return documents.of(text, workspace.name(path))


def write_new(path: Path, source: bytes, name: str) -> None:
    """Write a new file, and the folders that it is in. Raises ApiError: 409 where there is one."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("xb") as file:
            file.write(source)
    except FileExistsError:
        raise ApiError(_CONFLICT, "exists", f"there is a file {name} already", "choose another name") from None
    except OSError as fault:
        raise ApiError(_CONFLICT, "not-written", f"{name} cannot be written: {fault.strerror}") from None


def text_bytes(text: str) -> bytes:
    """Return a text as a file has it. Raises ApiError."""
    try:
        source = text.encode()
    except UnicodeEncodeError as fault:
        found = f"the text has half a character at {fault.start:,}"
        raise ApiError(422, "not-text", found, "remove it") from None
    if len(source) > DEFAULT_LIMITS.size:
        raise refused("too-large", UsageError(f"a flow may have {DEFAULT_LIMITS.size:,} bytes, and this has more"))
    return source


def _changed(workspace: Workspace, documents: Documents, disk: Opened, body: Mapping[str, Any]) -> ApiError:
    """Say that the file has changed, with what comes of putting both changes together."""
    base = body.get("baseText")
    if not isinstance(base, str) or digest_of(base.encode("utf-8", "surrogatepass")) != body["base"]:
        base = workspace.remembered(str(body["base"]))
    merged = merge(base, str(body["text"]), disk.text) if base is not None else Merged(None, [])
    text = merged.text
    if text is not None and not read_text(text.removeprefix(BYTE_ORDER_MARK)).is_readable:
        text = None
    details = {
        "disk": documents.of(disk.text, disk.name),
        "merged": text,
        "conflicts": [_conflict_json(one) for one in merged.conflicts],
    }
    message = f"{disk.name} was saved by somebody else meanwhile"
    hint = "both changes fit together: look at them, and save" if text is not None else "choose what is to be kept"
    return ApiError(_CONFLICT, "changed-on-disk", message, hint, details=details)


def _conflict_json(conflict: Conflict) -> dict[str, Any]:
    base, mine, theirs = ([start + 1, end] for start, end in conflict)
    return {"base": base, "mine": mine, "disk": theirs}
