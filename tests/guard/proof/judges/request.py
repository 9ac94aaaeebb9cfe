"""Judge of the requests of persons and programs.

Speeds in 0.01 km/h, inclines in 0.1 %, times in seconds.
"""

import math

from bridge.values import Result
from tests.guard.conftest import COUNTS
from tests.guard.proof.judges.moment import Moment
from tests.guard.proof.judges.record import Record
from tests.guard.proof.ledger import NEAR

RESPECT_S = 30.0
NAMES = frozenset(
    {"limited", "console_slowed", "unexpected_rise", "unexpected_rise_alarm", "not_responding"}
    | {"incline_stuck", "steep_closed", "stale", "control_taken", "control_denied"}
    | {"heart_rate_lost", "adopted", "cool_down"}
)
"""Events that name why a request fell."""


class RequestJudge(Record):
    """Judge of the requests on one axis."""

    def _judge_request(self, at: Moment, was: int, now: int) -> None:
        old, new = at.before.requested[self.axis], at.after.requested[self.axis]
        here = was if old is None else old
        # A person who ends a cool-down continues at the current speed (precision 12).
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
            named = heard & NAMES or at.after.phase == "cool_down" or at.resumed
            pressed = bool(self._slower_than(at, max(was, expected)))
            reasons = [reason for _, verdict in at.asked for reason in verdict.reasons]
            # A press up beyond a bound requests the bound; the event at its end has the reason.
            above = any(value > was for value in (*at.named, *at.readings))
            raised = above and self.axis in at.after.gestures
            assert named or pressed or reasons or raised, "a lowering names its rule"

    def _judge_answers(self, at: Moment) -> None:
        """Nothing rises by a late command, nor for 30 s above the last value of a gesture."""
        when, to = self.slowed or (-math.inf, 0)
        request, setpoint = (of.get(self.axis) for of in (at.before.requested, at.before.setpoint))
        for command, verdict in at.asked:
            here = [value for value in (request, setpoint) if value is not None]
            # A request may be lowered before anything is decided on it.
            request = request if verdict.applied is None else verdict.applied
            if command.value is None or not here or command.value <= max(here):
                continue
            if command.late and at.runs:  # a stopped belt may be faster than every request
                COUNTS["times more was asked late"] += 1
                assert verdict.result is Result.REJECTED, "what comes late only lowers"
            if command.value > to and command.received < when + RESPECT_S - NEAR:
                COUNTS["times more was asked within 30 s of a press"] += 1
                # An ignored stop is followed by the lowest speed, despite any request.
                least = max(to, at.steps.lowest) if "stop_ignored" in at.after.faults else to
                lowered = verdict.applied is not None and verdict.applied <= least
                assert lowered or verdict.result is Result.REJECTED, "a press stands for 30 s"
