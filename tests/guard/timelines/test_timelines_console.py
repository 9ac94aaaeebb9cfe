"""Timelines of a belt under guard: hands at the console, and what is none.

Speeds in 0.01 km/h, inclines in 0.1 %.
"""

import pytest

from bridge.values import Axis, Verb
from tests.guard.play import play
from tests.guard.proof.guard_rig import GuardRig, accepted


class TestConsole:
    def running(self) -> GuardRig:
        rig = play(GuardRig().warmed_up(), "speed 800, 100")
        assert rig.speed == 800
        return rig

    def test_slower_press_is_obeyed_and_not_undone(self) -> None:
        rig = self.running()
        writes = len(rig.written)
        play(rig, "press speed 500, 10")
        assert len(rig.written) == writes
        assert rig.heard("console_slowed")
        play(rig, "speed 800=rejected, speed 400=accepted, 31, speed 600=accepted")

    @pytest.mark.parametrize("program", [False, True])
    @pytest.mark.parametrize(
        ("axis", "pressed", "twice_above", "asked"),
        [(Axis.SPEED, 1400, 2.25, 600), (Axis.INCLINE, 120, 3.25, 0)],
    )
    def test_request_after_a_press_replaces_it(
        self, axis: Axis, pressed: int, twice_above: float, asked: int, program: bool
    ) -> None:
        rig = self.running()
        rig.press(axis, pressed)
        play(rig, f"deaf, {twice_above}")
        assert accepted(rig.ask(Verb(axis), asked, program=program))
        play(rig, "0.75, obeys")
        rig.press(axis, asked).wait(30)
        assert rig.decision.requested[axis] == rig.decision.setpoint[axis] == asked
        assert not rig.heard("console_raised")
        assert not rig.heard("unexpected_rise")

    def test_faster_press_without_a_status_counts_once_it_lasts(self) -> None:
        rig = play(self.running(), "deaf, press speed 1000, 3, obeys, 40")
        assert rig.heard("console_raised")
        assert rig.speed == 1000

    def test_slow_motion_of_a_machine_is_no_press(self) -> None:
        rig = play(GuardRig(acceleration=20).warmed_up(), "speed 1500, 160, speed 400, 90")
        assert rig.speed == 400
        assert not rig.heard("unexpected_rise")
        assert not rig.heard("console_raised")
        assert not rig.heard("console_slowed")
