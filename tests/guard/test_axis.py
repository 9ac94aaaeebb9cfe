"""The engine at its edges. Speeds in 0.01 km/h."""

import pytest

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

    @pytest.mark.parametrize(
        ("dt", "shaped"), [(-0.5, 500), (0, 500), (0.5, 505), (1.0, 510), (60.0, 510)]
    )
    def test_time_that_was_not_observed_gives_no_headroom(self, dt: float, shaped: float) -> None:
        state = AxisState(900, 500.0, 500).advance(
            dt, bound=1600.0, ramp=10.0, easing=100.0, measured=500.0, grid=self.GRID
        )
        assert state.shaped == shaped

    @pytest.mark.parametrize(("dt", "shaped"), [(-0.5, 500), (0, 500), (0.5, 450), (60.0, 400)])
    def test_nor_does_it_make_the_belt_drop(self, dt: float, shaped: float) -> None:
        state = AxisState(100, 500.0, 500).advance(
            dt, bound=1600.0, ramp=10.0, easing=100.0, measured=500.0, grid=self.GRID
        )
        assert state.shaped == shaped

    def test_a_belt_that_lags_is_waited_for_five_seconds_of_ramp_and_a_step_ahead(self) -> None:
        state = AxisState(900, 500.0, 500)
        for _ in range(30):
            state = state.advance(
                1.0, bound=1600.0, ramp=10.0, easing=100.0, measured=500.0, grid=self.GRID
            )
        assert state == AxisState(900, 560.0, 560, led=True)

    @pytest.mark.parametrize(("measured", "led"), [(None, False), (450, False), (440, True)])
    def test_it_is_led_only_where_the_target_would_be_higher_by_now(
        self, measured: float | None, led: bool
    ) -> None:
        state = AxisState(900, 500.0, 500).advance(
            1.0, bound=1600.0, ramp=10.0, easing=100.0, measured=measured, grid=self.GRID
        )
        assert state.led is led

    def test_below_the_machine_s_least_there_is_nothing(self) -> None:
        state = AxisState(500, 500.0, 500)
        for _ in range(9):
            state = state.advance(
                1.0, bound=30.0, ramp=10.0, easing=100.0, measured=500.0, grid=self.GRID
            )
        assert state == AxisState(30, 80.0, 80)

    @pytest.mark.parametrize("request_", [None, 500])
    def test_what_is_where_it_is_to_be_stays_as_it_is(self, request_: int | None) -> None:
        state = AxisState(request_, 500.0, 500)
        assert (
            state.advance(1.0, bound=500.0, ramp=10.0, easing=100.0, measured=0.0, grid=self.GRID)
            is state
        )

    def test_but_not_below_the_least(self) -> None:
        state = AxisState(50, 50.0, 50).advance(
            1.0, bound=500.0, ramp=10.0, easing=100.0, measured=0.0, grid=self.GRID
        )
        assert state.written == 80
