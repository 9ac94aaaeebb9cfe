"""Converts a workout for a person: each step in the guard's wire units, and in words."""

from dataclasses import dataclass, field, replace

from bridge.texts.figures import amount, duration
from bridge.values import INCLINE, SPEED, Units
from bridge.workouts.model import (
    Band,
    Cue,
    Kind,
    Kmh,
    Share,
    Speed,
    Step,
    Workout,
    WorkoutError,
    flat,
)
from bridge.workouts.person import NOBODY, Reference, Runner
from protocols.units import MPH

_TITLES = {
    Kind.WARM_UP: "Warm-up",
    Kind.WORK: "Work",
    Kind.REST: "Rest",
    Kind.COOL_DOWN: "Cool-down",
}


@dataclass(frozen=True, slots=True)
class Slope:
    """A target that changes linearly over a step, in wire units; only `start` if constant."""

    start: float
    end: float

    def at(self, part: float) -> float:
        """Return the target after this fraction of the step, 0 to 1."""
        return self.start + (self.end - self.start) * min(1.0, max(0.0, part))


@dataclass(frozen=True, slots=True)
class PlannedStep:
    """A step in numbers: wire units (0.01 km/h, 0.1 %), seconds, metres, beats per minute."""

    number: int
    kind: Kind
    title: str
    text: str
    duration_s: float | None
    distance_m: float | None
    speed: Slope | None
    incline: Slope | None
    band: tuple[float, float] | None
    least: float | None
    most: float | None
    cues: tuple[Cue, ...]

    @property
    def is_open(self) -> bool:
        """True if only a person ends it."""
        return self.duration_s is None and self.distance_m is None


@dataclass(frozen=True, slots=True)
class Plan:
    """A workout for one person. `references` are the reference speeds used, `notes` the rest."""

    name: str
    steps: tuple[PlannedStep, ...]
    references: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    runner: Runner = NOBODY

    def called(self, name: str) -> "Plan":
        """Return a copy under the name by which it is chosen."""
        return replace(self, name=name)


def plan(workout: Workout, runner: Runner) -> Plan:
    """Convert a workout.

    Raises:
        WorkoutError: It needs a reference speed or a maximum heart rate that is not configured.
    """
    planner = _Planner(runner)
    every = flat(workout.parts)
    if any(step.incline is not None for step in every):
        # After a hill, a step without incline is level instead of keeping the hill's.
        every = tuple(replace(s, incline=0.0) if s.incline is None else s for s in every)
    steps = tuple(planner.step(n, step) for n, step in enumerate(every, 1))
    references = tuple(
        f"{reference.words}: {amount(SPEED, kmh * 100, runner.units)}"
        for reference, kmh in planner.used.items()
    )
    return Plan(workout.name, steps, references, workout.notes, runner)


@dataclass(slots=True)
class _Planner:
    runner: Runner
    used: dict[Reference, float] = field(default_factory=dict)

    def step(self, number: int, step: Step) -> PlannedStep:
        start, end = self._kmh(step.speed, step), self._kmh(step.speed_end, step)
        speed = _slope(start, end, 100)
        incline = _slope(step.incline, step.incline_end, 10)
        band = self._band(step.band, step)
        title = step.text or _TITLES[step.kind]
        planned = PlannedStep(
            number=number,
            kind=step.kind,
            title=title,
            text="",
            duration_s=step.duration_s,
            distance_m=step.distance_m,
            speed=speed,
            incline=incline,
            band=band,
            least=step.least.value * 100 if step.least else None,
            most=step.most.value * 100 if step.most else None,
            cues=step.cues,
        )
        return _named(planned, self.runner.units)

    def _kmh(self, speed: Speed | None, step: Step) -> float | None:
        if speed is None or isinstance(speed, Kmh):
            return speed.value if speed else None
        reference = self._reference(speed, step)
        kmh = self.runner.references[reference]
        self.used[reference] = kmh
        return kmh * speed.fraction

    def _reference(self, speed: Share, step: Step) -> Reference:
        """Return the reference of a share, else the next slower known one, else the slowest.

        A speed is never guessed upwards: shorter distances, which are run faster, are not used.
        """
        order = list(Reference)
        known = [reference for reference in order if reference in self.runner.references]
        if not known:
            problem = (
                "it asks for a share of your speed, and no speed of yours is configured; set one "
                "under [workouts.reference_kmh]"
            )
            raise WorkoutError(problem, step.where)
        if speed.reference is None:
            return min(known, key=lambda reference: self.runner.references[reference])
        wanted = order.index(speed.reference)
        slower = next((each for each in known if order.index(each) >= wanted), None)
        if slower is None:
            key = f"{speed.reference.value!r}"
            problem = (
                f"it asks for a share of your speed over {speed.reference.words}; set {key} "
                "under [workouts.reference_kmh]"
            )
            raise WorkoutError(problem, step.where)
        return slower

    def _band(self, band: Band | None, step: Step) -> tuple[float, float] | None:
        if band is None:
            return None
        if not band.percent:
            return band.low, band.high
        most = self.runner.max_heart_rate
        if most is None:
            problem = (
                "it asks for a share of your maximum heart rate; set max_heart_rate_bpm "
                "under [workouts]"
            )
            raise WorkoutError(problem, step.where)
        return round(band.low * most / 100), round(band.high * most / 100)


def _slope(start: float | None, end: float | None, scale: int) -> Slope | None:
    if start is None:
        start, end = end, None
    if start is None:
        return None
    return Slope(start * scale, (start if end is None else end) * scale)


_LEVEL = Slope(0.0, 0.0)


def _named(step: PlannedStep, units: Units) -> PlannedStep:
    """Return the step with its text: `Work: 8 km/h, 4 %, for 1 min`."""
    parts = []
    for slope, axis in ((step.speed, SPEED), (step.incline, INCLINE)):
        if slope is None or (axis is INCLINE and slope == _LEVEL):
            continue
        words = amount(axis, round(slope.start), units)
        if slope.end != slope.start:
            words = f"{words} to {amount(axis, round(slope.end), units)}"
        parts.append(words)
    if step.band is not None:
        parts.append(f"{step.band[0]:.0f} to {step.band[1]:.0f} bpm")
    what = ", ".join(parts) or "as you like"
    if step.duration_s is not None:
        length = f"for {duration(step.duration_s)}"
    elif step.distance_m is not None:
        length = f"for {metres(step.distance_m, units)}"
    else:
        length = "until you skip it"
    text = f"{step.title}: {what}, {length}"
    return replace(step, text=text)


def metres(value: float, units: Units) -> str:
    """Return a distance for people: `400 m`, `5.2 km`, `3.23 miles`."""
    if units is Units.MPH:
        miles = f"{value / 1000 / MPH:.2f}".rstrip("0").rstrip(".")
        return f"{miles} {'mile' if miles == '1' else 'miles'}"
    if value < 1000:
        return f"{value:.0f} m"
    return f"{value / 1000:.2f}".rstrip("0").rstrip(".") + " km"
