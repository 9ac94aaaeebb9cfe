"""A belt that disobeys or cannot be controlled. 0.01 km/h, 0.1 %, seconds."""

from dataclasses import replace

import pytest

from bridge.values import Axis, Halt, Verb
from protocols.ranges import InclineRange
from tests.guard.machines.treadmill import WARM, Traits, Treadmill, learned
from tests.guard.play import play
from tests.guard.proof.guard_rig import STRICT, GuardRig, accepted
from tests.rigs.wording import text_of

pytestmark = pytest.mark.unmeasured


def running(**policy: object) -> Treadmill:
    """A belt of a known machine that runs at 8 km/h."""
    rig = Treadmill(policy=replace(WARM, **policy), known=learned(Traits()))  # type: ignore[arg-type]
    rig.wait(1).runs().wait(5)
    return rig.goes(800)


def ignoring(speed: int = 500, **policy: object) -> Treadmill:
    """The same, which ignores that it is to slow down."""
    rig = play(running(**policy), f"deaf, speed {speed}")
    return rig.wait(60)


class TestOnTheBelt:
    def test_belt_that_ignores_a_target_is_a_fault_and_reported_once(self) -> None:
        rig = ignoring()
        assert rig.decision.faults == ("not_responding_speed",)
        (event,) = rig.heard("not_responding")
        assert text_of(event) == (
            "Speed stays at 8 km/h after a command for 5 km/h. Nothing rises until you request it."
        )

    def test_request_is_not_resumed_when_the_belt_responds_again(self) -> None:
        rig = play(running(), "deaf, speed 1000, 60")
        told = rig.setpoint(Axis.SPEED)
        assert rig.decision.requested[Axis.SPEED] == told < 1000
        rig.obeys = True
        rig.target[Axis.SPEED] = float(told)
        rig.wait(60)
        assert (rig.speed, rig.decision.faults) == (told, ())
        assert accepted(rig.ask(Verb.SPEED, 1000))
        assert rig.wait(60).speed == 1000

    def test_belt_that_keeps_creeping_after_the_alarm_makes_no_request(self) -> None:
        rig = play(running(), "deaf")
        for _ in range(30):
            rig.press(Axis.SPEED, rig.target[Axis.SPEED] + 20).wait(5)
        assert len(rig.heard("unexpected_rise_alarm")) == 1
        assert not rig.heard("console_raised")
        assert rig.setpoint(Axis.SPEED) == 800

    def test_belt_that_disobeys_is_stopped_if_configured(self) -> None:
        rig = ignoring(stop_on_disobey=True)
        assert rig.heard("disobeyed")
        assert rig.halts[0][1] is Halt.STOP

    def test_incline_that_does_not_go_down_is_reported(self) -> None:
        rig = play(running(), "incline 120, 130")
        rig.motor = 0.0
        rig.ask(Verb.INCLINE, 20)
        while not rig.heard("incline_stuck"):
            rig.wait(1)
        assert text_of(rig.heard("incline_stuck")[0]).startswith(
            "The machine does not lower its incline: it stays at 12 %, and 2 % is allowed."
        )
        assert "not_responding_incline" in rig.decision.faults

    def test_incline_that_cannot_be_set_is_observed_and_no_alarm(self) -> None:
        machine = replace(STRICT, incline_range=InclineRange(0, 0, 0))
        policy = replace(WARM, max_incline=80, stop_on_disobey=True)
        rig = GuardRig(policy=policy, machine=machine).runs(incline=60).wait(20)
        rig.press(Axis.INCLINE, 120).wait(120)
        assert not rig.decision.faults
        assert not rig.halts


class TestBeyondControl:
    """Lost control is reported, and stops the belt if the owner configured that."""

    @pytest.mark.parametrize("stops", [False, True])
    def test_denied_control_is_a_fault_and_stops_the_belt_if_configured(self, stops: bool) -> None:
        rig = running(stop_on_disobey=stops)
        rig.guard.control_refused("control_denied")
        rig.wait(0.25)
        assert rig.heard("control_denied")
        assert "control_denied" in rig.decision.faults
        assert bool(rig.halts) is stops

    @pytest.mark.parametrize("stops", [False, True])
    def test_belt_that_stays_above_its_bound_raises_the_alarm(self, stops: bool) -> None:
        rig = play(running(stop_on_disobey=stops, max_speed=1000), "deaf, press speed 1400, 60")
        assert rig.heard("unexpected_rise_alarm")
        assert bool(rig.halts) is stops

    def test_link_lost_while_the_belt_moves_is_a_fault_until_the_next_link(self) -> None:
        rig = play(running(stop_on_disobey=True), "off, 5")
        assert len(rig.heard("link_lost")) == 1
        assert "link_lost" in rig.decision.faults
        assert not rig.halts
        play(rig, "on, 10")
        assert "link_lost" not in rig.decision.faults
        assert not rig.halts

    def test_denied_control_at_rest_causes_no_halt(self) -> None:
        rig = GuardRig(policy=replace(WARM, stop_on_disobey=True)).wait(2)
        rig.guard.control_refused("control_denied")
        rig.wait(2)
        assert not rig.halts
