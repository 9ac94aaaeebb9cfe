"""Texts of guard values for people, in km/h and by a fixed clock."""

from datetime import UTC, datetime

from bridge.guard import Verdict
from bridge.texts import EVENTS, REASONS, Texts
from bridge.values import Event, Outcome, Reason

UTC_NOW = datetime(2026, 1, 15, 18, 30, tzinfo=UTC)
"""A Thursday."""
_TEXTS = Texts()


def text_of(told: Event | Reason) -> str:
    """Return the sentence of an event or a reason; it must be in the catalogue."""
    name = told.type if isinstance(told, Event) else told.rule
    assert {f"{name}/{told.case}" if told.case else name} & {*EVENTS, *REASONS}
    if isinstance(told, Event):
        return _TEXTS.event(told, UTC_NOW)
    return _TEXTS.reason(told, UTC_NOW).text


def why(answer: Verdict | Outcome) -> str:
    """Return the first reason of an answer, as a text."""
    return text_of(answer.reasons[0])


def rules(answer: Verdict | Outcome) -> tuple[str, ...]:
    """Return the rules of an answer's reasons."""
    return tuple(reason.rule for reason in answer.reasons)


def value_of(told: Event | Reason, name: str) -> object:
    """Return one of the further values of an event or a reason; None without it."""
    return dict(told.values).get(name)
