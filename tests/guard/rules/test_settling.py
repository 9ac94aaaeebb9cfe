"""A belt found moving. Speeds in 0.01 km/h."""

from dataclasses import replace

import pytest

from bridge.guard.facts import Grid
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

    def test_three_samples_that_agree_are_enough(self) -> None:
        settling = Settling()
        assert [settling.add({Axis.SPEED: 300}, self.GRIDS) for _ in range(3)] == [
            False,
            False,
            True,
        ]

    @pytest.mark.parametrize(
        ("axis", "course", "agree"),
        [
            (Axis.SPEED, (300, 320, 300), True),
            (Axis.SPEED, (300, 321, 300), False),
            (Axis.SPEED, (1000, 1050, 1000), True),
            (Axis.SPEED, (1000, 1051, 1000), False),
            (Axis.INCLINE, (50, 60, 50), True),
            (Axis.INCLINE, (50, 61, 50), False),
        ],
    )
    def test_they_agree_within_two_steps_or_five_percent(
        self, axis: Axis, course: tuple[int, ...], agree: bool
    ) -> None:
        settling = Settling()
        taken = [settling.add({axis: value}, self.GRIDS) for value in course]
        assert taken[-1] is agree

    def test_a_value_that_comes_or_goes_begins_anew(self) -> None:
        speed, both = {Axis.SPEED: 300}, {Axis.SPEED: 300, Axis.INCLINE: 0}
        settling = Settling()
        assert not any(settling.add(now, self.GRIDS) for now in (speed, speed, both, both))
        assert settling.add(both, self.GRIDS)
        assert not any(settling.add(now, self.GRIDS) for now in (speed, speed))

    def test_one_that_settles_is_taken_where_it_is_and_not_at_its_lowest(self) -> None:
        settling = Settling()
        course = (200, 500, 500, 510)
        taken = [settling.add({Axis.SPEED: speed}, self.GRIDS) for speed in course]
        assert taken[-1]
        assert settling.at == {Axis.SPEED: 510}
        assert settling.lowest == {Axis.SPEED: 200}

    def test_nothing_was_seen_yet(self) -> None:
        assert Settling() == Settling(seen=0, steady=0, last={}, lowest={})

    def test_a_belt_that_has_not_settled(self) -> None:
        assert [h.rule for h in limits(replace(FACTS, settled=False)).holds] == ["settling"]
