"""The numbers the guard works with, and which of two is the stricter.

Speeds in 0.01 km/h, inclines in 0.1 %, times in seconds.
"""

from dataclasses import asdict, fields, replace
from typing import Any

import pytest

from bridge.guard import Policy, SteepTier
from bridge.values.policy import Slower, stricter

GENTLE = Policy()
TIERS = (SteepTier(100, 600.0, 1800.0, 50),), (SteepTier(60, 900.0, 1800.0, 40),)
ROWS = (Slower(80, 800),), (Slower(50, 1000),)
STRICT_AND_LOOSE: dict[str, tuple[Any, Any, Any]] = {
    "max_speed": (1600, 900, 1600),
    "max_incline": (150, 80, 150),
    "min_incline": (0, 0, -30),
    "speed_ramp": (10.0, 5.0, 20.0),
    "incline_ramp": (1.0, 0.5, 2.0),
    "warm_up_s": (300.0, 600.0, 60.0),
    "warm_up_speed": (600, 500, 700),
    "warm_up_incline": (20, 10, 30),
    "warm_up_pause_s": (600.0, 300.0, 900.0),
    "steep_warning_s": (30.0, 60.0, 10.0),
    "cool_down_speed": (400, 300, 500),
    "cool_down_incline": (0, 0, 20),
    "heart_rate_s": (15.0, 5.0, 30.0),
    "heart_rate_step": (50, 100, 20),
    "heart_rate_every_s": (10.0, 5.0, 20.0),
    "heart_rate_ceiling": (None, 150, 170),
    "rest_s": (172_800.0, 172_800.0, 86_400.0),
    "rest_severity": (1.0, 1.0, 3.0),
    "rest_speed": (600, 400, 700),
    "rest_incline": (20, 10, 30),
    "gradual_percent": (110.0, 110.0, 150.0),
    "gradual_enforced": (False, True, False),
    "response_s": (8.0, 4.0, 12.0),
    "stop_on_disobey": (False, True, False),
    "stale_hold_s": (3.0, 2.0, 4.0),
    "stale_fault_s": (10.0, 5.0, 20.0),
    "unit_is_kmh": (False, False, True),
    "allow_remote_start": (False, False, True),
    "may_control": (True, False, True),
}
"""Each field's default, and two values of which the first is the stricter."""
NEITHER: dict[str, tuple[Any, Any, Any]] = {
    "name": ("gentle", "mine", "gentle"),
    "speed_easing": (100.0, 50.0, 200.0),
    "incline_easing": (5.0, 2.0, 10.0),
    "cool_down_s": (300.0, 60.0, 600.0),
}
"""Each field's default, and two values of which neither is the stricter."""
ADDED: dict[str, tuple[Any, Any, Any]] = {"steep": (TIERS[0], *TIERS), "slower": ((), *ROWS)}
"""Each field's default, and two values that both count."""
TABLE = {**STRICT_AND_LOOSE, **NEITHER, **ADDED}


def test_default_policy_is_the_documented_profile_gentle() -> None:
    """`docs/safety.md` promises it, number by number."""
    assert {name: getattr(GENTLE, name) for name in asdict(GENTLE)} == {
        name: row[0] for name, row in TABLE.items()
    }
    assert SteepTier() == GENTLE.steep[0]


def test_every_policy_field_is_in_a_strictness_table() -> None:
    assert {field.name for field in fields(Policy)} == set(TABLE)


@pytest.mark.parametrize(
    ("name", "strict", "loose"), [(name, *row[1:]) for name, row in STRICT_AND_LOOSE.items()]
)
def test_stricter_value_wins_in_either_order(name: str, strict: Any, loose: Any) -> None:
    one, other = replace(GENTLE, **{name: strict}), replace(GENTLE, **{name: loose})
    assert getattr(stricter(one, other), name) == strict
    assert getattr(stricter(other, one), name) == strict


def test_policy_with_a_heart_rate_ceiling_is_stricter_than_one_without() -> None:
    one = replace(GENTLE, heart_rate_ceiling=150)
    assert stricter(one, GENTLE).heart_rate_ceiling == 150
    assert stricter(GENTLE, one).heart_rate_ceiling == 150
    assert stricter(GENTLE, GENTLE).heart_rate_ceiling is None


@pytest.mark.parametrize(
    ("name", "before", "after"), [(name, *row[1:]) for name, row in NEITHER.items()]
)
def test_policy_value_in_force_is_kept_if_neither_is_stricter(
    name: str, before: Any, after: Any
) -> None:
    one, other = replace(GENTLE, **{name: before}), replace(GENTLE, **{name: after})
    assert getattr(stricter(one, other), name) == before
    assert getattr(stricter(other, one), name) == after


@pytest.mark.parametrize(
    ("name", "before", "after"), [(name, *row[1:]) for name, row in ADDED.items()]
)
def test_stricter_policy_merges_tiers_and_rows_without_duplicates(
    name: str, before: Any, after: Any
) -> None:
    one = replace(GENTLE, **{name: before})
    together: Any = (*before, *after)
    both = stricter(one, replace(GENTLE, **{name: together}))
    assert getattr(both, name) == together
    assert stricter(both, one) == both
