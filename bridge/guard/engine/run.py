"""A moving belt under guard: both axes, from readings to writes."""

from dataclasses import dataclass

from bridge.guard.decision import Target
from bridge.guard.engine.axis_run import AxisRun
from bridge.guard.engine.moment import Moment
from bridge.guard.facts import Measured
from bridge.guard.limits import Limits
from bridge.values import INCLINE, SPEED, Axis

START_MOST = 300
"""A belt may start at up to 3 km/h by itself; above that it is eased down."""
NO_GESTURES: frozenset[Axis] = frozenset()


@dataclass(slots=True)
class Run:
    """State of both axes of a running belt. Wire units, seconds."""

    axes: dict[Axis, AxisRun]
    found: bool = False
    """True until the event for a belt found moving was sent."""

    @classmethod
    def started(cls, moment: Moment, at: dict[Axis, int]) -> "Run":
        """Adopt a belt that was seen to start, at its own start speed and current incline."""
        return cls(
            {
                SPEED: AxisRun.settle(SPEED, at[SPEED], moment, most=START_MOST),
                INCLINE: AxisRun.at(INCLINE, at[INCLINE], moment),
            }
        )

    @classmethod
    def adopted(cls, moment: Moment, at: dict[Axis, int]) -> "Run":
        """Adopt a belt that was found moving: once settled, its measured values are the request."""
        axes = {axis: AxisRun.settle(axis, value, moment) for axis, value in at.items()}
        return cls(axes, found=True)

    @property
    def settled(self) -> bool:
        """False while a belt that was found moving has no steady speed yet."""
        return all(run.settling is None or run.settling.started for run in self.axes.values())

    @property
    def gestures(self) -> frozenset[Axis]:
        """Axes on which a gesture may be in progress."""
        busy = [axis for axis, run in self.axes.items() if run.is_busy]
        return frozenset(busy) if busy else NO_GESTURES

    def sample(self, values: Measured, moment: Moment) -> None:
        """Judge the readings of a sample; a speed of 0 is left to the belt state."""
        for axis, value in values.items():
            settable = moment.grids[axis].settable
            if value is not None and settable and (value > 0 or axis is INCLINE):
                self.axes[axis].sample(value, moment)
            elif axis is INCLINE or not settable:
                self.axes[axis].settle_unseen(settable=settable)

    def cap(self) -> bool:
        """Lower the requests to the setpoints; return True if one of them was higher."""
        lowered = [run.cap() for run in self.axes.values()]
        return any(lowered)

    def advance(
        self, limits: Limits, measured: Measured, moment: Moment, dt: float
    ) -> tuple[Target, ...]:
        """Advance both axes by `dt` seconds; return the targets to write now."""
        targets = []
        for axis, run in self.axes.items():
            if moment.grids[axis].settable:
                target = run.advance(limits, measured[axis], moment, dt)
                if target is not None:
                    targets.append(target)
            else:
                run.bound = limits.most(axis)
        return tuple(targets)
