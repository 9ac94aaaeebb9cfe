"""The server's side of the control point, where the tests of `simulators/ftms` do not reach."""

from typing import Any

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
    supported_ops,
)
from protocols.ftms.control_server import AttError, ControlServer, Notice, Reply, status_of
from protocols.ftms.feature import Target
from protocols.ftms.machine_status import MachineStatus, StatusOp
from protocols.ftms.ranges import InclineRange, SpeedRange


class Desk:
    """A server with two clients, and a machine with one result for every request."""

    def __init__(self, targets: Target = Target.SPEED | Target.INCLINATION, **how: Any) -> None:
        ranges = {
            OpCode.SET_TARGET_SPEED: SpeedRange(80, 1600, 10),
            OpCode.SET_TARGET_INCLINE: InclineRange(0, 150, 5),
        }
        self.server: ControlServer[str] = ControlServer(supported_ops(targets), ranges, **how)
        self.server.connected("ours")
        self.server.connected("theirs")
        self.result = ResultCode.SUCCESS
        self.done: list[Request] = []

    def carry_out(self, request: Request) -> ResultCode:
        self.done.append(request)
        return self.result

    def play(self, timeline: str) -> str:
        """Play a timeline, parted by commas; return the results of its writes.

        `ours 07` is written and its answer confirmed, `ours 07 unconfirmed` only written, and
        `ours 07 unsubscribed` comes without indications. `fails` lets the machine refuse from now
        on. `ours leaves` and comes back.
        """
        results = []
        for step in timeline.split(", "):
            match step.split():
                case ["fails"]:
                    self.result = ResultCode.OPERATION_FAILED
                case [client, "leaves"]:
                    self.server.disconnected(client)
                    self.server.confirmed(client)
                    self.server.connected(client)
                case [client, octets, *how]:
                    value = b"" if octets == "nothing" else bytes.fromhex(octets)
                    subscribed = how != ["unsubscribed"]
                    reply = self.server.write(client, value, self.carry_out, subscribed=subscribed)
                    results.append(_name(reply))
                    if how != ["unconfirmed"]:
                        self.server.confirmed(client)
        return ", ".join(results)


def _name(reply: Reply[str]) -> str:
    if reply.response is None:
        return AttError(reply.error or 0).name.lower()
    return ResultCode(reply.response.result).name.lower()


TIMELINES = {
    "pending_procedure_of_one_client_does_not_block_another": (
        "ours 00 unconfirmed, theirs 07",
        "success, control_not_permitted",
        "ours",
    ),
    "second_procedure_of_a_client_waits_for_the_confirmation_of_its_first": (
        "ours 00 unconfirmed, ours 07",
        "success, procedure_already_in_progress",
        "ours",
    ),
    "client_without_indications_is_refused": (
        "ours 00 unsubscribed",
        "cccd_improperly_configured",
        None,
    ),
    "refused_write_begins_no_procedure": (
        "ours nothing unconfirmed, ours 00",
        "invalid_attribute_value_length, success",
        "ours",
    ),
    "malformed_request_for_control_takes_no_control": ("ours 0000", "invalid_parameter", None),
    "failed_reset_releases_no_control": (
        "ours 00, fails, ours 01",
        "success, operation_failed",
        "ours",
    ),
    "disconnect_of_another_client_releases_no_control": (
        "ours 00, theirs leaves",
        "success",
        "ours",
    ),
    "disconnect_releases_the_control_of_that_client": (
        "ours 00, ours leaves, ours 023403",
        "success, control_not_permitted",
        None,
    ),
}
"""Results of what is written, and who has control then."""


@pytest.mark.parametrize(("timeline", "results", "holder"), TIMELINES.values(), ids=TIMELINES)
def test_story(timeline: str, results: str, holder: str | None) -> None:
    desk = Desk()
    assert desk.play(timeline) == results
    assert desk.server.holder == holder


def test_failure_of_the_machine_is_reported_only_to_the_requester() -> None:
    """SPE/BV-01, SPE/BV-02: a failure is reported to its requester only."""
    desk = Desk()
    desk.play("ours 00, fails")

    reply = desk.server.write("ours", b"\x07", desk.carry_out)

    assert reply == Reply(response=Response(0x07, ResultCode.OPERATION_FAILED))
    assert desk.done == [StartOrResume()]


def test_server_that_does_not_yield_keeps_control_with_its_holder() -> None:
    desk = Desk(yields=False)
    results = desk.play("ours 00, theirs 00, ours 00")
    assert results == "success, control_not_permitted, success"
    assert desk.server.holder == "ours"


def test_unguarded_server_obeys_without_control() -> None:
    desk = Desk(guarded=False)
    assert desk.play("ours 023403") == "success"
    assert desk.server.holder is None


def test_withdrawn_control_is_reported_once() -> None:
    desk = Desk()
    desk.play("ours 00")
    lost = Notice("ours", MachineStatus(StatusOp.CONTROL_PERMISSION_LOST))
    assert [desk.server.withdraw() for _ in range(2)] == [(lost,), ()]


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
    assert status_of(request_) == MachineStatus.decode(bytes.fromhex(octets))


@pytest.mark.parametrize("request_", [RequestControl(), SpinDown(SpinDownKind.START)])
def test_request_without_a_status_has_none_for_other_clients(request_: Request) -> None:
    assert status_of(request_) is None


def test_request_without_a_status_is_carried_out() -> None:
    assert Desk(Target.SPIN_DOWN).play("ours 00, ours 1301") == "success, success"
