"""Echoes of a machine's target statuses, as opposed to presses. Pure."""

from math import gcd

from bridge.machines.learned import Echo
from bridge.machines.rounding import ON_STEP, STEPS, is_on
from bridge.tracking.learning.knowledge import Knowledge
from bridge.tracking.learning.rounding import LATEST_S, Rounding
from bridge.values import INCLINE, SPEED, Axis

NEVER = 3
"""Consecutive writes without an echo that show a machine that never echoes."""
EACH = 2
"""Echoes that show a machine that echoes each write, if nothing was known."""
EACH_AFTER_ALL = 3
"""Echoes that show the same on a machine that seemed never to echo."""
FINE = {SPEED: 10, INCLINE: 5}
"""Echoes that need a step as small as this are not rounded to a coarser one."""
ROUNDED = 3
"""Different echoes that differ from their writes and fit one step."""
MOST = 32
"""Writes that may wait for an echo: those of a ramp in `LATEST_S`, two a second and some more."""
MANY = 8
"""Number of echoes from which the fastest one bounds the time to an echo."""
EXACT = 5
"""Number of latest exact echoes that have no coarse step in common on a machine without one."""
PRESSED_S = 2.0
"""Seconds after a press in which a status may name another press."""
NO_ECHO = float("-inf"), 0, 0
"""Time, write and value before the first echo."""


