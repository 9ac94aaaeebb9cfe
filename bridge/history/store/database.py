"""Opening, checking and setting aside a SQLite file. Both of the bridge's files use this."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

BUSY_S = 2.0
"""Seconds to wait for another process, such as a backup, that locks the file."""
HINT = "see that the state directory exists, belongs to the bridge's user and has room"
BESIDE = ("", "-wal", "-shm")
"""Suffixes of the files that make up a database."""

_CORRUPT = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})


class BrokenError(Exception):
    """The file is damaged, or is not the bridge's."""


def open_to_write(path: Path, busy_s: float = BUSY_S) -> sqlite3.Connection:
    """Open a file for writing, and create it if missing; transactions are explicit.

    The connection may be passed between threads.

    Raises:
        OSError: Its directory cannot be created.
        sqlite3.Error: It cannot be opened.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    return sqlite3.connect(path, timeout=busy_s, isolation_level=None, check_same_thread=False)


def open_to_read(path: Path, busy_s: float = BUSY_S, *, alone: bool = False) -> sqlite3.Connection:
    """Open a file read-only, beside its writer.

    Args:
        path: the file.
        busy_s: seconds to wait for another process.
        alone: True if nobody can be writing it; then SQLite needs no files beside it.

    Raises:
        sqlite3.Error: It cannot be opened, or does not exist.
    """
    uri = f"{path.resolve().as_uri()}?mode=ro{'&immutable=1' if alone else ''}"
    return sqlite3.connect(uri, uri=True, timeout=busy_s, isolation_level=None)


@contextmanager
def telling_broken() -> Iterator[None]:
    """Distinguish a damaged file from a failing disk.

    Raises:
        BrokenError: SQLite found the file damaged, or not a database.
    """
    try:
        yield
    except sqlite3.DatabaseError as error:
        # Errors raised by Python's sqlite3 module itself have no code.
        if (getattr(error, "sqlite_errorcode", 0) & 0xFF) in _CORRUPT:
            raise BrokenError(str(error)) from error
        raise


def set_aside(path: Path) -> Path:
    """Rename a damaged file and its companions; its data may still be recoverable.

    Raises:
        OSError: It cannot be renamed.
    """
    stamp = datetime.now(UTC).strftime("%Y%m%d-%H%M%S")
    aside = path.with_name(f"{path.name}.broken-{stamp}")
    for suffix in BESIDE:
        part = path.with_name(path.name + suffix)
        if part.exists():
            part.rename(aside.with_name(aside.name + suffix))
    return aside


def cause(error: Exception) -> str:
    """Return why a file cannot be used, as the system or SQLite reports it."""
    return getattr(error, "strerror", None) or str(error)
