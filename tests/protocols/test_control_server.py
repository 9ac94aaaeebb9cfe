"""The server's side of the control point, where the tests of `simulators/ftms` do not reach."""

from collections.abc import Callable

import pytest

from protocols.ftms.control_point import (
    OpCode,
    Request,
    RequestControl,
    Reset,
    Response,
    ResultCode,
    SetTargetedTimeInTwoZones,
    SetTargetIncline,
    SetTargetSpeed,
    SpinDown,
    SpinDownKind,
    StartOrResume,
    StopKind,
    StopOrPause,
    encode_request,
    supported_ops,
)
from protocols.ftms.control_server import AttError, ControlServer, Notice, Reply, status_of
from protocols.ftms.feature import Target
from protocols.ftms.machine_status import MachineStatus, StatusOp
from protocols.ftms.ranges import InclineRange, SpeedRange

OURS, THEIRS = "ours", "theirs"
FASTER = encode_request(SetTargetSpeed(820))


class Machine:
    """A machine with one result for every request, which it records."""

    def __init__(self) -> None:
        self.result = ResultCode.SUCCESS
        self.done: list[Request] = []

    def carry_out(self, request: Request) -> ResultCode:
        self.done.append(request)
        return self.result


def make_server(*, yields: bool = True, guarded: bool = True) -> ControlServer[str]:
    server: ControlServer[str] = ControlServer(
        supported_ops(Target.SPEED | Target.INCLINATION),
        {
            OpCode.SET_TARGET_SPEED: SpeedRange(80, 1600, 10),
            OpCode.SET_TARGET_INCLINE: InclineRange(0, 150, 5),
        },
        yields=yields,
        guarded=guarded,
    )
    server.connected(OURS)
    server.connected(THEIRS)
    return server


@pytest.fixture
def machine() -> Machine:
    return Machine()


@pytest.fixture
def server() -> ControlServer[str]:
    return make_server()


Ask = Callable[..., Reply[str]]


@pytest.fixture
def ask(server: ControlServer[str], machine: Machine) -> Ask:
    """Write, and confirm the indication at once."""

    def write(client: str, request: Request | bytes, *, subscribed: bool = True) -> Reply[str]:
        value = request if isinstance(request, bytes) else encode_request(request)
        reply = server.write(client, value, machine.carry_out, subscribed=subscribed)
        server.confirmed(client)
        return reply

    return write


def result(reply: Reply[str]) -> int | None:
    return None if reply.response is None else reply.response.result


def holder(server: ControlServer[str]) -> str | None:
    """Who is in control now (mypy takes a property for a constant once it was compared)."""
    return server.holder


def test_pending_procedure_of_one_client_does_not_block_another(
    server: ControlServer[str], machine: Machine
) -> None:
    server.write(OURS, b"\x00", machine.carry_out)

    assert server.write(THEIRS, b"\x07", machine.carry_out).error is None


def test_second_procedure_of_a_client_waits_for_the_confirmation_of_its_first(
    server: ControlServer[str], machine: Machine
) -> None:
    server.write(OURS, b"\x00", machine.carry_out)
    again = server.write(OURS, b"\x07", machine.carry_out)
    assert again == Reply(AttError.PROCEDURE_ALREADY_IN_PROGRESS)


def test_client_without_indications_is_refused(ask: Ask) -> None:
    refused = ask(OURS, RequestControl(), subscribed=False)
    assert refused == Reply(AttError.CCCD_IMPROPERLY_CONFIGURED)


def test_refused_write_begins_no_procedure(ask: Ask, server: ControlServer[str]) -> None:
    assert ask(OURS, b"") == Reply(AttError.INVALID_ATTRIBUTE_VALUE_LENGTH)
    assert result(ask(OURS, RequestControl())) == ResultCode.SUCCESS


def test_failure_of_the_machine_is_reported_to_the_requester_alone(
    ask: Ask, machine: Machine
) -> None:
    """SPE/BV-01, SPE/BV-02: what fails is told to nobody else."""
    ask(OURS, RequestControl())
    machine.result = ResultCode.OPERATION_FAILED

    reply = ask(OURS, StartOrResume())

    assert reply == Reply(response=Response(0x07, ResultCode.OPERATION_FAILED))
    assert machine.done == [StartOrResume()]


def test_server_that_does_not_yield_keeps_control_with_its_holder(machine: Machine) -> None:
    server = make_server(yields=False)
    server.write(OURS, b"\x00", machine.carry_out)

    refused = server.write(THEIRS, b"\x00", machine.carry_out)
    server.confirmed(OURS)
    renewed = server.write(OURS, b"\x00", machine.carry_out)

    assert result(refused) == ResultCode.CONTROL_NOT_PERMITTED
    assert result(renewed) == ResultCode.SUCCESS
    assert holder(server) == OURS


def test_unguarded_server_obeys_without_control(machine: Machine) -> None:
    server = make_server(guarded=False)

    assert result(server.write(OURS, FASTER, machine.carry_out)) == ResultCode.SUCCESS
    assert holder(server) is None


def test_malformed_request_for_control_takes_no_control(
    ask: Ask, server: ControlServer[str]
) -> None:
    assert result(ask(OURS, b"\x00\x00")) == ResultCode.INVALID_PARAMETER
    assert holder(server) is None


def test_failed_reset_releases_no_control(
    ask: Ask, server: ControlServer[str], machine: Machine
) -> None:
    ask(OURS, RequestControl())
    machine.result = ResultCode.OPERATION_FAILED

    ask(OURS, Reset())

    assert holder(server) == OURS


def test_disconnect_releases_the_control_of_that_client(
    ask: Ask, server: ControlServer[str]
) -> None:
    ask(OURS, RequestControl())
    server.disconnected(THEIRS)
    assert holder(server) == OURS

    server.disconnected(OURS)
    server.confirmed(OURS)
    server.connected(OURS)

    assert holder(server) is None
    assert result(ask(OURS, FASTER)) == ResultCode.CONTROL_NOT_PERMITTED


def test_withdrawn_control_is_reported_once(ask: Ask, server: ControlServer[str]) -> None:
    ask(OURS, RequestControl())

    assert server.withdraw() == (Notice(OURS, MachineStatus(StatusOp.CONTROL_PERMISSION_LOST)),)
    assert server.withdraw() == ()


@pytest.mark.parametrize(
    ("request_", "octets"),
    [
        (Reset(), "01"),
        (StartOrResume(), "04"),
        (StopOrPause(StopKind.PAUSE), "0202"),
        (SetTargetSpeed(820), "053403"),
        (SetTargetIncline(-15), "06f1ff"),
        (SetTargetedTimeInTwoZones(1, 2), "0f01000200"),
    ],
)
def test_request_has_its_status_for_other_clients(request_: Request, octets: str) -> None:
    status = status_of(request_)

    assert status == MachineStatus.decode(bytes.fromhex(octets))
    assert status.encode() == bytes.fromhex(octets)


@pytest.mark.parametrize("request_", [RequestControl(), SpinDown(SpinDownKind.START)])
def test_request_without_a_status(request_: Request) -> None:
    assert status_of(request_) is None


def test_request_without_a_status_is_carried_out(machine: Machine) -> None:
    server: ControlServer[str] = ControlServer(supported_ops(Target.SPIN_DOWN), {})
    server.connected(OURS)
    server.write(OURS, b"\x00", machine.carry_out)
    server.confirmed(OURS)

    reply = server.write(OURS, b"\x13\x01", machine.carry_out)

    assert reply == Reply(response=Response(0x13, ResultCode.SUCCESS))
