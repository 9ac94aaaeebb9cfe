"""A machine that takes its targets in miles, until that is known. Speeds in 0.01 km/h."""

from dataclasses import replace

import pytest

from bridge.guard import Decision
from bridge.machines.learned import UnitVerdict
from bridge.values import SPEED
from tests.guard.play import play
from tests.guard.proof.actions import QUICK
from tests.guard.proof.guard_rig import GuardRig
from tests.rigs.wording import text_of

pytestmark = pytest.mark.unmeasured

MILE = 1.609344
UNKNOWN_UNIT = replace(QUICK, unit_is_kmh=False, warm_up_s=0.0, max_speed=1600)


class Miles(GuardRig):
    """A belt that runs at 1.61 times its target, unless it gets targets in mph."""

    def _decide(self) -> Decision:
        decision = super()._decide()
        for target in decision.targets:
            if target.axis is SPEED and not self.learner.takes_miles:
                self.target[SPEED] = target.value * MILE
        return decision


def asked(value: int, walked_s: float = 8) -> Miles:
    return play(Miles(policy=UNKNOWN_UNIT), f"runs 80, {walked_s}, speed {value}")


def test_belt_that_read_its_target_as_mph_is_slowed_to_the_request() -> None:
    rig = play(asked(300), "30")
    assert rig.setpoint(SPEED) == 180
    assert rig.speed == pytest.approx(180 * MILE)
    (event,) = rig.heard("unexpected_rise")
    assert "4.83 km/h without a request and was set back to 1.8 km/h" in text_of(event)
    assert not rig.heard("console_raised")


@pytest.mark.parametrize("walked_s", [8, 600], ids=["reports unknown", "reports in km/h"])
def test_detected_mph_targets_cause_a_second_write_of_the_setpoint(walked_s: float) -> None:
    rig = play(asked(300, walked_s), "60")
    assert rig.learner.learned.targets is UnitVerdict.MPH
    assert rig.speeds()[-2:] == [180, 180]
    assert rig.speed == 180
    play(rig, "speed 600, 60")
    assert rig.speed == 600
    assert len(rig.heard("unexpected_rise")) == 1


def test_each_request_is_lowered_once_while_miles_are_only_suspected() -> None:
    rig = play(asked(150), "60")
    assert (rig.setpoint(SPEED), rig.learner.learned.targets) == (90, UnitVerdict.UNKNOWN)
    play(rig, "speed 160, 60")
    assert rig.setpoint(SPEED) == 90
    assert len(rig.heard("unexpected_rise")) == 2


def test_suspected_mph_lowers_the_setpoint_no_further_than_the_minimum() -> None:
    rig = play(asked(110), "60")
    assert rig.setpoint(SPEED) == 80


@pytest.mark.parametrize("value", [300, 500, 700, 900])
def test_mph_targets_are_detected_before_a_not_responding_fault(value: int) -> None:
    rig = asked(value)
    while rig.setpoint(SPEED) < value:
        rig.wait(1)
    rig.wait(60)
    assert rig.learner.learned.targets is UnitVerdict.MPH
    assert not rig.heard("unexpected_rise_alarm")
    assert not rig.heard("not_responding")
    assert rig.speed <= value


class Declared(Miles):
    """A machine whose owner declared km/h by mistake: nothing is converted."""

    def _decide(self) -> Decision:
        decision = GuardRig._decide(self)
        for target in decision.targets:
            if target.axis is SPEED:
                self.target[SPEED] = target.value * MILE
        return decision


@pytest.mark.parametrize("ramp", [10.0, 50.0])
@pytest.mark.parametrize("value", [300, 600])
def test_belt_in_miles_that_is_declared_as_kmh_rises_no_further_by_its_own_rise(
    value: int, ramp: float
) -> None:
    policy = replace(UNKNOWN_UNIT, unit_is_kmh=True, speed_ramp=ramp)
    rig = play(Declared(policy=policy), f"runs 80, 8, speed {value}")
    fastest = 0.0
    for _ in range(120):
        fastest = max(fastest, rig.wait(1).speed)
    assert fastest == pytest.approx(value * MILE)
    assert rig.speed <= value
    assert rig.heard("unexpected_rise")
    assert not rig.heard("console_raised")
