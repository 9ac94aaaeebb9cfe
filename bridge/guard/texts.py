"""Every sentence the guard says, in one place."""

from bridge.values import Axis

TEXTS = {
    "envelope": "the limit of {limit} set for this treadmill",
    "range": "the machine's own limit of {limit}",
    "range_unknown": "the machine does not tell its range, so {limit} is the limit",
    "unit": "until the machine is known to speak km/h, {limit}",
    "warm_up": "warm-up: at most {limit} for another {left}",
    "cool_down": "cool-down: at most {limit} now",
    "steep": "at most {limit}: {budget} at {threshold} or more in the last {window}; open again "
    "in {opens}",
    "stale": "no data from the treadmill for {age}",
    "garbled": "the treadmill sends values that cannot be true",
    "unsettled": "the belt was found moving and its speed has not settled yet",
    "not_connected": "the treadmill is not connected",
    "observe_only": "this bridge only observes (control = never)",
    "not_running": "the belt is not running",
    "halting": "the belt is being stopped; start it again first",
    "late": "the broker delivers late, so only stop, pause and reductions are taken",
    "below_minimum": "the slowest this machine runs is {limit}; 0 stops the belt",
    "below_lowest": "the lowest incline allowed is {limit}",
    "no_incline": "this machine's incline cannot be set",
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
}

EVENTS = {
    "session_started": "The belt is moving: a session begins.",
    "session_ended": "The belt stands: the session is over.",
    "warm_up_over": "The warm-up is over: more is allowed now, if you ask for it.",
    "steep_warning": "Steep incline ends in {left}: then at most {limit}.",
    "steep_closed": "Incline lowered to {limit}: {budget} at {threshold} or more in the last "
    "{window}; open again in {opens}.",
    "steep_open": "Steep incline is open again, if you ask for it.",
    "limited": "{axis} lowered to {limit}: {why}.",
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
    "unit_mph": "Distance against speed looks like miles per hour; limits stay as if it were so.",
}


def amount(axis: Axis, value: float) -> str:
    """A target for people: `8.2 km/h`, `5 %`."""
    if axis is Axis.SPEED:
        return f"{value / 100:.2f}".rstrip("0").rstrip(".") + " km/h"
    return f"{value / 10:.1f}".rstrip("0").rstrip(".") + " %"


def duration(seconds: float) -> str:
    """A time for people: `45 s`, `10 min`, `2 min 30 s`; what has no end is `a while`."""
    if seconds == float("inf"):
        return "a while"
    whole = max(0, round(seconds))
    minutes, rest = divmod(whole, 60)
    if not minutes:
        return f"{rest} s"
    return f"{minutes} min" + (f" {rest} s" if rest else "")


def say(key: str, **values: str) -> str:
    """A reason, as a part of a sentence."""
    return TEXTS[key].format(**values)


def tell(key: str, **values: str) -> str:
    """An event, as a whole sentence."""
    text = EVENTS[key].format(**values)
    return text[:1].upper() + text[1:]
