"""A session that is much more than those before it is where many injuries begin."""

from dataclasses import dataclass
from typing import NamedTuple

from protocols.frozen import frozen

COUNTS_S = 300.0
"""A session shorter than this (belt time) is no baseline for the ones that follow."""


@frozen
class Effort:
    """How much running: belt time in seconds, way and climb in metres."""

    time_s: float = 0.0
    distance_m: float = 0.0
    climb_m: float = 0.0

    def plus(self, time_s: float, distance_m: float, climb_m: float) -> "Effort":
        """This and some more."""
        return Effort(self.time_s + time_s, self.distance_m + distance_m, self.climb_m + climb_m)

    def longest(self, other: "Effort") -> "Effort":
        """The more of each."""
        return Effort(
            max(self.time_s, other.time_s),
            max(self.distance_m, other.distance_m),
            max(self.climb_m, other.climb_m),
        )


NO_EFFORT = Effort()


@dataclass(frozen=True, slots=True)
class Baseline:
    """What a session is measured against, each on its own: time, way and climb.

    The most of the last 30 days (`recent`), else half the most of the last 180.
    """

    most: Effort
    recent: bool = True

    @classmethod
    def after(cls, before: "Baseline | None", done: Effort) -> "Baseline | None":
        """The baseline once a session is over: what it did counts from now on."""
        if done.time_s < COUNTS_S:
            return before
        if before is None or not before.recent:
            return cls(done)
        return cls(before.most.longest(done))


LEAST = Effort(time_s=300.0, distance_m=500.0, climb_m=20.0)
"""Less than this is too much for nobody, however little came before."""


class Excess(NamedTuple):
    """One measure of a session (`time_s`, `distance_m`, `climb_m`) that is too much at once."""

    measure: str
    did: float
    usual: float


def gradual(effort: Effort, baseline: Baseline | None, percent: float) -> tuple[Excess, ...]:
    """Find what of a session is beyond `percent` of the baseline; nothing without one."""
    if baseline is None:
        return ()
    found = []
    for measure in ("time_s", "distance_m", "climb_m"):
        did, usual = getattr(effort, measure), getattr(baseline.most, measure)
        if did > max(usual * percent / 100, getattr(LEAST, measure)):
            found.append(Excess(measure, did, usual))
    return tuple(found)
