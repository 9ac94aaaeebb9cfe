"""A moving belt under guard: both axes, from readings to writes."""

import math
from dataclasses import dataclass, replace

from bridge.guard.decision import Target
from bridge.guard.engine.axis_run import AxisRun
from bridge.guard.engine.settling import Settling
from bridge.guard.facts import Facts, Measured
from bridge.guard.journal import Journal
from bridge.guard.limits import Limits
from bridge.guard.slowed import Slowed
from bridge.values import INCLINE, SPEED, Axis

START_MOST = 300
"""A belt may start at up to 3 km/h by itself; above that it is eased down."""


@dataclass(slots=True)
class Run:
    """State of both axes of a running belt. Wire units, seconds."""

    axes: dict[Axis, AxisRun]
    found: bool
    """True until the event for a belt found moving was sent."""

    @classmethod
    def begin(
        cls,
        at: dict[Axis, int],
        facts: Facts,
        journal: Journal,
        slowed: dict[Axis, Slowed],
        *,
        started: bool = False,
    ) -> "Run":
        """Adopt a belt that was seen to start, at its own start speed, or one found moving.

        Once a belt found moving has settled, its measured values are the request.
        """
        axes = {a: AxisRun.at(a, value, facts, journal, slowed) for a, value in at.items()}
        axes[SPEED].settling = Settling(facts.now, START_MOST if started else math.inf)
        if not started:
            axes[INCLINE].settling = Settling(facts.now)
        return cls(axes, found=not started)

    @property
    def settled(self) -> bool:
        """False while a belt that was found moving has no steady speed yet."""
        return all(run.settling is None or run.settling.started for run in self.axes.values())

    @property
    def requests(self) -> dict[Axis, int | None]:
        """Newest request on each axis; None before the first."""
        return {SPEED: self.axes[SPEED].state.request, INCLINE: self.axes[INCLINE].state.request}

    @property
    def setpoints(self) -> dict[Axis, int | None]:
        """Last setpoint of each axis."""
        return {SPEED: self.axes[SPEED].state.written, INCLINE: self.axes[INCLINE].state.written}

    @property
    def gestures(self) -> frozenset[Axis]:
        """Axes on which a gesture may be in progress."""
        return frozenset([axis for axis, run in self.axes.items() if run.is_busy])

    def sample(self, values: Measured, facts: Facts) -> None:
        """Judge the readings of a sample; a speed of 0 is left to the belt state."""
        for axis, value in values.items():
            settable = facts.grids[axis].settable
            if value is not None and settable and (value > 0 or axis is INCLINE):
                self.axes[axis].sample(value, facts)
            elif axis is INCLINE or not settable:
                self.axes[axis].settle_unseen(settable=settable)

    def cap(self) -> bool:
        """Lower the requests to the setpoints; return True if one of them was higher."""
        lowered = [run.cap() for run in self.axes.values()]
        return any(lowered)

    def advance(
        self, limits: Limits, measured: Measured, facts: Facts, dt: float
    ) -> tuple[Target, ...]:
        """Advance both axes by `dt` seconds; return the targets to write now."""
        targets = []
        for axis, run in self.axes.items():
            if facts.grids[axis].settable:
                target = run.advance(limits, measured[axis], facts, dt)
                if target is not None:
                    targets.append(target)
            else:
                run.limits = limits
                # A machine that refused a request and obeys later waits for a new one.
                if run.state.request is not None:
                    run.state = replace(run.state, request=None)
        return tuple(targets)
