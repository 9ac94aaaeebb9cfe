"""What the readings of one axis have shown: whether it is steady, has settled, and responds."""

import math
from dataclasses import dataclass

from bridge.machines.learned import Interval, LearnedAxis

STEADY_S = 2.0
"""A belt is steady after this many seconds and three samples without a change."""
MEAN_S = 10.0
"""Seconds of steady readings after which their mean is the running value."""
SETTLING_S = 15.0
"""Seconds after which a belt that does not settle is adopted as it is."""
SERIES_S = 1.0
"""Longest time in seconds between two statuses of a changing current speed."""
STUCK_S = 4.0
"""A belt that can show its rounding has done so by now: half of the patience of 8 s."""
PATIENCE_S = 30.0
"""Upper limit of the patience in seconds, however slow the machine is."""


@dataclass(slots=True)
class Steadiness:
    """Readings since the last change of the belt or its setpoint. Wire units, seconds."""

    at: float
    since: float
    _sum: float = 0.0
    _count: int = 0

    def add(self, measured: float, now: float, slack: float) -> None:
        """Add a reading; a difference of more than `slack` restarts the series."""
        if abs(measured - self.at) > slack:
            self.restart(measured, now)
        self._sum += measured
        self._count += 1

    def restart(self, at: float, now: float) -> None:
        """Restart the series: the belt or its setpoint changes."""
        self.at, self.since, self._sum, self._count = at, now, 0.0, 0

    def lasted(self, now: float) -> float:
        """Return the seconds since the last change."""
        return now - self.since

    def is_steady(self, now: float) -> bool:
        """Return True if the belt has settled."""
        return self.lasted(now) >= STEADY_S and self._count > 2

    @property
    def mean(self) -> float:
        """Mean of the readings since the last change; there is at least one."""
        return self._sum / self._count


@dataclass(slots=True)
class Settling:
    """A belt that was seen to start or found moving. Wire units, monotonic seconds."""

    began: float
    most: float = math.inf
    """Value above which the belt is eased."""
    samples: int = 0
    sure: bool = False
    """False while the newest reading may be garbage: the first one, and a rise right after it."""
    last: float = math.inf
    """Previous reading."""
    rise: float = 0.0
    """Rise from the reading before it."""
    least: float = math.inf
    """Lowest reading."""
    top: float = -math.inf
    """Highest reading, as of the last rise by more than the noise."""
    rose: float = 0.0
    """Time of that rise."""
    pace: float = 0.0
    """Seconds between the last two rises."""
    _named: tuple[float, float] = -math.inf, -math.inf
    """Time and value of the last status."""

    @property
    def started(self) -> bool:
        """True if the belt was seen to start."""
        return self.most < math.inf

    def take(self, measured: int, noise: float, now: float) -> int:
        """Take a reading; return the last one carried on by its rise if that is lower."""
        taken = int(min(measured, self.last + self.rise))
        self.least = min(self.least, measured)
        self.sure = self.samples > 1 or measured <= self.last < math.inf
        self.rise = max(0.0, measured - self.last)
        if measured > self.top + noise:
            self.pace = now - self.rose if self.samples else 0.0
            self.top, self.rose = measured, now
        self.samples, self.last = self.samples + 1, measured
        return taken

    def passes(self, value: int, now: float, learned: LearnedAxis) -> bool:
        """Take a status; return True if the belt may have come from the last one to this value.

        A machine that names its current speed does so again as long as that changes.
        """
        (at, last), self._named = self._named, (now, value)
        fastest = max(learned.rise_per_s.high, learned.fall_per_s.high)
        dt = now - at
        return dt <= SERIES_S and abs(value - last) <= fastest * dt + learned.slack

    def found_at(self, measured: int, learned: LearnedAxis) -> float:
        """Return the target of a belt that is found at `measured`.

        A status is finer than a coarse reading that may be that value, rounded up.
        """
        found, (_, named) = learned.found_at(measured), self._named
        return min(found, named) if named > measured - learned.resolution else found

    def is_over(self, now: float, learned: LearnedAxis, *, steady: bool) -> bool:
        """Return True once the reading is the belt's own speed.

        Coarse readings of a rising belt stay the same for a while. A belt that started may return
        to its old speed, however long that takes.
        """
        began, same_s = self.began, max(STEADY_S, 2 * self.pace)
        if self.started:
            began, same_s = self.rose, max(same_s, learned.resolution / learned.rise_per_s.low)
        return (steady and now - self.rose >= same_s) or now - began >= SETTLING_S


@dataclass(slots=True)
class Response:
    """Response of one axis, in wire units and monotonic seconds.

    `left` is the time when the belt left the band around its setpoint or last came closer by a
    report step; `at` is its reading then. `since` is the time from which no obeying belt can be
    there. `failed` is True once that took too long, `alarmed` once that was above the bound. `told`
    is the setpoint at the last reading outside the band.
    """

    since: float | None = None
    at: float = 0.0
    above: bool = False
    failed: bool = False
    left: float | None = None
    told: int = 0
    alarmed: bool = False

    def is_stuck(self, now: float) -> bool:
        """Return True if the belt has been lower than any that obeys for `STUCK_S`."""
        return self.since is not None and not self.above and now - self.since >= STUCK_S

    def judge(
        self,
        now: float,
        measured: float,
        setpoint: int,
        learned: LearnedAxis,
        *,
        band: Interval,
        expected: Interval,
        patience_s: float,
    ) -> bool:
        """Judge a reading; return True if `failed` changed.

        `band` holds the readings of a belt steady at its setpoint, `expected` those of one on its
        way, so the lag is over outside it. Only motion of the belt is progress. The patience begins
        when an obeying belt would have shown one report step.
        """
        before = self.failed
        if measured in band:
            nearer = setpoint > self.told if self.above else setpoint < self.told
            moved = nearer or abs(measured - self.at) >= learned.resolution
            # What was learned from a belt that stays where it is does not end its 30 s.
            if self.left is None or moved or now - self.left >= PATIENCE_S:
                self.left = None
            self.since, self.failed = None, False
            return before
        self.told = setpoint
        above = measured > band.high
        gained = self.at - measured if above else measured - self.at
        # Progress, or a new deviation: the patience starts again.
        if self.left is None or above is not self.above or gained >= learned.resolution:
            self.left, self.at, self.above = now, measured, above
            self.since, self.failed = None, False
        if measured in expected:
            self.since = None
        elif self.since is None:
            self.since = now
        rate = learned.fall_per_s if above else learned.rise_per_s
        due = learned.resolution / rate.low + patience_s
        late = self.since is not None and now - self.since >= due
        self.failed = self.failed or late or now - self.left >= PATIENCE_S
        return self.failed is not before
