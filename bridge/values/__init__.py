"""The plain values that the rooms of the bridge hand each other, whatever a machine speaks.

Speeds and inclines are integers throughout, 0.01 km/h and 0.1 % ("wire units", as in FTMS), so that
8.20 km/h is 820 from the driver to the guard and back; only payloads and texts convert them.
"""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum

from bridge.machines import PLAIN_EDGE, Edge
from bridge.machines.learned import UNLEARNED, LearnedMachine
from protocols.frozen import frozen
from protocols.ranges import InclineRange, SpeedRange

LINK_LOST = "the link was lost"
"""Why a link ended, where neither the bridge nor its owner ended it."""


NOT_THIS_VALUE = "the machine does not accept this value"
"""Why it refused an order, where it is the order and not the machine."""


class Units(StrEnum):
    """The owner's unit of speed. Payload keys are metric whatever it is."""

    KMH = "km/h"
    MPH = "mph"


class Axis(StrEnum):
    """What of a treadmill can be set. Wire units: speed 0.01 km/h, incline 0.1 %."""

    SPEED = "speed"
    INCLINE = "incline"


# The guard looks at them all the time, and to look a member up is slow on Python 3.11.
SPEED, INCLINE = Axis.SPEED, Axis.INCLINE


class Belt(StrEnum):
    """What the belt is known to do."""

    UNKNOWN = "unknown"
    IDLE = "idle"
    STARTING = "starting"
    RUNNING = "running"
    PAUSED = "paused"
    STOPPING = "stopping"

    @property
    def stands(self) -> bool:
        """Whether the belt is known to stand still (`starting` counts as moving)."""
        return self in STANDING


STANDING = frozenset({Belt.IDLE, Belt.PAUSED})


class Control(StrEnum):
    """Whether the control point takes this bridge's orders."""

    NONE = "none"
    HELD = "held"
    DENIED = "denied"
    TAKEN = "taken"


class Halt(StrEnum):
    """The two ways to bring the belt to a stand; both pass at once, always."""

    STOP = "stop"
    PAUSE = "pause"


@dataclass(frozen=True, slots=True)
class SetTarget:
    """The order to bring an axis to this value, in wire units."""

    axis: Axis
    value: int


@dataclass(frozen=True, slots=True)
class StartBelt:
    """The order to start the belt, or to go on after a pause."""


@dataclass(frozen=True, slots=True)
class HaltBelt:
    """The order to stop or pause the belt."""

    kind: Halt


Order = SetTarget | StartBelt | HaltBelt
"""What a driver is told to do; only the guard's decisions become orders."""


@frozen
class Measurement:
    """What a machine measured at one moment; None where it does not say.

    Speed 0.01 km/h, incline 0.1 %, distance m, climb 0.1 m, elapsed s, energy kcal, heart rate bpm
    (0 where a machine means "none"), power W. Of a machine that sends its fields in turns, `kind`
    tells apart the records with different fields.
    """

    speed: int | None = None
    incline: int | None = None
    distance: int | None = None
    elapsed: int | None = None
    elevation_gain: int | None = None
    energy: int | None = None
    heart_rate: int | None = None
    power: int | None = None
    step_count: int | None = None
    kind: int = field(default=0, compare=False)

    @property
    def is_blank(self) -> bool:
        """Whether it counts what a machine counts that moves, and all of that is 0."""
        if self.speed:
            return False
        return {self.distance, self.elapsed, self.energy, self.step_count} - {None} == {0}


class Doing(StrEnum):
    """What a machine reports that the workout does."""

    RESTING = "resting"
    COUNTDOWN = "countdown"
    ACTIVE = "active"
    UNTOLD = "untold"


@dataclass(frozen=True, slots=True)
class Activity:
    """The workout's state; `number` tells states apart that are alike here, such as intervals."""

    doing: Doing
    number: int = 0


class Unusable(StrEnum):
    """What a machine sent that is neither a measurement nor an event."""

    PART = "part"
    """Part of a measurement, of which more is to come."""
    MEASUREMENT = "measurement"
    STATUS = "status"
    UNKNOWN_STATUS = "unknown_status"
    """A status that no specification knows; often followed by more garbage."""
    OTHER = "other"


@frozen
class Sample:
    """The newest measurements, and the monotonic time of the newest record in seconds.

    A machine may send its fields in turns: `speed_age` and `incline_age` are how many seconds older
    than `time` those values are. `gone`: what was reported on this link and is not any more.
    """

    time: float
    data: Measurement
    speed_age: float = 0.0
    incline_age: float = 0.0
    gone: frozenset[Axis] = frozenset()


@dataclass(frozen=True, slots=True)
class Features:
    """What a machine says it can do, in the words of the MQTT contract (see docs/mqtt.md)."""

    measures: tuple[str, ...] = ()
    settable: tuple[str, ...] = ()


INCLINATION = "inclination"
"""The word for the incline in `Features`, measured and set."""


@dataclass(frozen=True, slots=True)
class MachineInfo:
    """What is known of a machine once it is connected; empty or None where it does not say.

    The ranges are true ones; `edge` holds its declared ways, and turns its numbers into true ones.
    """

    address: str
    name: str = ""
    maker: str = ""
    model: str = ""
    firmware: str = ""
    features: Features | None = None
    speed_range: SpeedRange | None = None
    incline_range: InclineRange | None = None
    can_control: bool = False
    rssi: int | None = None
    quirks: tuple[str, ...] = ()
    edge: Edge = PLAIN_EDGE


