"""What the studio does for its page: questions and changes, each a function of what was sent and of the files."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from difflib import SequenceMatcher
from pathlib import Path
from typing import Any, Final

from flowengine.catalogue.catalogue import Catalogue
from flowengine.core.plan import Plan
from flowengine.errors import FlowError, InvalidFile, UsageError
from flowengine.flow_files import flow_id, is_recording_text
from flowengine.flowfile.rewrite import rewrite
from flowengine.flowfile.text_lines import LINE_BREAK
from flowengine.flowfile.yaml_source import read_source
from flowengine.lsp.called import CatalogueAt
from flowengine.lsp.draft import as_map
from flowengine.recording.format import Recording, load_recording
from flowengine.recording.pairing import RECORDINGS, recordings_of
from flowengine.recording.taking import Taken
from flowengine.recording.writing import recording_text
from flowengine.server.routing import ApiError, not_found
from flowengine.streams.forwarding.uses import find_uses
from flowengine.studio import exercise, saving
from flowengine.studio.comparing import compare, merged
from flowengine.studio.documents import UNSAVED, Documents
from flowengine.studio.dry_runs import DryRuns, dry_run, recording_of
from flowengine.studio.flow_text import BYTE_ORDER_MARK, read_text
from flowengine.studio.forms import flow_form, form_of
from flowengine.studio.graphs import draw_up
from flowengine.studio.kept_runs import picture_of
from flowengine.studio.making import make_recording
from flowengine.studio.operations import Editing, Refused
from flowengine.studio.positions import keep_positions, positions_json
from flowengine.studio.projects import project_json
from flowengine.studio.revisions import revisions, text_at
from flowengine.studio.workspace import NAME, Opened, Workspace, refused

_RECORDINGS: Final = "recordings"


class Studio:
    """The studio of one folder. Everything here blocks, and raises ApiError for what the caller did wrong."""

    def __init__(self, folder: Path, nodes: Iterable[Path] = ()) -> None:
        self.workspace = Workspace(folder, nodes)
        self._documents = Documents(self.workspace)
        self._dry_runs = DryRuns()

    def open(self, flow: str, name: str | None, *, judged: bool = True) -> dict[str, Any]:
        """Open a flow."""
        opened = self.workspace.open(flow, name)
        return self._documents.of(opened.text, opened.name, judged=judged)

    def findings(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """Judge a text: that takes longer than to draw it."""
        return {"findings": self._documents.findings(body["text"], body.get("path"))}

    def document(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """Show a text that is not saved."""
        shown, judged = body.get("positions"), body.get("judge", True)
        return self._documents.of(body["text"], body.get("path"), shown=shown, judged=judged)

    def edit(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """Do something to a text: all of it or nothing."""
        text, name = body["text"], body.get("path")
        mark = BYTE_ORDER_MARK if text.startswith(BYTE_ORDER_MARK) else ""
        editing = Editing(text.removeprefix(mark), self.workspace.known_catalogue(self._path(name)))
        try:
            editing.do(body["operations"])
        except Refused as fault:
            details = {"operation": fault.number}
            raise ApiError(422, "edit-refused", str(fault), details=details) from None
        new = mark + editing.text
        document = self._documents.of(
            new, name, shown=body.get("positions"), before=text, judged=body.get("judge", True)
        )
        return {**document, "added": editing.added, "changedLines": _changed_lines(text, new)}

    def save(self, flow: str, name: str | None, body: Mapping[str, Any]) -> dict[str, Any]:
        """Save a text in the file that it was read from."""
        return saving.save(self.workspace, self._documents, self.workspace.open(flow, name), body)

    def create(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """Save a text in a new file."""
        return saving.create(self.workspace, self._documents, body["path"], body["text"])

    def move(self, flow: str, name: str | None, body: Mapping[str, Any]) -> dict[str, Any]:
        """Keep where nodes were put."""
        opened = self.workspace.open(flow, name)
        try:
            return {"positions": positions_json(keep_positions(opened.path, body["positions"]))}
        except UsageError as fault:
            raise refused("wrong-positions", fault) from None

    def form(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """Show the form of a node; of the flow itself where none is named."""
        path = self._path(body.get("path"))
        read = read_text(body["text"].removeprefix(BYTE_ORDER_MARK))
        catalogue = self.workspace.known_catalogue(path)
        drawn, node = draw_up(read.data, path, catalogue), body["node"]
        if node is None:
            return flow_form(read.draft, drawn, CatalogueAt(catalogue, path))
        if drawn is None or node not in read.draft.nodes:
            raise not_found("node", node)
        return form_of(node, read.draft, drawn, CatalogueAt(catalogue, path))

    def form_in(self, flow: str, name: str | None, node: str) -> dict[str, Any]:
        """Show the form of a node of a file."""
        opened = self.workspace.open(flow, name)
        return self.form({"text": opened.text, "path": opened.name, "node": node})

    def dry_run(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """Walk a text, or a file, on recorded answers."""
        opened = self._side(body)
        path = self._path(opened.name)
        try:
            ready = self._dry_runs.ready(opened.text, path, self._catalogue(path))
        except InvalidFile as invalid:
            raise refused("invalid-flow", invalid) from None
        try:
            return dry_run(ready, self._recording(body.get("recording"), ready.flow.id, path), body)
        except InvalidFile as invalid:
            raise refused("invalid-recording", invalid) from None
        except FlowError as fault:
            raise refused("cannot-walk", fault) from None

    def compare(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """Compare two texts."""
        left, right = self._side(body["left"]), self._side(body["right"])
        path = self._path(right.name or left.name)
        found = compare(left.text, right.text, path, self.workspace.known_catalogue(path))
        if found is None:
            raise ApiError(422, "no-picture", "there is no node in these texts that can be drawn")
        return found

    def walked(self, plan: Plan) -> dict[str, Any] | None:
        """Draw a flow as it was walked once."""
        return picture_of(plan, self.workspace, self.workspace.known_catalogue(self._path(None)))

    def walked_both(self, left: Plan, right: Plan) -> dict[str, Any] | None:
        """Draw two versions of a flow that were walked once as one picture."""
        return merged(left, right, self._path(None), self.workspace.known_catalogue(self._path(None)))

    def revisions(self, flow: str, name: str | None) -> dict[str, Any]:
        """List the versions of a flow that git has."""
        opened = self.workspace.open(flow, name)
        try:
            found = revisions(opened.path)
            clean = bool(found) and text_at(opened.path, found[0]["revision"]) == opened.text
        except ApiError as error:
            return {"revisions": [], "reason": str(error), "clean": False}
        return {"revisions": found, "reason": None, "clean": clean}

    def recordings(self, flow: str, name: str | None) -> dict[str, Any]:
        """List the recordings of a flow, and how each goes."""
        return {"recordings": exercise.recordings(self.workspace, self.workspace.open(flow, name).path)}

    def coverage(self, flow: str, name: str | None) -> dict[str, Any]:
        """Say what the recordings of a flow exercise."""
        opened = self.workspace.open(flow, name)
        try:
            return exercise.coverage(self.workspace, opened.path)
        except InvalidFile as invalid:
            raise refused("invalid-flow", invalid) from None

    def keep_recording(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """Save a recording beside its flow, below `recordings`."""
        opened, name = self.workspace.open(body["flow"], body.get("path")), body["name"]
        path = self._recording_path(opened, name)
        try:
            known = {**as_map(body["recording"]), "recording": name, "flow": flow_id(opened.source) or ""}
            text = recording_text(recording_of(known, path), title=str(known.get("title") or ""))
        except FlowError as fault:
            raise refused("invalid-recording", fault) from None
        if body.get("replace"):
            return self._replace_recording(path, text)
        return self._keep_recording(path, text)

    def make_recording(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """Save a recording that takes an edge, made by the generator."""
        opened = self.workspace.open(body["flow"], body.get("path"))
        try:
            ready = self._dry_runs.ready(opened.text, opened.path, self._catalogue(opened.path))
            taken = [one["name"] for one in exercise.recordings(self.workspace, opened.path)]
            made = make_recording(ready, opened.path, body["node"], body["outcome"], taken)
        except InvalidFile as invalid:
            raise refused("invalid-flow", invalid) from None
        except UsageError as fault:
            raise refused("no-way", fault) from None
        path = self._recording_path(opened, f"{ready.flow.id}-{made.short}")
        return {**self._keep_recording(path, made.text), "name": f"{ready.flow.id}-{made.short}", "title": made.title}

    def keep_run(self, name: str, flow: str, taken: Callable[[str], Taken]) -> dict[str, Any]:
        """Save what was taken of a run as a recording of a flow."""
        path = self._recording_path(self.workspace.open(flow, None), name)
        try:
            recording = taken(name)
        except FlowError as fault:
            raise refused("cannot-record", fault) from None
        return {**self._keep_recording(path, recording.text), "notes": list(recording.notes)}

    def _recording_path(self, opened: Opened, name: str) -> Path:
        flow = flow_id(opened.source) or ""
        short = f"{flow}.{name.removeprefix(f'{flow}-')}" if name.startswith(f"{flow}-") else name
        if not NAME.fullmatch(short):
            raise ApiError(422, "wrong-name", f"{name[:60]!r} is no name: lower-case letters, digits and `-`")
        folder = opened.path.parent / _RECORDINGS
        return self.workspace.inside(self.workspace.name(folder / f"{short}{RECORDINGS[0]}"))  # it may be a link

    def _keep_recording(self, path: Path, text: str) -> dict[str, Any]:
        saving.write_new(path, text.encode(), self.workspace.name(path))
        return {"path": self.workspace.name(path), "text": text}

    def _replace_recording(self, path: Path, text: str) -> dict[str, Any]:
        """Write a recording over one that is there; over what is none, nothing is written."""
        if not path.exists():
            return self._keep_recording(path, text)
        try:
            there = read_source(path)
        except InvalidFile as invalid:
            raise refused("not-written", invalid) from None
        if not is_recording_text(there):
            raise ApiError(409, "exists", f"{self.workspace.name(path)} is no recording", "choose another name")
        try:
            rewrite(path, there, text.encode())
        except UsageError as fault:
            raise ApiError(409, "not-written", str(fault)) from None
        return {"path": self.workspace.name(path), "text": text}

    def stream_users(self) -> dict[str, Any]:
        """Say which flows work with the integration that the data stream goes to."""
        uses, unread = find_uses(path for _, path in self.workspace.flows())
        users = [{**one.to_json(), "path": self.workspace.name(Path(one.path))} for one in uses]
        return {"flows": users, "unread": [self.workspace.name(path) for path in unread]}

    def project(self) -> dict[str, Any]:
        """Say what there is beside flows."""
        return project_json(self.workspace)

    def _path(self, name: str | None) -> Path:
        return self.workspace.inside(name) if name is not None else self.workspace.folder / UNSAVED

    def _catalogue(self, path: Path) -> Catalogue:
        catalogue = self.workspace.catalogue(path)
        if isinstance(catalogue, InvalidFile):
            raise catalogue
        return catalogue

    def _side(self, side: Mapping[str, Any]) -> Opened:
        """Return a text: the one that was sent, that of a file, or an older one of a file."""
        name = side.get("path")
        if side.get("text") is not None:
            path = self._path(name)
            return Opened(path, self.workspace.name(path) if name is not None else UNSAVED, b"", side["text"])
        if side.get("flow") is None:
            raise ApiError(422, "invalid", "say which flow: `text` or `flow`")
        opened = self.workspace.open(side["flow"], name)
        revision = side.get("revision")
        if revision is None:
            return opened
        return Opened(opened.path, opened.name, b"", text_at(opened.path, revision))

    def _recording(self, wanted: Any, flow: str, path: Path) -> Recording:
        """Return the recording that is asked for: by its name, as it was sent, or an empty one."""
        if wanted is None:
            return Recording("dry-run", flow, {})
        if not isinstance(wanted, str):
            return recording_of({**as_map(wanted), "flow": flow}, path)
        for file in recordings_of(path.parent):
            if wanted in {self.workspace.name(file), file.name.partition(".recording.")[0]}:
                return load_recording(file)
        found = (load_recording(file) for file in recordings_of(path if path.is_file() else path.parent))
        for one in found:
            if one.name == wanted:
                return one
        raise not_found("recording", wanted)


def _changed_lines(old: str, new: str) -> list[list[int]]:
    """Return the lines of the new text that are not in the old one: first and last; where lines only went, none."""
    was, now = LINE_BREAK.split(old), LINE_BREAK.split(new)
    most = min(len(was), len(now))
    head = next((at for at in range(most) if was[at] != now[at]), most)
    tail = next((at for at in range(most - head) if was[-1 - at] != now[-1 - at]), most - head)
    matcher = SequenceMatcher(None, was[head : len(was) - tail], now[head : len(now) - tail])
    return [[head + b1 + 1, head + b2] for tag, _, _, b1, b2 in matcher.get_opcodes() if tag != "equal" and b2 > b1]
