"""Mean and median of readings."""

import statistics

import pytest

from bridge.tracking.learning.averages import average, median


@pytest.mark.parametrize("values", [[3], [1, 4], [5, 1, 3], [600, 590, 610, 600], [0.5, 0.25, 1.0]])
def test_averages_are_those_of_the_statistics_module(values: list[float]) -> None:
    assert average(values) == statistics.fmean(values)
    assert median(values) == statistics.median(values)
