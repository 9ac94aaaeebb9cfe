"""The first minutes. Speeds in 0.01 km/h, inclines in 0.1 %, times in seconds."""

from dataclasses import replace

import pytest

from bridge.guard import Policy
from bridge.guard.policy import MPH
from bridge.guard.rules import limits
from bridge.guard.session import Session
from bridge.values import Axis
from tests.guard.rules.moment import FACTS


class TestWarmUp:
    def test_until_its_last_moment(self) -> None:
        facts = replace(FACTS, warm_up_left=0.1)
        assert limits(facts).most(Axis.SPEED) == 600
        assert limits(facts).most(Axis.INCLINE) == 20

    def test_in_miles_where_nobody_knows(self) -> None:
        facts = replace(FACTS, warm_up_left=1.0, unit_known=False)
        assert limits(facts).most(Axis.SPEED) == pytest.approx(600 / MPH)

    @pytest.mark.parametrize(("rest", "left"), [(600.0, 200.0), (600.1, 300.0)])
    def test_a_rest_of_more_than_ten_minutes_takes_it_back(self, rest: float, left: float) -> None:
        session, policy = Session(), Policy()
        session.move(policy, 1000.0, 100.0)
        assert session.warm_up_left(policy, 1000.0 + rest) == left

    def test_it_ends_once_and_again_after_a_rest(self) -> None:
        session, policy = Session(), Policy()
        assert [session.move(policy, 1000.0 + t, 150.0) for t in (0, 1, 2)] == [False, True, False]
        assert [session.move(policy, 1700.0 + t, 150.0) for t in (0, 1, 2)] == [False, True, False]

    def test_none_at_all_ends_without_a_word(self) -> None:
        assert not Session().move(Policy(warm_up_s=0.0), 1000.0, 1.0)
