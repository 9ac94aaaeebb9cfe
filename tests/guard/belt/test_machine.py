"""What is known of the machine itself. Speeds in 0.01 km/h, inclines in 0.1 %, times in seconds."""

from dataclasses import replace

import pytest

from bridge.guard import Policy
from bridge.guard.belt.machine import MachineWatch, is_fresh
from bridge.guard.journal import Journal
from bridge.machines.learned import UNLEARNED, UnitVerdict
from bridge.machines.profile import PLAIN, SpeedUnit
from bridge.values import (
    Axis,
    Belt,
    Measurement,
    Sample,
    Snapshot,
)
from protocols.ranges import InclineRange
from tests.guard.proof.story import STRICT

AT = 1000.0
UNKNOWN, KMH, MPH = UnitVerdict
SNAPSHOT = Snapshot(connected=True, machine=STRICT, belt=Belt.RUNNING)


class TestGrids:
    def test_before_any_machine_is_known_they_are_the_careful_ones(self) -> None:
        grids = MachineWatch(Journal()).grids(Snapshot(), 0)
        assert not grids[Axis.SPEED].told
        assert grids[Axis.SPEED].range.maximum == 1200

    def test_they_are_worked_out_once(self) -> None:
        watch = MachineWatch(Journal())
        assert watch.grids(SNAPSHOT, 0) is watch.grids(SNAPSHOT, 0)

    def test_they_follow_the_machine_and_the_owner_s_lowest(self) -> None:
        watch = MachineWatch(Journal())
        assert watch.grids(Snapshot(), 10)[Axis.SPEED].range.maximum == 1200
        assert watch.grids(SNAPSHOT, 10)[Axis.SPEED].range.maximum == 1600
        assert watch.grids(SNAPSHOT, 10)[Axis.INCLINE].range.minimum == 10
        assert watch.grids(SNAPSHOT, 20)[Axis.INCLINE].range.minimum == 20
        other = replace(STRICT, incline_range=InclineRange(minimum=0, maximum=100, step=5))
        assert watch.grids(replace(SNAPSHOT, machine=other), 20)[Axis.INCLINE].range.maximum == 100

    def test_they_take_the_coarser_step_that_was_learned(self) -> None:
        watch = MachineWatch(Journal())
        incline = replace(UNLEARNED.incline, grid=10)
        known = replace(SNAPSHOT, learned=replace(UNLEARNED, incline=incline))
        assert watch.grids(SNAPSHOT, 5)[Axis.INCLINE].range.floor(25) == 25
        grid = watch.grids(known, 5)[Axis.INCLINE]
        assert [grid.range.floor(value) for value in (5, 25, 30)] == [10, 20, 30]
        assert grid.step == 10

    @pytest.mark.parametrize("step", [None, 5, 7])
    def test_a_step_that_is_none_of_the_machine_s_changes_nothing(self, step: int | None) -> None:
        grid = MachineWatch(Journal()).grids(SNAPSHOT, 5)[Axis.INCLINE]
        assert grid.coarser(step) is grid


class TestUnit:
    def learned(self, reports: UnitVerdict = UNKNOWN, targets: UnitVerdict = UNKNOWN) -> Snapshot:
        return replace(SNAPSHOT, learned=replace(UNLEARNED, reports=reports, targets=targets))

    def test_nobody_knows_it_unless_somebody_says(self) -> None:
        watch = MachineWatch(Journal())
        assert not watch.knows_unit(Policy(), Snapshot())
        assert not watch.knows_unit(Policy(), SNAPSHOT)
        assert watch.knows_unit(Policy(unit_is_kmh=True), Snapshot())

    def test_its_profile_may(self) -> None:
        profile = replace(PLAIN, reported_speed_unit=SpeedUnit.MPH, target_speed_unit=SpeedUnit.MPH)
        machine = replace(STRICT, edge=replace(STRICT.edge, profile=profile))
        watch = MachineWatch(Journal())
        assert watch.knows_unit(Policy(), replace(SNAPSHOT, machine=machine))

    @pytest.mark.parametrize(
        ("reports", "targets", "known"),
        [
            (KMH, KMH, True),
            (KMH, UNKNOWN, False),
            (UNKNOWN, KMH, False),
            (MPH, KMH, False),
            (KMH, MPH, True),
        ],
    )
    def test_observation_shows_it_if_both_units_were_verified(
        self, reports: UnitVerdict, targets: UnitVerdict, known: bool
    ) -> None:
        snapshot = self.learned(reports=reports, targets=targets)
        assert MachineWatch(Journal()).knows_unit(Policy(), snapshot) is known

    @pytest.mark.parametrize(("reports", "event"), [(KMH, "unit_confirmed"), (MPH, "unit_mph")])
    def test_what_is_found_out_is_told_once(self, reports: UnitVerdict, event: str) -> None:
        journal = Journal()
        watch = MachineWatch(journal)
        watch.follow_unit(self.learned(targets=KMH))
        for _ in range(3):
            watch.follow_unit(self.learned(reports=reports, targets=KMH))
        assert [event.type for event in journal.events] == [event]

    def test_what_was_known_of_a_machine_before_is_no_news(self) -> None:
        journal = Journal()
        watch = MachineWatch(journal)
        watch.follow_unit(Snapshot())
        watch.follow_unit(self.learned(reports=KMH, targets=KMH))
        assert journal.events == []


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
        sample = Sample(AT, Measurement(speed=0))
        return replace(SNAPSHOT, belt=belt, sample=sample, read_time=read)

    @pytest.mark.parametrize(("age", "fresh"), [(0.0, True), (3.0, True), (3.25, False)])
    def test_a_sample_is_for_as_long_as_the_policy_says(self, age: float, fresh: bool) -> None:
        assert is_fresh(self.sampled(), self.POLICY, AT + age) is fresh

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
