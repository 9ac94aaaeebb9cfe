"""The arithmetic of one axis, at its edges. Speeds in 0.01 km/h."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

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


def at(
    value: float, request: int | None = None, *, ceiling: float = 600.0, led: bool = False
) -> AxisState:
    """A target and setpoint, and what is asked."""
    return AxisState(request, value, GRID.floor(value), ceiling, led)


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
    def test_target_climbs_by_the_ramp_and_falls_by_the_easing_no_further_than_the_request(
        self, request_: int | None, shaped: float, written: int
    ) -> None:
        after = moved(at(500, request_))
        assert (after.request, after.shaped, after.written) == (request_, shaped, written)

    @pytest.mark.parametrize(
        ("bound", "request_", "written"),
        [(450.7, 450, 450), (599.0, 599, 510), (600.5, 600, 510), (math.nan, 80, 400)],
    )
    def test_bound_lowers_the_request_to_a_whole_number_and_nan_to_the_least(
        self, bound: float, request_: int, written: int
    ) -> None:
        after = moved(at(500, 600), bound=bound)
        assert (after.request, after.written) == (request_, written)

    def test_bound_lowers_a_setpoint_that_no_person_asked_for(self) -> None:
        assert moved(at(500), bound=450.0) == at(450, ceiling=550.0)

    @pytest.mark.parametrize(("over", "written"), [(0.0, 500), (30.0, 470)])
    def test_belt_that_shows_more_than_told_is_told_less_than_the_bound_and_keeps_its_request(
        self, over: float, written: int
    ) -> None:
        after = moved(at(500, 500), bound=500.0, over=over)
        assert (after.request, after.written) == (500, written)

    @pytest.mark.parametrize(
        ("dt", "up", "down"),
        [(-0.5, 500, 500), (0, 500, 500), (0.5, 505, 450), (1.0, 510, 400), (60.0, 510, 400)],
    )
    def test_time_beyond_a_second_was_not_observed_and_counts_as_one(
        self, dt: float, up: float, down: float
    ) -> None:
        assert moved(at(500, 900), dt=dt).shaped == up
        assert moved(at(500, 100), dt=dt).shaped == down

    @pytest.mark.parametrize(
        ("limit", "shaped", "led"),
        [
            ({"ramp": 0.0}, 500, False),
            ({"wait": 505.0}, 505, False),
            ({"wait": 400.0}, 500, False),
            ({"reach": 510.0}, 510, False),
            ({"reach": 504.0}, 504, True),
            ({"reach": 300.0}, 500, True),
            ({"reach": math.nan}, 500, True),
        ],
    )
    def test_hold_wait_and_reach_stop_a_climb_and_lower_nothing(
        self, limit: dict[str, float], shaped: float, led: bool
    ) -> None:
        after = moved(at(500, 900), **limit)
        assert (after.shaped, after.led) == (shaped, led)
        assert moved(at(500, 300), **limit).shaped == 400

    @pytest.mark.parametrize(
        ("request_", "was", "led"), [(900, True, True), (900, False, False), (500, True, False)]
    )
    def test_asked_again_at_the_same_moment_a_target_is_led_as_it_was(
        self, request_: int, was: bool, led: bool
    ) -> None:
        after = moved(at(500, request_, led=was), dt=0.0, reach=500.0)
        assert (after.shaped, after.led) == (500.0, led)

    @pytest.mark.parametrize("request_", [None, 60, 500])
    def test_setpoint_below_the_range_is_not_raised_unasked(self, request_: int | None) -> None:
        state = at(60, request_, ceiling=160.0)
        assert moved(state).written == (70 if request_ == 500 else 60)

    def test_setpoint_within_the_range_is_lowered_no_further_than_the_least(self) -> None:
        state = at(150, 150)
        for _ in range(5):
            state = moved(state, bound=30.0)
        assert (state.request, state.written) == (30, 80)


class TestRests:
    @pytest.mark.parametrize(
        "state", [at(500), at(500, 500), at(80, 80, ceiling=180.0)], ids=["unasked", "asked", "low"]
    )
    def test_state_where_nothing_can_change_is_returned_as_it_is(self, state: AxisState) -> None:
        assert moved(state, bound=float(state.written)) is state

    @pytest.mark.parametrize(
        ("state", "bound"),
        [
            (AxisState(500, 500.0, 490, 600.0), 900.0),
            (AxisState(505, 500.0, 500, 600.0), 900.0),
            (AxisState(500, 505.0, 500, 600.0), 900.0),
            (at(500, 500, led=True), 900.0),
            (at(500, 500, ceiling=599.0), 900.0),
            (at(500, 500), 499.0),
            (at(60, 60, ceiling=160.0), 900.0),
        ],
    )
    def test_state_that_can_change_is_advanced(self, state: AxisState, bound: float) -> None:
        assert moved(state, bound=bound) is not state


class TestCeiling:
    @pytest.mark.parametrize(
        ("ceiling", "ramp", "after"),
        [(500.0, 10.0, 510.0), (500.0, 0.0, 500.0), (595.0, 10.0, 600.0), (900.0, 10.0, 600.0)],
    )
    def test_ceiling_refills_with_the_ramp_up_to_the_allowance(
        self, ceiling: float, ramp: float, after: float
    ) -> None:
        assert moved(at(500, ceiling=ceiling), ramp=ramp).ceiling == after

    def test_target_above_the_ceiling_falls_to_it_at_the_easing_and_climbs_with_it(self) -> None:
        course = [AxisState(900, 800.0, 500, 600.0)]
        for _ in range(4):
            course.append(moved(course[-1]))
        assert [s.shaped for s in course] == [800, 700, 610, 620, 630]

    @given(
        st.lists(
            st.one_of(
                st.tuples(st.just("ask"), st.integers(80, 1600)),
                st.tuples(st.just("press"), st.integers(80, 1600)),
                st.tuples(st.just("bound"), st.integers(80, 1600)),
            ),
            max_size=30,
        )
    )
    def test_setpoint_rises_by_at_most_ramp_and_one_allowance_whatever_is_adopted(
        self, events: list[tuple[str, int]]
    ) -> None:
        """A press is adopted up to the ceiling, as a run does it."""
        state, bound, course = AxisState.at(300, 300), 1600.0, [300]
        for kind, value in events:
            if kind == "ask":
                state = state.with_request(value, at_once=True)
            elif kind == "bound":
                bound = value
            elif state.written < value <= min(state.ceiling, bound):
                state = AxisState(value, float(value), GRID.floor(value), state.ceiling)
            state = moved(state, bound=bound)
            course.append(state.written)
        for i, low in enumerate(course):
            for seconds, high in enumerate(course[i:]):
                assert high - low <= 10.0 * seconds + ALLOWANCE


class TestRequest:
    def test_person_s_own_lowering_is_not_eased(self) -> None:
        state = at(700, 900)
        assert state.with_request(400, at_once=True) == AxisState(400, 400.0, 700, 600.0)
        assert state.with_request(400, at_once=False) == AxisState(400, 700.0, 700, 600.0)

    def test_request_above_the_target_moves_nothing_at_once(self) -> None:
        assert at(700, 700).with_request(900, at_once=True) == at(700, 900)

    @pytest.mark.parametrize(("request_", "capped"), [(None, 600), (900, 600), (500, 500)])
    def test_cap_lowers_the_request_and_nothing_else(
        self, request_: int | None, capped: int
    ) -> None:
        assert at(700, request_, led=True).cap(600) == at(700, capped, led=True)

    @pytest.mark.parametrize(("request_", "least"), [(None, 700), (900, 900), (500, 500)])
    def test_reduction_is_less_than_the_request_or_else_than_the_setpoint(
        self, request_: int | None, least: int
    ) -> None:
        assert at(700, request_).least == least

    @pytest.mark.parametrize(("ceiling", "starts"), [(None, 705.0), (650.0, 650.0)])
    def test_state_begins_at_a_value_with_its_ceiling_there_or_where_it_is_told(
        self, ceiling: float | None, starts: float
    ) -> None:
        assert AxisState.at(705, 800, ceiling=ceiling) == AxisState(800, 705.0, 705, starts)
