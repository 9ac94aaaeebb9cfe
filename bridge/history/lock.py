"""A state directory belongs to one bridge at a time: two would overwrite what each other counts."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import structlog

NAME = "lock"

log = structlog.get_logger()


class InUseError(Exception):
    """Another bridge runs with the state directory."""


@contextmanager
def alone(directory: Path) -> Iterator[None]:
    """Keep every other bridge from a directory, which is made; a kill ends that as well.

    Where nothing can be locked, as on a disk that is read-only, it is told and goes on.

    Raises:
        InUseError: It is too late for that.
    """
    with ExitStack() as held:
        try:
            _lock(directory, held)
        except OSError as error:
            log.warning(
                "state_not_locked",
                reason=f"{directory}: {error.strerror or error}",
                hint="see that no other bridge has the same state_dir",
            )
        yield


def _lock(directory: Path, held: ExitStack) -> None:
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    lock = os.open(directory / NAME, os.O_RDWR | os.O_CREAT, 0o600)
    held.callback(os.close, lock)  # the file stays: somebody may have it open already
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        message = (
            f"another treadmill-bridge{_whose(lock)} runs with the state directory {directory}: "
            "stop it, or give each a state_dir of its own"
        )
        raise InUseError(message) from None
    with suppress(OSError):  # a full disk; it is locked all the same
        os.ftruncate(lock, 0)
        os.write(lock, b"%d\n" % os.getpid())


def _whose(lock: int) -> str:
    process = b""
    with suppress(OSError):
        process = os.read(lock, 20).strip()
    return f" (process {process.decode()})" if process.isdigit() else ""
