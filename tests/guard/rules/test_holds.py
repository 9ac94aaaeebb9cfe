"""Holds, and the bounds of the warm-up. Speeds in 0.01 km/h, inclines in 0.1 %."""

from dataclasses import replace
from typing import Any

import pytest

from bridge.guard.rules import limits
from bridge.values import Axis
from tests.guard.rules.moment import FACTS


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"fresh": False}, "stale"),
        ({"garbled": True}, "garbled"),
        ({"settled": False}, "settling"),
    ],
)
def test_stale_garbled_and_unsettled_data_are_a_hold(changes: dict[str, Any], rule: str) -> None:
    assert [hold.rule for hold in limits(replace(FACTS, **changes)).holds] == [rule]


def test_warm_up_limits_hold_until_its_last_moment() -> None:
    found = limits(replace(FACTS, warm_up_left=0.1))
    assert (found.most(Axis.SPEED), found.most(Axis.INCLINE)) == (600, 20)
