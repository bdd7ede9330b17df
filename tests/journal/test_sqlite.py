"""What is special about the SQLite journal: its file, its settings, its commits, and what it does when things break."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import stat
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from flowengine.core.answers import HttpAnswer
from flowengine.core.entries import Completed
from flowengine.core.plan import Plan
from flowengine.journal import accepting, creating, ending, forwarding, history_events, pruning, writes
from flowengine.journal import history as reading
from flowengine.journal.codec import encode
from flowengine.journal.faults import Fenced, JournalCorrupt, JournalFault
from flowengine.journal.history import SqliteHistory
from flowengine.journal.inbox import Awaiting, NewEvent
from flowengine.journal.migrations import MIGRATIONS
from flowengine.journal.opening import open_writing
from flowengine.journal.outbox import Forward
from flowengine.journal.prepared import plan_text
from flowengine.journal.protocol import Claim, Ended
from flowengine.journal.sqlite import SqliteJournal

ENTRY = Completed("wait", 1, 1, HttpAnswer(200, {}, {"text": "x" * 1000}), 4.0, 5.0)


@contextmanager
def raw(path: Path) -> Iterator[sqlite3.Connection]:
    """Open the file as somebody with a database browser would."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        yield connection


def test_it_outlives_its_process(path: Path, new: Any, plan: Plan, runner: asyncio.Runner) -> None:
    first = SqliteJournal(path)
    runner.run(first.create(new("r-1"), owner="a", lease=30.0))
    runner.run(first.append("r-1", 1, [ENTRY], owner="a"))
    runner.run(first.close())
    assert [file.name for file in path.parent.iterdir()] == ["runs.db"]
    second = SqliteJournal(path)
    assert runner.run(second.load("r-1")) == [*new("r-1").entries, ENTRY]
    assert runner.run(second.plan(plan.digest)) == plan.data
    assert runner.run(second.append("r-1", 2, [ENTRY], owner="a")) == 3
    runner.run(second.close())


def test_it_is_read_where_nobody_has_it_open(path: Path, new: Any, runner: asyncio.Runner) -> None:
    journal = SqliteJournal(path)
    runner.run(journal.create(new("r-1")))
    runner.run(journal.close())
    with closing(SqliteHistory(path)) as history:
        assert [run.id for run in history.runs()] == ["r-1"]
        assert history.check() == []


def test_a_backup_that_was_made_in_use_is_a_journal(sqlite: Any, path: Path, new: Any, runner: asyncio.Runner) -> None:
    sqlite.create(new("r-1", ENTRY))
    copy = path.with_name("copy.db")
    with raw(path) as connection:
        connection.execute("VACUUM INTO ?", (str(copy),))
    copy.chmod(0o600)
    restored = SqliteJournal(copy)
    assert runner.run(restored.load("r-1")) == sqlite.load("r-1")
    assert [claim.run for claim in runner.run(restored.claim("b", 9.0, 30.0, 9))] == ["r-1"]
    runner.run(restored.close())


def test_every_setting_is_as_promised(sqlite: Any) -> None:
    connection = sqlite.journal._writer._connection
    asked = ("journal_mode", "synchronous", "busy_timeout", "foreign_keys", "auto_vacuum", "journal_size_limit")
    found = [connection.execute(f"PRAGMA {name}").fetchone()[0] for name in asked]
    assert found == ["wal", 2, 30_000, 1, 2, 64 * 1024 * 1024]
    assert sqlite.journal._reading._connection.execute("PRAGMA busy_timeout").fetchone() == (30_000,)
    strict = connection.execute("SELECT name, strict FROM pragma_table_list WHERE name NOT LIKE 'sqlite%'").fetchall()
    tables = ("runs", "entries", "plans", "migrations", "events", "event_keys", "awaited", "outbox", "streams")
    assert dict(strict) == dict.fromkeys(tables, 1)


def test_the_migrations_are_recorded_and_run_once(path: Path) -> None:
    for _ in range(2):
        open_writing(path).close()
    with raw(path) as connection:
        names = [name for (name,) in connection.execute("SELECT name FROM migrations ORDER BY rowid")]
    assert names == [migration.name for migration in MIGRATIONS]


