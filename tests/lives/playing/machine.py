"""An ordinary treadmill as physics: motor, incline motor, console and the frames it sends.

It shares no code with the guard, with `bridge` or with `simulators`; only FTMS frames are encoded
with `protocols`. Speeds are true km/h, inclines true percent, times seconds.
"""

import math
import random
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from protocols.ftms.control_point import StopKind
from protocols.ftms.machine_status import MachineStatus, StatusOp
from protocols.ftms.treadmill_data import TreadmillData

DT = 0.05
"""The step of the physics."""
MILE_KM = 1.609344
LOWEST, HIGHEST = 0.8, 16.0
STEEPEST = 15.0
COUNTDOWN_S = 3.0
STOP_DECELERATION = 0.8
"""The least deceleration of a stop, in km/h per s: every ordinary machine stops within 20 s."""
OVERSHOOT_S = 3.0
CURRENT_EVERY_S = 0.5
"""Seconds between two statuses of a machine that names its current speed."""
LATE_S = 1.0, 4.0
"""Seconds by which a machine that echoes late does so, at least and at most."""
STATUS_S = 0.1
"""Seconds from a change to its status."""
GAP_EVERY_S = 120.0
"""Mean seconds between two gaps in the frames."""


class Echo(StrEnum):
    """Behaviour of a machine's statuses after a written target."""

    EXACT = "exact"
    ROUNDED = "rounded"
    LATE = "late"
    NEVER = "never"


class Miles(StrEnum):
    """Numbers of the machine that are miles per hour."""

    NONE = "none"
    TARGETS = "targets"
    BOTH = "both"


@dataclass(frozen=True, slots=True)
class Traits:
    """Traits of one machine; the defaults are a plain good one."""

    frame_s: float = 1.0
    command_lag_s: float = 0.2
    report_lag_s: float = 0.2
    report_step: float = 0.1
    report_floor: bool = False
    target_step: float = 0.1
    target_floor: bool = False
    gain: float = 1.0
    incline_offset: float = 0.0
    droop: float = 0.0
    overshoot: float = 0.0
    noise: float = 0.0
    statuses: bool = True
    echo: Echo = Echo.EXACT
    names_current: bool = False
    ramp: float = 0.5
    """Acceleration and deceleration in km/h per s."""
    resumes: bool = False
    incline_s: float = 40.0
    """Seconds for the whole travel of 15 %."""
    incline_reported: bool = True
    loss: float = 0.0
    gap_s: float = 0.0
    miles: Miles = Miles.NONE
    start_speed: float = 0.8

    @property
    def key_step(self) -> float:
        """Change of the speed by a + or − key."""
        return max(0.1, self.target_step)

    @property
    def below(self) -> float:
        """Most that the belt may run below a request: a step of the bridge and one of its own."""
        return 0.1 if self.target_step == 0.1 else self.target_step + 0.1

    @property
    def incline_rate(self) -> float:
        """Percent per second."""
        return STEEPEST / self.incline_s

    def grid(self, speed: float) -> float:
        """The speed that the motor aims at for a target."""
        return min(HIGHEST, max(LOWEST, _rounded(speed, self.target_step, self.target_floor)))

    def reported(self, speed: float) -> float:
        """Reported value of a steady belt at this true speed, without noise and droop."""
        unit = MILE_KM if self.miles is Miles.BOTH else 1.0
        return _rounded(speed * self.gain / unit, self.report_step, self.report_floor)

    @property
    def delay_s(self) -> float:
        """Seconds from a change of the belt to the frame that shows it, at most, without losses."""
        return self.report_lag_s + self.frame_s * 1.1

    @property
    def round_trip_s(self) -> float:
        """Seconds from an order to the frame that shows its first effect, at most."""
        return self.command_lag_s + self.delay_s


def _rounded(value: float, step: float, down: bool) -> float:
    """Round down, or to the nearest step and halves up, whatever a float makes of the quotient."""
    steps = value / step + 1e-6
    return (math.floor(steps) if down else math.floor(steps + 0.5)) * step


class State(StrEnum):
    """State of the belt."""

    STANDS = "stands"
    COUNTDOWN = "countdown"
    RUNS = "runs"
    STOPS = "stops"


Send = Callable[[str, bytes], None]
"""Called with `data` or `status`, and the value."""


