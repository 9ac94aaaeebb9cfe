"""The snapshot, built from frames as machines send them. Bytes by hand, little-endian."""

from dataclasses import fields, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.drivers.ftms.frames import FrameBuilder
from bridge.machines import Cadence, Edge, Profile, Quirk, SpeedUnit
from bridge.machines.learned import UNLEARNED
from bridge.values import (
    Axis,
    Belt,
    Control,
    Halt,
    HaltBelt,
    Measurement,
    Sample,
    SetTarget,
    Snapshot,
    StartBelt,
    Steps,
)
from bridge.values.status import TargetChanged
from tests.tracking.belt import tell
from tests.tracking.snapshot.machine import MACHINE, Machine, speed


def test_sample_has_its_time_and_sets_the_belt_running(machine: Machine) -> None:
    sample = machine.builder.treadmill_data(speed(820), 20.0)
    assert sample is not None
    assert (sample.time, sample.data.speed) == (20.0, 820)
    assert machine.builder.snapshot.sample is sample
    assert machine.belt == Belt.RUNNING


def test_split_record_is_one_sample_without_a_zero_speed(machine: Machine) -> None:
    machine.runs(820)
    # More Data with distance 100 m; then the speed 8.30 km/h.
    assert machine.builder.treadmill_data(bytes.fromhex("0500 640000"), 20.0) is None
    assert machine.builder.snapshot.sample is not None
    assert machine.builder.snapshot.sample.data.speed == 820
    sample = machine.builder.treadmill_data(bytes.fromhex("0000 3e03"), 20.1)
    assert sample is not None
    assert (sample.data.speed, sample.data.distance) == (830, 100)
    assert machine.builder.snapshot.machine is not None
    assert machine.builder.snapshot.machine.quirks == (Quirk.SPLIT_RECORDS,)


def test_partial_record_is_dropped_with_the_link(machine: Machine) -> None:
    machine.builder.treadmill_data(bytes.fromhex("0500 640000"), 20.0)
    machine.builder.disconnected(machine.now, lost=True)
    machine.builder.connected(MACHINE, 20.5)
    sample = machine.builder.treadmill_data(bytes.fromhex("0000 3e03"), 20.6)
    assert sample is not None
    assert sample.data.distance is None


def test_record_truncated_before_its_speed_keeps_the_belt_state(machine: Machine) -> None:
    machine.runs(820)
    sample = machine.builder.treadmill_data(b"\x00\x00", machine.now)
    assert sample is not None
    assert sample.data.speed is None
    assert machine.belt == Belt.RUNNING


def test_invalid_frames_only_mark_the_snapshot_as_garbled(machine: Machine) -> None:
    before = machine.builder.snapshot
    assert machine.builder.treadmill_data(b"\x00", 20.0) is None
    machine.builder.training_status(b"\x00", 20.0)
    assert machine.builder.machine_status(b"", 20.0) == []
    assert machine.builder.snapshot == replace(before, garbled=20.0)


def test_speed_above_40_km_h_is_garbage(machine: Machine) -> None:
    machine.runs(820)
    before = machine.builder.snapshot.sample
    assert machine.builder.treadmill_data(speed(4001), machine.now) is None
    assert machine.builder.snapshot.sample is before
    assert machine.builder.snapshot.garbled == machine.now
    assert machine.builder.treadmill_data(speed(4000), machine.now) is not None


@pytest.mark.parametrize("incline", ["f501", "0bfe"])  # 501 and -501, in 0.1 %
def test_incline_beyond_50_percent_is_garbage_and_its_speed_is_kept(
    machine: Machine, incline: str
) -> None:
    # Speed 8.20 km/h, the incline, a ramp angle that is not available.
    machine.builder.treadmill_data(bytes.fromhex("0800 3403 0a00 ff7f"), 19.0)
    frame = bytes.fromhex(f"0800 3403 {incline} ff7f")
    sample = machine.builder.treadmill_data(frame, 20.0)
    assert sample is not None
    assert (sample.data.speed, sample.data.incline) == (820, None)
    assert machine.builder.snapshot.garbled == 20.0


