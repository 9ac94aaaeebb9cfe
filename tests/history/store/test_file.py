"""The history's file: rows are kept, and no failing disk stops the bridge."""

import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from bridge.history.store import file as module
from bridge.history.store.database import open_to_write
from bridge.history.store.file import NAME, HistoryFile
from bridge.history.store.rows import (
    KINDS,
    Began,
    Exposure,
    Happened,
    Learned,
    Pain,
    Planned,
    Rest,
    Row,
    Runner,
    Session,
    Shod,
    Wear,
)
from bridge.history.store.schema import SCHEMA, NewerSchemaError

ALL: tuple[Row, ...] = (
    Began("b", 1.5, 2.5, synchronised=True),
    Exposure("den", "Anna", "b", 3.0, 4.0, synchronised=False, past="{}", session=""),
    Rest("Anna", "b", 5.0, 6.0, synchronised=True, left_s=7.5),
    Pain("p", "Anna", 8.0, "lower back", 3),
    Session(
        "s", "den", "Anna", None, 1.0, 2.0, 3.0, 4.0, None, 5, 6.5, None, 130.5, 151, 3.0, 4.0, 0.5
    ),
    Wear("Ghost", 512.5, 0),
    Runner("den", "Anna"),
    Shod("Anna", "Ghost"),
    Planned("Anna", "gradual", "b", 9.0, 10.0, synchronised=True, progress="{}"),
    Learned("F0:00:00:00:00:01", "{}"),
)
PAINS = [Pain(str(number), "Anna", 1.0, "knee" * 20, 1) for number in range(2000)]
"""More than some pages of the file."""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / NAME


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "AGAIN_S", 0.01)
    monkeypatch.setattr(module, "BUSY_S", 0.01)


@contextmanager
def opened(path: Path) -> Iterator[HistoryFile]:
    file = HistoryFile(path)
    try:
        yield file
    finally:
        file.close()


def write(path: Path, *rows: Row) -> None:
    """Put rows into the file, and close it."""
    with opened(path) as file:
        for row in rows:
            file.put(row)


def rows_in(path: Path) -> tuple[Row, ...]:
    with opened(path) as file:
        assert file.trouble is None
        return file.rows


def until(found: Callable[[], object]) -> None:
    limit = time.monotonic() + 20
    while not found():
        assert time.monotonic() < limit, "waited in vain"
        time.sleep(0.005)


def count(path: Path, table: str) -> int:
    """Count the rows that another connection sees in a file that is in use."""
    with closing(sqlite3.connect(path)) as other:
        known = other.execute("SELECT name FROM sqlite_master").fetchall()
        if (table,) not in known:
            return 0
        return int(other.execute(f"SELECT count(*) FROM {table}").fetchone()[0])  # noqa: S608


def refuse(*_: object) -> None:
    raise PermissionError(13, "Permission denied")


def refusing(path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[Path], sqlite3.Connection]:
    """Let SQLite not open one file; returns what opens it."""
    connect = open_to_write

    def refuse(wanted: Path, busy_s: float) -> sqlite3.Connection:
        if wanted == path:
            message = "disk I/O error"
            raise sqlite3.OperationalError(message)
        return connect(wanted, busy_s)

    monkeypatch.setattr(module, "open_to_write", refuse)
    return connect


def _without_room(monkeypatch: pytest.MonkeyPatch, times: int) -> None:
    """Let the next connections of the writer find the disk full."""
    prepare = module._prepare
    left = iter(range(times))

    def bounded(connection: sqlite3.Connection) -> None:
        prepare(connection)
        if threading.current_thread().name == "history" and next(left, None) is not None:
            connection.execute("PRAGMA max_page_count = 1")

    monkeypatch.setattr(module, "_prepare", bounded)


def test_every_kind_of_row_is_read_as_written(path: Path) -> None:
    assert {type(row) for row in ALL} == set(KINDS)
    assert rows_in(path) == ()
    write(path, *ALL)
    assert set(rows_in(path)) == set(ALL)


def test_later_row_replaces_the_row_with_its_key(path: Path) -> None:
    write(path, Wear("Ghost", 1.0, 0), Wear("Ghost", 2.0, 0), Wear("Pegasus", 3.0, 0))
    write(path, Wear("Ghost", 4.0, 0))
    assert set(rows_in(path)) == {Wear("Ghost", 4.0, 0), Wear("Pegasus", 3.0, 0)}


def test_written_row_survives_without_a_close(path: Path) -> None:
    with opened(path) as file:
        file.put(ALL[0])
        until(lambda: count(path, "began"))
        with closing(sqlite3.connect(path)) as other:
            assert other.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_directory_of_the_file_is_readable_by_its_owner_only(path: Path) -> None:
    with opened(path):
        assert path.parent.stat().st_mode & 0o777 == 0o700


