"""The engine, one for each axis: from a request to a setpoint.

With request `q`, bound `B`, shaped target `x`, measured value `m`, ramp `r`, easing `e`:

    q ← min(q, B)                        every bound lowers the request itself
    x ← min(x + r·dt, max(q, x − e·dt))  up by the ramp, down by easing
    s ← floor(x to the machine's step)   what is written when it differs from the last
    r = 0 under a hold, and unless x ≤ m + lead

Hence the setpoint exceeds request and bound only while it falls, and rises no faster than the ramp.
"""

import math
from dataclasses import replace

from bridge.guard.facts import Grid
from protocols.frozen import frozen

MAX_DT_S = 1.0
"""A longer step of time was not observed, so it gives no headroom."""
LEAD_S = 5.0
"""The belt is waited for: the target runs ahead of it by no more than this much of the ramp."""


@frozen
class AxisState:
    """One axis in wire units: request `q` (None: nobody asked), shaped target `x`, and last `s`."""

    request: int | None
    shaped: float
    written: int
    led: bool = False
    """Whether the target would be higher by now, had the belt followed."""

    @property
    def least(self) -> int:
        """What is wanted now: less is a reduction, though the belt be slower yet."""
        return self.written if self.request is None else self.request

    def ask(self, value: int, *, at_once: bool) -> "AxisState":
        """Take a new request; a person's own lowering (`at_once`) is not eased."""
        shaped = min(self.shaped, float(value)) if at_once else self.shaped
        return replace(self, request=value, shaped=shaped)

    def cap(self, value: int) -> "AxisState":
        """Let the request fall to `value`; nothing rises above it until somebody asks again."""
        request = value if self.request is None else min(self.request, value)
        return replace(self, request=request)

    @classmethod
    def adopted(cls, value: int, grid: Grid) -> "AxisState":
        """Take what the machine does by itself as request, target and setpoint; write nothing.

        Beyond the machine's own range it is garbage, which must not take long to be eased from.
        """
        return cls(value, float(min(value, grid.range.maximum)), grid.range.floor(value))

    def advance(
        self,
        dt: float,
        *,
        bound: float,
        wait: float = math.inf,
        ramp: float,
        easing: float,
        measured: float | None,
        grid: Grid,
    ) -> "AxisState":
        """Move on by `dt` seconds; `ramp` is 0 under a hold, and nothing rises above `wait`.

        What is not a number gives no headroom: a bound that is none allows the least there is.
        """
        if self._rests_within(bound, grid):
            return self
        dt = min(dt, MAX_DT_S)
        bound = grid.range.minimum if math.isnan(bound) else bound
        request = self.request
        if request is not None and bound < request:
            request = math.floor(bound)
        goal = min(self.shaped, bound) if request is None else float(request)
        risen, led = self.shaped, False
        if measured is not None and not math.isnan(measured):
            climbed = min(self.shaped + ramp * dt, wait)
            lead = measured + ramp * LEAD_S + grid.step
            # Asked twice at one moment: where there was no time to climb, it is led as it was.
            stays = self.led and dt == 0 and goal > self.shaped
            led = stays or min(climbed, goal) > max(self.shaped, lead)
            risen = max(self.shaped, min(climbed, lead))
        shaped = min(risen, max(goal, self.shaped - easing * dt))
        shaped = max(shaped, float(grid.range.minimum))
        return AxisState(request, shaped, grid.range.floor(shaped), led)

    def _rests_within(self, bound: float, grid: Grid) -> bool:
        """Whether it is where it is to be: most of the time it is, and then nothing changes."""
        top = self.shaped if self.request is None else self.request
        there = top == self.shaped == self.written and not self.led
        return there and bound >= top >= grid.range.minimum
