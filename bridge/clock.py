"""The one clock. Everything that needs the time is handed one of these."""

import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
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


class _LocalZone(tzinfo):
    """The zone of this computer. A moment to come may lie beyond a change to summer time."""

    def utcoffset(self, when: datetime | None) -> timedelta | None:
        """How far the wall clock is ahead then."""
        return None if when is None else when.replace(tzinfo=None).astimezone().utcoffset()

    def dst(self, _: datetime | None) -> timedelta | None:
        """Not told apart."""
        return None

    def tzname(self, when: datetime | None) -> str | None:
        """What the zone is called then."""
        return None if when is None else when.replace(tzinfo=None).astimezone().tzname()

    def fromutc(self, when: datetime) -> datetime:
        """What the wall clock shows at a moment."""
        true = when.replace(tzinfo=UTC).astimezone()
        wall = true.replace(tzinfo=self)
        # In autumn an hour comes twice.
        return wall if wall.utcoffset() == true.utcoffset() else wall.replace(fold=1)


LOCAL = _LocalZone()


def on_the_wall(utc: datetime) -> datetime:
    """A moment by the wall clock of this computer, for people."""
    return utc.astimezone(LOCAL)
