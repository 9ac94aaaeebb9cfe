"""Retention: samples are deleted by age and by size; sessions stay."""

import shutil
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from bridge.history.store import file as module
from bridge.history.store.file import NAME, HistoryFile
from bridge.history.store.retention import DAY_S, Retention
from bridge.history.store.rows import Commanded, Happened
from bridge.history.store.upsert import upsert
from tests.history.years import END, fill

NOW = END.timestamp() + 3600


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("filled") / NAME
    fill(path, 60, every=6)
    with closing(sqlite3.connect(path, isolation_level=None)) as opened:
        for day in range(60):
            wall = NOW - day * DAY_S
            event = Happened("den", wall, day, "rest", "It rests.", "{}")
            asked = Commanded(
                "den", wall, str(day), "speed", "mqtt", "8", 8.0, "confirmed", "[]", wall
            )
            opened.execute(*upsert(event))
            opened.execute(*upsert(asked))
    return path


@pytest.fixture
def connection(filled: Path, tmp_path: Path) -> Iterator[sqlite3.Connection]:
    copy = shutil.copy(filled, tmp_path / NAME)
    with closing(sqlite3.connect(copy, isolation_level=None)) as opened:
        yield opened


def count(connection: sqlite3.Connection, table: str, where: str = "1") -> int:
    found = connection.execute(f"SELECT count(*) FROM {table} WHERE {where}").fetchone()[0]  # noqa: S608
    return int(found)


def until_done(retention: Retention, connection: sqlite3.Connection, now: float = NOW) -> int:
    steps = 0
    while retention.delete_some(connection, now):
        steps += 1
        assert steps < 1000
    return steps


def test_old_samples_are_deleted_and_their_sessions_kept(connection: sqlite3.Connection) -> None:
    sessions, samples = count(connection, "session"), count(connection, "samples")
    assert until_done(Retention(30, None), connection) > 3
    newest = connection.execute("SELECT max(end) FROM session").fetchone()[0]
    limit = newest - 30 * DAY_S
    assert count(connection, "session") == sessions
    assert 0 < count(connection, "samples") < samples
    old = f"session IN (SELECT id FROM session WHERE end < {limit})"  # noqa: S608
    assert count(connection, "samples", old) == 0
    for table in ("event", "command"):
        assert count(connection, table, f"wall < {limit}") == 0
        assert count(connection, table) > 30


def test_file_above_its_size_limit_loses_the_oldest_samples_first(
    connection: sqlite3.Connection,
) -> None:
    newest = "session = (SELECT id FROM session ORDER BY end DESC LIMIT 1)"
    kept = count(connection, "samples", newest)
    assert until_done(Retention(None, 0.001), connection) > 3
    assert count(connection, "samples") == count(connection, "samples", newest) == kept > 0


def test_small_and_recent_history_loses_no_rows(connection: sqlite3.Connection) -> None:
    assert until_done(Retention(3650, 500), connection) == 0
    assert until_done(Retention(None, None), connection) == 0


def test_clock_years_ahead_deletes_no_history(connection: sqlite3.Connection) -> None:
    assert until_done(Retention(3650, None), connection, NOW + 100 * 365 * DAY_S) == 0


def test_retention_without_sessions_deletes_nothing(connection: sqlite3.Connection) -> None:
    connection.execute("DELETE FROM session")
    assert until_done(Retention(1, None), connection) == 0


@pytest.mark.parametrize("sessions", [True, False])
def test_file_above_its_size_limit_loses_logs_after_the_last_session_too(
    connection: sqlite3.Connection, sessions: bool
) -> None:
    if not sessions:
        connection.execute("DELETE FROM session")
    later = Commanded("den", NOW + DAY_S, "x", "speed", "app", "8", None, "rejected", "[]", NOW)
    connection.execute(*upsert(later))
    until_done(Retention(1, 0.001), connection)
    assert count(connection, "command") == count(connection, "event") == 0


def test_retention_runs_in_the_thread_of_the_file_when_it_is_idle(
    filled: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "PAUSE_S", 0.001)
    path = Path(shutil.copy(filled, tmp_path / NAME))
    with closing(sqlite3.connect(path)) as other:
        before = count(other, "samples")
        file = HistoryFile(path, Retention(30, None))
        file.put(Happened("den", NOW, 1, "rest", "It rests.", "{}"))
        limit = time.monotonic() + 60
        while file._retained < 0:
            assert time.monotonic() < limit
            time.sleep(0.01)
        file.close()
        assert count(other, "samples") < before
        assert count(other, "event", f"wall = {NOW} AND number = 1") == 1
