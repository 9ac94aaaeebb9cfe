"""Sessions far beyond the previous ones, where many injuries begin."""

from dataclasses import dataclass
from typing import NamedTuple

from bridge.values.effort import Effort

COUNTS_S = 300.0
"""Shortest session (belt time) that counts as a baseline."""


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


LEAST = Effort(time_s=300.0, distance_m=500.0, climb_m=20.0)
"""An effort below this is never too much, however short the baseline is."""


class Excess(NamedTuple):
    """A measure of a session (`time_s`, `distance_m`, `climb_m`) beyond its baseline."""

    measure: str
    did: float
    usual: float


def gradual(effort: Effort, baseline: Baseline | None, percent: float) -> tuple[Excess, ...]:
    """Return the measures beyond `percent` of the baseline; empty without a baseline."""
    if baseline is None:
        return ()
    found = []
    for measure in ("time_s", "distance_m", "climb_m"):
        did, usual = getattr(effort, measure), getattr(baseline.most, measure)
        if did > max(usual * percent / 100, getattr(LEAST, measure)):
            found.append(Excess(measure, did, usual))
    return tuple(found)
