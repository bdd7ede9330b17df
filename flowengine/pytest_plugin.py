"""The pytest plugin: ``pytest flows/`` runs recordings that say what they expect, as ``flowengine test`` does.

pytest imports this module at every start, wherever flowengine is installed. All else is imported when there is a
recording to be collected.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from flowengine.recording.suite import Case, Result, Suite

_ENDINGS = (".recording.yaml", ".recording.yml")


class CaseFailed(Exception):
    """A case did not come as it is expected."""

    def __init__(self, result: Result) -> None:
        super().__init__(result.case.name)
        self.result = result


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> RecordingFile | None:
    """Collect recordings."""
    return RecordingFile.from_parent(parent, path=file_path) if file_path.name.endswith(_ENDINGS) else None


class RecordingFile(pytest.File):
    """A recording; one that expects nothing has no test."""

    def collect(self) -> Iterator[RecordingItem]:
        """Yield the case that the file is; one that cannot be read fails."""
        from flowengine.flow_files import near  # noqa: PLC0415 - see above
        from flowengine.recording.suite import read_case  # noqa: PLC0415 - see above

        case = read_case(near(self.path))
        if case.recording is None or case.recording.expect is not None:
            yield RecordingItem.from_parent(self, name=case.name, case=case)


class RecordingItem(pytest.Item):
    """A case."""

    def __init__(self, *, case: Case, **options: Any) -> None:
        super().__init__(**options)
        self.case = case

    def runtest(self) -> None:
        """Run the case. Raises CaseFailed."""
        result = _suite(self.session).run(self.case)
        if not result.passed:
            raise CaseFailed(result)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """Draw the walk that was expected beside the one that came."""
        if not isinstance(excinfo.value, CaseFailed):
            return super().repr_failure(excinfo, style)
        from flowengine.cli.test_report import report_lines  # noqa: PLC0415 - see above

        return "\n".join(report_lines(excinfo.value.result))

    def reportinfo(self) -> tuple[Path, int | None, str]:
        """Say where the case stands."""
        span = self.case.recording.span("expect") if self.case.recording else None
        return self.path, span.line - 1 if span else None, self.case.name


def _suite(session: pytest.Session) -> Suite:
    """Return the suite of a session: each flow is compiled once."""
    from flowengine.recording.suite import Suite  # noqa: PLC0415 - see above

    if _SUITE not in session.stash:
        session.stash[_SUITE] = Suite(tops=[session.config.rootpath])
    return session.stash[_SUITE]


_SUITE = pytest.StashKey["Suite"]()
