"""The numbers the guard works with: one frozen value for each treadmill."""

from dataclasses import dataclass

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
    stale_hold_s: float = 3.0
    stale_fault_s: float = 10.0
    unit_is_kmh: bool = False
    """The owner vouches that the machine speaks km/h."""
    known_models: frozenset[tuple[str, str]] = frozenset()
    """Maker and model of machines that are known to speak km/h."""
    allow_remote_start: bool = False
    may_control: bool = True
    """False: observe only (`control = "never"`)."""
