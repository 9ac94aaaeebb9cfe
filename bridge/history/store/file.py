"""The history's SQLite file, written by its own thread.

`put` queues a row and never waits for the disk. Rows that cannot be written are kept, the newest of
each key, and retried; `trouble` gives the reason. At the start, only rows that the guard may need
are read, by index, so that a long history does not slow the start.
"""

import shutil
import sqlite3
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import fields
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import structlog
from pydantic import ValidationError

from bridge.history.store.adapters import adapter
from bridge.history.store.database import (
    BUSY_S,
    HINT,
    BrokenError,
    cause,
    open_to_write,
    set_aside,
    telling_broken,
)
from bridge.history.store.retention import Retention
from bridge.history.store.rows import (
    KINDS,
    Began,
    Commanded,
    Decided,
    Exposure,
    Happened,
    Key,
    Log,
    Pain,
    Row,
    Samples,
    Session,
    Wear,
    key_of,
)
from bridge.history.store.schema import check, migrate
from bridge.history.store.upsert import upsert

NAME = "history.sqlite3"
AGAIN_S = 5.0
"""Seconds until a failed write is retried."""
CLOSE_S = 5.0
IN_MEMORY = Path("/dev/shm")  # noqa: S108 - created for this user only
"""Directory with room even if the disk is full or read-only."""

RETAIN_S = 86_400.0
"""Seconds between searches for old samples."""
GATHER_S = 0.05
"""Seconds that a row waits for others: one commit writes them, after the turn that queued them."""
PAUSE_S = 0.05
"""Seconds between short deletions of old samples, so that due rows are written first."""
MOST_DUE = 20_000
"""Maximum number of queued rows that only people read; the oldest are dropped."""
MOST_LEFT = 64
"""Maximum number of commands read at the start that have no final outcome."""

_NEEDED = {Session: ("end", 181 * 86_400.0), Pain: ("wall", 31 * 86_400.0)}
"""Rows that the guard may need: by this column, within so many seconds of the newest."""
_OF_A_MOMENT = (Began, Exposure)
_LOGS = (Samples, Commanded, Decided, Happened)

log = structlog.get_logger()


