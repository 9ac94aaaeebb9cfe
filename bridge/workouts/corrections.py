"""A person's manual corrections of a workout: caps and offsets. Pure."""

import math
from dataclasses import dataclass, field

from bridge.values import Axis


@dataclass(slots=True)
class Corrections:
    """Cap or offset of each axis, in wire units. An axis has at most one of the two."""

    caps: dict[Axis, int] = field(default_factory=dict)
    _offsets: dict[Axis, int] = field(default_factory=dict)

    def lift(self) -> None:
        """Forget all corrections."""
        self.caps.clear()
        self._offsets.clear()

    def lower(self, axis: Axis, value: int) -> bool:
        """Cap an axis at `value`; True if that is a change."""
        changed = self.caps.get(axis) != value
        self.caps[axis] = value
        self._offsets.pop(axis, None)
        return changed

    def raise_to(self, axis: Axis, value: int, *, by: int, goal: float) -> None:
        """Raise an axis to `value`: raise its cap as far as the goal, else add to its offset."""
        if axis not in self.caps:
            self._offsets[axis] = self._offsets.get(axis, 0) + by
        elif value < goal:
            self.caps[axis] = value
        else:
            del self.caps[axis]
            self._offsets[axis] = value - round(goal)

    def uncap(self, axis: Axis) -> None:
        """Remove the cap of an axis."""
        self.caps.pop(axis, None)

    def applied(self, axis: Axis, target: float, *, offset: bool) -> float:
        """Return a target with the corrections of its axis; `offset` False leaves that out."""
        if offset:
            target += self._offsets.get(axis, 0)
        return min(target, self.caps.get(axis, math.inf))
