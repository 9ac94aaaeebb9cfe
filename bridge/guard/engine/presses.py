"""What a press at the console does to one axis of a running belt."""

import math
from dataclasses import replace
from typing import TYPE_CHECKING

from bridge.guard.engine.axis import AxisState
from bridge.guard.engine.console import Press
from bridge.guard.engine.expected import Expected
from bridge.guard.engine.moment import Moment
from bridge.guard.engine.response import Response
from bridge.guard.engine.telling import tell_unresponsive
from bridge.machines.learned import Echo

if TYPE_CHECKING:
    from bridge.guard.engine.axis_run import AxisRun

CREEP = 4
"""Rises without a status are adopted up to 2 km/h (2 %), four presses, above the anchor."""
STEP = 2
"""A belt creeps by rises of up to 1 km/h (1 %); more at once is a press."""
CREEP_S = 5.0
"""A belt that goes on rising for the lag and this long after that does not respond."""
CROSSING_S = 2.0
"""A write younger than this, or than the lag, may reach the machine after a press."""
PACE_S = 1.0
"""While a key is held down beyond the allowance, the setpoint is written once in this time."""
OTHERS_S = 60.0
"""While another app controls the machine, a bound is written once in this time."""


def take_press(run: "AxisRun", press: Press, moment: Moment) -> None:
    """Let the axis follow a press; one that may be an echo leaves the request."""
    if moment.others:
        _follow_other(run, press.value, moment)
    elif press.up:
        _faster(run, press, moment)
    elif _is_finer(run, press, moment):
        run.state = AxisState.at(press.value, None, ceiling=run.state.ceiling)
        run.told = press.value
    elif press.certain:
        _slower(run, press, moment)
    elif moment.learned.echo is not Echo.UNKNOWN:  # else the next echo is to tell
        value = moment.grids[run.axis].floor(press.value)
        request = run.state.request
        run.state = replace(run.state.slowed(value, run.allowance(moment)), request=request)
        _expect(run, value, moment)


def take_start(run: "AxisRun", value: int, moment: Moment) -> None:
    """Take the target that a machine names while its belt starts; nothing is written."""
    run.state = AxisState.at(value, run.state.request)
    run.settle_anchor(value)
    run.console.begin(value, value if run.measured is None else run.measured)
    _expect(run, value, moment)


def undo_press(run: "AxisRun", value: int, moment: Moment) -> None:
    """Expect the belt where a write of ours undid a press, until that is written again."""
    learned = moment.learned.of(run.axis)
    run.console.undone, run.restate, run.quiet = False, True, None
    run.correct = run.correct or value > run.state.written + learned.press
    arrived = max(moment.now - learned.lag_s.low, run.expected.setpoints[-1][0])
    run.expected = run.expected.wrote(arrived, value, learned)


def _is_finer(run: "AxisRun", press: Press, moment: Moment) -> bool:
    """Return True if a belt that started says where it is, below a coarse reading."""
    coarse = moment.learned.of(run.axis).resolution
    unasked = press.named and run.state.request is None and run.wrote == -math.inf
    return unasked and moment.grids[run.axis].step < coarse > run.state.written - press.value


def _expect(run: "AxisRun", value: int, moment: Moment) -> None:
    """Expect the belt where the console set it; a write of ours may have crossed the press."""
    learned = moment.learned.of(run.axis)
    measured = value if run.measured is None else run.measured
    before = run.expected
    run.expected = Expected.at(moment.now, value, measured, learned)
    run.response, run.quiet = Response(), None
    run.asked, run.settling, run.told = False, None, value
    run.still.restart(measured, moment.now)
    lag = max(CROSSING_S, learned.lag_s.high)
    if moment.now - run.wrote < lag and run.console.may_cross(moment):
        run.expected = run.expected.crossed(before, moment.now, value, learned, lag)
        run.restate = True


