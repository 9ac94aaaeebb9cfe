"""The history's file: SQLite, read once at the start, and written by a thread of its own.

Nobody waits for a disk: `put` takes a row and returns. Rows that cannot be written are kept, the
newest of each, and tried again; `trouble` says what is wrong meanwhile.
"""

import shutil
import sqlite3
import threading
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import astuple, fields
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import structlog
from pydantic import TypeAdapter, ValidationError

from bridge.history.rows import KINDS, Began, Exposure, Key, Row, Wear, key_of

SCHEMA = 2
"""2 added `learned`. What is missing in an older file is made when it is opened."""
NAME = "history.sqlite3"
BUSY_S = 2.0
"""How long to wait for somebody else, such as a backup, to be done with the file."""
AGAIN_S = 5.0
"""How long to wait until what could not be written is tried again."""
CLOSE_S = 5.0
IN_MEMORY = Path("/dev/shm")  # noqa: S108 - what is made there is made for this user alone
"""Where there is room though the disk is full or cannot be written."""

_OF_A_MOMENT = (Began, Exposure)
_CORRUPT = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})
_TYPES = {"str": "TEXT", "float": "REAL", "int": "INTEGER", "bool": "INTEGER"}

log = structlog.get_logger()


class NewerSchemaError(Exception):
    """The file was written by a newer version of this program, and is left alone."""


class _CorruptError(Exception):
    """It is no history, or a broken one."""