def test_a_migration_runs_whole_or_not_at_all(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    open_writing(path).close()
    broken = MIGRATIONS[0]._replace(
        name="broken", statements=("CREATE TABLE more (a TEXT)", "CREATE TABLE runs (a TEXT)")
    )
    monkeypatch.setattr("flowengine.journal.migrations.MIGRATIONS", (*MIGRATIONS, broken))
    with pytest.raises(JournalFault):
        open_writing(path)
    with raw(path) as connection:
        assert connection.execute("SELECT count(*) FROM sqlite_schema WHERE name = 'more'").fetchone() == (0,)
        assert connection.execute("SELECT count(*) FROM migrations").fetchone() == (len(MIGRATIONS),)


def test_a_file_of_an_earlier_version_is_brought_up_to_date(
    path: Path, plan: Plan, new: Any, runner: asyncio.Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as earlier:
        earlier.setattr("flowengine.journal.migrations.MIGRATIONS", MIGRATIONS[:1])
        open_writing(path).close()
    with raw(path) as connection:
        connection.execute("INSERT INTO plans VALUES (1, ?, ?)", (plan.digest, plan_text(plan)))
        connection.execute(
            "INSERT INTO runs (id, flow, plan, created_at, next_seq, status, waiting_until, due_at)"
            " VALUES ('r-1', 'kept', 1, 1.0, 1, 'waiting', 50.0, 50.0)"
        )
        connection.execute("INSERT INTO entries VALUES (1, 0, ?)", (encode(new("r-1").entries[0]),))
    with closing(SqliteHistory(path)) as history:
        assert history.run("r-1").waiting_until == 50.0
        assert history.check() == []
    journal = SqliteJournal(path)
    assert runner.run(journal.claim("a", 50.0, 30.0, 9)) == [Claim("r-1", 50.0, None)]
    runner.run(journal.close())


def test_a_file_of_a_later_version_is_left_alone(path: Path) -> None:
    open_writing(path).close()
    with raw(path) as connection:
        connection.execute("INSERT INTO migrations VALUES ('from the future', 1.0)")
    with pytest.raises(JournalFault, match="later flowengine") as fault:
        open_writing(path)
    assert fault.value.code == "newer"
    with pytest.raises(JournalFault, match="later flowengine"):
        SqliteHistory(path)


def test_a_file_that_is_deleted_or_replaced_is_not_written_on(path: Path, new: Any, runner: asyncio.Runner) -> None:
    journal = SqliteJournal(path)
    moved = path.rename(path.with_name("moved.db"))
    with pytest.raises(JournalFault, match="deleted or replaced") as fault:
        runner.run(journal.create(new("r-1")))
    assert fault.value.code == "missing"
    path.write_bytes(b"")
    with pytest.raises(JournalFault, match="deleted or replaced"):
        runner.run(journal.create(new("r-1")))
    moved.replace(path)
    runner.run(journal.create(new("r-1")))
    runner.run(journal.close())


@pytest.mark.skipif(os.name != "posix", reason="modes are of POSIX")
def test_the_file_is_closed_to_others(sqlite: Any, path: Path, new: Any) -> None:
    sqlite.create(new("r-1"))
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    files = list(path.parent.iterdir())
    assert {file.name for file in files} == {"runs.db", "runs.db-wal", "runs.db-shm"}
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}


@pytest.mark.skipif(os.name != "posix", reason="modes are of POSIX")
@pytest.mark.parametrize("opened", [open_writing, SqliteHistory])
def test_a_file_that_is_open_to_others_is_refused(path: Path, opened: Any) -> None:
    open_writing(path).close()
    path.chmod(0o644)
    with pytest.raises(JournalFault, match=r"mode 0644.*chmod 600") as fault:
        opened(path)
    assert fault.value.code == "open-to-others"


def test_somebody_elses_database_is_left_alone(path: Path) -> None:
    path.parent.mkdir()
    with raw(path) as connection:
        connection.execute("CREATE TABLE mine (a TEXT)")
    path.chmod(0o600)
    before = path.read_bytes()
    for opened in (open_writing, SqliteHistory):
        with pytest.raises(JournalFault, match="not a journal") as fault:
            opened(path)
        assert fault.value.code == "foreign"
    assert path.read_bytes() == before


def test_what_is_no_database_is_left_alone(path: Path) -> None:
    path.parent.mkdir()
    path.write_text("flow: kept\n" * 1000)
    path.chmod(0o600)
    for opened in (open_writing, SqliteHistory):
        with pytest.raises(JournalFault, match=r"runs\.db.*is not a") as fault:
            opened(path)
        assert fault.value.code == "foreign"
    assert path.read_text() == "flow: kept\n" * 1000


@pytest.mark.parametrize("opened", [open_writing, SqliteHistory])
def test_a_folder_or_no_path_is_no_journal(tmp_path: Path, opened: Any) -> None:
    for wrong in (tmp_path, tmp_path / "a\0b"):
        with pytest.raises(JournalFault):
            opened(wrong)


def test_reading_makes_no_file(path: Path) -> None:
    with pytest.raises(JournalFault, match="there is no journal") as fault:
        SqliteHistory(path)
    assert fault.value.code == "missing"
    assert not path.exists()


def test_a_file_below_a_file_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(JournalFault, match="cannot be made") as fault:
        SqliteJournal(tmp_path / "file" / "runs.db")
    assert fault.value.code == "read-only"


def test_whoever_reads_cannot_write(sqlite: Any, new: Any) -> None:
    sqlite.create(new("r-1"))
    with pytest.raises(JournalFault) as fault, sqlite.history._reading() as connection:
        connection.execute("DELETE FROM runs")
    assert fault.value.code == "read-only"
    assert sqlite.history.counts()["running"] == 1


def test_a_question_that_takes_too_long_is_ended(sqlite: Any) -> None:
    endless = "WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n) SELECT count(*) FROM n"
    with pytest.raises(JournalFault, match="too long") as fault, sqlite.history._reading(0.01) as connection:
        connection.execute(endless)
    assert fault.value.code == "slow"
    assert sqlite.history.runs() == []


@pytest.mark.parametrize(
    ("statement", "arguments", "index"),
    [
        (writes.DUE, (1.0, "a", 1), "runs_due (due_at<?)"),
        (reading.NEXT_DUE, ("a",), "runs_due (due_at>?)"),
        (reading.TO_CANCEL, ("a",), "runs_to_cancel (owner=?)"),
        (reading.RUNS, dict.fromkeys(("status", "before", "flow", "since", "text", "limit")), "runs_by_status"),
        (reading.IDS, ("a", 1), "(id>? AND id<?)"),
        (reading.CHILDREN, ("a",), "runs_called (called_by=?)"),
        (reading.AWAITED, ("r",), "awaited_by_run (run=?)"),
        (reading.QUEUE_HEAD, ("q",), "runs_open_of_queue (queue=?)"),
        (creating.HEAD, ("q",), "runs_open_of_queue (queue=?)"),
        (ending.CHILDREN, (1,), "runs_called (called_by=?)"),
        (accepting.TAKER, ("k", 1.0), "awaited_now (key=?)"),
        (accepting.HAD_AWAITED, ("k",), "awaited USING PRIMARY KEY (key=?)"),
        (accepting.EARLIEST, ("k", 1.0), "event_keys USING PRIMARY KEY (key=? AND at>?)"),
        (accepting.SEEN, ("sms", "e"), "sqlite_autoindex_events_1 (source=? AND id=?)"),
        (accepting.AWAIT_NO_MORE, (1,), "awaited_by_run (run=?)"),
        (history_events.EVENTS, dict.fromkeys(("state", "before", "source", "text", "limit")), "events_by_state"),
        (history_events.OUTBOX, ("s", "dead", 1, 1), "outbox_by_state (stream=? AND state=? AND rowid<?)"),
        (history_events.OLDEST, ("s",), "outbox_by_state (stream=? AND state=?)"),
        (history_events.NEXT, (), "outbox_due (due_at>?)"),
        (forwarding.DUE, (1, 1.0, 1.0), "outbox_due (due_at<?)"),
        (forwarding.DUE_OF_STREAM, (1, 1.0, 1.0, "s"), "outbox_due_of_stream (stream=? AND due_at<?)"),
        (history_events.NEXT_OF_STREAM, ("s",), "outbox_due_of_stream (stream=? AND due_at>?)"),
        (history_events.FAILED, ("s",), "outbox_failed (stream=?)"),
        (forwarding.LAST, ("s", "c"), "outbox_of_conversation (stream=? AND conversation=?)"),
        (forwarding.FIRST, ("s", "c"), "outbox_of_conversation (stream=? AND conversation=?)"),
        (pruning.OLD_EVENTS, (1.0, 1), "events_by_time (at<?)"),
        (pruning.OLD_RUNS, (1.0, 1, 1), "runs_ended"),
        (pruning.DELIVERED, (1.0, 1), "outbox_delivered (tried_at<?)"),
    ],
)
def test_no_question_looks_at_every_run(sqlite: Any, statement: str, arguments: Any, index: str) -> None:
    connection = sqlite.journal._writer._connection
    steps = [detail for *_, detail in connection.execute(f"EXPLAIN QUERY PLAN {statement}", arguments)]
    assert [detail for detail in steps if index in detail]
    assert not [detail for detail in steps if detail.startswith("SCAN") or "TEMP B-TREE" in detail]


@pytest.mark.parametrize(
    ("statement", "arguments"), [(writes.DUE_OF_FAMILY, (1.0, "a", 1, "r")), (reading.NEXT_DUE_OF_FAMILY, ("r", "a"))]
)
def test_a_family_is_found_by_its_ids(sqlite: Any, statement: str, arguments: Any) -> None:
    connection = sqlite.journal._writer._connection
    steps = [detail for *_, detail in connection.execute(f"EXPLAIN QUERY PLAN {statement}", arguments)]
    assert [detail for detail in steps if "(id>? AND id<?)" in detail]
    assert [detail for detail in steps if "(id=?)" in detail]
    assert not [detail for detail in steps if detail.startswith("SCAN")]


def test_waking_one_of_many_reads_few_pages(sqlite: Any, new: Any) -> None:
    """The plan above, seen from outside: a claim does as much among ten thousand runs as among ten."""

    async def fill(first: int, last: int) -> None:
        await asyncio.gather(*(sqlite.journal.create(new(f"r-{at}", at=1e6 + at)) for at in range(first, last)))

    def claimed() -> int:
        instructions = 0

        def count() -> int:
            nonlocal instructions
            instructions += 1
            return 0

        connection = sqlite.journal._writer._connection
        connection.set_progress_handler(count, 1)
        sqlite.claim("a", 2e6, 30.0, 1)
        connection.set_progress_handler(None, 0)
        return instructions

    sqlite.wait(fill(0, 10))
    few = claimed()
    sqlite.wait(fill(10, 10_000))
    assert claimed() <= few + 5


def test_waking_one_of_many_by_an_event_reads_few_pages(sqlite: Any, new: Any) -> None:
    """An event finds its run among ten thousand that wait, and a thousand that have waited for the same."""

    async def wait(runs: range, key: str) -> None:
        journal = sqlite.journal
        await asyncio.gather(*(journal.create(new(f"r-{at}"), owner="a", lease=9.0) for at in runs))
        awaiting = [Awaiting((key.format(at),), 1.0) for at in runs]
        waits = zip(runs, awaiting, strict=True)
        await asyncio.gather(*(journal.append(f"r-{at}", 1, [], owner="a", awaiting=one) for at, one in waits))

    async def over(runs: range) -> None:
        await asyncio.gather(*(sqlite.journal.cancel(f"r-{at}", "over", 20.0) for at in runs))

    def woken(number: int) -> int:
        instructions = 0

        def count() -> int:
            nonlocal instructions
            instructions += 1
            return 0

        connection = sqlite.journal._writer._connection
        connection.set_progress_handler(count, 1)
        event = NewEvent(f"e-{number}", "answer", (f"k-{number}", "same"), {}, 5.0, "sms")
        assert sqlite.accept(event).run == f"r-{number}"
        connection.set_progress_handler(None, 0)
        return instructions

    sqlite.wait(wait(range(10), "k-{}"))
    few = woken(5)
    sqlite.wait(wait(range(20_000, 21_000), "same"))
    sqlite.wait(over(range(20_000, 21_000)))
    sqlite.wait(wait(range(10, 10_000), "k-{}"))
    assert woken(5000) <= few * 1.5


def test_events_share_a_commit_with_appends(sqlite: Any, new: Any) -> None:
    commits: list[str] = []
    journal = sqlite.journal

    async def together() -> list[Any]:
        appends = (journal.append(f"r-{at}", 1, [ENTRY], owner="a") for at in range(100))
        events = (journal.accept(NewEvent(f"e-{at}", "answer", ("k",), {}, 5.0, "sms")) for at in range(100))
        return await asyncio.gather(*appends, *events)

    for at in range(100):
        sqlite.create(new(f"r-{at}"), owner="a", lease=30.0)
    journal._writer._connection.set_trace_callback(lambda text: commits.append(text) if text == "COMMIT" else None)
    assert len(sqlite.wait(together())) == 200
    assert len(commits) == 1


def test_an_event_that_does_not_fit_leaves_nothing(sqlite: Any, new: Any) -> None:
    connection = sqlite.journal._writer._connection
    (pages,) = connection.execute("PRAGMA page_count").fetchone()
    connection.execute(f"PRAGMA max_page_count = {pages + 4}").fetchone()
    event = NewEvent("e-1", "message", ("k",), "x" * 100_000, 5.0, "sms")
    with pytest.raises(JournalFault, match="the disk is full"):
        sqlite.accept(event, [new("r-1")], [Forward("s", "e-1", "c", {}, 5.0)])
    assert (sqlite.history.events(), sqlite.history.ids("r-")) == ([], [])
    connection.execute("PRAGMA max_page_count = 1000000").fetchone()
    assert sqlite.accept(event, [new("r-1")]).state == "started"


STILL = {
    "a queue": (
        "UPDATE runs SET owner = NULL, queued = 1, status = 'waiting', waiting_until = 1e15",
        "waits in a queue",
    ),
    "a sleeper": ("UPDATE runs SET due_at = 1e9 WHERE event IS NOT NULL", "has been given event 1, and was not woken"),
    "the outbox": ("UPDATE outbox SET due_at = NULL", "of conversation 'c' of stream 's' not just one row is next"),
    "a body": ("UPDATE events SET body = 'gASV'", "event 1: Expecting value"),
    "an outgoing body": ("UPDATE outbox SET body = 'gASV'", "outbox 1: Expecting value"),
    "settings": ("UPDATE streams SET settings = '{'", "stream 's': Expecting"),
}


@pytest.mark.parametrize(("edit", "words"), STILL.values(), ids=STILL)
def test_what_would_stand_still_is_found(sqlite: Any, new: Any, path: Path, edit: str, words: str) -> None:
    sqlite.create(new("r-1", queue="q"), owner="a", lease=30.0)
    sqlite.append("r-1", 1, [], owner="a", awaiting=Awaiting(("k",), 1.0))
    sqlite.keep_stream("s", {}, 1.0)
    sqlite.accept(NewEvent("e-1", "answer", ("k",), {}, 5.0, "sms"), (), [Forward("s", "e-1", "c", {}, 5.0)])
    assert sqlite.history.check() == []
    with raw(path) as connection:
        connection.execute(edit)
    assert [problem for problem in sqlite.history.check() if words in problem]


def test_a_damaged_event_hurts_no_other_run(sqlite: Any, new: Any, path: Path) -> None:
    for run in ("r-1", "r-2"):
        sqlite.create(new(run), owner="a", lease=30.0)
        sqlite.append(run, 1, [], owner="a", awaiting=Awaiting((run,), 1.0))
        sqlite.accept(NewEvent(f"e-{run}", "answer", (run,), {}, 5.0, "sms"))
    with raw(path) as connection:
        connection.execute("UPDATE events SET body = 'gASV' WHERE number = 1")
    assert [claim.run for claim in sqlite.claim("a", 6.0, 30.0, 9)] == ["r-2"]
    with pytest.raises(JournalCorrupt, match="event 1"):
        sqlite.history.event(1)


def test_many_appends_share_a_commit(sqlite: Any, new: Any) -> None:
    async def together(call: Any) -> list[Any]:
        return await asyncio.gather(*(call(number) for number in range(200)), return_exceptions=True)

    commits: list[str] = []
    journal = sqlite.journal
    sqlite.wait(together(lambda at: journal.create(new(f"r-{at}"), owner="a", lease=30.0)))
    journal._writer._connection.set_trace_callback(lambda text: commits.append(text) if text == "COMMIT" else None)
    # One who is fenced, one who ends and one who waits are among them: nobody else notices.
    kinds = {7: {"owner": "b"}, 8: {"ended": Ended("failed", "error", None, 1.0)}, 9: {"waiting_until": 9.0}}
    found = sqlite.wait(
        together(lambda at: journal.append(f"r-{at}", 1, [ENTRY], **{"owner": "a"} | kinds.get(at, {})))
    )
    assert len(commits) == 1
    assert [at for at, one in enumerate(found) if one != 2] == [7]
    assert isinstance(found[7], Fenced)
    assert [len(sqlite.load(f"r-{at}")) for at in (0, 7, 8, 9, 199)] == [2, 1, 2, 2, 2]


def test_a_call_that_is_given_up_disturbs_nobody(sqlite: Any, new: Any) -> None:
    async def story() -> None:
        task = asyncio.create_task(sqlite.journal.create(new("r-1")))
        await asyncio.sleep(0)
        task.cancel()
        await sqlite.journal.create(new("r-2"))
        assert task.cancelled()

    sqlite.wait(story())
    assert sqlite.history.ids("r-") == ["r-1", "r-2"]


def test_a_journal_may_be_used_from_one_loop_after_another(path: Path, new: Any) -> None:
    journal = SqliteJournal(path)
    for number in range(3):
        asyncio.run(journal.create(new(f"r-{number}")))
    assert asyncio.run(journal.next_due("a")) == 1.0
    asyncio.run(journal.close())


def test_a_full_disk_loses_nothing_and_is_left_behind(sqlite: Any, new: Any) -> None:
    """``max_page_count`` gives what a full disk gives: SQLITE_FULL, in the middle of a transaction."""
    sqlite.create(new("r-1"), owner="a", lease=30.0)
    connection = sqlite.journal._writer._connection
    (pages,) = connection.execute("PRAGMA page_count").fetchone()
    connection.execute(f"PRAGMA max_page_count = {pages + 20}").fetchone()
    kept = 1
    with suppress(JournalFault):
        while True:
            kept = sqlite.append("r-1", kept, [ENTRY], owner="a")
    assert kept > 10
    assert len(sqlite.load("r-1")) == kept
    with pytest.raises(JournalFault, match="the disk is full") as fault:
        sqlite.append("r-1", kept, [ENTRY], owner="a")
    assert fault.value.code == "full"
    connection.execute("PRAGMA max_page_count = 1000000").fetchone()
    assert sqlite.append("r-1", kept, [ENTRY], owner="a") == kept + 1
    assert sqlite.history.check() == []


def test_what_does_not_fit_keeps_nobody_else_out(sqlite: Any, new: Any) -> None:
    connection = sqlite.journal._writer._connection
    for run in ("r-1", "r-2", "r-3"):
        sqlite.create(new(run), owner="a", lease=30.0)
    (pages,) = connection.execute("PRAGMA page_count").fetchone()
    connection.execute(f"PRAGMA max_page_count = {pages + 4}").fetchone()
    large = ENTRY._replace(answer=HttpAnswer(200, {}, "x" * 100_000))

    async def together() -> list[Any]:
        calls = {"r-1": ENTRY, "r-2": large, "r-3": ENTRY}.items()
        appends = (sqlite.journal.append(run, 1, [entry], owner="a") for run, entry in calls)
        return await asyncio.gather(*appends, return_exceptions=True)

    first, second, third = sqlite.wait(together())
    assert (first, third) == (2, 2)
    assert isinstance(second, JournalFault)
    assert [len(sqlite.load(run)) for run in ("r-1", "r-2", "r-3")] == [2, 1, 2]


def test_another_writer_who_hangs_is_named_and_left_behind(sqlite: Any, new: Any, path: Path) -> None:
    runs = [f"r-{number}" for number in range(20)]

    async def together() -> list[Any]:
        appends = (sqlite.journal.append(run, 1, [ENTRY], owner="a") for run in runs)
        return await asyncio.gather(*appends, return_exceptions=True)

    for run in runs:
        sqlite.create(new(run), owner="a", lease=30.0)
    sqlite.journal._writer._connection.execute("PRAGMA busy_timeout = 20")
    tries: list[str] = []
    sqlite.journal._writer._connection.set_trace_callback(tries.append)
    with raw(path) as other:
        other.execute("BEGIN IMMEDIATE")
        for fault in sqlite.wait(together()):
            assert isinstance(fault, JournalFault)
            assert "another process" in str(fault)
            assert fault.code == "busy"
        assert len(sqlite.load("r-0")) == 1
    assert tries.count("BEGIN IMMEDIATE") == 1, "each of them waited anew"
    assert sqlite.wait(together()) == [2] * 20


def test_what_sqlite_cannot_take_stops_nobody(sqlite: Any, new: Any) -> None:
    """Whatever a caller passes, the thread that writes lives on."""

    async def together() -> list[Any]:
        appends = (sqlite.journal.append(run, 1, [ENTRY], owner="a") for run in ("r-1", "\ud800", "r-2"))
        return await asyncio.gather(*appends, return_exceptions=True)

    for run in ("r-1", "r-2"):
        sqlite.create(new(run), owner="a", lease=30.0)
    first, second, third = sqlite.wait(together())
    assert (first, third) == (2, 2)
    assert isinstance(second, UnicodeEncodeError)
    with pytest.raises(OverflowError):
        sqlite.append("r-1", 2**70, [], owner="a")
    assert sqlite.append("r-1", 2, [ENTRY], owner="a") == 3


def test_half_a_character_is_looked_for_in_vain(sqlite: Any) -> None:
    for look in (sqlite.history.run, sqlite.history.ids, sqlite.history.entries):
        with pytest.raises(JournalFault, match="half a character"):
            look("r-\udcff")


def test_a_damaged_page_is_found_and_named(path: Path, new: Any, runner: asyncio.Runner) -> None:
    journal = SqliteJournal(path)
    runner.run(journal.create(new("r-1", *[ENTRY] * 50)))
    runner.run(journal.close())
    data = bytearray(path.read_bytes())
    last = len(data) - 4096
    data[last : last + 200] = b"\xff" * 200
    path.write_bytes(data)
    with closing(SqliteHistory(path)) as history:
        problems = history.check()
        assert problems
        assert all("damaged" in problem or "cannot be read" in problem or "entries" in problem for problem in problems)


def test_a_log_that_was_cut_off_loses_whole_commits_only(path: Path, tmp_path: Path, new: Any) -> None:
    async def walk(journal: SqliteJournal) -> None:
        seq = await journal.create(new("r-1"), owner="a", lease=30.0)
        for _ in range(20):
            seq = await journal.append("r-1", seq, [ENTRY, ENTRY], owner="a")

    cut = SqliteJournal(path)
    asyncio.run(walk(cut))
    copy = tmp_path / "copy.db"
    copy.write_bytes(path.read_bytes())
    log = path.with_name("runs.db-wal").read_bytes()
    copy.with_name("copy.db-wal").write_bytes(log[: len(log) * 2 // 3])
    copy.chmod(0o600)
    asyncio.run(cut.close())
    journal = SqliteJournal(copy)
    entries = asyncio.run(journal.load("r-1"))
    assert 1 < len(entries) < 41
    assert len(entries) % 2 == 1
    with closing(journal.history()) as history:
        assert history.check() == []
    asyncio.run(journal.close())


EDITS = {
    "a foreign type": ('UPDATE entries SET entry = \'{"type":"constructor"}\' WHERE seq = 1', "entry 1: a JSON object"),
    "no JSON": ("UPDATE entries SET entry = 'gASV' WHERE seq = 1", "entry 1: Expecting value"),
    "a later version": (
        "UPDATE entries SET entry = replace(entry, '\"version\":2', '\"version\":9') WHERE seq = 1",
        "entry 1: version 9 is not known",
    ),
    "half a character": (
        "UPDATE entries SET entry = replace(entry, 'xxx', '\\ud800') WHERE seq = 1",
        "entry 1: a text has half a character",
    ),
    "no UTF-8": (
        "UPDATE entries SET entry = CAST(x'ff' AS TEXT) WHERE seq = 1",
        "entry 1: a text has half a character",
    ),
    "a long name": (
        "UPDATE entries SET entry = json_object(hex(zeroblob(524288)), 1) WHERE seq = 1",
        "entry 1: a JSON object with a field 'entry' was expected",
    ),
}


@pytest.mark.parametrize(("edit", "words"), EDITS.values(), ids=EDITS)
def test_an_entry_that_was_edited_is_named_and_hurts_no_other_run(
    sqlite: Any, new: Any, path: Path, edit: str, words: str
) -> None:
    sqlite.create(new("r-1", ENTRY, ENTRY))
    sqlite.create(new("r-2"))
    with raw(path) as connection:
        connection.execute(edit)
    for load in (sqlite.load, sqlite.history.entries):
        with pytest.raises(JournalCorrupt) as fault:
            load("r-1")
        assert (fault.value.run, fault.value.seq) == ("r-1", 1)
        assert words in str(fault.value)
        assert len(str(fault.value)) < 300
    assert [words in problem for problem in sqlite.history.check()] == [True]
    assert [claim.run for claim in sqlite.claim("a", 9.0, 30.0, 9)] == ["r-1", "r-2"]
    assert len(sqlite.load("r-2")) == 1
    assert len(sqlite.history.runs()) == 2


@pytest.mark.parametrize(
    ("edit", "words"),
    [
        ("UPDATE entries SET seq = 9 WHERE seq = 2", "run 'r-1' has 3 entries, and should have those from 0 to 2"),
        ("DELETE FROM entries WHERE seq = 1", "run 'r-1' has 2 entries, and should have those from 0 to 2"),
    ],
)
def test_a_gap_is_found(sqlite: Any, new: Any, path: Path, edit: str, words: str) -> None:
    sqlite.create(new("r-1", ENTRY, ENTRY))
    with raw(path) as connection:
        connection.execute(edit)
    with pytest.raises(JournalCorrupt, match=r"run 'r-1', entry [12]: it is not there"):
        sqlite.load("r-1")
    assert words in sqlite.history.check()


def test_a_plan_that_was_edited_is_not_read(sqlite: Any, new: Any, path: Path, plan: Plan) -> None:
    sqlite.create(new("r-1"))
    with raw(path) as connection:
        connection.execute("UPDATE plans SET data = replace(data, 'success', 'error')")
    with pytest.raises(JournalCorrupt, match=f"plan {plan.digest} was changed after it was kept"):
        sqlite.plan(plan.digest)
    assert sqlite.history.check() == [f"the journal cannot be read: plan {plan.digest} was changed after it was kept"]


def test_the_entries_of_another_run_are_found(sqlite: Any, new: Any, path: Path) -> None:
    sqlite.create(new("r-1"))
    with raw(path) as connection:
        connection.execute("UPDATE runs SET id = 'r-9'")
    assert "run 'r-9' begins with the entry of run 'r-1'" in sqlite.history.check()[0]


def test_space_is_given_back(sqlite: Any, new: Any, path: Path) -> None:
    for number in range(30):
        sqlite.create(new(f"r-{number}", *[ENTRY] * 100), owner="a", lease=30.0)
        sqlite.append(f"r-{number}", 101, [], owner="a", ended=Ended("failed", "error", None, float(number)))
    sqlite.journal._writer._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    before = path.stat().st_size
    assert sqlite.prune(keep=3).runs == 27
    sqlite.close()
    assert path.stat().st_size < before / 5
