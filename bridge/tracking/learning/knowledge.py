"""Observations of one machine, as plain values that survive a restart."""

from dataclasses import dataclass, field

from bridge.machines.learned import Echo, UnitVerdict
from bridge.values import SPEED, Axis

POINTS = 12
"""Number of targets whose steady readings are kept; the oldest is dropped."""
MEANS = 4
"""Number of steady readings kept for each target."""
LATEST = 8
"""Number of other observations kept of each kind; a machine may change with age."""
VALUES = 48
"""Number of distinct readings kept; their smallest distance is the step of the reports."""


@dataclass(frozen=True, slots=True)
class Point:
    """A target and the means of its steady readings, newest last. Wire units."""

    target: int
    means: tuple[float, ...]

    def __post_init__(self) -> None:
        """Validate the point; raises ValueError without a reading."""
        if not self.means:
            message = "a point without readings"
            raise ValueError(message)


@dataclass(frozen=True, slots=True)
class Odd:
    """A steady reading that contradicts the model, and the number of its session."""

    session: int
    target: int
    mean: float


@dataclass(frozen=True, slots=True)
class Span:
    """Limits of an observed number. `exact` is True if it follows from one write alone."""

    low: float
    high: float
    exact: bool = True


@dataclass(frozen=True, slots=True)
class AxisKnowledge:
    """Observations of one axis, in wire units and seconds."""

    points: tuple[Point, ...] = ()
    odd: tuple[Odd, ...] = ()
    noises: tuple[float, ...] = ()
    wanders: tuple[float, ...] = ()
    droops: tuple[float, ...] = ()
    overshoots: tuple[float, ...] = ()
    lags: tuple[Span, ...] = ()
    rises: tuple[Span, ...] = ()
    falls: tuple[Span, ...] = ()
    values: tuple[int, ...] = ()
    taken: tuple[int, ...] = ()
    """Newest targets that the machine accepted."""
    refused: tuple[int, ...] = ()
    """Newest targets within its range that it refused."""
    echoed: int | None = None
    """Rounding step of its echoes; None without rounding."""
    off: Span | None = None
    """Least and largest difference of an echo from its write; None if unknown."""


@dataclass(frozen=True, slots=True)
class Knowledge:
    """Observations of one machine."""

    __pydantic_config__ = {"allow_inf_nan": False}  # noqa: RUF012 - also for all that it contains
    speed: AxisKnowledge = field(default_factory=AxisKnowledge)
    incline: AxisKnowledge = field(default_factory=AxisKnowledge)
    sessions: int = 0
    frame_s: float = 1.0
    echo: Echo = Echo.UNKNOWN
    echo_s: float | None = None
    fastest_s: float | None = None
    """Shortest time to an echo; None if unknown."""
    names_current: bool | None = None
    current_evidence: float = 0.0
    """Logarithm of the odds that its statuses name the current speed."""
    reports: UnitVerdict = UnitVerdict.UNKNOWN
    targets: UnitVerdict = UnitVerdict.UNKNOWN
    ratios: tuple[Point, ...] = ()
    """Speed targets and their readings, for the unit of targets, whatever the result."""
    names_kmh: bool = False
    """True if its statuses name km/h although it may take miles."""
    never_answers: bool = False
    """True if it takes orders and never answers one."""

    def of(self, axis: Axis) -> AxisKnowledge:
        """Return the observations of one axis."""
        return self.speed if axis is SPEED else self.incline


NOTHING = Knowledge()


def with_point(points: tuple[Point, ...], target: int, mean: float) -> tuple[Point, ...]:
    """Return the points with one more reading, the newest target last."""
    means = next((point.means for point in points if point.target == target), ())
    others = tuple(point for point in points if point.target != target)
    return (*others, Point(target, (*means, mean)[-MEANS:]))[-POINTS:]


def latest(values: tuple[float, ...], value: float) -> tuple[float, ...]:
    """Return the newest observations with one more."""
    return (*values, value)[-LATEST:]
