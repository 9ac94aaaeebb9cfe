"""The server's side of the control point: the order of its decision, control, and who is told."""

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
    """A machine that says one word to everything and remembers what it was asked."""

    def __init__(self) -> None:
        self.word = ResultCode.SUCCESS
        self.done: list[Request] = []

    def carry_out(self, request: Request) -> ResultCode:
        self.done.append(request)
        return self.word


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


# --- the order of the decision (V05, V06) ----------------------------------------------------


def test_not_subscribed_comes_first(ask: Ask, machine: Machine) -> None:
    assert ask(OURS, b"\x81", subscribed=False) == Reply(AttError.CCCD_IMPROPERLY_CONFIGURED)
    assert machine.done == []


def test_one_procedure_at_a_time(server: ControlServer[str], machine: Machine) -> None:
    server.write(OURS, b"\x00", machine.carry_out)

    again = server.write(OURS, FASTER, machine.carry_out)
    server.confirmed(OURS)

    assert again == Reply(AttError.PROCEDURE_ALREADY_IN_PROGRESS)
    assert server.write(OURS, FASTER, machine.carry_out).error is None


def test_the_other_client_has_procedures_of_its_own(
    server: ControlServer[str], machine: Machine
) -> None:
    server.write(OURS, b"\x00", machine.carry_out)

    assert server.write(THEIRS, b"\x07", machine.carry_out).error is None


def test_a_refused_write_is_no_procedure(ask: Ask, server: ControlServer[str]) -> None:
    assert ask(OURS, b"") == Reply(AttError.INVALID_ATTRIBUTE_VALUE_LENGTH)
    assert result(ask(OURS, RequestControl())) == ResultCode.SUCCESS


@pytest.mark.parametrize("value", [b"\x81", b"\x80\x02\x01", b"\x15", b"\x04\x01\x00"])
def test_an_op_not_supported_comes_before_control(ask: Ask, value: bytes) -> None:
    """SPE/BV-03: 02, even from a client without control."""
    assert ask(OURS, value).response == Response(value[0], ResultCode.OP_CODE_NOT_SUPPORTED)


@pytest.mark.parametrize("value", [FASTER, b"\x07", b"\x01", b"\x02\xff\xff", b"\x08\x09"])
def test_control_comes_before_the_parameter(ask: Ask, machine: Machine, value: bytes) -> None:
    """SPE/BV-09."""
    assert ask(OURS, value).response == Response(value[0], ResultCode.CONTROL_NOT_PERMITTED)
    assert machine.done == []


@pytest.mark.parametrize(
    "value",
    [
        b"\x02\x34",
        b"\x08\x03",
        encode_request(SetTargetSpeed(1601)),
        encode_request(SetTargetSpeed(79)),
        encode_request(SetTargetIncline(-1)),
    ],
)
def test_the_parameter_comes_before_the_state(ask: Ask, machine: Machine, value: bytes) -> None:
    """SPE/BV-04, SPE/BI-05."""
    machine.word = ResultCode.OPERATION_FAILED
    ask(OURS, RequestControl())

    assert result(ask(OURS, value)) == ResultCode.INVALID_PARAMETER
    assert machine.done == []


def test_the_machine_has_the_last_word(ask: Ask, machine: Machine) -> None:
    """SPE/BV-01, SPE/BV-02: what fails is told to nobody else."""
    ask(OURS, RequestControl())
    machine.word = ResultCode.OPERATION_FAILED

    reply = ask(OURS, StartOrResume())

    assert reply == Reply(response=Response(0x07, ResultCode.OPERATION_FAILED))
    assert machine.done == [StartOrResume()]


def test_success(ask: Ask, machine: Machine) -> None:
    ask(OURS, RequestControl())

    assert result(ask(OURS, SetTargetSpeed(820))) == ResultCode.SUCCESS
    assert machine.done == [SetTargetSpeed(820)]


# --- who is in control (V07, V08) ------------------------------------------------------------


def test_control_is_kept_until_it_ends(ask: Ask, server: ControlServer[str]) -> None:
    assert ask(OURS, RequestControl()) == Reply(response=Response(0x00, ResultCode.SUCCESS))
    assert ask(OURS, RequestControl()).notices == ()
    assert holder(server) == OURS


