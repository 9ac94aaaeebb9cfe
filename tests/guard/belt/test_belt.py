"""A belt under guard, at its edges. Speeds in 0.01 km/h, inclines in 0.1 %, times in seconds."""

from dataclasses import replace

import pytest

from bridge.guard import Guard, Past, Slower, SteepTier
from bridge.machines.learned import UNLEARNED, UnitVerdict
from bridge.machines.profile import PLAIN
from bridge.values import INCLINE, SPEED, Belt, Measurement, Result, Verb
from bridge.values.status import ControlLost
from tests.guard.play import play
from tests.guard.proof.actions import QUICK, running
from tests.guard.proof.story import STRICT, Story
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
        story = Story()
        story.belt = belt
        play(story, "1, off, 1")
        assert {event.type for event in story.heard("link_lost")} == faults
        assert set(story.decision.faults) == faults
        story.connected = True
        assert not story.wait(1).decision.faults

    def test_control_fault_ends_with_its_link(self) -> None:
        story = play(running(), "taken, stands")
        assert set(story.decision.faults) == {"control_taken"}
        play(story, "off, 1")
        assert not story.decision.faults

    def test_control_that_is_lost_first_on_a_new_link_is_a_fault(self) -> None:
        story = Story().runs().wait(4)
        story.connected = False
        story.wait(1)
        story.connected = True
        story.says(ControlLost(story.now))
        assert "control_taken" in story.wait(1).decision.faults


class TestNewLink:
    """The link was lost and is back before the guard decides; only statuses show it."""

    def relinked(self, story: Story) -> Story:
        """The first status of each link reaches the guard."""
        for connected in (False, True):
            story.connected = connected
            story.guard.observe(ControlLost(story.now), story.snapshot, story.now)
        return story

    def test_new_link_drops_the_request_and_writes_no_target(self) -> None:
        story = self.relinked(play(running(), "speed 1200"))
        before = len(story.written)
        assert story.wait(1).decision.requested[SPEED] is None
        assert len(story.written) == before

    def test_halt_of_the_old_link_is_not_repeated(self) -> None:
        story = self.relinked(play(running(), "deaf, stop, 1"))
        before = len(story.halts)
        assert before > 0
        assert len(story.wait(3).halts) == before

    def test_standstill_on_the_old_link_does_not_make_motion_a_start(self) -> None:
        story = self.relinked(Story(policy=QUICK).wait(1)).runs(100)
        assert story.wait(8).heard("adopted")

    def test_person_change_is_rejected_until_the_new_link_shows_a_standing_belt(self) -> None:
        story = self.relinked(Story(policy=QUICK).wait(1))
        answer = story.guard.change(QUICK, Past.nobody(), story.now)
        assert rules(answer) == ("belt_moves",)


class TestStarted:
    @pytest.mark.parametrize(
        ("between", "found"), [(Belt.STARTING, False), (Belt.STOPPING, True), (Belt.UNKNOWN, True)]
    )
    def test_belt_that_did_not_stand_until_its_countdown_is_found_moving(
        self, between: Belt, found: bool
    ) -> None:
        story = Story(policy=QUICK).wait(1)
        story.belt = between
        story.wait(1).runs(100)
        assert bool(story.wait(8).heard("adopted")) is found

    def test_start_is_accepted_again_after_the_belt_moved_and_stopped(self) -> None:
        play(Story(policy=QUICK).wait(1), "start, runs, 2, stands, 1, start=accepted")

    def test_belt_started_at_the_console_during_a_halt_is_adopted_as_moving(self) -> None:
        story = play(running(acceleration=40.0), "stop")
        story.target[SPEED] = 0.0
        play(story, "stopped, 9")
        assert not story.heard("adopted")
        story.target[SPEED] = story.speed
        play(story, "started, 8")
        assert story.heard("adopted")


