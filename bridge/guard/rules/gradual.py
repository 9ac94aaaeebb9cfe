"""Sessions far beyond the previous ones, where many injuries begin."""

from collections.abc import Iterator

from bridge.values.effort import Baseline, Effort

LEAST = Effort(time_s=300.0, distance_m=500.0, climb_m=20.0)
"""An effort below this is never too much, however short the baseline is."""


def gradual(
    effort: Effort, baseline: Baseline, percent: float
) -> Iterator[tuple[str, float, float]]:
    """Yield the measures beyond `percent` of the baseline: name, value and usual value."""
    for measure in ("time_s", "distance_m", "climb_m"):
        did, usual = getattr(effort, measure), getattr(baseline.most, measure)
        if did > max(usual * percent / 100, getattr(LEAST, measure)):
            yield measure, did, usual
