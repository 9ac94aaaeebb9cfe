"""The plain values that the rooms of the bridge hand each other.

Speeds and inclines are FTMS wire integers throughout, 0.01 km/h and 0.1 %, so that 8.20 km/h is 820
from the radio to the control point; only payloads and texts for people convert them.
"""

from dataclasses import dataclass, field
from enum import StrEnum

from bridge.machines import PLAIN_EDGE, Edge
from bridge.machines.learned import UNLEARNED, LearnedMachine
from protocols.frozen import frozen
from protocols.ftms.feature import FitnessMachineFeature
from protocols.ftms.ranges import InclineRange, SpeedRange
from protocols.ftms.treadmill_data import TreadmillData

LINK_LOST = "the link was lost"
"""Why a link ended, where neither the bridge nor its owner ended it."""

NOT_THIS_VALUE = "the machine does not accept this value"
"""Why it refused an order, where it is the order and not the machine."""


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


@frozen
class Sample:
    """The newest measurements, and the monotonic time of the newest record in seconds.

    A machine may send its fields in turns: `speed_age` and `incline_age` are how many seconds older
    than `time` those values are. `gone`: what was reported on this link and is not any more.
    """

    time: float
    data: TreadmillData
    speed_age: float = 0.0
    incline_age: float = 0.0
    gone: frozenset[Axis] = frozenset()


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
    features: FitnessMachineFeature | None = None
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


@dataclass(frozen=True, slots=True)
class Outcome:
    """A command's fate, with what was applied (wire units, where it is a target) and why."""

    command: Command
    result: Result
    applied: int | None = None
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Event:
    """Something a person may want to hear of: a type for programs, a sentence for people."""

    type: str
    text: str
    details: dict[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Who:
    """Who is on a treadmill, in which shoes, and under which profile of limits."""

    person: str = "default"
    shoes: str | None = None
    profile: str = "gentle"