def _slower(run: "AxisRun", press: Press, moment: Moment) -> None:
    value = moment.grids[run.axis].floor(press.value)
    run.state = run.state.slowed(value, run.allowance(moment))
    run.settle_anchor(min(run.anchor, value))
    run.console.pressed(replace(press, value=value), run.measured, moment)
    run.correct = False
    _expect(run, value, moment)
    moment.respect.slow(run.axis, value, moment.now)


def _faster(run: "AxisRun", press: Press, moment: Moment) -> None:
    axis, grid, learned = run.axis, moment.grids[run.axis], moment.learned.of(run.axis)
    before, console = run.state, run.console
    fastest = grid.range.maximum
    highest = fastest if press.named else learned.readings(fastest, grid.step).high
    outside = press.value > highest
    if grid.told and outside:
        run.refuse(press.value, moment)
        return
    moment.respect.quicken(axis)
    run.over = 0.0
    # Beyond what is assumed of an unreadable range it is no setpoint, but a rise all the same.
    value = press.value if outside else grid.floor(press.value)
    if console.gesture is None or not console.gesture.up:
        run.base = before.least, run.told
    console.pressed(replace(press, value=value), run.measured, moment)
    # A reading ends a silence that was a hold before it.
    holds = [h for h in run.limits.holds if press.named or not h.silence]
    if holds:
        run.cut, run.correct = holds[0].reason, True
        if run.settling is not None and run.settling.started:
            run.settling = None  # what it does next was told
        return
    if press.named:  # a rise that no status names may be the belt's own again
        moment.journal.mend(f"unexpected_rise_{axis}")
    if press.named or value - before.written > STEP * learned.press:
        run.settle_anchor(value)
    most = run.anchor + CREEP * learned.press
    if value > most:
        _creep(run, value, grid.floor(most), moment)
        return
    # In a climb a press asks for that much more; the machine's target may change in between.
    asked, told = run.base
    climbs = press.named and asked > told
    request = max(asked + value - told if climbs else value, before.least)
    if request > run.bound:
        run.cut = run.limits.lowest(axis)[0].reason
        request = math.floor(run.bound)
    _expect(run, value, moment)
    most = max(min(before.ceiling, run.bound), _lowest(run, moment))
    if run.beyond:
        run.state = replace(before, request=request)
        run.correct = moment.now - run.wrote >= PACE_S
        return
    here = value if run.measured is None else run.measured
    run.state = before.raised(value, request, most, min(here, fastest))
    run.beyond = run.correct = value > most


def _lowest(run: "AxisRun", moment: Moment) -> float:
    """Return what a bound lowers the setpoint to at most: what the machine takes."""
    return min(moment.grids[run.axis].range.minimum, run.state.written)


def _creep(run: "AxisRun", value: int, most: int, moment: Moment) -> None:
    """Write the setpoint to a belt that rises little by little; one that goes on is no hand."""
    now, lag = moment.now, moment.learned.of(run.axis).lag_s.high
    run.correct = True
    if run.crept is None:
        run.crept = now
        # Nothing goes above the ceiling, and a press upwards lowers nothing.
        most = max(min(most, int(run.state.ceiling)), run.state.written)
        run.state = AxisState(most, float(most), run.state.written, float(most))
    elif now - run.crept > lag + CREEP_S:
        run.state = run.state.cap(moment.grids[run.axis].floor(run.anchor))
        run.response = Response(now, value, above=True, failed=True)
        fault = f"not_responding_{run.axis}"
        tell_unresponsive(run.axis, fault, moment.journal, most, most, runaway=True)


def _follow_other(run: "AxisRun", value: int, moment: Moment) -> None:
    """Another app set this: it is followed, and only a bound is written, once a minute."""
    most = max(run.bound, _lowest(run, moment))
    target = moment.grids[run.axis].floor(min(value, most))
    run.correct = value > run.bound and moment.now - run.wrote >= OTHERS_S
    run.state, run.settling = AxisState.at(target, target), None
    measured = target if run.measured is None else run.measured
    learned = moment.learned.of(run.axis)
    run.expected = Expected.at(moment.now, value, measured, learned)
    run.console.gesture = None
