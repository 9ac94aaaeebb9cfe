"""Effects of a console press on one axis of a running belt."""

import math
from dataclasses import replace
from typing import TYPE_CHECKING

from bridge.guard.engine.axis import AxisState
from bridge.guard.engine.expected import CROSSING_S, Expected
from bridge.guard.engine.gesture import STEP, Press
from bridge.guard.engine.reports import report_unresponsive
from bridge.guard.engine.response import Response
from bridge.guard.facts import Facts
from bridge.guard.slowed import Slowed
from bridge.machines.learned import Echo

if TYPE_CHECKING:
    from bridge.guard.engine.axis_run import AxisRun

CREEP = 4
"""Rises without a status are adopted up to four presses, 2 km/h (2 %), above the anchor."""
CREEP_S = 5.0
"""A belt that still rises this many seconds after the lag does not respond."""
PACE_S = 1.0
"""Seconds between writes while a key is held down beyond the allowance."""
OTHERS_S = 60.0
"""Seconds between writes of a bound while another app has control."""


def take_press(run: "AxisRun", press: Press, facts: Facts) -> None:
    """Apply a press to the axis; a possible echo does not change the request."""
    if facts.others:
        _follow_other(run, press.value, facts)
    elif press.up:
        _faster(run, press, facts)
    elif _is_finer(run, press, facts):
        value = facts.grids[run.axis].floor(press.value)  # off the grid, it would be written
        run.state = AxisState.at(value, ceiling=run.state.ceiling)
        run.told = value
    elif press.certain:
        _slower(run, press, facts)
    elif facts.learned.echo is not Echo.UNKNOWN:  # otherwise the next echo decides
        value = facts.grids[run.axis].floor(press.value)
        request = run.state.request
        run.state = replace(run.state.slowed(value, facts.allowance(run.axis)), request=request)
        _expect(run, value, facts)


def take_start(run: "AxisRun", value: int, facts: Facts) -> None:
    """Adopt the target that a machine reports while its belt starts; write nothing."""
    run.state = AxisState.at(value)
    run.settle_anchor(value)
    run.console.begin(value, run.reading(value))
    _expect(run, value, facts)


def undo_press(run: "AxisRun", value: int, facts: Facts) -> None:
    """Expect the belt where our write undid a press, until that is written again."""
    learned = facts.learned.of(run.axis)
    run.console.undone, run.restate, run.quiet = False, True, None
    run.correct = run.correct or value > run.state.written + learned.press
    arrived = max(facts.now - learned.lag_s.low, run.expected.setpoints[-1][0])
    run.expected = run.expected.wrote(arrived, value, learned)


def _is_finer(run: "AxisRun", press: Press, facts: Facts) -> bool:
    """Return True if a starting belt reports its speed more finely than its readings do."""
    coarse = facts.learned.of(run.axis).resolution
    unasked = press.named and run.state.request is None and run.wrote == -math.inf
    return unasked and facts.grids[run.axis].step < coarse > run.state.written - press.value


def _expect(run: "AxisRun", value: int, facts: Facts, *, told: bool = True) -> None:
    """Expect the belt at the console's value; a write of ours may have crossed the press.

    `told` is False for a value that the belt is at already.
    """
    learned = facts.learned.of(run.axis)
    measured, before = run.reading(value), run.expected
    run.expected = Expected.at(facts.now, value, measured, learned, told=told)
    run.response, run.quiet = Response(), None
    run.asked, run.settling, run.told = False, None, value
    run.still.restart(measured, facts.now)
    lag = max(CROSSING_S, learned.lag_s.high)
    if facts.now - run.wrote < lag:
        # The readings may show that write although the machine had it before the press.
        run.expected = run.expected.crossed(before, facts.now, value, learned, lag)
        run.restate = run.restate or run.console.may_cross(facts)


def _slower(run: "AxisRun", press: Press, facts: Facts) -> None:
    value = facts.grids[run.axis].floor(press.value)
    run.state = run.state.slowed(value, facts.allowance(run.axis))
    run.settle_anchor(min(run.anchor, value))
    run.console.pressed(replace(press, value=value), run.measured, facts)
    run.correct = False
    # A console may set values between the declared steps: the belt goes there.
    _expect(run, press.value if press.named else value, facts)
    run.slowed[run.axis] = Slowed(run.axis, facts.now, value)


