"""Whole histories, and what follows from them: the oracle's memory of machines and people.

The guard keeps sums and spans; here every look at the belt is kept, and added up anew each time.
Speeds in 0.01 km/h, inclines in 0.1 %, times in seconds.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass, field

from bridge.guard import Policy, SteepTier
from bridge.guard.past import Baseline, Effort
from bridge.values import Axis, MachineInfo
from protocols.ftms.feature import Target

NEVER = float("-inf")
NEAR = 1e-6
NO_BASELINE_S = 300.0
"""A session shorter than this is none that the next is measured against."""


# --- the machine


@dataclass(frozen=True)
class Steps:
    """The values that a machine takes on one axis."""

    lowest: int
    highest: int
    step: int
    told: bool
    settable: bool

    def floor(self, value: float) -> int:
        """The nearest value at or below, found by climbing there."""
        steps = max(0, math.floor((value - self.lowest) / self.step + 1e-9))
        at = self.lowest + steps * self.step
        while at > self.highest and at > self.lowest:
            at -= self.step
        return at

    def apart(self, setpoint: float) -> float:
        """How far measured and written may lie apart."""
        return max(2 * self.step, abs(setpoint) / 20)


def speeds(machine: MachineInfo | None) -> Steps:
    """The speeds that can be set: what the machine says, else 1 to 12 km/h."""
    told = machine.speed_range if machine else None
    if told is None or told.maximum <= 0 or told.minimum > told.maximum:
        return Steps(100, 1200, 10, told=False, settable=True)
    lowest = told.minimum or min(100, told.maximum)
    return Steps(lowest, told.maximum, told.step or 1, told=True, settable=True)


def inclines(machine: MachineInfo | None, least: int) -> Steps:
    """The inclines that can be set, none of them below the owner's least."""
    told = machine.incline_range if machine else None
    if told is None:
        features = machine.features if machine else None
        offered = features is not None and Target.INCLINATION in features.targets
        return Steps(0, 100, 5, told=False, settable=offered)
    step = told.step or 1
    lowest = told.minimum
    while lowest < least:
        lowest += step
    return Steps(lowest, told.maximum, step, told=True, settable=lowest < told.maximum)


# --- a person


@dataclass
class Climb:
    """One tier: every look at the belt that there ever was, and whether it was steep then."""

    tier: SteepTier
    looks: list[tuple[float, bool]] = field(default_factory=list)
    closed: bool = False
    spent: list[tuple[float, float]] = field(default_factory=list)
    """Budgets that count as used because nobody knows."""

    def spans(self, now: float) -> Iterator[tuple[float, float]]:
        """The steep times, the newest first."""
        if self.looks and self.looks[-1][1]:
            yield self.looks[-1][0], now
        for n in range(len(self.looks) - 1, 0, -1):
            (began, was), (ended, became) = self.looks[n - 1], self.looks[n]
            if ended <= now - self.tier.window_s:
                break
            if was or (became and ended - began > 3):
                yield began, ended
        yield from self.spent

    def used(self, now: float, idle_s: float = 0.0) -> float:
        """Seconds in the window that ends `idle_s` from now, if nothing is added."""
        start = now + idle_s - self.tier.window_s
        return sum(max(0.0, ended - max(began, start)) for began, ended in self.spans(now))

    def judge(self, now: float, leaving_s: float) -> None:
        """Close and open."""
        used, budget = self.used(now), self.tier.budget_s
        if self.closed:
            self.closed = used > budget / 2
        else:
            self.closed = used >= budget - min(leaving_s, budget / 10)


@dataclass
class Slope:
    """A cool-down."""

    began: float
    takes_s: float
    start: dict[Axis, float]
    end: dict[Axis, float]

    def most(self, axis: Axis, now: float) -> float:
        """The point of the line."""
        if self.takes_s == 0:
            return self.end[axis]
        part = (min(now, self.began + self.takes_s) - self.began) / self.takes_s
        return self.start[axis] * (1 - part) + self.end[axis] * part


