"""Amount of running, as sessions, records and plans count it."""

from protocols.frozen import frozen


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
