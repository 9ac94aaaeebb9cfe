"""Model of a workout: steps, ramps, repeats and texts, independent of the file format.

Speeds are km/h or a share of a person's reference speed, inclines percent, lengths seconds and
metres. The model knows no person or machine; `bridge.workouts.plan` converts it to numbers.
"""

from dataclasses import dataclass
from enum import StrEnum

from bridge.workouts.person import Reference

MAX_BYTES = 4 * 1024 * 1024
"""Maximum size of a file in bytes."""
MAX_NESTING = 8
"""Maximum depth of nested repeats."""
MAX_REPEATS = 200
"""Maximum count of one repeat."""
MAX_STEPS = 2000
"""Maximum number of steps, with all repeats expanded."""
MAX_S = 12 * 3600.0
"""Maximum duration; a longer workout has wrong units."""
MAX_M = 100_000.0
MIN_KMH, MAX_KMH = 0.5, 30.0
"""Speeds accepted in a file; the guard decides what is allowed."""
MIN_PERCENT, MAX_PERCENT = -40.0, 40.0
"""Inclines accepted in a file."""
MIN_SHARE, MAX_SHARE = 0.1, 3.0
"""Shares of a reference speed accepted in a file."""
MIN_BPM, MAX_BPM = 40, 230
MAX_TEXT = 500
"""Maximum characters kept of a text."""


class WorkoutError(Exception):
    """A workout that cannot be used.

    Args:
        problem: the error with advice, as a sentence.
        where: the place in the file, such as `line 12` or `step 3`; empty for the whole file.
    """

    def __init__(self, problem: str, where: str = "") -> None:
        super().__init__(f"{where}: {problem}" if where else problem)
        self.problem = problem
        self.where = where


@dataclass(frozen=True, slots=True)
class Kmh:
    """A speed in km/h."""

    value: float


@dataclass(frozen=True, slots=True)
class Share:
    """A share of a reference speed, 1.0 for all; without one, of the slowest known."""

    fraction: float
    reference: Reference | None = None


Speed = Kmh | Share


@dataclass(frozen=True, slots=True)
class Band:
    """A range of heart rates in beats per minute, or, if `percent`, in percent of the maximum."""

    low: float
    high: float
    percent: bool = False


class Kind(StrEnum):
    """The role of a step in a workout."""

    WARM_UP = "warm_up"
    WORK = "work"
    REST = "rest"
    COOL_DOWN = "cool_down"


@dataclass(frozen=True, slots=True)
class Cue:
    """A text shown `at` seconds (or metres, if `metres`) into its step."""

    at: float
    text: str
    metres: bool = False


@dataclass(frozen=True, slots=True)
class Step:
    """One step. It ends after seconds or metres; with neither it is open until a person ends it.

    `speed_end` and `incline_end` make a ramp over the step. Without speed or incline the person
    chooses. With a heart-rate `band`, `speed` is the start, and the control stays between `least`
    and `most`. `where` is the place in the file.
    """

    duration_s: float | None = None
    distance_m: float | None = None
    speed: Speed | None = None
    speed_end: Speed | None = None
    incline: float | None = None
    incline_end: float | None = None
    band: Band | None = None
    least: Kmh | None = None
    most: Kmh | None = None
    kind: Kind = Kind.WORK
    text: str = ""
    cues: tuple[Cue, ...] = ()
    where: str = ""


@dataclass(frozen=True, slots=True)
class Repeat:
    """Parts repeated `times` times."""

    times: int
    parts: "tuple[Part, ...]"
    where: str = ""


Part = Step | Repeat


@dataclass(frozen=True, slots=True)
class Workout:
    """A workout as in its file; `notes` are assumptions and omissions, with reasons."""

    name: str
    parts: tuple[Part, ...]
    description: str = ""
    author: str = ""
    format: str = ""
    notes: tuple[str, ...] = ()


def count(parts: tuple[Part, ...]) -> int:
    """Return the number of steps with all repeats expanded, without expanding them."""
    return sum(part.times * count(part.parts) if isinstance(part, Repeat) else 1 for part in parts)


def flat(parts: tuple[Part, ...]) -> tuple[Step, ...]:
    """Return all steps in order, repeats expanded; only after `check`."""
    steps: list[Step] = []
    for part in parts:
        if isinstance(part, Repeat):
            steps += part.times * flat(part.parts)
        else:
            steps.append(part)
    return tuple(steps)


def check(workout: Workout) -> Workout:
    """Return the workout if it can be used as a whole.

    Raises:
        WorkoutError: It is empty, has too many steps, nests too deeply, or is too long.
    """
    _check_nesting(workout.parts, 0)
    steps = count(workout.parts)
    if steps == 0:
        problem = "it has no steps; add at least one"
        raise WorkoutError(problem)
    if steps > MAX_STEPS:
        problem = f"with all repeats it has {steps} steps; {MAX_STEPS} are the most"
        raise WorkoutError(problem)
    every = flat(workout.parts)
    seconds = sum(step.duration_s or 0.0 for step in every)
    metres = sum(step.distance_m or 0.0 for step in every)
    if seconds > MAX_S or metres > MAX_M:
        problem = (
            f"it takes {seconds / 3600:.1f} h and {metres / 1000:.1f} km; {MAX_S / 3600:.0f} h "
            f"and {MAX_M / 1000:.0f} km are the most. Check the units of its steps"
        )
        raise WorkoutError(problem)
    return workout


def _check_nesting(parts: tuple[Part, ...], depth: int) -> None:
    for part in parts:
        if not isinstance(part, Repeat):
            continue
        if depth >= MAX_NESTING:
            problem = f"repeats nest deeper than {MAX_NESTING}; write some of them out"
            raise WorkoutError(problem, part.where)
        if not 1 <= part.times <= MAX_REPEATS:
            problem = f"a repeat of {part.times} times; 1 to {MAX_REPEATS} are allowed"
            raise WorkoutError(problem, part.where)
        _check_nesting(part.parts, depth + 1)
