"""Detection of machines whose statuses name the current speed instead of the target. Pure.

A sequential probability ratio test (A. Wald, 1945). Each status is more or less likely if statuses
name targets than if they name the current speed, and so is silence while the belt moves. The sum of
the logarithms of these ratios is the evidence, positive for the current speed.
"""

import math
from itertools import product

from bridge.machines.rounding import ON_STEP, STEPS, rounds
from bridge.values.status import TargetChanged

SURE = 6.9
"""Evidence of a verdict: odds of 1000 to 1, because a wrong one misses presses or invents them."""
MOST = 10.0
"""Largest evidence: three contrary motions end a verdict, and two more reverse it."""
MOTION, ONE = 4.0, 3.5
"""Largest evidence of one motion, whose statuses depend on each other, and of one observation. So a
verdict takes two motions."""
PAUSE_S = 2.0
"""Time without a status that ends a motion; keys pressed for one gesture leave less."""

# Likelihoods relative to the usual case are judgement: their order of magnitude counts.
LIKELY = 0.5
"""That an unknown machine rounds a target to this value."""
SELDOM = 0.2
"""Of a press of several steps, an echo that leaves writes out, a large first step of a belt."""
RARE = 0.1
"""Of a press before the echoes of writes are complete, and of the same current speed again."""
IMPOSSIBLE = 0.005
"""Of a speed that no belt can have: a status may be lost or garbage."""

FASTEST, LEAP = 300, 150
"""No belt changes by more than 3 km/h (wire units) in a second, nor by 1.5 km/h in silence."""
SMALL = 20
"""First step of a belt: it names its speed from the first change by 0.1 or 0.2 km/h on."""
SOON_S = 1.0
"""Longest time between two statuses of a moving belt, whose steps may be larger."""
ECHO_S = 12.0
"""Longest time to an echo: a lag of 6 s and a late status."""
GESTURE_S = 4.0
"""Longest gesture at the console."""
QUIET_S, SILENT = 8.0, 100
"""Reports are at most so late: a change by 1 km/h was silent if no status came for so long."""


class CurrentSpeed:
    """Detector of statuses that name the current speed instead of the target.

    Wire units, monotonic seconds. A verdict lasts until the evidence changes its sign.
    """

    def __init__(self, *, known: bool | None, evidence: float) -> None:
        self.names_current = known
        unstored = 0.0 if known is None else MOST if known else -MOST
        self._before = evidence or unstored
        """Evidence without that of the present motion."""
        self._motion = 0.0
        self._last: int | None = None
        """Speed that the newest status named; None if something else moved the belt since."""
        self._heard = self._pressed = -math.inf
        """Times of the newest status, and of the newest one that was no echo."""
        self._waiting: list[tuple[float, int]] = []
        """Writes without an echo so far."""
        self._reading = 0
        self._span: tuple[int, int] | None = None
        """Lowest and highest speed of the belt since it has sent no status for long."""

    @property
    def evidence(self) -> float:
        """Logarithm of the odds that statuses name the current speed."""
        return _within(MOST, self._before + self._motion)

    def _add(self, ratio: float, *, apart: bool) -> None:
        """Add one observation, `apart` from the motion before."""
        if apart:
            self._before, self._motion = self.evidence, 0.0
        self._motion = _within(MOTION, self._motion + _within(ONE, ratio))
        current = self.evidence > 0
        if abs(self.evidence) >= SURE:
            self.names_current = current
        elif self.names_current is not current:
            self.names_current = None

    def sample(self, speed: int, now: float, wander: float = 0.0, *, runs: bool = True) -> None:
        """Take a reading; a value counts if two readings in a row have reached it.

        `wander` is the largest difference of two readings of a steady belt.
        """
        before, self._reading = self._reading, speed
        if now - self._heard < QUIET_S or not (runs and before):
            self._span = None
            return
        low, high = self._span or (max(before, speed), min(before, speed))
        self._span = low, high = min(low, max(before, speed)), max(high, min(before, speed))
        if high - low >= SILENT + wander:
            self._add(-ONE, apart=True)
            self._heard = now  # once only

    def wrote(self, target: int, now: float) -> None:
        """Record a target speed of ours."""
        self._waiting.append((now, target))

    def started(self, event: TargetChanged, least: int) -> None:
        """Take a speed status of a starting belt; below the `least` setpoint it is no target."""
        if 0 < event.value < least and event.value != self._last:
            self._add(ONE, apart=True)
        self._last, self._heard = event.value, event.time

    def forget(self) -> None:
        """Drop pending writes: something else moves the belt."""
        self._waiting, self._last = [], None

    def named(self, event: TargetChanged, speed: int | None, *, rounded: bool) -> None:
        """Take a status that names a speed; `rounded`: an echo on a known coarse grid."""
        value, now = event.value, event.time
        last, self._last = self._last or speed, value
        gap_s, self._heard = now - self._heard, now
        waiting = [write for write in self._waiting if now - write[0] <= ECHO_S]
        targets = [target for _, target in waiting]
        exact = [at for at, target in enumerate(targets) if abs(value - target) <= ON_STEP]
        near = [at for at, target in enumerate(targets) if rounds("speed", target, value, 0)]
        match = next(iter(exact or near), -1)
        self._waiting = waiting[match + 1 :]
        echo = 1.0 if rounded or exact else LIKELY if near else 0.0
        # Writes move the belt, and nobody is known to press keys.
        alone = bool(targets) and now - self._pressed > GESTURE_S
        if last and (value != last or echo):
            press = (RARE if alone else 1.0) * (1.0 if _is_step(value, last, targets) else SELDOM)
            target = max(echo, press) * (SELDOM if match > 0 else 1.0)  # it leaves writes out
            current = _likelihood(abs(value - last), gap_s)
            if alone and not any(_is_on_way(value, last, at) for at in targets):
                current *= echo or RARE
            self._add(math.log(current / target), apart=gap_s > PAUSE_S)
        if not echo:
            self._pressed = now


def _likelihood(change: int, gap_s: float) -> float:
    """Return the likelihood of a current speed that far and that long after the last one."""
    if change == 0:
        return RARE
    if change > (FASTEST * gap_s + SMALL if gap_s <= SOON_S else LEAP):
        return IMPOSSIBLE
    return 1.0 if change <= SMALL or gap_s <= SOON_S else SELDOM


def _is_step(value: int, last: int, targets: list[int]) -> bool:
    """Return True if one press of a key may lead there from the last target."""
    ways = [abs(value - target) for target in (last, *targets)]
    steps = product(ways, STEPS["speed"])
    return min(ways) <= SMALL or any(abs(way - step) <= ON_STEP for way, step in steps)


def _is_on_way(value: int, last: int, target: int) -> bool:
    return last < value <= target or target <= value < last


def _within(limit: float, value: float) -> float:
    return max(-limit, min(limit, value))
