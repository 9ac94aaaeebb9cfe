"""The player of a workout: an ordinary source of commands. Pure; it never starts a belt.

It requests the target of its step, and again when a bound opens, because a person chose the
workout. If a person lowers the belt anywhere, that is a cap until they lift it. If they raise it,
the rest of the workout is raised by as much. The guard judges every request.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from bridge.guard import Verdict
from bridge.values import INCLINE, SPEED, Axis, Belt, Event, Reason, Result, Value, Values, Verb
from bridge.workouts.corrections import Corrections
from bridge.workouts.effort import eased
from bridge.workouts.heart_step import HeartStep
from bridge.workouts.look import Ask, Look
from bridge.workouts.model import Kind
from bridge.workouts.plan import Plan, PlannedStep
from bridge.workouts.states import PlayerAction, State, Status

MAX_DT_S = 1.0
"""Maximum time step; a longer one was not observed, and counts as no more than this."""
RETRY_S = 5.0
"""Seconds until a rejected request is repeated."""
PACE_S = 1.0
"""Minimum seconds between two requests on one axis."""
PERSON_S = 10.0
"""Seconds after a person's command to the player during which a rise counts as their request."""
GONE_S = 600.0
"""Maximum pause; after a longer one another person may be on the belt, so the workout ends."""
_VERBS = {SPEED: Verb.SPEED, INCLINE: Verb.INCLINE}
_BACK_S = 5.0
"""Seconds into a step within which `back` goes to the previous step, else to its beginning."""


