"""The rules of the design, computed from all input independently: slowly and plainly.

It is exact for exposure, belt time, effort, rest, every bound, what a request becomes of a command,
and for the ramp up to what the console does; the judges bound the rest. Nothing here comes from
`bridge.guard` but plain values. Speeds in 0.01 km/h, inclines in 0.1 %, times in seconds.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

from bridge.guard import Decision, Past, Verdict
from bridge.values import Axis, Belt, Command, Result, Snapshot, Verb
from bridge.values.effort import Baseline
from tests.guard.proof.account import Account
from tests.guard.proof.ledger import NEAR, Person, inclines, is_watched
from tests.rigs.wording import rules

KNOWN_RULES = frozenset(
    {"envelope", "range", "warm_up", "steep_incline", "cool_down", "rest", "heart_rate", "plan"}
)
STEEP = frozenset({"steep_closed", "steep_open", "steep_warning"})
LOOKS = frozenset({Verb.SPEED, Verb.INCLINE, Verb.FINISH, Verb.STOP, Verb.PAUSE})
"""Commands on which the belt is looked at, before they change what is commanded."""
UNGOVERNED = frozenset({"halting", "not_running", "paused", "unsettled"})
"""Reasons why the belt takes no orders: it is sent none."""


@dataclass
class Oracle(Account):
    """Follows one guard; `decided` compares."""

    stopping: bool = False
    """True while a stop is under way: what is commanded then belongs to no run."""
    halt_asked: bool = False
    """True if a stop or pause passed since the newest decision."""
    asks: int = 0
    """Targets that passed since the newest decision."""
    compared: int = 0

    def restart(self, now: float, person: Person | None = None) -> None:
        """Another guard continues."""
        super().restart(now, person)
        self.asks, self.requested, self.halt_asked = 0, False, False

    # --- what comes out

    def asked(self, command: Command, verdict: Verdict, snapshot: Snapshot, now: float) -> None:
        """Take note of a command, and judge what became of a target."""
        if not (snapshot.connected and self.policy.may_control) or is_watched(snapshot.machine):
            assert verdict.result is Result.REJECTED, "what is only observed is told nothing"
            return
        self.unit_known = snapshot.learned.speaks_kmh
        if command.verb in LOOKS:
            governed = UNGOVERNED.isdisjoint(rules(verdict)) and not self.stopping
            self.look(snapshot, now, governed=governed)
        if verdict.result is Result.REJECTED:
            self._judge_refusal(command, snapshot, now)
            return
        if command.verb is Verb.RESUME and not snapshot.belt.stands:
            sitting = self.person.sitting
            assert sitting is not None
            assert sitting.slope is not None, "only a cool-down is ended"
            assert not command.late, "what comes late only lowers"
            sitting.slope = None
        elif command.verb in {Verb.START, Verb.RESUME}:
            assert self.is_fresh(snapshot, now), "nothing starts on missing data"
            person = self.person
            rests = person.plan is not None and person.plan.walks and person.sitting is None
            rests = rests or person.rest_until > now
            assert command.confirm or not rests, "a rest asks for confirmation"
            person.confirm()
            self.stop_asked = False
        if command.verb in {Verb.STOP, Verb.PAUSE}:
            self.halt_asked, self.stop_asked = True, self.stop_asked or command.verb is Verb.STOP
            self.stop_sent = False  # it is yet to be written again
        sitting = self.person.sitting
        if command.verb is Verb.FINISH and sitting and (not sitting.slope or self.stop_given):
            self.finish(snapshot, now, self.scale)
            self.stop_given = False
        if command.verb in {Verb.SPEED, Verb.INCLINE}:
            axis = Axis.SPEED if command.verb is Verb.SPEED else Axis.INCLINE
            assert verdict.applied is not None
            assert command.value is not None
            if not (self._others(self.before) or self.stopping):
                bounds = [most for of, _, most in self.bounds(snapshot, now) if of is axis]
                wanted = min([command.value, *bounds])
                steps, here = self.steps(snapshot)[axis], self.before.setpoint.get(axis)
                if axis is Axis.INCLINE and here is not None:  # below the owner's least it climbs
                    least = min(self.policy.min_incline, here)
                    steps = inclines(snapshot.machine, least).coarser(snapshot.learned.incline.grid)
                assert verdict.applied == steps.floor(wanted)
                assert (verdict.result is Result.LIMITED) == any(b < command.value for b in bounds)
            self.asks += 1
            self.requested |= axis is Axis.INCLINE

    def _judge_refusal(self, command: Command, snapshot: Snapshot, now: float) -> None:
        """A cool-down can be requested and ended in any phase of a run."""
        sitting, halts = self.person.sitting, self.stopping or self.halt_asked
        if snapshot.belt is not Belt.RUNNING or sitting is None or halts:
            return
        if sitting.slope and now >= sitting.slope.began + sitting.slope.takes_s - NEAR:
            return  # which ends with a stop just now
        if command.verb is Verb.FINISH:
            message = "a run can be finished"
            raise AssertionError(message)
        governed = self.before.setpoint.get(Axis.SPEED) is not None
        if command.verb is Verb.RESUME and sitting.slope and governed:
            assert command.late or sitting.ends is not None, "a cool-down can be ended"

    def decided(
        self,
        snapshot: Snapshot,
        now: float,
        decision: Decision,
        stored: Callable[[], Past],
        *,
        stopping: bool,
        named: bool,
    ) -> None:
        """Compare a decision, and what is to be stored, with what they must be.

        `named`: whether the console may have set the incline aloud since the last decision.
        """
        dt = min(max(0.0, now - self.decided_at), 1.0)
        self.decided_at = now
        self.unit_known = snapshot.learned.speaks_kmh
        scale, self.stopping = self.scale, stopping
        # What is commanded during a stop belongs to no run.
        governed = decision.setpoint[Axis.INCLINE] is not None and not stopping
        governed = governed or _said(decision, "disobeyed")
        taken_over = self.before.setpoint.get(Axis.INCLINE) is None
        taken = stored().steep if taken_over and governed else ()
        adopted = named and not any(t.axis is Axis.INCLINE for t in decision.targets)
        told = decision.setpoint[Axis.INCLINE] if adopted else None
        self.look(snapshot, now, dt, governed=governed, told=told, taken=taken)
        self._judge_session(snapshot, decision)
        self._judge_steep(decision)
        if decision.halt:
            self.stop_asked |= decision.halt == "stop"
            self.stop_sent = self.stop_asked
        self._hear(snapshot, now, decision)
        self._judge_gradual(snapshot, now, decision)
        self._end_what_is_too_much(snapshot, now, scale, decision, stored)
        self._judge_end(snapshot, now, decision)
        if now % 1 == 0 or decision.events or self.asks:
            self._judge_numbers(now, decision, stored())
        if snapshot.connected:
            self._judge_bounds(snapshot, now, decision)
        self._judge_slower(snapshot, decision)
        self.before, self.asks, self.requested, self.halt_asked = decision, 0, False, False
        self.compared += 1

    def _hear(self, snapshot: Snapshot, now: float, decision: Decision) -> None:
        """The heart counts while the belt runs under guard."""
        sample, before, self.sample = snapshot.sample, self.sample, snapshot.sample
        if not snapshot.connected or snapshot.belt is not Belt.RUNNING:
            self.beats.slowing = []
        if sample is None or sample is before:
            return
        if self.stopping or not _is_governed(snapshot, decision, stopping=self.stopping):
            self.beats.listen(now, sample.data.heart_rate)
            return
        written = self.before.setpoint.get(Axis.SPEED)
        if written is None:
            written = self.steps(snapshot)[Axis.SPEED].lowest
        speed = sample.data.speed
        here = float(written if speed is None else min(speed, written))
        presses = Axis.SPEED in decision.gestures | self.before.gestures
        theirs = [b.value for b in decision.limits.bounds if b.rule == "heart_rate"]
        if presses and theirs and speed is not None:
            # The console just changed the commanded value: the guard's value is used.
            here = min(theirs[0] + self.policy.heart_rate_step, float(speed))
        self.beats.hear(now, sample.data.heart_rate, here)

    def _judge_session(self, snapshot: Snapshot, decision: Decision) -> None:
        if not _said(decision, "session_ended"):
            return
        if self.ended_by_hand:
            self.ended_by_hand -= 1
            return
        assert snapshot.belt.stands, "a session ends where the belt stands"

    def _judge_steep(self, decision: Decision) -> None:
        """A budget that is nearly used up, used up or free again is reported once."""
        told = [e.type for e in decision.events if e.type in STEEP]
        assert sorted(told) == sorted(self.news), "a steep budget is told of"
        self.news = []

    def _judge_gradual(self, snapshot: Snapshot, now: float, decision: Decision) -> None:
        """More than a tenth beyond the recent maximum is reported once, and ended if enforced."""
        kinds = {"gradual", "gradual_finish"}
        said = [(e.case, e.type) for e in decision.events if e.type in kinds]
        unknown = _said(decision, "no_baseline")
        sitting, usual = self.person.sitting, self.person.baseline
        if sitting is None or not self.moved:
            assert not said
            assert not unknown
            return
        if usual is None:
            assert not said
            assert unknown is ("no baseline" not in sitting.told), "it is said once"
            sitting.told.add("no baseline")
            return
        assert not unknown
        percent = self.policy.gradual_percent
        surely = sitting.beyond(usual.most, percent, NEAR)
        for measure in sitting.beyond(usual.most, percent, -NEAR):
            if measure not in surely and measure not in dict(said):
                continue  # a hair's breadth: in the next moment, then
            pending = sitting.ends is not None or sitting.slope is not None
            commanded = self.policy.may_control and not is_watched(snapshot.machine)
            ends = self.policy.gradual_enforced and commanded and not pending
            if ends:
                sitting.ends = now + 30
            if ends or measure not in sitting.told:
                # Once a cool-down is under way there is nothing more to announce.
                ending = sitting.ends is not None and sitting.slope is None
                kind = "gradual_finish" if ending else "gradual"
                assert said[:1] == [(measure, kind)], (said, measure, kind)
                said = said[1:]
            sitting.told.add(measure)
        assert not said, "nothing else is"

    def _end_what_is_too_much(
        self,
        snapshot: Snapshot,
        now: float,
        scale: float,
        decision: Decision,
        stored: Callable[[], Past],
    ) -> None:
        """After the announced time, a cool-down begins."""
        sitting = self.person.sitting
        if sitting is None or sitting.ends is None or sitting.slope is not None:
            return
        if now < sitting.ends or not _is_governed(snapshot, decision, stopping=self.stopping):
            return  # a stop that the machine ignores goes ahead
        assert _said(decision, "cool_down"), "what was announced happens"
        session = stored().session
        slope, theirs = self.finish(snapshot, now, scale), session and session.cool_down
        # Without a reading right after a changed command, the guard's value is used.
        for axis, measured in zip(Axis, self.measured(snapshot), strict=True):
            told = self.before.setpoint.get(axis)
            changed = told is None or any(
                e.type == "console_slowed" and e.axis is axis for e in decision.events
            )
            if measured is None and changed and theirs:
                speed = axis is Axis.SPEED
                slope.start[axis] = (
                    theirs.start[Axis.SPEED] if speed else theirs.start[Axis.INCLINE]
                )
                slope.end[axis] = min(slope.start[axis], slope.walk[axis])

    def _judge_end(self, snapshot: Snapshot, now: float, decision: Decision) -> None:
        """A cool-down ends with a stop once the belt was commanded to walking speed."""
        if not snapshot.connected or self.person.sitting is None:
            self.stop_given = False
        if _said(decision, "cool_down_done") and snapshot.connected:
            assert decision.halt == "stop"
            self.stop_given = True
        slope = self.person.sitting and self.person.sitting.slope
        before, after = self.before.setpoint.get(Axis.SPEED), decision.setpoint[Axis.SPEED]
        ends = self.stop_given or self.stopping
        if slope and before is not None and after is not None and not ends:
            steps = self.steps(snapshot)[Axis.SPEED]
            walks = before <= max(slope.end[Axis.SPEED], steps.lowest)
            assert not (walks and now > slope.began + slope.takes_s + NEAR), "then it stops"

    def _judge_numbers(self, now: float, decision: Decision, past: Past) -> None:
        person = self.person
        assert math.isclose(decision.warm_up_left_s, self.warm_up_left(now), abs_tol=NEAR)
        assert math.isclose(decision.rest_left_s, max(0.0, person.rest_until - now), abs_tol=NEAR)
        for climb, report in zip(person.climbs, decision.steep, strict=True):
            used = climb.used(now)
            assert math.isclose(report.used_s, used, abs_tol=NEAR), (report, used)
            assert (report.opens_s is not None) is climb.closed, (report, climb.closed, used)
            free = 0.0 if climb.closed else max(0.0, climb.tier.budget_s - used)
            assert math.isclose(report.left_s, free, abs_tol=NEAR)
            if report.opens_s is not None:
                half = climb.tier.budget_s / 2
                assert climb.used(now, report.opens_s) <= half + NEAR
                assert report.opens_s == 0 or climb.used(now, report.opens_s - 0.01) > half
        assert (past.session is None) == (person.sitting is None)
        if past.session and person.sitting:
            mine, stored = person.sitting.effort, past.session.effort
            assert math.isclose(mine.time_s, stored.time_s, abs_tol=NEAR)
            assert math.isclose(mine.distance_m, stored.distance_m, abs_tol=NEAR)
            assert math.isclose(mine.climb_m, stored.climb_m, abs_tol=NEAR)
        assert _is_near(past.baseline, person.baseline)

    def _judge_bounds(self, snapshot: Snapshot, now: float, decision: Decision) -> None:
        expected = sorted(self.bounds(snapshot, now))
        found = sorted(
            (b.axis, b.rule, b.value) for b in decision.limits.bounds if b.rule in KNOWN_RULES
        )
        assert [e[:2] for e in expected] == [f[:2] for f in found]
        step = self.steps(snapshot)[Axis.INCLINE].step
        for (axis, _, mine), (_, rule, theirs) in zip(expected, found, strict=True):
            # A restart takes over a belt below the owner's least, and rounds to where that is.
            rounds = rule == "cool_down" and axis is Axis.INCLINE and mine - step < theirs <= mine
            assert rounds or math.isclose(mine, theirs, abs_tol=NEAR), rule
        holds = {hold.rule for hold in decision.limits.holds}
        assert holds & {"stale", "heart_rate"} == self.holds(snapshot, now)

    def _others(self, decision: Decision) -> bool:
        return any(b.rule not in KNOWN_RULES for b in decision.limits.bounds)

    def _judge_slower(self, snapshot: Snapshot, decision: Decision) -> None:
        """The steeper, the slower; and no steeper before it is slower."""
        speed, incline = self.measured(snapshot)
        now = decision.setpoint[Axis.INCLINE]
        was = self.before.setpoint.get(Axis.INCLINE)
        for row in self.policy.slower:
            most = row.speed * self.scale
            if snapshot.connected and incline is not None and incline >= row.incline:
                assert decision.limits.most(Axis.SPEED) <= most
            if now is not None and was is not None and was < row.incline <= now:
                if incline is not None and incline >= row.incline:
                    continue  # it is there by the console, and eased
                assert speed is not None
                assert speed <= most + 2 * self.steps(snapshot)[Axis.SPEED].step


def _is_governed(snapshot: Snapshot, decision: Decision, *, stopping: bool) -> bool:
    """True if the belt is under guard, or was until this decision stopped it."""
    kept = decision.setpoint[Axis.SPEED] is not None and not stopping
    ended = _said(decision, "disobeyed") or _said(decision, "cool_down_done")
    running = snapshot.connected and snapshot.belt is Belt.RUNNING
    return running and (kept or ended)


def _said(decision: Decision, kind: str) -> bool:
    return any(event.type == kind for event in decision.events)


def _is_near(one: Baseline | None, other: Baseline | None) -> bool:
    if one is None or other is None:
        return one is other
    pairs = (
        (one.most.time_s, other.most.time_s),
        (one.most.distance_m, other.most.distance_m),
        (one.most.climb_m, other.most.climb_m),
    )
    return one.recent is other.recent and all(
        math.isclose(a, b, rel_tol=NEAR, abs_tol=NEAR) for a, b in pairs
    )
