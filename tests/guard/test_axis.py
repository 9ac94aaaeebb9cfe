"""The engine at its edges. Speeds in 0.01 km/h."""

from bridge.guard.axis import AxisState
from bridge.values import Axis
from tests.guard.rules.moment import FACTS


class TestEngine:
    GRID = FACTS.grids[Axis.SPEED]

    def test_nobody_asked_so_nothing_rises(self) -> None:
        state = AxisState(None, 500.0, 500).advance(
            1.0, bound=1600.0, ramp=10.0, easing=100.0, measured=500.0, grid=self.GRID
        )
        assert state == AxisState(None, 500.0, 500)

    def test_a_bound_lowers_what_nobody_asked_too(self) -> None:
        state = AxisState(None, 500.0, 500).advance(
            1.0, bound=450.0, ramp=10.0, easing=100.0, measured=500.0, grid=self.GRID
        )
        assert (state.request, state.written) == (None, 450)

    def test_below_the_machine_s_least_there_is_nothing(self) -> None:
        state = AxisState(500, 500.0, 500)
        for _ in range(9):
            state = state.advance(
                1.0, bound=30.0, ramp=10.0, easing=100.0, measured=500.0, grid=self.GRID
            )
        assert (state.request, state.written) == (30, 80)
