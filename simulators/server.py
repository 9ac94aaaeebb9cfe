"""The FTMS server around the machine, as strict as FTMS 1.0.1.

What a client may do, and who hears of it, is decided by `protocols.ftms.control_server`; here is
what this machine offers, does and says. Pure: writes go in, notifications go out to each `Client`.
"""

from collections.abc import Hashable
from math import atan, degrees
from typing import Final, Protocol, assert_never

from protocols.ftms.control_point import (
    OpCode,
    Request,
    Reset,
    Response,
    ResultCode,
    SetTargetHeartRate,
    SetTargetIncline,
    SetTargetSpeed,
    StartOrResume,
    StopKind,
    StopOrPause,
    supported_ops,
)
from protocols.ftms.control_server import AttError, ControlServer, Notice
from protocols.ftms.feature import Feature, FitnessMachineFeature, Target
from protocols.ftms.machine_status import MachineStatus, StatusOp
from protocols.ftms.ranges import Range
from protocols.ftms.training_status import TrainingStatus, TrainingStatusValue
from protocols.ftms.treadmill_data import TreadmillData
from protocols.units import from_kmh, from_percent
from protocols.uuids import (
    FITNESS_MACHINE_FEATURE,
    FITNESS_MACHINE_STATUS,
    SUPPORTED_HEART_RATE_RANGE,
    SUPPORTED_INCLINATION_RANGE,
    SUPPORTED_SPEED_RANGE,
    TRAINING_STATUS,
    TREADMILL_DATA,
)
from simulators.machine import Happening, Kind, Machine, Origin, Phase

_FEATURES: Final = (
    Feature.TOTAL_DISTANCE
    | Feature.INCLINATION
    | Feature.ELEVATION_GAIN
    | Feature.EXPENDED_ENERGY
    | Feature.HEART_RATE
    | Feature.ELAPSED_TIME
)
_STATUS: Final = {
    Kind.RESET: MachineStatus(StatusOp.RESET),
    Kind.STARTED: MachineStatus(StatusOp.STARTED_OR_RESUMED),
    Kind.STOPPED: MachineStatus(StatusOp.STOPPED_OR_PAUSED, StopKind.STOP),
    Kind.PAUSED: MachineStatus(StatusOp.STOPPED_OR_PAUSED, StopKind.PAUSE),
    Kind.SAFETY_KEY: MachineStatus(StatusOp.STOPPED_BY_SAFETY_KEY),
}
_TARGET_STATUS: Final = {
    Kind.TARGET_SPEED: StatusOp.TARGET_SPEED_CHANGED,
    Kind.TARGET_INCLINE: StatusOp.TARGET_INCLINE_CHANGED,
    Kind.TARGET_HEART_RATE: StatusOp.TARGET_HEART_RATE_CHANGED,
}


class Client(Hashable, Protocol):
    """One connected central."""

    @property
    def mtu(self) -> int:
        """The ATT MTU of its link now."""
        ...

    def notify(self, uuid: int, value: bytes) -> None:
        """Send a value of the characteristic, if the client subscribed to it."""
        ...


