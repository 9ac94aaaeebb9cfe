"""The active person: limits, and all state that outlives a link, session or process."""

from bridge.guard.facts import Measured
from bridge.guard.journal import Journal
from bridge.guard.person.past import Past
from bridge.guard.person.session import Session
from bridge.guard.rules.cool_down import CoolDown
from bridge.guard.rules.gradual import gradual
from bridge.guard.rules.steep import SteepWatch
from bridge.values import Axis
from bridge.values.effort import Baseline
from bridge.values.plan import Ceilings
from bridge.values.policy import Policy, stricter

NOTICE_S = 30.0
"""Seconds between the notice and the automatic end of a session."""
GONE_S = 3600.0
"""After this many unobserved seconds, another person or session is assumed."""


class Person:
    """One person on one treadmill. Times are monotonic seconds."""

    def __init__(self, policy: Policy, past: Past, now: float, journal: Journal) -> None:
        self.policy = policy
        self.session = past.session and past.session.turned(now)
        self._journal = journal
        self._next = policy
        """Newest policy, whose looser limits wait for `loosen`."""
        self._rest_until = now + past.rest_left_s if past.rest_left_s > 0 else None
        self._baseline = past.baseline
        self.plan = past.plan
        self._planned = now
        self.steep = SteepWatch.begin(policy, now, past)
        self.warm_up = past.warm_up.turned(now)

    def past(self, now: float, told_incline: int = 0) -> Past:
        """Return what to store of the person; `told_incline` is the commanded one (0.1 %)."""
        return Past(
            steep=tuple(exposure.past(now, told_incline) for exposure in self.steep.exposures),
            session=self.session and self.session.turned(now),
            rest_left_s=self.rest_left(now),
            baseline=self._baseline,
            climbs=self.steep.climbs.with_command(told_incline).turned(now),
            warm_up=self.warm_up.turned(now),
            plan=self.plan and self.plan.aged(now - self._planned),
        )

    # --- limits

    def tighten(self, policy: Policy, now: float) -> None:
        """Apply the stricter of changed limits now; the rest waits for `loosen`."""
        self._next = policy
        self._take(stricter(self.policy, policy), now)

    def loosen(self, now: float) -> None:
        """Apply all pending limits: the belt stands."""
        self._take(self._next, now)

    def _take(self, policy: Policy, now: float) -> None:
        if policy != self.policy:
            self.steep = SteepWatch.begin(policy, now, self.past(now))
            self.policy = policy

    # --- rest

    def rest_left(self, now: float) -> float:
        """Return the seconds of rest left; 0 without a rest."""
        return 0.0 if self._rest_until is None else max(0.0, self._rest_until - now)

    def report_pain(self, severity: float, now: float) -> bool:
        """Begin a rest if the pain (0 to 10) is severe enough; return True if one began.

        A rest in progress never gets shorter.
        """
        policy = self.policy
        # Too mild, or rests are disabled.
        if severity < policy.rest_severity or policy.rest_s <= 0:
            return False
        self._rest_until = max(self._rest_until or now, now + policy.rest_s)
        return True

    def lift_rest(self, now: float) -> bool:
        """End the rest; return True if there was one."""
        resting = self.rest_left(now) > 0
        self._rest_until = None
        return resting

    def follow_rest(self, now: float) -> None:
        """Report a rest that has expired."""
        if self._rest_until is not None and now >= self._rest_until:
            self._rest_until = None
            self._journal.report("rest_over")

    # --- plan

    def follow_plan(self, ceilings: Ceilings | None, now: float) -> None:
        """Apply the ceilings of the plan; they never rise during a session."""
        if self.session is not None:
            if ceilings is None:
                return
            ceilings = self.session.plan = ceilings.within(self.session.plan)
        self.plan, self._planned = ceilings, now

    def plan_left(self, now: float) -> float:
        """Return the seconds until the plan's rest day ends; 0 without one."""
        return 0.0 if self.plan is None else self.plan.aged(now - self._planned).opens_s

    # --- session

    @property
    def cool_down(self) -> CoolDown | None:
        """Cool-down of the session; None without one."""
        return self.session.cool_down if self.session else None

    def begin_session(self, now: float) -> None:
        """Begin a session: the belt moves."""
        self.session = Session(moved=now, plan=self.plan)
        self._journal.report("session_started")

    def end_session(self) -> None:
        """End the session: the belt stands, and not for a pause."""
        if self.session is not None:
            self._baseline = Baseline.after(self._baseline, self.session.effort)
            self.session = None
            self._journal.report("session_ended")

    def end_old_session(self, now: float) -> None:
        """End a session whose belt was not seen to move for `GONE_S`."""
        moved = self.session.moved if self.session else None
        if moved is not None and now - moved > GONE_S:
            self.end_session()

    def moved(
        self, session: Session, now: float, dt: float, measured: Measured, *, observed: bool = False
    ) -> None:
        """Count `dt` seconds of motion; the session of a belt that is only `observed` goes on."""
        speed, incline = measured[Axis.SPEED] or 0, measured[Axis.INCLINE] or 0
        session.move(now, dt, speed=speed, incline=incline)
        if self.warm_up.move(self.policy, now, dt):
            self._journal.report("warm_up_over")
        self._follow_length(session, now, speed, observed=observed)
        if self._baseline is None:
            # Without a baseline nothing can be judged; say so once.
            if session.first("no_baseline"):
                self._journal.report("no_baseline")
            return
        policy = self.policy
        for measure, did, usual in gradual(session.effort, self._baseline, policy.gradual_percent):
            first = session.first(measure)
            # Sent events may still lack their end: a restart loses the notice.
            if policy.gradual_enforced and not observed and not session.is_ending:
                session.finish_at = now + NOTICE_S
            elif not first:
                continue
            kind, ends_s = "gradual", None
            if session.finish_at is not None and session.cool_down is None:
                kind, ends_s = "gradual_finish", max(0.0, session.finish_at - now)
            percent = policy.gradual_percent
            self._journal.report(
                kind, ends_s=ends_s, case=measure, did=did, usual=usual, percent=percent
            )

    def _follow_length(self, session: Session, now: float, speed: int, *, observed: bool) -> None:
        """End a session at the length that its plan allows, after a notice.

        If the belt cannot be commanded, advise the person once.
        """
        plan = session.plan
        if plan is None or session.is_ending:
            return
        rest = plan.left(session.effort, speed)
        if rest is None or rest.seconds > NOTICE_S:
            return
        kind, ends_s = "plan_length", None
        if not observed:
            session.finish_at = now + rest.seconds
            kind, ends_s = "plan_finish", rest.seconds
        elif rest.seconds > 0 or not session.first(f"plan_{rest.measure}"):
            return
        length, case, phase, name = rest.most, rest.measure, plan.place, plan.name
        self._journal.report(kind, ends_s=ends_s, case=case, length=length, phase=phase, name=name)
