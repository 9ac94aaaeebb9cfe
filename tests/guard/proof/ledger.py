"""Whole histories, and what follows from them: the oracle's memory of machines and people.

The guard keeps sums and spans; here every look at the belt is kept, and added up anew each time.
Speeds in 0.01 km/h, inclines in 0.1 %, times in seconds.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from bridge.guard import Policy, SteepTier
from bridge.machines import Quirk
from bridge.machines.learned import LearnedMachine
from bridge.values import Axis, MachineInfo
from bridge.values.effort import NO_EFFORT, Baseline, Effort
from bridge.values.plan import Ceilings, Day

NEVER = float("-inf")
NEAR = 1e-6
MILE = 1.609344
DAY_S = 86_400.0
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

    def coarser(self, step: int | None) -> "Steps":
        """The same where the machine was found to round targets to a coarser step."""
        if step is None or step <= self.step or step % self.step or self.lowest % self.step:
            return self
        return replace(self, lowest=-(-self.lowest // step) * step, step=step)


def is_watched(machine: MachineInfo | None) -> bool:
    """True if the machine takes no orders: it is only observed."""
    return machine is not None and Quirk.NO_CONTROL_POINT in machine.quirks


def speeds(machine: MachineInfo | None) -> Steps:
    """The speeds that can be set: the reported range, else 1 to 12 km/h."""
    told, settable = machine.speed_range if machine else None, not is_watched(machine)
    if told is None or told.maximum <= 0 or told.minimum > told.maximum:
        return Steps(100, 1200, 10, told=False, settable=settable)
    lowest = told.minimum or min(100, told.maximum)
    return Steps(lowest, told.maximum, told.step or 1, told=True, settable=settable)


def inclines(machine: MachineInfo | None, least: int) -> Steps:
    """The inclines that can be set, none of them below the owner's least."""
    told = machine.incline_range if machine else None
    if told is None:
        features = machine.features if machine else None
        offered = features is not None and "inclination" in features.settable
        offered = offered and not is_watched(machine)
        return Steps(0, 100, 5, told=False, settable=offered)
    step = told.step or 1
    lowest = told.minimum
    while lowest < least:
        lowest += step
    settable = lowest < told.maximum and not is_watched(machine)
    return Steps(lowest, told.maximum, step, told=True, settable=settable)


@dataclass
class Grids:
    """The steps of both axes, worked out once for each machine and what was learned of it."""

    _known: tuple[MachineInfo | None, int | None, int | None, int] | None = None
    _steps: dict[Axis, Steps] = field(default_factory=dict)

    def of(
        self, machine: MachineInfo | None, learned: LearnedMachine, least: int
    ) -> dict[Axis, Steps]:
        """The steps of both axes."""
        key = machine, learned.speed.grid, learned.incline.grid, least
        known = self._known
        if known is None or known[0] is not machine or known[1:] != key[1:]:
            self._known = key
            self._steps = {
                Axis.SPEED: speeds(machine).coarser(learned.speed.grid),
                Axis.INCLINE: inclines(machine, least).coarser(learned.incline.grid),
            }
        return self._steps


# --- a person


@dataclass
class Climb:
    """One tier: every look at the belt that there ever was, and whether it was steep then.

    Of equal looks in a row only the first and the last are kept.
    """

    tier: SteepTier
    looks: list[tuple[float, bool]] = field(default_factory=list)
    closed: bool = False
    spent: list[tuple[float, float]] = field(default_factory=list)
    """Budgets that count as used because the past is unknown."""
    warned: bool = False
    """True if the warning about the remaining time was given."""

    def look(self, now: float, *, steep: bool) -> None:
        """Note what was seen."""
        if [was for _, was in self.looks[-2:]] == [steep, steep]:
            self.looks.pop()
        self.looks.append((now, steep))

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

    def judge(self, now: float, leaving_s: float, warning_s: float) -> str | None:
        """Close and open; warn once while it is steep and little is left. Return the event type."""
        used, budget = self.used(now), self.tier.budget_s
        if self.closed:
            self.closed = used > budget / 2
            self.warned = self.warned and self.closed
            return None if self.closed else "steep_open"
        if used >= budget - min(leaving_s, budget / 10):
            self.closed = True
            return "steep_closed"
        steep, before = bool(self.looks) and self.looks[-1][1], self.warned
        self.warned = (steep or before) and budget - used <= min(warning_s, budget / 3)
        return "steep_warning" if self.warned and not before else None


@dataclass
class Slope:
    """A cool-down."""

    began: float
    takes_s: float
    start: dict[Axis, float]
    end: dict[Axis, float]
    walk: dict[Axis, float]
    """Speed to which it lowers any higher one."""

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

    def listen(self, now: float, rate: int | None) -> None:
        """Note the rate of a person without a heart rate ceiling."""
        self.hear(now, rate, math.inf)
        self.slowing.clear()

    def holds(self, ceiling: int, now: float) -> bool:
        """True if the rate is too high or missing."""
        return self.are_lost(now) or self.heard[-1][1] > ceiling

    def are_lost(self, now: float) -> bool:
        """True if the rate is missing."""
        return not self.heard or now - self.heard[-1][0] > 10

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

    effort: Effort = NO_EFFORT
    """All of it."""
    moves: list[tuple[float, float]] = field(default_factory=list)
    """Time of each motion, and its duration before."""
    slope: Slope | None = None
    told: set[str] = field(default_factory=set)
    """Measures whose excess was reported."""
    ends: float | None = None
    """Announced time of its end."""

    def move(self, now: float, dt: float, speed: int, incline: int) -> None:
        """The belt went on."""
        self.moves.append((now, dt))
        did, way = self.effort, speed / 360 * dt
        climb = way * incline / 1000 if incline > 0 else 0.0
        self.effort = Effort(did.time_s + dt, did.distance_m + way, did.climb_m + climb)

    def beyond(self, usual: Effort, percent: float, slack: float) -> list[str]:
        """The measures of which it was too much at once; `slack` for what floats leave open."""
        did = self.effort
        compared = (
            ("time_s", did.time_s, max(300.0, usual.time_s * percent / 100)),
            ("distance_m", did.distance_m, max(500.0, usual.distance_m * percent / 100)),
            ("climb_m", did.climb_m, max(20.0, usual.climb_m * percent / 100)),
        )
        return [measure for measure, mine, most in compared if mine > most + slack]


