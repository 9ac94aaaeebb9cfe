"""Detection of a machine that takes kilometres for miles, from rises after a write."""

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from bridge.guard.engine.expected import Expected
from bridge.guard.engine.response import Response
from bridge.guard.engine.steadiness import MEAN_S, STEADY_S
from bridge.guard.facts import Facts
from bridge.machines.learned import LearnedAxis, UnitVerdict
from bridge.values import SPEED, Axis
from protocols.units import MPH

if TYPE_CHECKING:
    from bridge.guard.engine.axis_run import AxisRun

ANSWERED = 3
"""Number of newest writes that a status may answer: two written a second, and the lag."""


@dataclass(slots=True)
class UnitWatch:
    """Unit of the targets on one run.

    While the unit was not observed, or no incline was observed at a target, `verified` is False
    from a write until the belt is steady. Until then no rise counts as a request. A declared unit
    may be wrong, so it does not count as observed.
    """

    verdict: UnitVerdict
    verified: bool = True
    suspected: bool = False
    """True if the newest request was lowered because its unit may be miles."""
    _origin: tuple[int, float] | None = None
    """Setpoint and reading before the writes that are not verified yet. Those writes all go up, or
    all go down."""

    def wrote(
        self, before: int, after: int, measured: float, *, verified: bool, steady: bool = True
    ) -> None:
        """Record a write to a belt that reads `measured`; only a `steady` one stands there."""
        origin, falls = self._origin, after < before
        turns = origin is not None and falls is not (before < origin[0])
        if origin is None or (after != before and (self.verified or turns)):
            kept = origin[1] if origin else 0.0
            self._origin = before, measured if steady else kept
        self.verified = verified

    def highest(
        self, axis: Axis, setpoint: int, measured: float, learned: LearnedAxis, step: float
    ) -> float:
        """Return the highest reading at a setpoint that is not verified; -inf if it is ignored.

        A speed may be in miles, unless the belt was lowered and came less than half of the way. An
        incline may read too high by any constant, but only a deck that rises shows that: a level
        one rises by all of a target below its reading.
        """
        (before, shown), slack = self._origin or (setpoint, measured), learned.slack
        if axis is SPEED:
            follows = setpoint >= before or measured - shown <= (setpoint - before) / 2
            return learned.readings(setpoint * MPH, step).high if follows else -math.inf
        return shown + max(0, setpoint) + slack if measured > shown + slack else -math.inf


def is_answer_in_km(run: "AxisRun", value: int, facts: Facts) -> bool:
    """Return True if a status answers a write to a machine that may take miles, in km/h.

    Such a machine names 1.61 times what was written, which is no press. A write too old to be
    echoed has no answer.
    """
    machine = facts.learned.targets
    if run.axis is not SPEED or (facts.targets_known and machine is not UnitVerdict.MPH):
        return False
    step, newest = facts.grids[SPEED].step, run.console.recent[-ANSWERED:]
    oldest = facts.now - facts.learned.latest_s
    return any(at >= oldest and abs(value - written * MPH) <= step for at, written in newest)


def verify_unit(run: "AxisRun", measured: int, facts: Facts) -> None:
    """Adopt the steady reading after a write to a machine whose unit is unknown."""
    learned, setpoint = facts.learned.of(run.axis), run.state.written
    since_write = facts.now - run.wrote
    # A belt still on its way shows nothing about the unit, and the slowest one looks steady.
    slow_s = learned.slack / min(learned.rise_per_s.low, learned.fall_per_s.low)
    steady = run.still.is_steady(facts.now) and run.still.lasted(facts.now) >= slow_s
    if not steady or since_write < learned.lag_s.high + STEADY_S:
        return
    run.unit.verified = True
    step = facts.grids[run.axis].step
    excess = max(0.0, measured - learned.readings(setpoint, step).high)
    highest = run.unit.highest(run.axis, setpoint, measured, learned, step)
    if excess <= run.expected.bias or measured <= highest:
        run.expected = replace(run.expected, high=max(run.expected.high, measured), bias=excess)


def follow_unit(run: "AxisRun", measured: int, facts: Facts) -> None:
    """Lower a belt that took kilometres for miles to the requested speed.

    A steady belt that reads 1.61 times its setpoint gets that much less. It slows to the request,
    and the second setpoint lets the learner decide. After the verdict the setpoint is in another
    unit, so it is written again. Nothing is written while another app has control.
    """
    machine, setpoint, unit = facts.learned, run.state.written, run.unit
    before, unit.verdict = unit.verdict, machine.targets
    if unit.verdict is UnitVerdict.MPH and before is not unit.verdict:
        # Between two of the machine's steps, the setpoint would be above what the machine receives.
        setpoint = facts.grids[run.axis].floor(setpoint)
        run.state = run.state.slowed(setpoint, facts.allowance(run.axis))
        run.expected = Expected.at(facts.now, setpoint, measured, machine.of(run.axis))
        run.response, run.correct = Response(), not facts.others
    # Nearer to miles than to kilometres: beyond half-way from 1 to 1.609 times the setpoint.
    miles = run.still.lasted(facts.now) >= MEAN_S and measured > setpoint * (1 + MPH) / 2
    judged = unit.suspected or facts.others
    if machine.miles_suspected and miles and not judged:
        unit.suspected, grid = True, facts.grids[run.axis]
        run.state = run.state.cap(max(grid.range.minimum, grid.floor(setpoint / MPH)))
        run.refuse(measured)
