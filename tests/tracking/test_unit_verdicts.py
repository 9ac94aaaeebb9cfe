"""The unit of reports and of targets, as learned from rides. Speeds in 0.01 km/h."""

from dataclasses import replace

import pytest

from bridge.drivers.ftms.frames import FrameBuilder
from bridge.machines import Edge, Profile, Quirk, SpeedUnit
from bridge.machines.learned import UnitVerdict
from bridge.tracking.learning.knowledge import NOTHING
from bridge.tracking.learning.learner import Learner
from bridge.tracking.learning.units import NamedUnit, in_units
from bridge.values import (
    Axis,
    MachineInfo,
    Measurement,
    SetTarget,
)
from protocols.ranges import SpeedRange
from protocols.units import MPH
from tests.rigs.wording import value_of
from tests.tracking.belt import MACHINE, Physics, Ride, floor, ridden
from tests.tracking.rig import frame


class TestUnits:
    """Rows 2 and 21 of the contract's table."""

    @pytest.mark.unmeasured
    @pytest.mark.parametrize(
        ("high", "low", "fall"), [(1200, 700, 5), (1000, 600, 10), (1200, 700, 30)]
    )
    def test_a_belt_on_its_way_down_gives_no_verdict(self, high: int, low: int, fall: int) -> None:
        ride = Ride(Physics(frame_s=0.25, fall=fall))
        ride.climb(high).run(30)
        for _ in range(6):
            ride.write(low).run((high - low) / fall + 15)
            ride.write(high).run((high - low) / 50 + 15)
        assert ride.learner.take_events() == []
        assert not ride.learner.takes_miles
        assert ride.learner.learned.targets is UnitVerdict.KMH

    def test_a_coarse_grid_of_targets_hides_no_kilometres(self) -> None:
        ride = Ride(Physics(targets=floor(100)))
        ride.climb(590).run(40)
        ride.climb(990).run(40)
        assert ride.learner.learned.targets is UnitVerdict.KMH

    @pytest.mark.parametrize("lag_s", [0.5, 3, 6])
    def test_a_machine_that_takes_miles_is_found_at_the_second_steady_setpoint(
        self, lag_s: float
    ) -> None:
        ride = Ride(Physics(gain=MPH, lag_s=lag_s))
        ride.climb(400).run(lag_s + 15)
        assert ride.learner.take_events() == []
        suspected = [ride.learner.learned.miles_suspected]
        ride.climb(500).run(lag_s + 15)
        suspected += [ride.learner.learned.miles_suspected]
        assert suspected == [True, False]
        assert ride.learner.takes_miles
        assert Quirk.TARGETS_IN_MPH in ride.learner.quirks
        (event,) = ride.learner.take_events()
        assert (event.type, value_of(event, "factor")) == ("unit_mixup", 1.61)
        assert ride.learner.learned.targets is UnitVerdict.MPH
        assert ride.learner.learned.speaks_kmh

    def test_one_setpoint_does_not_show_miles(self) -> None:
        ride = Ride(Physics(gain=MPH))
        ride.climb(500)
        for _ in range(5):
            ride.write(500).run(20)
        assert not ride.learner.takes_miles

    def test_two_setpoints_close_together_do_not_show_miles(self) -> None:
        ride = Ride(Physics(gain=MPH))
        ride.climb(500).run(20)
        ride.climb(590).run(20)
        assert not ride.learner.takes_miles

    def test_targets_followed_at_0_62_are_reported(self) -> None:
        ride = Ride(Physics(gain=1 / MPH))
        ride.climb(800).run(30)
        ride.climb(1000).run(30)
        assert [event.values for event in ride.learner.take_events()] == [(("factor", 0.62),)]
        assert Quirk.FOLLOWS_AT_0_62 in ride.learner.quirks
        assert not ride.learner.takes_miles

    @pytest.mark.parametrize("unit", SpeedUnit)
    def test_a_declared_unit_outranks_what_is_measured(self, unit: SpeedUnit) -> None:
        machine = replace(MACHINE, edge=Edge(Profile(target_speed_unit=unit)))
        ride = Ride(Physics(gain=MPH), machine=machine)
        ride.climb(500).run(30)
        ride.climb(800).run(30)
        assert ride.learner.take_events() == []

    def test_a_frame_in_3_s_with_losses_is_enough_for_the_distance(self) -> None:
        ride = Ride(Physics(frame_s=3.1, lost=0.1))
        ride.climb(500).run(20)
        ride.climb(720).run(120)
        assert ride.learner.learned.reports is UnitVerdict.KMH

    @pytest.mark.parametrize("metres", [1.0, 10.0])
    def test_reports_in_km_h_are_confirmed_by_the_distance_of_100_m(self, metres: float) -> None:
        ride = Ride(Physics(metres_per_report=metres))
        ride.climb(400).run(15)
        ride.climb(600)
        while not ride.learner.learned.speaks_kmh:
            ride.run(1)
            assert ride.way_m < 125
        assert ride.learner.learned.reports is UnitVerdict.KMH

    def test_unit_verdicts_are_kept_for_the_next_link(self) -> None:
        known = ridden(Physics()).learner.knowledge
        again = Learner()
        again.connected(MACHINE, known)
        assert again.learned.speaks_kmh

    def test_targets_in_miles_are_kept_for_the_next_link(self) -> None:
        ride = Ride(Physics(gain=MPH))
        ride.climb(400).run(20)
        ride.climb(600).run(20)
        again = Learner()
        again.connected(MACHINE, ride.learner.knowledge)
        assert again.takes_miles
        assert again.take_events() == []


