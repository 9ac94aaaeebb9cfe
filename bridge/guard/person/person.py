"""Who runs: their limits, and all that of them outlives a link, a session or the process."""

import math

from bridge.guard.facts import Measured
from bridge.guard.journal import Journal
from bridge.guard.person.past import Past
from bridge.guard.person.respect import Respect
from bridge.guard.person.session import Session
from bridge.guard.policy import Policy, stricter
from bridge.guard.rules.gradual import Baseline, Excess, gradual
from bridge.guard.rules.plan import Ceilings, left
from bridge.guard.rules.steep import SteepWatch
from bridge.machines.learned import LearnedAxis
from bridge.values import Axis

NOTICE_S = 30.0
"""Before a session is brought to its end, the person has this long to get ready."""
GONE_S = 3600.0
"""A belt that nobody could watch for longer than this has somebody else on it, or another run."""


class Person:
    """One person on one treadmill. Times are monotonic seconds."""

    def __init__(self, policy: Policy, past: Past | None, now: float, journal: Journal) -> None:
        known = past or Past()
        self.policy = policy
        self.session = known.session and known.session.turned(now)
        self._deck: float | None = known.incline
        self._setpoint: int | None = None
        self._told = known.climbs.incline
        """The incline that the belt was told last in this session, on whatever link."""
        self.respect = Respect.of(known.slowed, now)
        self._journal = journal
        self._next: Policy | None = None
        self._rest_until = now + known.rest_left_s if known.rest_left_s > 0 else None
        self._baseline = known.baseline
        self.plan = known.plan
        self._planned = now
        self.steep = SteepWatch.begin(policy, now, known)
        self.warm_up = known.warm_up.turned(now)
        self.lowest_incline = policy.min_incline
        """The lowest setpoint (0.1 %). A raised minimum counts from the next standstill on, so that
        a running belt climbs to it instead of making a step."""
        if past is not None:
            self.lowest_incline = min(self.lowest_incline, past.incline or 0)

    def past(self, now: float, told_incline: int | None = None) -> Past:
        """What is to be stored, of a belt that was told to be at `told_incline` (0.1 %)."""
        if told_incline is not None and self._setpoint is None:  # it only follows the belt
            told_incline = max(told_incline, self._told)
        return Past(
            steep=tuple(exposure.past(now, told_incline) for exposure in self.steep.exposures),
            incline=self.incline,
            session=self.session and self.session.turned(now),
            rest_left_s=self.rest_left(now),
            baseline=self._baseline,
            slowed=self.respect.past(now),
            climbs=self.steep.climbs.told(told_incline or 0).turned(now),
            warm_up=self.warm_up.turned(now),
            plan=self.plan and self.plan.aged(now - self._planned),
        )

    # --- where the deck is

    @property
    def incline(self) -> int | None:
        """Where the incline was last known to be (0.1 %)."""
        return None if self._deck is None else math.ceil(self._deck)

    @incline.setter
    def incline(self, value: int | None) -> None:
        self._deck = value

    def climbs(
        self,
        measured: int | None,
        told: int | None,
        machine: LearnedAxis,
        step: int,
        dt: float,
        *,
        settled: bool = True,
    ) -> int | None:
        """Return the incline that counts now (0.1 %), and keep where the deck is.

        What is measured counts as what was `told` where a machine that stands there may show it:
        displays round, and read low. A deck on its way up counts by what is measured. A belt that
        lost its guard, or was found moving, is still where it was told to be: until it is
        `settled`, its setpoint only follows the belt. A deck that is not measured rises at once,
        and comes down like the slowest motor.
        """
        if settled and told is not None and self._setpoint not in {None, told}:
            self._told = told
        self._setpoint = told if settled else None
        if measured is None:
            if told is None:
                return None
            deck = told if self._deck is None else self._deck
            self._deck = max(told, deck - machine.fall_per_s.low * dt)
            return self.incline
        self._deck = measured
        told = max(self._told, told or 0)
        low = measured < told and measured >= machine.readings(told, step).low
        return told if low else measured

    # --- limits

    def tighten(self, policy: Policy, now: float) -> None:
        """Take what is stricter of changed limits; the rest waits for `loosen`."""
        tighter = stricter(self.policy, policy)
        if tighter != self.policy:
            self._take(tighter, now)
        self._next = policy

    def loosen(self, now: float) -> None:
        """Take all of the limits that were changed last: the belt stands."""
        if self._next is not None:
            self._take(self._next, now)
            self._next = None
        self.lowest_incline = self.policy.min_incline

    def _take(self, policy: Policy, now: float) -> None:
        self.steep = SteepWatch.begin(policy, now, self.past(now))
        self.policy = policy

    # --- rest

    def rest_left(self, now: float) -> float:
        """Seconds of rest left; 0 without one."""
        return 0.0 if self._rest_until is None else max(0.0, self._rest_until - now)

    def report_pain(self, severity: float, now: float) -> bool:
        """Begin a rest, if it hurts enough; one that is under way never gets shorter."""
        policy = self.policy
        if severity < policy.rest_severity or policy.rest_s <= 0:
            return False
        self._rest_until = max(self._rest_until or now, now + policy.rest_s)
        return True

    def lift_rest(self, now: float) -> bool:
        """End the rest; whether there was one."""
        resting = self.rest_left(now) > 0
        self._rest_until = None
        return resting

    def follow_rest(self, now: float) -> None:
        """Say when a rest is over by itself."""
        if self._rest_until is not None and now >= self._rest_until:
            self._rest_until = None
            self._journal.tell("rest_over")

    # --- plan

    def follow_plan(self, ceilings: Ceilings | None, now: float) -> None:
        """Take what the plan allows from now on; a session under way gets no higher ceiling."""
        if self.session is not None:
            if ceilings is None:
                return
            ceilings = self.session.plan = ceilings.within(self.session.plan)
        self.plan, self._planned = ceilings, now

    def plan_left(self, now: float) -> float:
        """Seconds until the plan's rest day is over; 0 without one."""
        return 0.0 if self.plan is None else self.plan.aged(now - self._planned).opens_s

    # --- session

    def begin_session(self, now: float) -> None:
        """The belt moves."""
        if self.session is None:
            self.session = Session(moved=now, plan=self.plan)
            self._told = 0
            self._journal.tell("session_started")

    def end_session(self) -> None:
        """The belt stands, and not for a pause."""
        if self.session is not None:
            self._baseline = Baseline.after(self._baseline, self.session.effort)
            self.session = None
            self._journal.tell("session_ended")

    def end_old_session(self, now: float) -> None:
        """Whoever ran is gone, if nobody has seen the belt move for so long."""
        moved = self.session.moved if self.session else None
        if moved is not None and now - moved > GONE_S:
            self.end_session()

    def moved(self, session: Session, now: float, dt: float, measured: Measured) -> None:
        """Count `dt` seconds of a belt that was seen to move."""
        speed, incline = measured[Axis.SPEED] or 0, measured[Axis.INCLINE] or 0
        session.move(now, dt, speed=speed, incline=incline)
        if self.warm_up.move(self.policy, now, dt):
            self._journal.tell("warm_up_over")
        self._follow_length(session, now, speed)
        if self._baseline is None:
            if "no_baseline" not in session.told:
                session.told |= {"no_baseline"}
                self._journal.tell("no_baseline")
            return
        policy = self.policy
        for excess in gradual(session.effort, self._baseline, policy.gradual_percent):
            # Told before is not ended yet: the notice of an end is lost with its process.
            pending = session.finish_at is not None or session.cool_down is not None
            ends = policy.gradual_enforced and policy.may_control and not pending
            if ends:
                session.finish_at = now + NOTICE_S
            if ends or excess.measure not in session.told:
                session.told |= {excess.measure}
                self._tell_excess(session, excess, now)

    def _follow_length(self, session: Session, now: float, speed: int) -> None:
        """Bring a session to its end that is as long as its plan allows, with a notice.

        Of a belt that cannot be commanded the person is told, once.
        """
        plan = session.plan
        pending = session.finish_at is not None or session.cool_down is not None
        rest = None if plan is None or pending else left(plan, session.effort, speed)
        if plan is None or rest is None or rest.seconds > NOTICE_S:
            return
        told = f"plan_{rest.measure}"
        if self.policy.may_control:
            session.finish_at = now + rest.seconds
            kind, ends_s = "plan_finish", rest.seconds
        elif told in session.told or rest.seconds > 0:
            return
        else:
            kind, ends_s = "plan_length", None
        session.told |= {told}
        self._journal.tell(
            kind,
            ends_s=ends_s,
            case=rest.measure,
            length=rest.most,
            phase=plan.place,
            name=plan.name,
        )

    def _tell_excess(self, session: Session, excess: Excess, now: float) -> None:
        kind, ends_s = "gradual", None
        if session.finish_at is not None and session.cool_down is None:
            kind, ends_s = "gradual_finish", max(0.0, session.finish_at - now)
        self._journal.tell(
            kind,
            ends_s=ends_s,
            case=excess.measure,
            did=excess.did,
            usual=excess.usual,
            percent=self.policy.gradual_percent,
        )
