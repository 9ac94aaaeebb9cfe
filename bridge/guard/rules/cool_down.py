"""While finishing, what is allowed falls to a walk."""

from collections.abc import Iterable

from bridge.guard.facts import Facts
from bridge.guard.limits import Bound, Limit


def cool_down(facts: Facts) -> Iterable[Limit]:
    """Bound both axes by the slope that `finish` began."""
    slope = facts.cool_down
    if slope is None:
        return ()
    return [Bound(a, slope.most(a, facts.now), "cool_down", "cool_down") for a in facts.grids]
