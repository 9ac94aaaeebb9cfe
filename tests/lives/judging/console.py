"""Judges what became of keys pressed at the console."""

from itertools import pairwise

from bridge.values import Axis
from tests.lives.judging.figures import Figures
from tests.lives.judging.log import Log, Pressed, Wrote
from tests.lives.judging.truth import Intent, Truth
from tests.lives.playing.machine import LATE_S, STATUS_S, Echo

OBEYED_S = 1.5
"""A press down that a status names is obeyed within this time."""
FALL_S, FALL_FRAMES = 3.0, 2
"""A fall that no status names is obeyed within the later of these, from the frame that shows it."""
FALL_KMH = 0.5
FALL_WINDOW_S = 5.0
APART_S = 0.5
"""Two samples that confirm each other are at least so far apart."""
LEARNS_DROOP = 0.01
"""A learned droop may be wider than the truth by what one session adds (precision 15 d)."""
LEAST_DROOP, LEAST_NOISE = 0.03, 0.1
"""Press that cannot be recognised on an unknown machine: part of the speed, and km/h."""
CREEP = 2.0
"""Rises without a status are adopted up to so many km/h or percent in all."""
_HORIZON_S = 30.0


def judge_console(truth: Truth, figures: Figures) -> None:
    """Count increases that were reached, and decreases that were obeyed."""
    for axis in Axis:
        for intent in truth.intents(axis):
            press = intent.press
            if press is None or truth.at(press.time).state != "runs":
                continue
            if press.up:
                _judge_up(press, intent, truth, figures)
            elif truth.names_presses:
                _judge_named(press, intent, truth, figures)
            elif axis is Axis.SPEED:
                _judge_fall(press, intent, truth, figures)


def _knowable(press: Pressed, log: Log) -> float:
    """Return how much of a rise shows before the contract has the setpoint written.

    Without a status that is after 4 s, or a rise of 3 km/h or 3 %. A belt that rises no faster than
    the ramp is adopted as it rises, but by no more than `CREEP` (precision 4). What the belt would
    have done later only the machine knows.
    """
    if press.axis is Axis.SPEED:
        own, ramp = log.traits.ramp, log.policy.speed_ramp / 100
    else:
        own, ramp = log.traits.incline_rate, log.policy.incline_ramp / 10
    shows = CREEP if own <= ramp else min(3.0, own * 4.0)
    return min(press.after, press.before + shows)


def _judge_up(press: Pressed, intent: Intent, truth: Truth, figures: Figures) -> None:
    log, axis = truth.log, press.axis
    # A belt that starts, or was slowed, may be far below its display.
    speed, _, setpoint, _ = truth.at(press.time).of(axis)
    here = min(press.before, speed, press.before if setpoint is None else setpoint)
    patience = truth.patience_s(axis, press.time, press.after - here)
    deadline = press.end + patience
    if intent.until < deadline:
        return
    want = min(press.after, truth.bound(axis, press.time, deadline))
    if not truth.names_presses:
        want = min(want, _knowable(press, log))
    if want <= press.before + 0.05 or truth.silent(press.time, press.end + OBEYED_S):
        return  # nothing may rise
    _, target, _, _ = truth.at(deadline).of(axis)
    step = log.traits.below if axis is Axis.SPEED else 0.5
    if not truth.names_presses:  # a request is what was read, rounded down
        step += log.traits.noise + log.traits.report_step
    if press.quick:
        tally = figures.quick_named if truth.names_presses else figures.quick_unnamed
    else:
        tally = figures.keys_named if truth.names_presses else figures.keys_unnamed
    if not tally.add(target > want - step - 0.02):
        text = f"{axis} {press.before:.1f}→{press.after:.1f}"
        figures.note(press.time, "key not reached", f"{text}: {target:.2f} after {patience:.0f} s")


def _judge_named(press: Pressed, intent: Intent, truth: Truth, figures: Figures) -> None:
    axis, begin = press.axis, certain_at(press, truth.log) + OBEYED_S
    end = min(intent.until, press.end + _HORIZON_S)
    if end <= begin or truth.at(press.time).of(axis)[2] is None:
        return
    most = press.after + truth.traits.report_step / 2  # what the frames may show of it
    wrote = [w for w in truth.log.wrote if w.axis is axis and begin < w.time < end]
    above = [w for w in wrote if w.value > most]
    kept = [m for m in truth.during(begin, end - 0.3) if (m.of(axis)[2] or 0.0) > most]
    if not figures.presses_down.add(not above and not kept):
        what = f"wrote {above[0].value:g}" if above else f"setpoint {kept[0].of(axis)[2]:g}"
        when = (above[0] if above else kept[0]).time - press.end
        text = f"{axis} {press.before:.1f}→{press.after:.1f}: {what} after {when:.1f} s"
        figures.note(press.time, "press not obeyed", text)


