"""What there is beside the flows: environments, sample events, recordings."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from flowengine.errors import InvalidFile
from flowengine.flow_files import flow_id, is_recording_text, yaml_files
from flowengine.flowfile.yaml_source import read_source
from flowengine.flowfile.yaml_tree import read_yaml, to_value
from flowengine.recording.pairing import recordings_of
from flowengine.recording.suite import read_case
from flowengine.studio.revisions import has_git
from flowengine.studio.workspace import Workspace

_TRIGGERS: Final = "triggers"
_MOST: Final = 200


def project_json(workspace: Workspace) -> dict[str, Any]:
    """Return what there is. Raises ApiError where the project file is wrong."""
    project = workspace.project()
    return {
        "folder": workspace.folder.name,
        "project": project.path.name if project.path is not None else None,
        "environments": [
            {
                "name": name,
                "default": name == project.default,
                "integrations": [
                    {"name": one, "baseUrl": bound.base_url, "oauth": bound.oauth is not None}
                    for one, bound in environment.integrations.items()
                ],
                "authorizations": dict(environment.authorizations),
            }
            for name, environment in project.environments.items()
        ],
        "triggers": list(_triggers(workspace)),
        "recordings": list(_recordings(workspace)),
        "git": has_git(workspace.folder),
    }


def _triggers(workspace: Workspace) -> Iterator[dict[str, Any]]:
    """Yield the sample events: YAML and JSON files in folders called `triggers`."""
    files = sorted(path for path in yaml_files(workspace.folder, (".yaml", ".yml", ".json")) if _is_sample(path))
    for path in files[:_MOST]:
        try:
            data = to_value(read_yaml(path))
        except InvalidFile:
            continue
        if isinstance(data, dict):
            yield {
                "name": path.stem,
                "path": workspace.name(path),
                "channel": next(iter(data), None),
                "data": data,
            }


def _is_sample(path: Path) -> bool:
    return path.parent.name == _TRIGGERS


def _recordings(workspace: Workspace) -> Iterator[dict[str, Any]]:
    for path in recordings_of(workspace.folder):
        try:
            source = read_source(path)
        except InvalidFile:
            continue
        if is_recording_text(source):
            name = read_case(path).name
            yield {"name": name, "flow": flow_id(source), "path": workspace.name(path)}
