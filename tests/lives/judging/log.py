"""Events of one session, as the judge reads them: km/h, percent, seconds."""

from dataclasses import dataclass, field

from bridge.guard import Policy
from bridge.values import Axis, Result, Verb
from tests.lives.playing.machine import Traits


@dataclass(frozen=True, slots=True)
class Wrote:
    """A target that reached the machine's control point."""

    time: float
    axis: Axis
    value: float


@dataclass(frozen=True, slots=True)
class Ordered:
    """`start`, `stop` or `pause`, written by the bridge."""

    time: float
    what: str


@dataclass(slots=True)
class Asked:
    """A command of the dashboard, with its outcomes as they came."""

    time: float
    verb: Verb
    value: float | None
    id: str
    applied: float | None = None
    outcomes: list[tuple[float, Result, str]] = field(default_factory=list)

    @property
    def first(self) -> Result | None:
        """The first outcome; None if there was none."""
        return self.outcomes[0][1] if self.outcomes else None

    @property
    def last(self) -> Result | None:
        """The newest outcome; None if there was none."""
        return self.outcomes[-1][1] if self.outcomes else None

    @property
    def ended(self) -> bool:
        """True if its final outcome came."""
        return self.last not in {None, Result.ACCEPTED, Result.LIMITED}


@dataclass(frozen=True, slots=True)
class Pressed:
    """A gesture at the console: keys pressed within moments, on one axis.

    `after` is the farthest value that the display showed meanwhile; `wished` is where it would have
    been without the bridge.
    """

    time: float
    end: float
    axis: Axis
    before: float
    after: float
    wished: float
    quick: bool

    @property
    def up(self) -> bool:
        """True if it raised the target."""
        return self.after > self.before


@dataclass(frozen=True, slots=True)
class Keyed:
    """`start`, `stop` or `pause`, pressed at the console."""

    time: float
    what: str


@dataclass(frozen=True, slots=True)
class Said:
    """An event that the bridge published."""

    time: float
    type: str
    text: str


@dataclass(frozen=True, slots=True)
class Shown:
    """A frame that reached the bridge: reported speed, and incline where it is reported."""

    time: float
    speed: float
    incline: float | None


@dataclass(frozen=True, slots=True)
class Moment:
    """The truth of the machine and the bridge's setpoints, four times a second."""

    time: float
    state: str
    speed: float
    target: float
    incline: float
    incline_target: float
    setpoint: float | None
    incline_setpoint: float | None
    bound: float
    incline_bound: float

    def of(self, axis: Axis) -> tuple[float, float, float | None, float]:
        """Truth, machine target, setpoint and bound of an axis."""
        if axis is Axis.SPEED:
            return self.speed, self.target, self.setpoint, self.bound
        return self.incline, self.incline_target, self.incline_setpoint, self.incline_bound


@dataclass(slots=True)
class Log:
    """One session."""

    traits: Traits
    policy: Policy
    began: float
    first: bool
    """True if the bridge had never seen this machine before."""
    told_before: tuple[float, ...] = ()
    """Speeds that were held for long enough to show the unit of targets, in earlier sessions."""
    deck_told: bool = False
    """True if an incline was written in an earlier session, so that its offset may be known."""
    ended: float = 0.0
    wrote: list[Wrote] = field(default_factory=list)
    ordered: list[Ordered] = field(default_factory=list)
    asked: list[Asked] = field(default_factory=list)
    pressed: list[Pressed] = field(default_factory=list)
    keyed: list[Keyed] = field(default_factory=list)
    said: list[Said] = field(default_factory=list)
    shown: list[Shown] = field(default_factory=list)
    moments: list[Moment] = field(default_factory=list)
    miles: list[tuple[float, str]] = field(default_factory=list)
    """When the bridge began to take this machine for one of miles, and by what."""

    @property
    def hours(self) -> float:
        """Its duration."""
        return (self.ended - self.began) / 3600
