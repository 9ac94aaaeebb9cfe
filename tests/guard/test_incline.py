"""Incline that is not reported, and incline below a minimum that the owner raised."""

from dataclasses import replace

import pytest

from bridge.guard import Guard, Past
from bridge.machines import Quirk
from bridge.values import INCLINE, SPEED, Belt, Result, Verb
from protocols.ranges import InclineRange
from tests.guard.play import play
from tests.guard.proof.actions import QUICK
from tests.guard.proof.guard_rig import STRICT, GuardRig
from tests.rigs.wording import text_of

SLOPING = replace(STRICT, incline_range=InclineRange(minimum=-30, maximum=150, step=5))
DECLINED = replace(QUICK, min_incline=-30, warm_up_s=0.0)


@pytest.mark.parametrize(("ever", "setpoint"), [(False, 20), (True, 0)])
def test_unreported_incline_rises_only_if_it_was_never_reported(ever: bool, setpoint: int) -> None:
    rig = GuardRig(policy=QUICK, connected=False, without_incline=not ever)
    rig.connected = rig.without_incline = True
    play(rig, "runs 300, 8, incline 20, 60")
    assert rig.setpoint(INCLINE) == setpoint


def test_incline_that_is_no_longer_reported_is_held_with_its_reason() -> None:
    rig = GuardRig(policy=QUICK).runs(300).wait(8)
    rig.ask(Verb.INCLINE, 10)
    rig.wait(5).without_incline = True
    rig.wait(5)
    assert [limit.rule for limit in rig.decision.limiting(INCLINE)].count("missing") == 1
    assert "missing" not in [limit.rule for limit in rig.decision.limiting(SPEED)]
    verdict = rig.ask(Verb.INCLINE, 20)
    assert (verdict.result, [text_of(reason) for reason in verdict.reasons]) == (
        Result.REJECTED,
        ["The treadmill no longer reports a usable incline, so it may not rise."],
    )
    assert rig.ask(Verb.INCLINE, 5).result is Result.ACCEPTED
    assert rig.ask(Verb.SPEED, 350).result is Result.ACCEPTED


class TestRaisedMinimum:
    def declined(self, incline: int = -30) -> GuardRig:
        rig = GuardRig(policy=DECLINED, machine=SLOPING).runs(300).wait(8)
        rig.ask(Verb.INCLINE, incline)
        rig.wait(20)
        return rig

    def raised(self, rig: GuardRig, minimum: int = 0) -> None:
        rig.guard.configure(replace(DECLINED, min_incline=minimum), rig.now)

    @pytest.mark.parametrize(
        ("minimum", "reached"), [(0, "0 %"), (-20, "-2 %"), (-12, "-1 %")], ids=str
    )
    def test_declined_belt_climbs_to_the_step_above_it_by_the_ramp(
        self, minimum: int, reached: str
    ) -> None:
        rig = self.declined()
        since = rig.now - rig.began
        self.raised(rig, minimum)
        rig.wait(40)
        written = rig.inclines(since)
        assert written == list(range(-25, -(-minimum // 5) * 5 + 1, 5))
        assert [text_of(event) for event in rig.heard("lowest_incline")] == [
            f"The lowest incline allowed is {reached} now. The belt rises to it gently."
        ]

    def test_raised_minimum_is_no_request_of_a_person(self) -> None:
        rig = play(self.declined(), "names incline 160")
        self.raised(rig)
        rig.wait(1)
        assert rig.heard("lowest_incline")
        assert "unexpected_rise_incline" in rig.decision.faults

    def test_belt_climbs_to_a_minimum_that_equals_the_maximum(self) -> None:
        level = replace(DECLINED, max_incline=0)
        rig = play(GuardRig(policy=level, machine=SLOPING).runs(300).wait(8), "incline -30")
        rig.wait(20).guard.configure(replace(level, min_incline=0), rig.now)
        rig.wait(40)
        assert rig.setpoint(INCLINE) == 0

    @pytest.mark.parametrize("incline", [0, 10])
    def test_incline_at_or_above_a_raised_minimum_is_kept(self, incline: int) -> None:
        rig = self.declined(incline)
        self.raised(rig)
        rig.wait(4)
        assert (rig.setpoint(INCLINE), rig.heard("lowest_incline")) == (incline, [])
        assert rig.ask(Verb.INCLINE, -10).result is Result.REJECTED

    def test_other_changed_limits_leave_a_belt_found_below_the_minimum(self) -> None:
        rig = GuardRig(policy=QUICK, machine=SLOPING).runs(300, -30).wait(8)
        rig.guard.configure(replace(QUICK, max_speed=1000), rig.now)
        rig.wait(4)
        assert (rig.setpoint(INCLINE), rig.heard("lowest_incline")) == (-30, [])


def test_declined_belt_found_by_a_new_guard_does_not_climb() -> None:
    rig = GuardRig(policy=QUICK, machine=SLOPING)
    guard = Guard(QUICK, rig.now, Past.nobody())
    rig.belt, rig.speed, rig.incline = Belt.RUNNING, 300.0, -30.0
    rig._measure()
    decision = guard.decide(rig.snapshot, rig.now)
    assert "lowest_incline" not in [event.type for event in decision.events]
    assert decision.requested[INCLINE] is None


def test_unreported_incline_that_was_never_commanded_is_level() -> None:
    fine = replace(STRICT, incline_range=InclineRange(minimum=0, maximum=150, step=1))
    rig = GuardRig(policy=QUICK, machine=fine, without_incline=True).runs(300).wait(8)
    assert rig.setpoint(INCLINE) == 0


class TestDeclinedAtRestart:
    """A deck that the console set below the owner's 0 %, and a new process."""

    def restarted(self) -> GuardRig:
        seven = InclineRange(minimum=-30, maximum=150, step=7)  # -3, -2.3, … -0.2, 0.5, 1.2 %
        rig = GuardRig(machine=replace(STRICT, incline_range=seven), policy=QUICK)
        rig.guard = Guard(rig.policy, rig.now, Past(incline=-23))
        return rig.runs(300, -23).wait(16)

    def test_declined_deck_at_a_restart_gets_no_write(self) -> None:
        rig = self.restarted()
        assert (rig.setpoint(INCLINE), rig.inclines()) == (-23, [])

    def test_declined_deck_climbs_step_by_step(self) -> None:
        rig = play(self.restarted(), "incline 20, 20")
        assert rig.inclines() == [-16, -9, -2, 5, 12, 19]

    def test_deck_that_has_climbed_is_never_sent_below_the_lowest_incline(self) -> None:
        rig = play(self.restarted(), "incline 20, 20, finish, 10")
        assert rig.inclines()[-2:] == [12, 5]


def test_incline_can_be_set_on_a_machine_without_speed_control() -> None:
    machine = replace(STRICT, quirks=(Quirk.NO_SPEED_CONTROL,))
    rig = play(GuardRig(policy=QUICK, machine=machine, connected=False), "on, runs 300, 10")
    play(rig, "incline 20, 60")
    assert (rig.setpoint(INCLINE), rig.speeds()) == (20, [])
