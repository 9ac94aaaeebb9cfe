"""The gradual rule. Times in seconds, distances in metres, speeds in 0.01 km/h."""

from dataclasses import replace

import pytest

from bridge.guard import Guard, Past
from bridge.guard.rules.gradual import gradual
from bridge.machines import Quirk
from bridge.values import Halt
from bridge.values.effort import Baseline, Effort
from tests.guard.play import play
from tests.guard.proof.guard_rig import KNOWN, STRICT, GuardRig
from tests.rigs.wording import text_of

USUAL = Baseline(Effort(time_s=600.0, distance_m=1000.0, climb_m=50.0))
SHORT = Baseline(Effort(time_s=300.0, distance_m=500.0, climb_m=50.0))
QUICK = replace(KNOWN, warm_up_s=0.0, cool_down_s=20.0)


class TestGradual:
    @pytest.mark.parametrize(
        ("did", "found"),
        [
            (Effort(660.0, 1100.0, 55.0), []),
            (Effort(660.1, 0.0, 0.0), ["time_s"]),
            (Effort(0.0, 1100.1, 0.0), ["distance_m"]),
            (Effort(0.0, 0.0, 55.1), ["climb_m"]),
            (Effort(700.0, 1200.0, 60.0), ["time_s", "distance_m", "climb_m"]),
        ],
    )
    def test_gradual_excess_begins_above_110_percent_of_any_measure(
        self, did: Effort, found: list[str]
    ) -> None:
        assert [measure for measure, _, _ in gradual(did, USUAL, 110.0)] == found

    @pytest.mark.parametrize(
        ("did", "found"),
        [
            (Effort(300.0, 500.0, 20.0), []),
            (Effort(300.1, 500.1, 20.1), ["time_s", "distance_m", "climb_m"]),
        ],
    )
    def test_gradual_excess_needs_over_5_min_or_500_m_or_20_m_of_climb(
        self, did: Effort, found: list[str]
    ) -> None:
        nothing = Baseline(Effort(0.0, 0.0, 0.0))
        assert [measure for measure, _, _ in gradual(did, nothing, 110.0)] == found


@pytest.mark.unmeasured
class TestOnTheBelt:
    def running(self, policy: object = QUICK, past: Past | None = None) -> GuardRig:
        rig = GuardRig(policy=policy, past=past or replace(Past.nobody(), baseline=SHORT))  # type: ignore[arg-type]
        play(rig, "runs, speed 300")
        return rig

    def test_gradual_excess_is_reported_once_per_measure_without_a_bound(self) -> None:
        rig = self.running().wait(400)
        assert [text_of(e) for e in rig.heard("gradual")] == [
            "This session has lasted 5 min 30 s, more than 110 % of your recent longest (5 min). "
            "Consider ending it here."
        ]
        assert rig.speed == 300
        rig.wait(300)
        assert len(rig.heard("gradual")) == 2
        assert not rig.halts

    def test_enforced_gradual_limit_ends_the_session_in_an_announced_cool_down(self) -> None:
        rig = self.running(replace(QUICK, gradual_enforced=True))
        while not rig.heard("gradual_finish"):
            rig.wait(1)
        told = rig.now
        assert rig.heard("gradual_finish")[0].ends_s == 30
        rig.wait(29)
        assert not rig.heard("cool_down")
        rig.wait(2)
        assert rig.heard("cool_down")
        rig.wait(25)
        assert [halt for _, halt in rig.halts][:1] == [Halt.STOP]
        assert rig.halts[0][0] - told == pytest.approx(50, abs=2)

    def test_enforced_gradual_limit_is_only_advice_on_an_observed_machine(self) -> None:
        watched = replace(STRICT, quirks=(Quirk.NO_CONTROL_POINT,))
        policy, past = replace(QUICK, gradual_enforced=True), replace(Past.nobody(), baseline=SHORT)
        rig = GuardRig(policy=policy, machine=watched, past=past).runs(300).wait(400)
        assert [event.case for event in rig.heard("gradual")] == ["time_s"]
        assert not rig.heard("gradual_finish")

    def test_missing_baseline_is_reported_once(self) -> None:
        rig = self.running(past=Past.nobody()).wait(60)
        assert len(rig.heard("no_baseline")) == 1
        assert not rig.heard("gradual")

    def test_session_is_the_baseline_of_the_next_session(self) -> None:
        rig = play(self.running(past=Past.nobody()).wait(400), "stands, 2, runs, speed 300, 500")
        assert len(rig.heard("no_baseline")) == 1
        assert rig.heard("gradual")

    def test_kill_before_the_gradual_finish_delays_but_does_not_cancel_it(self) -> None:
        rig = self.running(replace(QUICK, gradual_enforced=True))
        while not rig.heard("gradual_finish"):
            rig.wait(1)
        rig.wait(20)
        rig.guard = Guard(rig.policy, rig.now, rig.guard.past(rig.now))
        rig.wait(28)
        assert not rig.heard("cool_down"), "it is announced anew, with all of its notice"
        assert len(rig.heard("gradual_finish")) == 2
        rig.wait(10)
        assert rig.heard("cool_down")
