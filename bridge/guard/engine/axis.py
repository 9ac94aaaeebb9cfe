"""Arithmetic of one axis: from a request to a setpoint.

With request `q`, bound `B`, shaped target `x`, setpoint `s`, ceiling `c`, ramp `r`, easing `e`:

    q ← min(q, B)                           every bound lowers the request itself
    c ← min(c + r·dt, s + A)                limit of ramp and adoption together
    x ← min(x + r·dt, max(q, x − e·dt), c)  up by the ramp, down by easing
    s ← floor(x to the machine's step)      written when it differs from the last
    r = 0 under a hold, and unless x ≤ T(m) + lead

Hence the setpoint exceeds request and bound only while it falls. Over T seconds it rises by at most
r·T + A. Only a press at the console uses the allowance A.
"""

import math
from dataclasses import replace

from bridge.values.grid import Grid
from protocols.frozen import frozen

MAX_DT_S = 1.0
"""Longest time step in seconds; time that was not observed gives no headroom."""


@frozen
class AxisState:
    """State of one axis in wire units; `request` is None before the first request."""

    request: int | None
    shaped: float
    written: int
    ceiling: float

    @classmethod
    def at(
        cls, value: int, request: int | None = None, *, ceiling: float | None = None
    ) -> "AxisState":
        """Return a state with target and setpoint at `value`; nothing is written."""
        return cls(request, float(value), value, float(value) if ceiling is None else ceiling)

    @property
    def least(self) -> int:
        """The request, or the setpoint if there is none: anything lower is a reduction."""
        return self.written if self.request is None else self.request

    def with_request(self, value: int, *, at_once: bool) -> "AxisState":
        """Take a new request; a lowering by a person (`at_once`) is not eased."""
        shaped = min(self.shaped, float(value)) if at_once else self.shaped
        return replace(self, request=value, shaped=shaped)

    def cap(self, value: int) -> "AxisState":
        """Lower the request to `value`; only a new request raises it again."""
        request = value if self.request is None else min(self.request, value)
        return replace(self, request=request)

    def slowed(self, value: int, allowance: float) -> "AxisState":
        """Return the state after a press down to `value`; a lower request or setpoint stays."""
        setpoint = min(value, self.written)
        ceiling = min(self.ceiling, setpoint + allowance)
        return AxisState(self.cap(value).request, float(setpoint), setpoint, ceiling)

    def raised(self, value: int, request: int, most: float, measured: float) -> "AxisState":
        """Return the state after a press up to `value`, of which `most` is adopted.

        Beyond that, the target begins at the measured value and is eased to the ceiling.
        """
        if value <= most:
            return AxisState(request, float(value), value, self.ceiling)
        return AxisState(request, max(most, min(value, measured)), self.written, self.ceiling)

    def advance(
        self,
        dt: float,
        *,
        bound: float,
        over: float,
        wait: float,
        ramp: float,
        easing: float,
        allowance: float,
        reach: float,
        grid: Grid,
    ) -> "AxisState":
        """Return the state after `dt` seconds, of which at most `MAX_DT_S` count.

        The setpoint stays below `bound` by `over`, the steady excess of the reading. Above `wait`
        and `reach` the target does not rise. A NaN bound allows only the minimum, a NaN `reach` no
        rise. `ramp` and `easing` are in wire units per second.
        """
        if self.ceiling == self.written + allowance and self.rests(bound - over, grid):
            return self
        dt = min(dt, MAX_DT_S) if dt > 0 else 0.0  # a NaN or negative time step counts as 0
        least = grid.range.minimum
        bound = least if math.isnan(bound) else bound
        request = self.request
        if request is not None and bound < request:
            request = math.floor(bound)
        ceiling = min(self.ceiling + ramp * dt, self.written + allowance)
        before = self.shaped
        goal = min(before if request is None else float(request), bound - over)
        # Stay at or above the minimum, but do not raise a target that the console set below it.
        goal = max(min(goal, ceiling), min(float(least), before))
        if goal <= before:
            shaped = max(goal, before - easing * dt)
        else:
            climbed = min(goal, before + ramp * dt, wait)
            shaped = max(before, min(reach, climbed))  # `before` if `reach` is NaN
        written = grid.floor(shaped)
        return AxisState(request, shaped, written, min(ceiling, written + allowance))

    def rests(self, bound: float, grid: Grid) -> bool:
        """Return True if request, target and setpoint are equal and within the bound."""
        top = self.shaped if self.request is None else self.request
        return top == self.shaped == self.written and bound >= top >= grid.range.minimum
