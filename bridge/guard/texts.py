"""Every sentence the guard says, in one place, ready to be translated.

The guard has no wall clock. A time to come (`Coming`) is said as "in 12 min", and whoever publishes
a sentence and has a clock makes it "at 18:42" with `on_the_clock`.
"""

import math
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from bridge.values import Axis, Event
from protocols.frozen import frozen

TEXTS = {
    "envelope": "the configured limit of {limit}",
    "range": "the machine's own limit of {limit}",
    "range_unknown": "the machine does not tell its range, so {limit} is the limit",
    "unit": "until the machine is known to speak km/h, {limit}",
    "warm_up": "warm-up: at most {limit} for another {left}",
    "cool_down": "cool-down: at most {limit} now",
    "steep": "at most {limit}: {budget} at {threshold} or more in the last {window}; open again "
    "{opens}",
    "steep_assumed": "at most {limit}: nobody knows what was before, so the time at {threshold} or "
    "more counts as used up; open again {opens}",
    "stale": "no data from the treadmill for {age}",
    "garbled": "the treadmill sends values that cannot be true",
    "unsettled": "the belt was found moving and its speed has not settled yet",
    "not_connected": "the treadmill is not connected",
    "observe_only": "this bridge only observes (control = never)",
    "not_running": "the belt is not running",
    "paused": "the belt is paused; send resume first",
    "halting": "the belt is being stopped; start it again first",
    "late": "the broker delivers late, so only stop, pause and reductions are taken",
    "below_minimum": "the slowest this machine runs is {limit}; 0 stops the belt",
    "below_lowest": "the lowest incline allowed is {limit}",
    "no_incline": "this machine's incline cannot be set",
    "no_speed": "this machine's speed can be set at its console alone",
    "watched_only": "this machine takes no orders: it can only be watched; stop it at its console",
    "refuses_everything": "this machine refuses every order; it is tried again when a person asks",
    "control_taken": "another app or the console took control; only a person can ask for more",
    "unexpected_rise": "the belt rose by itself; only a person can ask for more",
    "finish_enforced": "this session is over its limit, so its cool-down goes on",
    "console": "slowed at the console; more can be asked in {left}",
    "remote_start": "starting over MQTT is not allowed (allow_remote_start)",
    "belt_moves": "the belt is not known to stand still",
    "not_paused": "the belt is not paused",
    "safety_key": "the safety key was pulled; start at the console",
    "starting": "the belt was asked to start a moment ago",
    "nothing_to_finish": "the belt is not running, so there is nothing to cool down from",
    "stale_at_rest": "the treadmill does not answer, so it is not known to stand still",
    "no_value": "a number is missing",
    "not_a_motion": "this is not a command for the belt",
    "slower": "at {incline} or more at most {limit}",
    "slower_first": "the incline waits: at {incline} or more the belt must be at {most} or slower",
    "heart_rate": "the heart rate of {rate} is above {ceiling}: at most {limit}",
    "heart_rate_above": "the heart rate of {rate} is above {ceiling}",
    "heart_rate_lost": "there is no heart rate, and {ceiling} is the most it may be",
    "rest": "rest after pain: at most {limit}; it ends {ends}",
    "resting": "pain was reported, and the rest ends {ends}; confirm the start to walk in it, "
    "or clear the pain",
}

EVENTS = {
    "session_started": "The belt is moving: a session begins.",
    "session_ended": "The belt stands: the session is over.",
    "warm_up_over": "The warm-up is over: more is allowed now, if you ask for it.",
    "steep_warning": "Steep incline ends in {left}: then at most {limit}.",
    "steep_closed": "Incline lowered to {limit}: {budget} at {threshold} or more in the last "
    "{window}; open again {opens}.",
    "steep_open": "Steep incline is open again, if you ask for it.",
    "limited": "{axis} lowered to {limit}: {why}.",
    "lowest_incline": "The lowest incline allowed is {limit} now: the belt is raised to "
    "that gently.",
    "console_slowed": "Slowed at the console to {limit}.",
    "console_raised": "{limit} was asked at the console: climbing there gently.",
    "unexpected_rise": "{axis} rose to {limit} unasked and was set back to {setpoint}; nothing "
    "rises until you ask.",
    "unexpected_rise_alarm": "{axis} keeps rising by itself. If the belt does not slow, use the "
    "safety key.",
    "adopted": "The belt was found moving at {limit}.",
    "stale": "No data from the treadmill for {age}. Nothing will be raised.",
    "garbled": "The treadmill sends values that cannot be true. Nothing will be raised until that "
    "has passed.",
    "fresh": "The treadmill sends data again.",
    "cool_down": "Cool-down: slowing to {limit} over {left}, then stop.",
    "cool_down_done": "The cool-down is over: stopping.",
    "stop_ignored": "The belt does not slow although stop was sent. Use the safety key.",
    "safety_key": "The safety key was pulled.",
    "control_taken": "Another app or the console took control; nothing is raised until you ask.",
    "control_denied": "The treadmill gives no control: nothing can be set or stopped here.",
    "unit_confirmed": "Distance against speed shows that the machine speaks km/h.",
    "not_responding": "Commanded but not responding: {axis} stays at {measured}, told was {limit}. "
    "Nothing rises until somebody asks.",
    "incline_stuck": "The machine does not lower its incline: it stays at {measured}, and at most "
    "{limit} is allowed. Lower it at the console, or step off.",
    "disobeyed": "The belt cannot be governed: stopping it.",
    "link_lost": "The link was lost while the belt moved: nothing can be limited or stopped from "
    "here until it is back. Use the console, or the safety key.",
    "heart_rate_high": "The heart rate of {rate} has been above {ceiling} for {time}: slowing by "
    "{step}, and again every {every} while it stays there.",
    "heart_rate_lost": "There is no heart rate any more; nothing rises until it is back "
    "and somebody asks.",
    "rest_over": "The rest is over: more is allowed now, if you ask for it.",
    "gradual": "{measure} of this session: {did}. That is over {percent} of your longest of late "
    "({usual}): more than a body gets used to at once. Better end it here.",
    "gradual_finish": "{measure} of this session: {did}. That is over {percent} of your longest of "
    "late ({usual}): the cool-down begins {begins}.",
    "no_baseline": "There is no session of late to measure this one against: nothing tells how "
    "much is too much, so take it easy.",
    "unit_mph": "Distance against speed looks like miles per hour; limits stay as if it were so.",
}

