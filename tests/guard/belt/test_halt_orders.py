"""Halts: who may give them, and when they end. Speeds in 0.01 km/h."""

import pytest

from bridge.values import Axis, Belt, Halt, Measurement, Result, Verb
from tests.guard.proof.actions import QUICK, running
from tests.guard.proof.story import Story, accepted


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
