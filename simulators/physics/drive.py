"""Motion of the belt and of the deck, each driven by a motor. Plain physics, tick by tick.

The motor ramps at its model's rate. The belt follows it as a first-order lag whose time constant
grows with the load. A change of load makes the belt sag or surge until the regulator catches up. A
weak regulator leaves a lasting droop under load.
"""

from math import exp
from typing import Final

from simulators.physics.runner import REFERENCE_KG

_STANDS_BELOW_KMH: Final = 0.05


class Belt:
    """The belt and its motor; speeds in km/h, times in s.

    Args:
        tick: the length of a step.
        inertia: the lag of the empty belt.
        load_inertia: additional lag with a load of `REFERENCE_KG`.
        sag: km/h by which such a load slows the belt at first.
        regulation: the time constant with which the motor compensates for that.
        droop: the share of the speed that such a load costs permanently.
    """

    def __init__(
        self,
        tick: float,
        *,
        inertia: float,
        load_inertia: float,
        sag: float,
        regulation: float,
        droop: float,
    ) -> None:
        self.kmh = 0.0
        self._tick = tick
        self._inertia = inertia
        self._load_inertia = load_inertia
        self._sag = sag
        self._droop = droop
        self._recover = exp(-tick / regulation)
        self._motor_kmh = 0.0
        self._sagging_kmh = 0.0
        self._weight = 0.0
        self._follow = 0.0
        self._load(0.0)

    def move(self, goal_kmh: float, weight_kg: float, *, up: float, down: float) -> None:
        """Advance one tick towards the goal, by at most `up` or `down` km/h per s."""
        weight = weight_kg / REFERENCE_KG
        if weight != self._weight:
            if self._motor_kmh > 0:
                self._sagging_kmh += self._sag * (weight - self._weight)
            self._load(weight)
        tick = self._tick
        self._motor_kmh = towards(self._motor_kmh, goal_kmh, up=up * tick, down=down * tick)
        self._sagging_kmh *= self._recover
        pulled = self._motor_kmh * (1 - self._droop * weight) - self._sagging_kmh
        self.kmh += (max(0.0, pulled) - self.kmh) * self._follow
        if self._motor_kmh == 0 and self.kmh < _STANDS_BELOW_KMH:
            self.kmh = self._sagging_kmh = 0.0

    def _load(self, weight: float) -> None:
        self._weight = weight
        self._follow = 1 - exp(-self._tick / (self._inertia + self._load_inertia * weight))


class Deck:
    """The incline motor, with one speed: `rate` percent per s."""

    def __init__(self, tick: float, rate: float) -> None:
        self.percent = 0.0
        self._step = rate * tick

    def move(self, goal_percent: float) -> None:
        """Advance one tick towards the goal."""
        self.percent = towards(self.percent, goal_percent, up=self._step, down=self._step)


def towards(value: float, goal: float, *, up: float, down: float) -> float:
    """Return `value` moved towards `goal` by a step, never past it."""
    return min(value + up, goal) if value < goal else max(value - down, goal)
