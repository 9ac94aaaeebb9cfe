"""Machine statuses as events: starts, stops, targets and the safety key. Bytes by hand."""

from dataclasses import replace

import pytest

from bridge.drivers.ftms.frames import FrameBuilder
from bridge.machines import Quirk
from bridge.values import (
    NOT_THIS_VALUE,
    Axis,
    Belt,
    Halt,
    HaltBelt,
    MachineInfo,
    Measurement,
    SetTarget,
    StartBelt,
)
from bridge.values.status import (
    ControlLost,
    MachineEvent,
    MachineReset,
    Paused,
    SafetyKey,
    Started,
    Stopped,
    TargetChanged,
)
from protocols.ranges import InclineRange, SpeedRange
from tests.tracking.belt import tell
from tests.tracking.snapshot.machine import MACHINE, Machine, speed


@pytest.mark.parametrize("nonsense", ["", "00", "16 01", "fe", None])
def test_target_status_amid_garbage_is_ignored(machine: Machine, nonsense: str | None) -> None:
    machine.runs(*[800] * 6)
    if nonsense is None:
        machine.builder.treadmill_data(speed(4001), machine.now)
    else:
        machine.says(nonsense)
    machine.runs(*[800] * 8)
    assert machine.says("05 8403") == []
    machine.runs(800)
    assert machine.says("05 8403") == [TargetChanged(machine.now, Axis.SPEED, 900)]


def test_safety_key_status_amid_garbage_is_reported(machine: Machine) -> None:
    machine.runs(*[800] * 6)
    machine.says("fe")
    assert machine.says("03") == [SafetyKey(machine.now)]


def test_empty_training_status_keeps_the_belt_state(machine: Machine) -> None:
    machine.builder.training_status(b"", 20.0)
    assert machine.belt == Belt.UNKNOWN


@pytest.mark.parametrize(
    ("status", "event"),
    [
        ("01", MachineReset),
        ("02 01", Stopped),
        ("02", Stopped),
        ("02 02", Paused),
        ("02 02 00", Paused),
        ("03", SafetyKey),
        ("04 00 00", Started),
        ("ff", ControlLost),
    ],
)
def test_each_status_is_decoded_to_its_event_with_or_without_padding(
    machine: Machine, status: str, event: type[MachineEvent]
) -> None:
    machine.runs(600)
    (found,) = machine.says(status)
    assert type(found) is event
    assert found.time == machine.now


@pytest.mark.parametrize("status", ["0a 01", "17", "00", "07 10", "05"])
def test_reserved_and_irrelevant_statuses_are_no_event(machine: Machine, status: str) -> None:
    machine.runs(600)
    assert machine.says(status) == []


def test_target_statuses_name_their_axis(machine: Machine) -> None:
    machine.runs(600, 600, 600, 600, 600)
    assert machine.says("05 bc02") == [TargetChanged(machine.now, Axis.SPEED, 700)]
    assert machine.says("06 e2ff") == [TargetChanged(machine.now, Axis.INCLINE, -30)]


@pytest.mark.parametrize("status", ["02 01", "04", "05 bc02", "06 1e00", "ff", "01"])
def test_status_repeated_at_subscription_is_no_event(status: str) -> None:
    builder = FrameBuilder()
    builder.connected(MACHINE, 10.0)
    builder.treadmill_data(speed(600), 10.1)
    assert builder.machine_status(bytes.fromhex(status), 11.0) == []
    assert builder.snapshot.belt is Belt.RUNNING
    builder.tick(11.5)
    assert builder.snapshot.machine is not None
    told = Quirk.STATUS_REPLAYED in builder.snapshot.machine.quirks
    assert told is (status not in {"05 bc02", "06 1e00"})


def test_safety_key_status_repeated_at_subscription_is_an_event() -> None:
    builder = FrameBuilder()
    builder.connected(MACHINE, 10.0)
    assert builder.machine_status(b"\x03", 10.5) == [SafetyKey(10.5)]


