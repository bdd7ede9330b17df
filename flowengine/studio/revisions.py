"""Older versions of a file, as git keeps them: asked with fixed arguments, without a shell, for a limited time."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any, Final

from flowengine.flowfile.yaml_source import DEFAULT_LIMITS
from flowengine.server.routing import ApiError, not_found

_SECONDS: Final = 10.0
_MOST: Final = 100
_REVISION: Final = re.compile(r"[0-9A-Za-z][0-9A-Za-z._/~^@{}-]{0,99}")
_FIELDS: Final = ("revision", "short", "author", "at", "subject")
_FORMAT: Final = "%H%x1f%h%x1f%an%x1f%aI%x1f%s%x1e"


def revisions(path: Path) -> list[dict[str, Any]]:
    """Return the commits that changed a file, newest first. Raises ApiError where there is no git, or no repository."""
    log = _git(path.parent, "log", f"--max-count={_MOST}", f"--format={_FORMAT}", "--", f"./{path.name}")
    text = log.decode("utf-8", "replace")
    return [dict(zip(_FIELDS, one.strip().split("\x1f"), strict=False)) for one in text.split("\x1e") if one.strip()]


def text_at(path: Path, revision: str) -> str:
    """Return the text of a file at a revision. Raises ApiError."""
    if not _REVISION.fullmatch(revision) or ".." in revision:
        raise ApiError(422, "wrong-revision", f"{revision[:60]!r} is no revision", "write a commit, tag or branch")
    try:
        commit = _git(path.parent, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}")
        source = _git(path.parent, "cat-file", "blob", f"{commit.decode().strip()}:./{path.name}")
    except ApiError as error:
        if error.code != "git":
            raise
        raise not_found("version", revision, f"{path.name} is not in it, or it is not there") from None
    if len(source) > DEFAULT_LIMITS.size:
        raise ApiError(413, "too-large", f"{path.name} was larger than a flow may be at {revision}")
    return source.decode("utf-8", "replace")


def has_git(folder: Path) -> bool:
    """Whether a folder is in a repository, and there is a git to ask."""
    try:
        _git(folder, "rev-parse", "--git-dir")
    except ApiError:
        return False
    return True


def _git(folder: Path, *arguments: str) -> bytes:
    git = shutil.which("git")
    if git is None:
        raise ApiError(422, "no-git", "there is no git on this machine", "install git to compare with older versions")
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    # What a repository's own settings can have git run is switched off.
    fixed = [git, "--no-pager", "-c", "core.fsmonitor=false", "-c", "log.showSignature=false", "-C", str(folder)]
    try:
        done = subprocess.run(  # noqa: S603 - fixed arguments, no shell
            [*fixed, *arguments],
            capture_output=True,
            check=False,
            timeout=_SECONDS,
            stdin=subprocess.DEVNULL,
            env={**environment, "GIT_TERMINAL_PROMPT": "0", "GIT_OPTIONAL_LOCKS": "0", "LC_ALL": "C"},
        )
    except subprocess.TimeoutExpired:
        raise ApiError(422, "no-git", f"git did not answer within {_SECONDS:g} s") from None
    except OSError as fault:
        raise ApiError(422, "no-git", f"git cannot be run: {fault.strerror}") from None
    if done.returncode:
        said = done.stderr.decode("utf-8", "replace").strip().splitlines()
        if any("not a git repository" in line for line in said):
            hint = "git init and commit, to compare with older versions"
            raise ApiError(422, "no-git", f"{folder.name} is in no git repository", hint)
        raise ApiError(422, "git", said[-1] if said else "git found nothing")
    return done.stdout
