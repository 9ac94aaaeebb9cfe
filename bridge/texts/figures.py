"""Numbers and times for people, in the owner's unit."""

import math
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from bridge.values import SPEED, Axis, Units
from protocols.units import MPH

M_PER_FOOT = 0.3048
M_PER_KM = 1000.0
STANDS_KMH = 0.5
"""A belt slower than this has no pace."""
DASH = "-"
FAR_M = 42_195.0
"""Distances above this (of shoes) are given in whole kilometres or miles."""
SOON_S = 120.0
"""Times within this many seconds are given to the second."""
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_PARTS = ((86_400, "day", "days"), (3600, "h", "h"), (60, "min", "min"), (1, "s", "s"))


def amount(axis: Axis, value: float, units: Units = Units.KMH) -> str:
    """Return a target (wire units) for people: `8.2 km/h`, `5.1 mph`, `5 %`."""
    if axis is not SPEED:
        return f"{_short(value / 10, 1)} %"
    if units is Units.MPH:
        return f"{_short(value / 100 / MPH, 1)} mph"
    return f"{_short(value / 100, 2)} km/h"


def target(axis: Axis, value: float, units: Units) -> str:
    """Return a target in km/h or percent, as payloads have it, for people: see `amount`."""
    return amount(axis, value * (100 if axis is SPEED else 10), units)


def span(axis: Axis, least: float, most: float, step: float, units: Units) -> str:
    """Return a range in km/h or percent for people: `0.8 to 16 km/h in steps of 0.1`."""
    factor, unit = (in_unit(1.0, units), str(units)) if axis is SPEED else (1.0, "%")
    low, high, fine = (_short(value * factor, 2) for value in (least, most, step))
    return f"{low} to {high} {unit} in steps of {fine}"


def _short(value: float, digits: int) -> str:
    return f"{value:.{digits}f}".rstrip("0").rstrip(".")


def duration(seconds: float) -> str:
    """Return a time for people: `45 s`, `2 min 30 s`, `3 h 5 min`, `2 days`; endless: `a while`."""
    if not math.isfinite(seconds):
        return "a while"
    whole = max(0, round(seconds))
    parts = []
    for size, one, several in _PARTS:
        count, whole = divmod(whole, size)
        if count:
            parts.append(f"{count} {one if count == 1 else several}")
    return " ".join(parts[:2]) or "0 s"


def second(then: datetime, clock: datetime) -> str:
    """Return a local time for people to the second; the arguments are those of `moment`."""
    return f"{then.astimezone(clock.tzinfo) + timedelta(seconds=0.999):%H:%M:%S}"


def moment(then: datetime, clock: datetime) -> str:
    """Return a local time for people, rounded up, with its day unless that is today.

    `clock` is the current local time; `then` may be in any zone.
    """
    # Subtract in UTC, because local hours are wrong across a change of summer time.
    ahead = (then.astimezone(UTC) - clock.astimezone(UTC)).total_seconds()
    if ahead <= SOON_S:
        return second(then, clock)
    local = (then.astimezone(UTC) + timedelta(seconds=59.999)).astimezone(clock.tzinfo)
    day = "" if local.date() == clock.date() else f" on {DAYS[local.weekday()]}"
    return f"{local:%H:%M}{day}"


class Lengths(NamedTuple):
    """Units of length that go with a unit of speed, and their sizes in metres."""

    far: str
    """Unit of a distance: `km`, `mi`."""
    far_m: float
    high: str
    """Unit of a climb: `m`, `ft`."""
    high_m: float

    def distance(self, metres: float, digits: int = 1) -> str:
        """Return a distance without its unit."""
        return f"{metres / self.far_m:.{digits}f}"

    def climb(self, metres: float) -> str:
        """Return a climb without its unit."""
        return f"{metres / self.high_m:.0f}"


LENGTHS = {
    Units.KMH: Lengths("km", M_PER_KM, "m", 1.0),
    Units.MPH: Lengths("mi", M_PER_KM * MPH, "ft", M_PER_FOOT),
}


