"""The FTMS server around the machine.

`protocols.ftms.control_server` decides which requests are allowed and which clients are notified.
This module has the machine's services, actions and statuses, and its model's deviations from the
specification. Pure: writes go in, notifications go out to each `Client`.
"""

from collections.abc import Callable, Hashable
from dataclasses import astuple, replace
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
    op_code,
    supported_ops,
)
from protocols.ftms.control_server import AttError, ControlServer, Notice, status_of
from protocols.ftms.feature import Feature, FitnessMachineFeature
from protocols.ftms.ranges import Range
from protocols.ftms.treadmill_data import TreadmillData
from protocols.uuids import (
    FITNESS_MACHINE_FEATURE,
    FITNESS_MACHINE_STATUS,
    RSC_MEASUREMENT,
    SUPPORTED_HEART_RATE_RANGE,
    SUPPORTED_INCLINATION_RANGE,
    SUPPORTED_SPEED_RANGE,
    TRAINING_STATUS,
    TREADMILL_DATA,
)
from simulators.ftms.profile import STRICT, Carrier, Early, Profile, Repeated
from simulators.ftms.statuses import Statuses
from simulators.ftms.telemetry import Telemetry
from simulators.ftms.training import training_frame, training_octet, training_value
from simulators.physics.machine import Happening, Kind, Machine, Origin

_GOALS: Final = frozenset(
    {
        OpCode.SET_TARGETED_ENERGY,
        OpCode.SET_TARGETED_STEPS,
        OpCode.SET_TARGETED_STRIDES,
        OpCode.SET_TARGETED_DISTANCE,
        OpCode.SET_TARGETED_TIME,
        OpCode.SET_TARGETED_TIME_IN_TWO_ZONES,
        OpCode.SET_TARGETED_TIME_IN_THREE_ZONES,
        OpCode.SET_TARGETED_TIME_IN_FIVE_ZONES,
    }
)


class Client(Hashable, Protocol):
    """One connected central."""

    @property
    def mtu(self) -> int:
        """Current ATT MTU of its link."""
        ...

    def notify(self, uuid: int, value: bytes) -> None:
        """Send a value of the characteristic, if the client subscribed to it."""
        ...


