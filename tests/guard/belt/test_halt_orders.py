"""Halts: who may order them, and when they end. Speeds in 0.01 km/h."""

import pytest

from bridge.values import Belt, Halt, Verb
from tests.guard.play import play
from tests.guard.proof.actions import QUICK, running
from tests.guard.proof.guard_rig import GuardRig


class TestHalt:
    def test_repeated_stop_is_written_again_without_delaying_the_alarm(self) -> None:
        rig = play(running(), "deaf")
        for _ in range(4):
            rig.ask(Verb.STOP)
            assert rig.decision.halt is Halt.STOP
            rig.wait(1.5)
        assert rig.heard("stop_ignored")

    def test_pause_at_the_same_moment_does_not_replace_a_stop(self) -> None:
        rig = play(running(), "stop undecided, pause")
        assert [kind for _, kind in rig.halts] == [Halt.STOP]

    def test_pause_after_a_stop_does_not_revoke_it(self) -> None:
        rig = play(running(), "stop, 0.5, pause")
        assert [kind for _, kind in rig.halts] == [Halt.STOP, Halt.PAUSE]
        rig.stands(Belt.PAUSED).wait(1)
        assert rig.heard("session_ended")

    @pytest.mark.parametrize(
        ("value", "program", "faults"),
        [
            (300, False, {"stop_ignored"}),
            (300, True, {"stop_ignored", "control_taken"}),
            (900, False, {"stop_ignored", "control_taken"}),
        ],
    )
    def test_only_a_persons_lower_request_regains_control_in_an_ignored_stop(
        self, value: int, program: bool, faults: set[str]
    ) -> None:
        rig = play(running(), "deaf")
        rig.refuses("control_taken")
        rig.ask(Verb.STOP)
        rig.wait(6).ask(Verb.SPEED, value, program=program)
        assert set(rig.decision.faults) == faults

    @pytest.mark.parametrize("silent", [False, True])
    def test_stop_is_not_lost_in_a_countdown(self, silent: bool) -> None:
        """Some machines take no order while they count, and start all the same."""
        rig = play(GuardRig(policy=QUICK).wait(2), "start")
        rig.silent = silent
        play(rig, "belt starting, 1, stop, 3")
        assert len(rig.halts) == 4
        play(rig, "heard, runs, 3")
        assert len(rig.halts) >= 6
        assert rig.heard("stop_ignored")

    def test_stop_is_not_lost_before_a_start_takes_effect(self) -> None:
        """The start is written and not answered yet: the belt still stands, and starts then."""
        rig = play(GuardRig(policy=QUICK).wait(2), "start=accepted, stop, 2")
        assert len(rig.halts) == 1
        play(rig, "belt starting, 3")
        assert len(rig.halts) == 4
        play(rig, "stands, 15, start=accepted")

    def test_stop_is_not_lost_in_a_start(self) -> None:
        rig = play(GuardRig(policy=QUICK).wait(2), "stop undecided, start=rejected")
        assert rig.halts
        assert not rig.starts
        play(rig, "1, start=accepted")

    def test_stop_is_not_lost_in_a_new_link(self) -> None:
        rig = play(GuardRig(policy=QUICK).wait(2), "off, 2, on, stop")
        assert rig.halts