def test_another_client_takes_control_and_the_loser_is_told(
    ask: Ask, server: ControlServer[str]
) -> None:
    """FMSN/BV-23."""
    ask(OURS, RequestControl())

    reply = ask(THEIRS, RequestControl())

    assert reply.notices == (Notice(OURS, MachineStatus(StatusOp.CONTROL_PERMISSION_LOST)),)
    assert holder(server) == THEIRS
    assert result(ask(OURS, FASTER)) == ResultCode.CONTROL_NOT_PERMITTED


def test_a_server_that_does_not_yield(machine: Machine) -> None:
    server = make_server(yields=False)
    server.write(OURS, b"\x00", machine.carry_out)

    refused = server.write(THEIRS, b"\x00", machine.carry_out)
    server.confirmed(OURS)
    renewed = server.write(OURS, b"\x00", machine.carry_out)

    assert result(refused) == ResultCode.CONTROL_NOT_PERMITTED
    assert result(renewed) == ResultCode.SUCCESS
    assert holder(server) == OURS


def test_an_unguarded_server_obeys_who_has_no_control(machine: Machine) -> None:
    server = make_server(guarded=False)

    assert result(server.write(OURS, FASTER, machine.carry_out)) == ResultCode.SUCCESS
    assert holder(server) is None


def test_a_malformed_request_for_control_takes_nothing(
    ask: Ask, server: ControlServer[str]
) -> None:
    assert result(ask(OURS, b"\x00\x00")) == ResultCode.INVALID_PARAMETER
    assert holder(server) is None


def test_reset_releases_control(ask: Ask, server: ControlServer[str], machine: Machine) -> None:
    ask(OURS, RequestControl())

    reply = ask(OURS, Reset())

    assert machine.done == [Reset()]
    assert holder(server) is None
    assert reply.notices == (Notice(THEIRS, MachineStatus(StatusOp.RESET)),)


def test_a_failed_reset_releases_nothing(
    ask: Ask, server: ControlServer[str], machine: Machine
) -> None:
    ask(OURS, RequestControl())
    machine.word = ResultCode.OPERATION_FAILED

    ask(OURS, Reset())

    assert holder(server) == OURS


def test_a_disconnected_client_has_no_control(ask: Ask, server: ControlServer[str]) -> None:
    ask(OURS, RequestControl())
    server.disconnected(THEIRS)
    assert holder(server) == OURS

    server.disconnected(OURS)
    server.confirmed(OURS)
    server.connected(OURS)

    assert holder(server) is None
    assert result(ask(OURS, FASTER)) == ResultCode.CONTROL_NOT_PERMITTED


def test_the_console_withdraws_control(ask: Ask, server: ControlServer[str]) -> None:
    ask(OURS, RequestControl())

    assert server.withdraw() == (Notice(OURS, MachineStatus(StatusOp.CONTROL_PERMISSION_LOST)),)
    assert server.withdraw() == ()


# --- whom to tell (V10) ----------------------------------------------------------------------


def test_a_change_through_the_control_point_is_told_to_the_others(ask: Ask) -> None:
    """FMSN/BV-24."""
    ask(OURS, RequestControl())

    reply = ask(OURS, SetTargetSpeed(820))

    assert reply.notices == (Notice(THEIRS, MachineStatus(StatusOp.TARGET_SPEED_CHANGED, 820)),)


def test_a_change_at_the_console_is_told_to_all(server: ControlServer[str]) -> None:
    status = MachineStatus(StatusOp.STOPPED_BY_SAFETY_KEY)

    assert server.changed(status) == (Notice(OURS, status), Notice(THEIRS, status))


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
def test_what_others_hear_of_a_request(request_: Request, octets: str) -> None:
    status = status_of(request_)

    assert status is not None
    assert status.encode() == bytes.fromhex(octets)


@pytest.mark.parametrize("request_", [RequestControl(), SpinDown(SpinDownKind.START)])
def test_requests_that_others_do_not_hear_of(request_: Request) -> None:
    assert status_of(request_) is None


def test_a_request_that_nobody_hears_of_is_carried_out(machine: Machine) -> None:
    server: ControlServer[str] = ControlServer(supported_ops(Target.SPIN_DOWN), {})
    server.connected(OURS)
    server.write(OURS, b"\x00", machine.carry_out)
    server.confirmed(OURS)

    reply = server.write(OURS, b"\x13\x01", machine.carry_out)

    assert reply == Reply(response=Response(0x13, ResultCode.SUCCESS))
