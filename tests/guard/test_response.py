"""A belt that disobeys or cannot be controlled. 0.01 km/h, 0.1 %, seconds."""

from dataclasses import replace

import pytest

from bridge.values import Axis, Halt, Verb
from protocols.ranges import InclineRange
from tests.guard.machines.treadmill import WARM, Traits, Treadmill, learned
from tests.guard.play import play
from tests.guard.proof.story import STRICT, Story, accepted
from tests.rigs.wording import text_of

pytestmark = pytest.mark.unmeasured


def running(**policy: object) -> Treadmill:
    """A belt of a known machine that runs at 8 km/h."""
    story = Treadmill(policy=replace(WARM, **policy), known=learned(Traits()))  # type: ignore[arg-type]
    story.wait(1).runs().wait(5)
    return story.goes(800)


def ignoring(speed: int = 500, **policy: object) -> Treadmill:
    """The same, which ignores that it is to slow down."""
    story = play(running(**policy), f"deaf, speed {speed}")
    return story.wait(60)


class TestOnTheBelt:
    def test_belt_that_ignores_a_target_is_a_fault_and_reported_once(self) -> None:
        story = ignoring()
        assert story.decision.faults == ("not_responding_speed",)
        (event,) = story.heard("not_responding")
        assert text_of(event) == (
            "Speed stays at 8 km/h after a command for 5 km/h. Nothing rises until you request it."
        )

    def test_request_is_not_resumed_when_the_belt_responds_again(self) -> None:
        story = play(running(), "deaf, speed 1000, 60")
        told = story.setpoint(Axis.SPEED)
        assert story.decision.requested[Axis.SPEED] == told < 1000
        story.obeys = True
        story.target[Axis.SPEED] = float(told)
        story.wait(60)
        assert (story.speed, story.decision.faults) == (told, ())
        assert accepted(story.ask(Verb.SPEED, 1000))
        assert story.wait(60).speed == 1000

    def test_belt_that_keeps_creeping_after_the_alarm_makes_no_request(self) -> None:
        story = play(running(), "deaf")
        for _ in range(30):
            story.press(Axis.SPEED, story.target[Axis.SPEED] + 20).wait(5)
        assert len(story.heard("unexpected_rise_alarm")) == 1
        assert not story.heard("console_raised")
        assert story.setpoint(Axis.SPEED) == 800

    def test_belt_that_disobeys_is_stopped_if_configured(self) -> None:
        story = ignoring(stop_on_disobey=True)
        assert story.heard("disobeyed")
        assert story.halts[0][1] is Halt.STOP

    def test_incline_that_does_not_go_down_is_reported(self) -> None:
        story = play(running(), "incline 120, 130")
        story.motor = 0.0
        story.ask(Verb.INCLINE, 20)
        while not story.heard("incline_stuck"):
            story.wait(1)
        assert text_of(story.heard("incline_stuck")[0]).startswith(
            "The machine does not lower its incline: it stays at 12 %, and 2 % is allowed."
        )
        assert "not_responding_incline" in story.decision.faults

    def test_incline_that_cannot_be_set_is_observed_and_no_alarm(self) -> None:
        machine = replace(STRICT, incline_range=InclineRange(0, 0, 0))
        policy = replace(WARM, max_incline=80, stop_on_disobey=True)
        story = Story(policy=policy, machine=machine).runs(incline=60).wait(20)
        story.press(Axis.INCLINE, 120).wait(120)
        assert not story.decision.faults
        assert not story.halts


class TestBeyondControl:
    """Lost control is reported, and stops the belt if the owner configured that."""

    @pytest.mark.parametrize("stops", [False, True])
    def test_denied_control_is_a_fault_and_stops_the_belt_if_configured(self, stops: bool) -> None:
        story = running(stop_on_disobey=stops)
        story.guard.control_refused("control_denied")
        story.wait(0.25)
        assert story.heard("control_denied")
        assert "control_denied" in story.decision.faults
        assert bool(story.halts) is stops

    @pytest.mark.parametrize("stops", [False, True])
    def test_belt_that_stays_above_its_bound_raises_the_alarm(self, stops: bool) -> None:
        story = play(running(stop_on_disobey=stops, max_speed=1000), "deaf, press speed 1400, 60")
        assert story.heard("unexpected_rise_alarm")
        assert bool(story.halts) is stops

    def test_link_lost_while_the_belt_moves_is_a_fault_until_the_next_link(self) -> None:
        story = play(running(stop_on_disobey=True), "off, 5")
        assert len(story.heard("link_lost")) == 1
        assert "link_lost" in story.decision.faults
        assert not story.halts
        play(story, "on, 10")
        assert "link_lost" not in story.decision.faults
        assert not story.halts

    def test_denied_control_at_rest_causes_no_halt(self) -> None:
        story = Story(policy=replace(WARM, stop_on_disobey=True)).wait(2)
        story.guard.control_refused("control_denied")
        story.wait(2)
        assert not story.halts