def _faster(run: "AxisRun", press: Press, facts: Facts) -> None:
    axis, grid, learned = run.axis, facts.grids[run.axis], facts.learned.of(run.axis)
    before, console = run.state, run.console
    fastest = grid.range.maximum
    highest = fastest if press.named else learned.readings(fastest, grid.step).high
    outside = press.value > highest
    # Beyond the declared range: no person can have set this.
    if grid.told and outside:
        run.refuse(press.value)
        return
    most = before.written + facts.allowance(axis)  # the ramp may have been lowered just now
    before = run.state = replace(before, ceiling=min(before.ceiling, most))
    run.slowed.pop(axis, None)
    run.over = 0.0
    # Outside the assumed range of an unreadable one: no valid setpoint, but still a rise.
    value = press.value if outside else grid.floor(press.value)
    _set_base(run, value, facts)
    # A belt that crept was told less than it reads: it rises from where it was.
    rise = value - (before.written if run.crept is None else console.motion.floor)
    console.pressed(replace(press, value=value), run.measured, facts)
    # A named press or a reading ends a hold caused by silence.
    holds = [h for h in run.limits.holding(axis) if press.named or not h.silence]
    if holds:
        run.cut, run.correct = holds[0].reason, True
        if run.settling is not None and run.settling.started:
            run.settling = None  # its next change is no longer unexplained
        return
    if press.named:  # a rise without a status may be the belt's own movement
        run.journal.mend(f"unexpected_rise_{axis}")
    if press.named or rise > STEP * learned.press:
        run.settle_anchor(value)
    most = run.anchor + CREEP * learned.press
    if value > most:
        _creep(run, value, grid.floor(most), facts)
        return
    # During a climb a press is relative to the request: the machine's target changes meanwhile.
    asked, told = run.base
    climbs = press.named and asked > told
    request = max(asked + value - told if climbs else value, before.least)
    if press.eases:
        request = min(before.least, value)
    if request > run.bound:
        run.cut = run.limits.lowest(axis)[0].reason
        request = math.floor(run.bound)
    _expect(run, value, facts, told=press.named)
    wait = max(run.limits.waits_at(axis), before.written)
    most = max(min(before.ceiling, run.bound, wait), _lowest(run, facts))
    if run.beyond:
        run.state = replace(before, request=request)
        run.correct = facts.now - run.wrote >= PACE_S
        return
    here = run.reading(value)
    if not press.named and facts.now - run.wrote < learned.lag_s.high:
        here = min(here, before.written)  # readings that a write has yet to reach raise nothing
    run.state = before.raised(value, request, most, min(here, fastest))
    run.beyond = run.correct = value > most


def _set_base(run: "AxisRun", value: int, facts: Facts) -> None:
    """Set request and target from which a gesture upwards counts; a quick key names its own."""
    gesture, last = run.console.gesture, run.told
    if gesture is not None and gesture.up:
        last = gesture.value
    else:
        run.base = facts.grids[run.axis].floor(run.state.least), last
    if value > last + STEP * facts.learned.of(run.axis).press:
        run.base = value, value


def ease_other(run: "AxisRun", value: float, facts: Facts) -> None:
    """Ease another app's belt to its bound, once a minute; `value` is its target or reading."""
    most = max(run.bound, _lowest(run, facts))
    # A belt on its way to a lower target of ours reads more than it was told.
    if facts.now <= max(run.expected.falls, run.wrote + facts.learned.of(run.axis).lag_s.high):
        value = min(value, run.told)
    if value > most and facts.now - run.bounded >= OTHERS_S:
        run.bounded, run.eases, run.correct = facts.now, True, True
        run.state = replace(run.state, shaped=max(most, min(value, run.lower)))
    if run.eases:  # to the bound of now, and no further
        run.state = replace(run.state, ceiling=max(run.state.ceiling, most))


def _lowest(run: "AxisRun", facts: Facts) -> float:
    """Return the machine step to which a bound lowers the setpoint."""
    return min(facts.grids[run.axis].range.minimum, run.state.written)


def _creep(run: "AxisRun", value: int, most: int, facts: Facts) -> None:
    """Write the setpoint to a belt that creeps up; one that continues does not respond."""
    now, lag = facts.now, facts.learned.of(run.axis).lag_s.high
    run.correct = True
    # The first rise beyond the limit is lowered to it; further rises have the lag to stop.
    if run.crept is None:
        run.crept = now, run.reading(value)
        # Nothing exceeds the ceiling, and a press upwards lowers nothing.
        most = max(min(most, int(run.state.ceiling)), run.state.written)
        run.state = AxisState(most, float(most), run.state.written, float(most))
    elif now - run.crept[0] > lag + CREEP_S:
        run.state = run.state.cap(facts.grids[run.axis].floor(run.anchor))
        run.response = Response(now, value, above=True, failed=True, left=now, alarmed=True)
        report_unresponsive(run, most, most, runaway=True)


def _follow_other(run: "AxisRun", value: int, facts: Facts) -> None:
    """Follow a value set by another app, up to the bound."""
    most = max(run.bound, _lowest(run, facts))
    target, before = facts.grids[run.axis].floor(min(value, most)), run.state
    run.state, run.settling = AxisState.at(target, target), None
    run.settle_anchor(target)
    run.told = value
    if run.eases:
        shaped = max(float(target), min(before.shaped, value))
        run.state = AxisState(target, shaped, before.written, target)
    ease_other(run, value, facts)
    learned = facts.learned.of(run.axis)
    run.expected = Expected.at(facts.now, value, run.reading(target), learned)
    run.console.gesture = None
