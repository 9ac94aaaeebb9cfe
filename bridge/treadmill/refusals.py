"""Orders that the machine refused, and which refusals are news. Pure."""

from bridge.values import Axis, Belt, Event, HaltBelt, Order, SetTarget, Verb

FAIL_WITH: dict[str, frozenset[Verb]] = {
    "SetTargetSpeed": frozenset({Verb.SPEED}),
    "SetTargetIncline": frozenset({Verb.INCLINE}),
    "StartOrResume": frozenset({Verb.START, Verb.RESUME}),
}
"""Verbs that fail with a refused order. A refused stop is repeated, so it does not fail."""


class Refusals:
    """Remembers the last refusal: a repeated order is refused repeatedly."""

    def __init__(self) -> None:
        self._last: tuple[str, str] | None = None

    def forget(self) -> None:
        """Reset after a new command: the next refusal is news."""
        self._last = None

    def succeeded(self, order: Order) -> None:
        """Reset if the last refusal was of such an order.

        Others say nothing about it: between refused halts the lowest speed is written.
        """
        if self._last is not None and self._last[0] == name_of(order):
            self._last = None

    def take(self, order: Order, why: str, belt: Belt) -> Event | None:
        """Return the event of a refusal.

        None if it was reported already, or for a halt while the belt stands or slows.
        """
        name = name_of(order)
        again, self._last = (name, why) == self._last, (name, why)
        needless = isinstance(order, HaltBelt) and (belt.stands or belt is Belt.STOPPING)
        if again or needless:
            return None
        axis, case, limit = _subject(order)
        return Event("refused", axis, limit, values=(("order", case), ("cause", why)), case=case)


def name_of(order: Order) -> str:
    """Return the stable name of an order for logs."""
    match order:
        case SetTarget(axis):
            return "SetTargetSpeed" if axis is Axis.SPEED else "SetTargetIncline"
        case HaltBelt():
            return "StopOrPause"
        case _:
            return "StartOrResume"


def _subject(order: Order) -> tuple[Axis | None, str, int | None]:
    """Return axis, sentence case and value of a refused order."""
    match order:
        case SetTarget(axis, value):
            return axis, axis.value, value
        case HaltBelt(kind):
            return None, kind.value, None
        case _:
            return None, "start", None
