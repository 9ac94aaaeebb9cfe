"""Fitness Machine Status of the machine's model: each change as one or more frames."""

from typing import Final

from protocols.ftms.control_point import StopKind
from protocols.ftms.control_server import status_of_op
from protocols.ftms.machine_status import MachineStatus, StatusOp
from protocols.units import from_kmh
from simulators.ftms.profile import Profile
from simulators.physics.machine import Happening, Kind, Machine

_OF: Final = {
    Kind.RESET: MachineStatus(StatusOp.RESET),
    Kind.STARTED: MachineStatus(StatusOp.STARTED_OR_RESUMED),
    Kind.STOPPED: MachineStatus(StatusOp.STOPPED_OR_PAUSED, StopKind.STOP),
    Kind.PAUSED: MachineStatus(StatusOp.STOPPED_OR_PAUSED, StopKind.PAUSE),
    Kind.SAFETY_KEY: MachineStatus(StatusOp.STOPPED_BY_SAFETY_KEY),
}
_STOP: Final = _OF[Kind.STOPPED]


class Statuses:
    """Encodes the statuses of one machine."""

    def __init__(self, machine: Machine, profile: Profile) -> None:
        self._machine = machine
        self._profile = profile
        self._last: list[bytes] = []
        self._sent_speed = 0

    def of(self, happening: Happening) -> MachineStatus:
        """Return the status of a change at the console."""
        value, control = happening.value or 0, self._profile.control
        match happening.kind:
            case Kind.TARGET_SPEED:
                factor = self._machine.spec.unit.kmh / control.speed_unit.kmh
                return MachineStatus(StatusOp.TARGET_SPEED_CHANGED, round(value * factor))
            case Kind.TARGET_INCLINE:
                wire = round(value * control.incline_factor)
                return MachineStatus(StatusOp.TARGET_INCLINE_CHANGED, wire)
            case Kind.TARGET_HEART_RATE:
                return MachineStatus(StatusOp.TARGET_HEART_RATE_CHANGED, value)
            case Kind.GOAL if happening.op is not None:
                return status_of_op(happening.op, happening.numbers)
            case Kind.PAUSED if self._profile.status.pause_as_stop:
                return _STOP
            case kind:
                return _OF[kind]

    def frames(self, status: MachineStatus) -> list[bytes]:
        """Return the notifications of a status."""
        spec = self._profile.status
        if not spec.sent:
            return []
        sent = [status]
        if status.op == StatusOp.STARTED_OR_RESUMED and spec.speed_before_start:
            sent.insert(0, self._speed(self._machine.spec.speed.minimum))
        if status.op == StatusOp.STOPPED_OR_PAUSED and spec.zero_before_stop:
            sent.insert(0, self._speed(0))
        frames = [self._numbered(each.encode()).ljust(spec.least_octets, b"\0") for each in sent]
        self._last = frames[-1:]
        return frames

    def _numbered(self, frame: bytes) -> bytes:
        """Replace the op code by the model's own (S9)."""
        spec = self._profile.status
        own = {
            StatusOp.STARTED_OR_RESUMED: spec.started_op,
            StatusOp.STOPPED_OR_PAUSED: spec.stopped_op,
        }
        return bytes([own.get(StatusOp(frame[0]), frame[0])]) + frame[1:]

    def replay(self) -> list[bytes]:
        """Return the notifications for a new subscriber (S7)."""
        return self._last if self._profile.status.replayed else []

    def current(self) -> list[bytes]:
        """Return the belt's speed in the form of a target, if it changed (S3)."""
        spec = self._profile.status
        now = from_kmh(self._machine.true_speed_kmh / self._profile.control.speed_unit.kmh)
        if not (spec.sent and spec.current_speed) or now == self._sent_speed:
            return []
        self._sent_speed = now
        frame = MachineStatus(StatusOp.TARGET_SPEED_CHANGED, now).encode()
        return [frame.ljust(spec.least_octets, b"\0")]

    def _speed(self, speed: int) -> MachineStatus:
        return MachineStatus(StatusOp.TARGET_SPEED_CHANGED, speed)