@dataclass(frozen=True, slots=True)
class Steps:
    """What the service beside tells of the runner: steps a minute, at a monotonic time."""

    time: float
    a_minute: int


@frozen
class Snapshot:
    """The merged latest knowledge of one treadmill.

    `read_time` is when a read was last answered (monotonic seconds): what keeps a silent machine at
    rest fresh. `sample` is the newest complete one, however old. `garbled` is when the machine last
    sent what cannot be true.
    """

    connected: bool = False
    machine: MachineInfo | None = None
    belt: Belt = Belt.UNKNOWN
    sample: Sample | None = None
    read_time: float | None = None
    garbled: float | None = None
    counters_stand: bool = False
    """True if every counter that is known to advance has stood for 3 s and for twice its resolution
    since a halt was written: then the machine may stand whatever speed it shows."""
    control: Control = Control.NONE
    steps: Steps | None = None
    learned: LearnedMachine = UNLEARNED

    def with_sample(self, sample: Sample) -> "Snapshot":
        """The same with a newer sample: made for each frame, at a third of what `replace` costs."""
        return Snapshot(
            self.connected,
            self.machine,
            self.belt,
            sample,
            self.read_time,
            self.garbled,
            self.counters_stand,
            self.control,
            self.steps,
            self.learned,
        )

    def age(self, now: float) -> float:
        """Seconds since the newest sample; infinite where there is none."""
        return float("inf") if self.sample is None else now - self.sample.time


class Verb(StrEnum):
    """What a command asks for; the values are the MQTT contract's words."""

    SPEED = "speed"
    INCLINE = "incline"
    START = "start"
    PAUSE = "pause"
    RESUME = "resume"
    STOP = "stop"
    FINISH = "finish"
    RELEASE = "release"
    CONNECT = "connect"
    PAIN = "pain"
    PERSON = "person"
    SHOES = "shoes"
    WORKOUT = "workout"
    PLAN = "plan"


HALTS = frozenset({Verb.STOP, Verb.PAUSE})
"""What a person may need at once."""


@dataclass(frozen=True, slots=True)
class Command:
    """One thing asked from outside.

    `value` is in wire units for speed and incline; `requested` is what the sender wrote, for the
    outcome. `program` marks a source that is a program and not a person: its large drops are eased.
    """

    id: str
    verb: Verb
    source: str
    received: float
    value: int | None = None
    requested: object = None
    confirm: bool = False
    program: bool = False
    late: bool = False
    """Whether the broker's echo is overdue: then nothing but stop, pause and reductions passes."""
    details: dict[str, object] = field(default_factory=dict)


class Result(StrEnum):
    """What became of a command."""

    ACCEPTED = "accepted"
    LIMITED = "limited"
    CONFIRMED = "confirmed"
    REJECTED = "rejected"
    SUPERSEDED = "superseded"
    FAILED = "failed"


@frozen
class Reason:
    """Why something is limited, held, refused or over: a rule, numbers and a time, no sentence.

    `rule` is a stable name, `case` chooses among its sentences in `bridge.texts`. `limit` is in the
    wire units of `axis`. `ends_s`: seconds from now until it ends; None if that is not known.
    `until`: the same moment in UTC, set outside the guard, which has no clock.
    """

    rule: str
    axis: Axis | None = None
    limit: float | None = None
    ends_s: float | None = None
    values: "Values" = ()
    case: str = ""
    until: datetime | None = None

    def at(self, utc: datetime) -> "Reason":
        """Return the same with its end fixed as a moment, as of `utc`; rounded up to a second."""
        if self.ends_s is None or self.until is not None or self.ends_s > FOREVER_S:
            return self
        until = utc + timedelta(seconds=self.ends_s, microseconds=999_999)
        return replace(self, until=until.replace(microsecond=0))


FOREVER_S = 366 * 86_400.0
"""An end further away than this is none."""

Value = float | str | tuple[str, ...] | Reason
Values = tuple[tuple[str, Value], ...]
"""More of a reason or an event by name: wire units, seconds, words."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """A command's fate, with what was applied (wire units, where it is a target) and why."""

    command: Command
    result: Result
    applied: int | None = None
    reasons: tuple[Reason, ...] = ()


@frozen
class Event:
    """Something a person may want to hear of. The fields are those of a `Reason`.

    `ends_start` is True if a start that was requested has come to nothing.
    """

    type: str
    axis: Axis | None = None
    limit: float | None = None
    ends_s: float | None = None
    values: Values = ()
    case: str = ""
    ends_start: bool = False

    @property
    def reason(self) -> Reason:
        """The same as the reason for something else."""
        return Reason(self.type, self.axis, self.limit, self.ends_s, self.values, self.case)


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why there is no link to a machine: a stable name for programs, a text for people."""

    rule: str
    text: str


ENDED = Trouble("ended", "The bridge has ended. Start it again: systemctl start treadmill-bridge.")
LOOKING = Trouble("looking", "The bridge is looking for the treadmill.")
RELEASED = Trouble(
    "released",
    "The treadmill was released, so that another app can take it. Send connect to take it again.",
)
"""Why there is no link, where nothing is wrong with Bluetooth."""


@dataclass(frozen=True, slots=True)
class Who:
    """Who is on a treadmill, in which shoes, and under which profile of limits."""

    person: str = "default"
    shoes: str | None = None
    profile: str = "gentle"
