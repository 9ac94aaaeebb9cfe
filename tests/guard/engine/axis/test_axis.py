"""The arithmetic of one axis, at its edges. Speeds in 0.01 km/h."""

import math

import pytest

from bridge.guard.engine.axis import AxisState
from bridge.values import Axis
from tests.guard.rules.moment import FACTS

GRID = FACTS.grids[Axis.SPEED]
ALLOWANCE = 100.0


def moved(
    state: AxisState,
    *,
    dt: float = 1.0,
    bound: float = 1600.0,
    over: float = 0.0,
    wait: float = math.inf,
    ramp: float = 10.0,
    reach: float = math.inf,
) -> AxisState:
    """A second later, with easing at 1 km/h a second."""
    return state.advance(
        dt,
        bound=bound,
        over=over,
        wait=wait,
        ramp=ramp,
        easing=100.0,
        allowance=ALLOWANCE,
        reach=reach,
        grid=GRID,
    )


def at(value: float, request: int | None = None, *, ceiling: float = 600.0) -> AxisState:
    """Return an axis state with a setpoint and a request."""
    return AxisState(request, value, GRID.floor(value), ceiling)


class TestAdvance:
    @pytest.mark.parametrize(
        ("request_", "shaped", "written"),
        [
            (None, 500.0, 500),
            (900, 510.0, 510),
            (507, 507.0, 500),
            (500, 500.0, 500),
            (450, 450.0, 450),
            (300, 400.0, 400),
        ],
    )
    def test_target_moves_by_ramp_or_easing_and_stops_at_the_request(
        self, request_: int | None, shaped: float, written: int
    ) -> None:
        after = moved(at(500, request_))
        assert (after.request, after.shaped, after.written) == (request_, shaped, written)

    @pytest.mark.parametrize(
        ("bound", "request_", "written"),
        [(450.7, 450, 450), (599.0, 599, 510), (600.5, 600, 510), (math.nan, 80, 400)],
    )
    def test_bound_lowers_the_request_to_an_integer_and_nan_to_the_minimum(
        self, bound: float, request_: int, written: int
    ) -> None:
        after = moved(at(500, 600), bound=bound)
        assert (after.request, after.written) == (request_, written)

    @pytest.mark.parametrize(("over", "written"), [(0.0, 500), (30.0, 470)])
    def test_belt_that_overshoots_gets_a_lower_setpoint_and_keeps_its_request(
        self, over: float, written: int
    ) -> None:
        after = moved(at(500, 500), bound=500.0, over=over)
        assert (after.request, after.written) == (500, written)

    @pytest.mark.parametrize(
        ("dt", "up", "down"),
        [(-0.5, 500, 500), (0, 500, 500), (0.5, 505, 450), (1.0, 510, 400), (60.0, 510, 400)],
    )
    def test_time_step_above_one_second_counts_as_one(
        self, dt: float, up: float, down: float
    ) -> None:
        assert moved(at(500, 900), dt=dt).shaped == up
        assert moved(at(500, 100), dt=dt).shaped == down

    @pytest.mark.parametrize(
        ("limit", "shaped"),
        [
            ({"ramp": 0.0}, 500),
            ({"wait": 505.0}, 505),
            ({"wait": 400.0}, 500),
            ({"reach": 510.0}, 510),
            ({"reach": 504.0}, 504),
            ({"reach": 300.0}, 500),
            ({"reach": math.nan}, 500),
        ],
    )
    def test_hold_wait_and_reach_stop_a_climb_but_no_descent(
        self, limit: dict[str, float], shaped: float
    ) -> None:
        assert moved(at(500, 900), **limit).shaped == shaped
        assert moved(at(500, 300), **limit).shaped == 400


class TestRests:
    @pytest.mark.parametrize(
        "state", [at(500), at(500, 500), at(80, 80, ceiling=180.0)], ids=["unasked", "asked", "low"]
    )
    def test_axis_state_at_rest_is_returned_unchanged(self, state: AxisState) -> None:
        assert moved(state, bound=float(state.written)) is state


class TestCeiling:
    @pytest.mark.parametrize(
        ("ceiling", "ramp", "after"),
        [(500.0, 10.0, 510.0), (500.0, 0.0, 500.0), (595.0, 10.0, 600.0), (900.0, 10.0, 600.0)],
    )
    def test_ceiling_refills_with_the_ramp_up_to_the_allowance(
        self, ceiling: float, ramp: float, after: float
    ) -> None:
        assert moved(at(500, ceiling=ceiling), ramp=ramp).ceiling == after


class TestRequest:
    def test_lower_request_of_a_person_is_not_eased(self) -> None:
        state = at(700, 900)
        assert state.with_request(400, at_once=True) == AxisState(400, 400.0, 700, 600.0)
        assert state.with_request(400, at_once=False) == AxisState(400, 700.0, 700, 600.0)

    @pytest.mark.parametrize(
        ("value", "shaped", "written"), [(590, 590, 590), (600, 600, 600), (610, 600, 500)]
    )
    def test_faster_press_is_adopted_up_to_the_ceiling_and_written_beyond_it(
        self, value: int, shaped: float, written: int
    ) -> None:
        state = at(500, 500).raised(value, 700, most=600.0, measured=550.0)
        assert state == AxisState(700, shaped, written, 600.0)

    @pytest.mark.parametrize(("ceiling", "after"), [(600.0, 500.0), (450.0, 450.0)])
    def test_ceiling_falls_with_a_press_down(self, ceiling: float, after: float) -> None:
        state = at(500, 500, ceiling=ceiling).slowed(400, ALLOWANCE)
        assert state == AxisState(400, 400.0, 400, after)
