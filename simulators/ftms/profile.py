"""What one model of treadmill is like: its numbers, and where it departs from FTMS.

A profile is plain data. Without any departure it is a machine as strict as the specification; each
departure is one field here, and the real machines under `simulators/machines/` set a few of them.
Names of quirks (D1, P2, S3, L4) are those of docs/simulator.md.
"""

from dataclasses import dataclass, field
from enum import Enum
from typing import Final

from protocols.ftms.feature import Feature, Target
from protocols.ftms.ranges import HeartRateRange, InclineRange, SpeedRange
from simulators.physics.spec import MachineSpec, SpeedUnit


class Carrier(Enum):
    """How the control point's answers travel."""

    INDICATION = "indication"
    NOTIFICATION = "notification"


class Repeated(Enum):
    """What a Start does to a belt that is already started."""

    FAILS = "fails"
    SUCCEEDS = "succeeds"
    """Answered with success, and nothing happens (P5)."""
    TOGGLES = "toggles"
    """Taken as the console's start/pause button."""
    RESETS = "resets"
    """The belt falls back to its lowest speed (P12)."""


class Early(Enum):
    """What becomes of a speed target before the belt moves."""

    KEPT = "kept"
    LOST = "lost"
    """Answered with success and forgotten (P10, P11)."""
    REFUSED = "refused"


class Counts(Enum):
    """What a cadence counts."""

    STEPS = "steps"
    STRIDES = "strides"
    """One foot's: half as many."""


@dataclass(frozen=True, slots=True)
class Identity:
    """Who the machine says it is: its name on the air, and its Device Information."""

    name: str = "Simulated treadmill"
    maker: str = "treadmill-bridge"
    model: str = "Simulated treadmill"
    firmware: str = ""
    """Empty: the version of this software."""


@dataclass(frozen=True, slots=True)
class Advertising:
    """What of it is in the advertisement (L1)."""

    service_uuid: bool = True
    service_data: bool = True
    name: bool = True
    machine_types: int = 1
    """The bits of the machine type; a treadmill is 1 (L5)."""


@dataclass(frozen=True, slots=True)
class Features:
    """What 2ACC claims, true or not (D13, D14)."""

    present: bool = True
    features: int = (
        Feature.TOTAL_DISTANCE
        | Feature.INCLINATION
        | Feature.ELEVATION_GAIN
        | Feature.EXPENDED_ENERGY
        | Feature.HEART_RATE
        | Feature.ELAPSED_TIME
    )
    targets: int | None = None
    """None: speed and incline, and the heart rate where the machine has a range for it."""


@dataclass(frozen=True, slots=True)
class Ranges:
    """What 2AD4, 2AD5 and 2AD7 claim; None: what the machine really does."""

    speed: SpeedRange | None = None
    incline: InclineRange | None = None
    heart_rate: HeartRateRange | None = None
    absent: tuple[str, ...] = ()
    """Those that the machine does not have: `speed`, `incline`, `heart_rate`."""


@dataclass(frozen=True, slots=True)
class Data:
    """Treadmill Data, 2ACD."""

    interval_s: float = 1.0
    """Seconds between two records (D16)."""
    parts: tuple[int, ...] = ()
    """The flag words of the notifications that make up one record, whatever the MTU. None: as the
    features say, in as many parts as the MTU needs."""
    step_octets: int = 0
    """2 or 3: octets of a step counter after the last field, told by reserved bit 13 (D1, D2)."""
    torn_at: int = 0
    """Octets after which every notification is cut; 0: none is (D3)."""
    not_available: tuple[str, ...] = ()
    """Fields that are sent as "not available" (D7)."""
    zero: tuple[str, ...] = ()
    """Fields that are always 0 (D8, D9)."""
    negative_gain: int | None = None
    """A constant in the negative elevation gain: 0x7FFF or 0xFFFF (D5, D6)."""
    distance_step_m: int = 1
    """The distance moves in jumps of so many metres (D10)."""
    speed_unit: SpeedUnit = SpeedUnit.KMH
    """mph: the speed fields count 0.01 mph (D19)."""
    incline_factor: float = 1.0
    """What is sent, for each 0.1 % of the true incline (D20)."""
    incline_constant: int | None = None
    """What the incline field always says, in 0.1 % (D21)."""
    surplus_octets: int = 0
    """So many octets of 0 follow the last field, whatever the flags say (D25)."""
    others: tuple[int, ...] = ()
    """The data of other kinds of machines that it offers as well, and never sends (L5)."""
    reports_target: bool = False
    """The speed field shows the target, not the belt."""
    silent_at_rest: bool = False
    """No record while the belt stands (D17)."""
    last_zero: bool = True
    """Whether a machine that is silent at rest first says that the belt stands (D17)."""
    unasked: bool = False
    """Records go out before the client asked for them (D15)."""
    speed_first: bool = False
    """Each record begins with the speed, whatever its More Data flag says (D23)."""


