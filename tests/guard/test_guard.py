"""The way into the guard, at its edges. 0.01 km/h, 0.1 %, seconds."""

from dataclasses import replace

import pytest

from bridge.guard import Guard, Past, Slower
from bridge.guard.decision import SteepReport
from bridge.guard.limits import Limits
from bridge.values import Axis, Belt, Command, Result, Verb
from bridge.values.status import ControlLost, MachineReset, SafetyKey, TargetChanged
from tests.guard.proof.actions import QUICK
from tests.guard.proof.story import KNOWN, Story, accepted
from tests.rigs.wording import why


def running(speed: int = 800) -> Story:
    """A warm runner, ten seconds after the last write."""
    story = Story(policy=QUICK).warmed_up()
    story.ask(Verb.SPEED, speed)
    return story.wait(40)


class TestTime:
    def warming(self) -> Story:
        return Story().runs().wait(10)

    def look(self, story: Story, now: float) -> float:
        """How much of the warm-up is left at a time."""
        story.now = now
        story._measure()
        return story._decide().warm_up_left_s

    def test_what_nobody_observed_counts_as_a_second(self) -> None:
        story = self.warming()
        left, now = story.decision.warm_up_left_s, story.now
        assert self.look(story, now + 60) == left - 1
        assert self.look(story, now + 61) == left - 2
        assert self.look(story, now + 61.5) == left - 2.5

    def test_a_clock_that_goes_back_counts_nothing_twice(self) -> None:
        story = self.warming()
        left, now = story.decision.warm_up_left_s, story.now
        assert self.look(story, now - 5) == left
        assert self.look(story, now) == left
        assert self.look(story, now + 1) == left - 1

    def test_commands_take_no_time(self) -> None:
        often, never = self.warming(), self.warming()
        for _ in range(20):
            often.ask(Verb.SPEED, 300, decide=False)
        often.wait(1)
        never.wait(1)
        assert often.decision.warm_up_left_s == never.decision.warm_up_left_s

    def test_the_first_look_is_at_the_time_it_was_made(self) -> None:
        story = Story()
        guard = Guard(KNOWN, story.now, Past.nobody())
        story.belt, story.speed = Belt.RUNNING, 300.0
        story.now += 0.5
        story._measure()
        assert guard.decide(story.snapshot, story.now).warm_up_left_s == 299.5


class TestPhase:
    def test_half_a_second_of_warm_up_is_warm_up(self) -> None:
        story = Story().runs()
        assert story.decision.phase == "warm_up"
        story.wait(299.5)
        assert (story.decision.warm_up_left_s, story.decision.phase) == (0.5, "warm_up")
        story.wait(0.5)
        assert (story.decision.warm_up_left_s, story.decision.phase) == (0, "active")

    def test_a_cool_down_comes_before_both(self) -> None:
        story = Story().runs().wait(5)
        story.ask(Verb.FINISH)
        assert story.decision.phase == "cool_down"

    def test_without_a_session_there_is_none(self) -> None:
        assert Story().decision.phase is None


class TestStart:
    @pytest.mark.parametrize("left", [0.5, 2.0])
    def test_to_the_end_of_a_rest_it_is_to_be_confirmed(self, left: float) -> None:
        story = Story(policy=replace(QUICK, rest_s=10.0)).wait(1)
        assert story.guard.report_pain(5.0, story.now)
        story.wait(10 - left)
        start = Command("c", Verb.START, "test", story.now)
        assert story.guard.submit(start, story.snapshot, story.now).result is Result.REJECTED
        confirmed = replace(start, confirm=True)
        assert accepted(story.guard.submit(confirmed, story.snapshot, story.now))

    def test_after_it_no_word_is_needed(self) -> None:
        story = Story(policy=replace(QUICK, rest_s=10.0)).wait(1)
        story.guard.report_pain(5.0, story.now)
        story.wait(10)
        assert accepted(story.ask(Verb.START))


