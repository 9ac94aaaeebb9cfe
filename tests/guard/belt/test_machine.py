"""Facts about the machine. Speeds in 0.01 km/h, inclines in 0.1 %, times in seconds."""

from dataclasses import replace

import pytest

from bridge.guard import Policy
from bridge.guard.belt.machine import MachineWatch, fault_after, hold_after, is_fresh
from bridge.guard.journal import Journal
from bridge.machines.learned import UNLEARNED, UnitVerdict
from bridge.machines.profile import PLAIN, SpeedUnit
from bridge.values import Axis, Belt, Measurement, Sample, Snapshot
from protocols.ranges import InclineRange
from tests.guard.proof.guard_rig import STRICT

AT = 1000.0
UNKNOWN, KMH, MPH = UnitVerdict
SNAPSHOT = Snapshot(connected=True, machine=STRICT, belt=Belt.RUNNING)


class TestGrids:
    def test_grids_follow_the_machine_and_the_configured_minimum(self) -> None:
        watch = MachineWatch(Journal())
        assert watch.grids(Snapshot(), 10)[Axis.SPEED].range.maximum == 1200
        assert watch.grids(SNAPSHOT, 10)[Axis.SPEED].range.maximum == 1600
        assert watch.grids(SNAPSHOT, 10)[Axis.INCLINE].range.minimum == 10
        assert watch.grids(SNAPSHOT, 20)[Axis.INCLINE].range.minimum == 20
        other = replace(STRICT, incline_range=InclineRange(minimum=0, maximum=100, step=5))
        assert watch.grids(replace(SNAPSHOT, machine=other), 20)[Axis.INCLINE].range.maximum == 100


class TestUnit:
    def learned(self, reports: UnitVerdict = UNKNOWN, targets: UnitVerdict = UNKNOWN) -> Snapshot:
        return replace(SNAPSHOT, learned=replace(UNLEARNED, reports=reports, targets=targets))

    def test_unit_is_known_from_a_profile(self) -> None:
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
    def test_unit_is_known_if_reports_and_targets_were_verified(
        self, reports: UnitVerdict, targets: UnitVerdict, known: bool
    ) -> None:
        snapshot = self.learned(reports=reports, targets=targets)
        assert MachineWatch(Journal()).knows_unit(Policy(), snapshot) is known

    @pytest.mark.parametrize(("reports", "event"), [(KMH, "unit_confirmed"), (MPH, "unit_mph")])
    def test_verified_unit_is_reported_once(self, reports: UnitVerdict, event: str) -> None:
        journal = Journal()
        watch = MachineWatch(journal)
        watch.follow_unit(self.learned(targets=KMH))
        for _ in range(3):
            watch.follow_unit(self.learned(reports=reports, targets=KMH))
        assert [event.type for event in journal.events] == [event]

    def test_unit_known_from_an_earlier_link_is_not_reported(self) -> None:
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

    @pytest.mark.parametrize(("after", "believed"), [(3.0, False), (3.25, True)])
    def test_machine_is_not_trusted_for_three_seconds_after_garbage(
        self, after: float, believed: bool
    ) -> None:
        watch, _ = self.garbled()
        assert watch.is_garbled(AT + after) is not believed

    @pytest.mark.parametrize(("after", "faulty"), [(4.0, True), (60.0, True), (60.25, False)])
    def test_garbage_is_a_fault_for_a_minute(self, after: float, faulty: bool) -> None:
        watch, journal = self.garbled()
        watch.follow_garbage(SNAPSHOT, AT + after)
        assert (journal.faults == {"garbled"}) is faulty


class TestFresh:
    POLICY = Policy(stale_hold_s=3.0)

    def sampled(self, belt: Belt = Belt.RUNNING, read: float | None = None) -> Snapshot:
        sample = Sample(AT, Measurement(speed=0))
        return replace(SNAPSHOT, belt=belt, sample=sample, read_time=read)

    @pytest.mark.parametrize(("age", "fresh"), [(0.0, True), (3.0, True), (3.25, False)])
    def test_sample_is_fresh_for_the_time_of_the_policy(self, age: float, fresh: bool) -> None:
        assert is_fresh(self.sampled(), self.POLICY, AT + age) is fresh

    def test_sample_without_a_link_is_not_fresh(self) -> None:
        assert not is_fresh(replace(self.sampled(), connected=False), self.POLICY, AT)

    @pytest.mark.parametrize(("age", "fresh"), [(3.0, True), (3.25, False)])
    def test_silent_machine_at_rest_is_fresh_while_it_answers_reads(
        self, age: float, fresh: bool
    ) -> None:
        rests = self.sampled(Belt.IDLE, read=AT + 100)
        assert is_fresh(rests, self.POLICY, AT + 100 + age) is fresh

    @pytest.mark.parametrize(
        ("owner", "frame_s", "hold", "fault"),
        [
            (Policy(), 1.0, 3.0, 10.0),
            (Policy(), 2.75, 6.0, 12.0),
            (Policy(), 9.0, 7.0, 13.0),
            (Policy(stale_hold_s=5.0, stale_fault_s=11.0), 1.0, 5.0, 11.0),
            (Policy(stale_fault_s=30.0), 1.0, 3.0, 13.0),
        ],
        ids=["usual", "slow frames", "the slowest frames", "by the owner", "at most"],
    )
    def test_silence_is_a_hold_then_a_fault_after_the_configured_or_learned_time(
        self, owner: Policy, frame_s: float, hold: float, fault: float
    ) -> None:
        snapshot = replace(SNAPSHOT, learned=replace(UNLEARNED, frame_s=frame_s))
        assert (hold_after(snapshot, owner), fault_after(snapshot, owner)) == (hold, fault)
