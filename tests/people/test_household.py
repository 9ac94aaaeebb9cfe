"""The owner's numbers arrive in the guard, in the guard's units."""

import pytest

from bridge.config import Config
from bridge.guard import Policy, Slower, SteepTier
from bridge.people.household import policy_of


def policy(common: dict[str, object] | None = None, **treadmill: object) -> Policy:
    config = Config.model_validate(
        {"guard": common or {}, "treadmills": [{"id": "den", **treadmill}]}
    )
    return policy_of(config, config.treadmills[0])


def test_policy_without_configuration_is_the_guards_default() -> None:
    assert policy() == Policy()


def test_every_key_of_the_configuration_reaches_the_policy() -> None:
    assert policy(
        {
            "profile": "trained",
            "max_speed_kmh": 14.3,
            "max_incline_percent": 12.5,
            "min_incline_percent": -3,
            "speed_ramp_kmh_per_s": 0.3,
            "incline_ramp_percent_per_s": 0.15,
            "speed_easing_kmh_per_s": 1.5,
            "incline_easing_percent_per_s": 0.25,
            "warm_up_s": 200,
            "warm_up_speed_kmh": 8.2,
            "warm_up_incline_percent": 1.5,
            "warm_up_pause_s": 300,
            "slower": [{"from_percent": 5.5, "max_speed_kmh": 11.2}],
            "steep_warning_s": 20,
            "response_s": 9,
            "on_disobey": "stop",
            "heart_rate_ceiling_bpm": 165,
            "heart_rate_s": 20,
            "heart_rate_step_kmh": 0.4,
            "heart_rate_every_s": 12,
            "rest_s": 90_000,
            "rest_severity": 2,
            "rest_speed_kmh": 5.5,
            "rest_incline_percent": 1.5,
            "gradual": "enforce",
            "gradual_percent": 120,
            "steep": [{"from_percent": 8, "max_s": 300, "window_s": 1500, "then_percent": 4.5}],
            "cool_down_s": 240,
            "cool_down_speed_kmh": 3.5,
            "cool_down_incline_percent": 0.5,
            "stale_hold_s": 2,
            "stale_fault_s": 6,
        },
        control="never",
        speed_unit="kmh",
        allow_remote_start=True,
    ) == Policy(
        name="trained",
        max_speed=1430,
        max_incline=125,
        min_incline=-30,
        speed_ramp=30,
        incline_ramp=1.5,
        speed_easing=150,
        incline_easing=2.5,
        warm_up_s=200,
        warm_up_speed=820,
        warm_up_incline=15,
        warm_up_pause_s=300,
        slower=(Slower(incline=55, speed=1120),),
        steep_warning_s=20,
        response_s=9,
        stop_on_disobey=True,
        heart_rate_ceiling=165,
        heart_rate_s=20,
        heart_rate_step=40,
        heart_rate_every_s=12,
        rest_s=90_000,
        rest_severity=2,
        rest_speed=550,
        rest_incline=15,
        gradual_enforced=True,
        gradual_percent=120,
        steep=(SteepTier(threshold=80, budget_s=300, window_s=1500, then=45),),
        cool_down_s=240,
        cool_down_speed=350,
        cool_down_incline=5,
        stale_hold_s=2,
        stale_fault_s=6,
        unit_is_kmh=True,
        allow_remote_start=True,
        may_control=False,
    )


@pytest.mark.parametrize("speed_kmh", [8.2, 0.29 * 10, 16.1, 1.1, 2.3])
def test_decimal_speed_is_rounded_to_the_nearest_hundredth(speed_kmh: float) -> None:
    assert policy({"max_speed_kmh": speed_kmh}).max_speed == round(speed_kmh * 100)


@pytest.mark.parametrize(("unit", "known"), [("auto", False), ("kmh", True), ("mph", True)])
def test_policy_unit_is_known_only_if_configured(unit: str, known: bool) -> None:
    assert policy(speed_unit=unit).unit_is_kmh is known


def test_limit_of_a_treadmill_outranks_the_common_one() -> None:
    own = policy({"max_speed_kmh": 14}, guard={"max_speed_kmh": 9})

    assert own.max_speed == 900
