"""The unit of reports and of targets, as learned from rides. Speeds in 0.01 km/h."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from bridge.drivers.ftms.frames import FrameBuilder
from bridge.machines import Edge, Profile, Quirk, SpeedUnit
from bridge.machines.learned import UnitVerdict
from bridge.tracking.learning.knowledge import NOTHING, AxisKnowledge, Knowledge, Point
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
from tests.tracking.belt import MACHINE, Physics, Ride, floor, nearest, ridden, steady, tell
from tests.tracking.rig import frame


class TestUnits:
    """Rows 2 and 21 of the contract's table."""

    @pytest.mark.unmeasured
    @pytest.mark.parametrize(
        ("high", "low", "fall"), [(1200, 700, 5), (1000, 600, 10), (1200, 700, 30)]
    )
    def test_falling_belt_gives_no_unit_verdict(self, high: int, low: int, fall: int) -> None:
        ride = Ride(Physics(frame_s=0.25, fall=fall))
        ride.climb(high).run(30)
        for _ in range(6):
            ride.write(low).run((high - low) / fall + 15)
            ride.write(high).run((high - low) / 50 + 15)
        assert ride.learner.take_events() == []
        assert not ride.learner.takes_miles
        assert ride.learner.learned.targets is UnitVerdict.KMH

    @pytest.mark.parametrize("way", [floor, nearest])
    def test_slowly_falling_belt_with_whole_kmh_reports_is_not_suspected_of_mph(
        self, way: Callable[[float], Callable[[float], float]]
    ) -> None:
        ride = Ride(Physics(rise=100, fall=5, reports=way(100)))
        ride.write(900).run(60)
        ride.write(500)
        for _ in range(120):
            ride.run(1)
            assert not ride.learner.learned.miles_suspected

    def test_kmh_targets_are_detected_despite_a_coarse_grid(self) -> None:
        ride = Ride(Physics(targets=floor(100)))
        ride.climb(390).run(40)
        ride.climb(790).run(40)
        assert ride.learner.learned.targets is UnitVerdict.KMH

    @pytest.mark.parametrize("lag_s", [0.5, 3, 6])
    def test_mph_targets_are_detected_at_the_second_steady_setpoint(self, lag_s: float) -> None:
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

    def test_distance_check_works_with_one_frame_in_3_s_and_losses(self) -> None:
        ride = Ride(Physics(frame_s=3.1, lost=0.1))
        ride.climb(500).run(20)
        ride.climb(720).run(120)
        assert ride.learner.learned.reports is UnitVerdict.KMH

    @pytest.mark.parametrize("metres", [1.0, 10.0])
    def test_reports_in_kmh_are_confirmed_after_100_m(self, metres: float) -> None:
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


UNKNOWN, KMH, MILES = UnitVerdict
SIX = "700:1000 810:1150 920:1310 1030:1470 1140:1620 1250:1780"
TARGETS = {
    "kilometres": ("400:400 600:600", KMH, []),
    "5 % less": ("400:380 600:570", KMH, []),
    "miles": ("400:644 600:966", MILES, [1.61]),
    "miles that are still written in kilometres": (
        "400:644 600:966 500:805 700:1127",
        MILES,
        [1.61],
    ),
    "one setpoint": ("600:966 600:966 600:966", UNKNOWN, []),
    "setpoints too close to each other": ("600:966 690:1110", UNKNOWN, []),
    "setpoint between that is too close": ("600:966 790:1271 690:1110", MILES, [1.61]),
    "setpoint between that does not fit": ("600:966 700:900 800:1287", MILES, [1.61]),
    "setpoint pressed at the console": ("600:966 p800:1287", UNKNOWN, []),
    "0.62": ("800:497 1000:621", UNKNOWN, [0.62]),
    "0.62 at a walk": ("400:249 300:186", UNKNOWN, [0.62]),
    "0.62 on a machine that took kilometres": (
        "400:400 600:600 400:249 300:186",
        UNKNOWN,
        [0.62],
    ),
    "one at a walk": ("110:177", UNKNOWN, []),
    "0.62 for long": ("800:497 1000:621 900:559 1100:683", UNKNOWN, [0.62]),
    "the eighth newest setpoint": (f"600:966 {SIX} 400:644", MILES, [1.61]),
    "the ninth newest one": (f"600:966 {SIX} 1360:1940 400:644", UNKNOWN, []),
}


