"""While finishing, what is allowed falls to a walk."""

from collections.abc import Iterator

from bridge.guard.facts import Facts
from bridge.guard.limits import Bound, Limit


def cool_down(facts: Facts) -> Iterator[Limit]:
    """Bound both axes by the slope that `finish` began, a whole step of the machine at a time.

    A request that followed the line itself would change with each decision, and be written each
    time. What a person asks below the line holds until the line is lower.
    """
    slope = facts.cool_down
    if slope is None:
        return
    for axis, grid in facts.grids.items():
        most = slope.most(axis, facts.now)
        if grid.settable:
            most = float(min(most, grid.range.floor(most)))
        yield Bound(axis, most, "cool_down", "cool_down")
