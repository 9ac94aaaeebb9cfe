"""Starts, pauses, finishes and lower targets, and who may order them. Speeds in 0.01 km/h."""

from dataclasses import replace

import pytest

from bridge.guard.belt.orders import BeltOrders
from bridge.guard.journal import Journal
from bridge.values import Axis, Belt, Halt, Result, Verb
from tests.guard.play import play
from tests.guard.proof.actions import QUICK, running
from tests.guard.proof.guard_rig import STRICT, GuardRig, accepted
from tests.rigs.wording import rules


class TestStart:
    def test_start_is_not_written_to_a_belt_that_has_begun_to_move(self) -> None:
        """Some machines take a start as a toggle."""
        rig = play(GuardRig(policy=QUICK).wait(2), "start undecided=accepted, runs")
        assert not rig.starts

    def test_start_status_soon_after_our_start_does_not_prove_the_safety_key(self) -> None:
        rig = play(GuardRig(policy=QUICK).wait(2), "start, 1, key, started, 20")
        assert len(rig.heard("safety_key")) == 1
        assert rules(rig.ask(Verb.START)) == ("safety_key",)

    @pytest.mark.parametrize(("age", "taken"), [(3.0, True), (3.25, False)])
    def test_answered_read_counts_as_fresh_for_three_seconds(self, age: float, taken: bool) -> None:
        rig = play(GuardRig(policy=QUICK), "silent, 20")
        rig.read_time = rig.now - age
        assert accepted(rig.ask(Verb.START)) is taken

    def test_machine_whose_range_begins_at_zero_is_never_sent_zero(self) -> None:
        """Zero would be a stop."""
        assert STRICT.speed_range is not None
        machine = replace(STRICT, speed_range=replace(STRICT.speed_range, minimum=0))
        rig = play(GuardRig(policy=QUICK, machine=machine).wait(2), "start, runs 300, 20")
        assert not rig.speeds()
        assert rig.ask(Verb.SPEED, 50).result is Result.REJECTED

    @pytest.mark.parametrize("verb", [Verb.PAIN, Verb.CONNECT, Verb.SHOES])
    def test_command_that_does_not_move_the_belt_is_rejected_by_the_guard(self, verb: Verb) -> None:
        assert GuardRig(policy=QUICK).ask(verb).result is Result.REJECTED

    def test_speed_command_without_a_number_is_rejected(self) -> None:
        assert running().ask(Verb.SPEED, None).result is Result.REJECTED


class TestOrders:
    """Orders without a guard, at second 1000 and later."""

    @pytest.mark.parametrize(("before", "awaited"), [(1000.0, True), (1000.25, False)])
    def test_report_about_an_earlier_start_keeps_a_newer_start(
        self, before: float, *, awaited: bool
    ) -> None:
        orders = BeltOrders(Journal())
        orders.start(1000.0)
        orders.drop_start(before)
        assert orders.awaits_start(1001.0) is awaited

    @pytest.mark.parametrize(
        ("belt", "measured", "lowered"),
        [
            (Belt.RUNNING, 310, 300),
            (Belt.RUNNING, 300, None),
            (Belt.RUNNING, None, None),
            (Belt.IDLE, 310, None),
            (Belt.STARTING, 310, None),
        ],
    )
    def test_lower_request_during_a_halt_needs_a_moving_belt_with_a_higher_reading(
        self, belt: Belt, measured: int | None, lowered: int | None
    ) -> None:
        orders = BeltOrders(Journal())
        orders.halt(Halt.STOP, 1000.0, measured)
        assert orders.lower(Axis.SPEED, 300, measured, belt) == lowered

    @pytest.mark.parametrize(("after", "others"), [(30.0, True), (30.25, False)])
    def test_changes_count_as_another_apps_until_30_s_after_regained_control(
        self, after: float, *, others: bool
    ) -> None:
        orders = BeltOrders(Journal())
        orders.control_refused()
        assert orders.others_in_control(9000.0)
        orders.control_given(9000.0)
        assert orders.others_in_control(9000.0 + after) is others

    @pytest.mark.parametrize("pulled", [True, False])
    def test_start_during_a_halt_counts_only_after_a_pulled_key(self, *, pulled: bool) -> None:
        orders = BeltOrders(Journal())
        orders.halt(Halt.STOP, 1000.0, 800)
        orders.halt_due(1000.0, Belt.RUNNING, 800, lag_s=1.0, still=False)
        if pulled:
            orders.pull_key()
        assert orders.start_seen(1004.0, lag_s=1.0) is pulled

    def test_each_ignored_halt_raises_the_alarm_once(self) -> None:
        journal = Journal()
        orders = BeltOrders(journal)
        for began in (1000.0, 2000.0):
            orders.halt(Halt.STOP, began, 800)
            for second in range(20):
                orders.halt_due(began + second, Belt.RUNNING, 800, lag_s=1.0, still=False)
            assert [event.type for event in journal.drain()[0]] == ["stop_ignored"]
            orders.forget()
            assert not journal.faults


