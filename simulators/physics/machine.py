"""The treadmill's electronics, console and safety key around its belt and deck.

Pure and deterministic: time passes only in `Machine.advance`, in ticks of a fixed length, so the
division of a duration into calls has no effect. Randomness comes from the seed alone. Console and
control point pass targets as FTMS wire integers (0.01 km/h, 0.1 %). The physics uses km/h, percent
and seconds.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from protocols.ftms.control_point import OpCode
from protocols.units import to_kmh, to_percent
from simulators.physics.drive import Belt, Deck
from simulators.physics.programme import Counts, Leg, Programme, is_reached
from simulators.physics.runner import Runner
from simulators.physics.spec import MachineSpec

TICKS_PER_SECOND = 20
TICK = 1 / TICKS_PER_SECOND

_M_PER_S_IN_1_KMH = 1 / 3.6


class Phase(Enum):
    """State of the machine's electronics; the belt itself may still be coasting."""

    IDLE = "idle"
    STARTING = "starting"
    RUNNING = "running"
    PAUSED = "paused"


class Origin(Enum):
    """Origin of a change; it determines which clients the server notifies."""

    CONSOLE = "console"
    CONTROL_POINT = "control_point"


class Kind(Enum):
    """Kind of a happening."""

    RESET = "reset"
    STARTED = "started"
    STOPPED = "stopped"
    PAUSED = "paused"
    SAFETY_KEY = "safety_key"
    SAFETY_KEY_BACK = "safety_key_back"
    TARGET_SPEED = "target_speed"
    TARGET_INCLINE = "target_incline"
    TARGET_HEART_RATE = "target_heart_rate"
    GOAL = "goal"
    PHASE = "phase"


@dataclass(frozen=True, slots=True)
class Happening:
    """An event of the machine; `value` is the new target, in wire units.

    For a goal, `op` is its kind and `numbers` are its values.
    """

    kind: Kind
    origin: Origin = Origin.CONSOLE
    value: int | None = None
    op: OpCode | None = None
    numbers: tuple[int, ...] = ()


