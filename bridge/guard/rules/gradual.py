"""Sessions far beyond the previous ones, where many injuries begin."""

from typing import NamedTuple

from bridge.values.effort import Baseline, Effort

LEAST = Effort(time_s=300.0, distance_m=500.0, climb_m=20.0)
"""An effort below this is never too much, however short the baseline is."""


class Excess(NamedTuple):
    """A measure of a session (`time_s`, `distance_m`, `climb_m`) beyond its baseline."""

    measure: str
    did: float
    usual: float


def gradual(effort: Effort, baseline: Baseline, percent: float) -> tuple[Excess, ...]:
    """Return the measures beyond `percent` of the baseline."""
    found = []
    for measure in ("time_s", "distance_m", "climb_m"):
        did, usual = getattr(effort, measure), getattr(baseline.most, measure)
        if did > max(usual * percent / 100, getattr(LEAST, measure)):
            found.append(Excess(measure, did, usual))
    return tuple(found)
