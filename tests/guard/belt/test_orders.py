"""Halts, starts and who may give them. Speeds in 0.01 km/h."""

from dataclasses import replace

import pytest

from bridge.values import (
    Axis,
    Belt,
    Halt,
    Measurement,
    Result,
    Verb,
)
from bridge.values.status import SafetyKey, Started, Stopped
from tests.guard.proof.actions import QUICK, running
from tests.guard.proof.story import STRICT, Story, accepted
from tests.rigs.wording import rules


class TestHalt:
    def test_asking_again_writes_it_again_and_delays_no_alarm(self) -> None:
        story = running()
        story.obeys = False
        for _ in range(4):
            story.ask(Verb.STOP)
            assert story.decision.halt is Halt.STOP
            story.wait(1.5)
        assert story.heard("stop_ignored")

    def test_a_pause_that_is_asked_at_the_same_moment_does_not_take_its_place(self) -> None:
        story = running()
        story.ask(Verb.STOP, decide=False)
        story.ask(Verb.PAUSE)
        assert [kind for _, kind in story.halts] == [Halt.STOP]

    def test_a_pause_after_it_takes_nothing_back(self) -> None:
        story = running()
        story.ask(Verb.STOP)
        story.wait(0.5).ask(Verb.PAUSE)
        assert [kind for _, kind in story.halts] == [Halt.STOP, Halt.PAUSE]
        story.stands(Belt.PAUSED).wait(1)
        assert story.heard("session_ended")

    def test_a_target_for_a_paused_belt_is_told_what_comes_first(self) -> None:
        story = running()
        story.ask(Verb.PAUSE)
        story.wait(1).stands(Belt.PAUSED).wait(3)
        verdict = story.ask(Verb.SPEED, 500)
        assert verdict.result is Result.REJECTED
        assert [reason.rule for reason in verdict.reasons] == ["paused"]

    def test_a_belt_that_only_hesitates_is_told_again(self) -> None:
        story = running()
        story.ask(Verb.STOP)
        story.speed = 760
        story.target[Axis.SPEED] = 760
        story.obeys = False
        story.wait(4)
        halts = len(story.halts)
        assert halts <= 3
        story.wait(9)
        assert len(story.halts) > halts + 2
        assert story.heard("stop_ignored")

    def test_a_heavy_step_is_no_obedience(self) -> None:
        """The machine said that it stops, and for a moment it looked like it; but it runs on."""
        story = running()
        story.ask(Verb.STOP)
        story.belt = Belt.STOPPING
        story.target[Axis.SPEED] = story.speed = 770
        story.acceleration = 0.0
        story.wait(1)
        story.belt = Belt.RUNNING
        story.target[Axis.SPEED] = story.speed = 800
        story.wait(3)
        assert len(story.halts) >= 3
        story.wait(5)
        assert story.heard("stop_ignored")
        assert story.ask(Verb.SPEED, 900).result is Result.REJECTED

    @pytest.mark.parametrize("silent", [False, True])
    def test_it_is_not_lost_in_a_countdown(self, silent: bool) -> None:
        """Some machines take no order while they count, and start all the same."""
        story = Story(policy=QUICK).wait(2)
        story.ask(Verb.START)
        story.silent = silent
        story.belt = Belt.STARTING
        story.wait(1)
        story.ask(Verb.STOP)
        story.wait(3)
        assert len(story.halts) == 4
        story.silent = False
        story.runs().wait(3)
        assert len(story.halts) >= 6
        assert story.heard("stop_ignored")

    def test_a_zero_that_nobody_vouches_for_is_no_slowing(self) -> None:
        """Some machines send nothing but zeros while their belt moves."""
        story = Story(policy=QUICK)
        story.belt = Belt.UNKNOWN
        story.wait(2)
        story.ask(Verb.STOP)
        story.wait(6)
        assert len(story.halts) == 7  # each second
        assert story.heard("stop_ignored")

    def test_it_is_not_lost_before_the_start_shows(self) -> None:
        """The start is written and not answered yet: the belt still stands, and starts then."""
        story = Story(policy=QUICK).wait(2)
        assert accepted(story.ask(Verb.START))
        story.ask(Verb.STOP)
        story.wait(2)
        assert len(story.halts) == 1
        story.belt = Belt.STARTING
        story.wait(3)
        assert len(story.halts) == 4
        story.stands().wait(15)
        assert accepted(story.ask(Verb.START))

    def test_nothing_is_waited_for_that_showed_while_it_was_stopped(self) -> None:
        story = Story(policy=QUICK).wait(2)
        assert accepted(story.ask(Verb.START))
        story.ask(Verb.STOP)
        story.runs(80).wait(1)
        story.stands().wait(1)
        assert accepted(story.ask(Verb.START))

    def test_who_starts_it_at_the_console_after_that_is_not_stopped(self) -> None:
        story = Story(policy=QUICK).wait(2)
        story.ask(Verb.START)
        story.ask(Verb.STOP)
        story.runs(80).wait(1)
        story.stands().wait(1)
        halts = len(story.halts)
        story.runs(80).wait(10)
        assert len(story.halts) == halts

    def test_a_belt_that_stops_in_silence_is_told_once(self) -> None:
        story = running()
        story.garbled = Measurement()
        story.ask(Verb.STOP)
        story.belt = Belt.STOPPING
        story.wait(4)
        assert len(story.halts) == 1

    def test_a_machine_s_word_alone_is_no_slowing(self) -> None:
        story = running()
        story.obeys = False
        story.ask(Verb.STOP)
        story.belt = Belt.STOPPING  # it said so, and runs on
        story.target[Axis.SPEED] = story.speed
        story.acceleration = 0.0
        story.wait(4)
        assert len(story.halts) == 5
        story.wait(2)
        assert story.heard("stop_ignored")

    def test_where_nothing_is_measured_any_more_the_word_counts(self) -> None:
        story = running()
        story.ask(Verb.STOP)
        story.silent = True
        story.belt = Belt.STOPPING
        story.wait(4)
        halts = len(story.halts)
        story.wait(20)
        assert len(story.halts) == halts
        assert not story.heard("stop_ignored")

    @pytest.mark.parametrize(("age", "halts"), [(3.0, 2), (3.25, 1)])
    def test_what_was_measured_three_seconds_ago_still_counts(self, age: float, halts: int) -> None:
        """At that speed it did not stop, whatever the machine says."""
        story = running()
        story.silent = True
        story.wait(age - 1)
        story.ask(Verb.STOP)
        story.belt = Belt.STOPPING
        story.wait(1)
        assert len(story.halts) == halts

    def test_a_belt_at_zero_that_may_still_run_out_is_told_no_more(self) -> None:
        story = running()
        story.ask(Verb.STOP)
        story.belt, story.speed = Belt.STOPPING, 0.0
        story.wait(1)
        halts = len(story.halts)
        story.wait(20)
        assert len(story.halts) == halts
        assert not story.heard("stop_ignored")

    def test_it_is_not_lost_in_a_start(self) -> None:
        story = Story(policy=QUICK).wait(2)
        story.ask(Verb.STOP, decide=False)
        assert story.ask(Verb.START).result is Result.REJECTED
        assert story.halts
        assert not story.starts
        story.wait(1)
        assert accepted(story.ask(Verb.START))

    def test_it_is_not_lost_in_a_new_link(self) -> None:
        story = Story(policy=QUICK).wait(2)
        story.connected = False
        story.wait(2)
        story.connected = True
        story.ask(Verb.STOP)
        assert story.halts

    def test_a_moment_of_not_knowing_is_no_new_start(self) -> None:
        story = running()
        story.ask(Verb.STOP)
        story.speed = 500
        story.wait(1)
        story.belt = Belt.UNKNOWN
        story.wait(1)
        story.belt = Belt.RUNNING
        story.wait(1)
        assert story.ask(Verb.SPEED, 900).result is Result.REJECTED

    @pytest.mark.parametrize(("verb", "ends"), [(Verb.STOP, True), (Verb.PAUSE, False)])
    def test_a_stop_ends_the_session_even_where_the_machine_calls_it_a_pause(
        self, verb: Verb, ends: bool
    ) -> None:
        story = running()
        story.ask(verb)
        story.stands(Belt.PAUSED).wait(2)
        assert bool(story.heard("session_ended")) is ends

    def test_it_clears_what_it_has_alarmed_of(self) -> None:
        story = running()
        story.ask(Verb.STOP)
        story.wait(7)
        assert "stop_ignored" in story.decision.faults
        story.stands().wait(1)
        assert "stop_ignored" not in story.decision.faults


