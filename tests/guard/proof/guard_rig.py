"""A guard, a belt and a runner under a virtual clock.

The belt here is nothing but two numbers that move towards their targets, so that what a test
expects can be worked out on paper. Time advances in quarters of a second,
and samples come every second.
"""

from dataclasses import dataclass, field, replace

from bridge.guard import Decision, Guard, Past, Policy, Verdict
from bridge.guard.decision import Target
from bridge.guard.person.session import WarmUp
from bridge.machines.learned import LearnedMachine
from bridge.tracking.fields import Fields
from bridge.tracking.learning.learner import Learner
from bridge.values import (
    Axis,
    Belt,
    Command,
    Event,
    Halt,
    MachineInfo,
    Measurement,
    Result,
    Sample,
    SetTarget,
    Snapshot,
    Verb,
)
from bridge.values.status import MachineEvent
from protocols.ranges import InclineRange, SpeedRange

TICK = 0.25
NOBODY = Past.nobody()
KNOWN = Policy(unit_is_kmh=True, allow_remote_start=True)
STRICT = MachineInfo(
    address="F0:00:00:00:00:01",
    speed_range=SpeedRange(minimum=80, maximum=1600, step=10),
    incline_range=InclineRange(minimum=0, maximum=150, step=5),
    can_control=True,
)


