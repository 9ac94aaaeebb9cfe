"""A WalkingPad without its radio: its reactions and answers to commands.

Like real pads, it never acknowledges a command and drops one that follows another too soon. A start
leads to the pad's own speed, whatever was set before. Losing the link has no effect.
"""

from dataclasses import dataclass
from math import ceil

from protocols.errors import DecodeError
from protocols.ftms.ranges import InclineRange, SpeedRange
from protocols.kingsmith import (
    ASK_STATUS,
    PACE_S,
    BeltState,
    Button,
    Command,
    Mode,
    Op,
    Status,
)
from simulators.physics.machine import TICK, Machine, Phase
from simulators.physics.spec import MachineSpec

SPEC = MachineSpec(
    speed=SpeedRange(50, 600, 10),
    incline=InclineRange(0, 0, 0),
    acceleration=0.5,
    deceleration=0.7,
    countdown=3.0,
    counts_go_on=True,
)
START_SPEED = 250
"""2.5 km/h, in 0.01 km/h."""


@dataclass
class Pad:
    """One pad with a person on it.

    `deaf` drops every command, `mute` answers no status request.
    """

    machine: Machine
    start_speed: int = START_SPEED
    mode: Mode = Mode.STANDBY
    deaf: bool = False
    mute: bool = False
    button: Button = Button.NONE
    _asked: int = 0
    _written: float = float("-inf")

    def advance(self, dt: float) -> None:
        """Let `dt` seconds pass."""
        for _ in range(ceil(dt / TICK)):
            counting = self.machine.phase is Phase.STARTING
            self.machine.advance(min(dt, TICK))
            dt -= TICK
            if counting and self.machine.phase is Phase.RUNNING:
                self.machine.set_speed(self.start_speed)

    def write(self, value: bytes, now: float) -> bytes | None:
        """Handle a write to FE02 at `now` (seconds); return the notification, or None."""
        too_soon, self._written = now - self._written < PACE_S, now
        try:
            command = Command.decode(value)
        except DecodeError:
            return None
        if too_soon:
            return None
        if command == ASK_STATUS:
            return None if self.mute else self.status().encode()
        if not self.deaf:
            self._obey(command)
        return None

    def _obey(self, command: Command) -> None:
        self._asked = 0  # the status shows the argument of the newest command
        match command.op:
            case Op.MODE if command.argument in set(Mode):
                self.mode = Mode(command.argument)
                if self.mode is Mode.STANDBY:
                    self.machine.stop()
            case Op.START if self.mode is Mode.MANUAL:
                self.machine.start()
            case Op.SPEED if command.argument == 0:
                self.machine.stop()
            case Op.SPEED if self.mode is Mode.MANUAL:
                self._asked = command.argument * 10
                if self.machine.phase is Phase.RUNNING:
                    self.machine.set_speed(self._asked)
            case _:
                pass

    def press(self, button: Button) -> None:
        """Press a key of the remote control: slower, faster, or start and stop."""
        self.button = button
        machine = self.machine
        if button is Button.UP:
            machine.speed_up()
        elif button is Button.DOWN:
            machine.speed_down()
        elif not machine.stop():
            machine.start()

    def status(self) -> Status:
        """Return the pad's current status."""
        machine = self.machine
        belt = {
            Phase.STARTING: BeltState.STARTING,
            Phase.RUNNING: BeltState.RUNNING,
        }.get(machine.phase, BeltState.STANDBY if self._sleeps else BeltState.STOPPED)
        return Status(
            belt=belt,
            speed=round(machine.true_speed_kmh * 10) * 10,
            mode=self.mode,
            elapsed=int(machine.elapsed_s),
            distance=int(machine.distance_m),
            steps=int(machine.runner.steps),
            asked=self._asked or None,
            button=self.button,
        )

    @property
    def _sleeps(self) -> bool:
        return self.mode is Mode.STANDBY and self.machine.stands