class FtmsServer:
    """Serves one machine to any number of clients; at most one has control."""

    def __init__(self, machine: Machine, profile: Profile = STRICT) -> None:
        self.machine = machine
        self.spoil: Callable[[int, bytes], list[bytes]] | None = None
        """Filter of outgoing notifications, for fault injection."""
        self.profile = profile = replace(profile, belt=machine.spec)
        self._clients: list[Client] = []
        self._telemetry = Telemetry(machine, profile)
        self._statuses = Statuses(machine, profile)
        self._values = _values(profile)
        self._announced = self._training
        self._locked = profile.lock.control
        self._orders = 0
        self._last_write = -profile.control.least_interval_s
        self._started_for_target = False
        self._done: Request | None = None
        control = profile.control
        self._control = ControlServer[Client](
            supported_ops(profile.targets) | set(control.extra_ops),
            _ranges(profile) if control.checks_ranges else {},
            yields=control.yields,
            guarded=control.needs_control,
        )
        machine.listen(self._on_happening)

    @property
    def readable(self) -> tuple[int, ...]:
        """UUIDs of the readable characteristics; they depend on the features."""
        return (*self._values, *((TRAINING_STATUS,) if self.profile.training.present else ()))

    def read(self, uuid: int, mtu: int = 517) -> bytes:
        """Return the current value of a readable characteristic, for a link with this ATT MTU."""
        if uuid != TRAINING_STATUS:
            return self._values[uuid]
        training = self.profile.training
        return b"" if training.empty else training_value(*self._training, mtu, training)

    @property
    def data(self) -> TreadmillData:
        """Return the current measurements as one record."""
        return self._telemetry.record

    @property
    def holder(self) -> Client | None:
        """Client that has control; None if there is none."""
        return self._control.holder

    @property
    def clients(self) -> tuple[Client, ...]:
        """Connected clients."""
        return tuple(self._clients)

    def join(self, client: Client) -> None:
        """Add a client."""
        self._clients.append(client)
        self._control.connected(client)

    def leave(self, client: Client) -> None:
        """Remove a client and its control; the belt runs on."""
        self._clients.remove(client)
        self._control.disconnected(client)

    def subscribed(self, client: Client, uuid: int) -> None:
        """Handle a client's subscription to a characteristic."""
        if uuid == FITNESS_MACHINE_STATUS:
            self._send(client, FITNESS_MACHINE_STATUS, self._statuses.replay())

    def write(
        self, client: Client, value: bytes, *, indicating: bool
    ) -> Response | AttError | None:
        """Carry out a client's write to the control point, if allowed.

        Returns:
            An ATT error if the write is refused. A response is indicated after the Write Response;
            its procedure is in progress until the client has `confirmed` it. None if this machine
            sends no answer.

        `indicating` is True if the client enabled indications.
        """
        control = self.profile.control
        if self.machine.time - self._last_write < control.least_interval_s:
            return None
        self._last_write = self.machine.time
        self._done = None
        if self._locked:
            return Response(value[0] if value else 0, ResultCode.CONTROL_NOT_PERMITTED)
        self._count_towards_forgetting(value)
        subscribed = indicating or not control.needs_subscription
        reply = self._control.write(client, value, self._carry_out, subscribed=subscribed)
        if reply.response is None:
            return reply.error or AttError.PROCEDURE_ALREADY_IN_PROGRESS
        response = reply.response
        if response.result == ResultCode.OP_CODE_NOT_SUPPORTED:
            response = Response(response.request_op, control.unsupported)
        if response.request_op == OpCode.REQUEST_CONTROL:
            self._started_for_target = False
        self._notify(reply.notices)
        self._notify_commander(client, response)
        silent = response.request_op == OpCode.REQUEST_CONTROL and not control.answers_request
        if silent or control.answers is Carrier.NOTIFICATION:
            self._control.confirmed(client)  # a notification is never confirmed
        return None if silent else response

    def _count_towards_forgetting(self, value: bytes) -> None:
        self._orders = 0 if value[:1] == bytes([OpCode.REQUEST_CONTROL]) else self._orders + 1
        if 0 < self.profile.control.forgets_after < self._orders:
            self._control.withdraw()  # without notifying the client

    def on_vendor_write(self, value: bytes) -> None:
        """Handle a write to the vendor's own service."""
        if value.startswith(bytes.fromhex(self.profile.lock.opened_by)):
            self.unlock()

    def unlock(self) -> None:
        """Unlock the machine, as the vendor's app does."""
        self._locked = self._telemetry.locked = False

    def confirmed(self, client: Client) -> None:
        """End the procedure of a client that has confirmed the indication."""
        self._control.confirmed(client)

    def withdraw_control(self) -> None:
        """Take control back for the console; its client is notified."""
        self._notify(self._control.withdraw())

    def send(self, uuid: int, value: bytes) -> None:
        """Send arbitrary octets to every client, like a faulty machine."""
        self._send_all(uuid, [value])

    def sample(self) -> None:
        """Send a data record to every client, in as many parts as the client's MTU needs."""
        if self._telemetry.is_due():
            for client in self._clients:
                self._send(client, TREADMILL_DATA, self._telemetry.frames(client.mtu))
        if self.profile.running.present:
            self._send_all(RSC_MEASUREMENT, [self._telemetry.running.encode()])
        self._send_all(FITNESS_MACHINE_STATUS, self._statuses.current())
        self._announce_training()

    def _carry_out(self, request: Request) -> ResultCode:
        control = self.profile.control
        self._done = request
        if op_code(request) in control.ignores or self._is_lost(request):
            return ResultCode.SUCCESS
        if isinstance(request, SetTargetSpeed) and self._is_refused_early():
            return ResultCode.OPERATION_FAILED
        done = self._perform(request) or (
            not control.checks_ranges
            and isinstance(request, SetTargetSpeed | SetTargetIncline | SetTargetHeartRate)
        )
        return ResultCode.SUCCESS if done else ResultCode.OPERATION_FAILED

    def _is_lost(self, request: Request) -> bool:
        early = self.profile.control.speed_before_motion
        return isinstance(request, SetTargetSpeed) and early is Early.LOST and self.machine.stands

    def _is_refused_early(self) -> bool:
        control = self.profile.control
        if control.start_before_target:
            started, self._started_for_target = self._started_for_target, False
            if not started:
                return True
        return control.speed_before_motion is Early.REFUSED and self.machine.stands

    def _perform(self, request: Request) -> bool:
        machine, origin = self.machine, Origin.CONTROL_POINT
        control = self.profile.control
        match request:
            case Reset():
                return machine.reset(origin)
            case SetTargetSpeed(speed):
                factor = control.speed_unit.kmh / machine.spec.unit.kmh
                return machine.set_speed(round(speed * factor), origin)
            case SetTargetIncline(incline):
                return machine.set_incline(round(incline / control.incline_factor), origin)
            case SetTargetHeartRate(heart_rate):
                return machine.set_heart_rate(heart_rate, origin)
            case StartOrResume():
                return self._start()
            case StopOrPause(kind):
                return self._stop(kind)
            case _:
                op = op_code(request)
                return op in _GOALS and machine.set_goal(op, astuple(request), origin)

    def _start(self) -> bool:
        machine, origin = self.machine, Origin.CONTROL_POINT
        self._started_for_target = True
        if machine.start(origin):
            return True
        if not machine.key_inserted:
            return False
        match self.profile.control.repeated_start:
            case Repeated.FAILS:
                return False
            case Repeated.SUCCEEDS:
                return True
            case Repeated.TOGGLES:
                return machine.pause(origin)
            case Repeated.RESETS:
                return machine.set_speed(machine.spec.speed.minimum, origin)
            case unknown:
                assert_never(unknown)

    def _stop(self, kind: StopKind) -> bool:
        machine, origin, control = self.machine, Origin.CONTROL_POINT, self.profile.control
        pauses = kind is StopKind.PAUSE or control.stop_pauses
        done = machine.pause(origin) if pauses else machine.stop(origin)
        return done or not control.repeated_stop_fails

    def _on_happening(self, happening: Happening) -> None:
        if happening.kind is Kind.PHASE:
            self._announce_training()
        elif happening.kind is Kind.SAFETY_KEY_BACK:
            pass  # FTMS has no status for it
        elif happening.origin is Origin.CONSOLE:  # the control server reports the others
            self._notify(self._control.changed(self._statuses.of(happening)))

    @property
    def _training(self) -> tuple[int, str]:
        training = self.profile.training
        text = "" if training.constant is not None else self.machine.text
        return training_octet(self.machine, training), text

    def _announce_training(self) -> None:
        now, training = self._training, self.profile.training
        if now != self._announced:
            self._announced = now
            if training.present:
                for client in self._clients:
                    frame = training_frame(*now, client.mtu, training)
                    self._send(client, TRAINING_STATUS, [frame])

    def _notify_commander(self, client: Client, response: Response) -> None:
        if self._done is not None and response.success and self.profile.status.to_commander:
            status = status_of(self._done)
            if status is not None:
                self._notify((Notice(client, status),))

    def _notify(self, notices: tuple[Notice[Client], ...]) -> None:
        for notice in notices:
            self._send(notice.client, FITNESS_MACHINE_STATUS, self._statuses.frames(notice.status))

    def _send_all(self, uuid: int, frames: list[bytes]) -> None:
        for client in self._clients:
            self._send(client, uuid, frames)

    def _send(self, client: Client, uuid: int, frames: list[bytes]) -> None:
        for frame in frames:
            for sent in (frame,) if self.spoil is None else self.spoil(uuid, frame):
                client.notify(uuid, sent)


