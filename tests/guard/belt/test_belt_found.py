"""A belt that starts, or is found moving. 0.01 km/h, 0.1 %, seconds."""

from dataclasses import replace

from bridge.guard import Guard, Past, Slower
from bridge.values import INCLINE, SPEED, Belt, Measurement
from protocols.ranges import InclineRange
from tests.guard.play import play
from tests.guard.proof.actions import QUICK
from tests.guard.proof.guard_rig import KNOWN, STRICT, GuardRig, accepted


class TestStarts:
    def test_belt_started_during_silence_is_not_raised_to_its_last_speed(self) -> None:
        rig = play(GuardRig(policy=QUICK).runs(250).wait(8), "silent, stop")
        for belt, seconds in ((Belt.STOPPING, 8), (Belt.IDLE, 2), (Belt.STARTING, 3)):
            rig.belt = belt
            rig.wait(seconds)
        rig.belt, rig.speed, rig.target[SPEED] = Belt.RUNNING, 180.0, 180.0
        play(rig, "1, heard")
        written = len(rig.written)
        assert rig.wait(20).setpoint(SPEED) == 180
        assert len(rig.written) == written

    def test_unknown_incline_at_the_start_counts_as_level(self) -> None:
        machine = replace(STRICT, incline_range=InclineRange(minimum=-50, maximum=150, step=5))
        rig = GuardRig(machine=machine, policy=replace(KNOWN, min_incline=-30))
        rig.garbled = Measurement(speed=0)
        rig.guard = Guard(rig.policy, rig.now, Past.nobody())
        rig.stands().runs(80)
        assert rig.decision.setpoint[INCLINE] == 0


class TestFound:
    def found(self, **options: object) -> GuardRig:
        told = GuardRig(**{"policy": QUICK, **options})  # type: ignore[arg-type]
        play(told, "off, 1")
        told.connected, told.belt, told.speed = True, Belt.RUNNING, 500.0
        told.target[SPEED] = 500.0
        return told

    def test_settled_incline_of_a_found_belt_replaces_the_stored_command(
        self,
    ) -> None:
        rig = play(GuardRig(policy=QUICK).warmed_up(), "incline 60=accepted, 30")
        rig.incline = rig.target[INCLINE] = 30.0
        rig.guard = Guard(rig.policy, rig.now, rig.guard.past(rig.now))
        rig.wait(1)
        while any(hold.rule == "settling" for hold in rig.decision.limits.holds):
            assert rig.guard.past(rig.now).climbs.incline == 60
            rig.wait(0.25)
        assert rig.guard.past(rig.now).climbs.incline == 30

    def test_garbage_restarts_the_settling_time_of_a_found_belt(self) -> None:
        rig = self.found().wait(2)
        rig.garble().wait(3)
        assert not rig.heard("adopted")
        assert rig.wait(5).heard("adopted")

    def test_belt_that_runs_steadily_has_its_safety_key(self) -> None:
        rig = play(self.found(), "key, 8")
        assert rig.heard("adopted")
        play(rig, "stands, start=accepted")

    def test_observed_belt_is_never_reported_as_found(self) -> None:
        rig = self.found(policy=replace(QUICK, may_control=False)).wait(20)
        assert not rig.heard("adopted")


class TestIncline:
    """Belt states with and without a reported safety key."""

    def test_stored_incline_of_the_person_is_used_while_the_guard_has_none(self) -> None:
        rig = play(GuardRig(policy=QUICK), "off")
        rig.guard = Guard(QUICK, rig.now, Past.nobody())
        rig.wait(1)
        known = replace(Past.nobody(), incline=60)
        assert accepted(rig.guard.change(QUICK, known, rig.now))
        assert rig.guard.past(rig.now).incline == 60

    def test_known_incline_slows_a_belt_that_is_found_moving(self) -> None:
        rig = GuardRig(policy=replace(QUICK, warm_up_s=0.0, slower=(Slower(80, 400),)))
        rig.incline = rig.target[INCLINE] = 80.0
        play(rig, "stands, off, 1")
        rig.connected, rig.belt, rig.speed = True, Belt.RUNNING, 300.0
        rig.garbled = Measurement(speed=300)
        rig.wait(1)
        assert rig.decision.limits.most(SPEED) == 400
