"""A step in which speed or incline follows the heart rate."""

from dataclasses import dataclass

from bridge.tracking.pulse import Pulse
from bridge.values import INCLINE, SPEED, Axis
from bridge.workouts.heart import PERCENT_PER_KMH, HeartControl
from bridge.workouts.look import Look
from bridge.workouts.model import Kind
from bridge.workouts.person import Runner
from bridge.workouts.plan import PlannedStep


@dataclass(slots=True)
class HeartStep:
    """Targets of one such step, in wire units: `goals` of speed, and possibly incline.

    The axis to change first is lowered first and raised last. Without a heart rate nothing rises.
    """

    step: PlannedStep
    control: HeartControl
    goals: dict[Axis, float]
    begin_at: dict[Axis, float]
    incline_first: bool
    pulse: Pulse
    heard: int | None = None

    @classmethod
    def begin(cls, step: PlannedStep, look: Look, runner: Runner) -> "HeartStep":
        """Begin at the step's speed, else at the present request."""
        assert step.band is not None  # noqa: S101 - the caller checked it
        quiet = step.kind in {Kind.WARM_UP, Kind.COOL_DOWN}
        here = float(look.requested.get(SPEED) or look.speed or 0)
        speed = step.speed.start if step.speed else here
        goals = {SPEED: _within(speed, step)}
        incline = step.incline.start if step.incline else look.requested.get(INCLINE)
        if incline is not None and look.grids[INCLINE].settable:
            goals[INCLINE] = float(incline)
        control = HeartControl(step.band, look.now, may_rise=not quiet)
        first = runner.incline_first and INCLINE in goals
        return cls(step, control, goals, dict(goals), first, Pulse())

    def follow(self, look: Look) -> None:
        """Process the present heart rate."""
        bpm = self.heard = self.pulse.take_sample(look.heart_rate, look.now)
        if bpm is None:
            for axis in self.goals:  # without a strap nothing rises
                here = look.requested.get(axis)
                if here is not None:
                    self.goals[axis] = min(self.goals[axis], float(here))
            return
        change = self.control.change(bpm, look.now)
        if change < 0:
            self._lower(-change, look)
        elif change > 0:
            self._raise(change, look)

    def _lower(self, kmh: float, look: Look) -> None:
        least = look.grids[INCLINE].range.minimum
        if self.incline_first and self.goals[INCLINE] > least:
            self.goals[INCLINE] = max(least, self.goals[INCLINE] - kmh * PERCENT_PER_KMH * 10)
            return
        here = look.requested.get(SPEED)
        speed = self.goals[SPEED] if here is None else min(self.goals[SPEED], here)
        floor = self.step.least or look.grids[SPEED].range.minimum
        self.goals[SPEED] = max(min(speed, floor), speed - kmh * 100)

    def _raise(self, kmh: float, look: Look) -> None:
        """Raise the axis that was lowered last; the goal stays below the guard's bound."""
        if self.incline_first and self.goals[SPEED] >= self.begin_at[SPEED]:
            here = look.requested.get(INCLINE)
            incline = self.goals[INCLINE] if here is None else min(self.goals[INCLINE], here + 5)
            self.goals[INCLINE] = incline + kmh * PERCENT_PER_KMH * 10
            return
        here = look.requested.get(SPEED)
        speed = self.goals[SPEED] if here is None else min(self.goals[SPEED], float(here) + 10)
        self.goals[SPEED] = _within(speed + kmh * 100, self.step)


def _within(speed: float, step: PlannedStep) -> float:
    """Limit a speed to the step's minimum and maximum."""
    low = step.least if step.least is not None else 0.0
    high = step.most if step.most is not None else float("inf")
    return min(high, max(low, speed))