def test_own_orders_change_the_belt_state_without_a_status(machine: Machine) -> None:
    machine.runs(0, 0, 0)
    machine.builder.written(StartBelt(), machine.now)
    assert machine.belt == Belt.STARTING
    machine.runs(600)
    machine.builder.written(HaltBelt(Halt.PAUSE), machine.now)
    assert machine.belt == Belt.STOPPING
    assert machine.runs(300, 0) == Belt.STOPPING
    assert machine.runs(0, 0) == Belt.PAUSED
    machine.runs(600)
    machine.builder.written(HaltBelt(Halt.STOP), machine.now)
    assert machine.runs(300, 0, 0, 0) == Belt.IDLE


def test_answered_read_keeps_a_silent_machine_at_rest(machine: Machine) -> None:
    machine.runs(600)
    machine.says("02 01")
    machine.runs(0)
    for _ in range(30):
        machine.now += 2.0
        machine.builder.alive(machine.now)
    assert machine.belt == Belt.IDLE
    assert machine.builder.snapshot.read_time == machine.now
    machine.now += 11.0
    machine.builder.tick(machine.now)
    assert machine.belt == Belt.UNKNOWN


def test_lost_link_keeps_only_the_last_sample(machine: Machine) -> None:
    machine.runs(600)
    machine.builder.control(Control.HELD)
    assert machine.builder.snapshot.control is Control.HELD
    machine.builder.disconnected(machine.now, lost=True)
    snapshot = machine.builder.snapshot
    assert not snapshot.connected
    assert snapshot.belt is Belt.UNKNOWN
    assert snapshot.control is Control.NONE
    assert snapshot.sample is not None
    machine.builder.tick(machine.now)
    assert machine.belt == Belt.UNKNOWN
    machine.builder.connected(MACHINE, machine.now)
    assert machine.belt == Belt.UNKNOWN
    assert machine.builder.snapshot.connected


KINDS = ("treadmill_data", "training_status", "machine_status")


@pytest.mark.unmeasured
@given(st.lists(st.tuples(st.sampled_from(KINDS), st.binary(max_size=24), st.floats(0, 5))))
def test_arbitrary_bytes_in_any_order_raise_no_error(
    frames: list[tuple[str, bytes, float]],
) -> None:
    builder, now = FrameBuilder(), 0.0
    builder.connected(MACHINE, now)
    for kind, value, pause in frames:
        now += pause
        getattr(builder, kind)(value, now)
        builder.tick(now)
        sample = builder.snapshot.sample
        moving = sample is not None and sample.time == now and bool(sample.data.speed)
        if moving:
            assert not builder.snapshot.belt.stands


# --- the machine's own ways ----------------------------------------------------------------------

MILES = Profile(reported_speed_unit=SpeedUnit.MPH, target_speed_unit=SpeedUnit.MPH)


def test_snapshot_of_an_mph_machine_is_in_kmh() -> None:
    machine = Machine(replace(MACHINE, edge=Edge(MILES)))
    machine.runs(*[500] * 6)
    assert machine.builder.snapshot.sample is not None
    assert machine.builder.snapshot.sample.data.speed == 805
    (event,) = machine.says("05 5802")
    assert isinstance(event, TargetChanged)
    assert event.value == 966


def test_snapshot_of_a_scaled_incline_is_in_percent() -> None:
    machine = Machine(replace(MACHINE, edge=Edge(Profile(incline_scale=0.1))))
    machine.builder.treadmill_data(bytes.fromhex("0800 5802 8200 ff7f"), 20.0)
    assert machine.builder.snapshot.sample is not None
    assert machine.builder.snapshot.sample.data.incline == 13
    (event,) = machine.says("06 8200")
    assert isinstance(event, TargetChanged)
    assert event.value == 13


