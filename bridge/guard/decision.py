"""What the guard answers."""

from dataclasses import field

from bridge.guard.journal import Ended
from bridge.guard.limits import NO_LIMITS, Limits
from bridge.values import Axis, Event, Halt, Reason, Result
from protocols.frozen import frozen


@frozen
class Target:
    """A setpoint to write now, in wire units.

    `reduction` marks the guard's own lowering, `asked` a command that has not been written yet:
    only these two may take control of the machine back.
    """

    axis: Axis
    value: int
    reduction: bool = False
    asked: bool = False


@frozen
class Verdict:
    """The guard's first answer to a command; `applied` in wire units where it is a target."""

    result: Result
    applied: int | None = None
    reasons: tuple[Reason, ...] = ()


@frozen
class SteepReport:
    """One tier of the steep-incline cap, for people: seconds used, left, until it opens."""

    used_s: float
    left_s: float
    opens_s: float | None


@frozen
class Decision:
    """What to do now, and why.

    A halt goes ahead of everything. `targets` holds only what is to be written now.
    """

    halt: Halt | None = None
    start: bool = False
    targets: tuple[Target, ...] = ()
    limits: Limits = NO_LIMITS
    events: tuple[Event, ...] = ()
    ended: tuple[Ended, ...] = ()
    """The requests that ended since the last decision, and why."""
    faults: tuple[str, ...] = ()
    phase: str | None = None
    warm_up_left_s: float = 0.0
    rest_left_s: float = 0.0
    """Seconds of rest after a reported pain that are left."""
    steep: tuple[SteepReport, ...] = ()
    requested: dict[Axis, int | None] = field(default_factory=dict)
    """The newest request on each axis, after the bounds (wire units)."""
    setpoint: dict[Axis, int | None] = field(default_factory=dict)
    """What was written last on each axis (wire units)."""
    gestures: frozenset[Axis] = frozenset()
    """Axes on which the person at the console is pressing keys now; nothing is learned there."""
