"""Deletes and adds sessions, and makes backups, beside a running bridge.

Each change is one short transaction, so a running bridge waits for milliseconds at most.
"""

import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

from bridge.history.reader import AROUND_S, Entry
from bridge.history.store.chunk import CHUNK, Second, encode
from bridge.history.store.database import BUSY_S, open_to_read, open_to_write
from bridge.history.store.rows import Samples, Session
from bridge.history.store.schema import SCHEMA, check, version_of
from bridge.history.store.upsert import upsert

UNDER_WAY_S = 3600.0
"""Seconds since the last write within which an unfinished session counts as in progress."""
SAME_S = 60.0
"""Two sessions of one person that begin within this many seconds are the same."""


class UpkeepError(Exception):
    """The change is not possible; the message includes advice."""


@contextmanager
def _changing(path: Path) -> Iterator[sqlite3.Connection]:
    """Open the file for one transaction."""
    if not path.exists():
        message = f"there is no history at {path}: run the bridge once"
        raise UpkeepError(message)
    try:
        with closing(open_to_write(path, BUSY_S)) as connection:
            check(connection, path)
            if version_of(connection) != SCHEMA:
                message = (
                    f"the history {path} was written by an earlier version: start the bridge once,"
                    " it brings the file up to date"
                )
                raise UpkeepError(message)
            connection.execute("PRAGMA foreign_keys = ON")
            connection.execute("BEGIN IMMEDIATE")
            yield connection
            connection.execute("COMMIT")
    except sqlite3.Error as error:
        message = f"the history {path} cannot be changed ({error}); nothing was changed"
        raise UpkeepError(message) from error


def delete(path: Path, entry: Entry) -> None:
    """Delete a session with its samples, commands, decisions and events, for good.

    The guard's knowledge of steep time, rest and shoes stays.

    Raises:
        UpkeepError: nothing was deleted.
    """
    session = entry.session
    if not session.finished and time.time() - session.end < UNDER_WAY_S:
        message = f"session {entry.number} is under way: finish it first"
        raise UpkeepError(message)
    with _changing(path) as connection:
        connection.execute("INSERT OR IGNORE INTO deleted (id) VALUES (?)", (session.id,))
        connection.execute("DELETE FROM session WHERE id = ?", (session.id,))
        if session.source != "bridge":
            return
        for table in ("command", "decision", "event"):
            connection.execute(
                f"DELETE FROM {table} WHERE treadmill = ? AND wall BETWEEN ? AND ?"  # noqa: S608 - fixed names
                " AND NOT EXISTS (SELECT 1 FROM session WHERE session.treadmill = ?"
                f" AND {table}.wall BETWEEN start - ? AND end + ?)",
                (
                    session.treadmill,
                    session.start - AROUND_S,
                    session.end + AROUND_S,
                    session.treadmill,
                    AROUND_S,
                    AROUND_S,
                ),
            )


def add(path: Path, session: Session, samples: Sequence[Second]) -> int:
    """Add an imported session; return its number.

    Raises:
        UpkeepError: it exists already, or cannot be written; nothing was added.
    """
    with _changing(path) as connection:
        found = connection.execute(
            "SELECT number FROM session WHERE person = ? AND start BETWEEN ? AND ?",
            (session.person, session.start - SAME_S, session.start + SAME_S),
        ).fetchone()
        if found is not None:
            message = f"{session.person} has a session of that time already: number {found[0]}"
            raise UpkeepError(message)
        connection.execute("DELETE FROM deleted WHERE id = ?", (session.id,))
        connection.execute(*upsert(session))
        for first in range(0, len(samples), CHUNK):
            chunk = samples[first : first + CHUNK]
            connection.execute(*upsert(Samples(session.id, chunk[0].at, encode(chunk))))
        query = "SELECT number FROM session WHERE id = ?"
        return int(connection.execute(query, (session.id,)).fetchone()[0])


def backup(path: Path, target: Path) -> int:
    """Copy the history as it is now, and verify the copy; return its size in bytes.

    Raises:
        UpkeepError: there is no valid copy, and no file is left.
    """
    if not path.exists():
        message = f"there is no history at {path}"
        raise UpkeepError(message)
    if target.exists() and target.samefile(path):
        message = f"{target} is the history itself; choose another file"
        raise UpkeepError(message)
    half = target.with_name(f".{target.name}.half")
    try:
        half.unlink(missing_ok=True)
        half.touch(mode=0o600)
        with (
            closing(open_to_read(path, BUSY_S)) as source,
            closing(sqlite3.connect(half)) as copy,
        ):
            source.backup(copy)
            copy.execute("PRAGMA journal_mode = DELETE")
            (found,) = copy.execute("PRAGMA integrity_check(1)").fetchone()
        if found != "ok":
            message = f"the history {path} is damaged ({found}): no backup was made"
            raise UpkeepError(message)
        half.replace(target)
    except (OSError, sqlite3.Error) as error:
        message = f"cannot write {target} ({error}); no backup was made"
        raise UpkeepError(message) from error
    finally:
        half.unlink(missing_ok=True)
    return target.stat().st_size
