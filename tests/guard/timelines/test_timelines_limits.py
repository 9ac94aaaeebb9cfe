"""Timelines of a belt under guard: what a runner may do, and when.

Speeds in 0.01 km/h, inclines in 0.1 %.
"""

from dataclasses import replace

import pytest

from bridge.guard import SteepTier
from bridge.values import Axis, Belt, Result, Verb
from protocols.ranges import InclineRange
from tests.guard.play import play
from tests.guard.proof.actions import running
from tests.guard.proof.guard_rig import KNOWN, STRICT, GuardRig, accepted
from tests.rigs.wording import rules

pytestmark = pytest.mark.unmeasured


class Quiet(GuardRig):
    """The belt's state is unknown after ten seconds without a sample."""

    @property
    def shown_belt(self) -> Belt:
        sample = self.sample
        lost = sample is None or self.now - sample.time > 10.0
        return Belt.UNKNOWN if lost else super().shown_belt


class TestWarmUp:
    def test_request_above_the_warm_up_limit_is_lowered_to_it_and_does_not_rise_later(self) -> None:
        rig = GuardRig().runs()
        verdict = rig.ask(Verb.SPEED, 1200)
        assert (verdict.result, verdict.applied) == (Result.LIMITED, 600)
        assert rules(verdict) == ("warm_up",)
        rig.at(400)
        assert max(rig.speeds()) == 600
        assert rig.speed == 600

    def test_end_of_the_warm_up_is_reported_and_needs_a_new_request(self) -> None:
        rig = play(GuardRig().runs(), "speed 1200")
        rig.at(310)
        assert len(rig.heard("warm_up_over")) == 1
        play(rig, "speed 1200=accepted, 80")
        assert rig.speed == 1200

    def test_end_of_the_warm_up_is_not_reported_again_by_a_new_session(self) -> None:
        rig = play(GuardRig().runs().wait(310), "stands, 25, runs, 20")
        assert (rig.decision.phase, len(rig.heard("warm_up_over"))) == ("active", 1)


class TestRamp:
    def test_request_between_two_steps_is_rounded_down(self) -> None:
        rig = GuardRig().warmed_up()
        verdict = rig.ask(Verb.SPEED, 608)
        assert (verdict.result, verdict.applied) == (Result.ACCEPTED, 600)


class TestEnvelope:
    @pytest.mark.parametrize(("at", "setpoint"), [(-23, -25), (-50, -50), (20, 20)])
    def test_incline_at_a_start_is_kept_without_a_write(self, at: int, setpoint: int) -> None:
        machine = replace(STRICT, incline_range=InclineRange(minimum=-50, maximum=150, step=5))
        rig = GuardRig(machine=machine, policy=replace(KNOWN, min_incline=-30)).stands()
        rig.runs(incline=at)
        rig.wait(10)
        assert (rig.setpoint(Axis.INCLINE), rig.inclines()) == (setpoint, [])


class TestUnit:
    UNKNOWN = replace(KNOWN, unit_is_kmh=False)

    def test_unit_is_confirmed_by_distance_and_speed(self) -> None:
        rig = GuardRig(policy=self.UNKNOWN).runs()
        for speed in (200, 300):
            play(rig, f"speed {speed}, 90")
        assert len(rig.heard("unit_confirmed")) == 1
        play(rig, "220, speed 1000=accepted")


