"""A belt under guard, at its edges. Speeds in 0.01 km/h, inclines in 0.1 %, times in seconds."""

from dataclasses import replace

import pytest

from bridge.guard import Guard, Past, Slower, SteepTier
from bridge.machines.learned import UNLEARNED, UnitVerdict
from bridge.values import INCLINE, SPEED, Belt, Measurement, Result, Verb
from bridge.values.status import ControlLost
from tests.guard.play import play
from tests.guard.proof.actions import QUICK, running
from tests.guard.proof.guard_rig import GuardRig
from tests.rigs.wording import rules, text_of

pytestmark = pytest.mark.unmeasured


class TestLink:
    @pytest.mark.parametrize(
        ("belt", "faults"),
        [
            (Belt.RUNNING, {"link_lost"}),
            (Belt.STARTING, {"link_lost"}),
            (Belt.STOPPING, {"link_lost"}),
            (Belt.IDLE, set()),
            (Belt.UNKNOWN, set()),
        ],
    )
    def test_lost_link_is_a_fault_while_the_belt_moves(self, belt: Belt, faults: set[str]) -> None:
        rig = GuardRig()
        rig.belt = belt
        play(rig, "1, off, 1")
        assert {event.type for event in rig.heard("link_lost")} == faults
        assert set(rig.decision.faults) == faults
        rig.connected = True
        assert not rig.wait(1).decision.faults

    def test_control_fault_ends_with_its_link(self) -> None:
        rig = play(running(), "taken, stands")
        assert set(rig.decision.faults) == {"control_taken"}
        play(rig, "off, 1")
        assert not rig.decision.faults

    def test_control_that_is_lost_first_on_a_new_link_is_a_fault(self) -> None:
        rig = GuardRig().runs().wait(4)
        rig.connected = False
        rig.wait(1)
        rig.connected = True
        rig.says(ControlLost(rig.now))
        assert "control_taken" in rig.wait(1).decision.faults


class TestNewLink:
    """The link was lost and is back before the guard decides; only statuses show it."""

    def relinked(self, rig: GuardRig) -> GuardRig:
        """The first status of each link reaches the guard."""
        for connected in (False, True):
            rig.connected = connected
            rig.guard.observe(ControlLost(rig.now), rig.snapshot, rig.now)
        return rig

    def test_new_link_drops_the_request_and_writes_no_target(self) -> None:
        rig = self.relinked(play(running(), "speed 1200"))
        before = len(rig.written)
        assert rig.wait(1).decision.requested[SPEED] is None
        assert len(rig.written) == before

    def test_halt_of_the_old_link_is_not_repeated(self) -> None:
        rig = self.relinked(play(running(), "deaf, stop, 1"))
        before = len(rig.halts)
        assert before > 0
        assert len(rig.wait(3).halts) == before

    def test_standstill_on_the_old_link_does_not_make_motion_a_start(self) -> None:
        rig = self.relinked(GuardRig(policy=QUICK).wait(1)).runs(100)
        assert rig.wait(8).heard("adopted")

    def test_person_change_is_rejected_until_the_new_link_shows_a_standing_belt(self) -> None:
        rig = self.relinked(GuardRig(policy=QUICK).wait(1))
        answer = rig.guard.change(QUICK, Past.nobody(), rig.now)
        assert rules(answer) == ("belt_moves",)


class TestStarted:
    @pytest.mark.parametrize(
        ("between", "found"), [(Belt.STARTING, False), (Belt.STOPPING, True), (Belt.UNKNOWN, True)]
    )
    def test_belt_that_did_not_stand_until_its_countdown_is_found_moving(
        self, between: Belt, found: bool
    ) -> None:
        rig = GuardRig(policy=QUICK).wait(1)
        rig.belt = between
        rig.wait(1).runs(100)
        assert bool(rig.wait(8).heard("adopted")) is found

    def test_start_is_accepted_again_after_the_belt_moved_and_stopped(self) -> None:
        play(GuardRig(policy=QUICK).wait(1), "start, runs, 2, stands, 1, start=accepted")

    def test_belt_started_at_the_console_during_a_halt_is_adopted_as_moving(self) -> None:
        rig = play(running(acceleration=40.0), "stop")
        rig.target[SPEED] = 0.0
        play(rig, "stopped, 9")
        assert not rig.heard("adopted")
        rig.target[SPEED] = rig.speed
        play(rig, "started, 8")
        assert rig.heard("adopted")


