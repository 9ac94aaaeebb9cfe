"""Lock on a state directory: two bridges would overwrite each other's counts."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import structlog

NAME = "lock"
SHARED = "give each bridge a state_dir of its own"
NOT_LOCKED = (
    "state_dir must be a directory of the bridge's user, on a disk with room and file locks"
)

log = structlog.get_logger()


@contextmanager
def marked(directory: Path) -> Iterator[bool | None]:
    """Create and lock a directory for this process, until the block ends or the process is killed.

    Yields True if no bridge ever ran there: the lock's file, which stays, did not exist. Yields
    None if it is not locked: another bridge has the lock, or the disk is read-only. The bridge
    warns and continues: enforcing limits is worth more than exact counts of steep time.
    """
    new: bool | None = None
    with ExitStack() as held:
        try:
            new = _lock(directory, held)
        except BlockingIOError as error:
            reason = f"{error.strerror} runs with the state directory {directory}"
            log.warning("state_shared", reason=reason, hint=SHARED)
        except OSError as error:
            reason = f"{directory}: {error.strerror or error}"
            log.warning("state_not_locked", reason=reason, hint=NOT_LOCKED)
        yield new


def _lock(directory: Path, held: ExitStack) -> bool:
    """Lock the directory; True if its lock file is new."""
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    new = not (directory / NAME).exists()
    lock = os.open(directory / NAME, os.O_RDWR | os.O_CREAT, 0o600)
    held.callback(os.close, lock)  # the file stays: another process may have opened it
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise BlockingIOError(error.errno, f"another treadmill-bridge{_whose(lock)}") from None
    with suppress(OSError):  # a full disk; the lock works anyway
        os.ftruncate(lock, 0)
        os.write(lock, b"%d\n" % os.getpid())
    return new


def _whose(lock: int) -> str:
    process = b""
    with suppress(OSError):
        process = os.read(lock, 20).strip()
    return f" (process {process.decode()})" if process.isdigit() else ""
