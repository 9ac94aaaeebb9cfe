"""The server's side of the control point: what to answer, who is in control, whom to tell.

The order of the decision (FTMS 1.0.1 §4.16; 02 before 05 by test case SPE/BV-03, the rest ours):

1. indications not enabled, or an own procedure still going: an ATT error, and nothing happened
2. the op is not supported: 02, whoever asks
3. the client has no control: 05
4. the parameter is malformed or out of range: 03
5. the machine's state forbids it: 04, which the machine itself says

A change made through the control point is told to all other clients, one made at the console to
all of them.
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
    """What a write may be refused with before it counts as a request."""

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
    """What the other clients hear of a request that was carried out; None: nothing."""
    op = op_code(request)
    return status_of_op(op, astuple(request)) if op in _STATUS_OF else None


def status_of_op(op: OpCode, numbers: tuple[int, ...]) -> MachineStatus:
    """The status that tells of a change that this op makes, with these parameters.

    Raises:
        KeyError: no status tells of it.
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
    """What follows from a write: an ATT error, or an indication and what others are told.

    The Write Response goes out first, then `response` as an indication, then the notices.
    """

    error: AttError | None = None
    response: Response | None = None
    notices: tuple[Notice[ClientT], ...] = ()


class ControlServer(Generic[ClientT]):
    """Decides about requests of any number of clients, each of which is any hashable thing.

    Args:
        supported: the ops that the machine knows (`supported_ops` tells them from its features).
        ranges: where the parameter of an op must lie.
        yields: whether a client's Request Control takes control from another one, who is told; if
            not, it is answered with 05. The specification allows both.
        guarded: whether the other ops need control; some machines obey anybody (quirk P4).
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
        self._busy: dict[ClientT, bool] = {}  # connected clients; true: an indication is on its way
        self._holder: ClientT | None = None

    @property
    def holder(self) -> ClientT | None:
        """Who has control."""
        return self._holder

    def connected(self, client: ClientT) -> None:
        """A client is there; it has no control yet."""
        self._busy[client] = False

    def disconnected(self, client: ClientT) -> None:
        """A client is gone, and its control with it. The belt goes on as it is."""
        self._busy.pop(client, None)
        if self._holder == client:
            self._holder = None

    def confirmed(self, client: ClientT) -> None:
        """The client confirmed the indication: its procedure is over."""
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
        """Decide about what a connected client wrote.

        Args:
            client: who wrote.
            value: the octets.
            carry_out: does it, or says why not: the machine's word, asked last.
            subscribed: whether the client enabled the indications of the control point.
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
        """Something happened at the console: everyone is told."""
        return tuple(Notice(client, status) for client in self._busy)

    def withdraw(self) -> tuple[Notice[ClientT], ...]:
        """Take control away, for the console's sake: only the client that had it is told."""
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
