"""Stories of a belt under guard: what a runner may do, and when.

Speeds in 0.01 km/h, inclines in 0.1 %.
"""

from dataclasses import replace

import pytest

from bridge.guard import SteepTier
from bridge.values import Axis, Belt, Result, Verb
from protocols.ranges import InclineRange
from tests.guard.play import play
from tests.guard.proof.story import KNOWN, STRICT, Story, accepted
from tests.rigs.wording import rules

pytestmark = pytest.mark.unmeasured


class Quiet(Story):
    """The belt's state is unknown after ten seconds without a sample."""

    @property
    def shown_belt(self) -> Belt:
        sample = self.sample
        lost = sample is None or self.now - sample.time > 10.0
        return Belt.UNKNOWN if lost else super().shown_belt


class TestWarmUp:
    def test_request_above_the_warm_up_limit_is_lowered_to_it_and_does_not_rise_later(self) -> None:
        story = Story().runs()
        verdict = story.ask(Verb.SPEED, 1200)
        assert (verdict.result, verdict.applied) == (Result.LIMITED, 600)
        assert rules(verdict) == ("warm_up",)
        story.at(400)
        assert max(story.speeds()) == 600
        assert story.speed == 600

    def test_end_of_the_warm_up_is_reported_and_needs_a_new_request(self) -> None:
        story = play(Story().runs(), "speed 1200")
        story.at(310)
        assert len(story.heard("warm_up_over")) == 1
        play(story, "speed 1200=accepted, 80")
        assert story.speed == 1200

    def test_end_of_the_warm_up_is_not_reported_again_by_a_new_session(self) -> None:
        story = play(Story().runs().wait(310), "stands, 25, runs, 20")
        assert (story.decision.phase, len(story.heard("warm_up_over"))) == ("active", 1)


class TestRamp:
    def test_request_between_two_steps_is_rounded_down(self) -> None:
        story = Story().warmed_up()
        verdict = story.ask(Verb.SPEED, 608)
        assert (verdict.result, verdict.applied) == (Result.ACCEPTED, 600)


class TestEnvelope:
    @pytest.mark.parametrize(("at", "setpoint"), [(-23, -25), (-50, -50), (20, 20)])
    def test_incline_at_a_start_is_kept_without_a_write(self, at: int, setpoint: int) -> None:
        machine = replace(STRICT, incline_range=InclineRange(minimum=-50, maximum=150, step=5))
        story = Story(machine=machine, policy=replace(KNOWN, min_incline=-30)).stands()
        story.runs(incline=at)
        story.wait(10)
        assert (story.setpoint(Axis.INCLINE), story.inclines()) == (setpoint, [])


class TestUnit:
    UNKNOWN = replace(KNOWN, unit_is_kmh=False)

    def test_unit_is_confirmed_by_distance_and_speed(self) -> None:
        story = Story(policy=self.UNKNOWN).runs()
        for speed in (200, 300):
            play(story, f"speed {speed}, 90")
        assert len(story.heard("unit_confirmed")) == 1
        play(story, "220, speed 1000=accepted")


class TestSteepIncline:
    def climbing(self) -> Story:
        """A climb to 12 %, on a budget of 150 s of 450."""
        story = Story(policy=replace(KNOWN, steep=(SteepTier(100, 150.0, 450.0, 50),))).warmed_up()
        assert accepted(story.ask(Verb.INCLINE, 120))
        story.wait(130)
        assert story.incline == 120
        return story

    def test_steep_incline_is_lowered_after_a_warning_and_not_too_early(self) -> None:
        story = self.climbing()
        steep_since = next(t for t, s in story.written if s.axis is Axis.INCLINE and s.value >= 100)
        while not story.heard("steep_closed"):
            story.wait(1)
        assert 130 <= story.now - steep_since <= 155
        warning = story.heard("steep_warning")
        assert len(warning) == 1
        story.wait(30)
        assert story.incline == 50
        assert story.decision.steep[0].used_s <= 150

    def test_steep_tier_opens_when_half_of_its_budget_is_free(self) -> None:
        story = self.climbing()
        while not story.heard("steep_closed"):
            story.wait(5)
        verdict = story.ask(Verb.INCLINE, 120)
        assert (verdict.result, verdict.applied) == (Result.LIMITED, 50)
        opens = story.decision.steep[0].opens_s
        assert opens is not None
        story.wait(opens - 10)
        assert not story.heard("steep_open")
        story.wait(20)
        assert story.heard("steep_open")
        assert story.incline == 50
        assert accepted(story.ask(Verb.INCLINE, 120))

    def test_steep_incline_set_at_the_console_counts(self) -> None:
        story = play(Story().warmed_up(), "press incline 120, names incline 120, 300")
        assert story.incline == 120
        assert story.decision.steep[0].used_s > 150

    def test_time_without_a_link_after_a_climb_counts_as_steep(self) -> None:
        story = self.climbing()
        used = story.decision.steep[0].used_s
        play(story, "off, 60")
        assert story.decision.steep[0].used_s == pytest.approx(used + 60, abs=2)


class TestStale:
    def test_silence_of_3_s_is_a_hold_and_of_10_s_drops_the_request(self) -> None:
        story = play(Story().warmed_up(), "speed 1200, 10, silent, 4")
        held = story.decision.setpoint[Axis.SPEED]
        assert any(h.rule == "stale" for h in story.decision.limits.holds)
        assert accepted(story.ask(Verb.SPEED, 1300))  # it waits
        play(story, "8, speed 1300=rejected")
        assert story.decision.setpoint[Axis.SPEED] == held
        assert "stale" in story.decision.faults
        play(story, "heard, 60")
        assert story.decision.setpoint[Axis.SPEED] == held
        assert "stale" not in story.decision.faults

    def test_belt_that_was_silent_is_still_the_one_under_guard(self) -> None:
        story = play(Quiet().warmed_up(), "speed 900, 90, silent, 20, heard, 20")
        assert story.decision.requested[Axis.SPEED] == 900
        assert not story.heard("adopted")

    def test_belt_of_unknown_state_gets_no_target(self) -> None:
        story = play(Quiet().warmed_up(), "speed 900, 90, silent, 20")
        before = len(story.written)
        play(story, "speed 500, 20")
        assert len(story.written) == before
        assert play(story, "heard, 5").decision.setpoint[Axis.SPEED] == 500

    def test_press_that_a_status_names_during_silence_counts(self) -> None:
        story = play(Quiet().warmed_up(), "speed 900, 90, silent, 20, press speed 500")
        play(story, "names speed 500, 5, heard, 20")
        assert story.decision.requested[Axis.SPEED] == 500
        assert len(story.heard("console_slowed")) == 1

    def test_belt_that_stopped_during_silence_starts_anew(self) -> None:
        story = play(Quiet().warmed_up(), "speed 900, 90, silent, 20, stands, heard, 5, runs, 5")
        assert story.decision.requested[Axis.SPEED] is None