@pytest.mark.parametrize(
    ("status", "rest"),
    [("02 01", Belt.IDLE), ("02 02", Belt.PAUSED), ("03", Belt.IDLE), ("01", Belt.IDLE)],
)
def test_belt_is_stopping_until_its_speed_is_zero(
    machine: Machine, status: str, rest: Belt
) -> None:
    machine.runs(600)
    machine.says(status)
    assert machine.belt == Belt.STOPPING
    assert machine.runs(300) == Belt.STOPPING
    assert machine.runs(0) == rest


def test_the_order_of_start_statuses_does_not_matter(machine: Machine) -> None:
    machine.runs(0)
    assert machine.says("05 e100") == []
    assert machine.says("04") == [Started(machine.now)]
    assert machine.belt == Belt.STARTING
    assert machine.runs(0, 0, 80) == Belt.RUNNING


def test_target_named_during_a_start_keeps_the_wait_for_motion(machine: Machine) -> None:
    machine.runs(0)
    machine.says("04")
    machine.says("05 e100")
    machine.runs(*[0] * 17)
    assert [event.type for event in machine.builder.take_events()] == ["no_motion"]


def test_zero_target_before_a_pause_is_no_event(machine: Machine) -> None:
    machine.runs(*[600] * 6)
    assert machine.says("05 0000") == []
    assert machine.says("02 02") == [Paused(machine.now)]


def test_repeated_stop_status_within_the_settling_time_is_no_event(machine: Machine) -> None:
    machine.runs(600)
    assert machine.says("02 01") == [Stopped(machine.now)]
    machine.runs(400, 200, 0, 0)
    assert machine.says("02 01") == []
    assert machine.says("02 02") == [Paused(machine.now)]
    machine.runs(*[0] * 5)
    assert machine.says("02 02") == [Paused(machine.now)]


def test_stop_status_after_a_start_is_another_event(machine: Machine) -> None:
    machine.runs(600)
    machine.says("02 01")
    machine.says("04")
    assert machine.says("02 01") == [Stopped(machine.now)]


def test_speeds_named_while_stopping_are_no_targets(machine: Machine) -> None:
    machine.runs(*[600] * 6)
    machine.says("02 01")
    assert machine.says("05 d100") == []


def test_speeds_named_during_a_start_are_events_and_no_echo_evidence(
    machine: Machine,
) -> None:
    machine.runs(0, 80, 90)
    assert machine.says("05 6400") == [TargetChanged(machine.now, Axis.SPEED, 100)]
    assert machine.says("05 0000") == []


def test_machine_that_names_current_speeds_during_a_ramp_is_detected(
    machine: Machine,
) -> None:
    machine.runs(*[600] * 6)
    for target, statuses in ((900, (610, 640, 680, 720, 760)), (600, (750, 710, 680, 640, 600))):
        tell(machine.builder, SetTarget(Axis.SPEED, target), machine.now)
        assert not machine.builder.snapshot.learned.names_current
        for named in statuses:
            machine.runs(named)
            status = "05" + named.to_bytes(2, "little").hex()
            assert machine.says(status) == [TargetChanged(machine.now, Axis.SPEED, named)]
        machine.runs(*[named] * 6)
    assert machine.builder.snapshot.learned.names_current
    assert machine.builder.snapshot.machine is not None
    assert machine.builder.snapshot.machine.quirks == (Quirk.STATUS_IS_CURRENT_SPEED,)


@pytest.mark.parametrize(
    ("named", "current"), [((20, 50), True), ((20, 20), None), ((80, 100), None), ((0, 50), None)]
)
def test_low_speeds_named_during_a_start_are_current_speeds(
    named: tuple[int, ...], current: bool | None
) -> None:
    machine = Machine(MachineInfo("F0:F1:F2:F3:F4:F5", speed_range=SpeedRange(80, 1600, 10)))
    machine.runs(0, 20)
    for value in named:
        machine.says("05" + value.to_bytes(2, "little").hex())
    assert machine.builder.snapshot.learned.names_current is current


def test_repeated_key_presses_are_not_taken_for_current_speeds(machine: Machine) -> None:
    machine.runs(*[600] * 6)
    for value in (590, 580, 570, 560):
        status = "05" + value.to_bytes(2, "little").hex()
        assert machine.says(status) == [TargetChanged(machine.now, Axis.SPEED, value)]
        machine.runs(value)


