"""Judge of setpoints and writes.

Speeds in 0.01 km/h, inclines in 0.1 %, times in seconds.
"""

import math

from bridge.values import Axis
from tests.guard.conftest import COUNTS
from tests.guard.proof.judges.moment import Moment
from tests.guard.proof.judges.record import LEAD_S, RECENT_S, START_MOST, STEP, Record
from tests.guard.proof.ledger import NEAR

APART_S = 0.5
CORRECTS_S = 12.0
"""A setpoint that follows a press upwards is eased to the ceiling within this time."""
CREEP = 4
OVERSHOOT_S = 5.0
"""A belt may overshoot for this long after a write that raised its setpoint (precision 13)."""


class SetpointJudge(Record):
    """Judge of the setpoint of one axis."""

    def _judge_settling(self, at: Moment, was: int, now: int) -> None:
        """A belt that settles is followed, and eased to the bounds."""
        late = [v for _, v in self.readings[-2:]]
        least = was if self.found else at.steps.lowest  # where a belt that starts is bound for
        assert now <= max([was, least, *late, *at.applied, *at.named]), "it does so by itself"
        cap = at.after.limits.most(self.axis)
        cap = max(at.steps.lowest, cap if self.found else min(cap, START_MOST))
        # x is less than a step above s; what another app set is eased from where it reads.
        here = max([self.top, *(v + at.steps.step for v in late if at.others)])
        eased = here - at.easing * at.dt
        if now > cap + NEAR and self.writes and len(late) > 1:
            # What is named above begins where the belt is (precision 13), or at the ceiling.
            named = [*late[-1:], self.ceiling] if max(at.named, default=0) > was else []
            assert now <= max([eased, *at.readings, *named]) + NEAR, "the bounds hold as eased caps"
        ramp = 0.0 if at.after.limits.holding(self.axis) else at.ramp * at.dt
        request, asked = at.after.requested[self.axis], at.before.requested[self.axis]
        pressed = request is not None and (asked is not None or at.named or at.applied)
        # What follows the belt is its own ceiling; what is pressed or eased keeps the allowance
        # (precision 3).
        follows = bool(at.readings) and not self.writes and not pressed
        start = math.inf if self.found or at.others else START_MOST
        most = min(now, start)
        most = most if follows else max(most, min(self.ceiling, now + self._allowance(at)))
        self.top, self.ceiling = now + at.steps.step, most + ramp
        if at.others and now >= at.steps.highest:  # which is the most that can be written
            self.top = max(self.top, eased)

    def _judge_setpoint(self, at: Moment, was: int, now: int) -> None:
        held = bool(at.after.limits.holding(self.axis)) or at.others
        ramp = 0.0 if held else at.ramp * at.dt
        least, bound = at.steps.lowest, at.after.limits.most(self.axis)
        request = at.after.requested[self.axis]
        above = self._above(at, was)
        by_console = self._by_console(at, was, now)
        allowance = self._allowance(at)
        ceiling = min(self.ceiling + ramp, max(was, now) + allowance)
        line = self.top - NEAR
        wanted = was if request is None else request
        if at.others:
            wanted = max([wanted, *at.readings, *at.named])
            ceiling = max([ceiling, *at.readings, *at.named])
            # The belt of another app is eased to its bound from where it reads.
            line = max([line, *(v + at.steps.step for _, v in self.readings[-2:])])
        if above and not by_console:
            line = max(line, *above)  # a correction starts where the belt is
        elif above and at.dt == 0:  # a bound that is lowered later has eased nothing yet
            line = max(line, min(max(above), ceiling, at.before.limits.most(self.axis)))
        top = max(min(wanted, bound, ceiling), min(least, max([was, *above])))
        if now > top + NEAR:
            assert now <= max(line - at.easing * at.dt, was - at.easing * at.dt) + NEAR, (
                "above request, bound and ceiling only while it falls at e"
            )
        if now > was:
            self._judge_rise(at, was, now, held=held, ramp=ramp, above=above)
        elif now < was and not by_console and not at.others:
            shown = [v for t, v in self.readings if t > at.now - 12]
            # Of two requests between decisions, the lower one counts at once.
            why = request is not None and min([request, *at.applied]) < was
            why = why or min(bound, ceiling) < was or bool(above)
            why = why or bool(self._slower_than(at, was)) or max(shown, default=0) > bound
            why = why or at.now - self.touched <= CORRECTS_S
            assert why, "what is lowered has a reason"
            persons = [c for c, v in at.asked if v.applied is not None and not c.program]
            sudden = was - now > at.easing * at.dt + at.steps.step
            by_hand = persons or self._slower_than(at, was) or above
            assert by_hand or not sudden, "what the guard lowers by itself is eased"
        if by_console and now < was and not at.others:
            lower = self._slower_than(at, was)
            assert lower, "only the console lowers in silence"
            assert now <= max(*lower, 1), "and to what was pressed"
        top = max(self.top, max(above, default=-math.inf) + at.steps.step)
        self.top = min(top + ramp, now + at.steps.step)
        if at.others and now >= at.steps.highest:
            self.top = max(self.top, line - at.easing * at.dt)
        self.ceiling = min(max(ceiling, 0.0), now + allowance)
        if at.others and now != was:
            self.ceiling = now

    def _has_stood(self, at: Moment) -> bool:
        """True if even the slowest belt has reached its setpoint."""
        axis = at.learned.of(self.axis)
        since = at.now - axis.lag_s.high - axis.slack / axis.rise_per_s.low
        late = [v for t, v in self.readings if t >= since]
        return bool(late) and max(late) - min(late) <= 2 * axis.slack

    def _judge_rise(
        self, at: Moment, was: int, now: int, *, held: bool, ramp: float, above: list[int]
    ) -> None:
        axis, request = at.learned.of(self.axis), at.after.requested[self.axis]
        bound = at.after.limits.most(self.axis)
        if at.others:
            shown = [v for _, v in self.readings[-2:]]
            assert now <= max([*shown, *at.named], default=was), "it does so by itself"
            ours = max((t for t, _ in self.writes), default=-math.inf)
            late = ours > self.touched and at.now - ours <= axis.lag_s.high and not at.named
            most = axis.readings(self.told, at.steps.step).high + axis.overshoot_of(self.told)
            late = late and min(shown) <= most  # beyond that it is not on its way to our target
            assert now <= self.told or not late, "a belt on its way to our target is told no more"
            return
        if now <= self.top + ramp and not above:
            assert not held, "a hold lets nothing rise"
            assert at.fresh, "stale data gives no headroom"
            assert not at.garbled, "nonsense gives no headroom"
            reported = self.axis is Axis.SPEED or bool(self.readings)
            assert at.measured is not None or not reported, "missing data gives no headroom"
            assert request is not None, "nothing rises without a request"
            assert now <= min(request, bound), "and only towards the request"
            if at.measured is not None:
                step = max(at.steps.step, axis.grid or 0)
                led = now - at.ramp * LEAD_S - step
                low = axis.readings(led, at.steps.step).low
                # A belt that takes whole km/h or percents leaves its reading at the next one.
                whole = now - axis.coarsest - max(axis.noise, axis.resolution)
                if axis.spread is None and self._has_stood(at):
                    low = min(low, whole)
                assert at.measured >= low - 1, "a belt that lags is waited for"
            return
        assert above, "no faster than r without a press"
        assert now <= max(above) + ramp
        assert request is not None, "a press is a request"
        bound = min(bound, at.before.limits.most(self.axis))
        # A belt found below the machine's lowest value is set back to that.
        asked = max(request, at.steps.lowest)
        assert now <= asked or request >= math.floor(bound), "which is cut off by a bound alone"
        # Below the machine's lowest value the ramp continues, and nothing is written.
        unwritten = now < at.steps.lowest and now <= self.top + ramp
        if self._by_console(at, was, now) and not unwritten:
            COUNTS["times a press upwards was adopted"] += 1
            # After a time without decisions, the holds are those of the last one.
            assert not held or at.dt >= 1.0, "nothing is adopted under a hold"
            assert not at.garbled
            bound = bound if at.dt else at.before.limits.most(self.axis)
            assert now <= min(self.ceiling + ramp, bound)
            if not any(v > was for v in at.named):
                self._judge_silent_rise(at, was, now)

    def _judge_silent_rise(self, at: Moment, was: int, now: int) -> None:
        """A rise seen only in readings must last, and is not adopted without limit."""
        before = [t for t, v in self.readings if v > was]
        assert at.now - before[0] >= APART_S, "one sample is no press"
        axis = at.learned.of(self.axis)
        press, since = axis.press, self.raised
        if at.now - since <= OVERSHOOT_S:
            COUNTS["times a press soon after a raise was adopted"] += 1
            shown = max((v for t, v in self.readings if t >= since), default=was)
            expected = axis.centre(was) + axis.overshoot_of(was)
            assert shown > max(was, expected), "an overshoot is no press"
        if now - was <= STEP * press:  # more at once is a press
            assert now <= self.anchor + CREEP * press, "a belt that creeps is not adopted for ever"

    def _judge_writes(self, at: Moment, was: int, now: int) -> None:
        """Below the setpoint nothing is written back."""
        values = [t.value for t in at.after.targets if t.axis is self.axis]
        assert len(values) <= 1
        if not values:
            return
        assert values == [now], "s is what is written"
        if at.others:
            asked = bool(at.applied) or self.unwritten
            bound = max(at.after.limits.most(self.axis), at.steps.lowest)
            begins = not asked and at.now - self.bounded >= 60 - NEAR
            self.bounded = at.now if begins else self.bounded
            shown = [v for _, v in self.readings[-2:]]
            last = self.writes[-1][0] if self.writes else -math.inf
            # A belt faster than the machine's highest target is eased to that first.
            way = max([at.steps.step, *(v - was for t, v in self.readings if t >= last)])
            goes_on = now < was and at.now - last <= way / at.easing + 1.5
            assert asked or goes_on or (begins and now <= max([bound, *shown])), (
                "only a bound is written, once a minute, eased"
            )
        elif now == was and not (at.applied or self.unwritten):
            since = at.now - max(RECENT_S, at.learned.of(self.axis).lag_s.high)
            risen = [v for t, v in self.readings if t >= since and v > was]
            # The ramp may have reached a press upwards before the end of its gesture.
            risen += [v for t, v in self.names if t >= since and v >= was]
            lag = max(2.0, at.learned.of(self.axis).lag_s.high)
            crossing = any(-NEAR <= self.touched - t <= lag for t, _ in self.writes)
            assert risen or crossing, "nothing is written back"
