"""Properties of `frozen` values."""

from dataclasses import replace

import pytest

from protocols.frozen import frozen


@frozen
class Point:
    x: int
    y: int = 0


def test_frozen_value_can_be_changed_at_run_time_only() -> None:
    point = Point(1)
    point.x = 2  # type: ignore[misc]  # strict mypy refuses a comment that ignores nothing
    assert point.x == 2


def test_frozen_value_takes_no_further_attribute() -> None:
    with pytest.raises(AttributeError):
        setattr(Point(1), "z", 2)  # noqa: B010 - mypy knows


def test_frozen_value_has_equality_hash_and_repr() -> None:
    assert Point(1, 2) == Point(1, 2) != Point(2, 2)
    assert {Point(1, 2), Point(1, 2)} == {Point(1, 2)}
    assert repr(Point(1)) == "Point(x=1, y=0)"


def test_copy_of_a_frozen_value_leaves_it_unchanged() -> None:
    before = Point(1)
    assert replace(before, y=3) == Point(1, 3)
    assert before == Point(1)
