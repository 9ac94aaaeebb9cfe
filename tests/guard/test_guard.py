"""The way into the guard, at its edges. 0.01 km/h, 0.1 %, seconds."""

from dataclasses import replace

import pytest

from bridge.values import Axis, Command, Result, Verb
from bridge.values.status import MachineReset
from tests.guard.play import play
from tests.guard.proof.actions import QUICK
from tests.guard.proof.story import Story, accepted
from tests.rigs.wording import rules


def running(speed: int = 800) -> Story:
    """A warm runner, ten seconds after the last write."""
    story = play(Story(policy=QUICK).warmed_up(), f"speed {speed}")
    return story.wait(40)


class TestTime:
    def warming(self) -> Story:
        return Story().runs().wait(10)

    def look(self, story: Story, now: float) -> float:
        """How much of the warm-up is left at a time."""
        story.now = now
        story._measure()
        return story._decide().warm_up_left_s

    def test_clock_that_goes_back_counts_no_time_twice(self) -> None:
        story = self.warming()
        left, now = story.decision.warm_up_left_s, story.now
        assert self.look(story, now - 5) == left
        assert self.look(story, now) == left
        assert self.look(story, now + 1) == left - 1

    def test_commands_do_not_shorten_the_warm_up(self) -> None:
        often, never = self.warming(), self.warming()
        for _ in range(20):
            often.ask(Verb.SPEED, 300, decide=False)
        often.wait(1)
        never.wait(1)
        assert often.decision.warm_up_left_s == never.decision.warm_up_left_s


class TestPhase:
    def test_phase_is_warm_up_until_its_last_half_second(self) -> None:
        story = Story().runs()
        assert story.decision.phase == "warm_up"
        story.wait(299.5)
        assert (story.decision.warm_up_left_s, story.decision.phase) == (0.5, "warm_up")
        story.wait(0.5)
        assert (story.decision.warm_up_left_s, story.decision.phase) == (0, "active")


def test_without_a_link_everything_is_refused() -> None:
    story = play(Story(), "off")
    for verb in (Verb.START, Verb.STOP, Verb.SPEED, Verb.FINISH):
        assert rules(story.ask(verb, 500)) == ("not_connected",)


class TestStart:
    def test_start_that_failed_may_be_requested_again_at_once(self) -> None:
        story = play(Story(policy=QUICK), "1, start=accepted, start=starting")
        story.guard.start_failed()
        assert accepted(story.ask(Verb.START))

    @pytest.mark.parametrize("left", [0.5, 2.0])
    def test_start_during_a_rest_needs_a_confirmation(self, left: float) -> None:
        story = Story(policy=replace(QUICK, rest_s=10.0)).wait(1)
        assert story.guard.person.report_pain(5.0, story.now)
        story.wait(10 - left)
        start = Command("c", Verb.START, "test", story.now)
        assert story.guard.submit(start, story.snapshot, story.now).result is Result.REJECTED
        confirmed = replace(start, confirm=True)
        assert accepted(story.guard.submit(confirmed, story.snapshot, story.now))

    def test_start_after_a_rest_needs_no_confirmation(self) -> None:
        story = Story(policy=replace(QUICK, rest_s=10.0)).wait(1)
        story.guard.person.report_pain(5.0, story.now)
        play(story, "10, start=accepted")

    def test_belt_that_was_started_and_stands_again_can_be_started_at_once(self) -> None:
        story = play(Story(policy=QUICK).wait(1), "start=accepted, runs, 2, stands, 1")
        play(story, "start=accepted")

    @pytest.mark.parametrize("finishes", [False, True])
    def test_start_of_a_running_belt_is_rejected(self, finishes: bool) -> None:
        story = running()
        if finishes:
            story.ask(Verb.FINISH)
        assert story.ask(Verb.START).result is Result.REJECTED

    def test_resume_of_a_running_belt_is_rejected_unless_it_finishes(self) -> None:
        play(running(), "resume=rejected, finish, resume=accepted")


class TestFinish:
    def test_resume_right_after_a_finish_does_not_continue_the_climb(self) -> None:
        story = play(running(), "speed 1000, finish undecided, resume")
        assert story.decision.requested[Axis.SPEED] == story.decision.setpoint[Axis.SPEED] == 800

    def test_finish_is_rejected_while_the_belt_is_being_stopped(self) -> None:
        story = play(running(), "pause")
        assert story.ask(Verb.FINISH).reasons[0].rule == "nothing_to_finish"

    def test_second_finish_changes_nothing(self) -> None:
        story = play(running(), "finish, 4")
        most = story.decision.limits.most(Axis.SPEED)
        assert accepted(story.ask(Verb.FINISH))
        assert story.decision.limits.most(Axis.SPEED) == most
        assert len(story.heard("cool_down")) == 1

    def test_resume_does_not_end_a_finish_that_a_session_limit_enforces(self) -> None:
        story = play(running(), "finish")
        session = story.guard._belt.person.session
        assert session is not None
        session.finish_at = story.now
        assert rules(story.ask(Verb.RESUME)) == ("finish_enforced",)
        assert story.decision.phase == "cool_down"

    def test_late_resume_does_not_end_a_finish(self) -> None:
        story = play(running(), "finish, resume late=late")
        assert story.decision.phase == "cool_down"


class TestStatus:
    def test_pulled_safety_key_ends_every_request(self) -> None:
        story = play(running(), "speed 1000, key")
        assert story.heard("safety_key")
        assert story.decision.requested[Axis.SPEED] is None
        assert not story.decision.targets

    def test_belt_that_goes_on_after_a_pulled_safety_key_is_found_moving(self) -> None:
        story = play(running(), "key, 10")
        assert story.heard("adopted")
        assert (story.speed, story.setpoint(Axis.SPEED)) == (800, 800)

    def test_reset_of_the_machine_is_no_request(self) -> None:
        story = running()
        before, events = story.decision.requested, len(story.events)
        story.says(MachineReset(story.now))
        assert (story.decision.requested, len(story.events)) == (before, events)

    def test_status_with_the_lowest_speed_is_a_request(self) -> None:
        story = play(running(), "names speed 1")
        assert story.decision.requested[Axis.SPEED] == 1
