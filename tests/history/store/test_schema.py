"""Migration of an older history: complete, or not at all."""

import shutil
import sqlite3
from contextlib import closing
from dataclasses import fields
from pathlib import Path

import pytest

from bridge.history.reader import NoHistoryError, opened
from bridge.history.store import file as module
from bridge.history.store import schema
from bridge.history.store.file import NAME, HistoryFile
from bridge.history.store.rows import (
    KINDS,
    Began,
    Commanded,
    Decided,
    Exposure,
    Happened,
    Pain,
    Planned,
    Samples,
    Session,
)
from bridge.history.store.schema import SCHEMA, migrate

# The tables as version 2 made them.
VERSION_2 = """
CREATE TABLE began (boot TEXT NOT NULL, ticks REAL NOT NULL, wall REAL NOT NULL,
  synchronised INTEGER NOT NULL, key INTEGER NOT NULL, PRIMARY KEY (key));
CREATE TABLE exposure (treadmill TEXT NOT NULL, person TEXT NOT NULL, boot TEXT NOT NULL,
  ticks REAL NOT NULL, wall REAL NOT NULL, synchronised INTEGER NOT NULL, past TEXT NOT NULL,
  session TEXT NOT NULL, PRIMARY KEY (treadmill, person));
CREATE TABLE pain (id TEXT NOT NULL, person TEXT NOT NULL, wall REAL NOT NULL, place TEXT NOT NULL,
  severity INTEGER NOT NULL, PRIMARY KEY (id));
CREATE TABLE session (id TEXT NOT NULL, treadmill TEXT NOT NULL, person TEXT NOT NULL, shoes TEXT,
  start REAL NOT NULL, end REAL NOT NULL, moving_s REAL NOT NULL, distance_m REAL NOT NULL,
  climb_m REAL, energy_kcal INTEGER, max_speed_kmh REAL NOT NULL, max_incline_percent REAL,
  average_heart_rate_bpm REAL, max_heart_rate_bpm INTEGER, effort_s REAL NOT NULL,
  effort_m REAL NOT NULL, effort_climb_m REAL NOT NULL, PRIMARY KEY (id));
INSERT INTO began VALUES ('b', 1.5, 2.5, 1, 0);
INSERT INTO exposure VALUES ('den', 'Anna', 'b', 3.0, 4.0, 0, '{}', '');
INSERT INTO pain VALUES ('p', 'Anna', 8.0, 'lower back', 3);
INSERT INTO session VALUES ('den 2', 'den', 'Anna', NULL, 200.0, 300.0, 90.0, 250.0, NULL, 5, 9.5,
  NULL, 130.5, 151, 90.0, 249.0, 0.5);
INSERT INTO session VALUES ('den 1', 'den', 'Anna', 'Ghost', 100.0, 150.0, 50.0, 99.0, 1.0, NULL,
  9.5, 2.0, NULL, NULL, 50.0, 98.0, 1.5);
PRAGMA user_version = 2;
"""
# What version 3 made of some of them.
VERSION_3 = """
CREATE TABLE began (boot TEXT NOT NULL, ticks REAL NOT NULL, wall REAL NOT NULL,
  synchronised INTEGER NOT NULL, key INTEGER NOT NULL PRIMARY KEY) STRICT;
CREATE TABLE session (number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE,
  treadmill TEXT NOT NULL, person TEXT NOT NULL, shoes TEXT, start REAL NOT NULL,
  end REAL NOT NULL, moving_s REAL NOT NULL, distance_m REAL NOT NULL, climb_m REAL,
  energy_kcal INTEGER, max_speed_kmh REAL NOT NULL, max_incline_percent REAL,
  average_heart_rate_bpm REAL, max_heart_rate_bpm INTEGER, effort_s REAL NOT NULL,
  effort_m REAL NOT NULL, effort_climb_m REAL NOT NULL, steep_s REAL, flat_m REAL,
  machine TEXT NOT NULL DEFAULT '', source TEXT NOT NULL DEFAULT 'bridge',
  finished INTEGER NOT NULL DEFAULT 1) STRICT;
INSERT INTO began VALUES ('b', 1.5, 2.5, 1, 0);
INSERT INTO session VALUES (7, 'den 1', 'den', 'Anna', NULL, 100.0, 150.0, 50.0, 99.0, NULL, NULL,
  9.5, NULL, NULL, NULL, 50.0, 98.0, 1.5, 2.5, 101.0, 'T-1', 'bridge', 1);
PRAGMA user_version = 3;
"""
BEFORE = (
    Began("b", 1.5, 2.5, synchronised=True),
    Exposure("den", "Anna", "b", 3.0, 4.0, synchronised=False, past="{}", session=""),
    Pain("p", "Anna", 8.0, "lower back", 3),
)