@dataclass(frozen=True, slots=True)
class Control:
    """The control point, 2AD9."""

    present: bool = True
    write: bool = True
    write_without_response: bool = False
    indicate: bool = True
    notify: bool = False
    answers: Carrier = Carrier.INDICATION
    """What carries the answers, whatever the client enabled (P2)."""
    answers_first: bool = False
    """The answer comes before the Write Response (P1)."""
    answer_delay_s: float = 0.0
    speed_unit: SpeedUnit = SpeedUnit.KMH
    """mph: a target speed counts 0.01 mph (P15)."""
    incline_factor: float = 1.0
    """As in the data: what an incline target counts, for each 0.1 %."""
    needs_subscription: bool = True
    needs_control: bool = True
    """Whether Request Control has to come first (P4)."""
    answers_request: bool = True
    """Whether Request Control is answered (P9)."""
    yields: bool = True
    """Whether Request Control takes control away from another client."""
    repeated_start: Repeated = Repeated.FAILS
    repeated_stop_fails: bool = True
    start_before_target: bool = False
    """Each target speed needs a Request Control and a Start of its own before it (P13)."""
    speed_before_motion: Early = Early.KEPT
    unsupported: int = 0x02
    """The result for what the machine does not know (P8)."""
    extra_ops: tuple[int, ...] = ()
    """Ops that it answers though its features do not name them (P6)."""
    checks_ranges: bool = True
    """Without: a target out of range is answered with success, and nothing happens (P6)."""
    ignores: tuple[int, ...] = ()
    """Ops that are answered with success, and nothing happens (P7, P19)."""
    stop_pauses: bool = False
    """A stop is taken as a pause (P23)."""
    forgets_after: int = 0
    """So many orders after each Request Control it forgets who has control; 0: never (P14)."""
    least_interval_s: float = 0.0
    """What comes sooner after the last write is dropped without an answer (P20)."""


@dataclass(frozen=True, slots=True)
class Status:
    """Fitness Machine Status, 2ADA."""

    sent: bool = True
    """Without: the characteristic is there, and says nothing (S6)."""
    to_commander: bool = False
    """Also to the client whose command it was (S1)."""
    least_octets: int = 1
    """Shorter ones are padded with zeros (S2)."""
    current_speed: bool = False
    """05 tells the speed of the belt while it changes (S3)."""
    speed_before_start: bool = False
    """05 comes before the 04 of a start (S4)."""
    zero_before_stop: bool = False
    """05 00 00 comes before the 02 of a stop or a pause (S5)."""
    started_op: int = 0x04
    """The number that says that it was started; FTMS has 0x04 (S9)."""
    stopped_op: int = 0x02
    """The same for stopped or paused; FTMS has 0x02."""
    replayed: bool = False
    """The last one is repeated to whoever subscribes (S7)."""
    pause_as_stop: bool = False
    """A pause at the console is told as a stop (S15)."""


@dataclass(frozen=True, slots=True)
class Training:
    """Training Status, 2AD3."""

    present: bool = True
    constant: int | None = None
    """Always this octet (S13)."""
    empty: bool = False
    """A read is answered with nothing (D24)."""
    string_flag: bool = False
    """The flags promise a text that is not there (S12)."""
    slowing: int | None = None
    """The octet while the belt runs out; none: Post-Workout (S11)."""
    stopped: int | None = None
    """The octet once it stands; none: Idle (S11)."""
    breaks_link: bool = False
    """The machine drops the link of who subscribes to it (P21)."""


@dataclass(frozen=True, slots=True)
class Lock:
    """What waits until the maker's app was there; it writes to a service of its own."""

    control: bool = False
    """Until then every order is refused, Request Control too (P18)."""
    data: bool = False
    """Until then every number in the data is 0 (D18)."""
    opened_by: str = "71000501"
    """What the app's writes begin with, in hex."""

    @property
    def present(self) -> bool:
        """Whether anything is locked."""
        return self.control or self.data


@dataclass(frozen=True, slots=True)
class Running:
    """Running Speed and Cadence, a service beside FTMS (L10)."""

    present: bool = False
    counts: Counts = Counts.STEPS


@dataclass(frozen=True, slots=True)
class Link:
    """The Bluetooth link."""

    mtu: int = 517
    """The largest that the machine agrees to (L4)."""
    encrypted: bool = False
    """Whether the control point refuses a link that is not encrypted."""
    clients: int = 4
    """How many may be connected at once; while there is room, the machine advertises (L2)."""
    idle_s: float = 0.0
    """Seconds after which a client that asks nothing is hung up on; 0: never (L3)."""


@dataclass(frozen=True, slots=True)
class Profile:
    """One model. `key` is its name on the command line, `title` the one for people."""

    key: str = "strict"
    title: str = "As strict as FTMS 1.0.1"
    identity: Identity = field(default_factory=Identity)
    belt: MachineSpec = field(default_factory=MachineSpec)
    advertising: Advertising = field(default_factory=Advertising)
    features: Features = field(default_factory=Features)
    ranges: Ranges = field(default_factory=Ranges)
    data: Data = field(default_factory=Data)
    control: Control = field(default_factory=Control)
    status: Status = field(default_factory=Status)
    training: Training = field(default_factory=Training)
    lock: Lock = field(default_factory=Lock)
    running: Running = field(default_factory=Running)
    link: Link = field(default_factory=Link)
    evidence: tuple[tuple[str, tuple[str, ...]], ...] = ()
    """A quirk with its strength (`D1 A`), and the fields it is the evidence for."""

    @property
    def targets(self) -> Target:
        """The target features that 2ACC claims."""
        if self.features.targets is not None:
            return Target(self.features.targets)
        hearty = Target.HEART_RATE if self.heart_rate_range is not None else Target(0)
        return Target.SPEED | Target.INCLINATION | hearty

    @property
    def speed_range(self) -> SpeedRange | None:
        """What 2AD4 says; None where the machine has none."""
        return None if "speed" in self.ranges.absent else self.ranges.speed or self.belt.speed

    @property
    def incline_range(self) -> InclineRange | None:
        """What 2AD5 says; None where the machine has none."""
        return None if "incline" in self.ranges.absent else self.ranges.incline or self.belt.incline

    @property
    def heart_rate_range(self) -> HeartRateRange | None:
        """What 2AD7 says; None where the machine has none."""
        if "heart_rate" in self.ranges.absent:
            return None
        return self.ranges.heart_rate or self.belt.heart_rate


STRICT: Final = Profile()
"""The machine that departs from nothing."""