class TestGone:
    """After an hour without observation, the belt begins another session."""

    def left(self, away: float, *, killed: bool) -> GuardRig:
        """A belt that was left in its cool-down, and is found running again."""
        rig = play(running(policy=replace(QUICK, cool_down_s=60.0)), "finish, 5")
        past = rig.guard.past(rig.now).aged(away)
        play(rig, "off, 1")
        rig.now += away
        if killed:
            rig.guard = Guard(rig.policy, rig.now, past)
        rig.connected, rig.events = True, []
        rig.runs(500).wait(8)
        return rig

    @pytest.mark.parametrize("killed", [False, True], ids=["the link was lost", "killed"])
    @pytest.mark.parametrize(("away", "over"), [(3590.0, False), (3610.0, True)])
    def test_belt_unobserved_for_an_hour_begins_a_new_session_without_cool_down(
        self, away: float, over: bool, killed: bool
    ) -> None:
        rig = self.left(away, killed=killed)
        assert bool(rig.heard("session_ended")) is over
        assert bool(rig.heard("session_started")) is over
        assert bool(rig.halts) is not over


class TestFinish:
    @pytest.mark.parametrize("pause", [5, 300])
    def test_pause_does_not_count_towards_a_finish(self, pause: int) -> None:
        rig = running(policy=replace(QUICK, cool_down_s=40.0, warm_up_pause_s=600.0))
        rig.ask(Verb.FINISH)
        rig.wait(10).stands(Belt.PAUSED).wait(pause)
        rig.runs().wait(28)
        assert not rig.halts
        rig.wait(4)
        assert rig.halts

    def test_finish_begins_at_the_setpoint_without_a_measured_speed(self) -> None:
        rig = running()
        rig.garbled = Measurement()
        play(rig, "1, finish")
        assert rig.decision.limits.most(SPEED) == 800

    @pytest.mark.parametrize("known", [None, 15])
    def test_finish_begins_at_the_lowest_speed_if_no_speed_is_known(
        self, known: int | None
    ) -> None:
        rig = GuardRig(policy=QUICK)
        past = replace(Past.nobody(), incline=known)
        rig.guard = Guard(QUICK, rig.now, past)
        rig.sample, rig.belt, rig.silent = None, Belt.RUNNING, True
        play(rig, "1, finish")
        assert rig.decision.limits.most(SPEED) == 80
        assert rig.decision.limits.most(INCLINE) == (known or 0)

    def test_finish_event_names_its_speed_and_duration(self) -> None:
        rig = play(running(), "finish")
        assert [text_of(event) for event in rig.heard("cool_down")] == [
            "Cool-down: slowing to 4 km/h over 8 s, then stop."
        ]

    def test_stop_of_a_finish_waits_until_walking_speed_was_written(self) -> None:
        rig = play(running(policy=replace(QUICK, speed_easing=20.0)), "finish, off")
        rig.wait(QUICK.cool_down_s + 1)
        rig.connected = True
        rig.speed = rig.target[SPEED] = 1000.0
        while not rig.halts:
            rig.wait(0.25)
        assert rig.speeds()[-1] <= 420
        assert len(rig.heard("cool_down")) == 1  # it has no time left to speak of

    def test_unobserved_pause_does_not_delay_a_finish(self) -> None:
        rig = play(running(policy=replace(QUICK, cool_down_s=60.0)), "finish, 5, stands paused")
        play(rig, "silent, 8")
        cool_down = rig.guard.person.cool_down
        assert cool_down is not None
        left = cool_down.left(rig.now)
        rig.wait(4)
        cool_down = rig.guard.person.cool_down
        assert cool_down is not None
        assert cool_down.left(rig.now) == left - 4


class TestDeserted:
    def deserted(self, seconds: float) -> Result:
        rig = play(running(), f"off, {seconds}")
        return rig.guard.change(QUICK, Past.nobody(), rig.now).result

    def test_person_change_is_accepted_once_the_link_is_lost_for_the_pause_time(self) -> None:
        assert self.deserted(20) is Result.REJECTED
        assert self.deserted(21.25) is Result.ACCEPTED

    def test_person_change_is_rejected_when_the_link_is_lost_right_after_a_start(self) -> None:
        rig = play(GuardRig(policy=QUICK).runs(0), "off, 1")
        assert rig.guard.change(QUICK, Past.nobody(), rig.now).result is Result.REJECTED


