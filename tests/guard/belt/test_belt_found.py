"""A belt that starts, or is found moving. 0.01 km/h, 0.1 %, seconds."""

from dataclasses import replace

from bridge.guard import Guard, Past, Slower
from bridge.values import INCLINE, SPEED, Belt, Measurement
from protocols.ranges import InclineRange
from tests.guard.play import play
from tests.guard.proof.actions import QUICK
from tests.guard.proof.story import KNOWN, STRICT, Story, accepted


class TestStarts:
    def test_belt_started_during_silence_is_not_raised_to_its_last_speed(self) -> None:
        story = play(Story(policy=QUICK).runs(250).wait(8), "silent, stop")
        for belt, seconds in ((Belt.STOPPING, 8), (Belt.IDLE, 2), (Belt.STARTING, 3)):
            story.belt = belt
            story.wait(seconds)
        story.belt, story.speed, story.target[SPEED] = Belt.RUNNING, 180.0, 180.0
        play(story, "1, heard")
        written = len(story.written)
        assert story.wait(20).setpoint(SPEED) == 180
        assert len(story.written) == written

    def test_unknown_incline_at_the_start_counts_as_level(self) -> None:
        machine = replace(STRICT, incline_range=InclineRange(minimum=-50, maximum=150, step=5))
        story = Story(machine=machine, policy=replace(KNOWN, min_incline=-30))
        story.garbled = Measurement(speed=0)
        story.guard = Guard(story.policy, story.now, Past.nobody())
        story.stands().runs(80)
        assert story.decision.setpoint[INCLINE] == 0


class TestFound:
    def found(self, **story: object) -> Story:
        told = Story(**{"policy": QUICK, **story})  # type: ignore[arg-type]
        play(told, "off, 1")
        told.connected, told.belt, told.speed = True, Belt.RUNNING, 500.0
        told.target[SPEED] = 500.0
        return told

    def test_settled_incline_of_a_found_belt_replaces_the_stored_command(
        self,
    ) -> None:
        story = play(Story(policy=QUICK).warmed_up(), "incline 60=accepted, 30")
        story.incline = story.target[INCLINE] = 30.0
        story.guard = Guard(story.policy, story.now, story.guard.past(story.now))
        story.wait(1)
        while any(hold.rule == "settling" for hold in story.decision.limits.holds):
            assert story.guard.past(story.now).climbs.incline == 60
            story.wait(0.25)
        assert story.guard.past(story.now).climbs.incline == 30

    def test_garbage_restarts_the_settling_time_of_a_found_belt(self) -> None:
        story = self.found().wait(2)
        story.garble().wait(3)
        assert not story.heard("adopted")
        assert story.wait(5).heard("adopted")

    def test_belt_that_runs_steadily_has_its_safety_key(self) -> None:
        story = play(self.found(), "key, 8")
        assert story.heard("adopted")
        play(story, "stands, start=accepted")

    def test_observed_belt_is_never_reported_as_found(self) -> None:
        story = self.found(policy=replace(QUICK, may_control=False)).wait(20)
        assert not story.heard("adopted")


class TestIncline:
    """Belt states with and without a reported safety key."""

    def test_stored_incline_of_the_person_is_used_while_the_guard_has_none(self) -> None:
        story = play(Story(policy=QUICK), "off")
        story.guard = Guard(QUICK, story.now, Past.nobody())
        story.wait(1)
        known = replace(Past.nobody(), incline=60)
        assert accepted(story.guard.change(QUICK, known, story.now))
        assert story.guard.past(story.now).incline == 60

    def test_known_incline_slows_a_belt_that_is_found_moving(self) -> None:
        story = Story(policy=replace(QUICK, warm_up_s=0.0, slower=(Slower(80, 400),)))
        story.incline = story.target[INCLINE] = 80.0
        play(story, "stands, off, 1")
        story.connected, story.belt, story.speed = True, Belt.RUNNING, 300.0
        story.garbled = Measurement(speed=300)
        story.wait(1)
        assert story.decision.limits.most(SPEED) == 400
