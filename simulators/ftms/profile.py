"""Profile of one model of treadmill: its numbers, and its deviations from FTMS.

A profile is plain data. The default is a machine as strict as the specification. Each deviation is
one field here, and the real machines in `simulators/machines/` set a few of them. The names of
quirks (D1, P2, S3, L4) are those of docs/simulator.md.
"""

from dataclasses import dataclass, field
from enum import Enum
from typing import Final

from protocols.ftms.feature import Feature, Target
from protocols.ftms.ranges import HeartRateRange, InclineRange, SpeedRange
from simulators.physics.spec import MachineSpec, SpeedUnit


class Carrier(Enum):
    """Transport of the control point's answers."""

    INDICATION = "indication"
    NOTIFICATION = "notification"


class Repeated(Enum):
    """Effect of a Start on a belt that is already started."""

    FAILS = "fails"
    SUCCEEDS = "succeeds"
    """Answered with success, without effect (P5)."""
    TOGGLES = "toggles"
    """Treated as the console's start/pause button."""
    RESETS = "resets"
    """The belt falls back to its lowest speed (P12)."""


class Early(Enum):
    """Effect of a speed target before the belt moves."""

    KEPT = "kept"
    LOST = "lost"
    """Answered with success and dropped (P10, P11)."""
    REFUSED = "refused"


class Counts(Enum):
    """Unit of a cadence."""

    STEPS = "steps"
    STRIDES = "strides"
    """Strides: half as many."""


@dataclass(frozen=True, slots=True)
class Identity:
    """The machine's advertised name and its Device Information."""

    name: str = "Simulated treadmill"
    maker: str = "treadmill-bridge"
    model: str = "Simulated treadmill"
    firmware: str = ""
    """Empty: the version of this software."""


@dataclass(frozen=True, slots=True)
class Advertising:
    """Content of the advertisement (L1)."""

    service_uuid: bool = True
    service_data: bool = True
    name: bool = True
    machine_types: int = 1
    """The bits of the machine type; a treadmill is 1 (L5)."""


@dataclass(frozen=True, slots=True)
class Features:
    """Features that 2ACC claims, true or not (D13, D14)."""

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
    """None: speed and incline, and the heart rate if the machine has a range for it."""


@dataclass(frozen=True, slots=True)
class Ranges:
    """Ranges that 2AD4, 2AD5 and 2AD7 claim; None: the machine's true range."""

    speed: SpeedRange | None = None
    incline: InclineRange | None = None
    heart_rate: HeartRateRange | None = None
    absent: tuple[str, ...] = ()
    """Ranges that the machine does not offer: `speed`, `incline`, `heart_rate`."""


@dataclass(frozen=True, slots=True)
class Data:
    """Treadmill Data, 2ACD."""

    interval_s: float = 1.0
    """Seconds between two records (D16)."""
    parts: tuple[int, ...] = ()
    """Flag words of the notifications of one record, for any MTU. None: by the features, in as many
    parts as the MTU needs."""
    step_octets: int = 0
    """2 or 3: octets of a step counter after the last field, flagged by bit 13 (D1, D2)."""
    torn_at: int = 0
    """Octets after which every notification is cut; 0: never (D3)."""
    not_available: tuple[str, ...] = ()
    """Fields that are sent as "not available" (D7)."""
    zero: tuple[str, ...] = ()
    """Fields that are always 0 (D8, D9)."""
    negative_gain: int | None = None
    """A constant in the negative elevation gain: 0x7FFF or 0xFFFF (D5, D6)."""
    distance_step_m: int = 1
    """Step of the distance in metres (D10)."""
    speed_unit: SpeedUnit = SpeedUnit.KMH
    """mph: the speed fields count 0.01 mph (D19)."""
    incline_factor: float = 1.0
    """Wire units sent per 0.1 % of true incline (D20)."""
    incline_constant: int | None = None
    """Constant value of the incline field, in 0.1 % (D21)."""
    surplus_octets: int = 0
    """Octets of 0 after the last field, whatever the flags (D25)."""
    others: tuple[int, ...] = ()
    """Data characteristics of other machine types, offered but never sent (L5)."""
    reports_target: bool = False
    """The speed field has the target, not the belt's speed."""
    silent_at_rest: bool = False
    """No record while the belt stands (D17)."""
    last_zero: bool = True
    """True if a machine that is silent at rest first reports a standing belt (D17)."""
    unasked: bool = False
    """Records are sent before the client subscribes (D15)."""
    speed_first: bool = False
    """Each record begins with the speed, whatever its More Data flag (D23)."""


