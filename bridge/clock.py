"""The clock. Code that needs the time takes a `Clock` as a parameter."""

import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Protocol


class Clock(Protocol):
    """Source of monotonic and wall time."""

    def now(self) -> float:
        """Return the monotonic time in seconds; only differences are meaningful."""
        ...

    def utc(self) -> datetime:
        """Return the wall time in UTC, for people and payloads; never measure durations with it."""
        ...


_CLOCK = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
# Sleep must count. Otherwise a command queued before a suspend seems fresh after it.


@dataclass(frozen=True, slots=True)
class SystemClock:
    """Clock of this computer; where the system supports it, sleep counts as elapsed time."""

    def now(self) -> float:
        """Return the monotonic time in seconds since the computer started."""
        return time.clock_gettime(_CLOCK)

    def utc(self) -> datetime:
        """Return the wall time in UTC."""
        return datetime.now(UTC)


class _LocalZone(tzinfo):
    """Time zone of this computer, also for times beyond the next change of its offset."""

    def utcoffset(self, when: datetime | None) -> timedelta | None:
        """Return the offset from UTC at that time."""
        return None if when is None else when.replace(tzinfo=None).astimezone().utcoffset()

    def dst(self, _: datetime | None) -> timedelta | None:
        """Return None: the zone does not report daylight saving time separately."""
        return None

    def tzname(self, when: datetime | None) -> str | None:
        """Return the name of the zone at that time."""
        return None if when is None else when.replace(tzinfo=None).astimezone().tzname()

    def fromutc(self, when: datetime) -> datetime:
        """Return the local wall time of a UTC time."""
        true = when.replace(tzinfo=UTC).astimezone()
        wall = true.replace(tzinfo=self)
        # When summer time ends, one hour occurs twice; `fold` marks the second one.
        return wall if wall.utcoffset() == true.utcoffset() else wall.replace(fold=1)


LOCAL = _LocalZone()


def on_the_wall(utc: datetime) -> datetime:
    """Return a UTC time as local wall time, for people."""
    return utc.astimezone(LOCAL)
