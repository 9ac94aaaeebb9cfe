"""The way into the guard, at its edges. 0.01 km/h, 0.1 %, seconds."""

from dataclasses import replace

import pytest

from bridge.guard.decision import Decision
from bridge.guard.limits import Limits, Wait
from bridge.values import Axis, Command, Verb
from bridge.values.plan import Ceilings, Day
from bridge.values.status import MachineReset
from tests.guard.play import play
from tests.guard.proof.actions import QUICK, running
from tests.guard.proof.guard_rig import GuardRig, accepted
from tests.rigs.wording import rules


class TestTime:
    def warming(self) -> GuardRig:
        return GuardRig().runs().wait(10)

    def look(self, rig: GuardRig, now: float) -> float:
        """Remaining warm-up time at a given time."""
        rig.now = now
        rig._measure()
        return rig._decide().warm_up_left_s

    def test_backward_clock_counts_no_time_twice(self) -> None:
        rig = self.warming()
        left, now = rig.decision.warm_up_left_s, rig.now
        assert self.look(rig, now - 5) == left
        assert self.look(rig, now) == left
        assert self.look(rig, now + 1) == left - 1

    def test_commands_do_not_shorten_the_warm_up(self) -> None:
        often, never = self.warming(), self.warming()
        for _ in range(20):
            often.ask(Verb.SPEED, 300, decide=False)
        often.wait(1)
        never.wait(1)
        assert often.decision.warm_up_left_s == never.decision.warm_up_left_s

    def test_commands_do_not_shorten_a_pause(self) -> None:
        rig = play(running(policy=replace(QUICK, cool_down_s=60.0)), "finish, 5, stands paused")
        cool_down = rig.guard.person.cool_down
        for _ in range(20):
            rig.ask(Verb.SPEED, 300, decide=False)
        assert rig.guard.person.cool_down == cool_down


class TestDecision:
    def test_phase_is_warm_up_until_its_time_is_over(self) -> None:
        rig = GuardRig(policy=QUICK).runs()
        phases = []
        while rig.decision.warm_up_left_s > 0:
            phases.append(rig.decision.phase)
            rig.wait(0.25)
        assert phases == ["warm_up"] * 24
        assert (rig.decision.phase, rig.decision.warm_up_left_s) == ("active", 0)

    def test_open_steep_tier_has_no_opening_time(self) -> None:
        rig = play(running(), "incline 120, 5")
        assert [tier.opens_s for tier in rig.decision.steep] == [None, None]
        rig.wait(30)
        assert all(tier.opens_s is not None for tier in rig.decision.steep)

    def test_wait_below_the_request_is_listed_as_limiting(self) -> None:
        wait = Wait(Axis.INCLINE, 80.0, "slower")
        limits = Limits((), (), (wait,))
        for request, found in ((None, ()), (80, ()), (81, (wait,))):
            decision = Decision(limits=limits, requested={Axis.INCLINE: request})
            assert decision.limiting(Axis.INCLINE) == found

    def test_decision_before_the_first_one_neither_starts_a_belt_nor_announces_a_wait(self) -> None:
        decision = Decision()
        assert not decision.start
        assert (decision.warm_up_left_s, decision.rest_left_s) == (0, 0)


def test_every_command_without_a_link_is_refused() -> None:
    rig = play(GuardRig(), "off")
    for verb in (Verb.START, Verb.STOP, Verb.SPEED, Verb.FINISH):
        assert rules(rig.ask(verb, 500)) == ("not_connected",)


class TestStart:
    def test_rest_needs_a_confirmation_until_its_last_moment(self) -> None:
        rig = GuardRig(policy=replace(QUICK, rest_s=2.0))
        rig.guard.person.report_pain(5, rig.now)
        play(rig, "1.75, start=resting, 0.25, start=accepted")

    def test_confirmed_run_on_a_rest_day_is_recorded_in_the_plan(self) -> None:
        rig = GuardRig(policy=QUICK)
        rig.guard.person.follow_plan(Ceilings(1, 1, "", day=Day.REST), rig.now)
        play(rig, "1, start=plan_rest")
        sure = Command("sure", Verb.START, "test", rig.now, confirm=True)
        assert accepted(rig.guard.submit(sure, rig.snapshot, rig.now))
        plan = rig.guard.person.plan
        assert plan is not None
        assert plan.day is Day.CONFIRMED

    def test_start_that_failed_may_be_requested_again_at_once(self) -> None:
        rig = play(GuardRig(policy=QUICK), "1, start=accepted, start=starting")
        rig.guard.start_failed()
        assert accepted(rig.ask(Verb.START))


class TestTarget:
    def test_request_to_lower_is_written_while_a_stop_is_ignored(self) -> None:
        rig = play(running(), "deaf, stop, 1")
        since = rig.now - rig.began
        play(rig, "speed 300=accepted, 1")
        assert set(rig.speeds(since)) == {300}

    @pytest.mark.parametrize(("request_", "others"), [("1", True), ("speed 900", False)])
    def test_request_of_a_person_regains_control_from_another_app(
        self, request_: str, *, others: bool
    ) -> None:
        rig = play(running(), f"taken, {request_}")
        assert rig.guard._belt.facts(rig.snapshot, rig.now).others is others


class TestFinish:
    def test_resume_right_after_a_finish_does_not_continue_the_climb(self) -> None:
        rig = play(running(), "speed 1000, finish undecided, resume")
        assert rig.decision.requested[Axis.SPEED] == rig.decision.setpoint[Axis.SPEED] == 800

    def test_finish_is_rejected_in_a_pause(self) -> None:
        play(running(), "stands paused, finish=nothing_to_finish")

    def test_finish_is_rejected_while_the_belt_is_being_stopped(self) -> None:
        rig = play(running(), "pause")
        assert rig.ask(Verb.FINISH).reasons[0].rule == "nothing_to_finish"

    def test_repeated_finish_changes_nothing(self) -> None:
        rig = play(running(), "finish, 4")
        most = rig.decision.limits.most(Axis.SPEED)
        assert accepted(rig.ask(Verb.FINISH))
        assert rig.decision.limits.most(Axis.SPEED) == most
        assert len(rig.heard("cool_down")) == 1

    def test_resume_does_not_end_a_finish_that_a_session_limit_enforces(self) -> None:
        rig = play(running(), "finish")
        session = rig.guard._belt.person.session
        assert session is not None
        session.finish_at = rig.now
        assert rules(rig.ask(Verb.RESUME)) == ("finish_enforced",)
        assert rig.decision.phase == "cool_down"

    def test_late_resume_does_not_end_a_finish(self) -> None:
        rig = play(running(), "finish, resume late=late")
        assert rig.decision.phase == "cool_down"


class TestStatus:
    def test_pulled_safety_key_ends_every_request(self) -> None:
        rig = play(running(), "speed 1000, key")
        assert rig.heard("safety_key")
        assert rig.decision.requested[Axis.SPEED] is None
        assert not rig.decision.targets

    def test_machine_reset_is_no_request(self) -> None:
        rig = running()
        before, events = rig.decision.requested, len(rig.events)
        rig.says(MachineReset(rig.now))
        assert (rig.decision.requested, len(rig.events)) == (before, events)
