"""Judges one session from outside, by the truth of the machine; knows no constant of the guard.

What the design demands is never counted as false: limits that bite, one event for each gesture at
the console, an alarm where a stop truly was not seen to work.
"""

from bridge.values import Axis, Result, Verb
from tests.lives.judging.console import judge_console
from tests.lives.judging.figures import Figures
from tests.lives.judging.log import Asked, Log, Said
from tests.lives.judging.safety import judge_safety
from tests.lives.judging.truth import STEADY_M, STEADY_S, Intent, Truth
from tests.lives.playing.machine import LOWEST, Miles

NEUTRAL = frozenset(
    {
        "session_started",
        "session_ended",
        "warm_up_over",
        "cool_down",
        "cool_down_done",
        "unit_confirmed",
        "no_baseline",
        "gradual",
        "gradual_finish",
        "fresh",
        "cue_posture",
        "cue_drink",
        "cue_walk",
    }
)
"""Events that are right whenever they come, or judged by what led to them."""
ALARMS = frozenset(
    {"unexpected_rise_alarm", "stop_ignored", "not_responding", "incline_stuck", "disobeyed"}
)
MILES = frozenset({"unit_mph", "unit_mixup"})
STALE_S = 9.5
"""A silence longer than this is worth an event."""
FOUND_S = 60.0
"""A machine of miles is found within so much steady running."""
STOP_S, STOP_FALL = 5.0, 0.3
"""A stop that shows no such fall (km/h) for so long is worth an alarm."""
GESTURE_S = 4.0
"""A gesture is at most this long."""
RESPECT_S = 30.0
"""Seconds for which more is refused after a slower press."""


def judge(log: Log) -> Figures:
    """Count what went right and wrong in one session."""
    truth = Truth(log)
    figures = Figures(sessions=1, hours=log.hours)
    if log.traits.miles is not Miles.NONE:
        _judge_miles(truth, figures)
        return figures
    _judge_events(truth, figures)
    _judge_outcomes(truth, figures)
    _judge_requests(truth, figures)
    _judge_cool_downs(truth, figures)
    judge_console(truth, figures)
    judge_safety(truth, figures)
    figures.clean = int(not figures.false_events)
    return figures


# --- events


def _judge_events(truth: Truth, figures: Figures) -> None:
    log = truth.log
    told: set[tuple[str, float]] = set()
    """Gestures that were reported already."""
    for said in log.said:
        if said.type in NEUTRAL:
            continue
        if why := _false(said, truth, told):
            figures.false_events += 1
            figures.alarms += said.type in ALARMS
            figures.false_miles += said.type in MILES
            figures.note(said.time, f"false {said.type}", f"{said.text} [{why}]")
    if log.miles and not figures.false_miles:
        time, why = log.miles[0]
        figures.false_miles += 1
        figures.note(time, "false miles", why)
    figures.lowerings = sum(
        intent.value is not None and intent.value < truth.at(intent.time).of(axis)[1]
        for axis in (Axis.SPEED,)
        for intent in truth.intents(axis)
    )


def _axes(said: Said) -> tuple[Axis, ...]:
    """Return the axes of an event, by its sentence."""
    text = said.text.lower()
    if "incline" in text or " %" in text:
        return (Axis.INCLINE,)
    return (Axis.SPEED,) if "speed" in text or "km/h" in text else tuple(Axis)


def _false(said: Said, truth: Truth, told: set[tuple[str, float]]) -> str:
    """Why an event is false; empty if it is warranted."""
    match said.type:
        case "console_slowed":
            return _untrue_press(said, truth, told, up=False)
        case "console_raised":
            return _untrue_press(said, truth, told, up=True)
        case "limited":
            return "" if any(_bit(axis, said.time, truth) for axis in _axes(said)) else "no bound"
        case "stale":
            age = truth.age(said.time)
            return "" if age >= STALE_S else f"a frame came {age:.1f} s before"
        case "stop_ignored":
            begin = said.time - STOP_S
            shown = [truth.newest(Axis.SPEED, begin), *truth.shown(begin, said.time)]
            fell = max(shown) - shown[-1]
            return f"the frames fell by {fell:.1f}" if fell >= STOP_FALL else ""
        case _:
            return "nothing was wrong"