class Machine:
    """One treadmill under power. `send` is called with each frame that reaches the air."""

    def __init__(self, traits: Traits, rng: random.Random, send: Send) -> None:
        self.traits = traits
        self.now = 0.0
        self.state = State.STANDS
        self.speed = 0.0
        self.target = LOWEST
        self.incline = 0.0
        self.incline_target = 0.0
        self.occupied = False
        """True while a person runs on the belt; without one it does not droop."""
        self._rng = rng
        self._send = send
        self._lowered = False
        self._paused = False
        self._runs_at = 0.0
        self._overshoots_until = 0.0
        self._distance = 0.0
        self._elapsed = 0.0
        self._step_load = 0.0
        self._frame_at = rng.uniform(0.0, traits.frame_s)
        self._gap_until = 0.0
        self._gap_at = rng.expovariate(1 / GAP_EVERY_S)
        self._orders: list[tuple[float, Callable[[], None]]] = []
        self._statuses: list[tuple[float, bytes]] = []
        self._named: float | None = None
        self._name_at = 0.0
        length = max(1, round(traits.report_lag_s / DT))
        self._belt = deque([(0.0, 0.0)] * length, maxlen=length)

    # --- orders of the bridge; each takes effect after the command lag

    def order_speed(self, wire: int) -> None:
        """Take a target of 0.01 km/h (or miles per hour)."""
        self._later(lambda: self._take_speed(wire))

    def order_incline(self, wire: int) -> None:
        """Take a target of 0.1 %."""
        self._later(lambda: self._take_incline(wire))

    def order_start(self) -> None:
        """Start, or resume."""
        self._later(self._start)

    def order_halt(self, kind: StopKind) -> None:
        """Stop or pause."""
        self._later(lambda: self._halt(kind))

    def _later(self, effect: Callable[[], None]) -> None:
        self._orders.append((self.now + self.traits.command_lag_s, effect))

    def _take_speed(self, wire: int) -> None:
        traits = self.traits
        if self.state is not State.RUNS:
            return
        unit = 1.0 if traits.miles is Miles.NONE else MILE_KM
        before, self.target = self.target, traits.grid(wire / 100 * unit)
        if self.target > before + 1e-6:
            self._overshoots_until = self.now + OVERSHOOT_S
        named = wire if traits.echo is Echo.EXACT else round(self.target / unit * 100)
        if not traits.names_current:
            self._echo(StatusOp.TARGET_SPEED_CHANGED, named)

    def _take_incline(self, wire: int) -> None:
        self.incline_target = min(STEEPEST, max(0.0, round(wire / 5) * 0.5))
        self._echo(StatusOp.TARGET_INCLINE_CHANGED, round(self.incline_target * 10))

    def _echo(self, op: StatusOp, value: int) -> None:
        echo = self.traits.echo
        if echo is Echo.NEVER:
            return
        self._status(op, value, self._rng.uniform(*LATE_S) if echo is Echo.LATE else 0.0)

    # --- the console; its keys act at once

    def key(self, steps: int) -> float:
        """Press + or − that often; return the speed that the display shows then."""
        return self.quick(self.target + steps * self.traits.key_step)

    def quick(self, speed: float) -> float:
        """Press the key of a speed; return what the display shows."""
        if self.state is State.RUNS:
            before, self.target = self.target, self.traits.grid(speed)
            if self.target > before + 1e-6:
                self._overshoots_until = self.now + OVERSHOOT_S
            unit = 1.0 if self.traits.miles is Miles.NONE else MILE_KM
            if not self.traits.names_current and abs(self.target - before) > 1e-6:
                self._status(StatusOp.TARGET_SPEED_CHANGED, round(self.target / unit * 100))
        return self.target

    def key_incline(self, steps: int) -> float:
        """Press the incline keys that often; return what the display shows."""
        before = self.incline_target
        self.incline_target = min(STEEPEST, max(0.0, before + steps * 0.5))
        if self.incline_target != before:
            self._status(StatusOp.TARGET_INCLINE_CHANGED, round(self.incline_target * 10))
        return self.incline_target

    def key_start(self) -> None:
        """Press start."""
        self._start()

    def key_halt(self, kind: StopKind) -> None:
        """Press stop or pause."""
        self._halt(kind)

    # --- what both do

    def _start(self) -> None:
        if self.state is State.RUNS or self.state is State.COUNTDOWN:
            return
        self._status(StatusOp.STARTED_OR_RESUMED)
        self.state, self._runs_at = State.COUNTDOWN, self.now + COUNTDOWN_S

    def _halt(self, kind: StopKind) -> None:
        if self.state is State.STANDS:
            return
        if self.state is not State.STOPS or (self._paused and kind is StopKind.STOP):
            self._status(StatusOp.STOPPED_OR_PAUSED, int(kind))
        self._paused = kind is StopKind.PAUSE
        self.state = State.STOPS

    def _status(self, op: StatusOp, value: int | None = None, after: float = 0.0) -> None:
        if not self.traits.statuses:
            return
        due = self.now + STATUS_S + after
        if op in (StatusOp.TARGET_SPEED_CHANGED, StatusOp.TARGET_INCLINE_CHANGED) and after:
            due = max([due, *(when for when, _ in self._statuses)])  # echoes keep their order
        self._statuses.append((due, MachineStatus(op, value).encode()))

    # --- time

    def step(self) -> None:
        """Let `DT` seconds go by."""
        self.now = now = self.now + DT
        while self._orders and self._orders[0][0] <= now:
            self._orders.pop(0)[1]()
        self._move()
        if self._statuses:
            due = [value for when, value in self._statuses if when <= now]
            if due:
                self._statuses = [each for each in self._statuses if each[0] > now]
                for value in due:
                    self._send("status", value)
        if now >= self._frame_at:
            self._frame_at = now + self.traits.frame_s * self._rng.uniform(0.95, 1.05)
            self._frame()

    def _move(self) -> None:
        traits = self.traits
        goal, rate = 0.0, max(STOP_DECELERATION, traits.ramp)
        match self.state:
            case State.COUNTDOWN:
                if self.now >= self._runs_at and self.speed == 0.0:
                    self.state = State.RUNS
                    if not (traits.resumes and self._distance):
                        self.target = traits.grid(traits.start_speed)
            case State.RUNS:
                over = traits.overshoot if self.now < self._overshoots_until else 0.0
                goal, rate = self.target + over, traits.ramp
                if self.speed < LOWEST:
                    rate = max(rate, 0.5)
        step = rate * DT
        self.speed += min(step, max(-step, goal - self.speed))
        if self.state is State.STOPS and self.speed == 0.0:
            self.state = State.STANDS
        step = traits.incline_rate * DT
        self.incline += min(step, max(-step, self.incline_target - self.incline))
        self._belt.append((self.speed, self.incline))
        if self.speed > 0:
            self._distance += self.speed / 3.6 * DT
            self._elapsed += DT
        if traits.names_current:
            self._name()

    def _name(self) -> None:
        """Send the current speed as a target, as some machines do while their belt changes it."""
        if self.state is not State.RUNS or self.now < self._name_at:
            return
        value = round(self.speed, 1)
        if value != self._named:
            self._named, self._name_at = value, self.now + CURRENT_EVERY_S
            self._status(StatusOp.TARGET_SPEED_CHANGED, round(value * 100))

    def _frame(self) -> None:
        traits, rng = self.traits, self._rng
        if traits.gap_s and self.now >= self._gap_at:
            self._gap_until = self.now + traits.gap_s
            self._gap_at = self._gap_until + rng.expovariate(1 / GAP_EVERY_S) + traits.gap_s
        if self.now < self._gap_until or rng.random() < traits.loss:
            return
        speed, incline = self._belt[0]
        if speed > 0.3:
            self._step_load += 0.5 * (rng.random() - self._step_load)
            if self.occupied:
                speed *= 1 - traits.droop * self._step_load
            speed += rng.uniform(-traits.noise, traits.noise)
        speed = max(0.0, traits.reported(speed))
        if self._belt[0][0] >= LOWEST - 0.05:
            speed = max(speed, traits.report_step)  # no machine that runs shows 0
        shown = round((incline + traits.incline_offset) * 10)
        data = TreadmillData(
            speed=round(speed * 100),
            distance=int(self._distance),
            incline=shown if traits.incline_reported else None,
            ramp_angle=0 if traits.incline_reported else None,
            elapsed=int(self._elapsed),
        )
        self._send("data", data.encode())
