"""Plain values that the packages of the bridge exchange, independent of the protocol.

Speeds and inclines are integers of 0.01 km/h and 0.1 % ("wire units", as in FTMS). 8.20 km/h is 820
from the driver to the guard and back. Only payloads and texts convert them.
"""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum

from bridge.machines import PLAIN_EDGE, Edge
from bridge.machines.learned import UNLEARNED, LearnedMachine
from protocols.frozen import frozen
from protocols.ranges import InclineRange, SpeedRange

LINK_LOST = "the link was lost"
"""Reason of a disconnect that neither the bridge nor its owner caused."""

NOT_THIS_VALUE = "the machine does not accept this value"
"""Reason of a refusal that concerns this value only, not the machine."""
NOT_LINKED = "the machine is not connected, or takes no commands"
"""Reason of a refusal by the bridge itself: nothing was written."""


class Units(StrEnum):
    """The owner's unit of speed. Payload keys are metric in either case."""

    KMH = "km/h"
    MPH = "mph"


class Axis(StrEnum):
    """Settable axes of a treadmill. Wire units: speed 0.01 km/h, incline 0.1 %."""

    SPEED = "speed"
    INCLINE = "incline"


# The guard uses these at every decision, and enum member lookup is slow on Python 3.11.
SPEED, INCLINE = Axis.SPEED, Axis.INCLINE


class Belt(StrEnum):
    """Known state of the belt."""

    UNKNOWN = "unknown"
    IDLE = "idle"
    STARTING = "starting"
    RUNNING = "running"
    PAUSED = "paused"
    STOPPING = "stopping"

    @property
    def stands(self) -> bool:
        """True if the belt is known to stand (`starting` counts as moving)."""
        return self in STANDING


STANDING = frozenset({Belt.IDLE, Belt.PAUSED})


class Control(StrEnum):
    """State of the control point for this bridge."""

    NONE = "none"
    HELD = "held"
    DENIED = "denied"
    TAKEN = "taken"


class Halt(StrEnum):
    """The two ways to halt the belt; neither is ever delayed or limited."""

    STOP = "stop"
    PAUSE = "pause"


@dataclass(frozen=True, slots=True)
class SetTarget:
    """Order to set an axis to this value, in wire units."""

    axis: Axis
    value: int


@dataclass(frozen=True, slots=True)
class StartBelt:
    """Order to start the belt, or to resume after a pause."""


@dataclass(frozen=True, slots=True)
class HaltBelt:
    """Order to stop or pause the belt."""

    kind: Halt


Order = SetTarget | StartBelt | HaltBelt
"""An order to a driver; only decisions of the guard become orders."""


@frozen
class Measurement:
    """Values that a machine measured at one moment; None where it reports none.

    Speed 0.01 km/h, incline 0.1 %, distance m, climb 0.1 m, elapsed s, energy kcal, heart rate bpm
    (0 where a machine means "none"), power W. `kind` identifies the set of fields, for machines
    that send their fields in alternating records.
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
        """True if it has counters of a moving machine and all of them are 0."""
        if self.speed:
            return False
        return {self.distance, self.elapsed, self.energy, self.step_count} - {None} == {0}


class Doing(StrEnum):
    """Workout state that a machine reports."""

    RESTING = "resting"
    COUNTDOWN = "countdown"
    ACTIVE = "active"
    UNTOLD = "untold"


@dataclass(frozen=True, slots=True)
class Activity:
    """A workout state; `number` separates states that share it, such as intervals."""

    doing: Doing
    number: int = 0


class Unusable(StrEnum):
    """Kinds of data that are neither a measurement nor an event."""

    PART = "part"
    """One part of a measurement that continues in further records."""
    MEASUREMENT = "measurement"
    STATUS = "status"
    UNKNOWN_STATUS = "unknown_status"
    """A status that no specification defines; often followed by more garbage."""
    OTHER = "other"


@frozen
class Sample:
    """Newest measurements, and the monotonic time of the newest record in seconds.

    For machines that alternate their fields, `speed_age` and `incline_age` are the seconds by which
    those values are older than `time`. `gone` holds axes reported earlier on this link and missing
    now.
    """

    time: float
    data: Measurement
    speed_age: float = 0.0
    incline_age: float = 0.0
    gone: frozenset[Axis] = frozenset()


@dataclass(frozen=True, slots=True)
class Features:
    """Features that a machine declares, with the names of the MQTT contract (docs/mqtt.md)."""

    measures: tuple[str, ...] = ()
    settable: tuple[str, ...] = ()


INCLINATION = "inclination"
"""Name of the incline in `Features`, measured and settable."""


@dataclass(frozen=True, slots=True)
class MachineInfo:
    """Facts about a connected machine; empty or None where it reports none.

    The ranges are converted values. `edge` holds the declared profile and converts the numbers.
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
    """Steps per minute from the runner's cadence service, at a monotonic time."""

    time: float
    a_minute: int