def _lower(one: int | None, other: int | None) -> int | None:
    return min((most for most in (one, other) if most is not None), default=None)


def longest_of_late(sessions: list[tuple[float, Effort]], now: float) -> Baseline | None:
    """The most of the last 30 days, else half the most of 180, each measure on its own."""
    counting = [(now - ended, did) for ended, did in sessions if did.time_s >= NO_BASELINE_S]
    for days, share in ((30, 1.0), (180, 0.5)):
        of_late = [did for ago, did in counting if ago <= days * DAY_S]
        if of_late:
            most = Effort(
                share * max(did.time_s for did in of_late),
                share * max(did.distance_m for did in of_late),
                share * max(did.climb_m for did in of_late),
            )
            return Baseline(most, recent=days == 30)
    return None


@dataclass
class Person:
    """All that is known of a person."""

    climbs: list[Climb]
    deck: float | None = None
    """Last known incline."""
    told: int | None = None
    """Commanded incline at the last look."""
    sent: int = 0
    """Last incline written in this session."""
    counted: int = 0
    """The incline that counted at the last look."""
    walked: list[tuple[float, float]] = field(default_factory=list)
    """Each time that the belt was seen to move, and for how long before, in all sessions."""
    sitting: Sitting | None = None
    rest_until: float = NEVER
    sessions: list[tuple[float, Effort]] = field(default_factory=list)
    """End and effort of each past session."""
    asked_at: float = NEVER
    """Time of the last query of the history; its baseline applies until the next query."""
    plan: Ceilings | None = None
    """Ceilings of the training plan."""

    @classmethod
    def new(cls, policy: Policy, now: float, *, known: bool) -> "Person":
        """Return a person who was never on the belt, or whose past is unknown."""
        if known:
            return cls([Climb(tier) for tier in policy.steep])
        spent = [(tier, [(now - tier.budget_s, now)]) for tier in policy.steep]
        return cls([Climb(tier, closed=True, spent=used) for tier, used in spent])

    @property
    def incline(self) -> int | None:
        """Last known incline, in whole wire steps."""
        return None if self.deck is None else math.ceil(self.deck)

    def later(self, seconds: float) -> None:
        """Move every time later by a span in which an untrusted clock stood still."""
        for climb in self.climbs:
            climb.looks = [(t + seconds, steep) for t, steep in climb.looks]
            climb.spent = [(a + seconds, b + seconds) for a, b in climb.spent]
        self.walked = [(t + seconds, dt) for t, dt in self.walked]
        if self.sitting:
            self.sitting.moves = [(t + seconds, dt) for t, dt in self.sitting.moves]
            if self.sitting.slope:
                self.sitting.slope.began += seconds
        self.rest_until += seconds

    @property
    def baseline(self) -> Baseline | None:
        """Baseline of a session."""
        return longest_of_late(self.sessions, self.asked_at)

    def belt_time(self, pause_s: float, enough_s: float) -> float:
        """Belt time since the last long pause, as far as it matters."""
        total, later = 0.0, math.inf
        for now, dt in reversed(self.walked):
            if (later - now > pause_s and later != math.inf) or total > enough_s:
                break
            total, later = total + dt, now
        return total

    def warm_up_left(self, policy: Policy, now: float) -> float:
        """Remaining warm-up time."""
        if self.walked and now - self.walked[-1][0] > policy.warm_up_pause_s:
            return policy.warm_up_s
        done = self.belt_time(policy.warm_up_pause_s, policy.warm_up_s)
        return max(0.0, policy.warm_up_s - done)

    def follow(self, plan: Ceilings | None) -> None:
        """Take the ceilings of a plan; they never rise in a session."""
        before = self.plan
        if self.sitting is None or before is None:
            self.plan = plan
        elif plan is not None:
            self.plan = replace(
                plan,
                day=plan.day if plan.walks else before.day,
                speed=_lower(plan.speed, before.speed),
                incline=_lower(plan.incline, before.incline),
            )

    def confirm(self) -> None:
        """Run although the plan has a day of rest."""
        if self.plan is not None and self.plan.day is Day.REST and self.sitting is None:
            self.plan = replace(self.plan, day=Day.CONFIRMED)

    def comes_back(self) -> None:
        """Another guard continues from the stored state: the incline in whole wire steps."""
        self.deck = self.incline
        self.sent, self.told = max(self.counted, self.told or 0), None

    def is_gone(self, now: float) -> bool:
        """True if the last motion is more than an hour ago: then the session is over."""
        moves = self.sitting.moves if self.sitting else []
        gone = bool(moves) and now - moves[-1][0] > 3600
        if gone:
            self.rises(now)
        return gone

    def rises(self, now: float) -> None:
        """The session is over."""
        if self.sitting is not None:
            self.sessions.append((now, self.sitting.effort))
            self.sitting = None