def certain_at(press: Pressed, log: Log) -> float:
    """Return when a press could be distinguished from an echo.

    A status that equals an outstanding write, in order, is its echo (precision 8). A press that
    names what a late machine has yet to echo shows when that value is named once more.
    """
    traits = log.traits
    if traits.echo is not Echo.LATE:
        return press.end
    late = traits.command_lag_s + LATE_S[1] + STATUS_S
    echoes = [
        w.time + late
        for w in log.wrote
        if w.axis is press.axis
        and w.time < press.end < w.time + late
        and abs(_echo(w, log) - press.after) < 0.01
    ]
    return max([press.end, *echoes])


def _echo(wrote: Wrote, log: Log) -> float:
    speed = wrote.axis is Axis.SPEED
    return log.traits.grid(wrote.value) if speed else round(wrote.value * 2) / 2


def _judge_fall(press: Pressed, intent: Intent, truth: Truth, figures: Figures) -> None:
    log, traits = truth.log, truth.traits
    speed = truth.at(press.time).speed
    settled = 10.0 + traits.round_trip_s + 2.0 / traits.ramp
    told = [w for w in log.wrote if w.axis is Axis.SPEED and w.time <= press.time]
    recent = [w.value for w in told if w.time > press.time - settled]
    earlier = [w.value for w in told if w.time <= press.time - settled][-1:]
    chain = [*earlier, *recent]
    if any(b < a for a, b in pairwise(chain)):
        return  # the belt is on its way down already
    shows = _first_showing(press, intent.until, truth)
    if shows is None:
        return
    undone = any(
        m.target > press.after + 0.05 for m in truth.during(press.end, _second(shows, truth))
    )
    if undone and not shows_fall(press, intent.until, truth):
        return  # a write raised the belt before two samples showed it
    late = max(shows + FALL_S, truth.frame_after(shows, FALL_FRAMES)) + 0.5
    end = min(intent.until, late + _HORIZON_S)
    if end <= late or truth.at(press.time).setpoint is None:
        return
    seen = truth.shown(shows - 0.01, late)
    margin = traits.noise + traits.droop * speed + traits.report_step + traits.target_step
    most = max(seen) / min(1.0, traits.gain) + margin
    above = [
        w for w in log.wrote if w.axis is Axis.SPEED and late < w.time < end and w.value > most
    ]
    kept = truth.at(late).setpoint or 0.0
    if not figures.falls.add(not above and kept <= most):
        what = f"wrote {above[0].value:g}" if above else f"setpoint {kept:g}"
        text = f"{press.before:.1f}→{press.after:.1f}, shown at {shows:.1f}: {what} at {late:.1f}"
        figures.note(press.time, "fall not obeyed", text)


def shows_fall(press: Pressed, end: float, truth: Truth) -> bool:
    """Return True if the frames showed a fall for long enough to be a press: in 2 samples."""
    shows = _first_showing(press, end, truth)
    if shows is None:
        return False
    second = _second(shows, truth)
    low, *later = truth.shown(shows - 0.01, second)
    blur = truth.traits.report_step + truth.traits.noise
    return second < end and all(speed <= low + blur + 0.01 for speed in later)


def _second(shows: float, truth: Truth) -> float:
    """Return when a second sample may confirm the frame that first showed a fall."""
    return max(shows + APART_S, truth.frame_after(shows, 1))


def _first_showing(press: Pressed, end: float, truth: Truth) -> float | None:
    """Return when a frame first showed all of a fall that only a press explains, or None."""
    traits, begin = truth.traits, press.time
    droop = max(LEAST_DROOP, traits.droop + LEARNS_DROOP if traits.droop else 0.0)
    least = FALL_KMH + droop * truth.at(begin).speed + max(LEAST_NOISE, 2 * traits.noise)
    least += max(0.1, traits.report_step)
    frames = [s for s in truth.log.shown if begin - FALL_WINDOW_S <= s.time < end]
    for index, frame in enumerate(frames):
        window = [s.speed for s in frames[: index + 1] if s.time >= frame.time - FALL_WINDOW_S]
        if frame.time > begin and max(window) - frame.speed >= least:
            return frame.time
    return None
