"""Reader beside a running bridge, and the commands that change the file beside it."""

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from bridge.history.export import export
from bridge.history.export.fit import (
    ENUM,
    EPOCH,
    RECORD,
    SESSION,
    TIMESTAMP,
    UINT16,
    UINT32,
    FitWriter,
)
from bridge.history.import_fit import BadActivityError, read
from bridge.history.reader import Entry, NoHistoryError, UnknownSessionError, opened
from bridge.history.store import upkeep
from bridge.history.store.chunk import Second
from bridge.history.store.file import NAME, HistoryFile
from bridge.history.store.rows import Commanded, Decided, Happened, Pain, Rest, Samples
from bridge.history.store.schema import SCHEMA, NewerSchemaError
from bridge.history.store.upkeep import UpkeepError, add, backup, delete
from bridge.history.store.upsert import upsert
from tests.history.years import END, PERSON, course, fill, session_of


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("filled") / NAME
    fill(path, 30, every=10)
    return path


@pytest.fixture
def path(filled: Path, tmp_path: Path) -> Path:
    state = tmp_path / "state"
    state.mkdir()
    return Path(shutil.copy(filled, state))


def count(path: Path, table: str) -> int:
    with closing(sqlite3.connect(path)) as other:
        return int(other.execute(f"SELECT count(*) FROM {table}").fetchone()[0])  # noqa: S608


@pytest.fixture
def file(path: Path) -> Iterator[HistoryFile]:
    """The same file in use by a bridge."""
    in_use = HistoryFile(path)
    yield in_use
    in_use.close()


def newest(path: Path) -> Entry:
    with opened(path) as reader:
        return reader.sessions(limit=1)[0]


class TestReader:
    def test_missing_history_is_an_error_that_suggests_a_run(self, tmp_path: Path) -> None:
        with pytest.raises(NoHistoryError, match="run the bridge once"), opened(tmp_path / "none"):
            pass

    def test_file_that_is_no_database_is_an_error(self, tmp_path: Path) -> None:
        (tmp_path / NAME).write_bytes(b"no database at all " * 100)
        with (
            pytest.raises(NoHistoryError, match="name a backup with --file"),
            opened(tmp_path / NAME),
        ):
            pass

    def test_history_of_a_newer_version_is_refused(self, path: Path) -> None:
        with closing(sqlite3.connect(path)) as other:
            other.execute(f"PRAGMA user_version = {SCHEMA + 1}")
        with pytest.raises(NewerSchemaError), opened(path):
            pass
        with pytest.raises(NewerSchemaError):
            add(path, session_of(END, list(course(5, 1)), "Ghost"), [])

    def test_sessions_are_found_by_time_and_person(self, path: Path) -> None:
        with opened(path) as reader:
            every = reader.sessions()
            assert [e.number for e in every] == sorted((e.number for e in every), reverse=True)
            assert reader.sessions(limit=1) == every[:1]
            assert reader.sessions(since=every[0].session.start) == every[:1]
            assert reader.sessions(until=every[0].session.start) == every[1:]
            assert reader.sessions(person=PERSON) == every
            assert reader.sessions(person="Ben") == []
            assert reader.people() == [PERSON]
            assert [wear.shoes for wear in reader.wear()] == ["Ghost", "Pegasus"]

    def test_commands_of_a_neighbouring_session_are_not_part_of_a_session(
        self, path: Path, file: HistoryFile
    ) -> None:
        second = session_of(END.replace(hour=20), list(course(5, 1)), "Ghost")
        first = replace(second, id="first", start=second.start - 100, end=second.start - 30)
        for session in (first, second):
            file.put(session)
        for id_, wall in (
            ("early", first.start - 50),
            ("during", first.start + 10),
            ("between", second.start - 10),
            ("later", second.start + 10),
        ):
            file.put(
                Commanded("den", wall, id_, "speed", "mqtt", "20", 16.0, "limited", "[]", None)
            )
        assert file.wait_written(30)
        with opened(path) as reader:
            numbers = [entry.number for entry in reader.sessions(limit=2)]
            found = [[c.id for c in reader.course(number).commands] for number in numbers]
        assert found == [["between", "later"], ["early", "during", "between"]]

    def test_unknown_session_number_is_an_error(self, path: Path) -> None:
        with opened(path) as reader, pytest.raises(UnknownSessionError, match="history list"):
            reader.course(999)

    def test_reader_sees_rows_that_a_running_bridge_has_just_written(
        self, path: Path, file: HistoryFile
    ) -> None:
        session = session_of(END.replace(hour=20), list(course(5, 1)), "Ghost")
        wall = session.start
        file.put(replace(session, finished=False))
        file.put(Rest(PERSON, "b", 1.0, 2.0, synchronised=True, left_s=3.0))
        file.put(Pain("p", PERSON, wall, "knee", 2))
        file.put(Commanded("den", wall, "c", "speed", "mqtt", "20", 16.0, "limited", "[]", None))
        file.put(Decided("den", wall, "speed", "warm_up", "warm-up", 6.0, None))
        file.put(Happened("den", wall, 1, "session_started", "It begins.", "{}"))
        assert file.wait_written(30)
        with opened(path) as reader:
            (newest,) = reader.sessions(limit=1)
            assert not newest.session.finished
            found = reader.course(newest.number)
            assert [c.command for c in found.commands] == ["speed"]
            assert [d.rule for d in found.decisions] == ["warm_up"]
            assert [e.type for e in found.events] == ["session_started"]
            assert found.samples == ()
            assert reader.pains(since=wall)[0].place == "knee"
            assert reader.rests()[0].left_s == 3.0

    def test_unreadable_samples_are_left_out(self, path: Path) -> None:
        with opened(path) as reader:
            (newest,) = reader.sessions(limit=1)
            whole = reader.samples(newest.session)
        with closing(sqlite3.connect(path, isolation_level=None)) as other:
            other.execute(*upsert(Samples(newest.session.id, 60, b"broken")))
        with opened(path) as reader:
            left = reader.samples(newest.session)
        assert [s.at for s in left] == [s.at for s in whole if not 60 <= s.at < 120]