@dataclass(slots=True)
class Player:
    """Plays one plan.

    Args:
        plan: at least one step.
        walk: the speed (0.01 km/h) up to which a cool-down may end in a stop; above it the guard's
            own cool-down follows.
    """

    plan: Plan
    walk: int
    state: State = State.READY
    index: int = 0
    at_s: float = 0.0
    at_m: float = 0.0
    corrections: Corrections = field(default_factory=Corrections)
    _asked: dict[Axis, int] = field(default_factory=dict)
    _goals: dict[Axis, int] = field(default_factory=dict)
    _due: dict[Axis, float] = field(default_factory=dict)
    _person: dict[Axis, float] = field(default_factory=dict)
    _told: set[int] = field(default_factory=set)
    _early: set[Axis] = field(default_factory=set)
    """Axes that already have the next step's target."""
    _events: list[Event] = field(default_factory=list)
    _heart: HeartStep | None = None
    _why: tuple[Reason, ...] = ()
    _paused: Reason | None = None
    _waits: bool = False
    """True if only a person's command ends the pause."""
    _since: float = 0.0
    _now: float | None = None
    _skipped: bool = False
    """True if a person skipped the last step, until the belt's end is requested."""

    @property
    def step(self) -> PlannedStep:
        """The current step."""
        return self.plan.steps[self.index]

    @property
    def is_over(self) -> bool:
        """True once it requests nothing more."""
        return self.state is State.ENDED

    # --- commands of a person

    def command(self, word: PlayerAction, now: float) -> Reason | None:
        """Carry out a person's command; return why not, or None."""
        if self.state is State.ENDED or self._skipped:
            return Reason("workout_over")
        match word:
            case PlayerAction.START | PlayerAction.RESUME:
                if self.state is State.PAUSED:
                    self._waits, self._paused = False, _paused("not_running")
                    self._count_as_asked(now)
            case PlayerAction.PAUSE:
                self._pause("", now, waits=True)
            case PlayerAction.SKIP if self.index + 1 >= len(self.plan.steps):
                self._skipped = True
            case PlayerAction.SKIP:
                self._count_as_asked(now)
                self._go(self.index + 1)
            case PlayerAction.BACK:
                self._count_as_asked(now)
                self._go(self.index if self.at_s > _BACK_S else max(0, self.index - 1))
            case PlayerAction.END:
                self._end()
            case PlayerAction.LIFT_CAP:
                self.corrections.lift()
                self._count_as_asked(now)
        return None

    def _count_as_asked(self, now: float) -> None:
        self._person = dict.fromkeys(Axis, now + PERSON_S)
        self._due.clear()

    def _pause(self, case: str, now: float, *, waits: bool) -> None:
        if self.state is State.RUNNING:
            self._since = now
        if self.state is not State.READY:
            self.state = State.PAUSED
        self._paused, self._waits = _paused(case), self._waits or waits

    def _end(self, case: str = "", **values: Value) -> None:
        self.state = State.ENDED
        self._report("workout_ended", case, **values)
        self._paused = self._events[-1].reason

    def _go(self, index: int) -> None:
        """Go to the beginning of a step; after the last one the workout is over."""
        self.at_s = self.at_m = 0.0
        self._told.clear()
        self._early.clear()
        self._heart = None
        if index >= len(self.plan.steps):
            self._end("done")
            return
        self.index = index
        if self.state is State.RUNNING:
            self._report("workout_step", text=self.step.text)

    def _report(self, kind: str, case: str = "", **values: Value) -> None:
        self._events.append(Event(kind, values=self._about(values), case=case))

    def _about(self, values: Mapping[str, Value]) -> Values:
        """Return an event's details: the workout, the number of the step (from 1), and `values`."""
        return (("workout", self.plan.name), ("step_number", self.index + 1), *values.items())

    def take_events(self) -> list[Event]:
        """Return the events since the last call."""
        events, self._events = self._events, []
        return events

    # --- the guard's answers

    def answered(self, ask: Ask, verdict: Verdict, now: float) -> None:
        """Process the guard's first answer to a request."""
        axis = ask.axis
        if axis is None:
            return
        self._due[axis] = now + (RETRY_S if verdict.result is Result.REJECTED else PACE_S)
        if verdict.applied is not None:
            self._asked[axis] = verdict.applied
            self._why = verdict.reasons
        elif verdict.result is Result.REJECTED:
            self._why = verdict.reasons

    # --- time

    def follow(self, look: Look) -> list[Ask]:
        """Process the present state; return the requests for now."""
        dt = 0.0 if self._now is None else min(MAX_DT_S, max(0.0, look.now - self._now))
        self._now = look.now
        if self.state is State.ENDED:
            return []
        if self._skipped:
            self._skipped = False
            self._end("done")
            # Whatever happened before: a running belt must not be left at the step's speed.
            return [self._last_ask(look, look.speed)] if look.belt is Belt.RUNNING else []
        self._follow_belt(look)
        if self.state is not State.RUNNING or look.belt is not Belt.RUNNING or not look.fresh:
            return []
        if look.cooling:
            self._end("cool_down")
            return []
        self._follow_person(look)
        self._advance(dt, look)
        if self.is_over:
            # The cool-down has run its time, even if the belt reads slightly too fast.
            return [self._last_ask(look, look.requested.get(SPEED))]
        return [ask for axis in Axis for ask in self._request(axis, look)]

    def _follow_belt(self, look: Look) -> None:
        runs = look.belt is Belt.RUNNING
        if not runs:
            self._asked.clear()
        if self.state is State.RUNNING and not runs:
            if not look.connected or look.belt is Belt.UNKNOWN:
                self._pause("link", look.now, waits=True)
            elif look.belt is Belt.IDLE:
                self._pause("stopped", look.now, waits=True)
            elif look.belt is Belt.PAUSED:
                self._pause("belt", look.now, waits=False)
        elif self.state is State.PAUSED and look.now - self._since > GONE_S:
            self._end("paused", time=GONE_S)
        elif runs and (
            self.state is State.READY or (self.state is State.PAUSED and not self._waits)
        ):
            begins = self.state is State.READY
            self.state, self._paused = State.RUNNING, None
            kind = "workout_started" if begins else "workout_resumed"
            self._report(kind, text=self.step.text)

    def _follow_person(self, look: Look) -> None:
        """Detect that a person lowered or raised the belt against the request."""
        for axis, asked in tuple(self._asked.items()):
            requested = look.requested.get(axis)
            if requested is None or requested == asked:
                continue
            self._asked[axis] = requested
            grid = look.grids[axis]
            if requested < asked:
                most = look.limits.most(axis)
                by_bound = most < asked and requested >= grid.floor(most) - grid.step
                if not by_bound:
                    self._slowed(axis, requested)
            else:
                self._raised(axis, requested, requested - asked)

    def _slowed(self, axis: Axis, value: int) -> None:
        if self._target(axis, self.step) is None:
            return  # this step leaves the axis to the person
        if self.corrections.lower(axis, value):
            about = self._about({})
            self._events.append(Event("workout_capped", axis, value, values=about))

    def _raised(self, axis: Axis, value: int, more: int) -> None:
        goal = self._target(axis, self.step)
        if goal is None:
            return
        if self._heart is not None and axis in self._heart.goals:
            self._heart.goals[axis] = float(value)
            self.corrections.uncap(axis)
        else:
            self.corrections.raise_to(axis, value, by=more, goal=goal)

    def _advance(self, dt: float, look: Look) -> None:
        speed = look.speed or 0
        self.at_s += dt
        self.at_m += speed / 360 * dt  # 0.01 km/h to m/s
        step = self.step
        self._report_cues(step)
        late_s = None
        if step.duration_s is not None and self.at_s >= step.duration_s:
            late_s = self.at_s - step.duration_s
        elif step.distance_m is not None and self.at_m >= step.distance_m:
            late_s = (self.at_m - step.distance_m) / speed * 360 if speed else 0.0
        if late_s is not None:
            self._go(self.index + 1)
            self.at_s, self.at_m = late_s, speed / 360 * late_s
        if self.state is State.RUNNING and self.step.band is not None:
            if self._heart is None:
                self._heart = HeartStep.begin(self.step, look, self.plan.runner)
            self._heart.follow(look)

    def _report_cues(self, step: PlannedStep) -> None:
        for place, cue in enumerate(step.cues):
            if place not in self._told and (self.at_m if cue.metres else self.at_s) >= cue.at:
                self._told.add(place)
                self._report("workout_cue", text=cue.text)

    def _last_ask(self, look: Look, speed: int | None) -> Ask:
        """Return the request after the last step: a stop from a walk at the end of a cool-down.

        From a faster or unknown speed it is the guard's cool-down.
        """
        speeds = (look.requested.get(SPEED), speed)
        walks = all(each is not None and each <= self.walk for each in speeds)
        cooled = self.plan.steps[-1].kind is Kind.COOL_DOWN and walks
        return Ask(Verb.STOP if cooled else Verb.FINISH)

    # --- targets

    def _part(self, step: PlannedStep) -> float:
        if step.duration_s:
            return self.at_s / step.duration_s
        return self.at_m / step.distance_m if step.distance_m else 0.0

    def _target(self, axis: Axis, step: PlannedStep) -> float | None:
        """Return the plan's target of an axis now; None if the person chooses."""
        heart = self._heart
        if step is self.step and heart is not None and axis in heart.goals:
            return heart.goals[axis]
        slope = step.speed if axis is SPEED else step.incline
        if slope is None:
            return None
        return slope.at(self._part(step) if step is self.step else 0.0)

    def goal(self, axis: Axis, look: Look) -> int | None:
        """Return the request for an axis now, on the machine's grid; None for none."""
        grid = look.grids[axis]
        target = self._target(axis, self.step)
        if target is None or not grid.settable:
            return None
        target = self._ahead(axis, target, look)
        if axis is SPEED:
            climb = max(look.incline or 0, self._target(INCLINE, self.step) or 0)
            effort = self.plan.runner.equal_effort
            target = eased(target / 100, climb / 10, effort) * 100
        offset = self.step.kind is not Kind.COOL_DOWN and self._heart is None
        target = self.corrections.applied(axis, target, offset=offset)
        least = grid.range.minimum
        return max(least, grid.floor(max(target + 0.5, least)))

    def _ahead(self, axis: Axis, target: float, look: Look) -> float:
        """Return the next step's target early, if it is lower and the belt needs the time."""
        if self.index + 1 >= len(self.plan.steps):
            return target
        following = self.plan.steps[self.index + 1]
        lower = self._target(axis, following)
        if lower is None or lower >= target or following.band is not None:
            return target
        if axis not in self._early:
            left, reads = self._left_s(look), look.speed if axis is SPEED else look.incline
            here = [at for at in (look.requested.get(axis), reads) if at is not None]
            fall = max(0.0, min(target, *here) - lower)  # less of it while the belt still climbs
            if left is None or left > look.lag_s[axis] + fall / look.fall[axis]:
                return target
            self._early.add(axis)  # else the lowered request would seem early again
        return lower

    def _left_s(self, look: Look) -> float | None:
        """Return the seconds until the step ends; None if unknown."""
        if self.step.duration_s is not None:
            return self.step.duration_s - self.at_s
        if self.step.distance_m is not None and look.speed:
            return (self.step.distance_m - self.at_m) / look.speed * 360
        return None

    def _request(self, axis: Axis, look: Look) -> list[Ask]:
        goal = self.goal(axis, look)
        if goal is None:
            self._asked.pop(axis, None)
            self._goals.pop(axis, None)
            return []
        self._goals[axis] = goal
        here = look.requested.get(axis)
        if goal == here or look.now < self._due.get(axis, 0.0):
            return []
        person = look.now <= self._person.get(axis, -math.inf)
        if here is not None and goal > here:
            most = look.grids[axis].floor(min(goal, look.limits.most(axis)))
            holds = look.limits.holding(axis)
            if most <= here or holds:
                limiting = look.limits.binding(axis, goal) or holds
                self._why = tuple(limit.reason for limit in limiting)
                return []
            self._person.pop(axis, None)
            return [Ask(_VERBS[axis], goal, person=person)]
        return [Ask(_VERBS[axis], goal)]

    # --- state

    @property
    def goals(self) -> Mapping[Axis, int]:
        """Present requests in wire units, without axes left to the person."""
        return self._goals

    def status(self) -> Status:
        """Progress of the workout."""
        step = self.step
        ended = self.state is State.ENDED
        following = self.plan.steps[self.index + 1 : self.index + 2]
        return Status(
            name=self.plan.name,
            state=self.state,
            step=step.number,
            steps=len(self.plan.steps),
            text=step.text,
            remaining_s=None
            if ended or step.duration_s is None
            else max(0.0, step.duration_s - self.at_s),
            remaining_m=None
            if ended or step.distance_m is None
            else max(0.0, step.distance_m - self.at_m),
            following=following[0].text if following and not ended else None,
            targets={} if ended else dict(self._goals),
            caps=dict(self.corrections.caps),
            why=self._reasons(),
        )

    def _reasons(self) -> tuple[Reason, ...]:
        if self._paused is not None:
            return (self._paused,)
        caps = self.corrections.caps.items()
        capped = tuple(Reason("workout_capped", axis, value) for axis, value in caps)
        lower = any(self._asked.get(axis, goal) < goal for axis, goal in self._goals.items())
        return (*capped, *(self._why if lower else ()))


def _paused(case: str) -> Reason:
    return Reason("workout_paused", case=case)