NAMED = {
    "answers in km/h": ([(310, 499), (320, 515)], True),
    "one answer": ([(310, 499), (310, 499)], False),
    "echoes": ([(310, 310), (320, 320)], False),
    "an echo between": ([(310, 499), (320, 320), (330, 531)], False),
    "presses": ([(310, 520), (320, 540)], False),
    "answers to older writes": ([(310, 0), (320, 499), (330, 515)], True),
    "answers to the third newest write": ([(310, 0), (320, 0), (330, 499), (340, 515)], True),
    "answers to older ones": ([(310, 0), (320, 0), (330, 0), (340, 499), (350, 515)], False),
    "answers that are nearly a step off": ([(310, 508), (320, 505)], True),
    "an answer that is more than a step off": ([(310, 509), (320, 515)], False),
    "an echo that is a step off between": ([(310, 499), (320, 330), (330, 531)], False),
    "an echo of the twelfth newest write": (
        [(499, 0), *[(700, 0)] * 10, (310, 499), (320, 515)],
        False,
    ),
    "answers that equal an older write": (
        [(499, 0), *[(700, 0)] * 11, (310, 499), (320, 515)],
        True,
    ),
    "late echoes": ([(250, 0), (300, 0), (350, 0), (400, 0), (160, 250), (155, 300)], False),
}


@pytest.mark.parametrize(("course", "kmh"), NAMED.values(), ids=NAMED)
def test_statuses_that_name_two_writes_times_1_61_are_in_km_h(
    course: list[tuple[int, int]], kmh: bool
) -> None:
    named = NamedUnit()
    for target, status in course:
        named.wrote(target)
        if status:
            named.named(status)
    assert named.kmh is kmh


def test_statuses_found_to_be_in_km_h_count_as_miles_again_after_two_answers_in_miles() -> None:
    named = NamedUnit(kmh=True)
    named.wrote(499)
    assert (named.named(310), named.kmh) == (False, True)
    named.wrote(531)
    assert (named.named(330), named.kmh) == (False, False)


