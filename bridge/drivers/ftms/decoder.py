"""Decodes FTMS frames to measurements, events and training statuses, in true units.

Pure, except for calls to the handler. Times are monotonic seconds.
"""

from collections.abc import Callable
from typing import Final

from bridge.drivers.driver import Listener
from bridge.machines import PLAIN_EDGE, Cadence, Edge, Quirk
from bridge.values import Activity, Axis, Doing, Measurement, Unusable
from bridge.values.status import (
    ControlLost,
    MachineEvent,
    MachineReset,
    Paused,
    SafetyKey,
    Started,
    Stopped,
    TargetChanged,
)
from protocols.errors import DecodeError
from protocols.ftms.control_point import StopKind
from protocols.ftms.machine_status import MachineStatus, StatusOp
from protocols.ftms.training_status import TrainingStatus, TrainingStatusValue
from protocols.ftms.treadmill_data import MORE_DATA, VENDOR_STEPS, Defragmenter, TreadmillData
from protocols.running_speed import RscMeasurement

_OPS = frozenset(StatusOp)
_TORN: Final = 1 << 16
"""Flag bit above all real ones: marks a truncated record, whose fields differ from its flags."""
_DOING: Final = {
    TrainingStatus.IDLE: Doing.RESTING,
    TrainingStatus.POST_WORKOUT: Doing.RESTING,
    TrainingStatus.PRE_WORKOUT: Doing.COUNTDOWN,
    TrainingStatus.OTHER: Doing.UNTOLD,
}


class Decoder:
    """Decodes the frames of one link.

    `edge` converts the machine's numbers to true ones, and may change during the link.
    """

    def __init__(self, handler: Listener, edge: Callable[[], Edge] = lambda: PLAIN_EDGE) -> None:
        self._handler = handler
        self._edge = edge
        self._parts = Defragmenter()
        self._seen: set[Quirk] = set()

    def treadmill_data(self, value: bytes, now: float) -> None:
        """Decode a frame of 2ACD."""
        edge = self._edge()
        if edge.profile.speed_first and value:
            value = bytes((value[0] & ~MORE_DATA,)) + value[1:]  # the More Data flag is wrong here
        try:
            data = self._parts.add(value, now)
        except DecodeError:
            self._handler.unusable(Unusable.MEASUREMENT)
            return
        if data is None:
            self._handler.unusable(Unusable.PART)
            return
        if data.truncated:
            self._observe(Quirk.TORN_RECORDS)
        if data.flags & VENDOR_STEPS and data.step_count is not None:
            self._observe(Quirk.VENDOR_STEPS)
        self._handler.measured(measurement(data, edge))

    def training_status(self, value: bytes) -> None:
        """Decode a value of 2AD3, read or notified; an empty one is ignored."""
        try:
            status = TrainingStatusValue.decode(value).status
        except DecodeError:
            self._handler.unusable(Unusable.OTHER)
            return
        self._handler.training(activity(status))

    def running_speed(self, value: bytes) -> None:
        """Decode a value of 2A53: the cadence is used, the speed is not."""
        try:
            cadence = RscMeasurement.decode(value).cadence
        except DecodeError:
            self._handler.unusable(Unusable.OTHER)
            return
        per_count = 2 if self._edge().profile.cadence is Cadence.STRIDES else 1
        self._handler.stepped(cadence * per_count)

    def machine_status(self, value: bytes, now: float) -> None:
        """Decode a value of 2ADA."""
        try:
            status = MachineStatus.decode(value)
        except DecodeError:
            self._handler.unusable(Unusable.STATUS)
            return
        if status.op not in _OPS:
            self._handler.unusable(Unusable.UNKNOWN_STATUS)
        event = _event(status, now, self._edge())
        if event is not None:
            self._handler.happened(event)

    def _observe(self, quirk: Quirk) -> None:
        if quirk not in self._seen:
            self._seen.add(quirk)
            self._handler.observed(quirk)


def measurement(data: TreadmillData, edge: Edge) -> Measurement:
    """Convert a whole record to true units."""
    speed, incline = data.speed, data.incline
    return Measurement(
        None if speed is None else edge.reported_speed(speed),
        None if incline is None else edge.reported_incline(incline),
        data.distance,
        data.elapsed,
        data.elevation_gain,
        data.energy,
        data.heart_rate,
        data.power,
        data.step_count,
        data.flags | _TORN if data.truncated else data.flags,
    )


def activity(status: TrainingStatus | None) -> Activity | None:
    """Return the activity of a training status; None if it implies none."""
    return None if status is None else Activity(_DOING.get(status, Doing.ACTIVE), status)


def _event(status: MachineStatus, now: float, edge: Edge) -> MachineEvent | None:
    match status.op, status.value:
        case StatusOp.RESET, _:
            return MachineReset(now)
        case StatusOp.STOPPED_OR_PAUSED, kind:
            return Paused(now) if kind == StopKind.PAUSE else Stopped(now)
        case StatusOp.STOPPED_BY_SAFETY_KEY, _:
            return SafetyKey(now)
        case StatusOp.STARTED_OR_RESUMED, _:
            return Started(now)
        case StatusOp.TARGET_SPEED_CHANGED, int(speed):
            return TargetChanged(now, Axis.SPEED, edge.target_speed(speed))
        case StatusOp.TARGET_INCLINE_CHANGED, int(incline):
            return TargetChanged(now, Axis.INCLINE, edge.incline(incline))
        case StatusOp.CONTROL_PERMISSION_LOST, _:
            return ControlLost(now)
        case _:
            return None
