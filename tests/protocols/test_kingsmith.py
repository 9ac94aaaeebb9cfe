"""WalkingPad frames, by hand and from public captures (ph4r05/ph4-walkingpad)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.errors import DecodeError, EncodeError
from protocols.kingsmith import (
    ASK_STATUS,
    START,
    STOP,
    BeltState,
    Button,
    Command,
    Mode,
    Op,
    Status,
    set_mode,
    set_speed,
)

COMMANDS = [
    ("f7 a2 00 00 a2 fd", ASK_STATUS),
    ("f7 a2 04 01 a7 fd", START),
    ("f7 a2 01 00 a3 fd", STOP),
    ("f7 a2 01 19 bc fd", set_speed(250)),
    ("f7 a2 01 3c df fd", set_speed(600)),
    ("f7 a2 02 00 a4 fd", set_mode(Mode.AUTOMATIC)),
    ("f7 a2 02 01 a5 fd", set_mode(Mode.MANUAL)),
    ("f7 a2 02 02 a6 fd", set_mode(Mode.STANDBY)),
    ("f7 a2 01 ff a2 fd", Command(Op.SPEED, 255)),
]

STATUSES = [
    # A1, README of ph4-walkingpad: 1.5 km/h after 1 h 7 min, target 2.0 km/h.
    (
        "f8a2010f01000fd10000ab0012ae3c0000003afd",
        Status(BeltState.RUNNING, 150, Mode.MANUAL, 4049, 1710, 4782, asked=200),
    ),
    # A1: at its fastest.
    (
        "f8a2013c0100022a00004f0003d1b4000000e3fd",
        Status(BeltState.RUNNING, 600, Mode.MANUAL, 554, 790, 977, asked=600),
    ),
    # A1: standing since it was switched on, in automatic mode by its remote control.
    ("f8a200000100000000000000000000000000a3fd", Status()),
    # A1: the last turn of a belt that was stopped; of its run only the steps are left.
    ("f8a200030100000000000000111e00000000d5fd", Status(speed=30, steps=4382)),
    # A1: 3 s after a start it runs at 1.7 km/h, though no app has requested a speed.
    (
        "f8a201110100000300000000000001000000b9fd",
        Status(BeltState.RUNNING, 170, Mode.MANUAL, elapsed=3),
    ),
    # R1: just started, and not moving.
    ("f8a200000100000000000000000001000000a4fd", Status()),
    # R1: standing, target 2.0 km/h.
    ("f8a20000010000000000000000003c000000dffd", Status(asked=200)),
    # By hand: standby, and the key for slower.
    (
        "f8a205000200000000000000000002000400affd",
        Status(BeltState.STANDBY, 0, Mode.STANDBY, button=Button.DOWN),
    ),
]


@pytest.mark.parametrize(("octets", "command"), COMMANDS)
def test_a_command_is_written_and_read(octets: str, command: Command) -> None:
    assert command.encode() == bytes.fromhex(octets)
    assert Command.decode(bytes.fromhex(octets)) == command


@pytest.mark.parametrize(("octets", "status"), STATUSES)
def test_a_captured_status_is_read(octets: str, status: Status) -> None:
    assert Status.decode(bytes.fromhex(octets)) == status


def test_status_frame_is_encoded_like_that_of_a_pad() -> None:
    octets, status = STATUSES[0]
    assert status.encode() == bytes.fromhex(octets)


def test_octets_after_a_status_are_ignored() -> None:
    octets, status = STATUSES[1]
    assert Status.decode(bytes.fromhex(octets) + b"\xf8\xa2") == status


@pytest.mark.parametrize(("speed", "octet"), [(250, 25), (259, 25), (10, 1)])
def test_a_speed_is_rounded_down_to_a_tenth(speed: int, octet: int) -> None:
    assert set_speed(speed).argument == octet


@pytest.mark.parametrize("speed", [9, 0, -10])
def test_a_speed_that_would_stop_the_pad_is_refused(speed: int) -> None:
    with pytest.raises(EncodeError, match="stop"):
        set_speed(speed)


@pytest.mark.parametrize("argument", [-1, 256])
def test_command_argument_out_of_range_is_not_written(argument: int) -> None:
    with pytest.raises(EncodeError, match="argument"):
        Command(Op.SPEED, argument).encode()


@pytest.mark.parametrize(
    ("octets", "why"),
    [
        ("", "6 octets"),
        ("f7 a2 01 00 a3", "6 octets"),
        ("f8 a2 01 00 a3 fd", "needed"),
        ("f7 a6 01 00 a7 fd", "needed"),
        ("f7 a2 01 00 a3 fe", "needed"),
        ("f7 a2 01 00 a4 fd", "checksum"),
        ("f7 a2 03 07 ac fd", "operation 0x03"),
    ],
)
def test_invalid_command_is_a_decode_error(octets: str, why: str) -> None:
    with pytest.raises(DecodeError, match=why):
        Command.decode(bytes.fromhex(octets))


@pytest.mark.parametrize(
    ("octets", "why"),
    [
        ("f8a2", "20 octets"),
        ("f8a2013c0100022a00004f0003d1b4000000e4fd", "checksum"),
        # A stored run.
        ("f8a7001c2d00119700008c0000050000b901e3fd", "needed"),
    ],
)
def test_invalid_status_is_a_decode_error(octets: str, why: str) -> None:
    with pytest.raises(DecodeError, match=why):
        Status.decode(bytes.fromhex(octets))


@pytest.mark.parametrize("status", [Status(speed=2560), Status(elapsed=1 << 24), Status(belt=-1)])
def test_status_out_of_range_is_not_written(status: Status) -> None:
    with pytest.raises(EncodeError, match="status"):
        status.encode()


@given(
    speed=st.integers(0, 255),
    elapsed=st.integers(0, (1 << 24) - 1),
    distance=st.integers(0, (1 << 24) - 1),
    asked=st.none() | st.integers(1, 85),
)
def test_any_encoded_status_is_decoded_to_the_same_value(
    speed: int, elapsed: int, distance: int, asked: int | None
) -> None:
    status = Status(
        BeltState.RUNNING,
        speed * 10,
        Mode.AUTOMATIC,
        elapsed,
        distance * 10,
        steps=7,
        asked=None if asked is None else asked * 10,
        button=Button.UP,
    )
    assert Status.decode(status.encode()) == status