class TestSteepIncline:
    def climbing(self) -> GuardRig:
        """A climb to 12 %, on a budget of 150 s of 450."""
        rig = GuardRig(policy=replace(KNOWN, steep=(SteepTier(100, 150.0, 450.0, 50),))).warmed_up()
        assert accepted(rig.ask(Verb.INCLINE, 120))
        rig.wait(130)
        assert rig.incline == 120
        return rig

    def test_steep_incline_is_lowered_after_a_warning_and_not_too_early(self) -> None:
        rig = self.climbing()
        steep_since = next(t for t, s in rig.written if s.axis is Axis.INCLINE and s.value >= 100)
        while not rig.heard("steep_closed"):
            rig.wait(1)
        assert 130 <= rig.now - steep_since <= 155
        warning = rig.heard("steep_warning")
        assert len(warning) == 1
        rig.wait(30)
        assert rig.incline == 50
        assert rig.decision.steep[0].used_s <= 150

    def test_steep_tier_opens_when_half_of_its_budget_is_free(self) -> None:
        rig = self.climbing()
        while not rig.heard("steep_closed"):
            rig.wait(5)
        verdict = rig.ask(Verb.INCLINE, 120)
        assert (verdict.result, verdict.applied) == (Result.LIMITED, 50)
        opens = rig.decision.steep[0].opens_s
        assert opens is not None
        rig.wait(opens - 10)
        assert not rig.heard("steep_open")
        rig.wait(20)
        assert rig.heard("steep_open")
        assert rig.incline == 50
        assert accepted(rig.ask(Verb.INCLINE, 120))

    def test_steep_incline_set_at_the_console_counts(self) -> None:
        rig = play(GuardRig().warmed_up(), "press incline 120, names incline 120, 300")
        assert rig.incline == 120
        assert rig.decision.steep[0].used_s > 150

    def test_time_without_a_link_after_a_climb_counts_as_steep(self) -> None:
        rig = self.climbing()
        used = rig.decision.steep[0].used_s
        play(rig, "off, 60")
        assert rig.decision.steep[0].used_s == pytest.approx(used + 60, abs=2)


class TestStale:
    def test_silence_of_3_s_is_a_hold_and_of_10_s_drops_the_request(self) -> None:
        rig = play(GuardRig().warmed_up(), "speed 1200, 10, silent, 4")
        held = rig.decision.setpoint[Axis.SPEED]
        assert any(h.rule == "stale" for h in rig.decision.limits.holds)
        assert accepted(rig.ask(Verb.SPEED, 1300))  # it waits
        play(rig, "8, speed 1300=rejected")
        assert rig.decision.setpoint[Axis.SPEED] == held
        assert "stale" in rig.decision.faults
        play(rig, "heard, 60")
        assert rig.decision.setpoint[Axis.SPEED] == held
        assert "stale" not in rig.decision.faults

    def test_belt_that_was_silent_is_still_the_one_under_guard(self) -> None:
        rig = play(Quiet().warmed_up(), "speed 900, 90, silent, 20, heard, 20")
        assert rig.decision.requested[Axis.SPEED] == 900
        assert not rig.heard("adopted")

    def test_belt_of_unknown_state_gets_no_target(self) -> None:
        rig = play(Quiet().warmed_up(), "speed 900, 90, silent, 20")
        before = len(rig.written)
        play(rig, "speed 500, 20")
        assert len(rig.written) == before
        assert play(rig, "heard, 5").decision.setpoint[Axis.SPEED] == 500

    def test_press_that_a_status_names_during_silence_counts(self) -> None:
        rig = play(Quiet().warmed_up(), "speed 900, 90, silent, 20, press speed 500")
        play(rig, "names speed 500, 5, heard, 20")
        assert rig.decision.requested[Axis.SPEED] == 500
        assert len(rig.heard("console_slowed")) == 1

    def test_press_that_a_status_names_after_a_long_sleep_raises_no_setpoint(self) -> None:
        rig = running(500)
        rig.now += 30  # the computer slept: no sample and no decision
        play(rig, "press speed 1000, names speed 1000")
        assert rig.speeds()[-1] == rig.setpoint(Axis.SPEED) == 500
        assert rig.decision.requested[Axis.SPEED] == 500

    def test_cool_down_that_ends_during_silence_stops_the_belt_once_its_data_return(self) -> None:
        rig = play(Quiet().warmed_up(), "speed 400, 30, finish, 5, silent, 320")
        assert rig.halts == []
        assert play(rig, "heard, 5").halts

    def test_belt_that_stopped_during_silence_starts_anew(self) -> None:
        rig = play(Quiet().warmed_up(), "speed 900, 90, silent, 20, stands, heard, 5, runs, 5")
        assert rig.decision.requested[Axis.SPEED] is None
