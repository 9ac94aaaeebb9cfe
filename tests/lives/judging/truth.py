"""The meaning of a log: requests of people, and limits of the policy, by the machine's truth."""

import math
from bisect import bisect_right
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

from bridge.values import Axis, Result, Verb
from tests.lives.judging.log import Asked, Log, Moment, Pressed, Shown
from tests.lives.judging.patience import patience_s
from tests.lives.playing.machine import HIGHEST, STEEPEST

STEADY_S, STEADY_M = 15.0, 100.0
"""A setpoint that was held for so long and so far shows the unit of targets."""
SLACK_S = 4.0
"""Seconds by which the bridge may count a warm-up otherwise, beside what it sees late."""


@dataclass(frozen=True, slots=True)
class Intent:
    """A person's request on an axis from a moment on; None after a halt."""

    time: float
    value: float | None
    press: Pressed | None = None
    asked: Asked | None = None
    until: float = float("inf")
    """Time of the person's next action on this axis."""


class Truth:
    """Looks things up in one log."""

    def __init__(self, log: Log) -> None:
        self.log = log
        self.traits = log.traits
        self.names_presses = log.traits.statuses and not log.traits.names_current
        self._times = [moment.time for moment in log.moments]
        self._shown = [shown.time for shown in log.shown]

    # --- the machine

    def at(self, time: float) -> Moment:
        """The moment at a time."""
        return self.log.moments[max(0, bisect_right(self._times, time) - 1)]

    def during(self, begin: float, end: float) -> list[Moment]:
        """The moments in between."""
        return self.log.moments[bisect_right(self._times, begin) : bisect_right(self._times, end)]

    def shown(self, begin: float, end: float) -> list[float]:
        """The speeds that frames showed in between."""
        first, last = bisect_right(self._shown, begin), bisect_right(self._shown, end)
        return [shown.speed for shown in self.log.shown[first:last]]

    def newest(self, axis: Axis, time: float) -> float:
        """The reading of the newest frame; 0 before the first."""
        index = bisect_right(self._shown, time)
        shown = self.log.shown[index - 1] if index else Shown(time, 0.0, None)
        return shown.speed if axis is Axis.SPEED else shown.incline or 0.0

    def frame_after(self, time: float, count: int) -> float:
        """Return when the count-th frame after a time reached the bridge."""
        index = bisect_right(self._shown, time) + count - 1
        return self._shown[index] if index < len(self._shown) else float("inf")

    def age(self, time: float) -> float:
        """Seconds since the newest frame."""
        index = bisect_right(self._shown, time)
        return time - (self._shown[index - 1] if index else self.log.began)

    def silent(self, begin: float, end: float) -> bool:
        """True if frames were missing for so long at any time in between that nothing may rise."""
        return self.silence(begin, end) > self.log.policy.stale_hold_s

    def silence(self, begin: float, end: float) -> float:
        """The longest time in between for which no frame came."""
        first, last = bisect_right(self._shown, begin), bisect_right(self._shown, end)
        heard = [self._shown[first - 1] if first else self.log.began, *self._shown[first:last], end]
        return max(later - before for before, later in pairwise(heard))

    def ran_for(self, time: float) -> float:
        """Seconds for which the belt has been running without a break."""
        index = bisect_right(self._times, time)
        while index and self.log.moments[index - 1].state == "runs":
            index -= 1
        return time - self._times[min(index, len(self._times) - 1)]

    def stood_for(self, time: float) -> float:
        """Seconds for which the belt has stood."""
        index = bisect_right(self._times, time)
        while index and self.log.moments[index - 1].state == "stands":
            index -= 1
        return time - self._times[min(index, len(self._times) - 1)]

    # --- bounds

    @property
    def _slack_s(self) -> float:
        return SLACK_S + 2 * self.traits.delay_s + self.traits.gap_s

    @cached_property
    def warm_at(self) -> float:
        """When the belt was seen to move for as long as the warm-up takes.

        Missing data give no headroom: what no frame shows counts for no warm-up.
        """
        moved, last = 0.0, self.log.began
        hold_s = max(self.log.policy.stale_hold_s, 2 * self.traits.frame_s + 0.5)
        for moment in self.log.moments:
            seen = moment.speed > 0 and self.age(moment.time) <= hold_s
            moved += moment.time - last if seen else 0.0
            last = moment.time
            if moved >= self.log.policy.warm_up_s + self._slack_s:
                return moment.time
        return float("inf")

    def policy_bound(self, axis: Axis, time: float, *, least: bool = True) -> float:
        """The most that the policy allows; `least`: give the bridge the benefit of the doubt."""
        policy = self.log.policy
        warms = time < self.warm_at - (0.0 if least else 2 * self._slack_s)
        if axis is Axis.SPEED:
            bound = min(policy.max_speed / 100, HIGHEST)
            return min(bound, policy.warm_up_speed / 100) if warms else bound
        bound = min(policy.max_incline / 10, STEEPEST)
        return min(bound, policy.warm_up_incline / 10) if warms else bound

    def bound(self, axis: Axis, begin: float, end: float) -> float:
        """The least that was allowed in between.

        While the unit of targets cannot be known the bridge allows less than the policy, and its
        reported bound is used.
        """
        bounds = [self.policy_bound(axis, begin), self.policy_bound(axis, end)]
        if begin < self.unit_known_at:
            bounds += [moment.of(axis)[3] for moment in self.during(begin - 0.3, end)]
        return self._measured_as(axis, min(bounds))

    def _measured_as(self, axis: Axis, bound: float) -> float:
        """The target that reads as a bound, which holds for what is measured as well."""
        traits = self.traits
        if axis is Axis.SPEED:
            return bound / max(1.0, traits.gain)
        return bound - max(0.0, traits.incline_offset if traits.incline_reported else 0.0)

    @cached_property
    def told(self) -> list[tuple[float, float]]:
        """Times and setpoints that were held for long enough to show the unit of targets."""
        held, way, found, last = 0.0, 0.0, [], self.log.began
        speeds = [w for w in self.log.wrote if w.axis is Axis.SPEED]
        times = [w.time for w in speeds]
        before = -1
        for moment in self.log.moments:
            dt, last = moment.time - last, moment.time
            index = bisect_right(times, moment.time) - 1
            steady = index == before >= 0 and moment.state == "runs"
            aim = self.traits.grid(speeds[index].value) if index >= 0 else 0.0
            if steady and abs(moment.target - aim) < 0.01 and abs(moment.speed - aim) < 0.05:
                held, way = held + dt, way + moment.speed / 3.6 * dt
                if held >= STEADY_S and way >= STEADY_M:
                    found.append((moment.time, speeds[index].value))
            else:
                held, way, before = 0.0, 0.0, index
        return found

    @cached_property
    def unit_known_at(self) -> float:
        """Time when the unit of targets is due: after two setpoints at least 1 km/h apart."""
        low = high = None
        for time, value in [*((self.log.began, v) for v in self.log.told_before), *self.told]:
            low, high = min(low or value, value), max(high or value, value)
            if high - low >= 1.0:
                return max(time + STEADY_S + 2 * self.traits.round_trip_s, self.log.began)
        return float("inf")

    # --- people

    def patience_s(self, axis: Axis, time: float, rise: float) -> float:
        """Return the seconds after which a requested change must be done."""
        known = time >= self.unit_known_at
        return patience_s(self.traits, self.log.policy, axis, rise, unit_known=known)

    @cached_property
    def halts(self) -> list[float]:
        """Times when a person stopped or paused, or began a cool-down."""
        asked = [
            each.time
            for each in self.log.asked
            if each.verb in {Verb.STOP, Verb.PAUSE, Verb.FINISH} and each.first is not None
        ]
        return sorted([*asked, *(key.time for key in self.log.keyed if key.what != "start")])

    @cached_property
    def starts(self) -> list[float]:
        """Times when a person started the belt, by command or key."""
        asked = [
            each.time
            for each in self.log.asked
            if each.verb in {Verb.START, Verb.RESUME} and each.first is Result.ACCEPTED
        ]
        return sorted([*asked, *(key.time for key in self.log.keyed if key.what == "start")])

    def since(self, times: list[float], time: float) -> float:
        """Seconds since the newest of some times."""
        index = bisect_right(times, time)
        return time - times[index - 1] if index else float("inf")

    @cached_property
    def _intents(self) -> dict[Axis, list[Intent]]:
        return {axis: self._collect(axis) for axis in Axis}

    def intents(self, axis: Axis) -> list[Intent]:
        """The requests of people on an axis, in order."""
        return self._intents[axis]

    def _collect(self, axis: Axis) -> list[Intent]:
        log = self.log
        found = [Intent(time, None) for time in (*self.halts, *self.starts)]
        presses = (press for press in log.pressed if press.axis is axis)
        for press in presses:  # the most that the bridge may have counted
            most = max(press.after, press.wished) if press.up else press.after
            found.append(Intent(press.time, most, press=press))
        for asked in log.asked:
            taken = asked.first in {Result.ACCEPTED, Result.LIMITED}
            if asked.verb.value == axis.value and taken and asked.value is not None:
                found.append(Intent(asked.time, asked.value, asked=asked))
        found.sort(key=lambda intent: intent.time)
        ends = [intent.time for intent in found[1:]] + [log.ended]
        return [
            Intent(each.time, each.value, each.press, each.asked, end)
            for each, end in zip(found, ends, strict=False)
        ]

    def read_as(self, intent: Intent) -> float:
        """Return the most that the reports show of a press without a status; 0 of anything else.

        The request is then the reading (precision 6): with the machine's overshoot, and perhaps
        rounded up to the report step. The target that belongs to it may be any that the machine
        takes for that speed. The offset of a deck is unknown before its first setpoint.
        """
        press = intent.press
        if press is None or self.names_presses:
            return 0.0
        if press.axis is Axis.INCLINE:
            told = (w.time for w in self.log.wrote if w.axis is Axis.INCLINE)
            known = self.log.deck_told or min(told, default=math.inf) < press.time
            return 0.0 if known else press.after - self._measured_as(press.axis, 0.0)
        over = self.traits.overshoot if press.up else 0.0
        reading = self.traits.reported(press.after + over)
        return max(reading / max(1.0, self.traits.gain), min(reading, self._told_for(press.after)))

    def _told_for(self, speed: float) -> float:
        """Return the highest target, in steps of 0.1 km/h, that the machine takes for a speed."""
        tenths = range(round(speed * 10), round((speed + self.traits.target_step) * 10) + 1)
        same = (each / 10 for each in tenths if abs(self.traits.grid(each / 10) - speed) < 0.01)
        return max(same, default=speed)

    def gesture_s(self, press: Pressed) -> float:
        """Seconds from the end of a gesture until all of it was seen, with or without statuses."""
        traits = self.traits
        rate = traits.ramp if press.axis is Axis.SPEED else traits.incline_rate
        travel = abs(press.after - press.before) / rate
        return 2 * traits.delay_s + traits.frame_s + travel + traits.gap_s + 12.0
