"""Amounts of running, as sessions, records and plans count them."""

from dataclasses import dataclass

from protocols.frozen import frozen

COUNTS_S = 300.0
"""Shortest session (belt time) that counts as a baseline."""


@frozen
class Effort:
    """Amount of running: belt time in seconds, distance and climb in metres."""

    time_s: float = 0.0
    distance_m: float = 0.0
    climb_m: float = 0.0

    def plus(self, time_s: float, distance_m: float, climb_m: float) -> "Effort":
        """Return the sum of this and another effort."""
        return Effort(self.time_s + time_s, self.distance_m + distance_m, self.climb_m + climb_m)

    def longest(self, other: "Effort") -> "Effort":
        """Return the maximum of each measure."""
        return Effort(
            max(self.time_s, other.time_s),
            max(self.distance_m, other.distance_m),
            max(self.climb_m, other.climb_m),
        )


NO_EFFORT = Effort()


@dataclass(frozen=True, slots=True)
class Baseline:
    """Reference for a session, for each measure alone: time, distance and climb.

    The maximum of the last 30 days (`recent`), else half the maximum of the last 180 days.
    """

    most: Effort
    recent: bool = True

    @classmethod
    def after(cls, before: "Baseline | None", done: Effort) -> "Baseline | None":
        """Return the baseline that includes a finished session."""
        # Too short to be a baseline.
        if done.time_s < COUNTS_S:
            return before
        if before is None or not before.recent:
            return cls(done)
        return cls(before.most.longest(done))
