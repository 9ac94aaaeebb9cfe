"""Model of a training plan: phases with ceilings, and the effect of pain on progress. Pure."""

from dataclasses import dataclass

from bridge.values.plan import Ceilings, Day

WORST = 10
"""The highest severity of pain."""
MAX_PHASES = 60


class PlanError(Exception):
    """A plan that cannot be used.

    Args:
        problem: the error with advice, as a sentence.
        where: the place in the file, such as `phase 3`; empty for the whole file.
    """

    def __init__(self, problem: str, where: str = "") -> None:
        super().__init__(f"{where}: {problem}" if where else problem)
        self.problem = problem
        self.where = where


@dataclass(frozen=True, slots=True)
class Interval:
    """A walk and a run, repeated `times` times. Seconds; speeds in km/h, None: free choice."""

    walk_s: float
    run_s: float
    times: int = 1
    walk_kmh: float | None = None
    run_kmh: float | None = None


@dataclass(frozen=True, slots=True)
class Phase:
    """A phase: its ceilings, and its number of sessions.

    `speed_kmh` and `incline_percent` are ceilings, None for none. `time_s` (belt time) and
    `distance_m` are the maximum of a session, at least one of them set. `sessions` of it must
    count, with `rest_days` between two of them. `intervals` describe a session.
    """

    name: str
    sessions: int
    rest_days: int
    speed_kmh: float | None = None
    incline_percent: float | None = None
    time_s: float | None = None
    distance_m: float | None = None
    intervals: tuple[Interval, ...] = ()


@dataclass(frozen=True, slots=True)
class PainRule:
    """The effect of pain, by its severity of 0 to 10.

    From `hold` on a session does not count, from `back` on the plan goes back a phase, from `end`
    on it ends.
    """

    hold: int = 3
    back: int = 5
    end: int = 7


@dataclass(frozen=True, slots=True)
class Plan:
    """A plan as described by its file. `question` is the question about pain.

    `clinician` is True if only a clinician may choose it.
    """

    key: str
    name: str
    phases: tuple[Phase, ...]
    pain: PainRule = PainRule()
    description: str = ""
    source: str = ""
    question: str = ""
    clinician: bool = False

    def ceilings(self, phase: int, day: Day = Day.RUN) -> Ceilings:
        """Return the ceilings of a phase, counted from 0, in the guard's units."""
        which = self.phases[phase]
        return Ceilings(
            phase=phase + 1,
            phases=len(self.phases),
            name=which.name,
            day=day,
            speed=None if which.speed_kmh is None else round(which.speed_kmh * 100),
            incline=None if which.incline_percent is None else round(which.incline_percent * 10),
            time_s=which.time_s,
            distance_m=which.distance_m,
        )