class TestBroken:
    @pytest.mark.parametrize("content", [b"no database at all, but long enough " * 200, b"short"])
    def test_broken_file_is_set_aside_and_a_new_one_is_created(
        self, path: Path, content: bytes
    ) -> None:
        path.parent.mkdir()
        path.write_bytes(content)
        with opened(path) as file:
            assert file.rows == ()
            assert "is broken" in (file.lost or "")
            assert file.trouble is None
            file.put(ALL[1])

        (aside,) = path.parent.glob(f"{NAME}.broken-*")
        assert aside.read_bytes() == content
        assert rows_in(path) == (ALL[1],)

    def test_file_with_an_invalid_row_is_broken(self, path: Path) -> None:
        write(path, ALL[0])
        with closing(sqlite3.connect(path)) as other:
            other.execute("UPDATE began SET synchronised = 7")
            other.commit()
        with opened(path) as file:
            assert "a row of began makes no sense" in (file.lost or "")
        assert list(path.parent.glob(f"{NAME}.broken-*"))

    def test_file_with_a_damaged_page_is_broken(self, path: Path) -> None:
        write(path, *PAINS[:500])
        content = bytearray(path.read_bytes())
        for at in range(4096 * 4, len(content), 4096):
            content[at : at + 64] = bytes(range(64))
        path.write_bytes(content)
        with opened(path) as file:
            assert "is broken" in (file.lost or "")

    def test_history_file_that_breaks_in_use_loses_no_row(self, path: Path) -> None:
        write(path, *ALL[1:3])
        with opened(path) as file:
            with closing(sqlite3.connect(path)) as other:
                other.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            path.write_bytes(b"garbage " * 2000)
            file.put(ALL[3])
            until(lambda: list(path.parent.glob(f"{NAME}.broken-*")))
        assert set(rows_in(path)) == {ALL[1], ALL[2], ALL[3]}


