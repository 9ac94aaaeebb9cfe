"""Read-only access to the history beside a running bridge.

A file of an earlier version is migrated in memory, so that it can be read before the bridge has run
again.
"""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TypeVar

from bridge.history.store.chunk import ChunkError, Second, decode
from bridge.history.store.database import open_to_read
from bridge.history.store.rows import Commanded, Decided, Happened, Pain, Rest, Session, Wear
from bridge.history.store.schema import SCHEMA, check, migrate, version_of
from protocols.frozen import frozen

LARGEST = 2**63 - 1
"""Largest number that SQLite can compare."""
AROUND_S = 60.0
"""Seconds before and after a session whose commands and events belong to it.

A neighbouring session of the same treadmill cuts them short.
"""

_T = TypeVar("_T", Commanded, Decided, Happened, Pain, Rest, Session, Wear)


class NoHistoryError(Exception):
    """There is no readable history; the message includes advice."""


class UnknownSessionError(Exception):
    """No session has this number."""


@frozen
class Entry:
    """A session and its number in the file."""

    number: int
    session: Session


@dataclass(frozen=True, slots=True)
class Course:
    """A session with all stored data; `samples` is empty if they were deleted."""

    number: int
    session: Session
    samples: tuple[Second, ...] = ()
    commands: tuple[Commanded, ...] = ()
    decisions: tuple[Decided, ...] = ()
    events: tuple[Happened, ...] = ()


@contextmanager
def opened(path: Path) -> Iterator["Reader"]:
    """Open the history for reading.

    Raises:
        NoHistoryError: there is none, or it cannot be read.
        NewerSchemaError: a newer version wrote it.
    """
    try:
        there = path.exists()
    except OSError as error:
        raise _unreadable(path, error.strerror or error) from error
    if not there:
        message = (
            f"there is no history at {path}: run the bridge once, or name its state directory with"
            " state_dir in the configuration or $STATE_DIRECTORY"
        )
        raise NoHistoryError(message)
    try:
        with closing(_connect(path)) as connection:
            yield Reader(connection)
    except sqlite3.Error as error:
        raise _unreadable(path, error) from error


def _unreadable(path: Path, why: object) -> NoHistoryError:
    # SQLite reports denied access and locks by a subclass of the error for damage.
    damaged = type(why) is sqlite3.DatabaseError
    advice = "name a backup with --file" if damaged else "see that this user may read it"
    message = f"the history {path} cannot be read ({why}): {advice}"
    return NoHistoryError(message)


def _open(path: Path) -> sqlite3.Connection:
    """Open the file read-only, also for a user who may not write beside it.

    SQLite needs to create small files there, unless nobody can be writing.
    """
    connection = open_to_read(path)
    try:
        version_of(connection)
    except sqlite3.OperationalError:
        connection.close()
        if path.with_name(f"{path.name}-wal").exists():
            raise
        return open_to_read(path, alone=True)
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def _connect(path: Path) -> sqlite3.Connection:
    connection = _open(path)
    try:
        check(connection, path)
        if version_of(connection) == SCHEMA:
            return connection
        newer = _brought_up_to_date(connection)
    except Exception:
        connection.close()
        raise
    connection.close()
    return newer


def _brought_up_to_date(old: sqlite3.Connection) -> sqlite3.Connection:
    """Return a copy in memory with the current tables."""
    newer = sqlite3.connect(":memory:", isolation_level=None)
    try:
        old.backup(newer)
        migrate(newer)
    except Exception:
        newer.close()
        raise
    return newer