class Echoes:
    """Echoes of one axis' writes. Monotonic seconds, wire units.

    One rounding step explains all echoes of a machine.
    """

    def __init__(self, axis: Axis, known: Knowledge, least: int) -> None:
        """Begin with stored knowledge."""
        self.echo, self.echo_s = known.echo, known.echo_s
        self.fastest_s = known.fastest_s
        """Shortest time to an echo; None before enough echoes."""
        self.pressed = float("-inf")
        """Time of the last console press."""
        self.rounding = Rounding(known.of(axis).off)
        self.least = least
        """Lowest target of the machine's range, which may be off its grid."""
        self._stored = known.of(axis).echoed
        """Rounding step of the echoes, known from earlier links."""
        self._all = self._grids = STEPS[axis]
        self._fine = FINE[axis]
        self._rounded: frozenset[tuple[int, int]] = frozenset()
        """Writes with their echoes that differed."""
        self._exact: tuple[int, ...] = ()
        """Consecutive echoes that equalled their writes."""
        self._waiting: list[tuple[float, int]] = []
        self._missed = 0
        self._times: tuple[float, ...] = ()
        self._took: list[float] = []
        """Seconds to each echo since a write remained without one."""
        self._last = NO_ECHO
        """Time, write and value of the last echo."""

    def wrote(self, target: int, now: float) -> None:
        """Record a write of ours."""
        self._waiting = [*self._waiting, (now, target)][-MOST:]
        self.rounding.wrote(target, now)

    def refused(self, target: int) -> None:
        """Drop the newest write of ours, which the machine refused: nothing echoes it."""
        if self._waiting and self._waiting[-1][1] == target:
            self._waiting.pop()
            self.rounding.forget()

    def tick(self, now: float) -> None:
        """Drop writes that remained without an echo; learn from a series of writes that ended."""
        self.rounding.tick(now, self._coarsest, self.least)
        while self._waiting and now - self._waiting[0][0] > LATEST_S:
            self._waiting.pop(0)
            self._missed += 1
            self._took, self._grids, self._rounded = [], self._all, frozenset()
            self._exact = ()
            if self._missed >= NEVER:
                self.echo = Echo.NEVER

    def named(self, value: int, now: float) -> bool:
        """Take a target status; return True for an echo, which ends all writes up to its own."""
        self.tick(now)
        self.rounding.named(value)
        at, grids = self._of(value)
        lately = now - self._last[0] <= PRESSED_S
        if at is None or (lately and self._turns(value, self._waiting[at][1])):
            if lately:  # the last echo may have been another press of the same gesture
                self._took, self._last = [], NO_ECHO
            self.pressed = now
            return False
        self._last = now, self._waiting[at][1], value
        # A press may name the value just written. That is no evidence of an echo.
        alone = now - self.pressed > PRESSED_S
        if alone or self.echo is Echo.EACH:
            self._learn(value, at, grids, now, alone=alone)
        self._waiting = self._waiting[at + 1 :]
        return True

    def _turns(self, value: int, target: int) -> bool:
        """Return True if echoes would fall after writes that rise, or the reverse."""
        _, written, named = self._last
        return (target - written) * (value - named) < 0

    def _learn(
        self, value: int, at: int, grids: tuple[float, ...], now: float, *, alone: bool
    ) -> None:
        """Learn from the echo of a waiting write."""
        written, target = self._waiting[at]
        exact = abs(target - value) <= ON_STEP
        if self._stored is not None and value != self.least and not is_on(value, self._stored):
            self._stored = None
        if not grids:
            self._rounded = frozenset()
        elif value != self.least and not exact:
            self._rounded |= {(target, value)}
        self._exact = (*self._exact, value)[-EXACT:] if exact else ()
        self._grids = grids or self._all
        took = now - written
        self._took = [*self._took, took][-EACH_AFTER_ALL:]
        if at == 0 and alone:
            self._times = (*self._times, took)[-MANY:]
            if len(self._times) >= MANY:
                known = took if self.fastest_s is None else self.fastest_s
                self.fastest_s = min(*self._times, known)
        self._missed = 0
        # A press that equals a write by chance is followed by writes without an echo.
        if len(self._took) >= (EACH_AFTER_ALL if self.echo is Echo.NEVER else EACH):
            self.echo = Echo.EACH
            self.echo_s = max(self.echo_s or 0.0, *self._took)

    def answered(self) -> None:
        """Take an answer in another unit, which is no echo although the machine may send some."""
        if self.echo is Echo.NEVER:
            self.echo = Echo.UNKNOWN

    @property
    def _is_exact(self) -> bool:
        """True if the latest echoes equalled their writes, which no coarse step explains."""
        return 0 < gcd(*self._exact) <= self._fine

    @property
    def grid(self) -> int | None:
        """Rounding step of the echoes; None after only a few."""
        if self._is_exact:
            return gcd(*self._exact)
        # Several writes rounded to one value are evidence only where a single step explains them.
        seen = len(self._rounded if len(self._grids) == 1 else {v for _, v in self._rounded})
        if seen < ROUNDED or self.echo is not Echo.EACH:
            return self._stored
        # A few echoes may all be multiples of a coarser step by chance.
        return round(self._grids[0 if seen > ROUNDED + 1 else -1])

    @property
    def _coarsest(self) -> int | None:
        """Coarsest step that few rounded echoes leave possible; None if none is known."""
        few = self.are_rounded and self._stored is None
        return round(self._grids[0]) if few else self.grid

    @property
    def are_rounded(self) -> bool:
        """True if the echoes are known to have a coarser step than targets usually have."""
        return (self.grid or 0) > self._fine

    def forget(self) -> None:
        """Drop waiting writes: a halt prevents their echoes."""
        self._waiting.clear()
        self.rounding.forget()

    def _of(self, value: int) -> tuple[int | None, tuple[float, ...]]:
        """Return the write that a status may echo, and the steps that may have rounded it."""
        near: tuple[int | None, tuple[float, ...]] = (None, ())
        for at, (_, target) in enumerate(self._waiting):
            away = abs(target - value)
            grids = tuple(g for g in self._grids if value == self.least or is_on(value, g))
            if away <= ON_STEP:
                return at, grids
            grids = () if self._is_exact else tuple(grid for grid in grids if away < grid)
            if near[0] is None and grids:  # echoes come in order
                near = at, grids
        return near
