"""A slower press at the console holds for half a minute, despite any other event.

Speeds in 0.01 km/h, inclines in 0.1 %, times in seconds.
"""

from collections.abc import Callable
from dataclasses import replace

import pytest

from bridge.guard import Guard, Past
from bridge.guard.slowed import SLOWED_S, Slowed
from bridge.machines.learned import UNLEARNED, Echo, LearnedMachine
from bridge.values import INCLINE, SPEED, Result, Verb
from bridge.values.status import TargetChanged
from protocols.ranges import InclineRange
from tests.guard.play import play
from tests.guard.proof.actions import QUICK
from tests.guard.proof.guard_rig import STRICT, GuardRig, accepted
from tests.rigs.wording import rules

AT = 1000.0


class TestSlowed:
    @pytest.mark.parametrize(
        ("after", "value", "left"),
        [(0.0, 501, 30.0), (29.5, 501, 0.5), (30.0, 501, 0.0), (60.0, 501, 0.0), (0.0, 500, 0.0)],
    )
    def test_slower_press_holds_for_half_a_minute(
        self, after: float, value: int, left: float
    ) -> None:
        assert Slowed(SPEED, AT, 500).left(value, AT + after) == left

    def test_slower_press_in_force_is_passed_to_the_next_guard(self) -> None:
        now, known = AT + SLOWED_S, (Slowed(SPEED, SLOWED_S, 500), Slowed(INCLINE, 29.0, 20))
        guard = Guard(QUICK, now, Past(slowed=known))
        assert guard.past(now).slowed == known[1:]
        assert guard.past(now + 0.5).slowed == (Slowed(INCLINE, 29.5, 20),)


def slowed() -> GuardRig:
    """A warm runner at 8 km/h who has just slowed the belt to 5 at its console."""
    rig = play(GuardRig(policy=QUICK).warmed_up(), "speed 800, 40, press speed 500")
    while not rig.heard("console_slowed"):
        rig.wait(0.25)
    return rig


def stands(rig: GuardRig) -> None:
    """The belt is stopped and started again."""
    rig.stands().wait(2).runs().wait(5)


def loses_the_link(rig: GuardRig) -> None:
    """The link is lost and comes back to a belt that keeps running."""
    play(rig, "off, 2, on, 6")


def is_followed_by_another(rig: GuardRig) -> None:
    """Another person steps on."""
    rig.stands().wait(1)
    assert accepted(rig.guard.change(QUICK, Past.nobody(), rig.now))
    rig.runs().wait(5)


def restarts(rig: GuardRig) -> None:
    """The process is killed, and another one finds the belt moving."""
    past = rig.guard.past(rig.now)
    rig.wait(3)
    rig.guard = Guard(QUICK, rig.now, past.aged(3.0))
    rig.wait(6)


@pytest.mark.unmeasured
@pytest.mark.parametrize(
    "happens", [stands, loses_the_link, is_followed_by_another, restarts], ids=lambda f: f.__name__
)
def test_request_above_a_slower_press_is_refused_for_30_s_despite_other_events(
    happens: Callable[[GuardRig], None],
) -> None:
    rig = slowed()
    since, to = rig.now, rig.guard.past(rig.now).slowed[0].to
    happens(rig)
    refused = rig.ask(Verb.SPEED, to + 10)
    assert refused.result is Result.REJECTED
    assert rules(refused) == ("console",)
    assert rig.ask(Verb.SPEED, to).result is Result.ACCEPTED
    rig.wait(since + SLOWED_S - rig.now)
    assert rig.ask(Verb.SPEED, to + 10).result is Result.ACCEPTED


def test_faster_press_after_a_slower_press_is_obeyed() -> None:
    rig = slowed().wait(10)
    assert rig.setpoint(SPEED) <= 500
    rig.press(SPEED, 700.0).says(TargetChanged(rig.now, SPEED, 700)).wait(6)
    assert rig.decision.requested[SPEED] == 700
    assert rig.ask(Verb.SPEED, 750).result is Result.ACCEPTED


class Low(GuardRig):
    """A machine that has so far read 2 % below its setpoint, to 1 %."""

    @property
    def learned(self) -> LearnedMachine:
        reads = replace(UNLEARNED.incline, offset=-20.0, spread=10.0)
        return replace(UNLEARNED, incline=reads, echo=Echo.NEVER)


def test_deck_that_rises_to_a_named_console_target_is_no_faster_press() -> None:
    """At the console a coarse incline can be set between the values that the bridge may write."""
    coarse = replace(STRICT, incline_range=InclineRange(40, 250, 40))
    rig = Low(policy=QUICK, machine=coarse).warmed_up()
    play(rig, "incline 40, 8, press incline 30, names incline 30, 10")
    assert (rig.incline, rig.setpoint(INCLINE)) == (30, 0)
    assert rules(rig.ask(Verb.INCLINE, 40)) == ("console",)
