"""People: dashboard users, console users, and those who use both. All seeded."""

from collections.abc import Iterator

from bridge.values import Axis, Verb
from tests.lives.judging.patience import patience_s
from tests.lives.playing.life import Person, Script
from tests.lives.playing.machine import State

QUICK = (4.0, 6.0, 8.0, 10.0, 12.0)
"""The speed keys of the console."""
_STARTS_IN_S = 20.0


def _ramp_s(me: Person, axis: Axis, rise: float) -> float:
    """Seconds until a patient person may expect a change to be done."""
    return patience_s(me.life.traits, me.life.policy, axis, rise) + 0.5


def _pause(me: Person) -> float:
    return me.rng.choice((0.0, 0.0, 5.0, 20.0, 60.0)) * me.rng.uniform(0.5, 1.0)


def _running(me: Person) -> bool:
    return me.machine.state is State.RUNS


def _speed_wish(me: Person, left: float, seconds: float) -> float:
    """A speed to ask for: moderate during the first minutes, anything later."""
    early = seconds - left < me.life.policy.warm_up_s
    most = 6.5 if early else 13.0
    return round(me.rng.uniform(2.0, most), 1)


def dashboard(me: Person, seconds: float) -> Iterator[float]:
    """Start, change speed and incline, perhaps pause, and finish; all by commands."""
    end = me.now() + seconds
    yield from _start_by_command(me)
    paused = False
    finish = me.rng.random() < 0.6 and seconds > 900
    while (left := end - me.now()) > (360.0 if finish else 40.0):
        choice = me.rng.random()
        if choice < 0.7:
            yield from _ask_speed(me, _speed_wish(me, left, seconds))
        elif choice < 0.92:
            yield from _ask_incline(me)
        elif not paused and left > 600:
            paused = True
            yield from _pause_by_command(me)
        yield _pause(me)
    yield from _end_by_command(me, finish=finish)


def _start_by_command(me: Person) -> Iterator[float]:
    yield me.rng.uniform(1.0, 5.0)
    for _ in range(3):
        me.ask(Verb.START)
        yield _STARTS_IN_S + 2 * me.life.traits.round_trip_s
        if _running(me):
            return


def _ask_speed(me: Person, value: float) -> Iterator[float]:
    rise = value - me.machine.target
    me.ask(Verb.SPEED, value)
    wait = _ramp_s(me, Axis.SPEED, rise)
    if me.rng.random() < 0.12:  # changes the mind on the way
        wait *= me.rng.uniform(0.2, 0.8)
    yield wait


def _ask_incline(me: Person) -> Iterator[float]:
    value = me.rng.choice((0.0, 0.5, 1.0, 1.5, 2.0, 3.0, 4.0, 5.5, 7.0))
    rise = value - me.machine.incline_target
    me.ask(Verb.INCLINE, value)
    yield _ramp_s(me, Axis.INCLINE, rise)


def _pause_by_command(me: Person) -> Iterator[float]:
    me.ask(Verb.PAUSE)
    yield 30.0 + 2 * me.life.traits.round_trip_s + me.rng.uniform(0.0, 60.0)
    me.ask(Verb.RESUME)
    yield _STARTS_IN_S + 2 * me.life.traits.round_trip_s
    if not _running(me):
        yield from _start_by_command(me)


def _end_by_command(me: Person, *, finish: bool) -> Iterator[float]:
    if finish and _running(me):
        me.ask(Verb.FINISH)
        yield me.life.policy.cool_down_s + 20.0
    if _running(me):
        me.ask(Verb.STOP)
    yield 60.0


def console(me: Person, seconds: float) -> Iterator[float]:
    """Use nothing but the keys of the machine."""
    end = me.now() + seconds
    yield from _start_by_key(me)
    paused = False
    while (left := end - me.now()) > 40.0:
        choice = me.rng.random()
        if choice < 0.8:
            yield from _press_something(me, left, seconds)
        elif choice < 0.94:
            yield from _press_incline(me)
        elif not paused and left > 300:
            paused = True
            yield from _pause_by_key(me)
        yield _pause(me)
    me.key("stop")
    yield 60.0


