"""Fitness Machine Control Point, 2AD9: requests and responses as octets."""

from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.errors import DecodeError, EncodeError
from protocols.ftms.control_point import (
    InvalidRequest,
    OpCode,
    Request,
    RequestControl,
    Reset,
    Response,
    ResultCode,
    SetBikeSimulation,
    SetTargetedCadence,
    SetTargetedDistance,
    SetTargetedEnergy,
    SetTargetedSteps,
    SetTargetedStrides,
    SetTargetedTime,
    SetTargetedTimeInFiveZones,
    SetTargetedTimeInThreeZones,
    SetTargetedTimeInTwoZones,
    SetTargetHeartRate,
    SetTargetIncline,
    SetTargetPower,
    SetTargetResistance,
    SetTargetSpeed,
    SetWheelCircumference,
    SpinDown,
    SpinDownKind,
    StartOrResume,
    StopKind,
    StopOrPause,
    decode_request,
    encode_request,
    op_code,
    supported_ops,
)
from protocols.ftms.feature import Target

REQUESTS: list[tuple[str, Request]] = [
    ("00", RequestControl()),
    ("01", Reset()),
    ("02 3403", SetTargetSpeed(820)),
    ("03 f1ff", SetTargetIncline(-15)),
    ("04 2c01", SetTargetResistance(300)),
    ("05 9cff", SetTargetPower(-100)),
    ("06 8e", SetTargetHeartRate(142)),
    ("07", StartOrResume()),
    ("08 01", StopOrPause(StopKind.STOP)),
    ("08 02", StopOrPause(StopKind.PAUSE)),
    ("09 2c01", SetTargetedEnergy(300)),
    ("0a 1027", SetTargetedSteps(10_000)),
    ("0b 8813", SetTargetedStrides(5_000)),
    ("0c 701101", SetTargetedDistance(70_000)),
    ("0d 0807", SetTargetedTime(1800)),
    ("0e 0100 0200", SetTargetedTimeInTwoZones(1, 2)),
    ("0f 0100 0200 0300", SetTargetedTimeInThreeZones(1, 2, 3)),
    ("10 0100 0200 0300 0400 0500", SetTargetedTimeInFiveZones(1, 2, 3, 4, 5)),
    ("11 18fc 9cff 28 33", SetBikeSimulation(-1000, -100, 40, 51)),
    ("12 3852", SetWheelCircumference(21_048)),
    ("13 01", SpinDown(SpinDownKind.START)),
    ("14 a800", SetTargetedCadence(168)),
]


@pytest.mark.parametrize(("octets", "request_"), REQUESTS)
def test_request_is_written_and_read(octets: str, request_: Request) -> None:
    assert encode_request(request_) == bytes.fromhex(octets)
    assert decode_request(bytes.fromhex(octets)) == request_
    assert op_code(request_) == bytes.fromhex(octets)[0]


def test_request_cases_cover_every_op_code() -> None:
    assert {type(request) for _, request in REQUESTS} == set(get_args(Request))
    assert {op_code(request) for _, request in REQUESTS} == set(OpCode) - {OpCode.RESPONSE}


def test_resistance_of_one_octet_is_read() -> None:
    assert decode_request(bytes.fromhex("04 96")) == SetTargetResistance(150)


@pytest.mark.parametrize(
    "request_", [SetTargetSpeed(-1), SetTargetIncline(0x8000), SetTargetHeartRate(256)]
)
def test_value_out_of_range_is_not_written(request_: Request) -> None:
    with pytest.raises(EncodeError):
        encode_request(request_)


@pytest.mark.parametrize("octets", ["15", "7f 00", "80 02 01", "81", "ff"])
def test_a_reserved_op_is_not_supported(octets: str) -> None:
    value = bytes.fromhex(octets)

    with pytest.raises(InvalidRequest, match="reserved") as refusal:
        decode_request(value)

    assert refusal.value.response == Response(value[0], ResultCode.OP_CODE_NOT_SUPPORTED)


@pytest.mark.parametrize(
    "octets",
    [
        "00 00",
        "02",
        "02 34",
        "02 340300",
        "04",
        "04 010203",
        "07 01",
        "08",
        "08 00",
        "08 03",
        "13 03",
    ],
)
def test_a_malformed_or_reserved_parameter_is_invalid(octets: str) -> None:
    value = bytes.fromhex(octets)

    with pytest.raises(InvalidRequest, match="parameter") as refusal:
        decode_request(value)

    assert refusal.value.response == Response(value[0], ResultCode.INVALID_PARAMETER)


def test_empty_request_is_a_decode_error() -> None:
    with pytest.raises(DecodeError, match="op code"):
        decode_request(b"")


def test_supported_ops_follow_from_the_target_features() -> None:
    always = {
        OpCode.REQUEST_CONTROL,
        OpCode.RESET,
        OpCode.START_OR_RESUME,
        OpCode.STOP_OR_PAUSE,
    }

    assert supported_ops(Target(0)) == always
    assert supported_ops(Target.SPEED | Target.INCLINATION) == always | {
        OpCode.SET_TARGET_SPEED,
        OpCode.SET_TARGET_INCLINE,
    }
    assert supported_ops(~Target(0)) == set(OpCode) - {OpCode.RESPONSE}


@pytest.mark.parametrize(
    ("octets", "response", "success"),
    [
        ("80 02 01", Response(OpCode.SET_TARGET_SPEED, ResultCode.SUCCESS), True),
        ("80 07 04", Response(OpCode.START_OR_RESUME, ResultCode.OPERATION_FAILED), False),
        ("80 13 01 e803 d007", Response(0x13, 0x01, bytes.fromhex("e803d007")), True),
        ("80 99 77", Response(0x99, 0x77), False),
    ],
)
def test_response_is_written_and_read(octets: str, response: Response, success: bool) -> None:
    assert Response.decode(bytes.fromhex(octets)) == response
    assert response.encode() == bytes.fromhex(octets)
    assert response.success is success


@pytest.mark.parametrize("octets", ["", "80", "80 02", "02 02 01"])
def test_invalid_response_is_a_decode_error(octets: str) -> None:
    with pytest.raises(DecodeError):
        Response.decode(bytes.fromhex(octets))


def test_response_out_of_range_is_not_written() -> None:
    with pytest.raises(EncodeError):
        Response(256, 1).encode()


@given(st.sampled_from(REQUESTS), st.data())
def test_any_parameter_is_encoded_to_the_same_octets(
    row: tuple[str, Request], data: st.DataObject
) -> None:
    octets = bytes.fromhex(row[0])
    if row[0][:2] not in {"08", "13"}:  # every number is legal
        octets = octets[:1] + data.draw(
            st.binary(min_size=len(octets) - 1, max_size=len(octets) - 1)
        )

    assert encode_request(decode_request(octets)) == octets
