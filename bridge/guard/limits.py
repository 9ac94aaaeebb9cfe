"""What a rule answers: the most it allows now, or that nothing may rise for now."""

import math
from collections.abc import Iterable
from operator import attrgetter

from bridge.values import Axis, Reason, Values
from protocols.frozen import frozen

_ORDER = attrgetter("axis", "value", "rule")
_RULE = attrgetter("rule")


@frozen
class Hold:
    """Nothing may rise for now, and why; see `Reason`.

    `silence` is True if a new reading ends the hold.
    """

    rule: str
    case: str = ""
    values: Values = ()
    silence: bool = False

    @property
    def reason(self) -> Reason:
        """Why."""
        return Reason(self.rule, values=self.values, case=self.case)


@frozen
class _Most:
    """A value on one axis (wire units), and why; see `Reason`.

    `slides` is True if the value changes all the time by itself. `announced` is True if an event of
    its own says when the rule begins to bite.
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
        """Why; its limit is the value."""
        return Reason(self.rule, self.axis, self.value, self.ends_s, self.values, self.case)


@frozen
class Bound(_Most):
    """The most that one rule allows on one axis now."""


@frozen
class Wait(_Most):
    """An axis may not rise above the value for now; the request stays."""


Limit = Bound | Hold | Wait


@frozen
class Limits:
    """All that the rules say at one moment."""

    bounds: tuple[Bound, ...]
    holds: tuple[Hold, ...]
    waits: tuple[Wait, ...] = ()

    @classmethod
    def of(cls, limits: Iterable[Limit]) -> "Limits":
        """Sort a mixed answer; the order it came in does not matter."""
        bounds, holds, waits = [], [], []
        for limit in limits:
            if isinstance(limit, Bound):
                bounds.append(limit)
            elif isinstance(limit, Hold):
                holds.append(limit)
            else:
                waits.append(limit)
        bounds.sort(key=_ORDER)
        if holds:
            holds.sort(key=_RULE)
        if waits:
            waits.sort(key=_ORDER)
        return cls(tuple(bounds), tuple(holds), tuple(waits))

    def most(self, axis: Axis) -> float:
        """The lowest bound on an axis in wire units; infinite where no rule bounds it."""
        for bound in self.bounds:  # the lowest comes first
            if bound.axis is axis:
                return bound.value
        return math.inf

    def waits_at(self, axis: Axis) -> float:
        """What an axis may not rise above for now; infinite where it need not wait."""
        if not self.waits:
            return math.inf
        return min((w.value for w in self.waits if w.axis is axis), default=math.inf)

    def waiting(self, axis: Axis, wanted: float) -> tuple[Wait, ...]:
        """Return what a request (wire units) has to wait for."""
        return tuple(w for w in self.waits if w.axis is axis and w.value < wanted)

    def binding(self, axis: Axis, wanted: float) -> tuple[Bound, ...]:
        """Return the bounds below a request (wire units), the lowest first."""
        return tuple(b for b in self.bounds if b.axis is axis and b.value < wanted)

    def lowest(self, axis: Axis) -> tuple[Bound, ...]:
        """The bounds that are the lowest on this axis now."""
        most = self.most(axis)
        return tuple(b for b in self.bounds if b.axis is axis and b.value == most)


NO_LIMITS = Limits((), ())
