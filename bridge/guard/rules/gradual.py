"""A session that is much more than those before it is where many injuries begin."""

from typing import NamedTuple

from bridge.guard.past import Baseline, Effort

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
