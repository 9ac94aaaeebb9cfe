"""Verdicts on requests for speed and incline."""

from bridge.guard.decision import Verdict
from bridge.guard.engine.axis_run import AxisRun
from bridge.guard.facts import Facts
from bridge.guard.limits import Limits
from bridge.values import Axis, Command, Reason, Result


def refuse(axis: Axis, value: int, facts: Facts) -> Verdict | None:
    """Return the refusal of a value that the machine cannot do; None if it can."""
    lowest = facts.lowest(axis)
    rule = "below_minimum" if axis is Axis.SPEED else "below_lowest"
    return Verdict.rejected(Reason(rule, axis, lowest)) if value < lowest else None


def refuse_rise(
    command: Command, value: int, run: AxisRun, limits: Limits, now: float, *, taken: bool
) -> Verdict | None:
    """Return the refusal of an increase that is not allowed now; None if it is allowed.

    After some faults only a person may request more, not a program. `taken` is True if another app
    took control and no person has requested a target since.
    """
    axis, faults = run.axis, run.journal.faults
    # Not an increase: lowering is always allowed.
    if value <= run.state.least:
        return None
    slowed = run.slowed.get(axis)
    # The person slowed the belt at the console a moment ago.
    if slowed is not None and (left := slowed.left(value, now)) > 0:
        return Verdict.rejected(Reason("console", axis, ends_s=left))
    # An overdue command may no longer be intended, so it must not raise.
    if command.late:
        return Verdict.rejected(Reason("late"))
    # After an unexplained rise, a program cannot know that the runner is well.
    if command.program and f"unexpected_rise_{axis}" in faults:
        return Verdict.rejected(Reason("unexpected_rise"))
    # Another app or the console has control; a program must not compete with it.
    if command.program and (taken or "control_taken" in faults or "control_denied" in faults):
        return Verdict.rejected(Reason("control_taken"))
    # A request during a short silence is kept until the silence ends.
    holds = [hold for hold in limits.holding(axis) if not hold.silence or "stale" in faults]
    return Verdict.rejected(holds[0].reason) if holds else None


def answer(axis: Axis, value: int, applied: int, limits: Limits) -> Verdict:
    """Return an accepted or limited verdict with its bounds and waits."""
    binding = limits.binding(axis, value)
    reasons = (*(b.reason for b in binding), *(w.reason for w in limits.waiting(axis, applied)))
    return Verdict(Result.LIMITED if binding else Result.ACCEPTED, applied, reasons)
