"""A belt with traits of real machines under the guard, in virtual time.

Speeds in 0.01 km/h, inclines in 0.1 %, times in seconds; decisions every quarter of a second.
"""

from dataclasses import dataclass, field, replace
from enum import StrEnum
from itertools import cycle

from bridge.guard import Decision
from bridge.machines.learned import UNLEARNED, Echo, Interval, LearnedMachine, UnitVerdict
from bridge.values import Axis, Verb
from bridge.values.status import TargetChanged
from tests.guard.proof.guard_rig import KNOWN, TICK, GuardRig

WARM = replace(KNOWN, warm_up_s=0.0, steep=())
LOWEST = 80
"""The machine's minimum, to which it goes where a rounded target is below it."""
VERIFIED = replace(UNLEARNED, reports=UnitVerdict.KMH, targets=UnitVerdict.KMH)


class Says(StrEnum):
    """Values that the machine's statuses name."""

    NOTHING = "nothing"
    PRESSES = "presses"
    """Pressed values, and never written ones."""
    EACH = "each"
    """Pressed values, and each write once."""
    CURRENT = "current"
    """The speed of a belt on its way."""


ECHO = {Says.PRESSES: Echo.NEVER, Says.EACH: Echo.EACH}


@dataclass(frozen=True)
class Traits:
    """Differences of the machine from one that obeys at once."""

    says: Says = Says.NOTHING
    frame_s: float = 1.0
    lag_s: float = 0.5
    echo_s: float = 0.25
    gain: float = 1.0
    offset: float = 0.0
    grid: int = 0
    floors: bool = False
    report: int = 10
    droop: float = 0.0
    overshoot: float = 0.0
    incline_offset: int = 0
    rate: float = 50.0
    fall: float = 50.0


def learned(traits: Traits) -> LearnedMachine:
    """Return what a session on this machine teaches of its speed."""
    axis = replace(
        UNLEARNED.speed,
        lag_s=Interval(max(0.0, traits.lag_s - 0.5), traits.lag_s + traits.frame_s + 0.5),
        rise_per_s=Interval(0.8 * traits.rate, 1.25 * traits.rate),
        fall_per_s=Interval(0.8 * traits.fall, 1.25 * traits.fall),
        noise=5.0,
        resolution=float(traits.report),
        droop=max(0.03, traits.droop),
        gain=traits.gain,
        offset=traits.offset,
        spread=max(20.0, traits.report + traits.grid, 800 * traits.droop),
        pivot=800.0,
        grid=traits.grid or (10 if traits.says is Says.EACH else None),
    )
    return replace(
        VERIFIED,
        speed=axis,
        frame_s=traits.frame_s,
        echo=ECHO.get(traits.says, Echo.NEVER if traits.says is Says.NOTHING else Echo.UNKNOWN),
        echo_s=traits.lag_s + traits.echo_s + 1.0,
        names_current=traits.says is Says.CURRENT,
        sessions=1,
    )


@dataclass
class Treadmill(GuardRig):
    """A timeline on a machine with traits; `known` is what was learned of it before."""

    traits: Traits = Traits()
    known: LearnedMachine | None = None
    due: list[tuple[float, Axis, float]] = field(default_factory=list)
    """Writes that have not reached the belt yet."""
    statuses: list[tuple[float, Axis, int]] = field(default_factory=list)
    raised: float = float("-inf")
    strides: "cycle[float]" = field(default_factory=lambda: cycle([1.0, 0.0, 0.6, 0.3]))
    setpoints: list[tuple[float, int]] = field(default_factory=list)
    """The setpoint of the speed after each decision."""
    named: int = 0

    @property
    def learned(self) -> LearnedMachine:
        return super().learned if self.known is None else self.known

    def shown(self) -> float:
        """Return the speed that the machine reports."""
        traits = self.traits
        if self.speed == 0:
            return 0.0
        shown = traits.gain * self.speed + traits.offset
        shown *= 1.0 - traits.droop * next(self.strides)
        if self.now - self.raised < 3.0:
            shown += traits.overshoot
        step = traits.report
        return shown // step * step if traits.floors else round(shown / step) * step

    def shown_incline(self) -> float:
        """Return the incline that the machine reports."""
        return max(0.0, self.incline + self.traits.incline_offset)

    def _decide(self) -> Decision:
        before, held = len(self.written), self.obeys
        self.obeys = False  # a write takes its time
        decision = super()._decide()
        self.obeys = held
        for when, target in self.written[before:]:
            self._tell(target)
            if held:
                self.due.append((when + self.traits.lag_s, target.axis, float(target.value)))
            if self.traits.says is Says.EACH:
                taken = when + self.traits.lag_s + self.traits.echo_s
                self.statuses.append((taken, target.axis, target.value))
        setpoint = decision.setpoint.get(Axis.SPEED)
        if setpoint is not None:
            self.setpoints.append((self.now, setpoint))
        return decision

    def _takes(self, axis: Axis, value: float) -> None:
        grid = self.traits.grid
        if grid and axis is Axis.SPEED:
            value = value // grid * grid if self.traits.floors else round(value / grid) * grid
            value = max(float(LOWEST), value)
        self.target[axis] = value

    def _move(self, dt: float) -> None:
        for due in [d for d in self.due if d[0] <= self.now]:
            self.due.remove(due)
            self._takes(due[1], due[2])
        goal, was = self.target[Axis.SPEED], self.speed
        self.acceleration = self.traits.rate if goal > was else self.traits.fall
        super()._move(dt)
        if was < goal <= self.speed:
            self.raised = self.now
        current = round(self.shown())
        if self.traits.says is Says.CURRENT and current not in {0, self.named}:
            self.named = current
            self.statuses.append((self.now, Axis.SPEED, current))
        for status in [s for s in self.statuses if s[0] <= self.now]:
            self.statuses.remove(status)
            event = TargetChanged(self.now, status[1], status[2])
            self.learner.status(event)
            self.guard.observe(event, self.snapshot, self.now)

    def wait(self, seconds: float) -> "Treadmill":
        """Let time pass; a sample comes with each frame."""
        for _ in range(round(seconds / TICK)):
            self.now += TICK
            self._move(TICK)
            if not self.silent and self.connected and self.now % self.traits.frame_s == 0:
                self._measure()
            self._decide()
        return self

    def press(self, axis: Axis, value: float) -> "Treadmill":
        """A person sets a target at the console."""
        self.target[axis] = value
        if self.traits.says in {Says.PRESSES, Says.EACH}:
            self.statuses.append((self.now + TICK, axis, round(value)))
        return self

    def goes(self, speed: int, axis: Axis = Axis.SPEED) -> "Treadmill":
        """Have a person run steadily at a requested speed."""
        self.ask(Verb.SPEED if axis is Axis.SPEED else Verb.INCLINE, speed)
        return self.wait(120)

    @property
    def false(self) -> list[str]:
        """The events that ordinary life must not produce."""
        wrong = {
            "console_slowed",
            "console_raised",
            "not_responding",
            "unexpected_rise",
            "unexpected_rise_alarm",
            "incline_stuck",
            "disobeyed",
        }
        return [event.type for event in self.events if event.type in wrong]


def treadmill(traits: Traits = Traits(), *, fresh: bool = False, **options: object) -> Treadmill:
    """Return a belt that a person started; unless `fresh`, it was learned in a session before."""
    known = None if fresh else learned(traits)
    told = Treadmill(**{"policy": WARM, "traits": traits, "known": known, **options})  # type: ignore[arg-type]
    told.wait(1).runs().wait(5)
    return told
