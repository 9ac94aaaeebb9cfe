"""When something was written down, such that another process can tell how long ago that was.

Within one boot the computer's own clock tells, whatever happens to the wall clock. From one boot to
another only the wall clock can, and only where it was set by the network at both ends: a Raspberry
Pi has no clock that goes on while it is off.
"""

import ctypes
import functools
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from bridge.clock import Clock

BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
TIMESYNCD = Path("/run/systemd/timesync/synchronized")
"""It is there once systemd-timesyncd has set the clock."""
TIME_ERROR = 5
"""What adjtimex answers while the clock is not synchronised, see adjtimex(2)."""
_TIMEX_BYTES = 512
"""More than `struct timex` has anywhere; all zero, it asks and changes nothing."""


@dataclass(frozen=True, slots=True)
class Moment:
    """A point in time.

    `boot` names the boot of the computer (empty: unknown), `ticks` are seconds since then with its
    sleep, `wall` is Unix time, `synchronised` whether the network vouches for it.
    """

    boot: str
    ticks: float
    wall: float
    synchronised: bool


def elapsed(before: Moment, after: Moment) -> float | None:
    """Seconds that passed for certain; None where nobody can tell. Never negative."""
    if before.boot and before.boot == after.boot:
        return max(0.0, after.ticks - before.ticks)
    if before.synchronised and after.synchronised:
        return max(0.0, after.wall - before.wall)
    return None


@dataclass(frozen=True, slots=True)
class Timekeeper:
    """Takes the moment: this computer's, unless a test has other ideas."""

    clock: Clock
    boot: str
    synchronised: Callable[[], bool]

    @classmethod
    def of_this_computer(cls, clock: Clock) -> "Timekeeper":
        """The boot id is read once, whether the clock is synchronised each time."""
        return cls(clock, read_boot_id(), is_synchronised)

    def now(self) -> Moment:
        """This moment."""
        return Moment(
            self.boot, self.clock.now(), self.clock.utc().timestamp(), self.synchronised()
        )


def read_boot_id(path: Path = BOOT_ID) -> str:
    """The kernel's name for this boot; empty where there is none."""
    try:
        return path.read_text("ascii").strip()
    except (OSError, ValueError):
        return ""


def is_synchronised() -> bool:
    """Whether the wall clock is set by the network: the kernel's word, else that of systemd."""
    answer = _ask_kernel()
    if answer < 0:  # not Linux, or a sandbox that lets nobody ask
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