def _untrue_press(said: Said, truth: Truth, told: set[tuple[str, float]], *, up: bool) -> str:
    near: list[tuple[str, float]] = []
    for axis in _axes(said):
        for press in truth.log.pressed:
            late = said.time - press.end
            same = press.axis is axis and press.up is up and press.time <= said.time
            if same and late <= truth.gesture_s(press):
                # A key held down for long is reported again.
                parts = 1 + int((press.end - press.time) / GESTURE_S)
                near += [(axis.value, press.time + part) for part in range(parts)]
    if not up:  # a stop or pause slows the belt, too
        halts_s = 30 + 2 * truth.traits.delay_s
        halts = [key.time for key in truth.log.keyed if key.what != "start"]
        near += [("halt", time) for time in halts if 0 <= said.time - time <= halts_s]
    elif truth.traits.resumes and truth.since(truth.starts, said.time) < 60.0:
        return ""
    if not near:
        return "no key pressed"
    fresh = [each for each in near if each not in told]
    if not fresh:
        return "told before"
    told.add(fresh[0])
    return ""


def _bit(axis: Axis, time: float, truth: Truth) -> bool:
    """True if a bound may have lowered something on an axis just then."""
    bound = truth.bound(axis, time - 20.0, time)
    begin = time - 90.0
    for press in truth.log.pressed:
        recent = press.up and press.axis is axis and 0 <= time - press.end <= truth.gesture_s(press)
        if recent and truth.silent(press.time, time):
            return True  # without data nothing rises, at the console neither
    wanted = [
        i.value for i in truth.intents(axis) if i.value and i.time <= time and i.until >= begin
    ]
    if any(value > bound + 0.01 for value in wanted):
        return True
    if axis is Axis.SPEED:
        if any(speed > bound for speed in truth.shown(time - 30.0, time)):
            return True
        if truth.traits.resumes and truth.since(truth.starts, time) < 60.0:
            return True
    elif any(s.incline and s.incline > bound for s in truth.log.shown if begin < s.time <= time):
        return True
    cool = truth.log.policy.cool_down_s + 30.0
    return any(a.verb is Verb.FINISH and 0 <= time - a.time <= cool for a in truth.log.asked)


# --- commands


def _judge_outcomes(truth: Truth, figures: Figures) -> None:
    log = truth.log
    for asked in log.asked:
        if asked.first is Result.REJECTED:
            if why := _wrongly_rejected(asked, truth):
                figures.wrong_rejections += 1
                text = f"{_words(asked)}: {asked.outcomes[0][2]} [{why}]"
                figures.note(asked.time, "wrong rejection", text)
            continue
        patience = 60.0
        if asked.verb is Verb.FINISH:
            patience += log.policy.cool_down_s
        elif asked.value is not None:
            axis = Axis(asked.verb.value)
            rise = asked.value - truth.at(asked.time).of(axis)[1]
            patience += truth.patience_s(axis, asked.time, rise)
        if not asked.ended and log.ended - asked.time > patience:
            figures.unended += 1
            figures.note(asked.time, "no final outcome", f"{_words(asked)} in {patience:.0f} s")


def _words(asked: Asked) -> str:
    return f"{asked.verb.value} {asked.value if asked.value is not None else ''}".strip()


def _wrongly_rejected(asked: Asked, truth: Truth) -> str:
    time, traits = asked.time, truth.traits
    settled = 15.0 + traits.round_trip_s + traits.gap_s
    halted = truth.since(
        truth.halts[: truth.halts.index(time)] if time in truth.halts else truth.halts, time
    )
    match asked.verb:
        case Verb.SPEED | Verb.INCLINE:
            ran = truth.ran_for(time)
            if ran < settled or halted < ran or halted < settled:
                return ""
            assert asked.value is not None
            axis = Axis(asked.verb.value)
            for press in truth.log.pressed:
                slower = press.axis is axis and not press.up and asked.value > press.after - 0.05
                if slower and 0 <= time - press.end <= RESPECT_S + truth.gesture_s(press):
                    return ""
            if asked.value < (LOWEST if axis is Axis.SPEED else 0.0):
                return ""
            return f"the belt had run for {ran:.0f} s"
        case Verb.START | Verb.RESUME if truth.age(time) >= truth.log.policy.stale_hold_s:
            return ""  # no start without fresh data
        case Verb.START:
            stood = truth.stood_for(time)
            started = truth.since(truth.starts, time)
            right = stood < settled or started < 15.0 + settled
            return "" if right else f"the belt had stood for {stood:.0f} s"
        case Verb.RESUME:
            right = truth.stood_for(time) < settled
            return "" if right else "the belt stood after a pause"
        case _:
            return "" if truth.ran_for(time) < settled else "the belt ran"


