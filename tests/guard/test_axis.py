"""The engine at its edges. Speeds in 0.01 km/h."""

import math

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

    def moved(
        self,
        state: AxisState,
        *,
        dt: float = 1.0,
        bound: float = 1600.0,
        wait: float = math.inf,
        ramp: float = 10.0,
        measured: float | None = 500.0,
    ) -> AxisState:
        """A second later, with easing at 1 km/h a second."""
        return state.advance(
            dt,
            bound=bound,
            wait=wait,
            ramp=ramp,
            easing=100.0,
            measured=measured,
            grid=self.GRID,
        )

    def test_it_rises_by_the_ramp_and_not_beyond_the_request(self) -> None:
        assert self.moved(AxisState(900, 500.0, 500)) == AxisState(900, 510.0, 510)
        assert self.moved(AxisState(507, 500.0, 500)) == AxisState(507, 507.0, 500)

    def test_it_falls_by_the_easing_and_not_below_the_request(self) -> None:
        assert self.moved(AxisState(300, 500.0, 500)) == AxisState(300, 400.0, 400)
        assert self.moved(AxisState(450, 500.0, 500)) == AxisState(450, 450.0, 450)

    @pytest.mark.parametrize(
        ("bound", "request_"), [(450.7, 450), (600.0, 600), (600.5, 600), (599.0, 599)]
    )
    def test_a_bound_lowers_the_request_to_a_whole_number(
        self, bound: float, request_: int
    ) -> None:
        assert self.moved(AxisState(600, 500.0, 500), bound=bound).request == request_

    def test_a_bound_that_is_no_number_allows_the_least_there_is(self) -> None:
        state = self.moved(AxisState(900, 500.0, 500), bound=math.nan)
        assert state == AxisState(80, 400.0, 400)

    @pytest.mark.parametrize("measured", [None, math.nan])
    def test_without_a_measured_value_it_only_falls(self, measured: float | None) -> None:
        rising, falling = AxisState(900, 500.0, 500, led=True), AxisState(300, 500.0, 500)
        assert self.moved(rising, measured=measured) == AxisState(900, 500.0, 500)
        assert self.moved(falling, measured=measured) == AxisState(300, 400.0, 400)

    def test_under_a_hold_it_only_falls(self) -> None:
        assert self.moved(AxisState(900, 500.0, 500), ramp=0.0) == AxisState(900, 500.0, 500)
        assert self.moved(AxisState(300, 500.0, 500), ramp=0.0) == AxisState(300, 400.0, 400)

    @pytest.mark.parametrize(("wait", "shaped"), [(505.0, 505.0), (510.0, 510.0), (400.0, 500.0)])
    def test_it_waits_where_it_must_and_is_lowered_by_no_wait(
        self, wait: float, shaped: float
    ) -> None:
        state = self.moved(AxisState(900, 500.0, 500), wait=wait)
        assert (state.shaped, state.led) == (shaped, False)

    @pytest.mark.parametrize(
        ("measured", "shaped", "led"),
        [(450.0, 510.0, False), (449.0, 509.0, True), (440.0, 500.0, True), (0.0, 500.0, True)],
    )
    def test_it_runs_ahead_of_the_belt_by_five_seconds_of_ramp_and_a_step(
        self, measured: float, shaped: float, led: bool
    ) -> None:
        state = self.moved(AxisState(900, 500.0, 500), measured=measured)
        assert (state.shaped, state.led) == (shaped, led)

    @pytest.mark.parametrize(
        ("request_", "was", "led"), [(900, True, True), (900, False, False), (500, True, False)]
    )
    def test_asked_again_at_the_same_moment_it_is_led_as_it_was(
        self, request_: int, was: bool, led: bool
    ) -> None:
        state = self.moved(AxisState(request_, 500.0, 500, led=was), dt=0.0, measured=440.0)
        assert (state.shaped, state.led) == (500.0, led)

    def test_a_target_that_is_where_it_was_asked_to_be_is_not_led(self) -> None:
        assert not self.moved(AxisState(500, 500.0, 500, led=True), measured=0.0).led
        assert not self.moved(AxisState(450, 500.0, 500, led=True), measured=0.0).led

    @pytest.mark.parametrize(
        "state",
        [
            AxisState(500, 500.0, 490),
            AxisState(505, 500.0, 500),
            AxisState(500, 505.0, 500),
            AxisState(500, 500.0, 500, led=True),
        ],
    )
    def test_what_is_not_yet_where_it_is_to_be_moves_on(self, state: AxisState) -> None:
        assert self.moved(state, bound=900.0) is not state

    def test_the_least_is_a_place_to_rest_at(self) -> None:
        state = AxisState(80, 80.0, 80)
        assert self.moved(state) is state
        assert self.moved(AxisState(79, 79.0, 79)) == AxisState(79, 80.0, 80)


class TestRequest:
    GRID = FACTS.grids[Axis.SPEED]

    def test_a_person_s_own_lowering_is_not_eased(self) -> None:
        state = AxisState(900, 700.0, 700)
        assert state.ask(400, at_once=True) == AxisState(400, 400.0, 700)
        assert state.ask(400, at_once=False) == AxisState(400, 700.0, 700)

    def test_what_is_asked_for_above_the_target_is_climbed_to(self) -> None:
        assert AxisState(700, 700.0, 700).ask(900, at_once=True) == AxisState(900, 700.0, 700)

    @pytest.mark.parametrize(("request_", "capped"), [(None, 600), (900, 600), (500, 500)])
    def test_a_cap_lowers_the_request_and_nothing_else(
        self, request_: int | None, capped: int
    ) -> None:
        state = AxisState(request_, 700.0, 700, led=True)
        assert state.cap(600) == AxisState(capped, 700.0, 700, led=True)

    @pytest.mark.parametrize(("request_", "least"), [(None, 700), (900, 900), (500, 500)])
    def test_a_reduction_is_no_more_than_what_is_wanted_now(
        self, request_: int | None, least: int
    ) -> None:
        assert AxisState(request_, 700.0, 700).least == least

    def test_what_a_machine_does_by_itself_is_adopted_as_it_is(self) -> None:
        assert AxisState.adopted(705, self.GRID) == AxisState(705, 705.0, 700)

    def test_garbage_is_eased_from_no_longer_than_the_range_is_wide(self) -> None:
        assert AxisState.adopted(65535, self.GRID) == AxisState(65535, 1600.0, 1600)
