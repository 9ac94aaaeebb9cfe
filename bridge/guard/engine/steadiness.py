"""How long a belt has been steady, and at which mean."""

from dataclasses import dataclass

STEADY_S = 2.0
"""A belt is steady when it has not changed for this long, in three samples."""
MEAN_S = 10.0
"""The mean of a belt that is steady for this long is what it runs at."""


@dataclass(slots=True)
class Steadiness:
    """The readings since the belt, or what it was told, last changed. Wire units, seconds."""

    at: float
    since: float
    _sum: float = 0.0
    _count: int = 0

    def add(self, measured: float, now: float, slack: float) -> None:
        """Take a reading; one that differs by more than `slack` begins anew."""
        if abs(measured - self.at) > slack:
            self.restart(measured, now)
        self._sum += measured
        self._count += 1

    def restart(self, at: float, now: float) -> None:
        """Begin anew: the belt, or what it was told, changes."""
        self.at, self.since, self._sum, self._count = at, now, 0.0, 0

    def lasted(self, now: float) -> float:
        """Return the seconds since the last change."""
        return now - self.since

    def is_steady(self, now: float) -> bool:
        """Return True if the belt has settled."""
        return self.lasted(now) >= STEADY_S and self._count > 2

    @property
    def mean(self) -> float:
        """The mean of all readings since the last change; of one or more."""
        return self._sum / self._count