def _judge_requests(truth: Truth, figures: Figures) -> None:
    for axis in Axis:
        for intent in truth.intents(axis):
            if intent.asked is not None:
                _judge_request(axis, intent, truth, figures)


def _judge_request(axis: Axis, intent: Intent, truth: Truth, figures: Figures) -> None:
    """A target that was accepted is reached in time, where nothing else came in between."""
    log, asked = truth.log, intent.asked
    assert asked is not None
    assert intent.value is not None
    if truth.at(asked.time).state != "runs":
        return
    # A belt that starts, or was slowed, may be far below its display.
    speed, before, setpoint, _ = truth.at(asked.time).of(axis)
    here = min(before, speed, before if setpoint is None else setpoint)
    here = here if intent.value > here else before
    deadline = asked.time + truth.patience_s(axis, asked.time, intent.value - here)
    # After a silence that is worth an event, a request falls to what is commanded.
    if intent.until < deadline or truth.silence(asked.time, deadline) > STALE_S:
        return
    want = min(intent.value, truth.bound(axis, asked.time, deadline))
    _, target, _, _ = truth.at(deadline).of(axis)
    step = log.traits.below if axis is Axis.SPEED else 0.5
    # A bound may have opened earlier than that; `judge_safety` sees to what is above it.
    if not figures.reached.add(want - step - 0.02 < target < intent.value + step):
        took = f"at {target:.2f} after {deadline - asked.time:.0f} s"
        text = f"{_words(asked)} from {before:.1f}: {took} {_fate(asked)}"
        figures.note(asked.time, "unreached", text)
    elif any(result is Result.FAILED and time < deadline for time, result, _ in asked.outcomes):
        figures.wrong_failures += 1
        figures.note(asked.time, "wrongly failed", f"{_words(asked)} {_fate(asked)}")


def _fate(asked: Asked) -> str:
    if not asked.outcomes:
        return "(no answer)"
    _, result, reasons = asked.outcomes[-1]
    return f"({result}: {reasons})"


def _judge_cool_downs(truth: Truth, figures: Figures) -> None:
    log, policy = truth.log, truth.log.policy
    for asked in log.asked:
        if asked.verb is not Verb.FINISH or asked.first is Result.REJECTED:
            continue
        end = asked.time + policy.cool_down_s
        later = [i.time for axis in Axis for i in truth.intents(axis) if i.time > asked.time]
        if min(later, default=log.ended) < end:
            continue
        now = truth.at(asked.time)
        speed = max(0.0, (now.setpoint or now.target) - policy.cool_down_speed / 100)
        incline = max(0.0, (now.incline_setpoint or 0.0) - policy.cool_down_incline / 10)
        most = round(speed / 0.1) + round(incline / 0.5) + 4
        wrote = sum(asked.time < each.time <= end for each in log.wrote)
        if not figures.cool_downs.add(wrote <= most):
            figures.note(asked.time, "cool-down", f"{wrote} writes, at most {most} are steps")


# --- machines of miles


def _judge_miles(truth: Truth, figures: Figures) -> None:
    """True if it was found within a minute of steady running, or by the second steady setpoint."""
    log = truth.log
    found = log.miles[0][0] if log.miles else None
    steady, setpoints, held, way = 0.0, 0, 0.0, 0.0
    for last, moment in zip(log.moments, log.moments[1:], strict=False):
        if found is not None and moment.time >= found:
            break
        runs = moment.state == "runs" and moment.target == last.target
        if runs and abs(moment.speed - moment.target) < 0.05:
            dt = moment.time - last.time
            steady, held, way = steady + dt, held + dt, way + moment.speed / 3.6 * dt
        else:
            setpoints += held >= STEADY_S and way >= STEADY_M
            held, way = 0.0, 0.0
    in_time = steady <= FOUND_S or setpoints < 2
    if found is None and in_time:
        return  # there was no time to find it
    if not figures.miles_found.add(in_time):
        figures.note(found or log.ended, "miles", f"found after {steady:.0f} s ({log.miles})")
