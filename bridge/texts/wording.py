"""Sentences and payload details from reasons and events."""

import math
from dataclasses import dataclass
from datetime import datetime

from bridge.clock import on_the_wall
from bridge.texts.catalogue import EVENTS, REASONS
from bridge.texts.figures import (
    KINDS,
    MEASURED,
    OF_AN_AXIS,
    PLAIN,
    Kind,
    moment,
    second,
)
from bridge.values import Axis, Event, Reason, Units, Value

EXAMPLE = "example"
"""Name of the value with an example to send instead; it gets a sentence of its own."""


@dataclass(frozen=True, slots=True)
class Wording:
    """A reason for people and programs: `limit` in km/h or percent, `until` in UTC."""

    rule: str
    text: str
    limit: float | None = None
    until: datetime | None = None


class _Words(dict[str, str]):
    """Values of a sentence; a missing one gets a placeholder, so that no text stops the guard."""

    def __missing__(self, _: str) -> str:
        return "an unknown value"


Detail = str | float | datetime | tuple[str, ...] | Wording | None
"""Value types in the details of an event."""


class Texts:
    """Formats sentences in the owner's unit and local time."""

    def __init__(self, units: Units = Units.KMH) -> None:
        self.units = units

    def reason(self, reason: Reason, utc: datetime) -> Wording:
        """Return the sentence of a reason; its end counts from `utc` unless it is fixed."""
        reason = reason.at(utc)
        kind = OF_AN_AXIS.get(reason.axis) if reason.axis else None
        limit = None if reason.limit is None or kind is None else _scaled(reason.limit, kind)
        return Wording(reason.rule, self._sentence(reason, utc, REASONS), limit, reason.until)

    def event(self, event: Event, utc: datetime) -> str:
        """Return the sentence of an event."""
        return self._sentence(event.reason.at(utc), utc, EVENTS)

    def amount(self, axis: Axis, value: float) -> str:
        """Return a target (wire units) for people."""
        return OF_AN_AXIS[axis].say(value, self.units)

    def details(self, event: Event, utc: datetime) -> dict[str, Detail]:
        """Return the details of an event: metric, times in UTC, reasons as `Wording`."""
        reason = event.reason.at(utc)
        details: dict[str, Detail] = {}
        if reason.axis is not None:
            details["axis"] = str(reason.axis)
            if reason.limit is not None:
                details["limit"] = _scaled(reason.limit, OF_AN_AXIS[reason.axis])
        if reason.until is not None:
            details["until"] = reason.until
        for name, value in reason.values:
            if isinstance(value, Reason):
                details["reason"] = self.reason(value, utc)
            elif isinstance(value, str | tuple):
                details[name] = value
            else:
                kind = _kind(name, reason)
                details[name + kind.suffix] = _scaled(value, kind)
        return details

    def _sentence(self, reason: Reason, utc: datetime, table: dict[str, str]) -> str:
        template = _template(reason, table)
        words = _Words({"until": "further notice", "axis": str(reason.axis or "").capitalize()})
        if reason.until is not None:
            clock = on_the_wall(utc)
            words["until"], words["second"] = (
                moment(reason.until, clock),
                second(reason.until, clock),
            )
        if reason.axis is not None and reason.limit is not None:
            words["limit"] = self.amount(reason.axis, reason.limit)
        for name, value in reason.values:
            words[name] = self._word(name, value, reason, utc)
        text = template.format_map(words)
        if EXAMPLE in words:
            text += f" Send {words[EXAMPLE]}."
        return text

    def _word(self, name: str, value: Value, reason: Reason, utc: datetime) -> str:
        if isinstance(value, Reason):
            return self.reason(value, utc).text
        if isinstance(value, tuple):
            separator = "; " if any(" " in word for word in value) else ", "
            return separator.join(value)
        return value if isinstance(value, str) else _kind(name, reason).say(value, self.units)


def _template(reason: Reason, table: dict[str, str]) -> str:
    """Return the template of a sentence, its axis's own if there is one.

    An event may be the reason for something else. A missing template yields its key: an exception
    here would stop the guard's task.
    """
    key = f"{reason.rule}/{reason.case}" if reason.case else reason.rule
    for name in (f"{key}/{reason.axis}", key):
        if (found := table.get(name) or EVENTS.get(name)) is not None:
            return found
    return f"{reason.rule.replace('_', ' ').capitalize()}."


def _kind(name: str, reason: Reason) -> Kind:
    if name == MEASURED and reason.axis is not None:
        return OF_AN_AXIS[reason.axis]
    return KINDS.get(name) or KINDS.get(f"{name}/{reason.case}") or PLAIN


def _scaled(value: float, kind: Kind) -> float | None:
    if not math.isfinite(value):
        return None
    scaled = round(value / kind.divisor, 2)
    return int(scaled) if scaled == int(scaled) and kind.divisor == 1 else scaled