def test_speed_in_a_more_data_record_is_read_if_declared() -> None:
    machine = Machine(replace(MACHINE, edge=Edge(Profile(speed_first=True))))
    sample = machine.builder.treadmill_data(bytes.fromhex("0100 5802"), 20.0)
    assert sample is not None
    assert sample.data.speed == 600


@pytest.mark.parametrize(("counts", "steps"), [(Cadence.STEPS, 51), (Cadence.STRIDES, 102)])
def test_cadence_of_strides_is_reported_in_steps(counts: Cadence, steps: int) -> None:
    machine = Machine(replace(MACHINE, edge=Edge(Profile(cadence=counts))))
    machine.builder.running_speed(bytes.fromhex("02b900338a020000"), 20.0)
    assert machine.builder.snapshot.steps == Steps(20.0, steps)
    assert machine.builder.snapshot.sample is None
    machine.builder.running_speed(b"\x02", 21.0)
    assert machine.builder.snapshot.steps == Steps(20.0, steps)


def test_observed_quirks_join_the_known_ones(machine: Machine) -> None:
    machine.builder.observed(Quirk.ANSWERS_EARLY)
    machine.builder.training_status(b"", machine.now)
    machine.builder.tick(machine.now)
    assert machine.builder.snapshot.machine is not None
    quirks = machine.builder.snapshot.machine.quirks
    assert quirks == (Quirk.ANSWERS_EARLY, Quirk.EMPTY_TRAINING_STATUS)


def test_repeated_refusals_and_silence_are_reported_as_events(machine: Machine) -> None:
    machine.builder.connected(replace(MACHINE, can_control=True), machine.now)
    for _ in range(3):
        machine.builder.refused(SetTarget(Axis.SPEED, 500), "no")
    machine.builder.tick(machine.now + 40)
    assert [event.type for event in machine.builder.take_events()] == [
        "refuses_everything",
        "no_data",
    ]
    assert machine.builder.take_events() == []
    machine.builder.try_again(machine.now)
    assert machine.builder.snapshot.machine is not None
    assert Quirk.REFUSES_EVERYTHING not in machine.builder.snapshot.machine.quirks


def test_zero_speed_of_a_target_reporting_machine_is_no_standstill_at_once() -> None:
    machine = Machine(replace(MACHINE, quirks=(Quirk.REPORTS_TARGET,)))
    machine.runs(600)
    machine.builder.written(HaltBelt(Halt.STOP), machine.now)
    assert machine.runs(*[0] * 10) == Belt.STOPPING


class TestMachineWithoutAnswers:
    def quirks(self, machine: Machine) -> tuple[str, ...]:
        found = machine.builder.snapshot.machine
        return () if found is None else found.quirks

    def test_machine_that_never_answers_is_reported_once_and_known_on_its_next_link(
        self, machine: Machine
    ) -> None:
        builder = machine.builder
        builder.observed(Quirk.NO_ANSWERS)
        builder.observed(Quirk.NO_ANSWERS)
        assert [event.type for event in builder.take_events()] == ["no_answers"]
        builder.disconnected(machine.now, lost=True)
        builder.connected(MACHINE, machine.now)
        machine.runs(600)
        assert self.quirks(machine) == (Quirk.NO_ANSWERS,)
        assert builder.take_events() == []
        builder.connected(replace(MACHINE, address="F0:00:00:00:00:09"), machine.now)
        assert self.quirks(machine) == ()

    def test_machine_that_never_answers_is_known_to_the_next_process(
        self, machine: Machine
    ) -> None:
        machine.builder.observed(Quirk.NO_ANSWERS)
        known = machine.builder.learned()
        assert known is not None
        later = Machine()
        later.builder.connected(MACHINE, later.now, known)
        assert self.quirks(later) == (Quirk.NO_ANSWERS,)
        assert later.builder.take_events() == []
        later.builder.written(HaltBelt(Halt.STOP), later.now)
        assert later.builder.learned() == replace(known, never_answers=False)
        later.runs(0)
        assert self.quirks(later) == ()

    def test_machine_that_accepted_a_target_is_retried_by_the_next_process(
        self, machine: Machine
    ) -> None:
        tell(machine.builder, SetTarget(Axis.SPEED, 500), machine.now)
        machine.builder.observed(Quirk.NO_ANSWERS)
        known = machine.builder.learned()
        assert known is not None
        later = Machine()
        later.builder.connected(MACHINE, later.now, known)
        assert self.quirks(later) == ()

    def test_quirk_of_no_answers_is_forgotten_once_an_order_was_answered(
        self, machine: Machine
    ) -> None:
        builder = machine.builder
        builder.observed(Quirk.NO_ANSWERS)
        builder.written(HaltBelt(Halt.STOP), machine.now)
        assert self.quirks(machine) == ()
        builder.connected(MACHINE, machine.now)
        assert self.quirks(machine) == ()


