"""The first minutes. Speeds in 0.01 km/h, inclines in 0.1 %, times in seconds."""

from dataclasses import replace

import pytest

from bridge.guard.rules import limits
from bridge.values import Axis
from protocols.units import MPH
from tests.guard.rules.moment import FACTS


class TestWarmUp:
    def test_warm_up_limits_hold_until_its_last_moment(self) -> None:
        facts = replace(FACTS, warm_up_left=0.1)
        assert limits(facts).most(Axis.SPEED) == 600
        assert limits(facts).most(Axis.INCLINE) == 20

    def test_warm_up_limit_counts_as_miles_if_the_unit_is_unknown(self) -> None:
        facts = replace(FACTS, warm_up_left=1.0, unit_known=False)
        assert limits(facts).most(Axis.SPEED) == pytest.approx(600 / MPH)
