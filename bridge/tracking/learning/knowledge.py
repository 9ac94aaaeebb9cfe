"""What was observed of one machine, as plain values that outlive a restart."""

from dataclasses import dataclass, field
from math import isfinite

from bridge.machines.learned import Echo, UnitVerdict

POINTS = 12
"""Targets of which steady readings are kept, the newest of them."""
MEANS = 4
"""Steady readings that are kept of each."""
LATEST = 8
"""Observations of each other kind that are kept: what a machine does may change with its age."""
VALUES = 48
"""Distinct readings that are kept: their least distance is the step of the reports."""


@dataclass(frozen=True, slots=True)
class Point:
    """A target, and the means of steady readings there, the newest last. Wire units."""

    target: int
    means: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Odd:
    """A steady reading that what is known does not explain, and the number of its session."""

    session: int
    target: int
    mean: float


@dataclass(frozen=True, slots=True)
class Span:
    """An observed number: it was between `low` and `high`. `exact`: by one write alone."""

    low: float
    high: float
    exact: bool = True


@dataclass(frozen=True, slots=True)
class AxisKnowledge:
    """The observations of one axis, in wire units and seconds."""

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
    """Targets that the machine accepted, the newest ones."""
    refused: tuple[int, ...] = ()
    """Targets within its range that it refused, the newest ones."""
    echoed: int | None = None
    """The step that its echoes are rounded to, where they are."""

    def __post_init__(self) -> None:
        """Refuse what no observation can be.

        Raises:
            ValueError: a number is not finite, or there are too many.
        """
        numbers = [mean for point in self.points for mean in point.means]
        numbers += [odd.mean for odd in self.odd]
        numbers += [*self.noises, *self.wanders, *self.droops, *self.overshoots]
        numbers += [
            end for span in (*self.lags, *self.rises, *self.falls) for end in (span.low, span.high)
        ]
        if not all(isfinite(number) for number in numbers):
            message = "an observation is not a number"
            raise ValueError(message)
        if any(not point.means for point in self.points):
            message = "a point without readings"
            raise ValueError(message)


@dataclass(frozen=True, slots=True)
class Knowledge:
    """The observations of one machine."""

    speed: AxisKnowledge = field(default_factory=AxisKnowledge)
    incline: AxisKnowledge = field(default_factory=AxisKnowledge)
    sessions: int = 0
    frame_s: float = 1.0
    echo: Echo = Echo.UNKNOWN
    echo_s: float | None = None
    fastest_s: float | None = None
    """The shortest time to an echo."""
    names_current: bool | None = None
    reports: UnitVerdict = UnitVerdict.UNKNOWN
    targets: UnitVerdict = UnitVerdict.UNKNOWN
    ratios: tuple[Point, ...] = ()
    """Speed targets and what was measured there, for the unit of targets, whatever came out."""


NOTHING = Knowledge()


def with_point(points: tuple[Point, ...], target: int, mean: float) -> tuple[Point, ...]:
    """The points with one more reading, the newest target last."""
    means = next((point.means for point in points if point.target == target), ())
    others = tuple(point for point in points if point.target != target)
    return (*others, Point(target, (*means, mean)[-MEANS:]))[-POINTS:]


def latest(values: tuple[float, ...], value: float) -> tuple[float, ...]:
    """The newest observations, with one more."""
    return (*values, value)[-LATEST:]
