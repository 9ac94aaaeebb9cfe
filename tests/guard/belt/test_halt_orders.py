"""Halts: who may give them, and when they end. Speeds in 0.01 km/h."""

import pytest

from bridge.values import Belt, Halt, Result, Verb
from tests.guard.proof.actions import QUICK, running
from tests.guard.proof.story import Story, accepted


class TestHalt:
    def test_second_stop_is_written_again_and_delays_no_alarm(self) -> None:
        story = running()
        story.obeys = False
        for _ in range(4):
            story.ask(Verb.STOP)
            assert story.decision.halt is Halt.STOP
            story.wait(1.5)
        assert story.heard("stop_ignored")

    def test_pause_at_the_same_moment_does_not_replace_a_stop(self) -> None:
        story = running()
        story.ask(Verb.STOP, decide=False)
        story.ask(Verb.PAUSE)
        assert [kind for _, kind in story.halts] == [Halt.STOP]

    def test_pause_after_a_stop_does_not_revoke_it(self) -> None:
        story = running()
        story.ask(Verb.STOP)
        story.wait(0.5).ask(Verb.PAUSE)
        assert [kind for _, kind in story.halts] == [Halt.STOP, Halt.PAUSE]
        story.stands(Belt.PAUSED).wait(1)
        assert story.heard("session_ended")

    @pytest.mark.parametrize(
        ("value", "program", "faults"),
        [
            (300, False, {"stop_ignored"}),
            (300, True, {"stop_ignored", "control_taken"}),
            (900, False, {"stop_ignored", "control_taken"}),
        ],
    )
    def test_only_a_person_s_lowering_takes_control_back_during_an_ignored_stop(
        self, value: int, program: bool, faults: set[str]
    ) -> None:
        story = running()
        story.obeys = False
        story.refuses("control_taken")
        story.ask(Verb.STOP)
        story.wait(6).ask(Verb.SPEED, value, program=program)
        assert set(story.decision.faults) == faults

    @pytest.mark.parametrize("silent", [False, True])
    def test_stop_is_not_lost_in_a_countdown(self, silent: bool) -> None:
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

    def test_stop_is_not_lost_before_a_start_takes_effect(self) -> None:
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

    def test_stop_is_not_lost_in_a_start(self) -> None:
        story = Story(policy=QUICK).wait(2)
        story.ask(Verb.STOP, decide=False)
        assert story.ask(Verb.START).result is Result.REJECTED
        assert story.halts
        assert not story.starts
        story.wait(1)
        assert accepted(story.ask(Verb.START))

    def test_stop_is_not_lost_in_a_new_link(self) -> None:
        story = Story(policy=QUICK).wait(2)
        story.connected = False
        story.wait(2)
        story.connected = True
        story.ask(Verb.STOP)
        assert story.halts
