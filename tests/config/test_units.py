"""Limits in miles: the keys, their conversion, and the messages about them."""

from pathlib import Path

import pytest

from bridge.config import Config, ConfigError, load
from bridge.home_assistant.announcer import setting_of
from bridge.values import Units
from tests.rigs.configs import from_toml, problems

BELT = '[[treadmills]]\nid = "den"\n'


def test_limits_in_mph_are_converted_to_kmh(tmp_path: Path) -> None:
    config = from_toml(
        tmp_path,
        """
        units = "mph"
        [guard]
        max_speed_mph = 6
        speed_ramp_mph_per_s = 0.1
        slower = [{from_percent = 5, max_speed_mph = 3}]
        [[shoes]]
        name = "Ghost"
        start_miles = 100
        """,
    )
    assert config.units is Units.MPH
    assert config.guard.max_speed_kmh == pytest.approx(9.656064)
    assert config.guard.speed_ramp_kmh_per_s == pytest.approx(0.1609344)
    assert config.guard.slower[0].max_speed_kmh == pytest.approx(4.828032)
    assert config.shoes[0].start_km == pytest.approx(160.9344)


def test_speed_range_in_mph_is_converted_to_kmh(tmp_path: Path) -> None:
    text = f"{BELT}[treadmills.machine]\nspeed_range_mph = [1, 10, 0.1]"
    machine = from_toml(tmp_path, text).treadmills[0].machine
    assert machine.speed_range_kmh == pytest.approx((1.609344, 16.09344, 0.1609344))


def test_kmh_and_mph_keys_may_be_mixed() -> None:
    config = Config.model_validate({"guard": {"max_speed_mph": 6, "rest_speed_kmh": 5}})
    assert (config.units, config.guard.rest_speed_kmh) == (Units.KMH, 5)
    assert config.guard.max_speed_kmh == pytest.approx(9.656064)


def test_kmh_and_mph_key_for_one_limit_are_refused(tmp_path: Path) -> None:
    (problem,) = problems(tmp_path, "[guard]\nmax_speed_kmh = 9\nmax_speed_mph = 6")
    assert problem == "guard: give max_speed_kmh or max_speed_mph, not both"


def test_mph_variable_overrides_the_kmh_key_in_the_file(tmp_path: Path) -> None:
    env = {"TREADMILL_BRIDGE__GUARD__MAX_SPEED_MPH": "6"}
    config = from_toml(tmp_path, "[guard]\nmax_speed_kmh = 16", env)
    assert config.guard.max_speed_kmh == pytest.approx(9.656064)


def test_mph_variable_that_is_no_number_is_refused_under_its_own_name() -> None:
    with pytest.raises(ConfigError, match=r"MAX_SPEED_MPH \(guard\.max_speed_mph\): .fast."):
        load(env={"TREADMILL_BRIDGE__GUARD__MAX_SPEED_MPH": "fast"})


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("max_speed_mph = 30", "guard.max_speed_mph: 30 is above 15.53, the highest allowed"),
        ("max_speed_mph = true", "guard.max_speed_mph: true is not a number; write one"),
        (
            "max_sped_mph = 6",
            "guard.max_sped_mph: unknown key; did you mean max_speed_mph?",
        ),
        ("max_incline_mph = 6", "guard.max_incline_mph: unknown key"),
        (
            "slower = [{from_percent = 5, max_speed_mph = 99}]",
            "guard.slower[0].max_speed_mph: 99 is above 15.53, the highest allowed",
        ),
    ],
)
def test_problem_is_reported_with_the_key_and_unit_that_the_owner_wrote(
    tmp_path: Path, text: str, problem: str
) -> None:
    (line,) = problems(tmp_path, f"[guard]\n{text}")
    assert line.startswith(problem)


def test_contradictory_limits_are_reported_in_the_owners_unit(tmp_path: Path) -> None:
    text = 'units = "mph"\n[guard]\nmax_speed_mph = 5\nwarm_up_speed_mph = 6'
    (problem,) = problems(tmp_path, text)
    assert "warm_up_speed_mph 6 is above max_speed_mph 5" in problem
    rows = "[{from_percent = 5, max_speed_mph = 4}, {from_percent = 8, max_speed_mph = 6}]"
    (problem,) = problems(tmp_path, f'units = "mph"\n[guard]\nslower = {rows}')
    assert "slower[1].max_speed_mph 6 must be below 4, the row before" in problem


def test_configuration_warnings_are_in_the_owners_unit(tmp_path: Path) -> None:
    config = from_toml(tmp_path, 'units = "mph"\n[guard]\nmax_speed_mph = 14')
    assert "guard.max_speed_mph: 14 is outside the recommended 1.86 to 12.43." in (
        config.warnings()
    )


@pytest.mark.parametrize(
    ("text", "unit"),
    [
        ("", "km/h"),
        ('units = "mph"\n', "mph"),
        ('units = "mph"\n[home_assistant]\nspeed_unit = "km/h"\n', "km/h"),
    ],
)
def test_home_assistant_unit_defaults_to_the_owners_unit(
    tmp_path: Path, text: str, unit: str
) -> None:
    config = from_toml(tmp_path, f"{text}{BELT}")
    assert setting_of(config, config.treadmills[0]).speed_unit == unit


def test_table_of_speeds_in_mph_is_converted_to_kmh(tmp_path: Path) -> None:
    config = from_toml(tmp_path, f"{BELT}[workouts]\nreference_mph = {{ 10_km = 10 }}")
    assert config.workouts.reference_kmh == {"10_km": pytest.approx(16.09344)}
