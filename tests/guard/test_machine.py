"""What is known of the machine itself. Speeds in 0.01 km/h, inclines in 0.1 %, times in seconds."""

from dataclasses import replace

import pytest

from bridge.guard import Policy
from bridge.guard.journal import Journal
from bridge.guard.machine import MachineWatch, fault_after, is_fresh
from bridge.machines.learned import LearnedMachine
from bridge.machines.profile import PLAIN, SpeedUnit
from bridge.values import Axis, Belt, Sample, Snapshot
from protocols.ftms.ranges import InclineRange
from protocols.ftms.treadmill_data import TreadmillData
from tests.guard.story import STRICT

AT = 1000.0
SNAPSHOT = Snapshot(connected=True, machine=STRICT, belt=Belt.RUNNING)


class TestGrids:
    def test_before_any_machine_is_known_they_are_the_careful_ones(self) -> None:
        grids = MachineWatch(Journal()).grids(None, 0)
        assert not grids[Axis.SPEED].told
        assert grids[Axis.SPEED].range.maximum == 1200

    def test_they_are_worked_out_once(self) -> None:
        watch = MachineWatch(Journal())
        assert watch.grids(STRICT, 0) is watch.grids(STRICT, 0)

    def test_they_follow_the_machine_and_the_owner_s_lowest(self) -> None:
        watch = MachineWatch(Journal())
        assert watch.grids(None, 10)[Axis.SPEED].range.maximum == 1200
        assert watch.grids(STRICT, 10)[Axis.SPEED].range.maximum == 1600
        assert watch.grids(STRICT, 10)[Axis.INCLINE].range.minimum == 10
        assert watch.grids(STRICT, 20)[Axis.INCLINE].range.minimum == 20
        other = replace(STRICT, incline_range=InclineRange(minimum=0, maximum=100, step=5))
        assert watch.grids(other, 20)[Axis.INCLINE].range.maximum == 100


class TestUnit:
    def test_nobody_knows_it_unless_somebody_says(self) -> None:
        watch = MachineWatch(Journal())
        assert not watch.knows_unit(Policy(), None)
        assert not watch.knows_unit(Policy(), STRICT)
        assert watch.knows_unit(Policy(unit_is_kmh=True), None)

    def test_its_profile_may(self) -> None:
        profile = replace(PLAIN, reported_speed_unit=SpeedUnit.MPH, target_speed_unit=SpeedUnit.MPH)
        machine = replace(STRICT, edge=replace(STRICT.edge, profile=profile))
        assert MachineWatch(Journal()).knows_unit(Policy(), machine)

    @pytest.mark.parametrize(
        ("scale", "event", "known"), [(1.0, "unit_confirmed", True), (1.609344, "unit_mph", False)]
    )
    def test_what_distance_shows_is_told_once(self, scale: float, event: str, known: bool) -> None:
        journal = Journal()
        watch = MachineWatch(journal)
        for second in range(400):
            run = TreadmillData(speed=720, distance=round(2 * second * scale))
            watch.follow_unit(Sample(AT + second, run))
        assert [event.type for event in journal.events] == [event]
        assert watch.knows_unit(Policy(), STRICT) is known


class TestGarbage:
    def garbled(self) -> tuple[MachineWatch, Journal]:
        journal = Journal()
        watch = MachineWatch(journal)
        watch.follow_garbage(replace(SNAPSHOT, garbled=AT), AT)
        return watch, journal

    def test_a_machine_is_believed_until_it_sends_some(self) -> None:
        journal = Journal()
        watch = MachineWatch(journal)
        watch.follow_garbage(SNAPSHOT, AT)
        assert not watch.is_garbled(AT)
        assert not journal.faults

    @pytest.mark.parametrize(("after", "believed"), [(3.0, False), (3.25, True)])
    def test_then_not_for_three_seconds(self, after: float, believed: bool) -> None:
        watch, _ = self.garbled()
        assert watch.is_garbled(AT + after) is not believed

    @pytest.mark.parametrize(("after", "faulty"), [(4.0, True), (60.0, True), (60.25, False)])
    def test_for_a_minute_it_is_a_fault(self, after: float, faulty: bool) -> None:
        watch, journal = self.garbled()
        watch.follow_garbage(SNAPSHOT, AT + after)
        assert (journal.faults == {"garbled"}) is faulty

    def test_that_is_told_once_until_it_has_passed(self) -> None:
        watch, journal = self.garbled()
        for seconds, told in ((1, 1), (50, 1), (109, 1), (170, 2)):
            watch.follow_garbage(SNAPSHOT, AT + seconds - 0.25)
            watch.follow_garbage(replace(SNAPSHOT, garbled=AT + seconds), AT + seconds)
            assert [event.type for event in journal.events] == ["garbled"] * told


class TestFresh:
    POLICY = Policy(stale_hold_s=3.0)

    def sampled(self, belt: Belt = Belt.RUNNING, read: float | None = None) -> Snapshot:
        sample = Sample(AT, TreadmillData(speed=0))
        return replace(SNAPSHOT, belt=belt, sample=sample, read_time=read)

    @pytest.mark.parametrize(("age", "fresh"), [(0.0, True), (3.0, True), (3.25, False)])
    def test_a_sample_is_for_as_long_as_the_policy_says(self, age: float, fresh: bool) -> None:
        assert is_fresh(self.sampled(), self.POLICY, AT + age) is fresh

    @pytest.mark.parametrize(
        ("frame_s", "held", "hold"), [(0.2, 1, 3), (2.0, 1, 4.5), (3.0, 5, 6.5), (9.0, 5, 7)]
    )
    def test_a_slow_machine_s_sample_is_for_two_of_its_intervals_at_most_7_s(
        self, frame_s: float, held: float, hold: float
    ) -> None:
        policy = Policy(stale_hold_s=held)
        slow = replace(self.sampled(), learned=LearnedMachine(frame_s=frame_s))
        assert is_fresh(slow, policy, AT + hold)
        assert not is_fresh(slow, policy, AT + hold + 0.01)

    @pytest.mark.parametrize(
        ("frame_s", "told", "fault"),
        [(1, 5, 10), (1, 12, 12), (2.75, 5, 12), (9, 5, 13), (1, 30, 13)],
    )
    def test_silence_is_a_fault_after_four_intervals_at_most_13_s(
        self, frame_s: float, told: float, fault: float
    ) -> None:
        slow = replace(SNAPSHOT, learned=LearnedMachine(frame_s=frame_s))
        assert fault_after(slow, Policy(stale_fault_s=told)) == fault

    def test_nothing_is_without_a_link(self) -> None:
        assert not is_fresh(replace(self.sampled(), connected=False), self.POLICY, AT)

    @pytest.mark.parametrize(("age", "fresh"), [(3.0, True), (3.25, False)])
    def test_a_silent_machine_at_rest_is_while_it_answers_reads(
        self, age: float, fresh: bool
    ) -> None:
        rests = self.sampled(Belt.IDLE, read=AT + 100)
        assert is_fresh(rests, self.POLICY, AT + 100 + age) is fresh

    def test_a_belt_that_may_move_is_not_for_a_read(self) -> None:
        runs = self.sampled(Belt.STARTING, read=AT + 100)
        assert not is_fresh(runs, self.POLICY, AT + 100)
        assert not is_fresh(self.sampled(Belt.IDLE), self.POLICY, AT + 100)
