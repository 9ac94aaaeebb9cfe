"""The contract of one axis of a running belt, judged by what went into a guard and what came out.

It restates section 5 of the design, and keeps nothing that the guard makes of it. Where a contract
leaves room (a status that may be an echo, a write that crosses a press), so does it, and states
where. Speeds in 0.01 km/h, inclines in 0.1 %, times in seconds.
"""

from tests.guard.proof.judges.console import ConsoleJudge
from tests.guard.proof.judges.moment import Moment
from tests.guard.proof.judges.request import RequestJudge
from tests.guard.proof.judges.response import ResponseJudge
from tests.guard.proof.judges.setpoint import SetpointJudge


class Judge(SetpointJudge, RequestJudge, ResponseJudge, ConsoleJudge):
    """Judge of one axis."""

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
        # Any setpoint replaced within the lag may be in force, and the belt on its way there.
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
        self._follow_crossing(at, was, now)
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
