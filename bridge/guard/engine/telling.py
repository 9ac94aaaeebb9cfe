"""Events of one axis: gestures at the console, and requests lowered by a bound."""

import math

from bridge.guard.engine.axis import AxisState
from bridge.guard.engine.console import Gesture
from bridge.guard.journal import Ending, Journal
from bridge.guard.limits import Limits
from bridge.values import Axis, Reason

CHANGED = Ending.CHANGED


def tell_gesture(
    axis: Axis, gesture: Gesture, state: AxisState, cut: Reason | None, journal: Journal
) -> None:
    """Report a finished gesture, and the reason `cut` that limited it."""
    if not gesture.up:
        journal.tell("console_slowed", axis, limit=gesture.value, ends=CHANGED)
    elif cut is not None:
        journal.tell("limited", axis, limit=state.least, ends=CHANGED, why=cut)
    elif state.least > state.written:
        journal.tell("console_raised", axis, limit=state.least, ends=CHANGED)


def tell_limited(
    axis: Axis,
    before: AxisState,
    after: AxisState,
    limits: Limits,
    journal: Journal,
    *,
    last: float,
) -> None:
    """Report a request that a bound lowered; `last` is the bound of the last decision."""
    # Nothing requested, or nothing cut off.
    if before.request is None or after.request is None or after.request >= before.request:
        return
    bound = limits.lowest(axis)[0]
    came_down = before.request <= last < math.inf
    if not (came_down and bound.announced):
        journal.tell("limited", axis, limit=after.request, ends=CHANGED, why=bound.reason)


def tell_eased(axis: Axis, state: AxisState, limits: Limits, journal: Journal) -> None:
    """Report a belt found moving that was eased to a bound."""
    why = limits.lowest(axis)[0].reason
    journal.tell("limited", axis, limit=state.written, ends=CHANGED, why=why)


def tell_unresponsive(
    axis: Axis, journal: Journal, measured: int, setpoint: int, *, runaway: bool
) -> None:
    """Report a belt that does not respond; `runaway` is True if it exceeds every request."""
    journal.faults.add(f"not_responding_{axis}")
    journal.disobeyed = True
    if runaway:
        journal.tell("unexpected_rise_alarm", axis)
        return
    stuck = axis is Axis.INCLINE and measured > setpoint
    kind = "incline_stuck" if stuck else "not_responding"
    journal.tell(kind, axis, limit=setpoint, ends=Ending.GIVEN_UP, measured=measured)
