"""While finishing, what is allowed falls to a walk."""

from collections.abc import Iterator

from bridge.guard.facts import Facts
from bridge.guard.limits import Bound, Limit
from bridge.guard.texts import amount, say


def cool_down(facts: Facts) -> Iterator[Limit]:
    """Bound both axes by the slope that `finish` began."""
    if facts.cool_down is None:
        return
    for axis in facts.grids:
        most = facts.cool_down.most(axis, facts.now)
        yield Bound(axis, most, "cool_down", say("cool_down", limit=amount(axis, most)))
