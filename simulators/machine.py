"""The treadmill as physics: belt, incline motor, runner, console and safety key.

Pure and deterministic: time passes only in `Machine.advance`, in ticks of a fixed length, so that
how a duration is cut into calls changes nothing; chance comes from the seed alone. Targets are FTMS
wire integers (0.01 km/h, 0.1 %), as the console and the control point hand them over; what the
physics works with are plain km/h, percent and seconds.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum
from math import exp

from protocols.ftms.ranges import HeartRateRange, InclineRange, SpeedRange
from protocols.units import to_kmh, to_percent
from simulators.runner import Runner, RunnerSpec

TICKS_PER_SECOND = 20
TICK = 1 / TICKS_PER_SECOND

_STANDS_BELOW_KMH = 0.05
_KMH_IN_1_MPH = 1.609344
_M_PER_S_IN_1_KMH = 1 / 3.6
_SPEED = SpeedRange(80, 1600, 10)
_INCLINE = InclineRange(0, 150, 5)


class SpeedUnit(Enum):
    """What a machine counts speed in: hundredths of these."""

    KMH = "km/h"
    MPH = "mph"

    @property
    def kmh(self) -> float:
        """How many km/h one is."""
        return 1.0 if self is SpeedUnit.KMH else _KMH_IN_1_MPH


class Phase(Enum):
    """What the machine's electronics are at; the belt itself may still be running out."""

    IDLE = "idle"
    STARTING = "starting"
    RUNNING = "running"
    PAUSED = "paused"


class Origin(Enum):
    """Who caused a change: whom the server tells of it depends on that."""

    CONSOLE = "console"
    CONTROL_POINT = "control_point"


class Kind(Enum):
    """What happened."""

    RESET = "reset"
    STARTED = "started"
    STOPPED = "stopped"
    PAUSED = "paused"
    SAFETY_KEY = "safety_key"
    TARGET_SPEED = "target_speed"
    TARGET_INCLINE = "target_incline"
    TARGET_HEART_RATE = "target_heart_rate"
    PHASE = "phase"


@dataclass(frozen=True, slots=True)
class Happening:
    """Something that happened to the machine; `value` is the new target, in wire units."""

    kind: Kind
    origin: Origin = Origin.CONSOLE
    value: int | None = None


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
    inertia: float = 0.3
    """Time constant in seconds with which the belt follows its motor."""
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
    runner: RunnerSpec = field(default_factory=RunnerSpec)


