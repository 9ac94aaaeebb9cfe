"""Requests for speed and incline, and why they may be refused."""

from bridge.guard.decision import Verdict
from bridge.guard.engine.axis_run import AxisRun
from bridge.guard.engine.moment import Moment
from bridge.guard.facts import Facts
from bridge.guard.limits import Limits
from bridge.values import Axis, Command, Reason, Result


def rejected(
    rule: str,
    axis: Axis | None = None,
    limit: float | None = None,
    ends_s: float | None = None,
) -> Verdict:
    """Return a refusal; its reason may have a limit (wire units), or end in `ends_s` seconds."""
    return Verdict(Result.REJECTED, None, (Reason(rule, axis, limit, ends_s),))


def refuse(axis: Axis, value: int, facts: Facts) -> Verdict | None:
    """What the machine cannot do at all."""
    if not facts.grids[axis].settable:
        return rejected("no_incline")
    lowest = facts.lowest(axis)
    if value < lowest:
        key = "below_minimum" if axis is Axis.SPEED else "below_lowest"
        return rejected(key, axis, lowest)
    return None


def refuse_rise(
    command: Command, value: int, run: AxisRun, limits: Limits, moment: Moment
) -> Verdict | None:
    """What may be lowered now, but not raised.

    After some faults only a person may ask for more, and no program.
    """
    axis, faults = run.axis, moment.journal.faults
    if value <= run.state.least:
        return None
    left = moment.respect.left(axis, value, moment.now)
    if left > 0:
        return rejected("console", ends_s=left)
    if command.late:
        return rejected("late")
    if command.program and f"unexpected_rise_{axis}" in faults:
        return rejected("unexpected_rise")
    if command.program and ("control_taken" in faults or "control_denied" in faults):
        return rejected("control_taken")
    # What is asked in a short silence waits for its end.
    holds = [hold for hold in limits.holds if not hold.silence or "stale" in faults]
    return Verdict(Result.REJECTED, None, (holds[0].reason,)) if holds else None


def answer(axis: Axis, value: int, applied: int, limits: Limits) -> Verdict:
    """Yes, or less than that, with what binds and what has to be waited for."""
    binding = limits.binding(axis, value)
    reasons = (*(b.reason for b in binding), *(w.reason for w in limits.waiting(axis, applied)))
    return Verdict(Result.LIMITED if binding else Result.ACCEPTED, applied, reasons)
