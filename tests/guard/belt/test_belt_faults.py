"""Faults and events of a belt under guard. 0.01 km/h, 0.1 %, seconds."""

from dataclasses import replace

import pytest

from bridge.guard import Policy
from bridge.values import INCLINE, SPEED, Belt, MachineInfo, Measurement, Verb
from bridge.values.status import SafetyKey
from protocols.ranges import InclineRange
from tests.guard.play import play
from tests.guard.proof.actions import QUICK, running
from tests.guard.proof.story import STRICT, Story, accepted
from tests.rigs.wording import text_of, value_of


class TestStale:
    @pytest.mark.parametrize(("silence", "faults"), [(10.0, ()), (10.25, ("stale",))])
    def test_silence_while_running_is_a_fault_only_after_ten_seconds(
        self, silence: float, faults: tuple[str, ...]
    ) -> None:
        story = play(running(), f"silent, {silence}")
        assert story.decision.faults == faults

    def test_stale_event_names_its_age_and_its_end_is_reported(self) -> None:
        story = play(running(), "silent, 20")
        (event,) = story.heard("stale")
        assert value_of(event, "age") == pytest.approx(10.0, abs=0.5)
        play(story, "heard, 2")
        assert len(story.heard("fresh")) == 1


class TestHeart:
    POLICY = replace(QUICK, heart_rate_ceiling=160, heart_rate_s=2.0, heart_rate_every_s=60.0)

    def beating(self, rate: int | None = 150) -> Story:
        story = play(Story(policy=self.POLICY, heart=rate).warmed_up(), "speed 800")
        return story.wait(40)

    def test_heart_rate_rule_lowers_from_the_lower_of_reading_and_setpoint(self) -> None:
        story = self.beating()
        story.heart = 170
        story.garbled = Measurement(speed=780, heart_rate=170)
        story.wait(10)
        assert story.setpoint(SPEED) == 730
        story = self.beating()
        story.garbled = Measurement(speed=820, heart_rate=170)
        story.wait(10)
        assert story.setpoint(SPEED) == 750
        story = self.beating()
        story.garbled = Measurement(heart_rate=170)
        story.wait(10)
        assert story.setpoint(SPEED) == 750

    def test_missing_heart_rate_is_a_fault_and_reported_once(self) -> None:
        story = self.beating()
        story.heart = None
        story.wait(30)
        assert len(story.heard("heart_rate_lost")) == 1
        assert set(story.decision.faults) == {"heart_rate_lost"}
        story.heart = 150
        story.wait(2)
        assert not story.decision.faults

    def test_request_is_not_resumed_when_the_heart_rate_returns(self) -> None:
        story = play(self.beating(), "speed 1600=accepted")
        story.heart = None
        story.wait(12)
        reached = story.setpoint(SPEED)
        assert 800 < reached < 1600
        assert story.decision.requested[SPEED] == reached
        story.heart = 150
        story.wait(60)
        assert story.setpoint(SPEED) == reached
        assert accepted(story.ask(Verb.SPEED, 1600))

    def test_heart_rate_measured_before_a_start_avoids_a_hold(self) -> None:
        story = Story(policy=self.POLICY, heart=64).wait(5)
        assert not story.decision.limits.holds
        story.runs()
        assert not story.decision.limits.holds

    def test_heart_rate_rule_has_no_bound_once_the_belt_stands(self) -> None:
        story = self.beating()
        story.heart = 170
        play(story, "10, belt paused")
        story.wait(0.25)  # before another sample
        assert story.decision.limits.most(SPEED) > 800


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
        story = Story(policy=policy, machine=machine).runs(400)
        if not accepted(story.ask(Verb.INCLINE, 120)):
            story.press(INCLINE, 120.0)
        while not story.heard("steep_closed"):
            story.wait(1)
        told = [text_of(e) for e in story.events if e.type in {"steep_warning", "steep_closed"}]
        assert [text.startswith(start) for text, start in zip(told, begins, strict=True)] == [
            True,
            True,
        ]


class TestBusy:
    def test_lowering_ignored_by_a_busy_machine_is_repeated_until_it_succeeds(self) -> None:
        story = play(running(speed=1000), "deaf")
        assert story.guard.person.report_pain(5, story.now)
        story.wait(10)
        assert story.setpoint(SPEED) == 600
        play(story, "obeys, 90")
        assert story.speed == 600
        assert not story.decision.faults


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
        story = self.ignoring()
        vars(story).update(changes)
        if status:
            story.says(status(story.now))
        assert set(story.wait(0.25).decision.faults) == faults

    def test_halt_for_disobedience_clears_its_fault_once_the_belt_stands(self) -> None:
        story = play(running(policy=replace(QUICK, stop_on_disobey=True)), "deaf, speed 200, 120")
        assert story.halts
        assert "not_responding_speed" in story.decision.faults
        story.stands()
        assert not story.decision.faults

    @staticmethod
    def ignoring() -> Story:
        """Return a belt that ignores its setpoint, after the event about it."""
        story = play(running(), "deaf, speed 200")
        while not story.decision.faults:
            story.wait(1)
        assert story.decision.faults == ("not_responding_speed",)
        return story

    def test_fault_of_an_unexpected_rise_ends_when_the_belt_stands(self) -> None:
        story = play(running(), "names speed 2500")
        assert set(story.decision.faults) == {"unexpected_rise_speed"}
        story.stands()
        assert not story.decision.faults