@pytest.mark.parametrize("declared", [None, *SpeedUnit])
@pytest.mark.parametrize(("course", "unit", "factors"), TARGETS.values(), ids=TARGETS)
def test_steady_setpoints_show_the_unit_of_targets_unless_it_is_declared(
    course: str, unit: UnitVerdict, factors: list[float], declared: SpeedUnit | None
) -> None:
    learner = Learner()
    machine = replace(MACHINE, edge=Edge(Profile(target_speed_unit=declared)))
    learner.connected(machine, None)
    steady(learner, course)
    if declared is not None and factors:
        unit, factors = KMH if course.startswith("400:400") else UNKNOWN, []
    assert learner.learned.targets is unit
    assert [value_of(event, "factor") for event in learner.take_events()] == factors
    assert learner.takes_miles is (unit is MILES)
    assert (Quirk.FOLLOWS_AT_0_62 in learner.quirks) is (factors == [0.62])
    if declared is None:
        kilometres = unit is KMH or course.startswith("400:400")
        assert (learner.learned.speed.spread is not None) is kilometres
    again = Learner()
    again.connected(machine, learner.knowledge)
    assert (again.takes_miles, again.take_events()) == (learner.takes_miles, [])


@pytest.mark.parametrize(
    ("reading", "suspected"), [(623, False), (624, True), (664, True), (665, False)]
)
def test_steady_reading_of_1_56_to_1_66_times_the_setpoint_suggests_mph(
    *, reading: int, suspected: bool
) -> None:
    learner = Learner()
    learner.connected(MACHINE, None)
    steady(learner, f"400:{reading}")
    assert learner.learned.miles_suspected is suspected


@pytest.mark.parametrize(
    ("axis", "sessions", "later"),
    [
        (Axis.SPEED, ("1000:920", "900:828", "1200:1104"), "800:736 600:552"),
        (Axis.INCLINE, ("100:86", "50:43", "80:69"), "90:77"),
    ],
)
def test_three_agreeing_sessions_replace_the_learned_figures_of_one_axis(
    axis: Axis, sessions: tuple[str, ...], later: str
) -> None:
    points = tuple(Point(target, (float(target),)) for target in (50, 80, 100, 120))
    speeds = tuple(Point(10 * point.target, (10.0 * point.target,)) for point in points)
    known = Knowledge(AxisKnowledge(speeds), AxisKnowledge(points), reports=KMH, targets=KMH)
    learner, now = Learner(), 0.0
    learner.connected(MACHINE, known)
    for course in sessions:
        assert learner.learned.speaks_kmh
        now = steady(learner, course, now + 601, axis)
    anew = {each: learner.knowledge.of(each).points != known.of(each).points for each in Axis}
    assert anew == {each: each is axis for each in Axis}
    unit = UNKNOWN if axis is Axis.SPEED else KMH
    assert (learner.learned.reports, learner.learned.targets) == (unit, unit)
    steady(learner, later, now, axis)
    assert learner.learned.targets is KMH
    assert learner.learned.reports is unit


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
def test_two_statuses_at_1_61_times_the_write_are_in_kmh(
    course: list[tuple[int, int]], kmh: bool
) -> None:
    named = NamedUnit()
    for target, status in course:
        named.wrote(target)
        if status:
            named.named(status)
    assert named.kmh is kmh


def test_two_mph_answers_revoke_the_verdict_of_kmh_statuses() -> None:
    named = NamedUnit(kmh=True)
    named.wrote(499)
    assert (named.named(310), named.kmh) == (False, True)
    named.wrote(531)
    assert (named.named(330), named.kmh) == (False, False)


