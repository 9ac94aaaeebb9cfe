"""The numbers of a treadmill as a machine: what it can do, and how it moves."""

from dataclasses import dataclass, field
from enum import Enum

from protocols.ftms.ranges import HeartRateRange, InclineRange, SpeedRange
from protocols.units import MPH
from simulators.physics.runner import RunnerSpec

_SPEED = SpeedRange(80, 1600, 10)
_INCLINE = InclineRange(0, 150, 5)


class SpeedUnit(Enum):
    """What a machine counts speed in: hundredths of these."""

    KMH = "km/h"
    MPH = "mph"

    @property
    def kmh(self) -> float:
        """How many km/h one is."""
        return 1.0 if self is SpeedUnit.KMH else MPH


@dataclass(frozen=True, slots=True)
class MachineSpec:
    """The numbers of a treadmill; speeds and inclines are ranges in wire units."""

    speed: SpeedRange = _SPEED
    incline: InclineRange = _INCLINE
    heart_rate: HeartRateRange | None = None
    """What heart rate may be set as a target; None where the machine does not offer it."""
    acceleration: float = 0.8
    """km/h per s, as are the two below."""
    deceleration: float = 1.2
    emergency_deceleration: float = 4.0
    """What the pulled safety key brings."""
    inertia: float = 0.2
    """Time constant in seconds with which the empty belt follows its motor."""
    load_inertia: float = 0.1
    """What a runner of 75 kg adds to it."""
    sag: float = 0.3
    """km/h by which such a runner slows the moving belt as they step on it."""
    regulation: float = 1.5
    """Time constant in seconds with which the motor makes up for that."""
    droop: float = 0.0
    """The part of the speed that such a runner costs a weak motor all the time."""
    incline_rate: float = 0.5
    """Percent per s."""
    countdown: float = 3.0
    """Seconds from Start to the belt's first movement."""
    resumes_at_old_speed: bool = False
    """Whether the belt goes back to its speed after a pause, by itself; some machines do."""
    unit: SpeedUnit = SpeedUnit.KMH
    """What the console shows, and `speed` and the target speed count in hundredths of."""
    counts_go_on: bool = False
    """Whether a start after a stop goes on counting, as after a pause (D12)."""
    counts_while_empty: bool = True
    """Whether time and distance advance while nobody stands on the belt (D11)."""
    pauses_when_empty_s: float = 0.0
    """Seconds with nobody on the moving belt after which the console pauses; 0: never."""
    pause_limit_s: float = 0.0
    """Seconds after which a paused machine ends the session by itself; 0: never."""
    runner: RunnerSpec = field(default_factory=RunnerSpec)
