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
class Slower:
    """One row of the steeper-the-slower table: at or above `incline` (0.1 %) at most `speed`."""

    incline: int
    speed: int
    """0.01 km/h."""


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
    slower: tuple[Slower, ...] = ()
    steep: tuple[SteepTier, ...] = (SteepTier(),)
    steep_warning_s: float = 30.0
    cool_down_s: float = 300.0
    cool_down_speed: int = 400
    cool_down_incline: int = 0
    heart_rate_ceiling: int | None = None
    """Beats per minute; None: no ceiling."""
    heart_rate_s: float = 15.0
    """Above the ceiling for this long, the belt is slowed."""
    heart_rate_step: int = 50
    heart_rate_every_s: float = 10.0
    """By this much (0.01 km/h), and again each time this long has passed."""
    rest_s: float = 172_800.0
    """How long a rest after a reported pain lasts: two days."""
    rest_severity: float = 1.0
    """From this severity on, of 0 to 10, a pain begins a rest."""
    rest_speed: int = 600
    rest_incline: int = 20
    gradual_percent: float = 110.0
    """How much of the longest session of late this one may be before it is too much at once."""
    gradual_enforced: bool = False
    """Whether a session beyond that is brought to its end, with a cool-down."""
    response_s: float = 8.0
    """A belt that is not where it was told to be has this long to make progress."""
    stop_on_disobey: bool = False
    """Whether a belt that the guard cannot govern is stopped (True), or only cried out about."""
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


def _both(before: tuple[Any, ...], after: tuple[Any, ...]) -> Any:
    return (*before, *(row for row in after if row not in before))


def _lower(before: int | None, after: int | None) -> int | None:
    return after if before is None else before if after is None else min(before, after)


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
        "slower": _both,
        "steep": _both,
        "steep_warning_s": max,
        "cool_down_s": _either,
        "cool_down_speed": min,
        "cool_down_incline": min,
        "heart_rate_ceiling": _lower,
        "heart_rate_s": min,
        "heart_rate_step": max,
        "heart_rate_every_s": min,
        "rest_s": max,
        "rest_severity": min,
        "rest_speed": min,
        "rest_incline": min,
        "gradual_percent": min,
        "gradual_enforced": max,
        "response_s": min,
        "stop_on_disobey": max,
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