def _start_by_key(me: Person) -> Iterator[float]:
    yield me.rng.uniform(1.0, 5.0)
    me.key("start")
    yield me.rng.uniform(6.0, 15.0)


def _pause_by_key(me: Person) -> Iterator[float]:
    me.key(me.rng.choice(("pause", "stop")))
    yield me.rng.uniform(20.0, 90.0) + 8.0
    me.key("start")
    yield me.rng.uniform(6.0, 15.0)


def _press_something(me: Person, left: float, seconds: float) -> Iterator[float]:
    rng, before = me.rng, me.machine.target
    wish = _speed_wish(me, left, seconds)
    kind = rng.random()
    if kind < 0.3:
        me.quick(min(QUICK, key=lambda each: abs(each - wish)))
    elif kind < 0.6:  # a few presses
        steps = rng.choice((-3, -2, -1, 1, 1, 2, 3, 5))
        yield from me.keys(Axis.SPEED, steps, rng.uniform(1.0, 4.0))
    else:  # held down
        steps = round((wish - before) / me.life.traits.key_step)
        yield from me.keys(Axis.SPEED, steps, rng.uniform(4.0, 8.0))
    yield _ramp_s(me, Axis.SPEED, me.machine.target - before)


def _press_incline(me: Person) -> Iterator[float]:
    before = me.machine.incline_target
    least, most = -round(before / 0.5), round((8.0 - before) / 0.5)
    steps = me.rng.randint(max(-6, least), min(6, most))
    yield from me.keys(Axis.INCLINE, steps, me.rng.uniform(2.0, 5.0))
    yield _ramp_s(me, Axis.INCLINE, me.machine.incline_target - before)


def mixed(me: Person, seconds: float) -> Iterator[float]:
    """Ask from the dashboard, and correct at the console, also on the way up and in a cool-down."""
    end = me.now() + seconds
    if me.rng.random() < 0.5:
        yield from _start_by_command(me)
    else:
        yield from _start_by_key(me)
    finish = me.rng.random() < 0.7 and seconds > 900
    while (left := end - me.now()) > (360.0 if finish else 40.0):
        choice = me.rng.random()
        if choice < 0.3:
            yield from _ask_speed(me, _speed_wish(me, left, seconds))
        elif choice < 0.55:
            yield from _press_in_a_climb(me, left, seconds)
        elif choice < 0.85:
            yield from _press_something(me, left, seconds)
        elif choice < 0.93:
            yield from _ask_incline(me)
        else:
            yield from _press_incline(me)
        yield _pause(me)
    if finish and _running(me):
        me.ask(Verb.FINISH)
        yield me.rng.uniform(30.0, 120.0)
        yield from me.keys(Axis.SPEED, -me.rng.choice((1, 3, 10)), 4.0)
        yield me.life.policy.cool_down_s
    yield from _end_by_command(me, finish=False)


def _press_in_a_climb(me: Person, left: float, seconds: float) -> Iterator[float]:
    """Ask for more, and press minus before the belt is there."""
    wish = max(_speed_wish(me, left, seconds), me.machine.target + 1.5)
    me.ask(Verb.SPEED, round(min(13.0, wish), 1))
    yield me.rng.uniform(3.0, 15.0) + me.life.traits.round_trip_s
    yield from me.keys(Axis.SPEED, -me.rng.choice((1, 1, 3, 8, 12)), me.rng.uniform(2.0, 5.0))
    yield 35.0 + 2 * me.life.traits.round_trip_s


def steady(me: Person, seconds: float) -> Iterator[float]:
    """Run at a few speeds for a minute and more each, by requests from the dashboard."""
    end = me.now() + seconds
    yield from _start_by_command(me)
    while end - me.now() > 120.0:
        value = round(me.rng.uniform(3.0, 8.0), 1)
        rise = value - me.machine.target
        me.ask(Verb.SPEED, value)
        yield _ramp_s(me, Axis.SPEED, rise) + me.rng.uniform(60.0, 90.0)
    yield from _end_by_command(me, finish=False)


USERS: dict[str, Script] = {"dashboard": dashboard, "console": console, "mixed": mixed}
