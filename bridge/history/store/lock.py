"""A state directory is one bridge's: two would write over what each other counts."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import structlog

NAME = "lock"
HINT = "give each bridge a state_dir of its own"

log = structlog.get_logger()


@contextmanager
def marked(directory: Path) -> Iterator[bool]:
    """Hold a mark on a directory, which is made, until the end, or a kill.

    Yields True if no bridge ever ran here: the mark's file, which stays, was not there.
    Where another bridge holds it, or nobody can, as on a disk that is read-only, a warning says so
    and it goes on: a treadmill whose limits are kept is worth more than a count of its steep time.
    """
    new = False
    with ExitStack() as held:
        try:
            new = _lock(directory, held)
        except BlockingIOError as error:
            reason = f"{error.strerror} runs with the state directory {directory}"
            log.warning("state_shared", reason=reason, hint=HINT)
        except OSError as error:
            reason = f"{directory}: {error.strerror or error}"
            log.warning("state_not_locked", reason=reason, hint=HINT)
        yield new


def _lock(directory: Path, held: ExitStack) -> bool:
    """Lock the directory; True if its lock file is new."""
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    new = not (directory / NAME).exists()
    lock = os.open(directory / NAME, os.O_RDWR | os.O_CREAT, 0o600)
    held.callback(os.close, lock)  # the file stays: somebody may have it open already
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise BlockingIOError(error.errno, f"another treadmill-bridge{_whose(lock)}") from None
    with suppress(OSError):  # a full disk; it is locked all the same
        os.ftruncate(lock, 0)
        os.write(lock, b"%d\n" % os.getpid())
    return new


def _whose(lock: int) -> str:
    process = b""
    with suppress(OSError):
        process = os.read(lock, 20).strip()
    return f" (process {process.decode()})" if process.isdigit() else ""
