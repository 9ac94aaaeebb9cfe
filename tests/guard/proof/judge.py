"""The contract of one axis of a running belt, judged by what went into a guard and what came out.

It restates section 5 of the design, and keeps nothing that the guard makes of it. Where a contract
leaves room (a status that may be an echo, a write that crosses a press), so does it, and says
where. Speeds in 0.01 km/h, inclines in 0.1 %, times in seconds.
"""

import math
from dataclasses import dataclass

from bridge.machines.learned import Echo
from bridge.values import Axis, Result
from tests.guard.conftest import COUNTS
from tests.guard.proof.judged import Moment
from tests.guard.proof.ledger import NEAR
from tests.guard.proof.record import LEAD_S, RECENT_S, SETTLE_S, START_MOST, STEP, Record

APART_S = 0.5
QUIET_S = 1.5
RESPECT_S = 30.0
CORRECTS_S = 12.0
"""A setpoint that follows a press upwards is eased to the ceiling within this time."""
CREEP = 4
PATIENCE_S = 30.0
"""A belt beyond bound and allowance is told so again within this time (precision 15 c)."""
NAMES = frozenset(
    {"limited", "console_slowed", "unexpected_rise", "unexpected_rise_alarm", "not_responding"}
    | {"incline_stuck", "steep_closed", "stale", "control_taken", "control_denied"}
    | {"heart_rate_lost", "adopted", "cool_down"}
)
"""Events that name why a request fell."""