class TestAnswers:
    def test_target_before_the_first_sample_is_rejected(self) -> None:
        rig = GuardRig(policy=QUICK)
        rig.sample = None
        play(rig, "belt running, speed 500=unsettled")

    @pytest.mark.parametrize(("axis", "step"), [(Axis.SPEED, 10), (Axis.INCLINE, 5)])
    def test_guard_step_is_the_step_of_the_machine(self, axis: Axis, step: int) -> None:
        rig = GuardRig(policy=QUICK)
        assert rig.guard.step(axis, rig.snapshot) == step


class TestLowerRequest:
    """Requests that are no higher than the current one, though the belt has yet to reach it."""

    def test_lower_request_during_a_climb_is_accepted_while_rises_are_held(self) -> None:
        rig = running(policy=replace(QUICK, heart_rate_ceiling=150), heart=140)
        rig.ask(Verb.SPEED, 1400)
        rig.heart = 155
        rig.wait(1)
        assert rig.speed < 1200
        assert accepted(rig.ask(Verb.SPEED, 1200))
        assert not accepted(rig.ask(Verb.SPEED, 1210))
        rig.heart = 140
        rig.wait(60)
        assert rig.speed == 1200

    def test_late_lower_request_during_a_climb_is_accepted(self) -> None:
        rig = play(running(), "speed 1400, speed 1200 late=accepted")
        assert not accepted(rig.ask(Verb.SPEED, 1210, late=True))


class TestObserver:
    def test_observing_guard_sends_no_order(self) -> None:
        rig = play(GuardRig(policy=replace(QUICK, may_control=False)).wait(2), "runs 1600 150, 60")
        assert not rig.written
        assert not rig.heard("unexpected_rise")
        assert rig.heard("steep_closed")

    def test_observing_guard_rejects_every_command(self) -> None:
        rig = GuardRig(policy=replace(QUICK, may_control=False)).wait(2)
        for _ in range(2):
            for verb in Verb:
                assert rig.ask(verb, 100).result is Result.REJECTED
                rig.wait(2)
            rig.runs(500)
        assert not [*rig.written, *rig.halts, *rig.starts]


class TestFinish:
    def test_finish_that_ended_during_a_link_loss_eases_before_its_stop(self) -> None:
        """The guard never stops a running belt abruptly."""
        rig = play(running(), "finish, 1, off")
        rig.wait(QUICK.cool_down_s + 5)
        rig.connected = True
        rig.target[Axis.SPEED] = rig.speed = 800
        rig.wait(20)
        stopped, halt = rig.halts[0]
        assert halt is Halt.STOP
        eased = [target.value for when, target in rig.written if when >= stopped - 4]
        assert eased[0] >= 700
        assert eased[-1] <= 420
        assert eased == sorted(eased, reverse=True)

    def test_belt_restarted_before_a_standstill_can_be_finished_again(self) -> None:
        rig = play(running(policy=replace(QUICK, cool_down_s=20.0), acceleration=40.0), "finish")
        play(rig, "21, belt stopping, stopped, 9, belt running, started, 8")
        before = len(rig.halts)
        play(rig, "finish=accepted, 19")
        assert len(rig.halts) == before
        rig.wait(2)
        assert len(rig.halts) > before

    def test_finish_continues_after_a_lost_link_and_is_reported(self) -> None:
        rig = play(running(policy=replace(QUICK, cool_down_s=60.0)), "finish, 1, off, 2, on, 20")
        assert len(rig.heard("cool_down")) == 2
        rig.wait(40)
        assert [halt for _, halt in rig.halts][:1] == [Halt.STOP]
        assert len(rig.heard("cool_down")) == 2

    def test_stop_of_a_finish_that_is_lost_with_its_link_is_repeated_on_the_next(self) -> None:
        """A finish still stops the belt after the link was lost during it."""
        rig = play(running(), "finish")
        while not rig.halts:
            rig.wait(0.25)
        pace = rig.speed
        play(rig, "off, 5, on")
        rig.target[Axis.SPEED] = rig.speed = pace
        lost = len(rig.halts)
        rig.wait(10)
        assert [halt for _, halt in rig.halts[lost:]][:1] == [Halt.STOP]
        assert len(rig.heard("cool_down_done")) == 2
        assert len(rig.heard("cool_down")) == 1

    @pytest.mark.parametrize("fault", ["control_denied", "control_taken"])
    def test_regained_control_clears_the_control_fault(self, fault: str) -> None:
        rig = running()
        rig.guard.control_refused(fault)
        rig.wait(1)
        assert fault in rig.decision.faults
        rig.guard.control_given()
        rig.wait(1)
        assert fault not in rig.decision.faults