def distance(metres: float, units: Units) -> str:
    """Return a distance for people: `5210 m`, `500 km`, `3.2 miles`, `310 miles`."""
    lengths, miles = LENGTHS[units], units is Units.MPH
    if metres >= FAR_M:
        return f"{int(metres / lengths.far_m)} {'miles' if miles else lengths.far}"
    return f"{lengths.distance(metres)} miles" if miles else f"{metres:.0f} m"


def run(metres: float, units: Units) -> str:
    """Return the distance of a run: `5.21 km`, `3.24 mi`."""
    lengths = LENGTHS[units]
    return f"{lengths.distance(metres, 2)} {lengths.far}"


def climb(metres: float, units: Units) -> str:
    """Return a climb for people: `61 m`, `200 ft`."""
    lengths = LENGTHS[units]
    return f"{lengths.climb(metres)} {lengths.high}"


def pace(kmh: float | None, units: Units) -> str:
    """Return minutes per kilometre or mile: `5:00 min/km`; a dash below 0.5 km/h."""
    if not kmh or kmh < STANDS_KMH:
        return DASH
    lengths = LENGTHS[units]
    return f"{clock(3.6 * lengths.far_m / kmh)} min/{lengths.far}"


def in_unit(kmh: float, units: Units) -> float:
    """Convert a speed in km/h to the owner's unit."""
    return kmh / MPH if units is Units.MPH else kmh


def reading(axis: Axis, value: float | None, units: Units) -> str:
    """Return a value in km/h or percent with one decimal: `5.0 mph`, `2.0 %`; a dash if unknown."""
    if value is None:
        return DASH
    return f"{in_unit(value, units):.1f} {units}" if axis is SPEED else f"{value:.1f} %"


def clock(seconds: float) -> str:
    """Return a duration as on a stopwatch: `3:10`, or `1:02:03` from an hour on."""
    hours, rest = divmod(max(0, round(seconds)), 3600)
    minutes, left = divmod(rest, 60)
    return f"{hours}:{minutes:02}:{left:02}" if hours else f"{minutes}:{left:02}"


class Kind(NamedTuple):
    """A kind of number: suffix of its payload key, divisor for the payload, and formatter."""

    suffix: str
    divisor: float
    say: Callable[[float, Units], str]


def _plain(value: float, _: Units) -> str:
    return str(value) if isinstance(value, int) else f"{value:g}"


TIME = Kind("_s", 1, lambda seconds, _: duration(seconds))
_SPEED = Kind("_kmh", 100, lambda value, units: amount(Axis.SPEED, value, units))
_INCLINE = Kind("_percent", 10, lambda value, units: amount(Axis.INCLINE, value, units))
_RATE = Kind("_bpm", 1, _plain)
_DISTANCE = Kind("_m", 1, distance)
_CLIMB = Kind("_m", 1, climb)
OF_AN_AXIS = {
    axis: Kind("", kind.divisor, kind.say)
    for axis, kind in ((Axis.SPEED, _SPEED), (Axis.INCLINE, _INCLINE))
}
"""Kind by axis: km/h or percent, as for `limit`."""
MEASURED = "measured"
"""Name of a value whose kind depends on the axis."""
PLAIN = Kind("", 1, _plain)

KINDS = {
    "left": TIME,
    "age": TIME,
    "budget": TIME,
    "window": TIME,
    "time": TIME,
    "every": TIME,
    "within": TIME,
    "did/time_s": TIME,
    "usual/time_s": TIME,
    "length/time_s": TIME,
    "threshold": _INCLINE,
    "incline": _INCLINE,
    "correction": _INCLINE,
    "most": _SPEED,
    "step": _SPEED,
    "rate": _RATE,
    "ceiling": _RATE,
    "did/distance_m": _DISTANCE,
    "usual/distance_m": _DISTANCE,
    "length/distance_m": _DISTANCE,
    "gone": _DISTANCE,
    "mark": _DISTANCE,
    "did/climb_m": _CLIMB,
    "usual/climb_m": _CLIMB,
    "percent": Kind("", 1, lambda value, _: f"{value:g} %"),
}
"""Kind of each value of a reason or an event: by name, or by name and case."""
