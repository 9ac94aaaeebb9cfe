"""Answers of the guard: verdicts, decisions and targets."""

from dataclasses import field

from bridge.guard.journal import Ended
from bridge.guard.limits import NO_LIMITS, Limit, Limits
from bridge.values import Axis, Event, Halt, Reason, Result
from protocols.frozen import frozen


@frozen
class Target:
    """A setpoint to write now, in wire units.

    `reduction` marks a lowering by the guard. `asked` marks a command that was not written yet.
    Only these two may take control of the machine back.
    """

    axis: Axis
    value: int
    reduction: bool
    asked: bool = False


@frozen
class Verdict:
    """The guard's immediate answer to a command; `applied` is the target in wire units."""

    result: Result
    applied: int | None = None
    reasons: tuple[Reason, ...] = ()

    @classmethod
    def rejected(cls, reason: Reason) -> "Verdict":
        """Return a refusal."""
        return cls(Result.REJECTED, None, (reason,))


ACCEPTED = Verdict(Result.ACCEPTED)


@frozen
class SteepReport:
    """Published state of one steep-incline tier; `opens_s` is None while it is open."""

    used_s: float
    left_s: float
    opens_s: float | None


@frozen
class Decision:
    """Decision of the guard: the writes due now, and their reasons.

    A halt precedes everything else. `targets` holds only what must be written now.
    """

    halt: Halt | None = None
    start: bool = False
    targets: tuple[Target, ...] = ()
    limits: Limits = NO_LIMITS
    events: tuple[Event, ...] = ()
    ended: tuple[Ended, ...] = ()
    """Requests that ended since the last decision, and why."""
    faults: tuple[str, ...] = ()
    phase: str | None = None
    warm_up_left_s: float = 0.0
    rest_left_s: float = 0.0
    """Seconds left of the rest after a reported pain."""
    steep: tuple[SteepReport, ...] = ()
    requested: dict[Axis, int | None] = field(default_factory=dict)
    """Newest request on each axis after the bounds (wire units)."""
    setpoint: dict[Axis, int | None] = field(default_factory=dict)
    """Setpoint of each axis (wire units): the last written one, or one adopted from the console."""
    console_only: frozenset[Axis] = frozenset()
    """Axes that cannot be set from here; nothing is ever written there."""
    gestures: frozenset[Axis] = frozenset()
    """Axes with a console gesture in progress; the learner ignores them."""

    def limiting(self, axis: Axis) -> tuple[Limit, ...]:
        """Return what limits an axis now: lowest bounds, waits below the request, holds."""
        limits, request = self.limits, self.requested.get(axis)
        waits = () if request is None else limits.waiting(axis, request)
        return (*limits.lowest(axis), *waits, *limits.holding(axis))

    def target(self, axis: Axis) -> int | None:
        """Return the setpoint to show; None on an axis where none can be written."""
        return None if axis in self.console_only else self.setpoint.get(axis)
