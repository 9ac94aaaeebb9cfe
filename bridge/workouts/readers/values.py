"""Numbers and texts from a file, with range checks and the place in errors."""

import re

from bridge.workouts.model import MAX_TEXT, WorkoutError

_DECIMAL = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,3})?")
_CLOCK = re.compile(r"(?:(\d{1,3}):)?(\d{1,3}):(\d{1,2}(?:\.\d+)?)")


def number(  # noqa: PLR0917 - a range and its unit belong together
    text: str, what: str, where: str, low: float, high: float, unit: str = ""
) -> float:
    """Read a decimal number from `low` to `high`.

    Raises:
        WorkoutError: It is not a number, or out of range.
    """
    stripped = text.strip()
    if not _DECIMAL.fullmatch(stripped):
        problem = f"{what} is {quoted(text)}, which is not a number"
        raise WorkoutError(problem, where)
    return within(float(stripped), what, where, low, high, unit)


def within(  # noqa: PLR0917 - a range and its unit belong together
    value: float, what: str, where: str, low: float, high: float, unit: str = ""
) -> float:
    """Return the value if it is within its range (NaN never is).

    Raises:
        WorkoutError: It is out of range.
    """
    if not low <= value <= high:
        space = " " if unit else ""
        problem = f"{what} is {value:g}{space}{unit}; {low:g} to {high:g}{space}{unit} is possible"
        raise WorkoutError(problem, where)
    return value


def whole(text: str, what: str, where: str, low: int, high: int) -> int:
    """Read a whole number from `low` to `high`; `3.0` is one.

    Raises:
        WorkoutError: It is not a whole number, or out of range.
    """
    value = number(text, what, where, low, high)
    if value != int(value):
        problem = f"{what} is {quoted(text)}, which is not a whole number"
        raise WorkoutError(problem, where)
    return int(value)


def clock(text: str, what: str, where: str, most: float) -> float:
    """Read `h:mm:ss` or `m:ss` as seconds, up to `most`.

    Raises:
        WorkoutError: It has another form, or is too long.
    """
    found = _CLOCK.fullmatch(text.strip())
    if found is None or float(found[3]) >= 60 or (found[1] and int(found[2]) >= 60):
        problem = f"{what} is {quoted(text)}; write it as 5:00 or 1:05:00"
        raise WorkoutError(problem, where)
    seconds = int(found[1] or 0) * 3600 + int(found[2]) * 60 + float(found[3])
    return within(seconds, what, where, 0, most, "s")


def plain(text: str) -> str:
    """Return a text on one line, without control characters, and truncated."""
    line = " ".join(text.split())
    return "".join(c for c in line if c.isprintable())[:MAX_TEXT]


def quoted(text: str) -> str:
    """Return a file's text quoted for a message."""
    return f"{plain(text)[:40]!r}"
