"""The history's file: SQLite, written by a thread of its own.

Nobody waits for a disk: `put` takes a row and returns. Rows that cannot be written are kept, the
newest of each, and tried again; `trouble` says what is wrong meanwhile. Only what the guard may
need is read at the start, by index, so that a long history makes no start slower.
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
"""How long to wait until what could not be written is tried again."""
GATHER_S = 0.05
"""How long a row waits for others, so that the thread works while the event loop rests: a command
makes several rows, and threads of one process take turns."""
CLOSE_S = 5.0
IN_MEMORY = Path("/dev/shm")  # noqa: S108 - what is made there is made for this user alone
"""Where there is room though the disk is full or cannot be written."""

RETAIN_S = 86_400.0
"""How often old samples are looked for."""
PAUSE_S = 0.05
"""Between two short deletions of old samples: what is due goes first."""
MOST_DUE = 20_000
"""So many rows that only people read may wait for a disk; the oldest are dropped then."""

_NEEDED = {Session: ("end", 181 * 86_400.0), Pain: ("wall", 31 * 86_400.0)}
"""How much of these the guard may need: by this column, so many seconds before the newest one."""
_OF_A_MOMENT = (Began, Exposure)
_LOGS = (Samples, Commanded, Decided, Happened)

log = structlog.get_logger()


class HistoryFile:
    """Opens the file, making it where there is none.

    Args:
        path: of the file; its directory is made.
        retention: how long samples are kept; None: for ever.

    Raises:
        NewerSchemaError: It is not to be touched.

    Attributes:
        rows: what of it the guard may need. Where it can be read but not written, all but the
            exposure: that may be of long ago, since what came after may not be written either.
        trouble: why it cannot be read or written now, as a sentence; None while all is well.
        lost: why what stood in it is not known any more, as a sentence; else None.
        is_new: True if there was no file, nor one that was set aside, and a new one could be made.
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
        """Whether the attempt under way began when it was time to go already."""
        self._unread = False
        self._late: tuple[Row, ...] = ()
        found = any(path.parent.glob(f"{path.name}*"))
        self.rows = self._open()
        self.is_new = not (found or self.trouble)
        self._known: dict[Key, Row] = {key_of(row): row for row in self.rows}
        self._connection: sqlite3.Connection | None = None
        self._thread = threading.Thread(target=self._write, name="history", daemon=True)
        self._thread.start()

    def put(self, row: Row | Log) -> None:
        """Take a row to be written as soon as may be; it takes the place of one like it."""
        with self._wake:
            if not self._due:
                self._wake.notify_all()
            self._due[key_of(row)] = row

    def wait_written(self, seconds: float) -> bool:
        """Wait until nothing is due; False if that takes longer."""
        with self._wake:
            return self._wake.wait_for(lambda: not (self._due or self._busy), seconds)

    def late(self) -> tuple[Row, ...]:
        """What stood in a file that could be opened only after the start; once."""
        with self._wake:
            late, self._late = self._late, ()
            return late

    def close(self) -> None:
        """Write what is left, and let go of the file."""
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
        """Read what cannot be written; SQLite alone cannot, where a log is beside the file."""
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
        """Move a broken file out of the way; what happened, in words."""
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
            for kind in KINDS:
                yield from _rows(connection, kind)

    # --- from then on, in its own thread

    def _write(self) -> None:
        while (due := self._take()) is not None:
            for key, row in due.items():
                if not isinstance(row, _LOGS):
                    self._known[key] = row
            try:
                with telling_broken():
                    if due:
                        _put(*self._connected(due))
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

    def _connected(
        self, due: dict[Key, Row | Log]
    ) -> tuple[sqlite3.Connection, Iterable[Row | Log]]:
        """A connection, and what to write: all that is known, if the file may not have it."""
        if self._connection is not None and self.path.exists():
            return self._connection, due.values()
        self._disconnect()
        self._connection = open_to_write(self.path, BUSY_S)
        _prepare(self._connection)
        if self._unread:
            self._read_late(self._connection)
        return self._connection, [*self._known.values(), *_logs(due.values())]

    def _forget_old(self) -> None:
        """Delete a little of what is older than it has to be."""
        if self._connection is None or self._retention is None:
            return
        now = datetime.now(UTC).timestamp()
        if not self._retention.delete_some(self._connection, now):
            self._retained = time.monotonic()

    def _read_late(self, connection: sqlite3.Connection) -> None:
        """See that nothing which could not be read at the start is written over."""
        rows = [row for kind in KINDS for row in _rows(connection, kind)]
        for row in rows:
            if isinstance(row, Wear):  # what was gone since is added to it by who takes it
                self._known.pop(key_of(row), None)
        with self._wake:
            self._late = tuple(row for row in rows if not isinstance(row, _OF_A_MOMENT))
            self._unread = False

    def _disconnect(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _take(self) -> dict[Key, Row | Log] | None:
        """What is due; nothing: there is time to delete what is old; None: it is time to go."""
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
    """Check the tables that the guard needs; the samples of years would take seconds."""
    query = "SELECT name FROM sqlite_master WHERE type = 'table'"
    there = {name for (name,) in connection.execute(query)}
    for kind in KINDS:
        if kind.TABLE in there:
            (found,) = connection.execute(f"PRAGMA quick_check({kind.TABLE})").fetchone()
            if found != "ok":
                raise BrokenError(str(found))


def _prepare(connection: sqlite3.Connection) -> None:
    """Make or renew the tables. A power cut takes nothing that was committed: FULL."""
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    try:
        migrate(connection)
    except sqlite3.IntegrityError as error:  # what an older file held without looking
        message = f"a row makes no sense: {error}"
        raise BrokenError(message) from error
    connection.execute("PRAGMA foreign_keys = ON")


def _rows(connection: sqlite3.Connection, kind: type[Row]) -> Iterator[Row]:
    names = [field.name for field in fields(kind)]
    query = f"SELECT {', '.join(names)} FROM {kind.TABLE}"  # noqa: S608 - names of ours
    if needed := _NEEDED.get(kind):
        column, seconds = needed
        query += f" WHERE {column} >= (SELECT max({column}) FROM {kind.TABLE}) - {seconds}"  # noqa: S608
    for values in connection.execute(query):
        try:
            yield adapter(kind).validate_python(dict(zip(names, values, strict=True)))
        except ValidationError as error:
            message = f"a row of {kind.TABLE} makes no sense"
            raise BrokenError(message) from error


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
    """What waits, without the oldest of what only people read if that is too much."""
    logs = [key for key, row in due.items() if isinstance(row, _LOGS)]
    for key in logs[: max(0, len(logs) - MOST_DUE)]:
        del due[key]
    return due


def _in_words(path: Path, error: Exception) -> str:
    return f"The history {path} cannot be used ({cause(error)}): {HINT}"
