"""The life of a SQLite file: opened, found broken, set aside. Both files of the bridge share it."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

BUSY_S = 2.0
"""Seconds to wait for somebody else, such as a backup, to be done with the file."""
HINT = "see that the state directory exists, belongs to the bridge's user and has room"
BESIDE = ("", "-wal", "-shm")
"""Endings of the names of the files that a database consists of."""

_CORRUPT = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})


class BrokenError(Exception):
    """The file is none of ours, or broken."""


def open_to_write(path: Path, busy_s: float = BUSY_S) -> sqlite3.Connection:
    """Open a file, making it where there is none; transactions are begun by hand.

    It may be handed from one thread to another.

    Raises:
        OSError: Its directory cannot be made.
        sqlite3.Error: It cannot be opened.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    return sqlite3.connect(path, timeout=busy_s, isolation_level=None, check_same_thread=False)


def open_to_read(path: Path, busy_s: float = BUSY_S, *, alone: bool = False) -> sqlite3.Connection:
    """Open a file without changing anything, beside whoever writes it.

    Args:
        path: of the file.
        busy_s: seconds to wait for somebody else.
        alone: True if nobody can be writing it; then nothing is needed beside the file.

    Raises:
        sqlite3.Error: It cannot be opened, or does not exist.
    """
    uri = f"{path.resolve().as_uri()}?mode=ro{'&immutable=1' if alone else ''}"
    return sqlite3.connect(uri, uri=True, timeout=busy_s, isolation_level=None)


@contextmanager
def telling_broken() -> Iterator[None]:
    """Tell a broken file from a disk that fails.

    Raises:
        BrokenError: SQLite found that the file is broken, or is no database.
    """
    try:
        yield
    except sqlite3.DatabaseError as error:
        # Errors that Python's own module raises have no code.
        if (getattr(error, "sqlite_errorcode", 0) & 0xFF) in _CORRUPT:
            raise BrokenError(str(error)) from error
        raise


def set_aside(path: Path) -> Path:
    """Move a broken file out of the way, with what is beside it; it may still be of use.

    Raises:
        OSError: It cannot be moved.
    """
    stamp = datetime.now(UTC).strftime("%Y%m%d-%H%M%S")
    aside = path.with_name(f"{path.name}.broken-{stamp}")
    for suffix in BESIDE:
        part = path.with_name(path.name + suffix)
        if part.exists():
            part.rename(aside.with_name(aside.name + suffix))
    return aside


def cause(error: Exception) -> str:
    """Why a file cannot be used, in the system's or SQLite's words."""
    return getattr(error, "strerror", None) or str(error)