@dataclass(frozen=True, slots=True)
class Control:
    """The control point, 2AD9."""

    present: bool = True
    write: bool = True
    write_without_response: bool = False
    indicate: bool = True
    notify: bool = False
    answers: Carrier = Carrier.INDICATION
    """Transport of the answers, whatever the client enabled (P2)."""
    answers_first: bool = False
    """The answer comes before the Write Response (P1)."""
    answer_delay_s: float = 0.0
    speed_unit: SpeedUnit = SpeedUnit.KMH
    """mph: a target speed counts 0.01 mph (P15)."""
    incline_factor: float = 1.0
    """As in the data: wire units of an incline target per 0.1 %."""
    needs_subscription: bool = True
    needs_control: bool = True
    """True if Request Control must come first (P4)."""
    answers_request: bool = True
    """True if Request Control is answered (P9)."""
    yields: bool = True
    """True if Request Control takes control away from another client."""
    repeated_start: Repeated = Repeated.FAILS
    repeated_stop_fails: bool = True
    start_before_target: bool = False
    """Each target speed needs its own Request Control and Start first (P13)."""
    speed_before_motion: Early = Early.KEPT
    unsupported: int = 0x02
    """Result for unknown ops (P8)."""
    extra_ops: tuple[int, ...] = ()
    """Supported ops that its features do not name (P6)."""
    checks_ranges: bool = True
    """False: a target out of range is answered with success, without effect (P6)."""
    ignores: tuple[int, ...] = ()
    """Ops that are answered with success, without effect (P7, P19)."""
    stop_pauses: bool = False
    """A stop is treated as a pause (P23)."""
    forgets_after: int = 0
    """Orders after each Request Control until control is lost; 0: unlimited (P14)."""
    least_interval_s: float = 0.0
    """Seconds after a write within which the next one is dropped without an answer (P20)."""


@dataclass(frozen=True, slots=True)
class Status:
    """Fitness Machine Status, 2ADA."""

    sent: bool = True
    """False: the characteristic exists but never notifies (S6)."""
    to_commander: bool = False
    """True: also to the client that sent the command (S1)."""
    least_octets: int = 1
    """Shorter ones are padded with zeros (S2)."""
    current_speed: bool = False
    """05 names the belt's speed while it changes (S3)."""
    speed_before_start: bool = False
    """05 comes before the 04 of a start (S4)."""
    zero_before_stop: bool = False
    """05 00 00 comes before the 02 of a stop or a pause (S5)."""
    started_op: int = 0x04
    """Op code of "started"; FTMS has 0x04 (S9)."""
    stopped_op: int = 0x02
    """Op code of "stopped or paused"; FTMS has 0x02."""
    replayed: bool = False
    """The last status is repeated to a new subscriber (S7)."""
    pause_as_stop: bool = False
    """A pause at the console is reported as a stop (S15)."""


@dataclass(frozen=True, slots=True)
class Training:
    """Training Status, 2AD3."""

    present: bool = True
    constant: int | None = None
    """Constant octet (S13)."""
    empty: bool = False
    """A read returns an empty value (D24)."""
    string_flag: bool = False
    """The flags announce a text that is missing (S12)."""
    slowing: int | None = None
    """Octet while the belt coasts; None: Post-Workout (S11)."""
    stopped: int | None = None
    """Octet once the belt stands; None: Idle (S11)."""
    breaks_link: bool = False
    """The machine disconnects a client that subscribes to it (P21)."""


@dataclass(frozen=True, slots=True)
class Lock:
    """Functions locked until the vendor's app connects; it writes to a service of its own."""

    control: bool = False
    """Until then every order is refused, including Request Control (P18)."""
    data: bool = False
    """Until then every number in the data is 0 (D18)."""
    opened_by: str = "71000501"
    """Prefix of the app's writes, in hex."""

    @property
    def present(self) -> bool:
        """True if anything is locked."""
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
    """Largest MTU that the machine accepts (L4)."""
    encrypted: bool = False
    """True if the control point refuses an unencrypted link."""
    clients: int = 4
    """Maximum number of clients; below it, the machine advertises (L2)."""
    idle_s: float = 0.0
    """Seconds after which a silent client is disconnected; 0: never (L3)."""


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
    """Quirks with their strength (`D1 A`), each with the fields that it supports."""

    @property
    def targets(self) -> Target:
        """The target features that 2ACC claims."""
        if self.features.targets is not None:
            return Target(self.features.targets)
        hearty = Target.HEART_RATE if self.heart_rate_range is not None else Target(0)
        return Target.SPEED | Target.INCLINATION | hearty

    @property
    def speed_range(self) -> SpeedRange | None:
        """Value of 2AD4; None if the machine has none."""
        return None if "speed" in self.ranges.absent else self.ranges.speed or self.belt.speed

    @property
    def incline_range(self) -> InclineRange | None:
        """Value of 2AD5; None if the machine has none."""
        return None if "incline" in self.ranges.absent else self.ranges.incline or self.belt.incline

    @property
    def heart_rate_range(self) -> HeartRateRange | None:
        """Value of 2AD7; None if the machine has none."""
        if "heart_rate" in self.ranges.absent:
            return None
        return self.ranges.heart_rate or self.belt.heart_rate


STRICT: Final = Profile()
"""A machine without deviations."""
