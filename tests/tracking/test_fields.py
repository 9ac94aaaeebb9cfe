"""Fields that come in turns, records that are blank by accident, and what a session counts."""

from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest

from bridge.drivers.ftms.frames import FrameBuilder
from bridge.history.session_log import SessionLog
from bridge.tracking.fields import is_blank
from bridge.values import (
    INCLINE,
    Belt,
    MachineInfo,
    Measurement,
    Sample,
)
from tests.tracking.rig import Timeline, frame

BEGAN = datetime(2030, 1, 1, tzinfo=UTC)


def distance_frame(speed: int, distance: int) -> bytes:
    """Flags 0x0004."""
    return b"\x04\x00" + speed.to_bytes(2, "little") + distance.to_bytes(3, "little")


def energy_frame(speed: int, energy: int, elapsed: int) -> bytes:
    """Flags 0x0480: speed, energy with both rates not available, elapsed time."""
    return (
        b"\x80\x04"
        + speed.to_bytes(2, "little")
        + energy.to_bytes(2, "little")
        + b"\xff\xff\xff"
        + elapsed.to_bytes(2, "little")
    )


def incline_frame(speed: int, incline: int) -> bytes:
    """Flags 0x0008, without a ramp angle."""
    return b"\x08\x00" + speed.to_bytes(2, "little") + incline.to_bytes(2, "little") + b"\xff\x7f"


@dataclass
class Machine:
    builder: FrameBuilder = field(default_factory=FrameBuilder)
    now: float = 10.0

    def __post_init__(self) -> None:
        self.builder.connected(MachineInfo("F0:F1:F2:F3:F4:F5"), self.now)

    def send(self, value: bytes, after: float = 1.0) -> Sample:
        self.now += after
        self.builder.treadmill_data(value, self.now)
        sample = self.builder.snapshot.sample
        assert sample is not None
        return sample


class TestAlternatingFields:
    def test_merged_sample_has_the_newest_value_of_each_field(self) -> None:
        machine = Machine()
        machine.send(distance_frame(600, 100))
        sample = machine.send(energy_frame(610, 7, 60))
        assert (sample.data.speed, sample.data.distance) == (610, 100)
        assert (sample.data.energy, sample.data.elapsed) == (7, 60)
        sample = machine.send(distance_frame(620, 103))
        assert (sample.data.speed, sample.data.distance, sample.data.energy) == (620, 103, 7)

    def test_each_field_of_a_sample_has_its_own_age(self) -> None:
        machine = Machine()
        machine.send(incline_frame(600, 30))
        sample = machine.send(distance_frame(610, 100), 2.0)
        assert (sample.time, sample.speed_age, sample.incline_age) == (machine.now, 0.0, 2.0)
        assert sample.data.incline == 30
        sample = machine.send(incline_frame(610, 40))
        assert (sample.data.incline, sample.incline_age) == (40, 0.0)

    def test_field_missing_for_more_than_3_s_is_marked_as_gone(self) -> None:
        machine = Machine()
        machine.send(incline_frame(600, 30))
        for _ in range(3):
            sample = machine.send(distance_frame(600, 100))
            assert (sample.data.incline, sample.gone) == (30, frozenset())
        sample = machine.send(distance_frame(600, 100))
        assert sample.data.incline is None
        assert sample.gone == {INCLINE}
        assert machine.send(incline_frame(600, 30)).gone == frozenset()

    def test_field_that_was_never_sent_is_not_marked_as_gone(self) -> None:
        machine = Machine()
        assert machine.send(distance_frame(600, 100)).gone == frozenset()

    def test_truncated_record_keeps_earlier_fields(self) -> None:
        machine = Machine()
        machine.send(incline_frame(600, 30))
        sample = machine.send(incline_frame(610, 30)[:4])
        assert (sample.data.speed, sample.data.incline) == (610, 30)

    def test_record_truncated_before_the_speed_keeps_the_last_speed(self) -> None:
        machine = Machine()
        machine.send(incline_frame(600, 30))
        sample = machine.send(incline_frame(610, 30)[:2])
        assert (sample.data.speed, sample.speed_age) == (600, 1.0)

    def test_merged_fields_are_dropped_with_the_link(self) -> None:
        machine = Machine()
        machine.send(incline_frame(600, 30))
        machine.builder.disconnected(machine.now, lost=True)
        machine.builder.connected(MachineInfo("F0:F1:F2:F3:F4:F5"), machine.now)
        assert machine.send(distance_frame(600, 100)).data.incline is None


