"""Faults and events of a belt under guard. 0.01 km/h, 0.1 %, seconds."""

from dataclasses import replace

import pytest

from bridge.guard import Policy
from bridge.values import INCLINE, SPEED, Belt, MachineInfo, Measurement, Verb
from bridge.values.status import SafetyKey
from protocols.ranges import InclineRange
from tests.guard.play import play
from tests.guard.proof.actions import QUICK, running
from tests.guard.proof.guard_rig import STRICT, GuardRig, accepted
from tests.rigs.wording import text_of, value_of


class TestStale:
    @pytest.mark.parametrize(("silence", "faults"), [(10.0, ()), (10.25, ("stale",))])
    def test_silence_while_running_is_a_fault_only_after_ten_seconds(
        self, silence: float, faults: tuple[str, ...]
    ) -> None:
        rig = play(running(), f"silent, {silence}")
        assert rig.decision.faults == faults

    def test_stale_event_names_its_age_and_its_end_is_reported(self) -> None:
        rig = play(running(), "silent, 20")
        (event,) = rig.heard("stale")
        assert value_of(event, "age") == pytest.approx(10.0, abs=0.5)
        play(rig, "heard, 2")
        assert len(rig.heard("fresh")) == 1


class TestHeart:
    POLICY = replace(QUICK, heart_rate_ceiling=160, heart_rate_s=2.0, heart_rate_every_s=60.0)

    def beating(self, rate: int | None = 150) -> GuardRig:
        rig = play(GuardRig(policy=self.POLICY, heart=rate).warmed_up(), "speed 800")
        return rig.wait(40)

    def test_heart_rate_rule_lowers_from_the_lower_of_reading_and_setpoint(self) -> None:
        rig = self.beating()
        rig.heart = 170
        rig.garbled = Measurement(speed=780, heart_rate=170)
        rig.wait(10)
        assert rig.setpoint(SPEED) == 730
        rig = self.beating()
        rig.garbled = Measurement(speed=820, heart_rate=170)
        rig.wait(10)
        assert rig.setpoint(SPEED) == 750
        rig = self.beating()
        rig.garbled = Measurement(heart_rate=170)
        rig.wait(10)
        assert rig.setpoint(SPEED) == 750

    def test_missing_heart_rate_is_a_fault_and_reported_once(self) -> None:
        rig = self.beating()
        rig.heart = None
        rig.wait(30)
        assert len(rig.heard("heart_rate_lost")) == 1
        assert set(rig.decision.faults) == {"heart_rate_lost"}
        rig.heart = 150
        rig.wait(2)
        assert not rig.decision.faults

    def test_request_is_not_resumed_when_the_heart_rate_returns(self) -> None:
        rig = play(self.beating(), "speed 1600=accepted")
        rig.heart = None
        rig.wait(12)
        reached = rig.setpoint(SPEED)
        assert 800 < reached < 1600
        assert rig.decision.requested[SPEED] == reached
        rig.heart = 150
        rig.wait(60)
        assert rig.setpoint(SPEED) == reached
        assert accepted(rig.ask(Verb.SPEED, 1600))

    def test_heart_rate_measured_before_a_start_avoids_a_hold(self) -> None:
        rig = GuardRig(policy=self.POLICY, heart=64).wait(5)
        assert not rig.decision.limits.holds
        rig.runs()
        assert not rig.decision.limits.holds

    def test_heart_rate_rule_has_no_bound_once_the_belt_stands(self) -> None:
        rig = self.beating()
        rig.heart = 170
        play(rig, "10, belt paused")
        rig.wait(0.25)  # before another sample
        assert rig.decision.limits.most(SPEED) > 800


class TestAdvice:
    """A heart rate rule that can lower nothing reports no lowering."""

    FIXED = replace(STRICT, incline_range=InclineRange(0, 0, 0))

    @pytest.mark.parametrize(
        ("policy", "machine", "begins"),
        [
            (QUICK, STRICT, ("Steep incline ends in 3 s", "Incline lowered to 5 % until ")),
            (
                replace(QUICK, may_control=False),
                STRICT,
                ("Steep incline should end in 3 s", "Choose 5 % or less until "),
            ),
            (QUICK, FIXED, ("Steep incline should end in 3 s", "Choose 5 % or less")),
        ],
        ids=["it can be", "an observer", "an incline set by hand"],
    )
    def test_long_climb_that_cannot_be_lowered_is_answered_with_advice(
        self, policy: Policy, machine: MachineInfo, begins: tuple[str, str]
    ) -> None:
        policy = replace(policy, steep=QUICK.steep[:1], warm_up_s=0.0)
        rig = GuardRig(policy=policy, machine=machine).runs(400)
        if not accepted(rig.ask(Verb.INCLINE, 120)):
            rig.press(INCLINE, 120.0)
        while not rig.heard("steep_closed"):
            rig.wait(1)
        told = [text_of(e) for e in rig.events if e.type in {"steep_warning", "steep_closed"}]
        assert [text.startswith(start) for text, start in zip(told, begins, strict=True)] == [
            True,
            True,
        ]


class TestBusy:
    def test_lowering_ignored_by_a_busy_machine_is_repeated_until_it_succeeds(self) -> None:
        rig = play(running(speed=1000), "deaf")
        assert rig.guard.person.report_pain(5, rig.now)
        rig.wait(10)
        assert rig.setpoint(SPEED) == 600
        play(rig, "obeys, 90")
        assert rig.speed == 600
        assert not rig.decision.faults


class TestFaults:
    @pytest.mark.parametrize(
        ("changes", "status", "faults"),
        [
            ({"belt": Belt.STOPPING}, None, set()),
            ({}, SafetyKey, set()),
            ({"connected": False}, None, {"link_lost"}),
        ],
        ids=["it begins to stop", "the safety key is pulled", "the link is lost"],
    )
    def test_not_responding_fault_ends_on_a_stop_a_pulled_key_or_a_lost_link(
        self, changes: dict[str, object], status: type[SafetyKey] | None, faults: set[str]
    ) -> None:
        rig = self.ignoring()
        vars(rig).update(changes)
        if status:
            rig.says(status(rig.now))
        assert set(rig.wait(0.25).decision.faults) == faults

    def test_halt_for_disobedience_clears_its_fault_once_the_belt_stands(self) -> None:
        rig = play(running(policy=replace(QUICK, stop_on_disobey=True)), "deaf, speed 200, 120")
        assert rig.halts
        assert "not_responding_speed" in rig.decision.faults
        rig.stands()
        assert not rig.decision.faults

    @staticmethod
    def ignoring() -> GuardRig:
        """Return a belt that ignores its setpoint, after the event about it."""
        rig = play(running(), "deaf, speed 200")
        while not rig.decision.faults:
            rig.wait(1)
        assert rig.decision.faults == ("not_responding_speed",)
        return rig

    def test_fault_of_an_unexpected_rise_ends_when_the_belt_stands(self) -> None:
        rig = play(running(), "names speed 2500")
        assert set(rig.decision.faults) == {"unexpected_rise_speed"}
        rig.stands()
        assert not rig.decision.faults