def _ranges(profile: Profile) -> dict[OpCode, Range]:
    """Return the ranges of targets, in the units of the control point."""
    belt, control = profile.belt, profile.control
    factor = belt.unit.kmh / control.speed_unit.kmh
    ranges: dict[OpCode, Range] = {
        OpCode.SET_TARGET_SPEED: _scaled(belt.speed, factor),
        OpCode.SET_TARGET_INCLINE: _scaled(belt.incline, control.incline_factor),
    }
    if belt.heart_rate is not None:
        ranges[OpCode.SET_TARGET_HEART_RATE] = belt.heart_rate
    return ranges


def _scaled(found: Range, factor: float) -> Range:
    return replace(
        found, minimum=round(found.minimum * factor), maximum=round(found.maximum * factor)
    )


def _values(profile: Profile) -> dict[int, bytes]:
    """Return the constant characteristics."""
    features = profile.features
    found = {
        SUPPORTED_SPEED_RANGE: profile.speed_range,
        SUPPORTED_INCLINATION_RANGE: profile.incline_range,
        SUPPORTED_HEART_RATE_RANGE: profile.heart_rate_range,
    }
    values = {uuid: each.encode() for uuid, each in found.items() if each is not None}
    if features.present:
        claimed = FitnessMachineFeature(Feature(features.features), profile.targets)
        values[FITNESS_MACHINE_FEATURE] = claimed.encode()
    return values
