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
def test_stale_garbled_or_unsettled_data_cause_a_hold(changes: dict[str, Any], rule: str) -> None:
    assert [hold.rule for hold in limits(replace(FACTS, **changes)).holds] == [rule]


@pytest.mark.parametrize("axis", Axis)
def test_missing_axis_causes_a_hold_on_that_axis_only(axis: Axis) -> None:
    found = limits(replace(FACTS, gone=frozenset([axis])))
    held = [each for each in Axis if found.holding(each)]
    assert held == [axis]
    (hold,) = found.holding(axis)
    assert (hold.rule, hold.reason.axis) == ("missing", axis)


def test_axis_that_cannot_be_set_is_not_held_for_its_missing_reports() -> None:
    grids = FACTS.grids | {Axis.INCLINE: replace(FACTS.grids[Axis.INCLINE], settable=False)}
    assert limits(replace(FACTS, gone=frozenset(Axis), grids=grids)).holding(Axis.INCLINE) == ()


def test_warm_up_limits_apply_until_its_last_moment() -> None:
    found = limits(replace(FACTS, warm_up_left=0.1))
    assert (found.most(Axis.SPEED), found.most(Axis.INCLINE)) == (600, 20)