class Reader:
    """Queries on an open history; times are Unix times."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def sessions(
        self,
        since: float | None = None,
        until: float | None = None,
        person: str | None = None,
        *,
        limit: int | None = None,
    ) -> list[Entry]:
        """Return sessions that began in a period, newest first."""
        # "? IS NULL OR person = ?" would not use the index.
        theirs, who = ("", ()) if person is None else ("person = ? AND ", (person,))
        found = self._rows(
            Session,
            f"WHERE {theirs}start >= ? AND start < ? ORDER BY start DESC LIMIT ?",
            *who,
            _from(since),
            _to(until),
            -1 if limit is None else limit,
            extra="number",
        )
        return [Entry(number, session) for number, session in found]

    def session(self, number: int) -> Entry:
        """Return one session.

        Raises:
            UnknownSessionError: there is none.
        """
        if abs(number) <= LARGEST:
            for found, session in self._rows(Session, "WHERE number = ?", number, extra="number"):
                return Entry(found, session)
        message = f"no session has the number {number}; history list shows them"
        raise UnknownSessionError(message)

    def samples(self, session: Session) -> tuple[Second, ...]:
        """Return the samples of a session in order; unreadable ones are skipped."""
        by_time: dict[int, Second] = {}
        query = "SELECT content FROM samples WHERE session = ? ORDER BY first"
        for (content,) in self._connection.execute(query, (session.id,)):
            try:
                by_time.update((second.at, second) for second in decode(content))
            except ChunkError:
                continue
        return tuple(by_time[at] for at in sorted(by_time))

    def course(self, number: int) -> Course:
        """Return a session with all stored data.

        Raises:
            UnknownSessionError: there is none.
        """
        entry = self.session(number)
        session = entry.session
        around = "WHERE treadmill = ? AND wall >= ? AND wall <= ? ORDER BY wall"
        span = (session.treadmill, *self._around(session))
        return Course(
            number,
            session,
            self.samples(session),
            tuple(row for _, row in self._rows(Commanded, around, *span)),
            tuple(row for _, row in self._rows(Decided, around, *span)),
            tuple(row for _, row in self._rows(Happened, around, *span)),
        )

    def _around(self, session: Session) -> tuple[float, float]:
        """Return the time span of a session's commands, decisions and events."""
        mine = session.treadmill
        last = "SELECT max(end) FROM session WHERE treadmill = ? AND end <= ?"
        following = "SELECT min(start) FROM session WHERE treadmill = ? AND start >= ?"
        (before,) = self._connection.execute(last, (mine, session.start)).fetchone()
        (after,) = self._connection.execute(following, (mine, session.end)).fetchone()
        return (
            max(session.start - AROUND_S, _from(before)),
            min(session.end + AROUND_S, _to(after)),
        )

    def pains(
        self, since: float | None = None, until: float | None = None, person: str | None = None
    ) -> list[Pain]:
        """Return reports of pain, oldest first."""
        where = "WHERE wall >= ? AND wall < ? AND (? IS NULL OR person = ?) ORDER BY wall"
        found = self._rows(Pain, where, _from(since), _to(until), person, person)
        return [row for _, row in found]

    def rests(self) -> list[Rest]:
        """Return the newest rest of each person."""
        return [row for _, row in self._rows(Rest, "")]

    def wear(self) -> list[Wear]:
        """Return the distance of each pair of shoes."""
        return [row for _, row in self._rows(Wear, "ORDER BY shoes")]

    def people(self) -> list[str]:
        """Return all people with a session."""
        query = "SELECT DISTINCT person FROM session ORDER BY person"
        return [str(person) for (person,) in self._connection.execute(query)]

    def _rows(
        self, kind: type[_T], where: str, *values: object, extra: str = "0"
    ) -> Iterator[tuple[int, _T]]:
        """Yield rows of a kind, each with one additional number."""
        names = [field.name for field in fields(kind)]
        table = kind.TABLE
        query = f"SELECT {extra}, {', '.join(names)} FROM {table} {where}"  # noqa: S608 - fixed names
        for number, *row in self._connection.execute(query, values):
            yield number, kind(*row)


def texts_of(reasons: str) -> list[str]:
    """Return the texts of a command's stored reasons, each once."""
    found = json.loads(reasons)
    texts = [str(each.get("text", "")) for each in found if isinstance(each, dict)]
    return list(dict.fromkeys(texts))


def _from(since: float | None) -> float:
    return -1e18 if since is None else since


def _to(until: float | None) -> float:
    return 1e18 if until is None else until
