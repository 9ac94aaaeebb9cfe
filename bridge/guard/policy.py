"""The numbers the guard works with: one frozen value for each treadmill."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

MPH = 1.609344
"""Kilometres in a mile."""


@dataclass(frozen=True, slots=True)
class SteepTier:
    """A cap on time spent at or above `threshold` (0.1 %).

    At most `budget_s` seconds in any rolling `window_s`; then at most `then` (0.1 %), until half of
    the budget is free again.
    """

    threshold: int = 100
    budget_s: float = 600.0
    window_s: float = 1800.0
    then: int = 50


@dataclass(frozen=True, slots=True)
class Policy:
    """The limits of one treadmill in wire units (0.01 km/h, 0.1 %) and seconds.

    The defaults are the profile `gentle`; `docs/safety.md` names the source of each.
    """

    name: str = "gentle"
    max_speed: int = 1600
    max_incline: int = 150
    min_incline: int = 0
    speed_ramp: float = 10.0
    """0.01 km/h per second: +0.5 km/h in 5 s."""
    incline_ramp: float = 1.0
    """0.1 % per second: +0.5 % in 5 s."""
    speed_easing: float = 100.0
    """0.01 km/h per second: 1.0 km/h in 1 s."""
    incline_easing: float = 5.0
    """0.1 % per second: 1 % in 2 s."""
    warm_up_s: float = 300.0
    warm_up_speed: int = 600
    warm_up_incline: int = 20
    warm_up_pause_s: float = 600.0
    """A pause longer than this starts the warm-up again."""
    steep: tuple[SteepTier, ...] = (SteepTier(),)
    steep_warning_s: float = 30.0
    cool_down_s: float = 300.0
    cool_down_speed: int = 400
    cool_down_incline: int = 0
    rest_s: float = 172_800.0
    """How long a rest after a reported pain lasts: two days."""
    rest_severity: int = 1
    """From this severity on, of 0 to 10, a pain begins a rest."""
    stale_hold_s: float = 3.0
    stale_fault_s: float = 10.0
    unit_is_kmh: bool = False
    """The owner vouches for the unit that the machine speaks."""
    allow_remote_start: bool = False
    may_control: bool = True
    """False: observe only (`control = "never"`)."""


def _either(before: Any, _: Any) -> Any:
    """Neither value is stricter, so the one in force stays."""
    return before


def _both_tiers(before: tuple[SteepTier, ...], after: tuple[SteepTier, ...]) -> Any:
    return (*before, *(tier for tier in after if tier not in before))


_STRICTER: Mapping[str, Callable[[Any, Any], Any]] = MappingProxyType(
    {
        "name": _either,
        "max_speed": min,
        "max_incline": min,
        "min_incline": max,
        "speed_ramp": min,
        "incline_ramp": min,
        "speed_easing": _either,
        "incline_easing": _either,
        "warm_up_s": max,
        "warm_up_speed": min,
        "warm_up_incline": min,
        "warm_up_pause_s": min,
        "steep": _both_tiers,
        "steep_warning_s": max,
        "cool_down_s": _either,
        "cool_down_speed": min,
        "cool_down_incline": min,
        "rest_s": max,
        "rest_severity": min,
        "stale_hold_s": min,
        "stale_fault_s": min,
        "unit_is_kmh": min,
        "allow_remote_start": min,
        "may_control": min,
    }
)
"""Which of two values allows less, for each field of a policy."""


def stricter(before: Policy, after: Policy) -> Policy:
    """What both policies allow: field by field the stricter, whatever `after` loosens."""
    return replace(
        before,
        **{
            name: pick(getattr(before, name), getattr(after, name))
            for name, pick in _STRICTER.items()
        },
    )
