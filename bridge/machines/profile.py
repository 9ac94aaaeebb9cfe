"""Declared deviations of one model from FTMS.

Detectable deviations are not here. Quirks in brackets are those of docs/quirks.md.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from protocols.ranges import InclineRange, SpeedRange


class SpeedUnit(StrEnum):
    """Unit of a machine's speeds, in hundredths."""

    KMH = "kmh"
    MPH = "mph"


class WriteType(StrEnum):
    """Type of write to the control point."""

    AUTO = "auto"
    """By its properties; with response if both are supported."""
    REQUEST = "request"
    COMMAND = "command"
    """Write Without Response."""


class HaltWord(StrEnum):
    """Procedures for "stop" (08 01) and "pause" (08 02) that the machine supports."""

    BOTH = "both"
    STOP = "stop"
    PAUSE = "pause"


class StatusTarget(StrEnum):
    """Meaning of a target in the Fitness Machine Status."""

    TARGET = "target"
    CURRENT = "current"
    """Current speed of the belt while it changes (S3)."""


class TrainingStatusUse(StrEnum):
    """Use of Training Status."""

    SUBSCRIBE = "subscribe"
    READ = "read"
    """Read only, because subscribing upsets the machine (P21)."""
    NONE = "none"


class Cadence(StrEnum):
    """Unit of Running Speed and Cadence, on machines with that service (L10)."""

    STEPS = "steps"
    STRIDES = "strides"
    """Strides of one foot: half as many."""
    NONE = "none"
    """Do not subscribe."""


class Pairing(StrEnum):
    """Encryption of the link."""

    ON_DEMAND = "on_demand"
    FIRST = "first"
    NEVER = "never"


@dataclass(frozen=True, slots=True)
class Profile:
    """Profile of one model. Speeds in 0.01 km/h, inclines in 0.1 %, after conversion.

    A speed unit of None is unknown: numbers count as km/h, and the guard's unit rule applies.
    """

    reported_speed_unit: SpeedUnit | None = None
    """Unit of the speeds in Treadmill Data (D19)."""
    target_speed_unit: SpeedUnit | None = None
    """Unit of targets, written or in a status (P15)."""
    named_speed_unit: SpeedUnit | None = None
    """Unit of targets in a status, where it differs from that of written ones."""
    range_speed_unit: SpeedUnit | None = None
    """Unit of the Supported Speed Range (D28)."""
    speed_range: SpeedRange | None = None
    """Replaces the reported speed range."""
    incline_range: InclineRange | None = None
    """Replaces the reported incline range (P17)."""
    speed_step: int | None = None
    """Replaces the step of the reported speed range (P16)."""
    incline_step: int | None = None
    """Replaces the step of the reported incline range (P16)."""
    incline_scale: float = 1.0
    """True incline per unit of the machine's number (D20)."""
    incline_table: tuple[tuple[int, int], ...] = ()
    """Pairs of machine number and true incline, rising in both; replaces the scale."""
    incline_offset: int = 0
    """Added to the reported incline (0.1 %); targets are not changed."""
    incline_reported: bool = True
    """False: the reported incline is constant or meaningless (D21)."""
    reports_target: bool = False
    """True if its data show the target, not the belt."""
    speed_first: bool = False
    """True if the speed comes first in every record, whatever the More Data flag (D23)."""
    status_target: StatusTarget = StatusTarget.TARGET
    status: bool = True
    """False: do not subscribe to Fitness Machine Status."""
    training_status: TrainingStatusUse = TrainingStatusUse.SUBSCRIBE
    cadence: Cadence = Cadence.STEPS
    start_toggles: bool = False
    """True if Start acts as the start/pause button."""
    start_before_target: bool = False
    """True if each target speed needs a Request Control and a Start first (P13)."""
    halt: HaltWord = HaltWord.BOTH
    """Halt procedures that it supports (P23)."""
    write: WriteType = WriteType.AUTO
    pace_s: float = 0.5
    """Minimum seconds between two writes (P20)."""
    ask_every_s: float = 0.0
    """Seconds between keep-alive reads that prevent a disconnect; 0: none (L3)."""
    pairing: Pairing = Pairing.ON_DEMAND
    needs_unlock: bool = False
    """True if it needs unlocking by its maker's app (P18)."""

    @property
    def unit_known(self) -> bool:
        """True if reported and target speeds both have a declared unit."""
        return self.reported_speed_unit is not None and self.target_speed_unit is not None


PLAIN: Final = Profile()
"""Profile without deviations from FTMS."""
