"""Timelines of a belt under guard: lost links, and machines that are only observed."""

from dataclasses import replace

import pytest

from bridge.machines import Quirk
from bridge.values import Axis, Halt, Result, Verb
from bridge.values.status import ControlLost
from tests.guard.play import play
from tests.guard.proof.actions import QUICK, running
from tests.guard.proof.guard_rig import STRICT, GuardRig, accepted
from tests.rigs.wording import rules, text_of, why

pytestmark = pytest.mark.unmeasured


class TestLink:
    def test_requests_do_not_outlive_a_lost_link(self) -> None:
        rig = play(GuardRig().warmed_up(), "speed 1200, 20")
        at = rig.speed
        play(rig, "off, 5, on")
        writes = len(rig.written)
        rig.wait(60)
        assert len(rig.written) == writes
        assert rig.speed <= at + 10
        assert rig.decision.requested[Axis.SPEED] == pytest.approx(rig.speed, abs=10)

    @pytest.mark.parametrize("fault", ["control_taken", "unexpected_rise_speed"])
    def test_program_request_neither_raises_nor_clears_a_fault_that_needs_a_person(
        self, fault: str
    ) -> None:
        rig = running(600)
        rig.guard._journal.faults.add(fault)
        refused = rig.ask(Verb.SPEED, 800, program=True)
        assert refused.result is Result.REJECTED
        assert "nly a person" in why(refused)
        assert accepted(rig.ask(Verb.SPEED, 500, program=True))
        if fault == "control_taken":
            assert fault in rig.decision.faults
        assert accepted(rig.ask(Verb.SPEED, 800))
        assert fault not in rig.decision.faults

    def test_another_app_stays_in_control_until_a_person_sends_a_request(self) -> None:
        rig = running(600)
        others = rig.guard._orders.others_in_control
        assert not others(rig.now)
        rig.says(ControlLost(rig.now)).wait(1)
        assert others(rig.now)
        rig.ask(Verb.SPEED, 500, program=True)
        assert others(rig.now)
        rig.guard.control_given()
        rig.wait(31)
        assert not others(rig.now)
        rig.says(ControlLost(rig.now)).ask(Verb.SPEED, 500)
        assert not others(rig.now)

    @pytest.mark.parametrize("regains", [False, True])
    def test_lower_program_request_is_eased_to_after_control_was_lost(
        self, *, regains: bool
    ) -> None:
        rig = play(running(800), "taken, 3")
        written = len(rig.speeds())
        play(rig, "speed 500 program")
        if regains:
            rig.gives()
        rig.wait(10)
        assert rig.speed == 500
        speeds = rig.speeds()[written:]
        assert speeds[0] > 700
        assert speeds == sorted(set(speeds), reverse=True)

    def test_program_cannot_raise_after_it_regained_control_by_a_lower_request(self) -> None:
        rig = play(running(800), "taken, 3, speed 500 program")
        rig.gives()
        play(rig, "60, speed 600 program=control_taken, speed 510, 5, speed 600 program, 30")
        assert rig.speed == 600

    def test_bound_is_written_to_a_belt_that_another_app_keeps_above_it(self) -> None:
        rig = running(600)
        rig.guard.configure(replace(rig.policy, max_speed=800), rig.now)
        play(rig, "speed 610, 5, taken, press speed 1000, 15")
        assert rig.speeds()[-1] == 800
        for _ in range(2):  # once a minute, eased from where the belt is
            written = len(rig.speeds())
            rig.press(Axis.SPEED, 1000).wait(40)
            assert len(rig.speeds()) == written
            rig.wait(20)
            eased = rig.speeds()[written:]
            assert eased[0] > 900
            assert eased == sorted(eased, reverse=True)
            assert eased[-1] == 800

    def test_bound_that_falls_is_written_while_another_app_is_in_control(self) -> None:
        rig = play(running(600), "taken, 60")
        rig.guard.configure(replace(rig.policy, max_speed=400), rig.now)
        rig.wait(10)
        assert rig.speeds()[-1] == 400


