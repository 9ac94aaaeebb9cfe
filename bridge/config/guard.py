"""`[guard]`: the limits of a treadmill, their profiles, and what of them is wise."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from bridge.config.section import Number, Section, agreed, bounded


class SteepTier(Section):
    """At or above `from_percent` for at most `max_s` in any `window_s`, then `then_percent`."""

    from_percent: Number = bounded(10.0, hard=(3, 40), wise=(6, 12))
    max_s: Number = bounded(600.0, hard=(10, 3600), wise=(60, 900))
    window_s: Number = bounded(1800.0, hard=(60, 86_400), wise=(1200, 7200))
    then_percent: Number = bounded(5.0, hard=(0, 39), wise=(0, 8))

    @model_validator(mode="after")
    def _fits(self) -> Self:
        problems = []
        if self.then_percent >= self.from_percent:
            problems.append("then_percent must be below from_percent")
        if self.max_s >= self.window_s:
            problems.append("max_s must be below window_s")
        return agreed(self, problems)


class Guard(Section):
    """`[guard]`: the limits of one treadmill. The defaults are the profile `gentle`."""

    profile: Literal["gentle", "steady", "trained"] = "gentle"
    max_speed_kmh: Number = bounded(16.0, hard=(1, 25), wise=(3, 20))
    max_incline_percent: Number = bounded(15.0, hard=(0, 40), wise=(0, 15))
    min_incline_percent: Number = bounded(0.0, hard=(-10, 0), wise=(-3, 0))
    speed_ramp_kmh_per_s: Number = bounded(0.1, hard=(0.01, 0.5), wise=(0.02, 0.2))
    incline_ramp_percent_per_s: Number = bounded(0.1, hard=(0.01, 0.5), wise=(0.02, 0.2))
    speed_easing_kmh_per_s: Number = bounded(1.0, hard=(0.2, 2), wise=(0.5, 1.5))
    incline_easing_percent_per_s: Number = bounded(0.5, hard=(0.1, 2), wise=(0.25, 1))
    warm_up_s: Number = bounded(300.0, hard=(0, 3600), wise=(180, 1800))
    warm_up_speed_kmh: Number = bounded(6.0, hard=(1, 12), wise=(2, 8))
    warm_up_incline_percent: Number = bounded(2.0, hard=(0, 10), wise=(0, 4))
    steep: Annotated[tuple[SteepTier, ...], Field(max_length=8)] = (SteepTier(),)
    cool_down_s: Number = bounded(300.0, hard=(0, 1800), wise=(120, 900))
    cool_down_speed_kmh: Number = bounded(4.0, hard=(1, 8), wise=(2, 6))
    cool_down_incline_percent: Number = bounded(0.0, hard=(0, 10), wise=(0, 2))
    stale_hold_s: Number = bounded(3.0, hard=(1, 5), wise=(2, 4))
    stale_fault_s: Number = bounded(10.0, hard=(5, 30), wise=(5, 15))

    def conflicts(self) -> list[str]:
        """Keys that do not fit together, once those of the profile and of `[guard]` are in."""
        if self.stale_fault_s <= self.stale_hold_s:
            return ["stale_fault_s must be above stale_hold_s"]
        return []


PROFILES: Mapping[str, Mapping[str, float]] = {
    "gentle": {},
    "steady": {"speed_ramp_kmh_per_s": 0.2, "warm_up_speed_kmh": 7.0},
    "trained": {
        "speed_ramp_kmh_per_s": 0.5,
        "incline_ramp_percent_per_s": 0.2,
        "warm_up_speed_kmh": 8.0,
    },
}
"""Where a profile differs from the defaults."""


def unwise(section: Guard | SteepTier, name: str) -> list[str]:
    """Keys outside of their recommended bounds: one sentence each."""
    found = []
    for key in sorted(section.model_fields_set):
        value = getattr(section, key)
        if key == "steep":
            if not value:
                found.append(f"{name}.steep: nothing limits the time on steep inclines.")
            for number, tier in enumerate(value):
                found += unwise(tier, f"{name}.steep[{number}]")
        extra: Any = type(section).model_fields[key].json_schema_extra
        if extra:
            low, high = extra["wise"]
            if not low <= value <= high:
                found.append(
                    f"{name}.{key}: {value:g} is outside of the recommended {low:g} to {high:g}."
                )
    return found
