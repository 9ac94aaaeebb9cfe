"""A moving belt under the guard, fed with one sample a second. Speeds in 0.01 km/h."""

from dataclasses import dataclass, field

from bridge.guard.decision import Target
from bridge.guard.engine.run import Run
from bridge.guard.journal import Journal
from bridge.guard.limits import NO_LIMITS, Bound, Hold, Limits
from bridge.guard.slowed import Slowed
from bridge.machines.learned import LearnedMachine
from bridge.values import INCLINE, SPEED, Axis
from bridge.values.policy import Policy
from tests.guard.engine.moments import LEARNED, moment

HELD = Limits((), (Hold("garbled", "garbled"),))


def at_most(
    speed: float,
    rule: str = "envelope",
    axis: Axis = SPEED,
    *,
    announced: bool = False,
    slides: bool = False,
) -> Limits:
    """Return a bound on one axis."""
    return Limits((Bound(axis, speed, rule, announced=announced, slides=slides),), ())


@dataclass
class Line:
    """One run, second by second, on a belt whose readings the test chooses."""

    machine: LearnedMachine = LEARNED
    limits: Limits = NO_LIMITS
    policy: Policy = field(default_factory=Policy)
    others: bool = False
    unit_known: bool = True
    found: int = 800
    incline: int = 0
    now: float = 1000.0
    journal: Journal = field(default_factory=Journal)
    slowed: dict[Axis, Slowed] = field(default_factory=dict)
    told: list[Target] = field(default_factory=list)

    def __post_init__(self) -> None:
        at = {SPEED: self.found, INCLINE: self.incline}
        self.run = Run.begin(at, self.moment, self.journal, self.slowed)

    @property
    def moment(self):  # type: ignore[no-untyped-def]
        return moment(
            self.now,
            self.machine,
            policy=self.policy,
            unit_known=self.unit_known,
            others=self.others,
        )

    def starts(self, speed: int) -> "Line":
        """Have the belt start by itself at a speed."""
        at = {SPEED: speed, INCLINE: self.incline}
        self.run = Run.begin(at, self.moment, self.journal, self.slowed, started=True)
        return self

    def shows(self, *speeds: int | None, incline: int | None = 0) -> "Line":
        """A second passes for each reading; the belt is decided on after it."""
        for speed in speeds:
            self.now += 1.0
            values = {SPEED: speed, INCLINE: incline}
            self.run.sample(values, self.moment)
            targets = self.run.advance(self.limits, values, self.moment, 1.0)
            for target in targets:
                self.run.axes[target.axis].sending(target.value, self.moment)
            self.told += targets
        return self

    def names(self, value: int, axis: Axis = SPEED) -> "Line":
        """The machine names a target."""
        self.run.axes[axis].status(value, self.moment)
        return self

    def asks(self, value: int, axis: Axis = SPEED, *, program: bool = False) -> "Line":
        """A request that the bounds have passed."""
        self.run.axes[axis].take_request(value, at_once=not program)
        return self

    def written(self, axis: Axis = SPEED) -> list[int]:
        """Return the writes since the last call."""
        values = [t.value for t in self.told if t.axis is axis]
        self.told = [t for t in self.told if t.axis is not axis]
        return values

    def state(self, axis: Axis = SPEED) -> tuple[int | None, int]:
        """Return request and setpoint."""
        state = self.run.axes[axis].state
        return state.request, state.written

    def events(self) -> list[str]:
        """Return the types of the events since the last call."""
        return [event.type for event in self.journal.drain()[0]]


def steady(speed: int = 800, **line: object) -> Line:
    """A belt that runs at a person's request, long after the last write."""
    told = Line(**{"found": speed, **line}).asks(speed)  # type: ignore[arg-type]
    told.shows(*[speed] * 25)
    assert (told.written(), told.events()) == ([speed], [])
    return told