class HistoryFile:
    """Opens the file, making it where there is none.

    Args:
        path: of the file; its directory is made.

    Raises:
        NewerSchemaError: It is not to be touched.

    Attributes:
        rows: what stood in it. Where it can be read but not written, all but the exposure: that
            may be of long ago, since what came after it may not have been written either.
        trouble: why it cannot be read or written now, as a sentence; None while all is well.
        lost: why what stood in it is not known any more, as a sentence; else None.
        is_new: True if there was no file, nor one that was set aside, and a new one could be made.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.trouble: str | None = None
        self.lost: str | None = None
        self._due: dict[Key, Row] = {}
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

    def put(self, row: Row) -> None:
        """Take a row to be written as soon as may be; it takes the place of one like it."""
        with self._wake:
            self._due[key_of(row)] = row
            self._wake.notify()

    def late(self) -> tuple[Row, ...]:
        """What stood in a file that could be opened only after the start; once."""
        with self._wake:
            late, self._late = self._late, ()
            return late

    def close(self) -> None:
        """Write what is left, and let go of the file."""
        with self._wake:
            self._closing = True
            self._wake.notify()
        self._thread.join(CLOSE_S + BUSY_S)

    # --- at the start

    def _open(self) -> tuple[Row, ...]:
        try:
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            return tuple(self._read(self.path))
        except _CorruptError as error:
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
        except (_CorruptError, OSError, sqlite3.Error):
            self._unread = True
            return ()

    def _set_aside(self, why: Exception) -> str:
        """Move a broken file out of the way; what happened, in words."""
        stamp = datetime.now(UTC).strftime("%Y%m%d-%H%M%S")
        aside = self.path.with_name(f"{self.path.name}.broken-{stamp}")
        words = (
            f"The history {self.path} is broken ({why}). It was set aside as {aside.name}, and a "
            "new one begun: put a backup in its place, or go on without what it knew"
        )
        try:
            for suffix in ("", "-wal", "-shm"):
                part = self.path.with_name(self.path.name + suffix)
                if part.exists():
                    part.rename(aside.with_name(aside.name + suffix))
        except OSError as error:
            words = self.trouble = _in_words(self.path, error)
        _report(words)
        return words

    def _read(self, path: Path) -> Iterator[Row]:
        with closing(_connect(path)) as connection, _telling_corruption():
            version = connection.execute("PRAGMA user_version").fetchone()[0]
            if version > SCHEMA:
                message = (
                    f"The history {self.path} has version {version}, and this program knows "
                    f"{SCHEMA}: it was written by a newer treadmill-bridge. Update this one, or "
                    "give it another state_dir"
                )
                raise NewerSchemaError(message)
            (found,) = connection.execute("PRAGMA quick_check(1)").fetchone()
            if found != "ok":
                raise _CorruptError(str(found))
            _prepare(connection)
            for kind in KINDS:
                yield from _rows(connection, kind)

    # --- from then on, in its own thread

    def _write(self) -> None:
        while due := self._take():
            self._known.update(due)
            try:
                with _telling_corruption():
                    _put(*self._connected(due.values()))
                self.trouble = None
            except _CorruptError as error:
                self._failed(due, self._set_aside(error))
            except (OSError, sqlite3.Error) as error:
                self._failed(due, _in_words(self.path, error))
        self._disconnect()

    def _connected(self, due: Iterable[Row]) -> tuple[sqlite3.Connection, Iterable[Row]]:
        """A connection, and what to write: all that is known, if the file may not have it."""
        if self._connection is not None and self.path.exists():
            return self._connection, due
        self._disconnect()
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._connection = _connect(self.path)
        _prepare(self._connection)
        if self._unread:
            self._read_late(self._connection)
        return self._connection, self._known.values()

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

    def _take(self) -> dict[Key, Row]:
        """What is due; nothing once it is time to go."""
        with self._wake:
            self._wake.wait_for(lambda: self._due or self._closing)
            self._is_last = self._closing
            due, self._due = self._due, {}
            return due

    def _failed(self, due: dict[Key, Row], trouble: str) -> None:
        self._disconnect()
        if self.trouble is None:
            _report(trouble)
        self.trouble = trouble
        with self._wake:
            if self._is_last:
                log.error("history_not_written", rows=len(due))
                self._due = {}
                return
            self._due = {**due, **self._due}
            self._wake.wait_for(lambda: self._closing, AGAIN_S)


def _report(trouble: str) -> None:
    log.error("history", trouble=trouble)


def _connect(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(path, timeout=BUSY_S, isolation_level=None, check_same_thread=False)


def _prepare(connection: sqlite3.Connection) -> None:
    """Make the tables of a new file. A power cut takes nothing that was committed: FULL."""
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("BEGIN IMMEDIATE")
    try:
        for kind in KINDS:
            columns = ", ".join(f"{f.name} {_type(f.type)}" for f in fields(kind))
            key = ", ".join(kind.KEY)
            connection.execute(
                f"CREATE TABLE IF NOT EXISTS {kind.TABLE} ({columns}, PRIMARY KEY ({key}))"
            )
        connection.execute(f"PRAGMA user_version = {SCHEMA}")
    except sqlite3.Error:
        connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")


def _type(annotation: object) -> str:
    name = annotation.__name__ if isinstance(annotation, type) else str(annotation)
    plain, _, optional = name.partition(" | ")
    return _TYPES[plain] + ("" if optional else " NOT NULL")


def _rows(connection: sqlite3.Connection, kind: type[Row]) -> Iterator[Row]:
    names = [field.name for field in fields(kind)]
    known: TypeAdapter[Row] = TypeAdapter(kind)
    for values in connection.execute(f"SELECT {', '.join(names)} FROM {kind.TABLE}"):  # noqa: S608 - names of ours
        try:
            yield known.validate_python(dict(zip(names, values, strict=True)))
        except ValidationError as error:
            message = f"a row of {kind.TABLE} makes no sense"
            raise _CorruptError(message) from error


def _put(connection: sqlite3.Connection, rows: Iterable[Row]) -> None:
    connection.execute("BEGIN IMMEDIATE")
    try:
        for row in rows:
            names = ", ".join(field.name for field in fields(row))
            places = ", ".join("?" * len(fields(row)))
            connection.execute(
                f"INSERT OR REPLACE INTO {row.TABLE} ({names}) VALUES ({places})",  # noqa: S608 - names of ours
                astuple(row),
            )
        connection.execute("COMMIT")
    except sqlite3.Error:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


@contextmanager
def _telling_corruption() -> Iterator[None]:
    try:
        yield
    except sqlite3.DatabaseError as error:
        if (error.sqlite_errorcode & 0xFF) in _CORRUPT:
            raise _CorruptError(str(error)) from error
        raise


def _in_words(path: Path, error: Exception) -> str:
    why = getattr(error, "strerror", None) or error
    return (
        f"The history {path} cannot be used ({why}): see that its directory exists, belongs to "
        "the bridge's user and has room"
    )