@dataclass
class Beats:
    """Every heart rate that was believable, and the speed that the belt was governed at."""

    heard: list[tuple[float, int, float]] = field(default_factory=list)
    slowing: list[tuple[float, int, float]] = field(default_factory=list)
    """Those of this run."""

    def hear(self, now: float, rate: int | None, here: float) -> None:
        """Note a rate that a person can have."""
        if rate is not None and 30 <= rate <= 230:
            self.heard.append((now, rate, here))
            self.slowing.append((now, rate, here))

    def holds(self, ceiling: int, now: float) -> bool:
        """Whether it beats too fast, or is not heard."""
        return not self.heard or now - self.heard[-1][0] > 10 or self.heard[-1][1] > ceiling

    def bound(self, policy: Policy, ceiling: int) -> float | None:
        """Slower by a step, each time that it was too fast for so long."""
        since = slowed = last = None
        most: float | None = None
        before = [t for t, _, _ in self.heard if not self.slowing or t < self.slowing[0][0]]
        if before:
            last = before[-1]
        for now, rate, here in self.slowing:
            if rate <= ceiling:
                since = slowed = most = None
            else:
                if since is None or (last is not None and now - last > 10):
                    since = now
                enough = now - since >= policy.heart_rate_s
                if enough and (slowed is None or now - slowed >= policy.heart_rate_every_s):
                    most = (here if most is None else min(here, most)) - policy.heart_rate_step
                    slowed = now
            last = now
        return most


@dataclass
class Sitting:
    """A session: each time that the belt was seen to move, and for how long it surely had."""

    moves: list[tuple[float, float, int, int]] = field(default_factory=list)
    """When, for how long, speed, incline."""
    slope: Slope | None = None

    def belt_time(self, pause_s: float) -> float:
        """Belt time since the last long pause."""
        total, later = 0.0, math.inf
        for now, dt, _, _ in reversed(self.moves):
            if later - now > pause_s and later != math.inf:
                break
            total, later = total + dt, now
        return total

    def warm_up_left(self, policy: Policy, now: float) -> float:
        """What is left of the warm-up."""
        if self.moves and now - self.moves[-1][0] > policy.warm_up_pause_s:
            return policy.warm_up_s
        return max(0.0, policy.warm_up_s - self.belt_time(policy.warm_up_pause_s))

    @property
    def effort(self) -> Effort:
        """All of it."""
        time = sum(dt for _, dt, _, _ in self.moves)
        way = sum(speed / 360 * dt for _, dt, speed, _ in self.moves)
        climb = sum(
            speed / 360 * dt * max(0, incline) / 1000 for _, dt, speed, incline in self.moves
        )
        return Effort(time, way, climb)


@dataclass
class Person:
    """All that is known of somebody."""

    climbs: list[Climb]
    incline: int | None = None
    """Where it was last known to be."""
    sitting: Sitting | None = None
    rest_until: float = NEVER
    baseline: Baseline | None = None

    @classmethod
    def new(cls, policy: Policy, now: float, *, known: bool) -> "Person":
        """Somebody who was never on the belt, or of whom nothing is known."""
        if known:
            return cls([Climb(tier) for tier in policy.steep])
        spent = [(tier, [(now - tier.budget_s, now)]) for tier in policy.steep]
        return cls([Climb(tier, closed=True, spent=used) for tier, used in spent])

    def later(self, seconds: float) -> None:
        """Everything was this much later than it seemed: a clock that nobody trusts stood still."""
        for climb in self.climbs:
            climb.looks = [(t + seconds, steep) for t, steep in climb.looks]
            climb.spent = [(a + seconds, b + seconds) for a, b in climb.spent]
        if self.sitting:
            self.sitting.moves = [(t + seconds, dt, v, i) for t, dt, v, i in self.sitting.moves]
            if self.sitting.slope:
                self.sitting.slope.began += seconds
        self.rest_until += seconds

    def rises(self) -> None:
        """The session is over."""
        if self.sitting is None:
            return
        done, self.sitting = self.sitting.effort, None
        if done.time_s < NO_BASELINE_S - NEAR:
            return
        before = self.baseline
        if before is None or not before.recent:
            self.baseline = Baseline(done)
            return
        self.baseline = Baseline(
            Effort(
                max(before.most.time_s, done.time_s),
                max(before.most.distance_m, done.distance_m),
                max(before.most.climb_m, done.climb_m),
            )
        )
