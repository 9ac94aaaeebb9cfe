"""Time that a change may take on a machine, by the policy and by physics alone."""

from bridge.guard import Policy
from bridge.values import Axis
from tests.lives.playing.machine import MILE_KM, Traits

SETTLING_S = 12.0
"""Seconds for all that is neither ramp nor lag: the end of a gesture, a filter, a rounding."""
LEAD_S = 5.0
"""The guard lets a target lead the reading by so many seconds of ramp and one step."""
UNSEEN = 0.05
"""An incline that is not reported is taken to move by so many percent per second."""


def patience_s(
    traits: Traits, policy: Policy, axis: Axis, rise: float, *, unit_known: bool = True
) -> float:
    """Seconds after which a change of this size, in km/h or percent, is to be done.

    Until the unit is known, the ramp counts as if the machine spoke miles.
    """
    if axis is Axis.SPEED:
        ramp = policy.speed_ramp / 100 / (1.0 if unit_known else MILE_KM)
        easing, own = policy.speed_easing / 100, traits.ramp
        step = max(0.1, traits.target_step, traits.report_step)
    else:
        ramp, easing = policy.incline_ramp / 10, policy.incline_easing / 10
        own, step = traits.incline_rate, 0.5
        own = own if traits.incline_reported else min(own, UNSEEN)
    # A belt that lags is waited for: the lead is all that a climb gains in one round trip.
    lag = traits.round_trip_s + traits.frame_s + (1.0 if traits.loss else 0.0)
    climb = min(ramp, own, (LEAD_S * ramp + step) / lag)
    moving = max(0.0, rise) / climb + max(0.0, -rise) / min(own, easing)
    return moving * 1.3 + 2 * lag + traits.gap_s + SETTLING_S