@dataclass
class Judge(Record):
    """One axis."""

    def judge(self, at: Moment) -> None:
        """Judge a decision."""
        was, now = at.before.setpoint.get(self.axis), at.after.setpoint[self.axis]
        self._judge_answers(at)
        if now is None or not at.steps.settable or not at.runs:
            self.began = None
            return
        key_pulled = any(event.type == "safety_key" for event in at.after.events)
        if was is None or self.began is None or key_pulled:
            self._begin(at, now)
            return
        if at.lost:
            request = at.after.requested[self.axis]
            assert "stale" in at.after.faults, "a machine that is silent for long is a fault"
            assert request is None or request <= max(was, now), "it falls to what is commanded"
        if self._is_quiet(at, was, now):
            return
        self.readings += [(at.now, value) for value in at.readings]
        # Whatever was replaced within the lag may be in force, and the belt on its way there.
        lag_s = at.learned.of(self.axis).lag_s.high
        least = min([was, *(value for when, value in self.replaced if at.now - when <= lag_s)])
        self.below |= {at.now for value in at.readings if value < least}
        self.replaced += [(at.now, was)] if now != was else []
        self.names += [(at.now, value) for value in at.named]
        if self.young:
            self._judge_settling(at, was, now)
        else:
            if not at.others:
                if at.named:
                    self._judge_named(at, was, now)
                self._judge_fall(at, was, now)
            self._judge_setpoint(at, was, now)
        self._judge_request(at, was, now)
        self._judge_writes(at, was, now)
        self._judge_faults(at, was, now)
        self._judge_patience(at, now)
        self._judge_response(at, was, now)
        self._judge_event(at, was)
        self._note(at, was, now)
        self._judge_gesture(at)

    def _is_quiet(self, at: Moment, was: int, now: int) -> bool:
        """Return True where nothing happened and nothing had to: most of the time."""
        before, after, bound = at.before, at.after, at.after.limits.most(self.axis)
        news = at.readings or at.named or at.asked or at.resumed or after.events or after.targets
        same = was == now <= bound and before.requested == after.requested
        if news or not same or self.young or (after.requested[self.axis] or 0) > bound:
            return False
        ramp = 0.0 if after.limits.holding(self.axis) or at.others else at.ramp * at.dt
        self.top = min(self.top + ramp, now + at.steps.step)
        self.ceiling = min(self.ceiling + ramp, now + self._allowance(at))
        return True

    def _judge_named(self, at: Moment, was: int, now: int) -> None:
        """A status that names less than the setpoint, and can be no echo, is obeyed at once."""
        axis, value = at.learned.of(self.axis), at.named[-1]
        named = value > 0 or self.axis is Axis.INCLINE
        if value >= was or not named or len(at.named) > 1 or self._names_current(at, was, value):
            return
        near = max(axis.press, axis.grid or at.steps.step)
        youngest = at.now - at.learned.echo_s - 2
        wrote = [w for t, w in self.writes if t >= youngest and abs(w - value) < near]
        if (not wrote or at.learned.echo is Echo.NEVER) and not self._crosses(at.now, value):
            COUNTS["times a lower target was named"] += 1
            assert now <= value, "what the console names is obeyed"

    def _judge_fall(self, at: Moment, was: int, now: int) -> None:
        """A belt that falls while it was told to hold or climb is obeyed, once two samples show."""
        axis = at.learned.of(self.axis)
        if at.garbled or not at.readings:
            return
        # Readings of a commanded fall are no peak to fall from (precision 9).
        since = max(at.now - RECENT_S, self.touched, self.grown, self.falls_until)
        late = [(t, v) for t, v in self.readings if t > since]
        fallen = []
        for n, (when, value) in enumerate(late):
            peak = max((v for _, v in late[:n]), default=value)
            usual = peak <= axis.readings(was, axis.resolution).high
            fell = usual and value <= peak - axis.fall_of_a_press(peak)
            # A belt that falls no further than to its setpoint may be on its way there.
            if fell and value < was and when in self.below:
                fallen.append((when, value))
            elif fallen and value > fallen[-1][1] + axis.fall_of_a_press(value):
                fallen.clear()  # it is back: two dips are not one fall
        patience = max(3.0, 2 * at.learned.frame_s)
        if len(fallen) > 1 and fallen[-1][0] == at.now:
            COUNTS["looks at a belt that fell by itself"] += 1
        if len(fallen) > 1 and fallen[-1][0] == at.now and at.now - fallen[0][0] >= patience:
            assert now <= max(v for _, v in fallen), "whoever slows the belt is obeyed"

    # --- setpoint

    def _judge_settling(self, at: Moment, was: int, now: int) -> None:
        """A belt that settles is followed, and eased to the bounds."""
        late = [v for _, v in self.readings[-2:]]
        least = was if self.found else at.steps.lowest  # where a belt that starts is bound for
        assert now <= max([was, least, *late, *at.applied, *at.named]), "it does so by itself"
        cap = at.after.limits.most(self.axis)
        cap = max(at.steps.lowest, cap if self.found else min(cap, START_MOST))
        if now > cap + NEAR and self.writes and len(late) > 1:
            eased = self.top - at.easing * at.dt  # x is less than a step above s
            # What is named above begins where the belt is (precision 13), or at the ceiling.
            named = [*late[-1:], self.ceiling] if max(at.named, default=0) > was else []
            assert now <= max([eased, *at.readings, *named]) + NEAR, "the bounds hold as eased caps"
        ramp = 0.0 if at.after.limits.holding(self.axis) else at.ramp * at.dt
        # What follows the belt is its own ceiling; what is eased keeps the allowance (precision 3).
        follows = bool(at.readings) and not self.writes
        most = now if follows else max(now, min(self.ceiling, now + self._allowance(at)))
        self.top, self.ceiling = now + at.steps.step, most + ramp

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
            # A belt that starts faster than that is eased to it, and climbs from there.
            why = why or (was > START_MOST and at.now - self.grown <= SETTLE_S)
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
        self.ceiling = min(max(ceiling, 0.0), now + allowance)
        if at.others and now != was:
            self.ceiling = now

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
            assert now <= self.told or not late, "a belt on its way to our target is told no more"
            return
        if now <= self.top + ramp and not above:
            assert not held, "a hold lets nothing rise"
            assert at.fresh, "stale data gives no headroom"
            assert not at.garbled, "nonsense gives no headroom"
            reported = self.axis is Axis.SPEED or bool(self.readings)
            assert at.measured is not None or not reported, "missing data gives no headroom"
            assert request is not None, "nothing rises that nobody asked for"
            assert now <= min(request, bound), "and only towards the request"
            if at.measured is not None:
                step = max(at.steps.step, axis.grid or 0)
                led = now - at.ramp * LEAD_S - step
                low = axis.readings(led, at.steps.step).low
                assert at.measured >= low - 1, "a belt that lags is waited for"
            return
        assert above, "no faster than r without a press"
        assert now <= max(above) + ramp
        assert request is not None, "a press is a request"
        bound = min(bound, at.before.limits.most(self.axis))
        assert now <= request or request >= math.floor(bound), "which is cut off by a bound alone"
        # Below the machine's lowest value the ramp goes on, and nothing is written.
        unwritten = now < at.steps.lowest and now <= self.top + ramp
        if self._by_console(at, was, now) and not unwritten:
            COUNTS["times a press upwards was adopted"] += 1
            assert not held, "nothing is adopted under a hold"
            assert not at.garbled
            assert now <= min(self.ceiling + ramp, bound)
            if not any(v > was for v in at.named):
                self._judge_silent_rise(at, was, now)

    def _judge_silent_rise(self, at: Moment, was: int, now: int) -> None:
        """What only a reading shows has to last, and is not adopted for ever."""
        before = [t for t, v in self.readings if v > was]
        assert at.now - before[0] >= APART_S, "one sample is no press"
        press = at.learned.of(self.axis).press
        if now - was <= STEP * press:  # more at once is a press
            assert now <= self.anchor + CREEP * press, "a belt that creeps is not adopted for ever"

    # --- requests

    def _judge_request(self, at: Moment, was: int, now: int) -> None:
        old, new = at.before.requested[self.axis], at.after.requested[self.axis]
        here = was if old is None else old
        # Who ends a cool-down goes on as the belt is (precision 12).
        here = min(here, was) if at.resumed and not self.young else here
        # A press adds to what was requested just before it.
        allowed, told = max([here, *at.applied]), self.told
        least = min(was, told, here)
        for value in (v for v in (*at.named, *at.readings) if v > least):
            allowed = max(allowed, value, allowed + value - told)
            told = max(told, value)
        if self.young or at.others:
            allowed = max([allowed, *at.readings, *at.named])
        if new is None:
            assert old is None or self.young
            return
        assert new <= allowed, "a request rises only by a person"
        assert self.young or new <= math.ceil(at.after.limits.most(self.axis)), "bounds lower it"
        expected = at.applied[-1] if at.applied else here
        if new < expected and not (self.young or at.others):
            heard = {e.type for e in at.after.events if e.axis in {None, self.axis}}
            named = heard & NAMES or at.after.phase == "cool_down"
            pressed = bool(self._slower_than(at, max(was, expected)))
            reasons = [reason for _, verdict in at.asked for reason in verdict.reasons]
            # A press up beyond a bound requests the bound; the end of the gesture tells why.
            raised = bool(self._above(at, was)) and self.axis in at.after.gestures
            assert named or pressed or reasons or raised, "a lowering names its rule"

    def _judge_answers(self, at: Moment) -> None:
        """Nothing rises by a late command, nor for 30 s above the last value of a gesture."""
        when, to = self.slowed or (-math.inf, 0)
        known = [at.before.requested.get(self.axis), at.before.setpoint.get(self.axis)]
        here = [value for value in known if value is not None]
        for command, verdict in at.asked:
            if command.value is None or not here or command.value <= max(here):
                continue
            if command.late and at.runs:  # a stopped belt may be faster than all that was asked
                COUNTS["times more was asked late"] += 1
                assert verdict.result is Result.REJECTED, "what comes late only lowers"
            if command.value > to and command.received < when + RESPECT_S - NEAR:
                COUNTS["times more was asked within 30 s of a press"] += 1
                lowered = verdict.applied is not None and verdict.applied <= to  # an ignored stop
                assert lowered or verdict.result is Result.REJECTED, "a press stands for 30 s"

    # --- writes

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
            goes_on = now < was and at.now - last <= at.steps.step / at.easing + 1.5
            assert asked or goes_on or (begins and now <= max([bound, *shown])), (
                "only a bound is written, once a minute, eased"
            )
        elif now == was and not (at.applied or self.unwritten):
            since = at.now - max(RECENT_S, at.learned.of(self.axis).lag_s.high)
            risen = [v for t, v in (*self.readings, *self.names) if t >= since and v > was]
            lag = max(2.0, at.learned.of(self.axis).lag_s.high)
            crossing = any(-NEAR <= self.touched - t <= lag for t, _ in self.writes)
            assert risen or crossing, "nothing is written back"

    # --- faults

    def _judge_faults(self, at: Moment, was: int, now: int) -> None:
        """What rose unasked stays where it is until a person asks."""
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
        assert now <= was or not self.blocked, "nothing rises until a person asks"

    def _judge_patience(self, at: Moment, now: int) -> None:
        """A belt that stays beyond bound, setpoint and allowance is told so."""
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
            assert wrote or at.now - newest <= PATIENCE_S, "it is told again"
            deaf_s = at.now - max(self.over_since, self.touched) - 2 * at.learned.frame_s
            told = f"not_responding_{self.axis}" in at.after.faults
            told = told and (self.alarmed or self.axis is Axis.INCLINE)
            assert told or deaf_s <= PATIENCE_S, "a deaf belt is told, above its bound by an alarm"

    def _judge_response(self, at: Moment, was: int, now: int) -> None:
        """A belt that stays below its setpoint without progress is a fault (precision 15 c)."""
        axis = at.learned.of(self.axis)
        low = axis.readings(now, at.steps.step).low - 2 * axis.droop * now
        if at.garbled or at.others or self.young or not at.fresh or self.axis in at.after.gestures:
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

    # --- gestures

    def _judge_event(self, at: Moment, was: int) -> None:
        """Only a press is told, and only at its end."""
        told = [e for e in at.after.events if e.type == "console_slowed"]
        if any(e.axis is self.axis for e in told):
            asked = at.before.requested[self.axis]
            pressed = self.pressed or self._slower_than(at, max(was, asked or was))
            assert pressed, "an event tells of a press"
            assert at.now - self.obeyed >= QUIET_S - NEAR, "at the end of a gesture"

    def _judge_gesture(self, at: Moment) -> None:
        """A press downwards is told once the belt falls no more, and nothing else was pressed."""
        late = [(t, v) for t, v in self.readings if t >= self.touched]
        falling = [t for (t, v), (_, w) in zip(late[1:], late, strict=False) if v < w]
        quiet = at.now - max([self.touched, *falling])
        assert not self.owed or quiet <= max(4.0, 2 * at.learned.frame_s), "a press is told"