class Machine:
    """One treadmill with a person on it.

    The methods named after buttons are the console's; the control point calls the same ones with
    its own origin. They answer whether the machine did it: a refusal changes nothing.
    """

    def __init__(self, spec: MachineSpec | None = None, *, seed: int = 0) -> None:
        self.spec = spec or MachineSpec()
        self.phase = Phase.IDLE
        self.key_inserted = True
        self.target_speed = 0
        """Hundredths of the machine's unit, km/h in most; 0 while the belt is to stand."""
        self.target_incline = 0
        """0.1 %."""
        self.target_heart_rate = 0
        """bpm; 0 where none was set."""
        self.runner = Runner(self.spec.runner, seed)
        self.distance_m = 0.0
        self.climb_m = 0.0
        self.descent_m = 0.0
        self._motor_kmh = 0.0
        self._belt_kmh = 0.0
        self._incline_percent = 0.0
        self._running_ticks = 0
        self._starts_in = 0
        self._emergency = False
        self._time = 0.0
        self._ticks = 0
        self._follow = 1 - exp(-TICK / self.spec.inertia)
        self._listeners: list[Callable[[Happening], None]] = []

    @property
    def time(self) -> float:
        """Seconds that the machine has lived."""
        return self._time

    @property
    def target_speed_kmh(self) -> float:
        """Where the belt is to go now: 0 unless it runs."""
        wanted = self.target_speed if self.phase is Phase.RUNNING else 0
        return to_kmh(wanted) * self.spec.unit.kmh

    @property
    def true_speed_kmh(self) -> float:
        """What the belt really does."""
        return self._belt_kmh

    @property
    def true_incline_percent(self) -> float:
        """Where the deck really is."""
        return self._incline_percent

    @property
    def elapsed_s(self) -> float:
        """Seconds of this session, without its pauses."""
        return self._running_ticks / TICKS_PER_SECOND

    @property
    def remaining_s(self) -> float:
        """Seconds of the programme that are left; 0 without one."""
        return 0.0

    @property
    def stands(self) -> bool:
        """Whether the belt stands still."""
        return self._belt_kmh == 0

    def listen(self, listener: Callable[[Happening], None]) -> None:
        """Tell `listener` of everything that happens from now on, at once."""
        self._listeners.append(listener)

    # What a person, or the control point, does.

    def start(self, origin: Origin = Origin.CONSOLE) -> bool:
        """Begin a session with the countdown, or resume a paused one."""
        if not self.key_inserted or self.phase not in {Phase.IDLE, Phase.PAUSED}:
            return False
        if self.phase is Phase.IDLE and not self.spec.counts_go_on:
            self._begin_session()
        self._emergency = False
        self._starts_in = round(self.spec.countdown * TICKS_PER_SECOND)
        self._happen(Kind.STARTED, origin)
        self._enter(Phase.STARTING)
        return True

    def stop(self, origin: Origin = Origin.CONSOLE) -> bool:
        """End the session; times and distance freeze where they are."""
        if self.phase is Phase.IDLE:
            return False
        self.target_speed = 0
        self._happen(Kind.STOPPED, origin)
        self._enter(Phase.IDLE)
        return True

    def pause(self, origin: Origin = Origin.CONSOLE) -> bool:
        """Interrupt the session; `start` resumes it."""
        if self.phase not in {Phase.STARTING, Phase.RUNNING}:
            return False
        if not self.spec.resumes_at_old_speed:
            self.target_speed = 0
        self._happen(Kind.PAUSED, origin)
        self._enter(Phase.PAUSED)
        return True

    def set_speed(self, speed: int, origin: Origin = Origin.CONSOLE) -> bool:
        """Aim at a speed in hundredths of the unit; between two steps, the lower one."""
        if not self.key_inserted or speed not in self.spec.speed:
            return False
        self.target_speed = self.spec.speed.floor(speed)
        self._happen(Kind.TARGET_SPEED, origin, self.target_speed)
        return True

    def set_incline(self, incline: int, origin: Origin = Origin.CONSOLE) -> bool:
        """Aim at an incline in 0.1 %; one between two steps of the grid means the lower."""
        if not self.key_inserted or incline not in self.spec.incline:
            return False
        self.target_incline = self.spec.incline.floor(incline)
        self._happen(Kind.TARGET_INCLINE, origin, self.target_incline)
        return True

    def set_heart_rate(self, bpm: int, origin: Origin = Origin.CONSOLE) -> bool:
        """Note a target heart rate; this machine shows it, and does not steer by it."""
        if self.spec.heart_rate is None or bpm not in self.spec.heart_rate:
            return False
        self.target_heart_rate = bpm
        self._happen(Kind.TARGET_HEART_RATE, origin, bpm)
        return True

    def speed_up(self) -> bool:
        """The console's + for speed: one step."""
        return self.set_speed(self.target_speed + self.spec.speed.step)

    def speed_down(self) -> bool:
        """The console's - for speed: one step."""
        return self.set_speed(self.target_speed - self.spec.speed.step)

    def incline_up(self) -> bool:
        """The console's + for incline: one step."""
        return self.set_incline(self.target_incline + self.spec.incline.step)

    def incline_down(self) -> bool:
        """The console's - for incline: one step."""
        return self.set_incline(self.target_incline - self.spec.incline.step)

    def pull_safety_key(self) -> bool:
        """Bring the belt to a stand as fast as it goes, whatever it is at; the incline stays."""
        if not self.key_inserted:
            return False
        self.key_inserted = False
        self._emergency = True
        self.target_speed = 0
        self._happen(Kind.SAFETY_KEY)
        self._enter(Phase.IDLE)
        return True

    def insert_safety_key(self) -> bool:
        """Allow a start again; nothing moves by it."""
        if self.key_inserted:
            return False
        self.key_inserted = True
        return True

    def reset(self, origin: Origin = Origin.CONSOLE) -> bool:
        """Targets and times to zero, idle; a moving belt comes to a stand."""
        self.target_speed = self.target_heart_rate = 0
        self.target_incline = self.spec.incline.floor(0)
        self._begin_session()
        self._happen(Kind.RESET, origin)
        self._enter(Phase.IDLE)
        return True

    # What time does.

    def advance(self, dt: float) -> None:
        """Let `dt` seconds pass."""
        self._time += dt
        # The rounding keeps 0.1 + 0.1 + 0.1 from losing the tick that 0.3 has.
        due = int(round(self._time * TICKS_PER_SECOND, 6))
        for _ in range(due - self._ticks):
            self._tick()
        self._ticks = due

    def _tick(self) -> None:
        if self.phase is Phase.RUNNING:
            self._running_ticks += 1
        elif self.phase is Phase.STARTING:
            self._starts_in -= 1
            if self._starts_in <= 0:
                self.target_speed = max(self.target_speed, self.spec.speed.minimum)
                self._enter(Phase.RUNNING)
        self._move_belt()
        self._move_deck()
        metres = self._belt_kmh * _M_PER_S_IN_1_KMH * TICK
        self.distance_m += metres
        rise = metres * self._incline_percent / 100
        self.climb_m += max(0.0, rise)
        self.descent_m += max(0.0, -rise)
        self.runner.move(self._belt_kmh, self._incline_percent, TICK)

    def _move_belt(self) -> None:
        spec = self.spec
        goal = self.target_speed_kmh
        down = spec.emergency_deceleration if self._emergency else spec.deceleration
        self._motor_kmh = _towards(
            self._motor_kmh, goal, up=spec.acceleration * TICK, down=down * TICK
        )
        self._belt_kmh += (self._motor_kmh - self._belt_kmh) * self._follow
        if self._motor_kmh == 0 and self._belt_kmh < _STANDS_BELOW_KMH:
            self._belt_kmh = 0.0
            self._emergency = False

    def _move_deck(self) -> None:
        if self.key_inserted:
            step = self.spec.incline_rate * TICK
            goal = to_percent(self.target_incline)
            self._incline_percent = _towards(self._incline_percent, goal, up=step, down=step)

    def _begin_session(self) -> None:
        self.distance_m = self.climb_m = self.descent_m = 0.0
        self._running_ticks = 0
        self.runner.energy_kcal = self.runner.steps = 0.0

    def _enter(self, phase: Phase) -> None:
        if phase is not self.phase:
            self.phase = phase
            self._happen(Kind.PHASE)

    def _happen(
        self, kind: Kind, origin: Origin = Origin.CONSOLE, value: int | None = None
    ) -> None:
        happening = Happening(kind, origin, value)
        for listener in self._listeners:
            listener(happening)


def _towards(value: float, goal: float, *, up: float, down: float) -> float:
    return min(value + up, goal) if value < goal else max(value - down, goal)
