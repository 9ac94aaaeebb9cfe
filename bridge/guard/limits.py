"""What a rule answers: the most it allows now, or that nothing may rise for now."""

from collections.abc import Iterable
from dataclasses import dataclass

from bridge.values import Axis


@dataclass(frozen=True, slots=True)
class Bound:
    """The most that one rule allows on one axis now (wire units), and why."""

    axis: Axis
    value: float
    rule: str
    text: str


@dataclass(frozen=True, slots=True)
class Hold:
    """Nothing may rise for now, and why."""

    rule: str
    text: str


Limit = Bound | Hold


@dataclass(frozen=True, slots=True)
class Limits:
    """All that the rules say at one moment."""

    bounds: tuple[Bound, ...]
    holds: tuple[Hold, ...]

    @classmethod
    def of(cls, limits: Iterable[Limit]) -> "Limits":
        """Sort a mixed answer; the order it came in does not matter."""
        found = tuple(limits)
        return cls(
            tuple(
                sorted(
                    (b for b in found if isinstance(b, Bound)),
                    key=lambda b: (b.axis, b.value, b.rule),
                )
            ),
            tuple(sorted((h for h in found if isinstance(h, Hold)), key=lambda h: h.rule)),
        )

    def most(self, axis: Axis) -> float:
        """The lowest bound on an axis in wire units; infinite where no rule bounds it."""
        return min((b.value for b in self.bounds if b.axis is axis), default=float("inf"))

    def binding(self, axis: Axis, wanted: float) -> tuple[Bound, ...]:
        """The bounds that cut off a wish (wire units), the lowest first."""
        return tuple(b for b in self.bounds if b.axis is axis and b.value < wanted)

    def lowest(self, axis: Axis) -> tuple[Bound, ...]:
        """The bounds that are the lowest on this axis now."""
        most = self.most(axis)
        return tuple(b for b in self.bounds if b.axis is axis and b.value == most)