class TestOutOfReach:
    def test_unreachable_file_is_reported_and_used_once_it_is_reachable(self, path: Path) -> None:
        path.parent.parent.joinpath("state").write_text("a file where the directory should be")
        with opened(path) as file:
            assert "cannot be used" in (file.trouble or "")
            assert file.lost is None
            file.put(ALL[1])
            file.put(ALL[2])
            path.parent.unlink()
            until(lambda: file.trouble is None)
        assert set(rows_in(path)) == {ALL[1], ALL[2]}

    def test_locked_history_file_is_written_later(self, path: Path) -> None:
        with opened(path) as file:
            file.put(ALL[1])
            until(lambda: path.exists() and not file._due)
            with closing(sqlite3.connect(path, isolation_level=None)) as other:
                other.execute("BEGIN IMMEDIATE")
                file.put(ALL[2])
                until(lambda: "is locked" in (file.trouble or ""))
                file.put(Rest("Anna", "b", 5.0, 6.0, synchronised=True, left_s=0.0))
                other.execute("ROLLBACK")
            until(lambda: file.trouble is None)
        rest = next(row for row in rows_in(path) if isinstance(row, Rest))
        assert rest.left_s == 0

    def test_deleted_history_file_is_written_again_with_all_rows(self, path: Path) -> None:
        write(path, ALL[1])
        with opened(path) as file:
            file.put(ALL[2])
            until(lambda: not file._due)
            for part in path.parent.iterdir():
                part.unlink()
            file.put(ALL[3])
        assert set(rows_in(path)) == {ALL[1], ALL[2], ALL[3]}

    def test_close_does_not_wait_for_a_missing_disk(self, path: Path) -> None:
        path.parent.parent.joinpath("state").write_text("a file where the directory should be")
        file = HistoryFile(path)
        file.put(ALL[1])
        file.close()
        assert not file._thread.is_alive()

    def test_exposure_in_a_read_only_file_is_ignored_and_the_file_unchanged(
        self, path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        write(path, ALL[1])
        before = path.read_bytes()
        monkeypatch.setattr(
            module,
            "open_to_write",
            lambda path, _: sqlite3.connect(
                f"file:{path}?mode=ro", uri=True, isolation_level=None, check_same_thread=False
            ),
        )
        with opened(path) as file:
            assert file.rows == ()
            assert "readonly" in (file.trouble or "")
            file.put(ALL[2])
        assert path.read_bytes() == before

    def test_rests_and_shoes_of_a_read_only_file_still_count(
        self, path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """On a full or read-only disk no rest ends, and no shoes lose distance."""
        other = path.with_name("other")
        with opened(other) as file:
            for row in ALL:
                file.put(row)
            until(lambda: count(other, "began") and count(other, "shod"))
            # As a power cut leaves it: all of it is in the log beside the file.
            for suffix in ("", "-wal"):
                content = other.with_name(other.name + suffix).read_bytes()
                path.with_name(path.name + suffix).write_bytes(content)
        connect = refusing(path, monkeypatch)
        with opened(path) as file:
            assert set(file.rows) == {row for row in ALL if not isinstance(row, Began | Exposure)}
            assert "disk I/O error" in (file.trouble or "")
            file.put(Wear("Ghost", 600.0, 500))
            monkeypatch.setattr(module, "open_to_write", connect)
            until(lambda: file.trouble is None)
            assert file.late() == ()
        assert set(rows_in(path)) == {*ALL, Wear("Ghost", 600.0, 500)} - {Wear("Ghost", 512.5, 0)}

    @pytest.mark.parametrize("read_only", [False, True])
    def test_history_of_a_newer_version_is_refused_and_left_unchanged(
        self, path: Path, monkeypatch: pytest.MonkeyPatch, read_only: bool
    ) -> None:
        write(path, ALL[1])
        with closing(sqlite3.connect(path)) as other:
            other.execute(f"PRAGMA user_version = {SCHEMA + 1}")
        before = path.read_bytes()
        if read_only:
            refusing(path, monkeypatch)
        with pytest.raises(NewerSchemaError, match=r"newer treadmill-bridge. Update this one"):
            HistoryFile(path)
        assert path.read_bytes() == before

    def test_rows_that_become_readable_later_are_reported_and_not_overwritten(
        self, path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        write(path, *ALL)
        connect = refusing(path, monkeypatch)
        monkeypatch.setattr(module, "IN_MEMORY", path.parent / "nowhere")
        monkeypatch.setattr("shutil.copyfile", refuse)
        with opened(path) as file:
            assert file.rows == ()
            file.put(Wear("Ghost", 1.0, 0))
            file.put(Wear("Pegasus", 2.0, 0))
            monkeypatch.setattr(module, "open_to_write", connect)
            until(lambda: file.trouble is None)
            assert set(file.late()) == {r for r in ALL if not isinstance(r, Began | Exposure)}
            assert file.late() == ()
        assert set(rows_in(path)) == {*ALL, Wear("Pegasus", 2.0, 0)}

    def test_directory_in_which_no_file_can_be_set_aside_is_reported(
        self, path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        path.parent.mkdir()
        path.write_bytes(b"garbage " * 1000)

        monkeypatch.setattr(Path, "rename", refuse)
        with opened(path) as file:
            assert "Permission denied" in (file.trouble or "")
            assert file.lost == file.trouble

    def test_full_disk_is_reported_and_no_row_is_lost(
        self, path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        write(path, ALL[1])
        _without_room(monkeypatch, times=2)
        with capture_logs() as logged, opened(path) as file:
            for pain in PAINS:
                file.put(pain)
            until(lambda: any("full" in str(line.get("trouble")) for line in logged))
            until(lambda: file.trouble is None)
        assert set(rows_in(path)) == {ALL[1], *PAINS}

    def test_disk_that_only_sqlites_own_log_filled_is_no_trouble(
        self, path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Closing the file empties that log; it grows to 4 MB, however little is stored."""
        write(path, ALL[1])
        _without_room(monkeypatch, times=1)
        with capture_logs() as logged, opened(path) as file:
            for pain in PAINS:
                file.put(pain)
        assert logged == []
        assert set(rows_in(path)) == {ALL[1], *PAINS}

    def test_oldest_waiting_row_for_reports_is_dropped_if_the_queue_is_full(
        self, path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(module, "MOST_DUE", 10)
        path.parent.parent.joinpath("state").write_text("a file where the directory should be")
        with opened(path) as file:
            file.put(ALL[1])
            for number in range(30):
                file.put(Happened("den", 1.0, number, "rest", "It rests.", "{}"))
            until(lambda: len(file._due) == 11)
            path.parent.unlink()
            until(lambda: file.trouble is None)
        assert count(path, "event") == 10
        assert rows_in(path) == (ALL[1],)

    def test_close_during_a_failure_retries_once(
        self, path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        write(path, ALL[1])
        _without_room(monkeypatch, times=2)
        with opened(path) as file:

            def time_to_go(_: str) -> None:
                with file._wake:
                    file._closing = True

            monkeypatch.setattr("bridge.history.store.file._report", time_to_go)
            with file._wake:  # all at once
                for pain in PAINS:
                    file.put(pain)
            until(lambda: file._closing)
        assert set(rows_in(path)) == {ALL[1], *PAINS}
