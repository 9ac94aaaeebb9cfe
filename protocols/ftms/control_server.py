"""Server side of the control point: responses, ownership of control, and notifications.

Order of the checks (FTMS 1.0.1 §4.16; 02 before 05 by test case SPE/BV-03, the rest ours):

1. indications not enabled, or the client's procedure still in progress: an ATT error, no effect
2. the op is not supported: 02, for any client
3. the client has no control: 05
4. the parameter is malformed or out of range: 03
5. the machine's state forbids it: 04, decided by the machine

A change through the control point is notified to all other clients, a change at the console to all
clients.
"""

from collections.abc import Callable, Collection, Hashable, Mapping
from dataclasses import astuple, dataclass
from enum import IntEnum
from typing import Final, Generic, TypeVar

from protocols.ftms.control_point import (
    InvalidRequest,
    OpCode,
    Request,
    RequestControl,
    Reset,
    Response,
    ResultCode,
    decode_request,
    op_code,
)
from protocols.ftms.machine_status import MachineStatus, StatusOp
from protocols.ftms.ranges import Range

ClientT = TypeVar("ClientT", bound=Hashable)


class AttError(IntEnum):
    """ATT errors that refuse a write before it counts as a request."""

    INVALID_ATTRIBUTE_VALUE_LENGTH = 0x0D
    CCCD_IMPROPERLY_CONFIGURED = 0xFD
    PROCEDURE_ALREADY_IN_PROGRESS = 0xFE


_STATUS_OF: Final[dict[OpCode, StatusOp]] = {
    OpCode.RESET: StatusOp.RESET,
    OpCode.SET_TARGET_SPEED: StatusOp.TARGET_SPEED_CHANGED,
    OpCode.SET_TARGET_INCLINE: StatusOp.TARGET_INCLINE_CHANGED,
    OpCode.SET_TARGET_RESISTANCE: StatusOp.TARGET_RESISTANCE_CHANGED,
    OpCode.SET_TARGET_POWER: StatusOp.TARGET_POWER_CHANGED,
    OpCode.SET_TARGET_HEART_RATE: StatusOp.TARGET_HEART_RATE_CHANGED,
    OpCode.START_OR_RESUME: StatusOp.STARTED_OR_RESUMED,
    OpCode.STOP_OR_PAUSE: StatusOp.STOPPED_OR_PAUSED,
    OpCode.SET_TARGETED_ENERGY: StatusOp.TARGETED_ENERGY_CHANGED,
    OpCode.SET_TARGETED_STEPS: StatusOp.TARGETED_STEPS_CHANGED,
    OpCode.SET_TARGETED_STRIDES: StatusOp.TARGETED_STRIDES_CHANGED,
    OpCode.SET_TARGETED_DISTANCE: StatusOp.TARGETED_DISTANCE_CHANGED,
    OpCode.SET_TARGETED_TIME: StatusOp.TARGETED_TIME_CHANGED,
    OpCode.SET_TARGETED_TIME_IN_TWO_ZONES: StatusOp.TARGETED_TIME_IN_TWO_ZONES_CHANGED,
    OpCode.SET_TARGETED_TIME_IN_THREE_ZONES: StatusOp.TARGETED_TIME_IN_THREE_ZONES_CHANGED,
    OpCode.SET_TARGETED_TIME_IN_FIVE_ZONES: StatusOp.TARGETED_TIME_IN_FIVE_ZONES_CHANGED,
    OpCode.SET_BIKE_SIMULATION: StatusOp.BIKE_SIMULATION_CHANGED,
    OpCode.SET_WHEEL_CIRCUMFERENCE: StatusOp.WHEEL_CIRCUMFERENCE_CHANGED,
    OpCode.SET_TARGETED_CADENCE: StatusOp.TARGETED_CADENCE_CHANGED,
}


def status_of(request: Request) -> MachineStatus | None:
    """Return the status that notifies other clients of a request; None if there is none."""
    op = op_code(request)
    return status_of_op(op, astuple(request)) if op in _STATUS_OF else None


def status_of_op(op: OpCode, numbers: tuple[int, ...]) -> MachineStatus:
    """Return the status for a change by this op, with these parameters.

    Raises:
        KeyError: the op has no status.
    """
    value = numbers if len(numbers) > 1 else next(iter(numbers), None)
    return MachineStatus(_STATUS_OF[op], value)


@dataclass(frozen=True, slots=True)
class Notice(Generic[ClientT]):
    """A status for one client."""

    client: ClientT
    status: MachineStatus