class TestStart:
    def test_it_is_not_written_to_a_belt_that_moves_by_then(self) -> None:
        """Some machines take a start as a toggle."""
        story = Story(policy=QUICK).wait(2)
        assert accepted(story.ask(Verb.START, decide=False))
        story.runs()
        assert not story.starts

    def test_a_start_of_long_ago_is_not_behind_a_start_at_the_console(self) -> None:
        story = Story(policy=QUICK).wait(2)
        assert accepted(story.ask(Verb.START))
        story.wait(60)
        story.runs(100).wait(20)
        assert not story.written

    def test_a_start_shortly_after_our_own_does_not_prove_the_key(self) -> None:
        story = Story(policy=QUICK).wait(2)
        story.ask(Verb.START)
        story.wait(1)
        story.says(SafetyKey(story.now)).says(Started(story.now)).wait(20)
        assert len(story.heard("safety_key")) == 1
        assert rules(story.ask(Verb.START)) == ("safety_key",)

    @pytest.mark.parametrize("verb", [Verb.PAIN, Verb.CONNECT, Verb.SHOES])
    def test_what_does_not_move_the_belt_is_not_for_the_guard(self, verb: Verb) -> None:
        assert Story(policy=QUICK).ask(verb).result is Result.REJECTED

    @pytest.mark.parametrize(("age", "taken"), [(3.0, True), (3.25, False)])
    def test_an_answered_read_is_good_for_three_seconds(self, age: float, taken: bool) -> None:
        story = Story(policy=QUICK)
        story.silent = True
        story.wait(20)
        story.read_time = story.now - age
        assert accepted(story.ask(Verb.START)) is taken

    def test_the_slowest_the_machine_runs_may_be_asked(self) -> None:
        assert accepted(running().ask(Verb.SPEED, 80))

    def test_a_number_must_be_given(self) -> None:
        assert running().ask(Verb.SPEED, None).result is Result.REJECTED

    def test_a_number_of_any_length_is_only_a_number(self) -> None:
        assert running().ask(Verb.SPEED, 10**400).applied == 1600

    def test_a_machine_whose_range_begins_at_zero_is_never_told_zero(self) -> None:
        """Zero would be a stop."""
        assert STRICT.speed_range is not None
        machine = replace(STRICT, speed_range=replace(STRICT.speed_range, minimum=0))
        story = Story(policy=QUICK, machine=machine).wait(2)
        story.ask(Verb.START)
        story.runs(300).wait(20)
        assert not story.speeds()
        assert story.ask(Verb.SPEED, 50).result is Result.REJECTED