class TestSteep:
    def test_standing_belt_uses_no_steep_time_even_at_a_steep_incline(self) -> None:
        tier = SteepTier(threshold=1, budget_s=600.0, window_s=1800.0, then=0)
        rig = GuardRig(policy=replace(QUICK, steep=(tier,))).runs(incline=20).wait(5)
        rig.stands(Belt.PAUSED).wait(1)
        used = rig.decision.steep[0].used_s
        assert rig.wait(10).decision.steep[0].used_s == used

    def test_incline_request_of_an_earlier_session_uses_no_steep_time(self) -> None:
        tier = SteepTier(threshold=120, budget_s=600.0, window_s=1800.0, then=0)
        rig = play(running(policy=replace(QUICK, steep=(tier,))), "incline 120, 40, stop")
        used = rig.stands().wait(2).decision.steep[0].used_s
        assert used > 0
        rig.runs(incline=115).wait(10)
        assert rig.decision.steep[0].used_s == used

    def test_silence_before_a_steep_reading_counts_as_steep(self) -> None:
        rig = play(running(), "silent, 8")
        assert rig.decision.steep[0].used_s == 0
        rig.incline = rig.target[INCLINE] = 120.0
        play(rig, "heard, 2")
        assert rig.decision.steep[0].used_s >= 8 - 3

    def test_level_belt_uses_none_of_the_steep_budget(self) -> None:
        tier = SteepTier(threshold=1, budget_s=600.0, window_s=1800.0, then=0)
        rig = GuardRig(policy=replace(QUICK, steep=(tier,))).runs().wait(5)
        assert rig.decision.steep[0].used_s == 0


class TestReported:
    def test_end_of_a_rest_after_pain_is_reported(self) -> None:
        rig = GuardRig(policy=replace(QUICK, rest_s=2.0))
        rig.guard.person.report_pain(5, rig.now)
        assert not rig.wait(1).heard("rest_over")
        assert rig.wait(1).heard("rest_over")

    def test_unit_learned_while_the_belt_runs_is_reported(self) -> None:
        rig = GuardRig().runs().wait(2)
        assert rig.sample is not None
        learned = replace(UNLEARNED, reports=UnitVerdict.KMH, targets=UnitVerdict.KMH)
        sample = replace(rig.sample, time=rig.now + 1)
        snapshot = replace(rig.snapshot, learned=learned, sample=sample)
        events = rig.guard.decide(snapshot, rig.now + 1).events
        assert "unit_confirmed" in [event.type for event in events]


class TestFacts:
    def test_start_without_a_reading_adopts_the_last_known_incline(self) -> None:
        past = replace(Past.nobody(), incline=60)
        rig = GuardRig(policy=QUICK, past=past, without_incline=True).stands().runs()
        assert rig.decision.setpoint[INCLINE] == 60

    def test_raised_minimum_incline_makes_no_request_for_a_standing_belt(self) -> None:
        rig = GuardRig(policy=QUICK).wait(1)
        rig.guard.configure(replace(QUICK, min_incline=20), rig.now)
        assert rig.wait(1).decision.requested[INCLINE] is None

    @pytest.mark.parametrize(("measured", "most"), [(None, 400), (0, None), (120, 400)])
    def test_last_known_incline_is_used_while_none_is_measured(
        self, measured: int | None, most: int | None
    ) -> None:
        policy = replace(QUICK, warm_up_s=0.0, slower=(Slower(100, 400),))
        past = replace(Past.nobody(), incline=120)
        rig = GuardRig(policy=policy, past=past, without_incline=measured is None)
        rig.incline = float(measured or 0)
        bounds = rig.stands().decision.limits.bounds
        found = [bound.value for bound in bounds if bound.rule == "slower"]
        assert found == ([] if most is None else [most])


class TestOver:
    @pytest.mark.parametrize(
        ("belt", "counted"), [(Belt.STOPPING, 3.0), (Belt.PAUSED, 0.0), (Belt.UNKNOWN, 0.0)]
    )
    def test_warm_up_time_counts_while_the_belt_is_stopping(
        self, belt: Belt, counted: float
    ) -> None:
        rig = GuardRig(acceleration=5.0).runs().wait(5)
        left = rig.decision.warm_up_left_s
        rig.belt = belt
        assert left - rig.wait(3).decision.warm_up_left_s == counted

    def test_silence_longer_than_the_pause_time_restarts_the_warm_up(self) -> None:
        rig = play(running(), "silent")
        rig.wait(QUICK.warm_up_pause_s + 4)
        assert rig.decision.warm_up_left_s == QUICK.warm_up_s
        rig.ask(Verb.SPEED, 300)
        assert rig.decision.warm_up_left_s == QUICK.warm_up_s
