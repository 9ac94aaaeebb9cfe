"""When a belt that was found moving, or seen to start, has reached its own speed."""

import pytest

from bridge.guard.engine.readings import Settling

NOISE = 3.0


def settled_at(readings: list[int], *, steady_from: float = 0.0) -> float | None:
    """Return the second of the first reading that counts as the belt's own speed."""
    settling = Settling(began=100.0)
    for second, reading in enumerate(readings):
        settling.take(reading, NOISE, 100.0 + second)
        if settling.is_over(100.0 + second, steady=second >= steady_from):
            return float(second)
    return None


@pytest.mark.parametrize(
    ("readings", "second"),
    [
        pytest.param([80] * 10, 2.0, id="steady from the first reading"),
        pytest.param([77, *[80] * 9], 2.0, id="one report step within the noise"),
        pytest.param([70, *[80] * 9], 3.0, id="one rise and then steady"),
        pytest.param([80, 82, 80, 82, 80, 82], 2.0, id="flickering within the noise"),
        pytest.param([50, 50, 100, 100, *[150] * 9], 8.0, id="rising in coarse steps"),
        pytest.param([300, 200, 100, 100, 100], 2.0, id="falling: left to the steady readings"),
    ],
)
def test_belt_has_settled_when_it_no_longer_rises(readings: list[int], second: float) -> None:
    assert settled_at(readings) == second


def test_belt_that_never_settles_is_taken_as_it_is_after_fifteen_seconds() -> None:
    assert settled_at(list(range(0, 1000, 10))) == 15.0
    assert settled_at([80] * 30, steady_from=99) == 15.0