class TestObserved:
    """A machine, or an axis of it, that cannot be commanded."""

    def on(self, quirk: Quirk) -> GuardRig:
        """A runner on a machine with this quirk."""
        return GuardRig(policy=QUICK, machine=replace(STRICT, quirks=(quirk,)))

    @pytest.mark.parametrize("quirk", [Quirk.NO_CONTROL_POINT, Quirk.NO_ANSWERS])
    def test_machine_that_takes_no_orders_gets_no_writes(self, quirk: Quirk) -> None:
        rig = play(self.on(quirk), "start=watched_only, runs 1500 80, 60")
        for verb in (Verb.SPEED, Verb.INCLINE, Verb.FINISH, Verb.RESUME):
            assert rules(rig.ask(verb, 100)) == ("watched_only",)
        assert not [*rig.written, *rig.starts, *rig.decision.faults]
        assert {event.type for event in rig.events} <= {
            "session_started",
            "warm_up_over",
            "steep_warning",
            "steep_closed",
            "unit_confirmed",
            "no_baseline",
        }

    def test_stop_is_rejected_only_where_there_is_no_control_point(self) -> None:
        rig = self.on(Quirk.NO_CONTROL_POINT).runs(500).wait(2)
        assert "Stop it at its console" in why(rig.ask(Verb.STOP))
        assert not rig.wait(10).halts
        rig = play(self.on(Quirk.NO_ANSWERS).runs(500).wait(2), "stop=accepted")
        assert rig.wait(2).halts

    def test_machine_that_refuses_everything_still_gets_halts(self) -> None:
        rig = self.on(Quirk.REFUSES_EVERYTHING).runs(500).wait(2)
        assert rules(rig.ask(Verb.SPEED, 300)) == ("refuses_everything",)
        assert accepted(rig.ask(Verb.PAUSE))
        assert rig.halts

    def test_request_that_was_refused_does_not_rise_when_the_machine_obeys_again(self) -> None:
        rig = play(GuardRig(policy=QUICK).runs(500).wait(20), "speed 800")
        written = rig.speeds()[-1]
        rig.machine = replace(rig.machine, quirks=(Quirk.REFUSES_EVERYTHING,))
        rig.wait(2)
        assert rig.decision.requested[Axis.SPEED] is None
        rig.machine = replace(rig.machine, quirks=())
        rig.ask(Verb.INCLINE, 20)
        assert rig.wait(20).speed == written

    def test_machine_without_speed_control_rejects_speed_and_accepts_incline(self) -> None:
        rig = play(self.on(Quirk.NO_SPEED_CONTROL).runs(500).wait(20), "speed 300=no_speed")
        play(rig, "incline 20=accepted")
        assert rig.wait(20).incline == 20

    @pytest.mark.parametrize("running", [False, True])
    def test_axis_that_cannot_be_set_has_neither_a_target_nor_a_request(
        self, running: bool
    ) -> None:
        rig = self.on(Quirk.NO_SPEED_CONTROL)
        (rig if running else rig.stands()).runs(500)
        for _ in range(20):
            rig.wait(1)
            decision = rig.decision
            assert (decision.target(Axis.SPEED), decision.target(Axis.INCLINE)) == (None, 0)
            assert decision.requested[Axis.SPEED] is None

    def test_finish_without_speed_control_prompts_the_person_to_slow_and_stops_later(self) -> None:
        rig = play(self.on(Quirk.NO_SPEED_CONTROL).runs(500).wait(20), "incline 40, 20")
        play(rig, "finish=accepted")
        (said,) = rig.heard("cool_down")
        assert "slow down to 4 km/h over 8 s at the console" in text_of(said)
        rig.wait(8.25)
        assert rig.inclines()[-1] == 0
        assert rig.halts[0][1] is Halt.STOP
