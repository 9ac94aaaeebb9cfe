"""Commanded but not responding. Speeds in 0.01 km/h, inclines in 0.1 %, times in seconds."""

from dataclasses import replace

import pytest

from bridge.guard.rules.response import Response
from bridge.status import ControlLost
from bridge.values import Axis, Belt, Halt, Verb
from protocols.ftms.ranges import InclineRange
from tests.guard.story import KNOWN, STRICT, Story, accepted

QUICK = replace(KNOWN, warm_up_s=0.0, steep=())


def judged(*course: tuple[float, float]) -> list[bool]:
    """Whether it failed, second by second; (measured, target) each."""
    response, failed = Response(), []
    for second, (measured, target) in enumerate(course):
        response = response.judge(
            1000.0 + second, measured, target, tolerance=20.0, step=10.0, patience_s=8.0
        )
        failed.append(response.failed)
    return failed


class TestResponse:
    def test_eight_seconds_without_progress_are_a_failure(self) -> None:
        assert judged(*[(500, 600)] * 9) == [False] * 8 + [True]

    def test_within_the_tolerance_there_is_none(self) -> None:
        assert not any(judged(*[(500, 520)] * 20))

    def test_a_slow_belt_on_its_way_makes_progress(self) -> None:
        assert not any(judged(*[(500 + 2 * s, 900) for s in range(100)]))
        assert not any(judged(*[(900 - 2 * s, 500) for s in range(100)]))

    @pytest.mark.parametrize(("by", "fails"), [(9, True), (10, False)])
    def test_one_step_is_progress_and_less_is_not(self, by: int, fails: bool) -> None:
        assert judged(*[(500, 900)] * 7, *[(500 + by, 900)] * 8)[-1] is fails
        assert judged(*[(900, 500)] * 7, *[(900 - by, 500)] * 8)[-1] is fails

    def test_one_that_creeps_makes_none(self) -> None:
        assert any(judged(*[(500 + s, 900) for s in range(20)]))

    def test_one_that_goes_the_wrong_way_makes_none(self) -> None:
        assert any(judged(*[(500 - 20 * s, 900) for s in range(20)]))

    def test_a_target_that_comes_nearer_is_no_progress(self) -> None:
        assert judged(*[(500, 900 - 20 * s) for s in range(9)])[-1]

    def test_a_target_on_the_other_side_begins_anew(self) -> None:
        assert not any(judged(*[(500, 600)] * 7, *[(500, 400)] * 7))

    def test_it_is_forgotten_once_the_belt_has_come(self) -> None:
        assert judged(*[(500, 600)] * 9, (600, 600), (500, 600))[-2:] == [False, False]


