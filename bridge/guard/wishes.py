"""What a person wants of speed and incline, and why it may be refused."""

from collections.abc import Collection

from bridge.guard import texts
from bridge.guard.decision import Verdict
from bridge.guard.engine.run import Run
from bridge.guard.facts import Facts
from bridge.guard.limits import Limits
from bridge.guard.respect import Respect
from bridge.guard.texts import Amount, Lasting, Word
from bridge.values import Axis, Result


def rejected(key: str, **words: Word) -> Verdict:
    """No, and why not."""
    return Verdict(Result.REJECTED, None, (texts.say(key, tuple(words.items())),))


def refuse(axis: Axis, value: int, facts: Facts) -> Verdict | None:
    """What the machine cannot do at all."""
    if not facts.grids[axis].settable:
        return rejected("no_incline")
    lowest = facts.lowest(axis)
    if value < lowest:
        key = "below_minimum" if axis is Axis.SPEED else "below_lowest"
        return rejected(key, limit=Amount(axis, lowest))
    return None


def refuse_rise(
    axis: Axis,
    value: int,
    limits: Limits,
    run: Run,
    *,
    respect: Respect,
    late: bool,
    program: bool,
    faults: Collection[str],
    now: float,
) -> Verdict | None:
    """What may be lowered now, but not raised.

    After some `faults` only a person may ask for more, and no program.
    """
    if value <= run.axes[axis].state.least:
        return None
    left = respect.left(axis, value, now)
    if left > 0:
        return rejected("console", left=Lasting(left))
    if late:
        return rejected("late")
    if program and f"unexpected_rise_{axis}" in faults:
        return rejected("unexpected_rise")
    if program and ("control_taken" in faults or "control_denied" in faults):
        return rejected("control_taken")
    if limits.holds:
        return Verdict(Result.REJECTED, None, (limits.holds[0].text,))
    return None


def answer(axis: Axis, value: int, applied: int, limits: Limits) -> Verdict:
    """Yes, or less than that, with what binds and what has to be waited for."""
    binding = limits.binding(axis, value)
    reasons = (*(b.text for b in binding), *(w.text for w in limits.waiting(axis, applied)))
    return Verdict(Result.LIMITED if binding else Result.ACCEPTED, applied, reasons)
