"""A belt found moving. Speeds in 0.01 km/h."""

from dataclasses import replace

from bridge.guard.facts import (
    Grid,
)
from bridge.guard.rules import limits
from bridge.guard.settling import Settling
from bridge.values import Axis
from protocols.ftms.ranges import InclineRange, SpeedRange
from tests.guard.rules.moment import FACTS


class TestSettling:
    GRIDS = {  # noqa: RUF012 - a constant of this story
        Axis.SPEED: Grid(SpeedRange(80, 1600, 10), told=True, settable=True),
        Axis.INCLINE: Grid(InclineRange(0, 150, 5), told=True, settable=True),
    }

    def test_a_belt_that_never_settles_is_taken_at_its_lowest(self) -> None:
        settling = Settling()
        taken = [settling.add({Axis.SPEED: 200 + 100 * n}, self.GRIDS) for n in range(10)]
        assert taken == [False] * 9 + [True]
        assert settling.at == {Axis.SPEED: 200}

    def test_a_belt_that_has_not_settled(self) -> None:
        assert [h.rule for h in limits(replace(FACTS, settled=False)).holds] == ["settling"]
