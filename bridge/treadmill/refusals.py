"""Orders that the machine did not carry out, and what of that is news. Pure."""

from bridge.values import Axis, Belt, Event, HaltBelt, Order, SetTarget, Verb

FAIL_WITH: dict[str, frozenset[Verb]] = {
    "SetTargetSpeed": frozenset({Verb.SPEED}),
    "SetTargetIncline": frozenset({Verb.INCLINE}),
    "StartOrResume": frozenset({Verb.START, Verb.RESUME}),
}
"""Which commands fail with an order. A stop that is refused is repeated, so it has not failed."""


class Refusals:
    """Remembers the last one: what the guard says again and again is refused again and again."""

    def __init__(self) -> None:
        self._last: tuple[str, str] | None = None

    def forget(self) -> None:
        """Something was carried out, or asked anew: the next refusal is news."""
        self._last = None

    def take(self, order: Order, why: str, belt: Belt) -> Event | None:
        """What there is to tell of a refusal.

        Nothing of one that was told already, nor of a halt where the belt stands or slows.
        """
        name = name_of(order)
        again, self._last = (name, why) == self._last, (name, why)
        needless = isinstance(order, HaltBelt) and (belt.stands or belt is Belt.STOPPING)
        if again or needless:
            return None
        axis, case, limit = _subject(order)
        return Event("refused", axis, limit, values=(("order", case), ("cause", why)), case=case)


def name_of(order: Order) -> str:
    """The stable name of an order, in logs."""
    match order:
        case SetTarget(axis):
            return "SetTargetSpeed" if axis is Axis.SPEED else "SetTargetIncline"
        case HaltBelt():
            return "StopOrPause"
        case _:
            return "StartOrResume"


def _subject(order: Order) -> tuple[Axis | None, str, int | None]:
    """Return what was refused: its axis, the case of its sentence, and its value."""
    match order:
        case SetTarget(axis, value):
            return axis, axis.value, value
        case HaltBelt(kind):
            return None, kind.value, None
        case _:
            return None, "start", None
