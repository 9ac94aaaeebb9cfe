"""How one model of treadmill departs from FTMS, as far as that has to be declared.

What can be detected is not here. Quirks in brackets are those of docs/quirks.md.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from protocols.ranges import InclineRange, SpeedRange


class SpeedUnit(StrEnum):
    """What a machine counts in hundredths of."""

    KMH = "kmh"
    MPH = "mph"


class WriteType(StrEnum):
    """How the control point is written to."""

    AUTO = "auto"
    """As its properties say; with a response where there is the choice."""
    REQUEST = "request"
    COMMAND = "command"
    """Write Without Response."""


class HaltWord(StrEnum):
    """What the machine understands of "stop" (08 01) and "pause" (08 02)."""

    BOTH = "both"
    STOP = "stop"
    PAUSE = "pause"


class StatusTarget(StrEnum):
    """What a target in the Fitness Machine Status means."""

    TARGET = "target"
    CURRENT = "current"
    """The speed of the belt while it changes (S3)."""


class TrainingStatusUse(StrEnum):
    """What may be done with Training Status."""

    SUBSCRIBE = "subscribe"
    READ = "read"
    """Subscribing to it upsets the machine (P21)."""
    NONE = "none"


class Cadence(StrEnum):
    """What Running Speed and Cadence counts, where a machine has that service too (L10)."""

    STEPS = "steps"
    STRIDES = "strides"
    """One foot's: half as many."""
    NONE = "none"
    """Better not subscribe to it."""


class Pairing(StrEnum):
    """When the link is encrypted."""

    ON_DEMAND = "on_demand"
    FIRST = "first"
    NEVER = "never"


@dataclass(frozen=True, slots=True)
class Profile:
    """One model. Speeds in true 0.01 km/h, inclines in true 0.1 %, whatever the machine counts.

    A speed unit of None is not known: numbers count as km/h, and the guard's unit rule holds.
    """

    reported_speed_unit: SpeedUnit | None = None
    """Of the speeds in Treadmill Data (D19)."""
    target_speed_unit: SpeedUnit | None = None
    """Of targets, written or in a status (P15)."""
    range_speed_unit: SpeedUnit | None = None
    """Of the Supported Speed Range (D28)."""
    speed_range: SpeedRange | None = None
    """Instead of what the machine tells."""
    incline_range: InclineRange | None = None
    """Instead of what the machine tells (P17)."""
    speed_step: int | None = None
    """Instead of the told range's (P16)."""
    incline_step: int | None = None
    """Instead of the told range's (P16)."""
    incline_scale: float = 1.0
    """True incline for each unit of the machine's number (D20)."""
    incline_table: tuple[tuple[int, int], ...] = ()
    """Pairs of the machine's number and the true incline, rising in both; replaces the scale."""
    incline_offset: int = 0
    """Added to the reported incline (0.1 %); targets are taken as they are."""
    incline_reported: bool = True
    """False: what it reports as incline is fixed or means nothing (D21)."""
    reports_target: bool = False
    """Its data show the target, not the belt."""
    speed_first: bool = False
    """The speed comes first in every record, whatever the More Data flag says (D23)."""
    status_target: StatusTarget = StatusTarget.TARGET
    status: bool = True
    """False: better not subscribe to Fitness Machine Status."""
    training_status: TrainingStatusUse = TrainingStatusUse.SUBSCRIBE
    cadence: Cadence = Cadence.STEPS
    start_toggles: bool = False
    """Start is its start/pause button."""
    start_before_target: bool = False
    """Each target speed needs a Request Control and a Start before it (P13)."""
    halt: HaltWord = HaltWord.BOTH
    """The only word for a halt that it understands (P23)."""
    write: WriteType = WriteType.AUTO
    pace_s: float = 0.5
    """Seconds between two writes (P20)."""
    ask_every_s: float = 0.0
    """Seconds after which it is asked something, lest it hang up; 0: never (L3)."""
    pairing: Pairing = Pairing.ON_DEMAND
    needs_unlock: bool = False
    """It obeys only after its maker's app has unlocked it (P18)."""

    @property
    def unit_known(self) -> bool:
        """Whether both reported and target speeds have a declared unit."""
        return self.reported_speed_unit is not None and self.target_speed_unit is not None


PLAIN: Final = Profile()
"""A machine that is taken at its word."""