class TestAnswers:
    @pytest.mark.parametrize(("axis", "step"), [(Axis.SPEED, 10), (Axis.INCLINE, 5)])
    def test_the_machine_s_step_is_told(self, axis: Axis, step: int) -> None:
        story = Story(policy=QUICK)
        assert story.guard.step(axis, story.snapshot) == step

    def test_a_machine_that_has_said_nothing_yet_takes_no_target(self) -> None:
        story = Story(policy=QUICK)
        story.sample = None
        story.belt = Belt.RUNNING
        assert rules(story.ask(Verb.SPEED, 500)) == ("unsettled",)


class TestLess:
    """What is no more than what is wanted now, though the belt has yet to get there."""

    def test_it_may_be_asked_while_nothing_may_rise(self) -> None:
        story = running(policy=replace(QUICK, heart_rate_ceiling=150), heart=140)
        story.ask(Verb.SPEED, 1400)
        story.heart = 155
        story.wait(1)
        assert story.speed < 1200
        assert accepted(story.ask(Verb.SPEED, 1200))
        assert not accepted(story.ask(Verb.SPEED, 1210))
        story.heart = 140
        story.wait(60)
        assert story.speed == 1200

    def test_it_may_be_asked_of_a_broker_that_delivers_late(self) -> None:
        story = running()
        story.ask(Verb.SPEED, 1400)
        assert accepted(story.ask(Verb.SPEED, 1200, late=True))
        assert not accepted(story.ask(Verb.SPEED, 1210, late=True))


class TestTargets:
    """What an order tells the gate: who wants it decides whether control may be taken back."""

    def test_a_climb_is_asked_once_and_no_reduction(self) -> None:
        story = running()
        before = len(story.written)
        story.ask(Verb.SPEED, 1200)
        story.wait(5)
        climb = [target for _, target in story.written[before:]]
        assert [target.asked for target in climb[:3]] == [True, False, False]
        assert not any(target.reduction for target in climb)

    def test_the_same_again_is_asked_and_no_reduction(self) -> None:
        story = running()
        story.ask(Verb.SPEED, 800)
        (target,) = story.decision.targets
        assert (target.asked, target.reduction) == (True, False)

    def test_the_guard_s_own_lowering_is_a_reduction(self) -> None:
        story = running()
        before = len(story.written)
        story.ask(Verb.FINISH)
        story.wait(3)
        assert all(target.reduction for _, target in story.written[before:])
        assert not any(target.asked for _, target in story.written[before:])


class TestSession:
    @pytest.mark.parametrize("speed", [0, None])
    def test_a_belt_that_does_not_move_warms_nobody(self, speed: int | None) -> None:
        story = Story(policy=QUICK).runs().wait(2)
        story.garbled = Measurement(speed=speed)
        story.wait(10)
        assert story.decision.warm_up_left_s == pytest.approx(4, abs=1)


