"""The walk and run intervals of a phase as a workout for the player."""

from bridge.plans.model import Interval, Phase, Plan
from bridge.plans.progress import Progress, State
from bridge.workouts.model import Kind, Kmh, Repeat, Step, Workout


def workout_of(plan: Plan, progress: Progress) -> Workout | None:
    """Return today's workout; None if the phase has no intervals, or the plan is over."""
    phase = plan.phases[progress.phase]
    if not phase.intervals or progress.state is not State.ACTIVE:
        return None
    return Workout(
        name=f"{plan.name}: {phase.name}",
        parts=tuple(_repeat(interval, phase, n) for n, interval in enumerate(phase.intervals)),
        format="plan",
    )


def _repeat(interval: Interval, phase: Phase, number: int) -> Repeat:
    # A first walk without a run is a warm-up.
    first = number == 0 and len(phase.intervals) > 1
    walk = Kind.WARM_UP if first else Kind.REST
    incline = 0.0 if phase.incline_percent == 0 else None
    steps = (
        _step(interval.walk_s, interval.walk_kmh, walk, "Walk", incline),
        _step(interval.run_s, interval.run_kmh, Kind.WORK, "Run", incline),
    )
    return Repeat(interval.times, tuple(step for step in steps if step.duration_s))


def _step(seconds: float, kmh: float | None, kind: Kind, text: str, incline: float | None) -> Step:
    speed = None if kmh is None else Kmh(kmh)
    return Step(duration_s=seconds, speed=speed, incline=incline, kind=kind, text=text)