ADVICE = {
    "cool_down": "Cool-down: slow down at the console to {limit} over {left}; then the belt is "
    "stopped.",
    "steep_warning": "In {left} this will have been steep for long enough: then better at most "
    "{limit}.",
    "steep_closed": "Better no steeper than {limit} now: {budget} at {threshold} or more in the "
    "last {window}; open again {opens}.",
}
"""How an event is told where nothing can be lowered from here."""


@frozen
class Amount:
    """A speed or an incline, in wire units."""

    axis: Axis
    value: float

    def __str__(self) -> str:
        return amount(self.axis, self.value)


@frozen
class Lasting:
    """A length of time in seconds."""

    seconds: float

    def __str__(self) -> str:
        return duration(self.seconds)


@frozen
class Coming:
    """A moment that lies this many seconds ahead."""

    seconds: float

    def __str__(self) -> str:
        return f"in {duration(self.seconds)}"

    def at(self, clock: datetime) -> str:
        """The moment by the clock, rounded up, and with its day where that is another one."""
        if not math.isfinite(self.seconds):
            return str(self)
        # Over a change to or from summer time hours are counted where there is none.
        then = (clock.astimezone(UTC) + timedelta(seconds=self.seconds)).astimezone(clock.tzinfo)
        if self.seconds <= SOON_S:
            return f"at {then + timedelta(seconds=0.999):%H:%M:%S}"
        then += timedelta(seconds=59.999)
        day = "" if then.date() == clock.date() else f" on {DAYS[then.weekday()]}"
        return f"at {then:%H:%M}{day}"


Word = str | int | Amount | Lasting | Coming
Words = tuple[tuple[str, Word], ...]

SOON_S = 120.0
"""What comes within this time is told to the second."""
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


class Phrase(str):
    """A text that knows what it is made of, so that it can be said again by the clock."""

    __slots__ = ("template", "words")

    template: str
    words: Words

    @classmethod
    def of(cls, template: str, words: Words) -> "Phrase":
        """Fill in the words as they are said without a clock."""
        phrase = cls(_capital(template, template.format(**dict(words))))
        phrase.template, phrase.words = template, words
        return phrase

    def at(self, clock: datetime) -> str:
        """The same, with moments by the clock (local time)."""
        said = {
            name: word.at(clock) if isinstance(word, Coming | Phrase) else word
            for name, word in self.words
        }
        return _capital(self.template, self.template.format(**said))


def _capital(template: str, text: str) -> str:
    """A whole sentence, which ends in a full stop, begins with a capital."""
    return text[:1].upper() + text[1:] if template.endswith(".") else text


def say(key: str, words: Words = ()) -> Phrase:
    """A reason, as a part of a sentence."""
    return Phrase.of(TEXTS[key], words)


def tell(key: str, words: Words = (), *, advice: bool = False) -> Event:
    """An event, as a whole sentence; `advice` where nothing but that can be given."""
    template = (ADVICE if advice else EVENTS)[key]
    return Event(key, Phrase.of(template, words), {name: str(word) for name, word in words})


def on_the_clock(text: str, clock: datetime) -> str:
    """A text of the guard as it is said where there is a clock (local time)."""
    return text.at(clock) if isinstance(text, Phrase) else text


def event_on_the_clock(event: Event, clock: datetime) -> Event:
    """An event of the guard as it is told where there is a clock (local time)."""
    return replace(event, text=on_the_clock(event.text, clock))


def amount(axis: Axis, value: float) -> str:
    """A target for people: `8.2 km/h`, `5 %`."""
    if axis is Axis.SPEED:
        return f"{value / 100:.2f}".rstrip("0").rstrip(".") + " km/h"
    return f"{value / 10:.1f}".rstrip("0").rstrip(".") + " %"


def duration(seconds: float) -> str:
    """A time for people: `45 s`, `2 min 30 s`, `3 h 5 min`, `2 days`; without end `a while`."""
    if not math.isfinite(seconds):
        return "a while"
    whole = max(0, round(seconds))
    parts = []
    for size, one, several in _UNITS:
        count, whole = divmod(whole, size)
        if count:
            parts.append(f"{count} {one if count == 1 else several}")
    return " ".join(parts[:2]) or "0 s"


_UNITS = ((86_400, "day", "days"), (3600, "h", "h"), (60, "min", "min"), (1, "s", "s"))