@dataclass
class GuardRig:
    """A guard with a belt of two numbers, in 0.01 km/h and 0.1 %; times in seconds."""

    policy: Policy = KNOWN
    machine: MachineInfo = STRICT
    past: Past | None = NOBODY
    acceleration: float = 100.0
    motor: float = 10.0
    frame_s: float = 1.0
    now: float = 1000.0
    belt: Belt = Belt.IDLE
    connected: bool = True
    obeys: bool = True
    silent: bool = False
    metres: bool = True
    speed: float = 0.0
    incline: float = 0.0
    target: dict[Axis, float] = field(default_factory=lambda: {Axis.SPEED: 0.0, Axis.INCLINE: 0.0})
    distance: float = 0.0
    sample: Sample | None = None
    read_time: float | None = None
    garbled: Measurement | None = None
    without_incline: bool = False
    """True while the machine does not report its incline."""
    heart: int | None = None
    """Beats per minute that the machine feels."""
    noise: float | None = None
    """Time of the last implausible data."""
    written: list[tuple[float, Target]] = field(default_factory=list)
    halts: list[tuple[float, Halt]] = field(default_factory=list)
    starts: list[float] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    verdicts: list[tuple[Command, Verdict]] = field(default_factory=list)
    decision: Decision = field(default_factory=Decision)

    def __post_init__(self) -> None:
        self.guard = Guard(self.policy, self.now, self.past)
        self.learner = Learner()
        self.learner.connected(self.machine, None)
        self.began = self.now
        self.fields = Fields()
        self._measure()
        self._decide()

    @property
    def snapshot(self) -> Snapshot:
        return Snapshot(
            connected=self.connected,
            machine=self.machine,
            belt=self.shown_belt,
            sample=self.sample,
            read_time=self.read_time,
            garbled=self.noise,
            learned=self.learned,
        )

    @property
    def learned(self) -> LearnedMachine:
        """The guard's knowledge of the machine."""
        return self.learner.learned

    @property
    def shown_belt(self) -> Belt:
        """The state of the belt, as far as the link shows it."""
        return self.belt if self.connected else Belt.UNKNOWN

    def shown(self) -> float:
        """Return the speed that the machine reports."""
        return self.speed

    def shown_incline(self) -> float:
        """Return the incline that the machine reports."""
        return self.incline

    def _measure(self) -> None:
        data = Measurement(
            speed=max(0, round(self.shown())),
            incline=None if self.without_incline else round(self.shown_incline()),
            distance=int(self.distance) if self.metres else None,
            heart_rate=self.heart,
        )
        self.sample = self.fields.merge(self.garbled or data, self.now, 3.0)
        self.learner.tick(self.belt, self.now)
        self.learner.sample(data, self.now)

    def _decide(self) -> Decision:
        self.decision = decision = self.guard.decide(self.snapshot, self.now)
        self.events += decision.events
        self.learner.gestures(decision.gestures)
        if decision.start:
            self.starts.append(self.now)
        if decision.halt:
            self.halts.append((self.now, decision.halt))
        for target in decision.targets:
            self.written.append((self.now, target))
            self.guard.sending(order_of(target), self.snapshot, self.now)
            if self.obeys:
                self._told(target)
                self._tell(target)
        return decision

    def _tell(self, target: Target) -> None:
        self.learner.sending(order_of(target), self.now)
        self.learner.written(order_of(target), self.now)

    def _told(self, target: Target) -> None:
        """The machine hears a target."""
        self.target[target.axis] = float(target.value)

    def _move(self, dt: float) -> None:
        if self.belt in {Belt.RUNNING, Belt.STOPPING}:
            goal = self.target[Axis.SPEED] if self.belt is Belt.RUNNING else 0.0
            step = self.acceleration * dt
            self.speed += max(-step, min(step, goal - self.speed))
            self.distance += self.speed / 360 * dt
        step = self.motor * dt
        self.incline += max(-step, min(step, self.target[Axis.INCLINE] - self.incline))

    def wait(self, seconds: float) -> "GuardRig":
        """Let time pass."""
        for _ in range(round(seconds / TICK)):
            self.now += TICK
            self._move(TICK)
            if not self.silent and self.now % self.frame_s == 0 and self.connected:
                self._measure()
            self._decide()
        return self

    def at(self, seconds: float) -> "GuardRig":
        """Go on to a time of the timeline."""
        return self.wait(self.began + seconds - self.now)

    def garble(self) -> "GuardRig":
        """The machine sends a frame that cannot be true."""
        self.noise = self.now
        self._decide()
        return self

    def runs(self, speed: int = 80, incline: int = 0) -> "GuardRig":
        """A person started the belt at the console; it was at speed before the first decision."""
        self.belt = Belt.RUNNING
        self.target = {Axis.SPEED: float(speed), Axis.INCLINE: float(incline)}
        self.speed, self.incline = float(speed), float(incline)
        self._measure()
        self._decide()
        return self

    def warmed_up(self) -> "GuardRig":
        """Walk for some seconds, after a warm-up that was done just before."""
        done = WarmUp(self.policy.warm_up_s, 0.0)
        past = replace(self.guard.past(self.now), warm_up=done)
        self.guard = Guard(self.policy, self.now, past)
        self._decide()
        return self.runs().wait(8)

    def stands(self, belt: Belt = Belt.IDLE) -> "GuardRig":
        """The belt stands."""
        self.belt, self.speed = belt, 0.0
        self._measure()
        self._decide()
        return self

    def press(self, axis: Axis, value: float) -> "GuardRig":
        """A person sets a target at the console, and no status reports it."""
        self.target[axis] = value if axis is Axis.INCLINE else max(0.0, value)
        return self

    def says(self, event: MachineEvent) -> "GuardRig":
        """The machine sends a status."""
        self.guard.observe(event, self.snapshot, self.now)
        self._decide()
        return self

    def ask(
        self,
        verb: Verb,
        value: int | None = None,
        *,
        program: bool = False,
        late: bool = False,
        decide: bool = True,
        confirm: bool = False,
    ) -> Verdict:
        """Send a command; without `decide` the next one comes before the next decision."""
        command = Command(
            id=f"c{self.now}",
            verb=verb,
            source="test",
            received=self.now,
            value=value,
            program=program,
            late=late,
            confirm=confirm,
        )
        verdict = self.guard.submit(command, self.snapshot, self.now)
        self._answered(command, verdict)
        if decide:
            self._decide()
        return verdict

    def _answered(self, command: Command, verdict: Verdict) -> None:
        self.verdicts.append((command, verdict))

    def refuses(self, fault: str) -> None:
        """The machine turns orders down, or another app has control."""
        if self.connected:
            self._decide()  # nothing was written on a link that the guard has yet to see
            self.guard.control_refused(fault)

    def gives(self) -> None:
        """The machine takes orders again."""
        self.guard.control_given()

    def setpoint(self, axis: Axis) -> int:
        """The current setpoint."""
        value = self.decision.setpoint[axis]
        assert value is not None
        return value

    def speeds(self, since: float = 0.0) -> list[int]:
        """The speeds written since a time of the timeline."""
        return self._values(Axis.SPEED, since)

    def inclines(self, since: float = 0.0) -> list[int]:
        """The inclines written since a time of the timeline."""
        return self._values(Axis.INCLINE, since)

    def _values(self, axis: Axis, since: float) -> list[int]:
        start = self.began + since
        return [t.value for when, t in self.written if t.axis is axis and when >= start]

    def heard(self, kind: str) -> list[Event]:
        """The events of one type."""
        return [event for event in self.events if event.type == kind]


def order_of(target: Target) -> SetTarget:
    """Return the order of a decided target."""
    return SetTarget(target.axis, target.value)


def accepted(verdict: Verdict) -> bool:
    """True if a command was accepted unchanged."""
    return verdict.result is Result.ACCEPTED
