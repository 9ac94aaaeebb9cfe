"""Limits of one treadmill: what the owner sets, the guard applies and other rooms show."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Annotated, Any, get_type_hints

from bridge.machines.learned import STALE_FAULT_S, STALE_HOLD_S
from bridge.values.plan import least

PLAUSIBLE_BPM = range(30, 231)
"""Plausible beats per minute of a person; a machine without hand contact often sends 0."""


@dataclass(frozen=True, slots=True)
class SteepTier:
    """A cap on the time at or above `threshold` (0.1 %).

    At most `budget_s` seconds in any rolling `window_s`. Then at most `then` (0.1 %), until half of
    the budget is free again.
    """

    threshold: int = 100
    budget_s: float = 600.0
    window_s: float = 1800.0
    then: int = 50


@dataclass(frozen=True, slots=True)
class Slower:
    """A row of the steeper-the-slower table: at most `speed` at or above `incline` (0.1 %)."""

    incline: int
    speed: int
    """Speed in 0.01 km/h."""


def _either(before: Any, _: Any) -> Any:
    """Keep the value in force: neither is stricter."""
    return before


def _both(before: tuple[Any, ...], after: tuple[Any, ...]) -> Any:
    return (*before, *(row for row in after if row not in before))


@dataclass(frozen=True, slots=True)
class Policy:
    """Limits of one treadmill in wire units (0.01 km/h, 0.1 %) and seconds.

    The defaults are the profile `gentle`; `docs/safety.md` names the source of each. The function
    in each annotation returns the stricter of two values.
    """

    name: Annotated[str, _either] = "gentle"
    max_speed: Annotated[int, min] = 1600
    max_incline: Annotated[int, min] = 150
    min_incline: Annotated[int, max] = 0
    speed_ramp: Annotated[float, min] = 10.0
    """0.01 km/h per second: +0.5 km/h in 5 s."""
    incline_ramp: Annotated[float, min] = 1.0
    """0.1 % per second: +0.5 % in 5 s."""
    speed_easing: Annotated[float, _either] = 100.0
    """0.01 km/h per second: 1.0 km/h in 1 s."""
    incline_easing: Annotated[float, _either] = 5.0
    """0.1 % per second: 1 % in 2 s."""
    warm_up_s: Annotated[float, max] = 300.0
    warm_up_speed: Annotated[int, min] = 600
    warm_up_incline: Annotated[int, min] = 20
    warm_up_pause_s: Annotated[float, min] = 600.0
    """A stand longer than this resets the warm-up."""
    slower: Annotated[tuple[Slower, ...], _both] = ()
    steep: Annotated[tuple[SteepTier, ...], _both] = (SteepTier(),)
    steep_warning_s: Annotated[float, max] = 30.0
    cool_down_s: Annotated[float, _either] = 300.0
    cool_down_speed: Annotated[int, min] = 400
    cool_down_incline: Annotated[int, min] = 0
    heart_rate_ceiling: Annotated[int | None, least] = None
    """Beats per minute; None: no ceiling."""
    heart_rate_s: Annotated[float, min] = 15.0
    """Seconds above the ceiling after which the belt is slowed."""
    heart_rate_step: Annotated[int, max] = 50
    heart_rate_every_s: Annotated[float, min] = 10.0
    """Seconds between two slowing steps of `heart_rate_step` (0.01 km/h)."""
    rest_s: Annotated[float, max] = 172_800.0
    """Duration of the rest after a reported pain: two days."""
    rest_severity: Annotated[float, min] = 1.0
    """Lowest severity of a pain, of 0 to 10, that begins a rest."""
    rest_speed: Annotated[int, min] = 600
    rest_incline: Annotated[int, min] = 20
    gradual_percent: Annotated[float, min] = 110.0
    """Length of a session, in percent of the longest recent one, beyond which it is too much."""
    gradual_enforced: Annotated[bool, max] = False
    """True if a session beyond that is ended with a cool-down."""
    response_s: Annotated[float, min] = 8.0
    """Seconds in which a belt away from its setpoint must make progress."""
    stop_on_disobey: Annotated[bool, max] = False
    """True if a belt that does not respond is stopped; False: alarm only."""
    stale_hold_s: Annotated[float, min] = STALE_HOLD_S
    stale_fault_s: Annotated[float, min] = STALE_FAULT_S
    unit_is_kmh: Annotated[bool, min] = False
    """True if the owner states that the machine speaks km/h."""
    allow_remote_start: Annotated[bool, min] = False
    may_control: Annotated[bool, min] = True
    """False: observe only (`control = "never"`)."""


_STRICTER: dict[str, Callable[[Any, Any], Any]] = {
    name: hint.__metadata__[0] for name, hint in get_type_hints(Policy, include_extras=True).items()
}


def stricter(before: Policy, after: Policy) -> Policy:
    """Return the stricter value of each field; differences that loosen in `after` are ignored."""
    values = {
        name: pick(getattr(before, name), getattr(after, name)) for name, pick in _STRICTER.items()
    }
    return replace(before, **values)