class TestObserver:
    def test_it_gives_no_order_whatever_the_belt_does(self) -> None:
        story = Story(policy=replace(QUICK, may_control=False)).wait(2)
        story.runs(1600, incline=150).wait(60)
        assert not story.written
        assert not story.heard("unexpected_rise")
        assert story.heard("steep_closed")

    def test_whatever_it_is_asked(self) -> None:
        story = Story(policy=replace(QUICK, may_control=False)).wait(2)
        for _ in range(2):
            for verb in Verb:
                assert story.ask(verb, 100).result is Result.REJECTED
                story.wait(2)
            story.runs(500)
        assert not [*story.written, *story.halts, *story.starts]


class TestFinish:
    def test_missing_data_is_no_reason_for_a_sudden_drop(self) -> None:
        story = running()
        story.garbled = Measurement()
        story.wait(1)
        story.ask(Verb.FINISH)
        story.wait(1)
        assert story.speeds()[-1] >= 700

    def test_its_end_is_told_and_written_once(self) -> None:
        story = running()
        story.ask(Verb.FINISH)
        story.wait(QUICK.cool_down_s + 0.5)
        story.stands().wait(5)
        assert [halt for _, halt in story.halts] == [Halt.STOP]
        assert len(story.heard("cool_down_done")) == len(story.heard("session_ended")) == 1

    def test_a_link_that_was_away_till_its_end_eases_the_belt_before_the_stop(self) -> None:
        """Nobody is to be stopped dead from a run."""
        story = running()
        story.ask(Verb.FINISH)
        story.wait(1)
        story.connected = False
        story.wait(QUICK.cool_down_s + 5)
        story.connected = True
        story.target[Axis.SPEED] = story.speed = 800
        story.wait(20)
        stopped, halt = story.halts[0]
        assert halt is Halt.STOP
        eased = [target.value for when, target in story.written if when >= stopped - 4]
        assert eased[0] >= 700
        assert eased[-1] <= 420
        assert eased == sorted(eased, reverse=True)

    def test_whoever_starts_the_belt_before_it_stands_may_finish_again(self) -> None:
        story = running(policy=replace(QUICK, cool_down_s=20.0), acceleration=40.0)
        story.ask(Verb.FINISH)
        story.wait(21)
        story.belt = Belt.STOPPING
        story.says(Stopped(story.now)).wait(9)
        story.belt = Belt.RUNNING
        story.says(Started(story.now)).wait(8)
        before = len(story.halts)
        assert accepted(story.ask(Verb.FINISH))
        story.wait(19)
        assert len(story.halts) == before
        story.wait(2)
        assert len(story.halts) > before

    def test_asked_again_on_its_way_it_takes_no_longer(self) -> None:
        story = running(policy=replace(QUICK, cool_down_s=20.0))
        story.ask(Verb.FINISH)
        story.wait(10)
        assert accepted(story.ask(Verb.FINISH))
        story.wait(11)
        assert story.halts

    def test_it_goes_on_after_a_lost_link_and_says_so(self) -> None:
        story = running(policy=replace(QUICK, cool_down_s=60.0))
        story.ask(Verb.FINISH)
        story.wait(1)
        story.connected = False
        story.wait(2)
        story.connected = True
        story.wait(20)
        assert len(story.heard("cool_down")) == 2
        story.wait(40)
        assert [halt for _, halt in story.halts][:1] == [Halt.STOP]
        assert len(story.heard("cool_down")) == 2

    def test_a_stop_that_goes_into_a_dying_link_comes_again_on_the_next(self) -> None:
        """Who asked to finish must not be left walking, with no stop coming any more."""
        story = running()
        story.ask(Verb.FINISH)
        while not story.halts:
            story.wait(0.25)
        pace = story.speed
        story.connected = False
        story.wait(5)
        story.connected = True
        story.target[Axis.SPEED] = story.speed = pace
        lost = len(story.halts)
        story.wait(10)
        assert [halt for _, halt in story.halts[lost:]][:1] == [Halt.STOP]
        assert len(story.heard("cool_down_done")) == 2
        assert len(story.heard("cool_down")) == 1

    @pytest.mark.parametrize("fault", ["control_denied", "control_taken"])
    def test_control_that_is_given_again_is_no_fault_any_more(self, fault: str) -> None:
        story = running()
        story.guard.control_refused(fault)
        story.wait(1)
        assert fault in story.decision.faults
        story.guard.control_given()
        story.wait(1)
        assert fault not in story.decision.faults

    def test_control_that_is_denied_is_told_once(self) -> None:
        story = running()
        for _ in range(3):
            story.guard.control_refused("control_denied")
            story.wait(1)
        assert len(story.heard("control_denied")) == 1