class FtmsServer:
    """Serves one machine to any number of clients, of whom one at most has control."""

    def __init__(self, machine: Machine) -> None:
        self.machine = machine
        self._clients: list[Client] = []
        self._announced = self.training_status
        spec = machine.spec
        targets = Target.SPEED | Target.INCLINATION
        ranges: dict[OpCode, Range] = {
            OpCode.SET_TARGET_SPEED: spec.speed,
            OpCode.SET_TARGET_INCLINE: spec.incline,
        }
        self._values = {
            SUPPORTED_SPEED_RANGE: spec.speed.encode(),
            SUPPORTED_INCLINATION_RANGE: spec.incline.encode(),
        }
        if spec.heart_rate is not None:
            targets |= Target.HEART_RATE
            ranges[OpCode.SET_TARGET_HEART_RATE] = spec.heart_rate
            self._values[SUPPORTED_HEART_RATE_RANGE] = spec.heart_rate.encode()
        self._values[FITNESS_MACHINE_FEATURE] = FitnessMachineFeature(_FEATURES, targets).encode()
        self._control = ControlServer[Client](supported_ops(targets), ranges)
        machine.listen(self._on_happening)

    @property
    def readable(self) -> tuple[int, ...]:
        """The UUIDs of the characteristics that `read` answers; they depend on the features."""
        return (*self._values, TRAINING_STATUS)

    def read(self, uuid: int) -> bytes:
        """The value of a readable characteristic now."""
        if uuid == TRAINING_STATUS:
            return TrainingStatusValue(self.training_status).encode()
        return self._values[uuid]

    @property
    def training_status(self) -> TrainingStatus:
        """What kind of training goes on; FTMS has no word for a pause, a part of the session."""
        machine = self.machine
        match machine.phase:
            case Phase.STARTING:
                return TrainingStatus.PRE_WORKOUT
            case Phase.RUNNING | Phase.PAUSED:
                return TrainingStatus.MANUAL
            case Phase.IDLE:
                runs_out = machine.elapsed_s > 0 and not machine.stands
                return TrainingStatus.POST_WORKOUT if runs_out else TrainingStatus.IDLE
            case _:
                assert_never(machine.phase)

    @property
    def data(self) -> TreadmillData:
        """What the machine measures now, as one record."""
        machine, runner = self.machine, self.machine.runner
        grade = machine.true_incline_percent / 100
        return TreadmillData(
            speed=from_kmh(machine.true_speed_kmh),
            distance=int(machine.distance_m),
            incline=from_percent(machine.true_incline_percent),
            ramp_angle=round(degrees(atan(grade)) * 10),
            positive_elevation_gain=int(machine.climb_m * 10),
            negative_elevation_gain=int(machine.descent_m * 10),
            energy=int(runner.energy_kcal),
            energy_per_hour=round(runner.kcal_per_minute * 60),
            energy_per_minute=round(runner.kcal_per_minute),
            heart_rate=round(runner.heart_bpm),
            elapsed=int(machine.elapsed_s),
        )

    @property
    def holder(self) -> Client | None:
        """Who has control."""
        return self._control.holder

    def join(self, client: Client) -> None:
        """A central connected."""
        self._clients.append(client)
        self._control.connected(client)

    def leave(self, client: Client) -> None:
        """A central is gone: so is its control, and the belt runs on."""
        self._clients.remove(client)
        self._control.disconnected(client)

    def write(self, client: Client, value: bytes, *, indicating: bool) -> Response | AttError:
        """Do what a client wrote to the control point, if it may.

        An ATT error is the write's answer, and nothing happened. A response is indicated after the
        Write Response; until the client has `confirmed` it, its procedure is in progress.
        `indicating` says whether the client enabled indications.
        """
        reply = self._control.write(client, value, self._carry_out, subscribed=indicating)
        if reply.response is None:
            return reply.error or AttError.PROCEDURE_ALREADY_IN_PROGRESS
        _tell(reply.notices)
        return reply.response

    def confirmed(self, client: Client) -> None:
        """The client confirmed the indication: its procedure is over."""
        self._control.confirmed(client)

    def sample(self) -> None:
        """Send a data record to every client, in as many parts as its MTU needs."""
        data = self.data
        for client in self._clients:
            for part in data.split(client.mtu):
                client.notify(TREADMILL_DATA, part)
        self._announce_training()

    def _carry_out(self, request: Request) -> ResultCode:
        return ResultCode.SUCCESS if self._perform(request) else ResultCode.OPERATION_FAILED

    def _perform(self, request: Request) -> bool:
        machine, origin = self.machine, Origin.CONTROL_POINT
        match request:
            case Reset():
                return machine.reset(origin)
            case SetTargetSpeed(speed):
                return machine.set_speed(speed, origin)
            case SetTargetIncline(incline):
                return machine.set_incline(incline, origin)
            case SetTargetHeartRate(heart_rate):
                return machine.set_heart_rate(heart_rate, origin)
            case StartOrResume():
                return machine.start(origin)
            case StopOrPause(kind):
                return machine.stop(origin) if kind is StopKind.STOP else machine.pause(origin)
            case _:  # pragma: no cover  (no feature of this machine offers it)
                return False

    def _on_happening(self, happening: Happening) -> None:
        if happening.kind is Kind.PHASE:
            self._announce_training()
        elif happening.origin is Origin.CONSOLE:  # of the others the control server tells
            _tell(self._control.changed(_status(happening)))

    def _announce_training(self) -> None:
        status = self.training_status
        if status is not self._announced:
            self._announced = status
            for client in self._clients:
                client.notify(TRAINING_STATUS, TrainingStatusValue(status).encode())


def _status(happening: Happening) -> MachineStatus:
    target = _TARGET_STATUS.get(happening.kind)
    return _STATUS[happening.kind] if target is None else MachineStatus(target, happening.value)


def _tell(notices: tuple[Notice[Client], ...]) -> None:
    for notice in notices:
        notice.client.notify(FITNESS_MACHINE_STATUS, notice.status.encode())
