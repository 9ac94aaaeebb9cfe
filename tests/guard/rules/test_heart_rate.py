"""A ceiling for the heart rate, in beats per minute. Speeds in 0.01 km/h, times in seconds."""

from dataclasses import replace

import pytest

from bridge.guard import Policy
from bridge.guard.rules import limits
from bridge.guard.rules.heart_rate import NOT_HEARD, Heart
from bridge.values import Verb
from tests.guard.play import play
from tests.guard.proof.guard_rig import KNOWN, GuardRig, accepted
from tests.guard.rules.moment import FACTS
from tests.rigs.wording import text_of

CEILING = Policy(heart_rate_ceiling=160)
HEARD = replace(FACTS, policy=CEILING, heart=Heart(rate=140, heard=FACTS.now))


class TestHeartRate:
    def test_heart_rate_above_the_ceiling_is_a_hold(self) -> None:
        (hold,) = limits(replace(HEARD, heart=Heart(rate=161, heard=FACTS.now))).holds
        assert text_of(hold.reason) == "The heart rate is above 160, so nothing may rise."

    def test_heart_rate_at_the_ceiling_is_no_hold(self) -> None:
        assert limits(replace(HEARD, heart=Heart(rate=160, heard=FACTS.now))).holds == ()

    def test_hold_for_a_missing_heart_rate_has_rate_0(self) -> None:
        (hold,) = limits(replace(HEARD, heart=NOT_HEARD)).holds
        assert (hold.case, dict(hold.values)["rate"]) == ("lost", 0)

    @pytest.mark.parametrize(("ago", "lost"), [(10.0, False), (10.1, True)])
    def test_heart_rate_older_than_ten_seconds_is_a_hold(self, ago: float, lost: bool) -> None:
        facts = replace(HEARD, heart=Heart(rate=140, heard=FACTS.now - ago))
        assert [h.rule for h in limits(facts).holds] == ["heart_rate"] * lost


class TestHeart:
    def heard(self, *rates: int | None, every: float = 1.0) -> Heart:
        heart = Heart()
        for number, rate in enumerate(rates):
            heart = heart.with_sample(CEILING, 1000.0 + number * every, rate, 900.0)
        return heart

    def test_heart_rate_above_the_ceiling_for_15_s_lowers_the_speed_by_0_5_kmh(self) -> None:
        assert self.heard(*[170] * 15).bound is None
        assert self.heard(*[170] * 16).bound == 850

    def test_heart_rate_above_the_ceiling_lowers_the_speed_again_every_10_s(self) -> None:
        assert self.heard(*[170] * 25).bound == 850
        assert self.heard(*[170] * 26).bound == 800
        assert self.heard(*[170] * 36).bound == 750

    def test_heart_rate_below_the_ceiling_restarts_the_count(self) -> None:
        assert self.heard(*[170] * 14, 160, *[170] * 14).bound is None

    @pytest.mark.parametrize("rate", [30, 230])
    def test_heart_rate_of_30_and_230_is_valid(self, rate: int) -> None:
        assert self.heard(rate).rate == rate

    @pytest.mark.parametrize("rate", [None, 0, 29, 231, 255])
    def test_invalid_heart_rate_is_ignored(self, rate: int | None) -> None:
        assert self.heard(140, rate, rate) == Heart(rate=140, heard=1000.0)

    def test_heart_rate_without_a_ceiling_has_no_bound(self) -> None:
        heard = self.heard(*[170] * 20).with_sample(Policy(), 1020.0, 170, 900.0)
        assert heard == Heart(rate=170, heard=1020.0)

    def test_heart_rate_at_rest_keeps_only_the_rate(self) -> None:
        heart = self.heard(*[170] * 20)
        assert heart.with_sample(CEILING, 1020.0, 180, None) == Heart(rate=180, heard=1020.0)
        assert heart.with_sample(CEILING, 1020.0, None, None) == heart.at_rest()


@pytest.mark.unmeasured
class TestOnTheBelt:
    def running(self) -> GuardRig:
        policy = replace(KNOWN, heart_rate_ceiling=160, warm_up_s=0.0)
        rig = play(GuardRig(policy=policy, heart=140), "runs, speed 1000, 110")
        assert rig.speed == 1000
        return rig

    def test_high_heart_rate_lowers_the_speed_in_steps_and_never_raises_it(self) -> None:
        rig = self.running()
        rig.heart = 170
        rig.wait(15)
        assert rig.speed == 1000
        rig.wait(22)
        assert rig.speed == 850
        assert len(rig.heard("heart_rate_high")) == 1
        assert "170" in text_of(rig.heard("heart_rate_high")[0])
        assert "above 160" in text_of(rig.heard("limited")[-1])
        play(rig, "speed 1000=rejected, speed 800=accepted")
        rig.heart = 150
        rig.wait(60)
        assert rig.speed == 800
        assert accepted(rig.ask(Verb.SPEED, 1000))

    def test_high_heart_rate_never_stops_the_belt(self) -> None:
        rig = self.running()
        rig.heart = 200
        rig.wait(230)
        assert (rig.speed, rig.halts) == (80, [])
        assert "at most 0.8 km/h" in text_of(rig.heard("limited")[-1])
