"""Parameters of a treadmill: its capabilities, and how it moves."""

from dataclasses import dataclass, field
from enum import Enum

from protocols.ftms.ranges import HeartRateRange, InclineRange, SpeedRange
from protocols.units import MPH
from simulators.physics.runner import RunnerSpec

_SPEED = SpeedRange(80, 1600, 10)
_INCLINE = InclineRange(0, 150, 5)


class SpeedUnit(Enum):
    """Unit of a machine's speeds, which count hundredths of it."""

    KMH = "km/h"
    MPH = "mph"

    @property
    def kmh(self) -> float:
        """Value of one unit in km/h."""
        return 1.0 if self is SpeedUnit.KMH else MPH


@dataclass(frozen=True, slots=True)
class MachineSpec:
    """Parameters of a treadmill; speeds and inclines are ranges in wire units."""

    speed: SpeedRange = _SPEED
    incline: InclineRange = _INCLINE
    heart_rate: HeartRateRange | None = None
    """Range of target heart rates; None if the machine does not support them."""
    acceleration: float = 0.8
    """km/h per s, as are the two below."""
    deceleration: float = 1.2
    emergency_deceleration: float = 4.0
    """Deceleration after the safety key is pulled."""
    inertia: float = 0.2
    """Time constant in seconds with which the empty belt follows its motor."""
    load_inertia: float = 0.1
    """Additional lag with a runner of 75 kg."""
    sag: float = 0.3
    """km/h by which such a runner slows the moving belt when stepping on."""
    regulation: float = 1.5
    """Time constant in seconds with which the motor compensates for that."""
    droop: float = 0.0
    """Share of the speed that such a runner costs a weak motor permanently."""
    incline_rate: float = 0.5
    """Percent per s."""
    countdown: float = 3.0
    """Seconds from Start to the belt's first motion."""
    resumes_at_old_speed: bool = False
    """True if the belt returns to its speed by itself after a pause, as on some machines."""
    unit: SpeedUnit = SpeedUnit.KMH
    """Unit of the console; `speed` and the target speed count hundredths of it."""
    counts_go_on: bool = False
    """True if a start after a stop continues the counters, as after a pause (D12)."""
    counts_while_empty: bool = True
    """True if time and distance advance while the belt is empty (D11)."""
    pauses_when_empty_s: float = 0.0
    """Seconds of an empty moving belt after which the console pauses; 0: never."""
    pause_limit_s: float = 0.0
    """Seconds after which a paused machine ends the session by itself; 0: never."""
    runner: RunnerSpec = field(default_factory=RunnerSpec)