class HistoryFile:
    """Opens the file, and creates it if missing.

    Args:
        path: the file; its directory is created.
        retention: how long samples are kept; None keeps them for ever.

    Raises:
        NewerSchemaError: It belongs to a newer version.

    Attributes:
        rows: the rows that the guard may need. If the file is readable but not writable, without
            the exposure: it may be outdated, since later exposure may not have been written.
        trouble: why it cannot be read or written now, as a sentence; None if all is well.
        unfinished: the newest commands without a final outcome, which a killed process left.
        lost: why earlier data were lost, as a sentence; else None.
        is_new: True if there was no file, not even a damaged one, and a new one was created.
    """

    def __init__(self, path: Path, retention: Retention | None = None) -> None:
        self.path = path
        self._retention = retention
        self._retained = float("-inf")
        self.trouble: str | None = None
        self.lost: str | None = None
        self._due: dict[Key, Row | Log] = {}
        self._busy = False
        self._wake = threading.Condition()
        self._closing = False
        self._is_last = False
        """True if the current attempt began after `close` was called."""
        self._unread = False
        self._late: tuple[Row, ...] = ()
        self.unfinished: tuple[Commanded, ...] = ()
        found = any(path.parent.glob(f"{path.name}*"))
        self.rows = self._open()
        self.is_new = not (found or self.trouble)
        self._known: dict[Key, Row] = {key_of(row): row for row in self.rows}
        self._connection: sqlite3.Connection | None = None
        self._thread = threading.Thread(target=self._write, name="history", daemon=True)
        self._thread.start()

    def put(self, row: Row | Log) -> None:
        """Queue a row; it replaces a queued one with the same key."""
        with self._wake:
            if not self._due:
                self._wake.notify_all()
            self._due[key_of(row)] = row

    def wait_written(self, seconds: float) -> bool:
        """Wait until the queue is empty; False on a timeout."""
        with self._wake:
            return self._wake.wait_for(lambda: not (self._due or self._busy), seconds)

    def late(self) -> tuple[Row, ...]:
        """Return the rows of a file that could be opened only after the start; once."""
        with self._wake:
            late, self._late = self._late, ()
            return late

    def close(self) -> None:
        """Write the remaining rows, and close the file."""
        with self._wake:
            self._closing = True
            self._wake.notify_all()
        self._thread.join(CLOSE_S + BUSY_S)

    # --- at the start

    def _open(self) -> tuple[Row, ...]:
        try:
            return tuple(self._read(self.path))
        except BrokenError as error:
            self.lost = self._set_aside(error)
        except (OSError, sqlite3.Error) as error:
            self.trouble = _in_words(self.path, error)
            _report(self.trouble)
            return self._read_a_copy()
        return ()

    def _read_a_copy(self) -> tuple[Row, ...]:
        """Read a copy: SQLite cannot open a read-only file that has a log beside it."""
        room = IN_MEMORY if IN_MEMORY.is_dir() else None
        try:
            with TemporaryDirectory(prefix="treadmill-bridge-", dir=room) as place:
                copy = Path(place, NAME)
                for suffix in ("", "-wal"):
                    part = self.path.with_name(self.path.name + suffix)
                    if not suffix or part.exists():
                        shutil.copyfile(part, copy.with_name(copy.name + suffix))
                return tuple(row for row in self._read(copy) if not isinstance(row, _OF_A_MOMENT))
        except (BrokenError, OSError, sqlite3.Error):
            self._unread = True
            return ()

    def _set_aside(self, why: Exception) -> str:
        """Set a damaged file aside; return a sentence about it."""
        try:
            aside = set_aside(self.path)
        except OSError as error:
            words = self.trouble = _in_words(self.path, error)
        else:
            words = (
                f"The history {self.path} is broken ({why}). It was set aside as {aside.name}, and "
                "a new one begun: put a backup in its place, or go on without what it knew"
            )
        _report(words)
        return words

    def _read(self, path: Path) -> Iterator[Row]:
        with closing(open_to_write(path, BUSY_S)) as connection, telling_broken():
            check(connection, self.path)
            _check_pages(connection)
            _prepare(connection)
            if path == self.path:
                self.unfinished = tuple(_unfinished(connection))
            for kind in KINDS:
                yield from _rows(connection, kind)

    # --- in the writer thread

    def _write(self) -> None:
        while (due := self._take()) is not None:
            for key, row in due.items():
                if not isinstance(row, _LOGS):
                    self._known[key] = row
            try:
                with telling_broken():
                    if due:
                        self._store(due)
                    else:
                        self._forget_old()
                self.trouble = None
            except BrokenError as error:
                self._failed(due, self._set_aside(error))
            except (OSError, sqlite3.Error) as error:
                self._failed(due, _in_words(self.path, error))
            with self._wake:
                self._busy = False
                self._wake.notify_all()
        self._disconnect()

    def _store(self, due: dict[Key, Row | Log]) -> None:
        """Write the rows. A full disk is tried again after a close, which empties SQLite's log."""
        try:
            _put(*self._connected(due))
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_FULL:
                raise
            self._disconnect()
            _put(*self._connected(due))

    def _connected(
        self, due: dict[Key, Row | Log]
    ) -> tuple[sqlite3.Connection, Iterable[Row | Log]]:
        """Return a connection and the rows to write: all known rows if the file may lack some."""
        if self._connection is not None and self.path.exists():
            return self._connection, due.values()
        self._disconnect()
        self._connection = open_to_write(self.path, BUSY_S)
        _prepare(self._connection)
        if self._unread:
            self._read_late(self._connection)
        return self._connection, [*self._known.values(), *_logs(due.values())]

    def _forget_old(self) -> None:
        """Delete a few rows that are past their retention."""
        if self._connection is None or self._retention is None:
            return
        now = datetime.now(UTC).timestamp()
        if not self._retention.delete_some(self._connection, now):
            self._retained = time.monotonic()

    def _read_late(self, connection: sqlite3.Connection) -> None:
        """Read the rows that could not be read at the start, before anything overwrites them."""
        rows = [row for kind in KINDS for row in _rows(connection, kind)]
        for row in rows:
            if isinstance(row, Wear):  # the distance since then is added by the caller
                self._known.pop(key_of(row), None)
        with self._wake:
            self._late = tuple(row for row in rows if not isinstance(row, _OF_A_MOMENT))
            self._unread = False

    def _disconnect(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _take(self) -> dict[Key, Row | Log] | None:
        """Return the queued rows; empty when there is time to delete old rows; None to end."""
        with self._wake:
            late = time.monotonic() - self._retained >= RETAIN_S
            idle = self._retention is not None and self._connection is not None and late
            self._wake.wait_for(lambda: self._due or self._closing, PAUSE_S if idle else None)
            if self._due:
                self._wake.wait_for(lambda: self._closing, GATHER_S)
            self._is_last = self._closing
            due, self._due = self._due, {}
            self._busy = bool(due)
            return None if self._closing and not due else due

    def _failed(self, due: dict[Key, Row | Log], trouble: str) -> None:
        self._disconnect()
        if self.trouble is None:
            _report(trouble)
        self.trouble = trouble
        with self._wake:
            if self._is_last:
                log.error("history_not_written", rows=len(due))
                self._due = {}
                return
            self._due = _bounded({**due, **self._due})
            self._wake.wait_for(lambda: self._closing, AGAIN_S)


def _report(trouble: str) -> None:
    log.error("history", trouble=trouble)


def _check_pages(connection: sqlite3.Connection) -> None:
    """Check only the tables that the guard needs; years of samples would take seconds."""
    query = "SELECT name FROM sqlite_master WHERE type = 'table'"
    there = {name for (name,) in connection.execute(query)}
    for kind in KINDS:
        if kind.TABLE in there:
            (found,) = connection.execute(f"PRAGMA quick_check({kind.TABLE})").fetchone()
            if found != "ok":
                raise BrokenError(str(found))


def _prepare(connection: sqlite3.Connection) -> None:
    """Create or migrate the tables. FULL keeps every commit through a power cut."""
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    try:
        migrate(connection)
    except sqlite3.IntegrityError as error:  # an older file was not checked for this
        message = f"a row makes no sense: {error}"
        raise BrokenError(message) from error
    connection.execute("PRAGMA foreign_keys = ON")


def _rows(connection: sqlite3.Connection, kind: type[Row]) -> Iterator[Row]:
    names = [field.name for field in fields(kind)]
    query = f"SELECT {', '.join(names)} FROM {kind.TABLE}"  # noqa: S608 - fixed names
    if needed := _NEEDED.get(kind):
        column, seconds = needed
        query += f" WHERE {column} >= (SELECT max({column}) FROM {kind.TABLE}) - {seconds}"  # noqa: S608
    for values in connection.execute(query):
        try:
            yield adapter(kind).validate_python(dict(zip(names, values, strict=True)))
        except ValidationError as error:
            message = f"a row of {kind.TABLE} makes no sense"
            raise BrokenError(message) from error


def _unfinished(connection: sqlite3.Connection) -> Iterator[Commanded]:
    """Yield the newest commands without a final outcome."""
    names = ", ".join(field.name for field in fields(Commanded))
    query = f"SELECT {names} FROM command WHERE ended IS NULL ORDER BY wall DESC LIMIT {MOST_LEFT}"  # noqa: S608
    for values in connection.execute(query):
        yield Commanded(*values)


def _put(connection: sqlite3.Connection, rows: Iterable[Row | Log]) -> None:
    connection.execute("BEGIN IMMEDIATE")
    try:
        for row in rows:
            try:
                connection.execute(*upsert(row))
            except sqlite3.IntegrityError:
                if not isinstance(row, _LOGS):
                    raise
                # Its session was deleted meanwhile.
        connection.execute("COMMIT")
    except sqlite3.Error:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def _logs(rows: Iterable[Row | Log]) -> list[Log]:
    return [row for row in rows if isinstance(row, _LOGS)]


def _bounded(due: dict[Key, Row | Log]) -> dict[Key, Row | Log]:
    """Return the queue, without the oldest human-readable rows above the maximum."""
    logs = [key for key, row in due.items() if isinstance(row, _LOGS)]
    for key in logs[: max(0, len(logs) - MOST_DUE)]:
        del due[key]
    return due


def _in_words(path: Path, error: Exception) -> str:
    return f"The history {path} cannot be used ({cause(error)}): {HINT}"