@dataclass(frozen=True, slots=True)
class Reply(Generic[ClientT]):
    """Result of a write: an ATT error, or an indication and notices for other clients.

    The Write Response is sent first, then `response` as an indication, then the notices.
    """

    error: AttError | None = None
    response: Response | None = None
    notices: tuple[Notice[ClientT], ...] = ()


class ControlServer(Generic[ClientT]):
    """Decides on the requests of any number of clients, which are any hashable objects.

    Args:
        supported: the ops that the machine supports (`supported_ops` derives them from features).
        ranges: the valid range of an op's parameter.
        yields: True if a client's Request Control takes control from another one, which is
            notified; False to answer it with 05. The specification allows both.
        guarded: True if the other ops need control; some machines obey any client (quirk P4).
    """

    def __init__(
        self,
        supported: Collection[int],
        ranges: Mapping[OpCode, Range],
        *,
        yields: bool = True,
        guarded: bool = True,
    ) -> None:
        self._guarded = guarded
        self._supported = supported
        self._ranges = ranges
        self._yields = yields
        self._busy: dict[ClientT, bool] = {}  # connected clients; True: indication pending
        self._holder: ClientT | None = None

    @property
    def holder(self) -> ClientT | None:
        """Client that has control; None if there is none."""
        return self._holder

    def connected(self, client: ClientT) -> None:
        """Add a client, without control."""
        self._busy[client] = False

    def disconnected(self, client: ClientT) -> None:
        """Remove a client and its control. The belt is not affected."""
        self._busy.pop(client, None)
        if self._holder == client:
            self._holder = None

    def confirmed(self, client: ClientT) -> None:
        """End the procedure of a client that has confirmed the indication."""
        if client in self._busy:
            self._busy[client] = False

    def write(
        self,
        client: ClientT,
        value: bytes,
        carry_out: Callable[[Request], ResultCode],
        *,
        subscribed: bool = True,
    ) -> Reply[ClientT]:
        """Decide on the write of a connected client.

        Args:
            client: the writing client.
            value: the octets.
            carry_out: carries out the request and returns the machine's result; called last.
            subscribed: True if the client enabled the indications of the control point.
        """
        if not subscribed:
            return Reply(AttError.CCCD_IMPROPERLY_CONFIGURED)
        if self._busy[client]:
            return Reply(AttError.PROCEDURE_ALREADY_IN_PROGRESS)
        if not value:
            return Reply(AttError.INVALID_ATTRIBUTE_VALUE_LENGTH)
        self._busy[client] = True
        result, notices = self._decide(client, value, carry_out)
        return Reply(response=Response(value[0], result), notices=notices)

    def changed(self, status: MachineStatus) -> tuple[Notice[ClientT], ...]:
        """Notify all clients of a change at the console."""
        return tuple(Notice(client, status) for client in self._busy)

    def withdraw(self) -> tuple[Notice[ClientT], ...]:
        """Take control away for the console; only the client that had it is notified."""
        holder, self._holder = self._holder, None
        if holder is None:
            return ()
        return (Notice(holder, MachineStatus(StatusOp.CONTROL_PERMISSION_LOST)),)

    def _decide(
        self, client: ClientT, value: bytes, carry_out: Callable[[Request], ResultCode]
    ) -> tuple[ResultCode, tuple[Notice[ClientT], ...]]:
        if value[0] not in self._supported:
            return ResultCode.OP_CODE_NOT_SUPPORTED, ()
        if not self._may(client, value[0]):
            return ResultCode.CONTROL_NOT_PERMITTED, ()
        try:
            request = decode_request(value)
        except InvalidRequest as invalid:
            return invalid.result, ()
        if not self._in_range(request):
            return ResultCode.INVALID_PARAMETER, ()
        if isinstance(request, RequestControl):
            return ResultCode.SUCCESS, self._grant(client)
        result = carry_out(request)
        if result is not ResultCode.SUCCESS:
            return result, ()
        if isinstance(request, Reset):
            self._holder = None
        status = status_of(request)
        notices = self.changed(status) if status else ()
        return result, tuple(notice for notice in notices if notice.client != client)

    def _may(self, client: ClientT, op: int) -> bool:
        if op == OpCode.REQUEST_CONTROL:
            return self._yields or self._holder in {None, client}
        return self._holder == client or not self._guarded

    def _in_range(self, request: Request) -> bool:
        allowed = self._ranges.get(op_code(request))
        return allowed is None or all(number in allowed for number in astuple(request))

    def _grant(self, client: ClientT) -> tuple[Notice[ClientT], ...]:
        notices = () if self._holder == client else self.withdraw()
        self._holder = client
        return notices
