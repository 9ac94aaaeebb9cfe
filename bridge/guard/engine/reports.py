"""Events of one axis: gestures, requests lowered by a bound, and a belt that does not respond."""

import math
from typing import TYPE_CHECKING

from bridge.guard.engine.axis import AxisState
from bridge.guard.engine.gesture import Gesture
from bridge.guard.journal import Ending
from bridge.values import INCLINE, Reason

if TYPE_CHECKING:
    from bridge.guard.engine.axis_run import AxisRun


def report_changed(run: "AxisRun", kind: str, value: int, why: Reason | None = None) -> None:
    """Report that `value` is requested now, by the console or by the limit `why`."""
    run.journal.report(kind, run.axis, limit=value, ends=Ending.CHANGED, why=why)


def report_gesture(run: "AxisRun", gesture: Gesture) -> None:
    """Report a finished gesture, or the reason that limited it."""
    least = run.state.least
    if not gesture.up:
        report_changed(run, "console_slowed", gesture.value)
    elif run.cut is not None:
        report_changed(run, "limited", least, run.cut)
    elif least > run.state.written:
        report_changed(run, "console_raised", least)


def report_limited(run: "AxisRun", before: AxisState, last: float) -> None:
    """Report a request that a bound lowered; `last` is the bound of the last decision."""
    request = run.state.request
    if before.request is None or request is None or request >= before.request:
        return
    bound, came_down = run.limits.lowest(run.axis)[0], before.request <= last < math.inf
    if not (came_down and bound.announced):
        report_changed(run, "limited", request, bound.reason)


def report_unresponsive(run: "AxisRun", measured: int, setpoint: int, *, runaway: bool) -> None:
    """Report a belt that does not respond; `runaway` is True if it exceeds every request."""
    run.journal.faults.add(f"not_responding_{run.axis}")
    run.journal.disobeyed = True
    if runaway:
        run.journal.report("unexpected_rise_alarm", run.axis)
        return
    stuck = run.axis is INCLINE and measured > setpoint
    kind, ends = "incline_stuck" if stuck else "not_responding", Ending.GIVEN_UP
    run.journal.report(kind, run.axis, limit=setpoint, ends=ends, measured=measured)
