"""The guard's configuration: bounds, contradictions, profiles, and what is allowed but not wise."""

from pathlib import Path

import pytest

from bridge.config import PROFILES, Guard, load
from tests.rigs.configs import EXAMPLE, from_toml, problems

CHOICES = {"profile", "steep", "slower", "on_disobey", "gradual"}
NUMBERS = sorted(set(Guard.model_fields) - CHOICES)


@pytest.mark.parametrize("key", NUMBERS)
def test_every_limit_has_hard_bounds_around_the_recommended_ones(tmp_path: Path, key: str) -> None:
    field = Guard.model_fields[key]
    bounds: dict[str, float] = {}
    for limit in field.metadata:
        for side in ("ge", "le"):
            if hasattr(limit, side):
                bounds[side] = getattr(limit, side)
    extra = field.json_schema_extra
    assert isinstance(extra, dict)
    wise = extra["wise"]
    assert isinstance(wise, list)
    low_wise, high_wise = float(str(wise[0])), float(str(wise[1]))
    default = low_wise if field.default is None else field.default
    assert bounds["ge"] <= low_wise <= default <= high_wise <= bounds["le"]
    (low,) = problems(tmp_path, f"[guard]\n{key} = {bounds['ge'] - 1}")
    assert "the lowest allowed" in low
    (high,) = problems(tmp_path, f"[guard]\n{key} = {bounds['le'] + 1}")
    assert "the highest allowed" in high


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (
            "max_speed_kmh = 8\nwarm_up_speed_kmh = 9",
            "warm_up_speed_kmh 9 is above max_speed_kmh 8",
        ),
        (
            "max_speed_kmh = 3\ncool_down_speed_kmh = 5",
            "cool_down_speed_kmh 5 is above max_speed_kmh 3",
        ),
        ("max_speed_kmh = 3\nrest_speed_kmh = 5", "rest_speed_kmh 5 is above max_speed_kmh 3"),
        (
            "max_incline_percent = 1\nwarm_up_incline_percent = 2",
            "warm_up_incline_percent 2 is above max_incline_percent 1",
        ),
        (
            "steep = [{from_percent = 10}, {from_percent = 10, max_s = 300}]",
            "steep[1].from_percent 10 is already in steep[0], with the same window_s 1800",
        ),
        (
            "steep = [{from_percent = 12, max_s = 700}, {from_percent = 10}]",
            "steep[0].max_s 700 can never be used: steep[1] allows 600 s from 10 % on",
        ),
        (
            "slower = [{from_percent = 5, max_speed_kmh = 10}, {from_percent = 5, "
            "max_speed_kmh = 9}]",
            "slower[1].from_percent 5 must be above 5, the row before",
        ),
        (
            "slower = [{from_percent = 5, max_speed_kmh = 10}, {from_percent = 8, "
            "max_speed_kmh = 12}]",
            "slower[1].max_speed_kmh 12 must be below 10, the row before",
        ),
    ],
)
@pytest.mark.parametrize("treadmill", [True, False])
def test_limits_that_contradict_each_other_are_refused(
    tmp_path: Path, text: str, problem: str, treadmill: bool
) -> None:
    named = '\n[[treadmills]]\nid = "a"' if treadmill else ""
    (found,) = problems(tmp_path, f"[guard]\n{text}{named}")
    assert found == f"guard{' of ' + repr('a') if treadmill else ''}: {problem}"


@pytest.mark.parametrize(
    "text",
    [
        "max_speed_kmh = 3",
        'profile = "trained"\nmax_speed_kmh = 7',
        "max_incline_percent = 0",
        "steep = [{from_percent = 8, max_s = 900}, {from_percent = 12, max_s = 300}]",
        "slower = [{from_percent = 5, max_speed_kmh = 12}, {from_percent = 8, max_speed_kmh = 9}]",
    ],
)
def test_default_that_conflicts_with_a_configured_key_is_adjusted_silently(
    tmp_path: Path, text: str
) -> None:
    config = from_toml(tmp_path, f'[guard]\n{text}\n[[treadmills]]\nid = "a"')
    assert config.guard_of(config.treadmills[0]).conflicts(set()) == []


def test_contradiction_between_common_and_treadmill_limits_is_reported(tmp_path: Path) -> None:
    text = (
        '[guard]\nwarm_up_speed_kmh = 9\n[[treadmills]]\nid = "a"\n'
        "[treadmills.guard]\nmax_speed_kmh = 8"
    )
    (found,) = problems(tmp_path, text)
    assert found == "guard of 'a': warm_up_speed_kmh 9 is above max_speed_kmh 8"


# --- profiles and overrides ----------------------------------------------------------------------


def test_default_profile_is_gentle() -> None:
    assert load(EXAMPLE, {}).guard == Guard(profile="gentle")


@pytest.mark.parametrize("profile", PROFILES)
def test_profile_sets_its_limits_and_single_keys_override_them(
    tmp_path: Path, profile: str
) -> None:
    text = f'[guard]\nprofile = "{profile}"\nwarm_up_s = 200\n[[treadmills]]\nid = "a"'
    config = from_toml(tmp_path, text)
    guard = config.guard_of(config.treadmills[0])
    expected = {**Guard().model_dump(), **PROFILES[profile], "warm_up_s": 200, "profile": profile}
    assert guard.model_dump() == expected


def test_limits_of_a_treadmill_override_the_common_ones(tmp_path: Path) -> None:
    config = from_toml(
        tmp_path,
        """
        [guard]
        profile = "trained"
        max_speed_kmh = 14
        warm_up_s = 240
        [[treadmills]]
        id = "a"
        [treadmills.guard]
        profile = "steady"
        max_speed_kmh = 12
        """,
    )
    guard = config.guard_of(config.treadmills[0])
    assert (guard.profile, guard.max_speed_kmh, guard.warm_up_s) == ("steady", 12, 240)
    assert (guard.speed_ramp_kmh_per_s, guard.warm_up_speed_kmh) == (0.2, 7)


# --- warnings ------------------------------------------------------------------------------------


def test_limits_outside_the_recommended_range_are_warned_of(tmp_path: Path) -> None:
    config = from_toml(
        tmp_path,
        """
        [guard]
        max_speed_kmh = 25
        [[guard.steep]]
        max_s = 1200
        [[guard.slower]]
        from_percent = 1
        max_speed_kmh = 9
        [[treadmills]]
        id = "a"
        [treadmills.guard]
        warm_up_s = 0
        steep = []
        """,
    )
    assert config.warnings() == [
        "guard.max_speed_kmh: 25 is outside the recommended 3 to 20.",
        "guard.slower[0].from_percent: 1 is outside the recommended 2 to 15.",
        "guard.steep[0].max_s: 1200 is outside the recommended 60 to 900.",
        "guard of 'a'.steep: nothing limits the time on steep inclines.",
        "guard of 'a'.warm_up_s: 0 is outside the recommended 180 to 1800.",
    ]


def test_built_in_profiles_cause_no_warnings(tmp_path: Path) -> None:
    for profile in PROFILES:
        assert from_toml(tmp_path, f'[guard]\nprofile = "{profile}"').warnings() == []
