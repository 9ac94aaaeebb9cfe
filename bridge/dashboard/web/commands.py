"""Commands from the page, validated before they are published. Pure."""

import json
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from protocols.units import MPH

MAX_BODY = 4096
"""Maximum size in bytes, as for every command of the contract."""
SOURCE = "dashboard"

BELT = frozenset({"start", "pause", "resume", "stop", "finish", "release", "connect"})
WORKOUT = frozenset({"start", "pause", "resume", "skip", "back", "end", "lift_cap"})
URGENT = frozenset({"stop", "pause"})
MAX_SPEED = {"km/h": 30.0, "mph": 30.0 / MPH}
"""Maximum speed by unit."""
MAX_INCLINE_PERCENT = 40.0
MAX_TEXT = 128

_ID = re.compile(r"[A-Za-z0-9-]{1,64}")


class BadCommandError(ValueError):
    """The text describes the error."""


@dataclass(frozen=True, slots=True)
class Command:
    """A command: its treadmill, the last part of its topic, and its values."""

    treadmill: str
    kind: str
    values: Mapping[str, Any]
    id: str

    @property
    def urgent(self) -> bool:
        """True for commands that skip the rate limit."""
        return self.kind == "belt" and self.values["command"] in URGENT

    def payload(self, wall: float) -> bytes:
        """Return the JSON for the broker; `wall` is the current time in seconds since 1970."""
        time = datetime.fromtimestamp(wall, UTC).isoformat(timespec="milliseconds")
        return json.dumps(
            {**self.values, "id": self.id, "source": SOURCE, "time": time}, ensure_ascii=False
        ).encode()


def read(body: bytes) -> Command:
    """Parse a POST from the page.

    Raises:
        BadCommandError: It is not a command.
    """
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        document = None
    match document:
        case {
            "treadmill": str(treadmill),
            "kind": str(kind),
            "values": dict(values),
            "id": str(name),
        } if len(document) == 4 and _ID.fullmatch(name):
            check = _CHECKS.get(kind)
        case _:
            text = "a command is JSON with treadmill, kind, values, and an id of letters and digits"
            raise BadCommandError(text)
    if check is None or not check(values):
        text = f"this is not a command of the kind {kind[:MAX_TEXT]!r}"
        raise BadCommandError(text)
    return Command(treadmill, kind, values, name)


def _belt(values: dict[str, Any]) -> bool:
    known = set(values) <= {"command", "confirm"} and isinstance(values.get("confirm", False), bool)
    return known and isinstance(values.get("command"), str) and values["command"] in BELT


def _speed(values: dict[str, Any]) -> bool:
    unit = values.get("unit", "km/h")
    if set(values) - {"unit"} != {"value"} or not isinstance(unit, str) or unit not in MAX_SPEED:
        return False
    return _is_within(values["value"], 0, MAX_SPEED[unit])


def _incline(values: dict[str, Any]) -> bool:
    if set(values) != {"value"}:
        return False
    return _is_within(values["value"], -MAX_INCLINE_PERCENT, MAX_INCLINE_PERCENT)


def _is_within(value: Any, low: float, high: float) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return low <= value <= high  # False for NaN and the infinities


def _pain(values: dict[str, Any]) -> bool:
    if set(values) == {"clear"}:
        return values["clear"] is True
    if set(values) != {"place", "severity"}:
        return False
    return _is_severity(values["severity"]) and _is_text(values["place"])


def _workout(values: dict[str, Any]) -> bool:
    if set(values) == {"command"}:
        return isinstance(values["command"], str) and values["command"] in WORKOUT
    return _name(values)


def _plan(values: dict[str, Any]) -> bool:
    if set(values) == {"command"}:
        return values == {"command": "confirm"}
    return set(values) == {"severity"} and _is_severity(values["severity"])


def _is_severity(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= 10


def _name(values: dict[str, Any]) -> bool:
    return set(values) == {"name"} and _is_text(values["name"])


def _is_text(value: Any) -> bool:
    # isprintable() also excludes lone surrogates, which cannot be sent.
    if not isinstance(value, str) or len(value) > MAX_TEXT:
        return False
    return value.isprintable() and bool(value.strip())


_CHECKS: Mapping[str, Callable[[dict[str, Any]], bool]] = {
    "belt": _belt,
    "speed": _speed,
    "incline": _incline,
    "pain": _pain,
    "person": _name,
    "shoes": _name,
    "workout": _workout,
    "plan": _plan,
}


class Pace:
    """Rate limit with a burst; urgent commands bypass it."""

    def __init__(self, per_s: float = 20.0, burst: float = 40.0) -> None:
        self._per_s, self._burst = per_s, burst
        self._left = burst
        self._time = -math.inf

    def passes(self, now: float) -> bool:
        """True if one more may pass at `now`, in monotonic seconds."""
        self._left = min(self._burst, self._left + (now - self._time) * self._per_s)
        self._time = now
        if self._left < 1:
            return False
        self._left -= 1
        return True