class TestGone:
    """After an hour without observation, the belt begins another session."""

    def left(self, away: float, *, killed: bool) -> Story:
        """A belt that was left in its cool-down, and is found running again."""
        story = play(running(policy=replace(QUICK, cool_down_s=60.0)), "finish, 5")
        past = story.guard.past(story.now).aged(away)
        play(story, "off, 1")
        story.now += away
        if killed:
            story.guard = Guard(story.policy, story.now, past)
        story.connected, story.events = True, []
        story.runs(500).wait(8)
        return story

    @pytest.mark.parametrize("killed", [False, True], ids=["the link was lost", "killed"])
    @pytest.mark.parametrize(("away", "over"), [(3590.0, False), (3610.0, True)])
    def test_belt_unobserved_for_an_hour_begins_a_new_session_without_cool_down(
        self, away: float, over: bool, killed: bool
    ) -> None:
        story = self.left(away, killed=killed)
        assert bool(story.heard("session_ended")) is over
        assert bool(story.heard("session_started")) is over
        assert bool(story.halts) is not over


class TestFinish:
    @pytest.mark.parametrize("pause", [5, 300])
    def test_pause_does_not_count_towards_a_finish(self, pause: int) -> None:
        story = running(policy=replace(QUICK, cool_down_s=40.0, warm_up_pause_s=600.0))
        story.ask(Verb.FINISH)
        story.wait(10).stands(Belt.PAUSED).wait(pause)
        story.runs().wait(28)
        assert not story.halts
        story.wait(4)
        assert story.halts

    def test_finish_begins_at_the_setpoint_without_a_measured_speed(self) -> None:
        story = running()
        story.garbled = Measurement()
        play(story, "1, finish")
        assert story.decision.limits.most(SPEED) == 800

    @pytest.mark.parametrize("known", [None, 15])
    def test_finish_begins_at_the_lowest_speed_if_no_speed_is_known(
        self, known: int | None
    ) -> None:
        story = Story(policy=QUICK)
        past = replace(Past.nobody(), incline=known)
        story.guard = Guard(QUICK, story.now, past)
        story.sample, story.belt, story.silent = None, Belt.RUNNING, True
        play(story, "1, finish")
        assert story.decision.limits.most(SPEED) == 80
        assert story.decision.limits.most(INCLINE) == (known or 0)

    def test_finish_event_names_its_speed_and_duration(self) -> None:
        story = play(running(), "finish")
        assert [text_of(event) for event in story.heard("cool_down")] == [
            "Cool-down: slowing to 4 km/h over 8 s, then stop."
        ]

    def test_stop_of_a_finish_waits_until_walking_speed_was_written(self) -> None:
        story = play(running(policy=replace(QUICK, speed_easing=20.0)), "finish, off")
        story.wait(QUICK.cool_down_s + 1)
        story.connected = True
        story.speed = story.target[SPEED] = 1000.0
        while not story.halts:
            story.wait(0.25)
        assert story.speeds()[-1] <= 420
        assert len(story.heard("cool_down")) == 1  # it has no time left to speak of

    def test_unobserved_pause_does_not_delay_a_finish(self) -> None:
        story = play(running(policy=replace(QUICK, cool_down_s=60.0)), "finish, 5, stands paused")
        play(story, "silent, 8")
        cool_down = story.guard.person.cool_down
        assert cool_down is not None
        left = cool_down.left(story.now)
        story.wait(4)
        cool_down = story.guard.person.cool_down
        assert cool_down is not None
        assert cool_down.left(story.now) == left - 4


class TestDeserted:
    def deserted(self, seconds: float) -> Result:
        story = play(running(), f"off, {seconds}")
        return story.guard.change(QUICK, Past.nobody(), story.now).result

    def test_person_change_is_accepted_once_the_link_is_lost_for_the_pause_time(self) -> None:
        assert self.deserted(20) is Result.REJECTED
        assert self.deserted(21.25) is Result.ACCEPTED

    def test_person_change_is_rejected_when_the_link_is_lost_right_after_a_start(self) -> None:
        story = play(Story(policy=QUICK).runs(0), "off, 1")
        assert story.guard.change(QUICK, Past.nobody(), story.now).result is Result.REJECTED


