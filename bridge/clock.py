"""The one clock. Everything that needs the time is handed one of these."""

import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """Where the time comes from."""

    def now(self) -> float:
        """Monotonic time in seconds; only differences mean anything."""
        ...

    def utc(self) -> datetime:
        """Wall time in UTC: for people and payloads, never for measuring a duration."""
        ...


_CLOCK = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
# Else a command that waited through a suspend would seem fresh when the computer wakes.


@dataclass(frozen=True, slots=True)
class SystemClock:
    """The clock of this computer; where it can be told, its sleep counts as time that went by."""

    def now(self) -> float:
        """Monotonic time in seconds since the computer started."""
        return time.clock_gettime(_CLOCK)

    def utc(self) -> datetime:
        """Wall time in UTC."""
        return datetime.now(UTC)