class TestFinish:
    def test_a_belt_that_is_being_stopped_has_nothing_to_finish(self) -> None:
        story = running()
        story.ask(Verb.PAUSE)
        assert story.ask(Verb.FINISH).result is Result.REJECTED

    def test_nor_has_one_that_was_not_looked_at_yet(self) -> None:
        story = Story()
        story.belt, story.speed = Belt.RUNNING, 300.0
        story._measure()
        assert story.ask(Verb.FINISH, decide=False).result is Result.REJECTED

    def test_asked_twice_it_goes_on_as_it_was(self) -> None:
        story = running()
        story.ask(Verb.FINISH)
        story.wait(4)
        most = story.decision.limits.most(Axis.SPEED)
        assert accepted(story.ask(Verb.FINISH))
        assert story.decision.limits.most(Axis.SPEED) == most
        assert len(story.heard("cool_down")) == 1


class TestDecision:
    def test_without_a_link_there_is_nothing_to_limit(self) -> None:
        story = running()
        assert story.decision.limits.bounds
        story.connected = False
        story.wait(1)
        assert story.decision.limits == Limits((), ())

    def test_what_is_asked_and_what_is_written_are_told(self) -> None:
        story = running()
        story.ask(Verb.SPEED, 1000)
        assert story.decision.requested == {Axis.SPEED: 1000, Axis.INCLINE: None}
        assert story.decision.setpoint == {Axis.SPEED: 800, Axis.INCLINE: 0}
        nothing = {Axis.SPEED: None, Axis.INCLINE: None}
        story.stands()
        assert (story.decision.requested, story.decision.setpoint) == (nothing, nothing)

    def test_of_an_open_tier_it_is_not_told_when_it_opens(self) -> None:
        story = Story(policy=replace(KNOWN, warm_up_s=0.0)).runs()
        assert story.decision.steep == (SteepReport(0.0, 600.0, None),)
        story = Story(policy=replace(KNOWN, warm_up_s=0.0), past=None).runs()
        assert story.decision.steep == (SteepReport(600.0, 0.0, 1500.0),)


class TestTarget:
    def test_a_climb_that_has_to_wait_says_for_what(self) -> None:
        story = Story(policy=replace(QUICK, slower=(Slower(80, 400),))).warmed_up()
        story.ask(Verb.SPEED, 800)
        verdict = story.wait(40).ask(Verb.INCLINE, 100)
        assert (verdict.result, verdict.applied) == (Result.ACCEPTED, 100)
        text = "The incline waits: at 8 % or more the belt must run at 4 km/h or less."
        assert why(verdict) == text


class TestStatus:
    def test_a_pulled_key_ends_all_that_was_asked(self) -> None:
        story = running()
        story.ask(Verb.SPEED, 1000)
        story.says(SafetyKey(story.now))
        assert story.heard("safety_key")
        assert story.decision.requested[Axis.SPEED] is None
        assert not story.decision.targets

    def test_control_that_went_elsewhere_is_said_and_nothing_rises(self) -> None:
        story = running()
        story.ask(Verb.SPEED, 1000)
        story.says(ControlLost(story.now))
        assert len(story.heard("control_taken")) == 1
        assert story.decision.requested[Axis.SPEED] == 800
        story.says(ControlLost(story.now))
        assert len(story.heard("control_taken")) == 1

    def test_reset_of_the_machine_is_no_request(self) -> None:
        story = running()
        before = story.decision.requested
        story.says(MachineReset(story.now))
        assert (story.decision.requested, story.events[-1].type) == (before, "warm_up_over")

    def test_zero_is_a_stop_and_no_speed(self) -> None:
        story = running()
        story.says(TargetChanged(story.now, Axis.SPEED, 0))
        assert not story.heard("console_slowed")

    def test_the_least_of_speeds_is_one(self) -> None:
        story = running()
        story.says(TargetChanged(story.now, Axis.SPEED, 1))
        assert story.decision.requested[Axis.SPEED] == 1

    def test_level_ground_is_an_incline(self) -> None:
        story = running()
        story.ask(Verb.INCLINE, 40)
        story.wait(20).says(TargetChanged(story.now, Axis.INCLINE, 0))
        assert story.decision.requested[Axis.INCLINE] == 0