@pytest.mark.parametrize(
    ("kmh", "status", "answer"),
    [(True, 499, True), (True, 310, False), (True, 400, False), (False, 499, False)],
)
def test_answer_in_km_h_that_counts_as_miles_is_nothing_to_learn_from(
    kmh: bool, status: int, answer: bool
) -> None:
    named = NamedUnit(kmh)
    named.wrote(310)
    assert named.named(status) is answer


@pytest.mark.parametrize(
    ("known", "names_kmh", "learned"),
    [
        (SpeedUnit.KMH, True, None),
        (SpeedUnit.MPH, False, None),
        (SpeedUnit.MPH, True, SpeedUnit.KMH),
    ],
)
def test_only_a_machine_that_takes_miles_may_name_km_h(
    *, known: SpeedUnit, names_kmh: bool, learned: SpeedUnit | None
) -> None:
    machine = replace(MACHINE, edge=Edge(Profile(target_speed_unit=known)))
    found = in_units(machine, miles=False, names_kmh=names_kmh)
    assert (found is machine) is (learned is None)
    assert found.edge.profile.target_speed_unit is known
    assert found.edge.profile.named_speed_unit is learned


def test_a_machine_that_takes_miles_and_answers_in_km_h_names_presses_in_km_h() -> None:
    told = SpeedRange(50, 1000, 10)
    machine = MachineInfo("F0:00:00:00:00:01", speed_range=told, edge=Edge(told_speed=told))
    builder = FrameBuilder()
    builder.connected(machine, 0.0, replace(NOTHING, targets=UnitVerdict.MPH))
    for second in range(10):
        builder.treadmill_data(frame(300, second, second), float(second))
    for second, target in enumerate((499, 515), 10):
        builder.written(SetTarget(Axis.SPEED, target), float(second))
        builder.machine_status(b"\x05" + target.to_bytes(2, "little"), second + 0.5)
    found = builder.snapshot.machine
    assert found is not None
    assert (found.edge.speed_order(499), found.edge.target_speed(300)) == (310, 300)
    assert builder.snapshot.learned.targets is UnitVerdict.MPH
    again = FrameBuilder()
    again.connected(machine, 0.0, builder.learned())
    assert again.snapshot.machine is not None
    assert again.snapshot.machine.edge.target_speed(300) == 300


def test_a_machine_found_to_take_miles_has_a_minimum_that_it_accepts() -> None:
    """Row 24: 0.8 km/h was written as 49 (0.49 mph) and refused."""
    told = SpeedRange(80, 1600, 10)
    machine = MachineInfo("F0:00:00:00:00:01", speed_range=told, edge=Edge(told_speed=told))
    builder = FrameBuilder()
    builder.connected(machine, 0.0, replace(NOTHING, targets=UnitVerdict.MPH))
    found = builder.snapshot.machine
    assert found is not None
    assert found.speed_range is not None
    least = found.speed_range.minimum
    assert least == 81
    assert found.edge.speed_order(least) == 50
    assert found.edge.speed_order(found.speed_range.floor(80)) == 50


def test_reports_in_miles_are_a_quirk_also_on_the_next_link() -> None:
    learner = Learner()
    learner.connected(MACHINE, None)
    for second in range(120):
        data = Measurement(speed=720, distance=round(2 * second * MPH))
        learner.sample(data, float(second))
    assert learner.learned.reports is UnitVerdict.MPH
    assert Quirk.REPORTS_MPH in learner.quirks
    again = Learner()
    again.connected(MACHINE, learner.knowledge)
    assert Quirk.REPORTS_MPH in again.quirks


def test_a_unit_that_was_switched_at_the_console_is_seen_by_the_distance() -> None:
    ride = ridden(Physics())
    assert ride.learner.learned.speaks_kmh
    for second in range(200):
        data = Measurement(speed=720, distance=int(10_000 + 2 * second * MPH))
        ride.learner.sample(data, ride.now + second)
    assert ride.learner.learned.reports is UnitVerdict.MPH
    assert ride.learner.learned.targets is UnitVerdict.UNKNOWN
