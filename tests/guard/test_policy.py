"""The numbers the guard works with, and which of two is the stricter.

Speeds in 0.01 km/h, inclines in 0.1 %, times in seconds.
"""

from dataclasses import fields, replace
from typing import Any

import pytest

from bridge.guard import Policy, SteepTier
from bridge.values.policy import Slower, stricter

GENTLE = Policy()
TIERS = (SteepTier(100, 600.0, 1800.0, 50),), (SteepTier(60, 900.0, 1800.0, 40),)
ROWS = (Slower(80, 800),), (Slower(50, 1000),)
STRICT_AND_LOOSE: dict[str, tuple[Any, Any]] = {
    "max_speed": (900, 1600),
    "max_incline": (80, 150),
    "min_incline": (0, -30),
    "speed_ramp": (5.0, 20.0),
    "incline_ramp": (0.5, 2.0),
    "warm_up_s": (600.0, 60.0),
    "warm_up_speed": (500, 700),
    "warm_up_incline": (10, 30),
    "warm_up_pause_s": (300.0, 900.0),
    "steep_warning_s": (60.0, 10.0),
    "cool_down_speed": (300, 500),
    "cool_down_incline": (0, 20),
    "heart_rate_s": (5.0, 30.0),
    "heart_rate_step": (100, 20),
    "heart_rate_every_s": (5.0, 20.0),
    "heart_rate_ceiling": (150, 170),
    "rest_s": (172_800.0, 86_400.0),
    "rest_severity": (1.0, 3.0),
    "rest_speed": (400, 700),
    "rest_incline": (10, 30),
    "gradual_percent": (110.0, 150.0),
    "gradual_enforced": (True, False),
    "response_s": (4.0, 12.0),
    "stop_on_disobey": (True, False),
    "stale_hold_s": (2.0, 4.0),
    "stale_fault_s": (5.0, 20.0),
    "unit_is_kmh": (False, True),
    "allow_remote_start": (False, True),
    "may_control": (False, True),
}
NEITHER: dict[str, tuple[Any, Any]] = {
    "name": ("mine", "gentle"),
    "speed_easing": (50.0, 200.0),
    "incline_easing": (2.0, 10.0),
    "cool_down_s": (60.0, 600.0),
}
ADDED: dict[str, Any] = {"steep": TIERS, "slower": ROWS}


class TestDefaults:
    """The profile `gentle`, number by number, as `docs/safety.md` promises it."""

    def test_how_fast_and_how_steep(self) -> None:
        assert (GENTLE.max_speed, GENTLE.max_incline, GENTLE.min_incline) == (1600, 150, 0)

    def test_half_a_km_h_and_half_a_percent_take_five_seconds(self) -> None:
        assert (GENTLE.speed_ramp * 5, GENTLE.incline_ramp * 5) == (50, 5)

    def test_a_second_eases_one_km_h_and_two_seconds_one_percent(self) -> None:
        assert (GENTLE.speed_easing, GENTLE.incline_easing * 2) == (100, 10)

    def test_five_minutes_at_six_km_h_warm_up_and_ten_of_pause_cool_the_body(self) -> None:
        assert (GENTLE.warm_up_s, GENTLE.warm_up_speed, GENTLE.warm_up_incline) == (300, 600, 20)
        assert GENTLE.warm_up_pause_s == 600

    def test_ten_minutes_of_thirty_may_be_steep(self) -> None:
        assert GENTLE.steep == (SteepTier(threshold=100, budget_s=600, window_s=1800, then=50),)
        assert SteepTier() == GENTLE.steep[0]
        assert GENTLE.steep_warning_s == 30

    def test_five_minutes_cool_down_to_a_walk_on_the_level(self) -> None:
        assert GENTLE.cool_down_s == 300
        assert (GENTLE.cool_down_speed, GENTLE.cool_down_incline) == (400, 0)

    def test_a_heart_above_its_ceiling_for_a_quarter_of_a_minute_slows_the_belt(self) -> None:
        assert GENTLE.heart_rate_ceiling is None
        assert (GENTLE.heart_rate_s, GENTLE.heart_rate_every_s) == (15, 10)
        assert GENTLE.heart_rate_step == 50

    def test_any_pain_brings_two_days_of_walking(self) -> None:
        assert (GENTLE.rest_s, GENTLE.rest_severity) == (2 * 24 * 3600, 1)
        assert (GENTLE.rest_speed, GENTLE.rest_incline) == (600, 20)

    def test_a_tenth_more_than_usual_is_told_of(self) -> None:
        assert (GENTLE.gradual_percent, GENTLE.gradual_enforced) == (110, False)

    def test_eight_seconds_to_respond_three_to_be_stale_and_ten_to_say_so(self) -> None:
        assert GENTLE.response_s == 8
        assert (GENTLE.stale_hold_s, GENTLE.stale_fault_s) == (3, 10)

    def test_what_an_owner_has_to_ask_for_is_off(self) -> None:
        for name in ("stop_on_disobey", "unit_is_kmh", "allow_remote_start"):
            assert getattr(GENTLE, name) is False
        assert GENTLE.may_control


class TestStricter:
    def test_every_field_is_spoken_of(self) -> None:
        spoken = {*STRICT_AND_LOOSE, *NEITHER, *ADDED}
        assert spoken == {field.name for field in fields(Policy)}

    @pytest.mark.parametrize(
        ("name", "strict", "loose"), [(name, *pair) for name, pair in STRICT_AND_LOOSE.items()]
    )
    def test_what_allows_less_wins_whichever_came_first(
        self, name: str, strict: Any, loose: Any
    ) -> None:
        one, other = replace(GENTLE, **{name: strict}), replace(GENTLE, **{name: loose})
        assert getattr(stricter(one, other), name) == strict
        assert getattr(stricter(other, one), name) == strict

    def test_any_ceiling_is_stricter_than_none(self) -> None:
        one = replace(GENTLE, heart_rate_ceiling=150)
        assert stricter(one, GENTLE).heart_rate_ceiling == 150
        assert stricter(GENTLE, one).heart_rate_ceiling == 150
        assert stricter(GENTLE, GENTLE).heart_rate_ceiling is None

    @pytest.mark.parametrize(("name", "before", "after"), [(n, *v) for n, v in NEITHER.items()])
    def test_where_neither_is_stricter_the_one_in_force_stays(
        self, name: str, before: Any, after: Any
    ) -> None:
        one, other = replace(GENTLE, **{name: before}), replace(GENTLE, **{name: after})
        assert getattr(stricter(one, other), name) == before
        assert getattr(stricter(other, one), name) == after

    @pytest.mark.parametrize(("name", "before", "after"), [(n, *v) for n, v in ADDED.items()])
    def test_tiers_and_rows_of_both_count_each_once(
        self, name: str, before: tuple[Any, ...], after: tuple[Any, ...]
    ) -> None:
        mine: dict[str, Any] = {name: before}
        theirs: dict[str, Any] = {name: (*before, *after)}
        one = replace(GENTLE, **mine)
        both = stricter(one, replace(GENTLE, **theirs))
        assert getattr(both, name) == (*before, *after)
        assert stricter(both, one) == both
