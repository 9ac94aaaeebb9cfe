"""Moments that another process can compare, to compute the time elapsed.

Within one boot the monotonic clock gives the time, whatever happens to the wall clock. Across boots
only the wall clock can, and only if synchronised at both ends: a Raspberry Pi has no clock that
runs while it is off.
"""

import ctypes
import functools
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from bridge.clock import Clock

BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
TIMESYNCD = Path("/run/systemd/timesync/synchronized")
"""Exists once systemd-timesyncd has set the clock."""
TIME_ERROR = 5
"""adjtimex's result while the clock is not synchronised, see adjtimex(2)."""
_TIMEX_BYTES = 512
"""Larger than any `struct timex`; all zeros make adjtimex a query."""


@dataclass(frozen=True, slots=True)
class Moment:
    """A point in time.

    `boot` identifies the boot of the computer (empty: unknown); `ticks` are seconds since then,
    including sleep; `wall` is Unix time; `synchronised` is True if the network has set the clock.
    """

    boot: str
    ticks: float
    wall: float
    synchronised: bool


def elapsed(before: Moment, after: Moment) -> float | None:
    """Return the seconds certainly elapsed; None if unknown. Never negative."""
    if before.boot and before.boot == after.boot:
        return max(0.0, after.ticks - before.ticks)
    if before.synchronised and after.synchronised:
        return max(0.0, after.wall - before.wall)
    return None


@dataclass(frozen=True, slots=True)
class Timekeeper:
    """Source of moments: this computer's, or a test's."""

    clock: Clock
    boot: str
    synchronised: Callable[[], bool]

    @classmethod
    def of_this_computer(cls, clock: Clock) -> "Timekeeper":
        """Read the boot id once, and the clock's synchronisation each time."""
        return cls(clock, read_boot_id(), is_synchronised)

    def now(self) -> Moment:
        """Return the present moment."""
        return Moment(
            self.boot, self.clock.now(), self.clock.utc().timestamp(), self.synchronised()
        )


def read_boot_id(path: Path = BOOT_ID) -> str:
    """Return the kernel's id of this boot; empty if there is none."""
    try:
        return path.read_text("ascii").strip()
    except (OSError, ValueError):
        return ""


def is_synchronised() -> bool:
    """True if the kernel, or else systemd, reports the clock as synchronised."""
    answer = _ask_kernel()
    if answer < 0:  # not Linux, or a sandbox that forbids the query
        return TIMESYNCD.exists()
    return answer != TIME_ERROR


def _ask_kernel() -> int:
    adjtimex = _adjtimex()
    return -1 if adjtimex is None else int(adjtimex(ctypes.create_string_buffer(_TIMEX_BYTES)))


@functools.cache
def _adjtimex() -> Callable[..., int] | None:
    try:
        function: Callable[..., int] = ctypes.CDLL(None).adjtimex
    except (OSError, AttributeError):
        return None
    return function
