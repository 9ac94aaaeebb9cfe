"""The expected belt: where a machine that obeys only the bridge can be now.

No other module judges whether the belt follows its setpoint. The interval follows from the
setpoints of the last lag seconds, moved at the machine's acceleration and deceleration. It is
widened by the steady difference between reading and target, as learned.
"""

from dataclasses import replace
from itertools import pairwise

from bridge.machines.learned import LearnedAxis
from protocols.frozen import frozen

OVERSHOOT_S = 5.0
"""Seconds for which a machine may overshoot after it reached a raised setpoint."""
CROSSING_S = 2.0
"""A write younger than this, or than the lag, may reach the machine after a press."""


@frozen
class Expected:
    """Expected interval of one axis at the newest sample. Wire units, monotonic seconds.

    `setpoints` are the times and values of writes, oldest first. The first one was in force at the
    edge of the lag.
    """

    low: float
    high: float
    time: float
    setpoints: tuple[tuple[float, int], ...]
    raised: float = float("-inf")
    """Time of the last write that raised the setpoint."""
    falls: float = float("-inf")
    """Time until which a commanded fall may continue, unless the belt arrives earlier."""
    bias: float = 0.0
    """Steady excess of the reading over the expected value, as verified."""

    @classmethod
    def at(
        cls, now: float, setpoint: int, measured: float, learned: LearnedAxis, *, told: bool = True
    ) -> "Expected":
        """Return the interval of a belt at `measured` that moves to `setpoint` if it was told.

        Where it was not told, no setpoint is on its way.
        """
        slack, way = learned.slack, measured - learned.centre(setpoint)
        falls = now + learned.lag_s.high + way / learned.fall_per_s.low
        return cls(
            min(measured, setpoint) - slack,
            max(measured, setpoint) + slack,
            now,
            ((now if told else float("-inf"), setpoint),),
            falls=falls if told and way > learned.press else float("-inf"),
        )

    def wrote(
        self,
        now: float,
        setpoint: int,
        learned: LearnedAxis,
        *,
        bias: float = 0.0,
        measured: float = float("-inf"),
    ) -> "Expected":
        """Return the interval after a write, or after the console changed the setpoint.

        `bias` is the part of the excess that is the same at every setpoint. The machine's own
        target is unknown before the first write, which may lower a belt at `measured`.
        """
        lag_s, kept, raised = learned.lag_s.high, self.setpoints, self.raised
        while len(kept) > 1 and kept[1][0] <= now - lag_s:
            kept = kept[1:]
        (told, last), falls = kept[-1], self.falls
        if told == float("-inf"):
            falls = Expected.at(now, setpoint, measured, learned).falls
        if setpoint > last:
            raised = now
        elif setpoint < last:
            falls = max(falls, now + lag_s) + (last - setpoint) / learned.fall_per_s.low
        elif down := max(v for _, v in kept) - setpoint:  # a late write may have raised the belt
            falls = max(falls, now + lag_s + down / learned.fall_per_s.low)
        # A write above the lowest one on its way leaves less to fall.
        less = setpoint - min([setpoint, *(v for at, v in kept if at > float("-inf"))])
        falls = min(falls, max(now + lag_s, falls - less / learned.fall_per_s.low))
        setpoints = (*kept, (now, setpoint))
        return replace(self, setpoints=setpoints, raised=raised, falls=falls, bias=bias)

    def crossed(
        self, before: "Expected", now: float, setpoint: int, learned: LearnedAxis, lag_s: float
    ) -> "Expected":
        """Return the interval after a press that writes of the last `lag_s` may still follow."""
        late = tuple(w for w in before.setpoints if w[0] > now - lag_s)
        down = setpoint - min((value for _, value in late), default=setpoint)
        falls = now + lag_s + down / learned.fall_per_s.low if down > 0 else self.falls
        return replace(self, setpoints=(*self.setpoints, *late, (now, setpoint)), falls=falls)

    def in_force(
        self, now: float, learned: LearnedAxis, since: float | None = None
    ) -> tuple[int, int]:
        """Return the lowest and highest setpoint that may be in force now.

        With `since`: that may have been in force at any time from then on.
        """
        lag = learned.lag_s
        edge = (now if since is None else since) - lag.high
        lowest = highest = self.setpoints[0][1]
        for began, value in self.setpoints:
            if began <= edge:
                lowest = highest = value
            elif began <= now - lag.low:
                lowest, highest = min(lowest, value), max(highest, value)
        return lowest, highest

    def moved(self, now: float, learned: LearnedAxis, step: float) -> "Expected":
        """Return the interval at `now`."""
        dt = max(0.0, now - self.time)
        # The belt must have moved only after the previous setpoint was certainly out of force.
        edge = now - learned.lag_s.high
        sure = min(dt, edge - max((b for b, _ in self.setpoints if b <= edge), default=edge))
        low, high = self.low, self.high
        if sure < dt:
            # Until then, the belt may have followed a setpoint between two samples.
            bottom, top = self._band(now, learned, step, since=self.time)
            low = min(low, max(bottom, low - learned.fall_per_s.high * (dt - sure)))
            high = max(high, min(top, high + learned.rise_per_s.high * (dt - sure)))
        # Each edge moves outwards at the fastest rate and inwards at the slowest one.
        bottom, top = self._band(now, learned, step)
        rise, fall = learned.rise_per_s, learned.fall_per_s
        high = max(high - fall.low * sure, min(top, high + rise.high * sure))
        low = min(low + rise.low * sure, max(bottom, low - fall.high * sure))
        return Expected(low, high, now, self.setpoints, self.raised, self.falls, self.bias)

    def _band(
        self, now: float, learned: LearnedAxis, step: float, since: float | None = None
    ) -> tuple[float, float]:
        """Return the readings possible for a belt steady at the setpoints in force."""
        lowest, highest = self.in_force(now, learned, since)
        bottom = learned.readings(lowest, step).low - learned.droop * abs(lowest)
        top = learned.highest(highest, step)
        # Overshoot follows a raise only.
        if now - self.raised <= learned.lag_s.high + OVERSHOOT_S:
            top = max(top, learned.readings(highest, step).high + learned.overshoot_of(highest))
        return bottom, top + self.bias

    def rests(self, last: "Expected", learned: LearnedAxis) -> bool:
        """Return True if the interval equals `last` and no setpoint is on its way."""
        arrived = self.time - self.setpoints[-1][0] > learned.lag_s.high + OVERSHOOT_S
        return arrived and self.low == last.low and self.high == last.high

    def seen(
        self, measured: float, learned: LearnedAxis, step: float, since: float | None = None
    ) -> "Expected":
        """Narrow the interval by a reading inside it.

        `since` is the time from which the belt has been steady; None while it may be on its way.
        """
        lowest, highest = self.in_force(self.time, learned)
        slack = learned.blur
        top = learned.highest(highest, step) + self.bias
        bottom = learned.readings(lowest, step).low - learned.droop * abs(lowest)
        above = measured + slack + learned.droop * abs(measured)
        high = min(self.high, max(above, top))
        low = max(self.low, min(measured - slack, bottom))
        falls = self.falls
        if since is not None and falls > self.time:
            lowered = [
                began
                for (told, before), (began, later) in pairwise(self.setpoints)
                if later < before or told == float("-inf")
            ]
            reached = max(lowered, default=self.setpoints[0][0]) + learned.lag_s.high
            # A belt above the middle of a wide band may be about to fall.
            down = since >= reached or measured <= learned.centre(lowest) + slack
            arrived = down and measured <= learned.highest(lowest, step)
            # Coarse readings of a falling belt stay the same for a while.
            still = self.time - since >= (slack + learned.resolution) / learned.fall_per_s.low
            falls = since if arrived and still and self.time >= reached else falls
        return replace(self, low=low, high=high, falls=falls)