class Machine:
    """One treadmill with a person on it.

    The methods named after buttons are the console's; the control point calls the same ones with
    its own origin. They return True if the machine obeyed. A refusal changes nothing.
    """

    def __init__(self, spec: MachineSpec | None = None, *, seed: int = 0) -> None:
        self.spec = spec or MachineSpec()
        self.phase = Phase.IDLE
        self.key_inserted = True
        self.target_speed = 0
        """Hundredths of the machine's unit, mostly km/h; 0 while the belt should stand."""
        self.target_incline = 0
        """0.1 %."""
        self.target_heart_rate = 0
        """bpm; 0 if none was set."""
        self.goals: dict[OpCode, tuple[int, ...]] = {}
        """Goals of this session by the op that set them, in wire units."""
        self.runner = Runner(self.spec.runner, seed)
        self.distance_m = 0.0
        self.climb_m = 0.0
        self.descent_m = 0.0
        spec = self.spec
        self._belt = Belt(
            TICK,
            inertia=spec.inertia,
            load_inertia=spec.load_inertia,
            sag=spec.sag,
            regulation=spec.regulation,
            droop=spec.droop,
        )
        self._deck = Deck(TICK, spec.incline_rate)
        self._programme: Programme | None = None
        self._leg: Leg | None = None
        self._empty_ticks = 0
        self._paused_ticks = 0
        self._running_ticks = 0
        self._starts_in = 0
        self._emergency = False
        self._time = 0.0
        self._ticks = 0
        self._listeners: list[Callable[[Happening], None]] = []

    @property
    def time(self) -> float:
        """Seconds since the machine was created."""
        return self._time

    @property
    def target_speed_kmh(self) -> float:
        """Target speed of the belt; 0 unless it runs."""
        wanted = self.target_speed if self.phase is Phase.RUNNING else 0
        return to_kmh(wanted) * self.spec.unit.kmh

    @property
    def true_speed_kmh(self) -> float:
        """True speed of the belt."""
        return self._belt.kmh

    @property
    def true_incline_percent(self) -> float:
        """True incline of the deck."""
        return self._deck.percent

    @property
    def elapsed_s(self) -> float:
        """Duration of this session in seconds, without pauses."""
        return self._running_ticks / TICKS_PER_SECOND

    @property
    def text(self) -> str:
        """Text on the console: the name of its programme."""
        return "" if self._programme is None else self._programme.name

    @property
    def remaining_s(self) -> float:
        """Seconds left of the programme or of the targeted time; 0 without either."""
        if self._programme is not None:
            return max(0.0, self._programme.seconds - self.elapsed_s)
        (targeted,) = self.goals.get(OpCode.SET_TARGETED_TIME, (0,))
        return max(0.0, targeted - self.elapsed_s)

    @property
    def stands(self) -> bool:
        """True if the belt stands still."""
        return self._belt.kmh == 0

    def listen(self, listener: Callable[[Happening], None]) -> None:
        """Call `listener` with every happening from now on."""
        self._listeners.append(listener)

    # Actions of a person, or of the control point.

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
        """End the session; times and distance freeze."""
        if self.phase is Phase.IDLE:
            return False
        self.target_speed = 0
        self._programme = None
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
        """Set a target speed in hundredths of the unit, rounded down to a step."""
        if not self.key_inserted or speed not in self.spec.speed:
            return False
        self.target_speed = self.spec.speed.floor(speed)
        self._happen(Kind.TARGET_SPEED, origin, self.target_speed)
        return True

    def set_incline(self, incline: int, origin: Origin = Origin.CONSOLE) -> bool:
        """Set a target incline in 0.1 %, rounded down to a step."""
        if not self.key_inserted or incline not in self.spec.incline:
            return False
        self.target_incline = self.spec.incline.floor(incline)
        self._happen(Kind.TARGET_INCLINE, origin, self.target_incline)
        return True

    def set_heart_rate(self, bpm: int, origin: Origin = Origin.CONSOLE) -> bool:
        """Set a target heart rate; this machine shows it but does not control by it."""
        if self.spec.heart_rate is None or bpm not in self.spec.heart_rate:
            return False
        self.target_heart_rate = bpm
        self._happen(Kind.TARGET_HEART_RATE, origin, bpm)
        return True

    def set_goal(
        self, op: OpCode, numbers: tuple[int, ...], origin: Origin = Origin.CONSOLE
    ) -> bool:
        """Set a goal for the session; the console ends the session when it is reached."""
        self.goals[op] = numbers
        self._happen(Kind.GOAL, origin, op=op, numbers=numbers)
        return True

    def play(self, programme: Programme) -> bool:
        """Start a programme: the console sets speeds and inclines by itself."""
        if self.phase is not Phase.IDLE or not self.key_inserted:
            return False
        self._programme, self._leg = programme, None
        return self.start()

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
        """Stop the belt as fast as possible, in any phase; the incline stays."""
        if not self.key_inserted:
            return False
        self.key_inserted = False
        self._emergency = True
        self.target_speed = 0
        self._programme = None
        self._happen(Kind.SAFETY_KEY)
        self._enter(Phase.IDLE)
        return True

    def insert_safety_key(self) -> bool:
        """Allow a start again; nothing moves."""
        if self.key_inserted:
            return False
        self.key_inserted = True
        self._happen(Kind.SAFETY_KEY_BACK)
        return True

    def reset(self, origin: Origin = Origin.CONSOLE) -> bool:
        """Set targets and times to zero, and become idle; a moving belt stops."""
        self.target_speed = self.target_heart_rate = 0
        self.target_incline = self.spec.incline.floor(0)
        self._programme = None
        self.goals.clear()
        self._begin_session()
        self._happen(Kind.RESET, origin)
        self._enter(Phase.IDLE)
        return True

    # Effects of time.

    def advance(self, dt: float) -> None:
        """Let `dt` seconds pass."""
        self._time += dt
        # Without rounding, 0.1 + 0.1 + 0.1 would have one tick less than 0.3.
        due = int(round(self._time * TICKS_PER_SECOND, 6))
        for _ in range(due - self._ticks):
            self._tick()
        self._ticks = due

    def _tick(self) -> None:
        counts = self.spec.counts_while_empty or self.runner.on_belt
        match self.phase:
            case Phase.RUNNING:
                self._running_ticks += counts
                self._run_console()
            case Phase.STARTING:
                self._starts_in -= 1
                if self._starts_in <= 0:
                    self.target_speed = max(self.target_speed, self.spec.speed.minimum)
                    self._enter(Phase.RUNNING)
            case Phase.PAUSED:
                self._paused_ticks += 1
                if 0 < self.spec.pause_limit_s <= self._paused_ticks * TICK:
                    self.stop()
            case Phase.IDLE:
                pass
        self._move()
        if counts:
            self._count()
        self.runner.move(self._belt.kmh, self._deck.percent, TICK)

    def _run_console(self) -> None:
        """Run the console's own programme and goals while the belt runs."""
        self._empty_ticks = 0 if self.runner.on_belt else self._empty_ticks + 1
        if 0 < self.spec.pauses_when_empty_s <= self._empty_ticks * TICK:
            self.pause()
        elif self._programme is not None:
            self._follow(self._programme)
        elif any(is_reached(op, numbers, self._counts) for op, numbers in self.goals.items()):
            self.goals.clear()
            self.stop()

    def _follow(self, programme: Programme) -> None:
        leg = programme.at(self.elapsed_s)
        if leg is None:
            self.stop()
        elif leg is not self._leg:
            self._leg = leg
            self.set_speed(leg.speed)
            self.set_incline(leg.incline)

    def _move(self) -> None:
        spec = self.spec
        down = spec.emergency_deceleration if self._emergency else spec.deceleration
        weight = self.runner.weight_kg
        self._belt.move(self.target_speed_kmh, weight, up=spec.acceleration, down=down)
        if self.stands:
            self._emergency = False
        if self.key_inserted:
            self._deck.move(to_percent(self.target_incline))

    def _count(self) -> None:
        metres = self._belt.kmh * _M_PER_S_IN_1_KMH * TICK
        self.distance_m += metres
        rise = metres * self._deck.percent / 100
        self.climb_m += max(0.0, rise)
        self.descent_m += max(0.0, -rise)

    @property
    def _counts(self) -> Counts:
        runner = self.runner
        return Counts(self.elapsed_s, self.distance_m, runner.energy_kcal, runner.steps)

    def _begin_session(self) -> None:
        self.distance_m = self.climb_m = self.descent_m = 0.0
        self._running_ticks = 0
        self.runner.begin_session()

    def _enter(self, phase: Phase) -> None:
        if phase is not self.phase:
            self.phase = phase
            self._empty_ticks = self._paused_ticks = 0
            self._happen(Kind.PHASE)

    def _happen(
        self,
        kind: Kind,
        origin: Origin = Origin.CONSOLE,
        value: int | None = None,
        op: OpCode | None = None,
        numbers: tuple[int, ...] = (),
    ) -> None:
        happening = Happening(kind, origin, value, op, numbers)
        for listener in self._listeners:
            listener(happening)