@pytest.fixture
def old(tmp_path: Path) -> Path:
    path = tmp_path / NAME
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(VERSION_2)
    return path


def content_of(path: Path) -> list[str]:
    with closing(sqlite3.connect(path)) as connection:
        return list(connection.iterdump())


def test_table_columns_are_the_fields_of_their_rows(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / NAME, isolation_level=None)) as connection:
        migrate(connection)
        for kind in (*KINDS, Samples, Commanded, Decided, Happened):
            info = connection.execute(f"PRAGMA table_info({kind.TABLE})").fetchall()
            columns = {row[1] for row in info} - {"number" if kind is Session else ""}
            assert columns == {field.name for field in fields(kind)}
        tables = connection.execute("PRAGMA table_list").fetchall()
        assert all(row[5] for row in tables if not row[1].startswith("sqlite_")), "STRICT"


class TestOlderSchema:
    def test_older_schema_is_migrated_with_all_rows(self, old: Path) -> None:
        file = HistoryFile(old)
        file.close()
        assert file.trouble is None
        assert set(BEFORE) < set(file.rows)
        with opened(old) as reader:
            first, second = reader.sessions()
        assert (first.number, second.number) == (1, 2)
        assert (first.session.id, first.session.effort_m) == ("den 2", 249.0)
        assert (second.session.shoes, second.session.steep_s) == ("Ghost", None)
        assert second.session.finished
        with closing(sqlite3.connect(old)) as connection:
            assert connection.execute("PRAGMA user_version").fetchone() == (SCHEMA,)
            names = {name for (name,) in connection.execute("SELECT name FROM sqlite_master")}
        assert not {name for name in names if name.startswith("old_")}

    def test_schema_3_gains_plans_and_keeps_its_sessions(self, tmp_path: Path) -> None:
        path = tmp_path / NAME
        with closing(sqlite3.connect(path)) as connection:
            connection.executescript(VERSION_3)
        row = Planned("Anna", "couch-to-5k", "b", 3.0, 4.0, synchronised=True, progress="{}")
        file = HistoryFile(path)
        file.put(row)
        file.close()
        with opened(path) as reader:
            (entry,) = reader.sessions()
        assert (entry.number, entry.session.steep_s, entry.session.machine) == (7, 2.5, "T-1")
        again = HistoryFile(path)
        again.close()
        assert row in again.rows
        assert Began("b", 1.5, 2.5, synchronised=True) in again.rows

    def test_older_schema_can_be_read_before_its_migration(self, old: Path) -> None:
        before = old.read_bytes()
        with opened(old) as reader:
            assert [entry.session.id for entry in reader.sessions()] == ["den 2", "den 1"]
            assert [pain.place for pain in reader.pains()] == ["lower back"]
        assert old.read_bytes() == before

    def test_older_schema_that_cannot_be_migrated_is_reported(
        self, old: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        broken = {**schema._TABLES, "samples": "(no such thing) STRICT"}
        monkeypatch.setattr(schema, "_TABLES", broken)
        with pytest.raises(NoHistoryError, match="cannot be read"), opened(old):
            pass

    def test_failed_migration_leaves_the_file_unchanged(
        self, old: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        before = content_of(old)
        broken = {**schema._TABLES, "samples": "(no such thing) STRICT"}
        monkeypatch.setattr(schema, "_TABLES", broken)
        monkeypatch.setattr(module, "AGAIN_S", 0.01)

        file = HistoryFile(old)
        file.close()

        assert "cannot be used" in (file.trouble or "")
        assert content_of(old) == before

    def test_full_disk_during_a_migration_leaves_the_file_unchanged(self, old: Path) -> None:
        before = content_of(old)
        with closing(sqlite3.connect(old, isolation_level=None)) as connection:
            (pages,) = connection.execute("PRAGMA page_count").fetchone()
            connection.execute(f"PRAGMA max_page_count = {pages + 1}")
            with pytest.raises(sqlite3.OperationalError, match="full"):
                migrate(connection)
        assert content_of(old) == before

    def test_value_of_the_wrong_type_sets_the_unchanged_file_aside(self, old: Path) -> None:
        with closing(sqlite3.connect(old)) as connection:
            connection.execute("UPDATE session SET distance_m = 'far'")
            connection.commit()
        copy = shutil.copyfile(old, old.with_name("copy"))
        file = HistoryFile(old)
        file.close()
        assert "is broken" in (file.lost or "")
        (aside,) = old.parent.glob(f"{NAME}.broken-*")
        assert content_of(aside) == content_of(copy)