class TestDelete:
    def test_deleted_session_is_gone_with_its_samples_and_events(self, path: Path) -> None:
        with opened(path) as reader:
            newest, *others = reader.sessions()
        with closing(sqlite3.connect(path, isolation_level=None)) as other:
            inside, later = newest.session.start + 5, newest.session.end + 7200
            for wall in (inside, later):
                other.execute(*upsert(Happened("den", wall, 1, "rest", "It rests.", "{}")))
        delete(path, newest)
        with opened(path) as reader:
            assert reader.sessions() == others
            assert reader.samples(newest.session) == ()
        assert count(path, "event") == 1

    def test_deleted_session_is_not_written_again_by_a_running_bridge(
        self, path: Path, file: HistoryFile
    ) -> None:
        with opened(path) as reader:
            newest, *others = reader.sessions()
        delete(path, newest)
        file.put(newest.session)
        file.put(Samples(newest.session.id, 0, b""))
        file.put(Pain("p", PERSON, 1.0, "knee", 2))
        assert file.wait_written(30)
        assert file.trouble is None
        with opened(path) as reader:
            assert reader.sessions() == others
            assert reader.samples(newest.session) == ()
            assert any(pain.id == "p" for pain in reader.pains())

    def test_session_in_progress_cannot_be_deleted(
        self, path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        entry = newest(path)
        going = replace(entry, session=replace(entry.session, finished=False))
        monkeypatch.setattr("time.time", lambda: going.session.end + 10)
        with pytest.raises(UpkeepError, match="under way"):
            delete(path, going)
        monkeypatch.setattr("time.time", lambda: going.session.end + 4000)
        delete(path, going)

    def test_locked_file_is_an_error_and_nothing_is_deleted(
        self, path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(upkeep, "BUSY_S", 0.01)
        entry, before = newest(path), count(path, "session")
        with closing(sqlite3.connect(path, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            with pytest.raises(UpkeepError, match="nothing was changed"):
                delete(path, entry)
            other.execute("ROLLBACK")
        assert count(path, "session") == before

    def test_nothing_is_deleted_from_an_older_file(self, path: Path, tmp_path: Path) -> None:
        entry = newest(path)
        with closing(sqlite3.connect(path)) as other:
            other.execute("PRAGMA user_version = 2")
        with pytest.raises(UpkeepError, match="start the bridge once"):
            delete(path, entry)
        with pytest.raises(UpkeepError, match="no history"):
            delete(tmp_path / "none", entry)


class TestBackup:
    def test_backup_beside_a_running_bridge_is_complete(
        self, path: Path, file: HistoryFile, tmp_path: Path
    ) -> None:
        file.put(Pain("p", PERSON, 1.0, "knee", 2))
        assert file.wait_written(30)
        target = tmp_path / "copy"
        assert backup(path, target) == target.stat().st_size > 0
        assert target.stat().st_mode & 0o777 == 0o600
        with opened(path) as mine, opened(target) as theirs:
            assert theirs.sessions() == mine.sessions()
            assert theirs.pains() == mine.pains()
        assert not list(tmp_path.glob(".*half"))

    def test_damaged_history_gives_no_backup(self, path: Path, tmp_path: Path) -> None:
        with closing(sqlite3.connect(path)) as other:
            other.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        content = bytearray(path.read_bytes())
        for at in range(4096 * 20, len(content), 4096):
            content[at : at + 64] = bytes(range(64))
        path.write_bytes(content)
        with pytest.raises(UpkeepError, match="no backup was made"):
            backup(path, tmp_path / "copy")
        assert not (tmp_path / "copy").exists()
        assert not list(tmp_path.glob(".*half"))

    def test_backup_to_an_unwritable_place_is_an_error(self, path: Path, tmp_path: Path) -> None:
        with pytest.raises(UpkeepError, match="cannot write"):
            backup(path, tmp_path / "none" / "copy")
        with pytest.raises(UpkeepError, match="no history"):
            backup(tmp_path / "none", tmp_path / "copy")


class TestImport:
    def test_import_of_an_export_gives_the_same_session(self, path: Path, tmp_path: Path) -> None:
        with opened(path) as reader:
            before = reader.course(reader.sessions(limit=1)[0].number)
        (tmp_path / "run.fit").write_bytes(export(before, "fit"))

        session, samples = read(tmp_path / "run.fit", "Ben")
        number = add(path, session, samples)

        with opened(path) as reader:
            after = reader.course(number)
        old, new = before.session, after.session
        assert (new.person, new.source, new.effort_s) == ("Ben", "import", 0.0)
        assert new.start == old.start
        assert new.moving_s == pytest.approx(old.moving_s, abs=1)
        assert new.distance_m == pytest.approx(old.distance_m, abs=1)
        assert new.climb_m == pytest.approx(old.effort_climb_m, abs=1)
        assert new.max_heart_rate_bpm == old.max_heart_rate_bpm
        pairs = list(zip(before.samples, after.samples, strict=True))
        assert all(abs((a.speed or 0) - (b.speed or 0)) <= 1 for a, b in pairs)
        assert all(a.incline == b.incline for a, b in pairs)

    def test_second_import_of_a_session_is_refused(self, path: Path) -> None:
        seconds = list(course(5, 1))
        session = replace(session_of(END.replace(hour=20), seconds, "Ghost"), source="import")
        number = add(path, session, seconds)
        with pytest.raises(UpkeepError, match=f"already: number {number}"):
            add(path, session, seconds)
        with opened(path) as reader:
            delete(path, reader.session(number))
        assert add(path, session, seconds) == number

    @pytest.mark.parametrize("content", [b"", b"no activity", b"\x0e\x20" + bytes(40)])
    def test_import_of_a_file_that_is_not_fit_is_an_error(
        self, tmp_path: Path, content: bytes
    ) -> None:
        (tmp_path / "run.fit").write_bytes(content)
        with pytest.raises(BadActivityError, match=r"no FIT file|no records"):
            read(tmp_path / "run.fit", "Anna")

    def test_import_with_a_flipped_bit_is_refused(self, path: Path, tmp_path: Path) -> None:
        with opened(path) as reader:
            content = bytearray(export(reader.course(1), "fit"))
        content[len(content) // 2] ^= 4
        (tmp_path / "run.fit").write_bytes(content)
        with pytest.raises(BadActivityError, match="damaged"):
            read(tmp_path / "run.fit", "Anna")

    def test_import_of_a_bicycle_ride_is_refused(self, tmp_path: Path) -> None:
        writer = FitWriter()
        time = int(END.timestamp()) - EPOCH
        writer.add(RECORD, [(TIMESTAMP, UINT32, time), (5, UINT32, 0)])
        writer.add(SESSION, [(TIMESTAMP, UINT32, time), (5, ENUM, 2)])
        (tmp_path / "ride.fit").write_bytes(writer.close())
        with pytest.raises(BadActivityError, match="cycling: only runs"):
            read(tmp_path / "ride.fit", "Anna")

    def test_import_accepts_records_with_missing_or_implausible_values(
        self, tmp_path: Path
    ) -> None:
        writer = FitWriter()
        time = int(END.timestamp()) - EPOCH
        for at, speed in ((0, 3000), (0, 3000), (1, 3000), (2, None), (3, 60_000), (4, 3000)):
            writer.add(RECORD, [(TIMESTAMP, UINT32, time + at), (6, UINT16, speed)])
        (tmp_path / "run.fit").write_bytes(writer.close())
        session, samples = read(tmp_path / "run.fit", "Anna")
        assert [s.at for s in samples] == [0, 1, 2, 4]
        assert session.distance_m == pytest.approx(3 + 6)
        assert session.moving_s == 4
        assert samples[2] == Second(
            2, distance=30, climb=0, phase=samples[0].phase, flags=samples[0].flags
        )

    def test_import_above_the_size_limit_is_refused(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, path: Path
    ) -> None:
        with opened(path) as reader:
            (tmp_path / "run.fit").write_bytes(export(reader.course(1), "fit"))
        monkeypatch.setattr("bridge.history.import_fit.MOST_RECORDS", 10)
        with pytest.raises(BadActivityError, match="too many records"):
            read(tmp_path / "run.fit", "Anna")
        monkeypatch.setattr("bridge.history.import_fit.MOST_BYTES", 10)
        with pytest.raises(BadActivityError, match="too big"):
            read(tmp_path / "run.fit", "Anna")
        with pytest.raises(BadActivityError, match="cannot be read"):
            read(tmp_path / "none.fit", "Anna")
