"""Which flows are looked through for the use of authorizations."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import click

from flowengine.authorizations.usage import Uses, find_uses
from flowengine.flow_files import flow_files
from flowengine.project import find_project, is_folder

flows_option: Final = click.option(
    "--flows",
    metavar="PATH",
    type=click.Path(path_type=Path, exists=True),
    multiple=True,
    help="Flow or folder to look for uses in; else the project's folder, or this one.",
)


def uses_near(paths: tuple[Path, ...]) -> Uses:
    """Look for uses in these flows and folders, else in the project that holds here."""
    if not paths:
        project = find_project(Path())
        paths = (project.path.parent,) if project.path else (Path(),)
    files = [file for path in paths for file in (flow_files(path)[0] if is_folder(path) else [path])]
    return find_uses(_short(file) for file in files)


def _short(file: Path) -> Path:
    """Write a path from here, where it is below here."""
    try:
        return file.resolve().relative_to(Path.cwd())
    except ValueError:
        return file
