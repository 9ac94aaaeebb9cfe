"""Judges of safety: no rise and no start without a request, and no ignored stop."""

from bridge.values import Axis, Result, Verb
from tests.lives.judging.console import certain_at, shows_fall
from tests.lives.judging.figures import Figures
from tests.lives.judging.log import Wrote
from tests.lives.judging.truth import Intent, Truth
from tests.lives.playing.machine import DT, LOWEST

AT_ONCE_S = 0.3
TIE_S = 0.1
START_S = 15.0
"""A start may wait for its turn for so long."""
STARTS_S = 60.0
"""A belt that resumes its old speed has it after so long."""
EASED_S = 5.0
"""Seconds until a value raised by a key is lowered again."""
NAMED_S = 2.0
"""The bridge may take so long to obey a press that a status names."""


def judge_safety(truth: Truth, figures: Figures) -> None:
    """Count violations."""
    for time, text in (*_starts(truth), *_halts(truth), *_writes(truth)):
        figures.safety += 1
        figures.note(time, "SAFETY", text)


def _starts(truth: Truth) -> list[tuple[float, str]]:
    log = truth.log
    asked = [
        each.time
        for each in log.asked
        if each.verb in {Verb.START, Verb.RESUME} and each.first is Result.ACCEPTED
    ]
    found = []
    for order in log.ordered:
        if order.what != "start":
            continue
        if not any(0 <= order.time - time <= START_S for time in asked):
            found.append((order.time, "started unasked"))
        if truth.at(order.time).state == "runs":
            found.append((order.time, "a start to a running belt"))
    return found


def _halts(truth: Truth) -> list[tuple[float, str]]:
    log = truth.log
    found = []
    for asked in log.asked:
        if asked.verb not in {Verb.STOP, Verb.PAUSE} or truth.at(asked.time).state == "stands":
            continue
        if not any(
            order.what != "start" and 0 <= order.time - asked.time <= AT_ONCE_S
            for order in log.ordered
        ):
            found.append((asked.time, f"{asked.verb.value} was not written at once"))
    return found


def _writes(truth: Truth) -> list[tuple[float, str]]:
    judged = ((wrote, _wrong(wrote, truth)) for wrote in truth.log.wrote)
    return [(w.time, f"{w.axis} {w.value:g}: {why}") for w, why in judged if why]


def _wrong(wrote: Wrote, truth: Truth) -> str:
    axis, time = wrote.axis, wrote.time
    stopped = [
        each.time
        for each in truth.log.asked
        if each.verb in {Verb.STOP, Verb.PAUSE} and each.time <= time
    ]
    halted, started = truth.since(stopped, time), truth.since(truth.starts, time)
    # What was written in the moment of a stop left before it.
    if axis is Axis.SPEED and DT / 2 < halted < started and wrote.value > LOWEST + 0.3:
        return f"a target {halted:.1f} s after a stop"
    moment = truth.at(time)
    _, target, _, _ = moment.of(axis)
    # A belt that is eased down may have a target of its own grid below.
    grid = truth.traits.target_step if axis is Axis.SPEED else 0.5
    eased = grid if wrote.value < _told(axis, time, truth) else 0.0
    if moment.state != "runs" or wrote.value <= target + eased + 0.01 or _eases(wrote, truth):
        return ""
    bound = truth.policy_bound(axis, time, least=False)
    if wrote.value > bound + 0.05:
        return f"above the bound of {bound:g}"
    # What was decided just before a request is still on its way to the machine.
    before, newest = newest_request(axis, time - TIE_S, truth), newest_request(axis, time, truth)
    newest = newest if before is None else max(before, newest or 0.0)
    if newest is None:
        return "raised unasked"
    return f"above the newest request of {newest:g}" if wrote.value > newest + 0.05 else ""


def _eases(wrote: Wrote, truth: Truth) -> bool:
    """Return True if a write lowers what a key raised, or where a start found the belt.

    Both are eased from what the frames show. The machine's own target may be lower already, by a
    press that no frame shows yet, or by an offset of its reports.
    """
    axis, time = wrote.axis, wrote.time
    pressed = any(
        press.up and press.axis is axis and press.time <= time <= press.end + EASED_S
        for press in truth.log.pressed
    )
    found = axis is Axis.INCLINE or truth.traits.resumes
    started = found and truth.since(truth.starts, time) < STARTS_S
    return (pressed or started) and wrote.value <= truth.newest(axis, time)


def _told(axis: Axis, time: float, truth: Truth) -> float:
    """The newest target that was written before a time."""
    return next(
        (w.value for w in reversed(truth.log.wrote) if w.axis is axis and w.time < time), 0.0
    )


def newest_request(axis: Axis, time: float, truth: Truth) -> float | None:
    """The highest request of a person that the bridge could know by then."""
    lowest = LOWEST + 0.2 if axis is Axis.SPEED else 0.0
    most: float | None = None
    for intent in reversed(truth.intents(axis)):
        if intent.time > time:
            continue
        if intent.value is None:
            if any(a.verb is Verb.FINISH and a.time == intent.time for a in truth.log.asked):
                lowest = max(lowest, _told(axis, time, truth))  # a cool-down only lowers
            return lowest if most is None else max(most, lowest)
        value = max(intent.value, truth.read_as(intent), _climbed(intent, truth))
        known = intent.press is None or _known(intent, time, truth)
        if intent.press and not known and truth.traits.resumes and truth.names_presses:
            value = max(value, intent.press.before)  # its first key names the resumed speed
        most = value if most is None else max(most, value)
        if known:
            return most
    return most


def _climbed(intent: Intent, truth: Truth) -> float:
    """Return the request that a press upward met during a climb to it; else 0.

    A press that a status names raises the request by as much. Any other one leaves it: the belt
    rises towards it as it did before.
    """
    press = intent.press
    if press is None or not press.up:
        return 0.0
    before = newest_request(press.axis, press.time - DT, truth) or 0.0
    more = press.after - press.before if truth.names_presses else 0.0
    return before + more if before > press.before else 0.0


def _known(intent: Intent, time: float, truth: Truth) -> bool:
    """True if the bridge had the time and the means to notice a press."""
    press = intent.press
    assert press is not None
    if truth.names_presses:
        return time - (press.end if press.up else certain_at(press, truth.log)) > NAMED_S
    if press.axis is Axis.INCLINE and not truth.traits.incline_reported:
        return False
    traits, seen = truth.traits, press.end + truth.gesture_s(press)
    shows = 0.5 + (0.03 + traits.droop) * press.before + 2 * traits.noise + traits.report_step + 0.2
    if press.axis is Axis.INCLINE:
        shows = 1.0
    elif not press.up and not shows_fall(press, time, truth):
        left = (moment.target > press.after + 0.05 for moment in truth.during(press.end, seen))
        if any(left):
            return False  # a write undid it before two frames showed it
    return abs(press.after - press.before) > shows and time > seen
