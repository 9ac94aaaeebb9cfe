"""Detection of machines that report the target as their speed: it leaps. Pure."""

from dataclasses import dataclass

LEAP = 300
"""No belt changes by 3 km/h (wire units) between two samples: that is the target."""
LEAP_S = 1.2
LEAPS = 2
NEAR = 20
"""Largest distance of the end of a leap from the target: 0.2 km/h."""


@dataclass(frozen=True, slots=True)
class _Write:
    time: float
    start: int
    target: int


class Leaps:
    """Counter of leaps. Monotonic seconds, wire units."""

    def __init__(self) -> None:
        self._count = 0
        self._write: _Write | None = None
        self._halted: _Write | None = None

    @property
    def reports_target(self) -> bool:
        """True if the reported speed is known to be the target."""
        return self._count >= LEAPS

    def wrote(self, target: int, speed: int, now: float) -> None:
        """Record a target speed of ours, and the speed reported at that time."""
        self._write = _Write(now, speed, target)

    def halted(self, speed: int, now: float) -> None:
        """Record a stop or pause of ours."""
        self._write, self._halted = None, _Write(now, speed, 0)

    def forget(self) -> None:
        """Drop the pending target: something else moves the belt."""
        self._write = None

    def sample(self, speed: int, now: float) -> None:
        """Take a reported speed."""
        for change in (self._write, self._halted):
            if change is None or abs(change.start - change.target) < LEAP:
                continue
            if 0 < now - change.time <= LEAP_S and abs(speed - change.target) <= NEAR:
                self._count += 1
                self._write = self._halted = None
