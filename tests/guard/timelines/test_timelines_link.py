"""Stories of a belt under guard: lost links, and machines that are only observed."""

from dataclasses import replace

import pytest

from bridge.machines import Quirk
from bridge.values import Axis, Halt, Result, Verb
from bridge.values.status import ControlLost
from tests.guard.play import play
from tests.guard.proof.actions import QUICK, running
from tests.guard.proof.story import STRICT, Story, accepted
from tests.rigs.wording import rules, text_of, why

pytestmark = pytest.mark.unmeasured


class TestLink:
    def test_requests_do_not_outlive_a_lost_link(self) -> None:
        story = play(Story().warmed_up(), "speed 1200, 20")
        at = story.speed
        play(story, "off, 5, on")
        writes = len(story.written)
        story.wait(60)
        assert len(story.written) == writes
        assert story.speed <= at + 10
        assert story.decision.requested[Axis.SPEED] == pytest.approx(story.speed, abs=10)

    @pytest.mark.parametrize("fault", ["control_taken", "unexpected_rise_speed"])
    def test_program_request_neither_raises_nor_clears_a_fault_that_needs_a_person(
        self, fault: str
    ) -> None:
        story = running(600)
        story.guard._journal.faults.add(fault)
        refused = story.ask(Verb.SPEED, 800, program=True)
        assert refused.result is Result.REJECTED
        assert "nly a person" in why(refused)
        assert accepted(story.ask(Verb.SPEED, 500, program=True))
        if fault == "control_taken":
            assert fault in story.decision.faults
        assert accepted(story.ask(Verb.SPEED, 800))
        assert fault not in story.decision.faults

    def test_another_app_stays_in_control_until_a_person_sends_a_request(self) -> None:
        story = running(600)
        others = story.guard._orders.others_in_control
        assert not others(story.now)
        story.says(ControlLost(story.now)).wait(1)
        assert others(story.now)
        story.ask(Verb.SPEED, 500, program=True)
        assert others(story.now)
        story.guard.control_given()
        story.wait(31)
        assert not others(story.now)
        story.says(ControlLost(story.now)).ask(Verb.SPEED, 500)
        assert not others(story.now)

    def test_bound_is_written_to_a_belt_that_another_app_keeps_above_it(self) -> None:
        story = running(600)
        story.guard.configure(replace(story.policy, max_speed=800), story.now)
        play(story, "speed 610, 5, taken, press speed 1000, 15")
        assert story.speeds()[-1] == 800
        for _ in range(2):  # once a minute, eased from where the belt is
            written = len(story.speeds())
            story.press(Axis.SPEED, 1000).wait(40)
            assert len(story.speeds()) == written
            story.wait(20)
            eased = story.speeds()[written:]
            assert eased[0] > 900
            assert eased == sorted(eased, reverse=True)
            assert eased[-1] == 800

    def test_bound_that_falls_is_written_while_another_app_is_in_control(self) -> None:
        story = play(running(600), "taken, 60")
        story.guard.configure(replace(story.policy, max_speed=400), story.now)
        story.wait(10)
        assert story.speeds()[-1] == 400


class TestObserved:
    """A machine, or an axis of it, that cannot be commanded."""

    def on(self, quirk: Quirk) -> Story:
        """A runner on a machine with this quirk."""
        return Story(policy=QUICK, machine=replace(STRICT, quirks=(quirk,)))

    @pytest.mark.parametrize("quirk", [Quirk.NO_CONTROL_POINT, Quirk.NO_ANSWERS])
    def test_machine_that_takes_no_orders_gets_no_writes(self, quirk: Quirk) -> None:
        story = play(self.on(quirk), "start=watched_only, runs 1500 80, 60")
        for verb in (Verb.SPEED, Verb.INCLINE, Verb.FINISH, Verb.RESUME):
            assert rules(story.ask(verb, 100)) == ("watched_only",)
        assert not [*story.written, *story.starts, *story.decision.faults]
        assert {event.type for event in story.events} <= {
            "session_started",
            "warm_up_over",
            "steep_warning",
            "steep_closed",
            "unit_confirmed",
            "no_baseline",
        }

    def test_stop_is_rejected_only_where_there_is_no_control_point(self) -> None:
        story = self.on(Quirk.NO_CONTROL_POINT).runs(500).wait(2)
        assert "Stop it at its console" in why(story.ask(Verb.STOP))
        assert not story.wait(10).halts
        story = play(self.on(Quirk.NO_ANSWERS).runs(500).wait(2), "stop=accepted")
        assert story.wait(2).halts

    def test_machine_that_refuses_everything_still_gets_halts(self) -> None:
        story = self.on(Quirk.REFUSES_EVERYTHING).runs(500).wait(2)
        assert rules(story.ask(Verb.SPEED, 300)) == ("refuses_everything",)
        assert accepted(story.ask(Verb.PAUSE))
        assert story.halts

    def test_request_that_was_refused_does_not_rise_when_the_machine_obeys_again(self) -> None:
        story = play(Story(policy=QUICK).runs(500).wait(20), "speed 800")
        written = story.speeds()[-1]
        story.machine = replace(story.machine, quirks=(Quirk.REFUSES_EVERYTHING,))
        story.wait(2)
        assert story.decision.requested[Axis.SPEED] is None
        story.machine = replace(story.machine, quirks=())
        story.ask(Verb.INCLINE, 20)
        assert story.wait(20).speed == written

    def test_machine_without_speed_control_rejects_speed_and_accepts_incline(self) -> None:
        story = play(self.on(Quirk.NO_SPEED_CONTROL).runs(500).wait(20), "speed 300=no_speed")
        play(story, "incline 20=accepted")
        assert story.wait(20).incline == 20

    @pytest.mark.parametrize("running", [False, True])
    def test_axis_that_cannot_be_set_has_neither_a_target_nor_a_request(
        self, running: bool
    ) -> None:
        story = self.on(Quirk.NO_SPEED_CONTROL)
        (story if running else story.stands()).runs(500)
        for _ in range(20):
            story.wait(1)
            decision = story.decision
            assert (decision.target(Axis.SPEED), decision.target(Axis.INCLINE)) == (None, 0)
            assert decision.requested[Axis.SPEED] is None

    def test_finish_without_speed_control_prompts_the_person_to_slow_and_stops_later(self) -> None:
        story = play(self.on(Quirk.NO_SPEED_CONTROL).runs(500).wait(20), "incline 40, 20")
        play(story, "finish=accepted")
        (said,) = story.heard("cool_down")
        assert "slow down to 4 km/h over 8 s at the console" in text_of(said)
        story.wait(8.25)
        assert story.inclines()[-1] == 0
        assert story.halts[0][1] is Halt.STOP
