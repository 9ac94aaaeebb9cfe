"""`[guard]`: the limits of a treadmill, their profiles, and their recommended ranges."""

from collections.abc import Mapping, Sequence, Set
from itertools import pairwise, permutations
from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from bridge.config.section import Number, Section, agreed, bounded
from bridge.config.units import as_written, in_miles, twin_of
from bridge.machines.learned import STALE_FAULT_S, STALE_HOLD_S
from bridge.values import Units


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
            problems.append(
                f"then_percent {self.then_percent:g} must be below from_percent "
                f"{self.from_percent:g}"
            )
        if self.max_s >= self.window_s:
            problems.append(f"max_s {self.max_s:g} must be below window_s {self.window_s:g}")
        return agreed(self, problems)


class Slower(Section):
    """A row of the steeper-is-slower table: the speed limit from `from_percent` on."""

    from_percent: Number = bounded(..., hard=(1, 40), wise=(2, 15))
    max_speed_kmh: Number = bounded(..., hard=(1, 25), wise=(3, 16))


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
    warm_up_pause_s: Number = bounded(600.0, hard=(60, 3600), wise=(300, 900))
    slower: Annotated[tuple[Slower, ...], Field(max_length=16)] = ()
    steep: Annotated[tuple[SteepTier, ...], Field(max_length=8)] = (SteepTier(),)
    steep_warning_s: Number = bounded(30.0, hard=(5, 120), wise=(15, 60))
    cool_down_s: Number = bounded(300.0, hard=(0, 1800), wise=(120, 900))
    cool_down_speed_kmh: Number = bounded(4.0, hard=(1, 8), wise=(2, 6))
    cool_down_incline_percent: Number = bounded(0.0, hard=(0, 10), wise=(0, 2))
    stale_hold_s: Number = bounded(STALE_HOLD_S, hard=(1, 5), wise=(2, 4))
    stale_fault_s: Number = bounded(STALE_FAULT_S, hard=(5, 30), wise=(5, 15))

    response_s: Number = bounded(8.0, hard=(4, 30), wise=(6, 15))
    on_disobey: Literal["alarm", "stop"] = "alarm"
    heart_rate_ceiling_bpm: Number | None = bounded(None, hard=(60, 220), wise=(100, 185))
    heart_rate_s: Number = bounded(15.0, hard=(5, 60), wise=(10, 30))
    heart_rate_step_kmh: Number = bounded(0.5, hard=(0.1, 2), wise=(0.3, 1))
    heart_rate_every_s: Number = bounded(10.0, hard=(5, 60), wise=(8, 20))
    rest_s: Number = bounded(172_800.0, hard=(0, 1_209_600), wise=(86_400, 604_800))
    rest_severity: Number = bounded(1.0, hard=(1, 10), wise=(1, 3))
    rest_speed_kmh: Number = bounded(6.0, hard=(1, 8), wise=(2, 6))
    rest_incline_percent: Number = bounded(2.0, hard=(0, 5), wise=(0, 2))
    gradual: Literal["advise", "enforce"] = "advise"
    gradual_percent: Number = bounded(110.0, hard=(100, 200), wise=(105, 130))

    def conflicts(self, given: Set[str], units: Units = Units.KMH) -> list[str]:
        """Return contradictions between keys, after the profile and `[guard]` are merged.

        Only `given` keys conflict with each other: a walking pad's `max_speed_kmh` of 3 does not
        conflict with the default warm-up.
        """
        problems = []
        if self.stale_fault_s <= self.stale_hold_s:
            problems.append(
                f"stale_fault_s {self.stale_fault_s:g} must be above stale_hold_s "
                f"{self.stale_hold_s:g}"
            )
        for low, high in _WITHIN:
            value, most = getattr(self, low), getattr(self, high)
            if {low, high} <= given and value > most:
                lower, upper = as_written(low, value, units), as_written(high, most, units)
                problems.append(f"{lower} is above {upper}")
        return [*problems, *_crossed_tiers(self.steep), *_crossed_rows(self.slower, units)]


_WITHIN = (
    ("warm_up_speed_kmh", "max_speed_kmh"),
    ("cool_down_speed_kmh", "max_speed_kmh"),
    ("rest_speed_kmh", "max_speed_kmh"),
    ("warm_up_incline_percent", "max_incline_percent"),
    ("cool_down_incline_percent", "max_incline_percent"),
    ("rest_incline_percent", "max_incline_percent"),
)
"""Pairs of keys whose first must not be above the second."""


def _crossed_tiers(tiers: Sequence[SteepTier]) -> list[str]:
    """Return contradictions between tiers; steep time counts for every tier it reaches."""
    problems = []
    for (i, one), (j, other) in permutations(enumerate(tiers), 2):
        same = one.from_percent == other.from_percent and one.window_s == other.window_s
        if same and i < j:
            problems.append(
                f"steep[{j}].from_percent {other.from_percent:g} is already in steep[{i}], "
                f"with the same window_s {one.window_s:g}"
            )
        steeper = other.from_percent > one.from_percent
        if steeper and other.max_s > one.max_s and other.window_s <= one.window_s:
            problems.append(
                f"steep[{j}].max_s {other.max_s:g} can never be used: steep[{i}] allows "
                f"{one.max_s:g} s from {one.from_percent:g} % on"
            )
    return problems


def _crossed_rows(rows: Sequence[Slower], units: Units) -> list[str]:
    """Return rows that are not both steeper and slower than the row before."""
    problems = []
    for number, (before, after) in enumerate(pairwise(rows), 1):
        if after.from_percent <= before.from_percent:
            problems.append(
                f"slower[{number}].from_percent {after.from_percent:g} must be above "
                f"{before.from_percent:g}, the row before"
            )
        if after.max_speed_kmh >= before.max_speed_kmh:
            slow, slower = before.max_speed_kmh, after.max_speed_kmh
            key = as_written(f"slower[{number}].max_speed_kmh", slower, units)
            bound = in_miles(slow) if units is Units.MPH else slow
            problems.append(f"{key} must be below {bound:g}, the row before")
    return problems


PROFILES: Mapping[str, Mapping[str, float]] = {
    "gentle": {},
    "steady": {"speed_ramp_kmh_per_s": 0.2, "warm_up_speed_kmh": 7.0},
    "trained": {
        "speed_ramp_kmh_per_s": 0.5,
        "incline_ramp_percent_per_s": 0.2,
        "warm_up_speed_kmh": 8.0,
    },
}
"""Keys in which a profile differs from the defaults."""


def unwise(section: Guard | SteepTier | Slower, name: str, units: Units = Units.KMH) -> list[str]:
    """Return keys outside their recommended range, one sentence each."""
    found = []
    for key in sorted(section.model_fields_set):
        value = getattr(section, key)
        if key == "steep" and not value:
            found.append(f"{name}.steep: nothing limits the time on steep inclines.")
        if key in {"steep", "slower"}:
            for number, row in enumerate(value):
                found += unwise(row, f"{name}.{key}[{number}]", units)
        extra: Any = type(section).model_fields[key].json_schema_extra
        if extra:
            low, high = extra["wise"]
            if not low <= value <= high:
                twin = twin_of(key) if units is Units.MPH else None
                if twin is not None:
                    value, low, high = map(in_miles, (value, low, high))
                found.append(
                    f"{name}.{twin or key}: {value:g} is outside the recommended "
                    f"{low:g} to {high:g}."
                )
    return found
