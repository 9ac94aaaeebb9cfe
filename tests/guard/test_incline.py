"""Incline that is not reported, and incline below a minimum that the owner raised."""

from dataclasses import replace

import pytest

from bridge.guard import Guard, Past
from bridge.machines import Quirk
from bridge.values import INCLINE, SPEED, Belt, Result, Verb
from protocols.ranges import InclineRange
from tests.guard.play import play
from tests.guard.proof.actions import QUICK
from tests.guard.proof.story import STRICT, Story
from tests.rigs.wording import text_of

SLOPING = replace(STRICT, incline_range=InclineRange(minimum=-30, maximum=150, step=5))
DECLINED = replace(QUICK, min_incline=-30, warm_up_s=0.0)


@pytest.mark.parametrize(("ever", "setpoint"), [(False, 20), (True, 0)])
def test_unreported_incline_rises_only_if_it_was_never_reported(ever: bool, setpoint: int) -> None:
    story = Story(policy=QUICK, connected=False, without_incline=not ever)
    story.connected = story.without_incline = True
    play(story, "runs 300, 8, incline 20, 60")
    assert story.setpoint(INCLINE) == setpoint


def test_incline_that_is_no_longer_reported_is_held_with_its_reason() -> None:
    story = Story(policy=QUICK).runs(300).wait(8)
    story.ask(Verb.INCLINE, 10)
    story.wait(5).without_incline = True
    story.wait(5)
    assert [limit.rule for limit in story.decision.limiting(INCLINE)].count("missing") == 1
    assert "missing" not in [limit.rule for limit in story.decision.limiting(SPEED)]
    verdict = story.ask(Verb.INCLINE, 20)
    assert (verdict.result, [text_of(reason) for reason in verdict.reasons]) == (
        Result.REJECTED,
        ["The treadmill no longer reports a usable incline, so it may not rise."],
    )
    assert story.ask(Verb.INCLINE, 5).result is Result.ACCEPTED
    assert story.ask(Verb.SPEED, 350).result is Result.ACCEPTED


class TestRaisedMinimum:
    def declined(self, incline: int = -30) -> Story:
        story = Story(policy=DECLINED, machine=SLOPING).runs(300).wait(8)
        story.ask(Verb.INCLINE, incline)
        story.wait(20)
        return story

    def raised(self, story: Story, minimum: int = 0) -> None:
        story.guard.configure(replace(DECLINED, min_incline=minimum), story.now)

    @pytest.mark.parametrize(
        ("minimum", "reached"), [(0, "0 %"), (-20, "-2 %"), (-12, "-1 %")], ids=str
    )
    def test_declined_belt_climbs_to_the_step_above_it_by_the_ramp(
        self, minimum: int, reached: str
    ) -> None:
        story = self.declined()
        since = story.now - story.began
        self.raised(story, minimum)
        story.wait(40)
        written = story.inclines(since)
        assert written == list(range(-25, -(-minimum // 5) * 5 + 1, 5))
        assert [text_of(event) for event in story.heard("lowest_incline")] == [
            f"The lowest incline allowed is {reached} now. The belt rises to it gently."
        ]

    def test_raised_minimum_is_no_request_of_a_person(self) -> None:
        story = play(self.declined(), "names incline 160")
        self.raised(story)
        story.wait(1)
        assert story.heard("lowest_incline")
        assert "unexpected_rise_incline" in story.decision.faults

    def test_belt_climbs_to_a_minimum_that_equals_the_maximum(self) -> None:
        level = replace(DECLINED, max_incline=0)
        story = play(Story(policy=level, machine=SLOPING).runs(300).wait(8), "incline -30")
        story.wait(20).guard.configure(replace(level, min_incline=0), story.now)
        story.wait(40)
        assert story.setpoint(INCLINE) == 0

    @pytest.mark.parametrize("incline", [0, 10])
    def test_incline_at_or_above_a_raised_minimum_is_kept(self, incline: int) -> None:
        story = self.declined(incline)
        self.raised(story)
        story.wait(4)
        assert (story.setpoint(INCLINE), story.heard("lowest_incline")) == (incline, [])
        assert story.ask(Verb.INCLINE, -10).result is Result.REJECTED

    def test_other_changed_limits_leave_a_belt_found_below_the_minimum(self) -> None:
        story = Story(policy=QUICK, machine=SLOPING).runs(300, -30).wait(8)
        story.guard.configure(replace(QUICK, max_speed=1000), story.now)
        story.wait(4)
        assert (story.setpoint(INCLINE), story.heard("lowest_incline")) == (-30, [])


def test_declined_belt_found_by_a_new_guard_does_not_climb() -> None:
    story = Story(policy=QUICK, machine=SLOPING)
    guard = Guard(QUICK, story.now, Past.nobody())
    story.belt, story.speed, story.incline = Belt.RUNNING, 300.0, -30.0
    story._measure()
    decision = guard.decide(story.snapshot, story.now)
    assert "lowest_incline" not in [event.type for event in decision.events]
    assert decision.requested[INCLINE] is None


def test_unreported_incline_that_was_never_commanded_is_level() -> None:
    fine = replace(STRICT, incline_range=InclineRange(minimum=0, maximum=150, step=1))
    story = Story(policy=QUICK, machine=fine, without_incline=True).runs(300).wait(8)
    assert story.setpoint(INCLINE) == 0


class TestDeclinedAtRestart:
    """A deck that the console set below the owner's 0 %, and a new process."""

    def restarted(self) -> Story:
        seven = InclineRange(minimum=-30, maximum=150, step=7)  # -3, -2.3, … -0.2, 0.5, 1.2 %
        story = Story(machine=replace(STRICT, incline_range=seven), policy=QUICK)
        story.guard = Guard(story.policy, story.now, Past(incline=-23))
        return story.runs(300, -23).wait(16)

    def test_declined_deck_at_a_restart_gets_no_write(self) -> None:
        story = self.restarted()
        assert (story.setpoint(INCLINE), story.inclines()) == (-23, [])

    def test_declined_deck_climbs_step_by_step(self) -> None:
        story = play(self.restarted(), "incline 20, 20")
        assert story.inclines() == [-16, -9, -2, 5, 12, 19]

    def test_deck_that_has_climbed_is_never_sent_below_the_lowest_incline(self) -> None:
        story = play(self.restarted(), "incline 20, 20, finish, 10")
        assert story.inclines()[-2:] == [12, 5]


def test_incline_can_be_set_on_a_machine_without_speed_control() -> None:
    machine = replace(STRICT, quirks=(Quirk.NO_SPEED_CONTROL,))
    story = play(Story(policy=QUICK, machine=machine, connected=False), "on, runs 300, 10")
    play(story, "incline 20, 60")
    assert (story.setpoint(INCLINE), story.speeds()) == (20, [])
