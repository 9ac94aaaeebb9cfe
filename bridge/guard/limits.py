"""Answers of a rule: a bound, a wait or a hold, each with its reason."""

import math
from collections.abc import Iterable
from operator import attrgetter

from bridge.values import Axis, Reason, Values
from protocols.frozen import frozen

_ORDER = attrgetter("value", "rule")


@frozen
class Hold:
    """Nothing may rise for now, on one axis if given; the fields are those of `Reason`.

    `silence` is True if a new reading ends the hold.
    """

    rule: str
    case: str = ""
    values: Values = ()
    silence: bool = False
    axis: Axis | None = None

    @property
    def reason(self) -> Reason:
        """Reason of the hold."""
        return Reason(self.rule, self.axis, values=self.values, case=self.case)


@frozen
class _Most:
    """A value on one axis (wire units); the other fields are those of `Reason`.

    `slides` is True if the value changes continuously by itself. `announced` is True if a separate
    event reports when the rule begins to bind.
    """

    axis: Axis
    value: float
    rule: str
    case: str = ""
    ends_s: float | None = None
    values: Values = ()
    slides: bool = False
    announced: bool = False

    @property
    def reason(self) -> Reason:
        """Reason of the limit; its `limit` is the value."""
        return Reason(self.rule, self.axis, self.value, self.ends_s, self.values, self.case)


class Bound(_Most):
    """The highest value that one rule allows on one axis now."""


class Wait(_Most):
    """A value above which an axis may not rise for now; the request stays."""


Limit = Bound | Hold | Wait


@frozen
class Limits:
    """All answers of the rules at one moment, in the order of the rules."""

    bounds: tuple[Bound, ...]
    holds: tuple[Hold, ...]
    waits: tuple[Wait, ...] = ()

    @classmethod
    def of(cls, limits: Iterable[Limit]) -> "Limits":
        """Separate the answers by kind."""
        bounds, holds, waits = [], [], []
        for limit in limits:
            if isinstance(limit, Bound):
                bounds.append(limit)
            elif isinstance(limit, Hold):
                holds.append(limit)
            else:
                waits.append(limit)
        return cls(tuple(bounds), tuple(holds), tuple(waits))

    def most(self, axis: Axis) -> float:
        """Return the lowest bound on an axis in wire units; infinite without a bound."""
        return _lowest(self.bounds, axis)

    def holding(self, axis: Axis) -> tuple[Hold, ...]:
        """Return the holds on an axis."""
        return tuple([hold for hold in self.holds if hold.axis in {None, axis}])

    def waits_at(self, axis: Axis) -> float:
        """Return the lowest wait on an axis in wire units; infinite without a wait."""
        return _lowest(self.waits, axis)

    def waiting(self, axis: Axis, wanted: float) -> tuple[Wait, ...]:
        """Return the waits below a request (wire units), lowest first."""
        below = [w for w in self.waits if w.axis is axis and w.value < wanted]
        return tuple(sorted(below, key=_ORDER))

    def binding(self, axis: Axis, wanted: float) -> tuple[Bound, ...]:
        """Return the bounds below a request (wire units), lowest first."""
        below = [b for b in self.bounds if b.axis is axis and b.value < wanted]
        return tuple(sorted(below, key=_ORDER))

    def lowest(self, axis: Axis) -> tuple[Bound, ...]:
        """Return the bounds that share the lowest value on this axis, by the name of the rule."""
        most = self.most(axis)
        found = [b for b in self.bounds if b.axis is axis and b.value == most]
        return tuple(sorted(found, key=_ORDER))


def _lowest(limits: tuple[_Most, ...], axis: Axis) -> float:
    lowest = math.inf
    for limit in limits:
        if limit.axis is axis and limit.value < lowest:
            lowest = limit.value
    return lowest


NO_LIMITS = Limits((), ())
