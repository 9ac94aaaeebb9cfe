"""How long a belt has been steady."""

from dataclasses import dataclass

STEADY_S = 2.0
"""A belt is steady after this many seconds and three samples without a change."""
MEAN_S = 10.0
"""Seconds of steady readings after which their mean is the running value."""


@dataclass(slots=True)
class Steadiness:
    """Readings since the last change of the belt or its setpoint. Wire units, seconds."""

    at: float
    since: float
    _sum: float = 0.0
    _count: int = 0

    def add(self, measured: float, now: float, slack: float) -> None:
        """Add a reading; a difference of more than `slack` restarts the series."""
        if abs(measured - self.at) > slack:
            self.restart(measured, now)
        self._sum += measured
        self._count += 1

    def restart(self, at: float, now: float) -> None:
        """Restart the series: the belt or its setpoint changes."""
        self.at, self.since, self._sum, self._count = at, now, 0.0, 0

    def lasted(self, now: float) -> float:
        """Return the seconds since the last change."""
        return now - self.since

    def is_steady(self, now: float) -> bool:
        """Return True if the belt has settled."""
        return self.lasted(now) >= STEADY_S and self._count > 2

    @property
    def mean(self) -> float:
        """Mean of the readings since the last change; there is at least one."""
        return self._sum / self._count
