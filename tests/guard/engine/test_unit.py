"""A belt that may count miles. Speeds in 0.01 km/h."""

import pytest

from bridge.guard.engine.unit import UnitWatch
from bridge.machines.learned import UnitVerdict


@pytest.mark.parametrize(
    ("writes", "measured", "followed"),
    [
        ([(300, 400, 300)], 644, True),
        ([(400, 300, 644)], 483, True),
        ([(400, 300, 644)], 594, True),
        ([(400, 300, 644)], 595, False),
        ([(600, 370, 600)], 600, False),
        ([(600, 500, 600), (500, 370, 600)], 600, False),
        ([(100, 600, 100), (600, 370, 600)], 600, False),
        ([(600, 370, 600), (370, 370, 600)], 600, False),
        ([(600, 370, 600), (370, 400, 600)], 600, True),
        ([], 600, True),
    ],
)
def test_belt_followed_unless_it_was_lowered_and_did_not_come_half_of_the_way(
    writes: list[tuple[int, int, int]], measured: float, followed: bool
) -> None:
    unit = UnitWatch(UnitVerdict.UNKNOWN)
    for before, after, reading in writes:
        unit.wrote(before, after, reading, verified=False)
    setpoint = writes[-1][1] if writes else 600
    assert unit.followed(setpoint, measured) is followed


def test_fall_is_measured_anew_after_the_unit_was_verified() -> None:
    unit = UnitWatch(UnitVerdict.UNKNOWN)
    unit.wrote(600, 400, 600, verified=False)
    unit.verified = True
    unit.wrote(400, 300, 400, verified=False)
    assert not unit.followed(300, 400)