class TestIdleDisconnects:
    def ends(self, machine: Machine, after: float, *, lost: bool = True) -> set[str]:
        machine.builder.connected(MACHINE, machine.now)
        machine.runs(0, 0, 0)
        machine.now += after
        machine.builder.alive(machine.now)
        machine.builder.disconnected(machine.now, lost=lost)
        machine.builder.connected(MACHINE, machine.now)
        assert machine.builder.snapshot.machine is not None
        return set(machine.builder.snapshot.machine.quirks)

    def test_three_links_ended_after_equal_idle_time_are_a_quirk(self, machine: Machine) -> None:
        assert self.ends(machine, 17) == set()
        assert self.ends(machine, 21) == set()
        assert self.ends(machine, 17) == {Quirk.HANGS_UP_WHEN_IDLE}

    def test_links_that_end_at_different_times_are_no_quirk(self, machine: Machine) -> None:
        for after in (60, 62, 75, 30):
            assert self.ends(machine, after) == set()

    def test_links_that_the_bridge_ends_are_no_quirk(self, machine: Machine) -> None:
        for _ in range(4):
            assert self.ends(machine, 60, lost=False) == set()

    def test_links_that_end_within_20_s_are_no_quirk(self, machine: Machine) -> None:
        for _ in range(4):
            assert self.ends(machine, 16) == set()  # after 19 s


def test_detected_mph_is_known_on_the_next_link_of_that_machine() -> None:
    machine = Machine()
    for told, shown in ((500, 805), (700, 1127)):
        tell(machine.builder, SetTarget(Axis.SPEED, told), machine.now)
        machine.runs(*[shown] * 17)
    builder = machine.builder
    assert [event.type for event in builder.take_events()] == ["unit_mixup"]
    for address, known in ((MACHINE.address, True), ("F0:00:00:00:00:09", False)):
        builder.disconnected(machine.now, lost=True)
        builder.connected(replace(MACHINE, address=address), machine.now)
        assert builder.snapshot.machine is not None
        unit = builder.snapshot.machine.edge.profile.target_speed_unit
        assert (unit is SpeedUnit.MPH) is known
        assert (Quirk.TARGETS_IN_MPH in builder.snapshot.machine.quirks) is known


def test_newer_sample_changes_no_other_snapshot_field() -> None:
    """Each field has a value of its own, so that none can be forgotten or mixed up."""
    known = Snapshot(
        connected=True,
        machine=MACHINE,
        belt=Belt.PAUSED,
        sample=Sample(1.0, Measurement(speed=100)),
        read_time=2.0,
        garbled=3.0,
        counters_stand=True,
        control=Control.HELD,
        steps=Steps(4.0, 160),
        learned=replace(UNLEARNED, frame_s=0.25),
    )
    newer = Sample(5.0, Measurement(speed=200))
    assert known.with_sample(newer) == replace(known, sample=newer)
    assert all(
        getattr(known, each.name) != getattr(Snapshot(), each.name) for each in fields(Snapshot)
    )