@frozen
class Snapshot:
    """Merged latest knowledge of one treadmill.

    `sample` is the newest complete one, of any age. `read_time` is the monotonic time of the last
    answered read, which keeps a silent machine at rest fresh. `garbled` is the time of the last
    impossible value.
    """

    connected: bool = False
    machine: MachineInfo | None = None
    belt: Belt = Belt.UNKNOWN
    sample: Sample | None = None
    read_time: float | None = None
    garbled: float | None = None
    counters_stand: bool = False
    """True if all known counters have stood since a halt, for 3 s and twice their resolution."""
    control: Control = Control.NONE
    steps: Steps | None = None
    learned: LearnedMachine = UNLEARNED

    def with_sample(self, sample: Sample) -> "Snapshot":
        """Return a copy with a newer sample; a third of the cost of `replace`, for each frame."""
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
        """Return the seconds since the newest sample; infinite without one."""
        return float("inf") if self.sample is None else now - self.sample.time


class Verb(StrEnum):
    """Verbs of commands; the values are those of the MQTT contract."""

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
"""Verbs that must never be delayed."""


@dataclass(frozen=True, slots=True)
class Command:
    """One command from outside.

    `value` is in wire units for speed and incline. `requested` is the value as the sender wrote it,
    for the outcome. `program` is True if the source is a program and not a person: its large drops
    are eased.
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
    """True if the broker's echo is overdue: then only stop, pause and reductions pass."""
    details: dict[str, object] = field(default_factory=dict)


class Result(StrEnum):
    """Result of a command."""

    ACCEPTED = "accepted"
    LIMITED = "limited"
    CONFIRMED = "confirmed"
    REJECTED = "rejected"
    SUPERSEDED = "superseded"
    FAILED = "failed"


@frozen
class Reason:
    """Reason of a limit, hold, refusal or end: a rule, numbers and a time.

    `rule` is a stable name, `case` selects among its sentences in `bridge.texts`. `limit` is in the
    wire units of `axis`. `ends_s` is the seconds until it ends; None if unknown. `until` is the
    same in UTC, set outside the guard, which has no clock.
    """

    rule: str
    axis: Axis | None = None
    limit: float | None = None
    ends_s: float | None = None
    values: "Values" = ()
    case: str = ""
    until: datetime | None = None

    def at(self, utc: datetime) -> "Reason":
        """Return a copy whose end is a UTC time, counted from `utc`, rounded up to a second."""
        if self.ends_s is None or self.until is not None or self.ends_s > FOREVER_S:
            return self
        until = utc + timedelta(seconds=self.ends_s, microseconds=999_999)
        return replace(self, until=until.replace(microsecond=0))


FOREVER_S = 366 * 86_400.0
"""An end further away than this counts as no end."""

Value = float | str | tuple[str, ...] | Reason
Values = tuple[tuple[str, Value], ...]
"""Further values of a reason or an event by name: wire units, seconds or texts."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """Outcome of a command, with the applied value (wire units for a target) and the reasons."""

    command: Command
    result: Result
    applied: int | None = None
    reasons: tuple[Reason, ...] = ()


@frozen
class Event:
    """An event that may matter to a person. The fields are those of a `Reason`.

    `ends_start` is True if a requested start has failed.
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
        """Reason made of this event, for use in another event or outcome."""
        return Reason(self.type, self.axis, self.limit, self.ends_s, self.values, self.case)


@dataclass(frozen=True, slots=True)
class Trouble:
    """Reason of a missing link: a stable name for programs, a text for people."""

    rule: str
    text: str


ENDED = Trouble("ended", "The bridge has ended. Start it again: systemctl start treadmill-bridge.")
LOOKING = Trouble("looking", "The bridge is looking for the treadmill.")
RELEASED = Trouble(
    "released",
    "The treadmill was released, so that another app can take it. Send connect to take it again.",
)
"""Reason for a missing link while Bluetooth itself works."""


@dataclass(frozen=True, slots=True)
class Who:
    """Person on a treadmill, their shoes, and their profile of limits."""

    person: str = "default"
    shoes: str | None = None
    profile: str = "gentle"