class TestSteep:
    def test_standing_belt_uses_no_steep_time_even_at_a_steep_incline(self) -> None:
        tier = SteepTier(threshold=1, budget_s=600.0, window_s=1800.0, then=0)
        story = Story(policy=replace(QUICK, steep=(tier,))).runs(incline=20).wait(5)
        story.stands(Belt.PAUSED).wait(1)
        used = story.decision.steep[0].used_s
        assert story.wait(10).decision.steep[0].used_s == used

    def test_incline_request_of_an_earlier_session_uses_no_steep_time(self) -> None:
        tier = SteepTier(threshold=120, budget_s=600.0, window_s=1800.0, then=0)
        story = play(running(policy=replace(QUICK, steep=(tier,))), "incline 120, 40, stop")
        used = story.stands().wait(2).decision.steep[0].used_s
        assert used > 0
        story.runs(incline=115).wait(10)
        assert story.decision.steep[0].used_s == used

    def test_silence_before_a_steep_reading_counts_as_steep(self) -> None:
        story = play(running(), "silent, 8")
        assert story.decision.steep[0].used_s == 0
        story.incline = story.target[INCLINE] = 120.0
        play(story, "heard, 2")
        assert story.decision.steep[0].used_s >= 8 - 3

    def test_level_belt_uses_none_of_the_steep_budget(self) -> None:
        tier = SteepTier(threshold=1, budget_s=600.0, window_s=1800.0, then=0)
        story = Story(policy=replace(QUICK, steep=(tier,))).runs().wait(5)
        assert story.decision.steep[0].used_s == 0


class TestReported:
    def test_end_of_a_rest_after_pain_is_reported(self) -> None:
        story = Story(policy=replace(QUICK, rest_s=2.0))
        story.guard.person.report_pain(5, story.now)
        assert not story.wait(1).heard("rest_over")
        assert story.wait(1).heard("rest_over")

    def test_unit_learned_while_the_belt_runs_is_reported(self) -> None:
        story = Story().runs().wait(2)
        assert story.sample is not None
        learned = replace(UNLEARNED, reports=UnitVerdict.KMH, targets=UnitVerdict.KMH)
        sample = replace(story.sample, time=story.now + 1)
        snapshot = replace(story.snapshot, learned=learned, sample=sample)
        events = story.guard.decide(snapshot, story.now + 1).events
        assert "unit_confirmed" in [event.type for event in events]


class TestFacts:
    def test_start_without_a_reading_adopts_the_last_known_incline(self) -> None:
        past = replace(Past.nobody(), incline=60)
        story = Story(policy=QUICK, past=past, without_incline=True).stands().runs()
        assert story.decision.setpoint[INCLINE] == 60

    def test_pause_between_writes_comes_from_the_machine_profile(self) -> None:
        edge = replace(STRICT.edge, profile=replace(PLAIN, pace_s=1.5))
        story = Story(machine=replace(STRICT, edge=edge))
        belt, unknown = story.guard._belt, replace(story.snapshot, machine=None)
        assert belt.facts(story.snapshot, story.now).pace_s == 1.5
        assert belt.facts(unknown, story.now).pace_s == 0

    def test_raised_minimum_incline_makes_no_request_for_a_standing_belt(self) -> None:
        story = Story(policy=QUICK).wait(1)
        story.guard.configure(replace(QUICK, min_incline=20), story.now)
        assert story.wait(1).decision.requested[INCLINE] is None

    @pytest.mark.parametrize(("measured", "most"), [(None, 400), (0, None), (120, 400)])
    def test_last_known_incline_is_used_while_none_is_measured(
        self, measured: int | None, most: int | None
    ) -> None:
        policy = replace(QUICK, warm_up_s=0.0, slower=(Slower(100, 400),))
        past = replace(Past.nobody(), incline=120)
        story = Story(policy=policy, past=past, without_incline=measured is None)
        story.incline = float(measured or 0)
        bounds = story.stands().decision.limits.bounds
        found = [bound.value for bound in bounds if bound.rule == "slower"]
        assert found == ([] if most is None else [most])


class TestOver:
    @pytest.mark.parametrize(
        ("belt", "counted"), [(Belt.STOPPING, 3.0), (Belt.PAUSED, 0.0), (Belt.UNKNOWN, 0.0)]
    )
    def test_warm_up_time_counts_while_the_belt_is_stopping(
        self, belt: Belt, counted: float
    ) -> None:
        story = Story(acceleration=5.0).runs().wait(5)
        left = story.decision.warm_up_left_s
        story.belt = belt
        assert left - story.wait(3).decision.warm_up_left_s == counted

    def test_silence_longer_than_the_pause_time_restarts_the_warm_up(self) -> None:
        story = play(running(), "silent")
        story.wait(QUICK.warm_up_pause_s + 4)
        assert story.decision.warm_up_left_s == QUICK.warm_up_s
        story.ask(Verb.SPEED, 300)
        assert story.decision.warm_up_left_s == QUICK.warm_up_s
