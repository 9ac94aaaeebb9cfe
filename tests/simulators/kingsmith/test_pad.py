"""The simulated WalkingPad without its radio. Commands by hand: F7 A2 op argument checksum FD."""

import pytest

from protocols.kingsmith import BeltState, Button, Mode, Status
from simulators.kingsmith.pad import SPEC, Pad
from simulators.physics.machine import Machine

ASK, MANUAL, START = "f7a20000a2fd", "f7a20201a5fd", "f7a20401a7fd"
STANDBY, STOP, FAST = "f7a20202a6fd", "f7a20100a3fd", "f7a2013cdffd"


class Bench:
    """A pad, and a client that writes to it once a second."""

    def __init__(self) -> None:
        self.pad = Pad(Machine(SPEC))
        self.now = 100.0

    def write(self, octets: str, after: float = 1.0) -> bytes | None:
        self.now += after
        self.pad.advance(after)
        return self.pad.write(bytes.fromhex(octets), self.now)

    def wait(self, seconds: float) -> Status:
        self.now += seconds
        self.pad.advance(seconds)
        return self.pad.status()


@pytest.fixture
def bench() -> Bench:
    return Bench()


def test_status_request_is_answered_with_the_status(bench: Bench) -> None:
    answer = bench.write(ASK)
    assert answer is not None
    assert Status.decode(answer) == Status(BeltState.STANDBY, mode=Mode.STANDBY)


def test_a_write_that_follows_too_soon_is_dropped(bench: Bench) -> None:
    bench.write(ASK)
    assert bench.write(MANUAL, 0.5) is None
    assert bench.pad.mode is Mode.STANDBY
    bench.write(MANUAL, 0.7)
    assert bench.pad.status().mode == Mode.MANUAL


@pytest.mark.parametrize("octets", ["", "f7a20000a3fd", "f7a6010000000000a7fd", "f7a20207abfd"])
def test_invalid_command_changes_nothing(bench: Bench, octets: str) -> None:
    before = bench.pad.status()
    assert bench.write(octets) is None
    assert bench.pad.status() == before


def test_pad_start_ends_at_its_own_speed_despite_a_request(bench: Bench) -> None:
    bench.write(MANUAL)
    bench.write(FAST)
    bench.write(START)
    assert bench.wait(1).belt == BeltState.STARTING
    status = bench.wait(15)
    assert (status.belt, status.speed) == (BeltState.RUNNING, 250)
    assert status.asked is None


def test_pad_accepts_a_speed_only_in_manual_mode(bench: Bench) -> None:
    bench.write(MANUAL)
    bench.write(START)
    bench.wait(15)
    bench.write("f7a20200a4fd")
    bench.write(FAST)
    assert bench.wait(10).speed == 250
    bench.write(MANUAL)
    bench.write(FAST)
    status = bench.wait(15)
    assert (status.speed, status.asked) == (600, 600)


@pytest.mark.parametrize("octets", [STOP, STANDBY])
def test_pad_stops_at_a_stop_or_standby_command(bench: Bench, octets: str) -> None:
    bench.write(MANUAL)
    bench.write(START)
    bench.wait(15)
    bench.write(octets)
    status = bench.wait(15)
    assert status.speed == 0
    assert status.belt in {BeltState.STOPPED, BeltState.STANDBY}
    assert status.distance > 0


def test_deaf_pad_ignores_commands_and_mute_pad_does_not_answer(bench: Bench) -> None:
    bench.pad.deaf = True
    bench.write(MANUAL)
    assert bench.pad.status().mode == Mode.STANDBY
    assert bench.write(ASK) is not None
    bench.pad.deaf, bench.pad.mute = False, True
    bench.write(MANUAL)
    assert bench.pad.status().mode == Mode.MANUAL
    assert bench.write(ASK) is None


def test_pad_remote_starts_changes_and_stops_the_belt(bench: Bench) -> None:
    bench.pad.press(Button.STOP)
    assert bench.wait(15).speed == 250
    bench.pad.press(Button.UP)
    assert bench.wait(5).speed == 260
    bench.pad.press(Button.DOWN)
    status = bench.wait(5)
    assert (status.speed, status.button) == (250, Button.DOWN)
    bench.pad.press(Button.STOP)
    assert bench.wait(15).speed == 0