class TestBlankRecord:
    @pytest.fixture
    def belt(self) -> Timeline:
        belt = Timeline()
        belt.runs(*[600] * 60)
        return belt

    @pytest.mark.parametrize("speed", [200, 600])
    def test_single_blank_record_during_a_run_is_ignored(self, speed: int) -> None:
        belt = Timeline()
        belt.runs(*[speed] * 60)
        before = belt.snapshot.sample
        assert belt.send(frame(0, 0, 0)) is Belt.RUNNING
        assert belt.snapshot.sample is before
        belt.runs(speed)
        assert set(belt.belts) == {Belt.RUNNING}

    def test_single_zero_speed_record_with_counters_is_ignored(self, belt: Timeline) -> None:
        before = belt.snapshot.sample
        assert belt.send(frame(0, 100, 60)) is Belt.RUNNING
        assert belt.snapshot.sample is before

    def test_two_blank_records_during_a_run_are_a_stop(self, belt: Timeline) -> None:
        belt.send(frame(0, 0, 0))
        assert belt.send(frame(0, 0, 0)) is Belt.STOPPING
        sample = belt.snapshot.sample
        assert sample is not None
        assert (sample.data.speed, sample.time) == (0, belt.now)
        assert belt.send(frame(0, 0, 0)) is Belt.IDLE
        belt.runs(600, 600)
        sample = belt.snapshot.sample
        assert sample is not None
        assert sample.data.speed == 600

    def test_blank_records_at_4_hz_count_after_half_a_second(self) -> None:
        belt = Timeline(0.25)
        belt.runs(*[600] * 60)
        belt.send(frame(0, 0, 0))
        assert belt.send(frame(0, 0, 0)) is Belt.RUNNING
        belt.send(frame(0, 0, 0))
        assert belt.belts[-1] is Belt.STOPPING

    def test_last_blank_record_counts_after_three_seconds(self, belt: Timeline) -> None:
        belt.send(frame(0, 0, 0))
        assert belt.silence(3) is Belt.RUNNING
        belt.silence(1)
        sample = belt.snapshot.sample
        assert sample is not None
        assert sample.data.speed == 0
        assert belt.silence(8) is Belt.IDLE

    def test_blank_record_after_a_stop_counts_at_once(self, belt: Timeline) -> None:
        belt.halts()
        belt.send(frame(0, 0, 0))
        assert belt.snapshot.sample is not None
        assert belt.snapshot.sample.data.speed == 0

    def test_zero_record_after_a_walk_is_a_stop(self) -> None:
        belt = Timeline()
        belt.runs(*[200] * 60)
        assert belt.send(frame(0, 33, 60)) is Belt.STOPPING


@pytest.mark.parametrize(
    ("before", "counters", "after_s", "blank"),
    [
        ({"distance": 5}, 0, 9.0, True),
        ({"elapsed": 5}, 0, 9.0, True),
        ({"energy": 5}, 0, 9.0, True),
        ({"step_count": 5}, 0, 9.0, True),
        ({"distance": 0}, 0, 9.0, False),
        ({"distance": 5}, 5, 9.0, False),
        # Faster than 3 km/h per s and 0.5 km/h; the speed was half a second old.
        ({"speed": 650}, 5, 1.5, False),
        ({"speed": 651}, 5, 1.5, True),
    ],
)
def test_zero_record_is_blank_without_counters_or_if_too_sudden(
    before: dict[str, int], counters: int, after_s: float, *, blank: bool
) -> None:
    data = Measurement(speed=0, distance=counters, elapsed=counters)
    last = Sample(10.0, Measurement(**{"speed": 300, **before}), speed_age=0.5)
    assert is_blank(data, last, 10.0 + after_s) is blank


class TestSessionCounters:
    @pytest.mark.parametrize(
        ("counts", "total"),
        [
            ([100, 101, 0, 0, 102, 103], 3),  # blank records
            ([100, 101, 0, 0, 1, 2], 3),  # a reset
            ([100, 101, 1, 2], 3),  # a reset of which the zero was lost
            ([100, 101, 0, 5, 0, 6, 200], 201),  # two resets: 1 + 5 + 200
            ([0, 0, 5, 10], 10),
        ],
    )
    def test_session_counters_sum_across_resets_and_ignore_blanks(
        self, counts: list[int], total: int
    ) -> None:
        session = SessionLog(BEGAN)
        for second, count in enumerate(counts):
            data = Measurement(speed=600, distance=count, energy=count)
            session.add(Sample(float(second), data), Belt.RUNNING)
        summary = session.close(BEGAN)
        assert (summary.distance_m, summary.energy_kcal) == (total, total)