def test_press_away_from_the_target_restarts_the_count_of_current_speeds(machine: Machine) -> None:
    machine.runs(*[600] * 6)
    tell(machine.builder, SetTarget(Axis.SPEED, 900), machine.now)
    for measured, named in ((650, "8a02"), (700, "bc02"), (700, "5802"), (750, "ee02")):
        machine.runs(measured)
        assert len(machine.says("05" + named)) == 1


def test_quirk_of_named_current_speeds_may_be_known_beforehand() -> None:
    known = Machine(MachineInfo("F0:F1:F2:F3:F4:F5", quirks=(Quirk.STATUS_IS_CURRENT_SPEED,)))
    assert known.builder.snapshot.learned.names_current


def test_target_status_before_any_sample_is_an_event() -> None:
    fresh = Machine()
    assert fresh.says("06 1e00") == [TargetChanged(fresh.now, Axis.INCLINE, 30)]


def test_frame_builder_accepts_frames_before_its_first_link() -> None:
    builder = FrameBuilder()
    builder.treadmill_data(bytes.fromhex("0800 3403 0a00 ff7f"), 1.0)
    builder.machine_status(bytes.fromhex("02 01"), 5.0)
    builder.machine_status(bytes.fromhex("05 bc02"), 6.0)
    builder.tick(7.0)
    builder.disconnected(8.0, lost=True)
    assert builder.snapshot.belt is Belt.UNKNOWN


@pytest.mark.parametrize(("spoils", "learned"), [("", True), ("ff", False), ("gesture", False)])
def test_belt_moved_by_another_cause_is_no_evidence_about_the_target(
    machine: Machine, spoils: str, *, learned: bool
) -> None:
    machine.runs(*[600] * 6)
    tell(machine.builder, SetTarget(Axis.SPEED, 800), machine.now)
    if spoils == "gesture":
        machine.builder.gestures({Axis.SPEED})
    elif spoils:
        machine.says(spoils)
    machine.runs(*[800] * 20)
    assert (machine.builder.snapshot.learned.speed.spread is not None) is learned


def test_refused_incline_shows_the_grid_at_once() -> None:
    machine = Machine(replace(MACHINE, incline_range=InclineRange(0, 150, 5)))
    tell(machine.builder, SetTarget(Axis.INCLINE, 10), machine.now)
    machine.builder.refused(SetTarget(Axis.INCLINE, 15), NOT_THIS_VALUE)
    assert machine.builder.snapshot.learned.incline.grid == 10


def test_echoes_of_inclines_are_learned(machine: Machine) -> None:
    for target in (15, 20):
        tell(machine.builder, SetTarget(Axis.INCLINE, target), machine.now)
        machine.says(f"06 {target:02x}00")
        machine.now += 20.0
    assert machine.builder.snapshot.learned.incline.grid == 5


def test_end_of_the_training_status_sets_the_belt_stopping(machine: Machine) -> None:
    machine.builder.training_status(bytes.fromhex("000d"), machine.now)
    machine.runs(600)
    machine.builder.training_status(bytes.fromhex("0001"), machine.now)
    assert machine.belt == Belt.STOPPING


def test_zero_speed_after_leaps_to_targets_is_no_standstill_at_once(
    machine: Machine,
) -> None:
    machine.runs(*[600] * 6)
    for target in (1000, 600):
        tell(machine.builder, SetTarget(Axis.SPEED, target), machine.now)
        machine.runs(*[target] * 3)
    machine.builder.written(HaltBelt(Halt.STOP), machine.now)
    assert machine.runs(*[0] * 10) == Belt.STOPPING


def test_zero_speeds_after_an_answered_start_are_no_run(machine: Machine) -> None:
    machine.builder.written(StartBelt(), machine.now)
    for _ in range(17):
        machine.now += 1.0
        machine.builder.measured(Measurement(speed=0, distance=0), machine.now)
    assert machine.belt == Belt.IDLE