@pytest.mark.parametrize(
    ("kmh", "status", "answer"),
    [(True, 499, True), (True, 310, False), (True, 400, False), (False, 499, False)],
)
def test_kmh_answer_to_an_mph_write_is_recognised_as_such(
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
def test_only_an_mph_machine_may_name_targets_in_kmh(
    *, known: SpeedUnit, names_kmh: bool, learned: SpeedUnit | None
) -> None:
    machine = replace(MACHINE, edge=Edge(Profile(target_speed_unit=known)))
    found = in_units(machine, miles=False, names_kmh=names_kmh)
    assert (found is machine) is (learned is None)
    assert found.edge.profile.target_speed_unit is known
    assert found.edge.profile.named_speed_unit is learned


def test_mph_machine_that_answers_in_kmh_names_presses_in_kmh() -> None:
    told = SpeedRange(50, 1000, 10)
    machine = MachineInfo("F0:00:00:00:00:01", speed_range=told, edge=Edge(told_speed=told))
    builder = FrameBuilder()
    builder.connected(machine, 0.0, replace(NOTHING, targets=UnitVerdict.MPH))
    for second in range(10):
        builder.treadmill_data(frame(300, second, second), float(second))
    for second, target in enumerate((499, 515), 10):
        tell(builder, SetTarget(Axis.SPEED, target), float(second))
        builder.machine_status(b"\x05" + target.to_bytes(2, "little"), second + 0.5)
    found = builder.snapshot.machine
    assert found is not None
    assert (found.edge.speed_order(499), found.edge.target_speed(300)) == (310, 300)
    assert builder.snapshot.learned.targets is UnitVerdict.MPH
    again = FrameBuilder()
    again.connected(machine, 0.0, builder.learned())
    assert again.snapshot.machine is not None
    assert again.snapshot.machine.edge.target_speed(300) == 300


def test_detected_mph_machine_has_an_acceptable_minimum() -> None:
    """Row 24: 0.8 km/h was written as 49 (0.49 mph) and refused."""
    told = SpeedRange(80, 1600, 10)
    machine = MachineInfo("F0:00:00:00:00:01", speed_range=told, edge=Edge(told_speed=told))
    builder = FrameBuilder()
    builder.connected(machine, 0.0, replace(NOTHING, targets=UnitVerdict.MPH))
    found = builder.snapshot.machine
    assert found is not None
    assert found.speed_range is not None
    least = found.speed_range.minimum
    assert (least, found.speed_range.maximum) == (80, 1593)  # 0.5 to 9.9 mph
    assert found.edge.speed_order(least) == 50
    assert found.edge.speed_order(found.speed_range.floor(80)) == 50


@pytest.mark.parametrize(
    ("before", "share", "quirks", "targets"),
    [
        (UNKNOWN, 1, set(), KMH),
        (UNKNOWN, MPH, {Quirk.REPORTS_MPH}, KMH),
        (KMH, MPH, {Quirk.REPORTS_MPH}, UNKNOWN),  # it was switched at the console
    ],
)
def test_reports_in_mph_stay_a_quirk_on_the_next_link(
    before: UnitVerdict, share: float, quirks: set[Quirk], targets: UnitVerdict
) -> None:
    learner = Learner()
    learner.connected(MACHINE, replace(NOTHING, reports=before, targets=KMH))
    for second in range(200):
        learner.sample(Measurement(speed=720, distance=round(2 * second * share)), float(second))
    assert learner.learned.reports is (MILES if quirks else KMH)
    assert learner.learned.targets is targets
    again = Learner()
    again.connected(MACHINE, learner.knowledge)
    assert learner.quirks == again.quirks == quirks


@pytest.mark.parametrize(("silent_s", "unit"), [(5.0, KMH), (5.25, UNKNOWN)])
def test_silence_of_two_and_a_half_frames_is_no_gap_in_the_distance(
    silent_s: float, unit: UnitVerdict
) -> None:
    learner = Learner()
    learner.connected(MACHINE, replace(NOTHING, frame_s=2.0))
    for now, metres in ((0, 0), (0, 1), (0, 2), (silent_s, 2 + 20 * silent_s)):
        learner.sample(Measurement(speed=7200, distance=round(metres)), now)
    assert learner.learned.reports is unit