class TestOnTheBelt:
    def running(self, **policy: object) -> Story:
        story = Story(policy=replace(QUICK, **policy)).runs()  # type: ignore[arg-type]
        story.ask(Verb.SPEED, 800)
        return story.wait(90)

    def test_a_belt_that_ignores_what_it_is_told_is_a_fault_and_said_once(self) -> None:
        story = self.running()
        story.obeys = False
        story.ask(Verb.SPEED, 500)
        story.wait(7)
        assert not story.decision.faults
        story.wait(20)
        assert story.decision.faults == ("not_responding_speed",)
        (event,) = story.heard("not_responding")
        assert event.text == (
            "Commanded but not responding: speed stays at 8 km/h, told was 5 km/h. "
            "Nothing rises until somebody asks."
        )
        assert not story.halts

    def test_a_climb_that_does_not_come_is_one_too(self) -> None:
        story = self.running()
        story.obeys = False
        story.ask(Verb.INCLINE, 60)
        story.wait(20)
        assert story.heard("not_responding")[0].details["axis"] == "incline"

    def test_what_was_asked_is_not_climbed_to_once_it_responds_again(self) -> None:
        story = self.running()
        story.obeys = False
        story.ask(Verb.SPEED, 1000)
        story.wait(30)
        told = story.setpoint(Axis.SPEED)
        assert story.decision.requested[Axis.SPEED] == told < 1000
        story.obeys = True
        story.target[Axis.SPEED] = float(told)
        story.wait(60)
        assert story.speed == told
        assert story.decision.faults == ()
        assert accepted(story.ask(Verb.SPEED, 1000))
        assert story.wait(60).speed == 1000

    def test_what_is_asked_meanwhile_falls_too_and_is_said(self) -> None:
        story = self.running()
        story.obeys = False
        story.ask(Verb.SPEED, 1000)
        story.wait(30)
        assert len(story.heard("not_responding")) == 1
        assert accepted(story.ask(Verb.SPEED, 1000))
        story.wait(2)
        assert story.decision.requested[Axis.SPEED] == story.setpoint(Axis.SPEED)
        assert len(story.heard("not_responding")) == 2

    def test_it_is_over_when_the_belt_obeys(self) -> None:
        story = self.running()
        story.obeys = False
        story.ask(Verb.SPEED, 500)
        story.wait(20)
        story.obeys = True
        story.ask(Verb.SPEED, 500)
        story.wait(10)
        assert story.decision.faults == ()
        assert story.speed == 500

    def test_or_when_it_stands(self) -> None:
        story = self.running()
        story.obeys = False
        story.ask(Verb.SPEED, 500)
        story.wait(20)
        story.stands(Belt.PAUSED).wait(1)
        assert story.decision.faults == ()

    def test_where_the_owner_wants_it_the_belt_is_stopped(self) -> None:
        story = self.running(stop_on_disobey=True)
        story.obeys = False
        story.ask(Verb.SPEED, 500)
        story.wait(10)
        assert story.heard("disobeyed")
        assert story.halts[0][1] is Halt.STOP

    def test_an_incline_that_cannot_be_lowered_is_said(self) -> None:
        story = self.running()
        story.ask(Verb.INCLINE, 120)
        story.wait(130)
        story.motor = 0.0
        story.ask(Verb.INCLINE, 50)
        story.wait(12)
        assert story.heard("incline_stuck")[0].text.startswith(
            "The machine does not lower its incline: it stays at 12 %, and at most 5 % is allowed."
        )
        assert "not_responding_incline" in story.decision.faults

    @pytest.mark.parametrize("stops", [False, True])
    def test_one_that_cannot_be_set_at_all_is_held_to_the_bounds_all_the_same(
        self, stops: bool
    ) -> None:
        machine = replace(STRICT, incline_range=InclineRange(0, 0, 0))
        policy = replace(QUICK, max_incline=80, stop_on_disobey=stops)
        story = Story(policy=policy, machine=machine).runs(incline=60).wait(20)
        assert not story.decision.faults
        story.press(Axis.INCLINE, 120).wait(20)
        assert story.heard("incline_stuck")
        assert bool(story.halts) is stops
        story.press(Axis.INCLINE, 0).wait(20)
        if not stops:
            assert not story.decision.faults

    def test_missing_numbers_are_for_another_rule(self) -> None:
        story = self.running()
        assert story.sample is not None
        story.garbled = replace(story.sample.data, speed=None, incline=None)
        story.ask(Verb.SPEED, 500)
        story.wait(20)
        assert "not_responding_speed" not in story.decision.faults


class TestBeyondControl:
    """What cannot be enforced is said, and where the owner wants it, the belt is stopped."""

    def running(self, *, stops: bool) -> Story:
        story = Story(policy=replace(QUICK, stop_on_disobey=stops)).runs()
        story.ask(Verb.SPEED, 800)
        return story.wait(90)

    @pytest.mark.parametrize("stops", [False, True])
    def test_control_that_is_denied(self, stops: bool) -> None:
        story = self.running(stops=stops)
        story.guard.control_refused("control_denied")
        story.wait(0.25)
        assert story.heard("control_denied")
        assert "control_denied" in story.decision.faults
        assert bool(story.halts) is stops

    def test_control_that_went_elsewhere_is_taken_back_when_it_is_needed(self) -> None:
        story = self.running(stops=True)
        story.says(ControlLost(story.now)).wait(5)
        assert story.heard("control_taken")
        assert not story.halts

    @pytest.mark.parametrize("stops", [False, True])
    def test_a_belt_that_keeps_rising(self, stops: bool) -> None:
        story = self.running(stops=stops)
        story.ask(Verb.SPEED, 810)
        story.wait(3)
        story.obeys, story.acceleration = False, 30.0
        story.press(Axis.SPEED, 1600)
        story.wait(12)
        assert story.heard("unexpected_rise_alarm")
        assert bool(story.halts) is stops

    def test_a_link_that_is_lost_while_the_belt_moves(self) -> None:
        story = self.running(stops=True)
        story.connected = False
        story.wait(5)
        assert len(story.heard("link_lost")) == 1
        assert "link_lost" in story.decision.faults
        assert not story.halts
        story.connected = True
        story.wait(10)
        assert "link_lost" not in story.decision.faults
        assert not story.halts

    def test_a_link_that_is_lost_at_rest_is_no_matter(self) -> None:
        story = Story().wait(2)
        story.connected = False
        story.wait(5)
        assert not story.heard("link_lost")
        assert story.decision.faults == ()

    def test_a_belt_that_stands_already_is_not_stopped(self) -> None:
        story = Story(policy=replace(QUICK, stop_on_disobey=True)).wait(2)
        story.guard.control_refused("control_denied")
        story.wait(2)
        assert not story.halts
