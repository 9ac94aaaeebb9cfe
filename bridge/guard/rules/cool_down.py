"""While finishing, what is allowed falls to a walk."""

from collections.abc import Iterator

from bridge.guard.facts import Facts
from bridge.guard.limits import Bound, Limit


def cool_down(facts: Facts) -> Iterator[Limit]:
    """Bound both axes by the slope that `finish` began."""
    if facts.cool_down is None:
        return
    for axis in facts.grids:
        yield Bound(axis, facts.cool_down.most(axis, facts.now), "cool_down", "cool_down")
