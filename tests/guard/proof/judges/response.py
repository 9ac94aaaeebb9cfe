"""Faults of a belt that rises unasked, or does not respond.

Speeds in 0.01 km/h, inclines in 0.1 %, times in seconds.
"""

import math

from bridge.values import Axis, Result
from tests.guard.conftest import COUNTS
from tests.guard.proof.judges.moment import Moment
from tests.guard.proof.judges.record import LEAD_S, Record

PATIENCE_S = 30.0
"""Seconds until a belt beyond bound and allowance gets its setpoint again (precision 15 c)."""


class ResponseJudge(Record):
    """Judge of the faults of one axis."""

    def _judge_faults(self, at: Moment, was: int, now: int) -> None:
        """A value that rose without a request stays until a person requests another."""
        fault = f"unexpected_rise_{self.axis}"
        person = [c for c, v in at.asked if v.result is not Result.REJECTED and not c.program]
        named = any(v > was for v in at.named)  # a person at the console
        if fault in at.before.faults and not (person or named):
            assert fault in at.after.faults, "only a person clears it"
        heard = {e.type for e in at.after.events if e.axis is self.axis}
        if person or self._above(at, was):
            self.blocked = False
        if "unexpected_rise" in heard:
            self.blocked = True
        assert now <= was or not self.blocked, "nothing rises until a person requests it"

    def _judge_patience(self, at: Moment, now: int) -> None:
        """A belt that stays beyond bound, setpoint and allowance gets its setpoint again."""
        axis, bound = at.learned.of(self.axis), at.after.limits.most(self.axis)
        beyond = max(now + at.ramp * LEAD_S + axis.press, bound) * at.scale
        beyond = max(beyond, axis.readings(beyond, at.steps.step).high) + axis.overshoot_of(beyond)
        quiet = at.garbled or at.others or self.young or not at.fresh
        self.alarmed |= any(event.type == "unexpected_rise_alarm" for event in at.after.events)
        if quiet or (at.readings and min(at.readings) <= beyond):
            self.over_since, self.alarmed = None, False
        elif at.readings and (
            self.over_since is None or min(at.readings) <= self.over_at - axis.resolution
        ):
            # A belt that comes down by a report step makes progress (precision 15 c).
            self.over_since, self.over_at = at.now, min(at.readings)
        self.over_at = max([self.over_at, *at.readings[:1]])
        if self.over_since is not None and at.now - self.over_since > PATIENCE_S:
            COUNTS["looks at a belt that stays too fast"] += 1
            newest = max((t for t, _ in self.writes), default=-math.inf)
            wrote = any(t.axis is self.axis for t in at.after.targets)
            assert wrote or at.now - newest <= PATIENCE_S, "the setpoint is written again"
            deaf_s = at.now - max(self.over_since, self.touched) - 2 * at.learned.frame_s
            told = f"not_responding_{self.axis}" in at.after.faults
            told = told and (self.alarmed or self.axis is Axis.INCLINE)
            assert told or deaf_s <= PATIENCE_S, "a deaf belt is a fault, above its bound an alarm"

    def _judge_response(self, at: Moment, was: int, now: int) -> None:
        """A belt that stays below its setpoint without progress is a fault (precision 15 c)."""
        axis = at.learned.of(self.axis)
        low = axis.readings(now, at.steps.step).low - 2 * axis.droop * now
        quiet = at.garbled or at.others or self.young or not at.fresh
        stands = self.axis is Axis.SPEED and at.measured == 0  # the belt state covers the rest
        if quiet or stands or self.axis in at.after.gestures:
            self.under_since = None
        elif at.readings:
            top = max(at.readings)
            if top >= low:
                self.under_since = None
                obeys = top in axis.readings(was, at.steps.step) and self.touched < at.now
                lasts = f"not_responding_{self.axis}" in {*at.before.faults} & {*at.after.faults}
                assert not (obeys and lasts), "a belt that obeys is no fault"
            elif self.under_since is None or top >= self.under_at + axis.resolution:
                self.under_since, self.under_at = at.now, top
        if self.under_since is None:
            return
        since = max(self.under_since, self.touched)
        if at.now - since > PATIENCE_S + 2 * at.learned.frame_s:
            COUNTS["looks at a belt that stays too slow"] += 1
            assert f"not_responding_{self.axis}" in at.after.faults, (
                "a fault tells that it is stuck"
            )
