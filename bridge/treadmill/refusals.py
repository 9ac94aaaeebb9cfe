"""Orders that the machine did not carry out, and what of that is news. Pure."""

from bridge.values import Axis, Belt, Event, Halt, HaltBelt, Order, SetTarget


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
        text = f"The treadmill refused {_words(order)}: {why}."
        return Event("refused", text, {"order": name, "reason": why})


def name_of(order: Order) -> str:
    """The stable name of an order, in events and logs."""
    match order:
        case SetTarget(axis):
            return "SetTargetSpeed" if axis is Axis.SPEED else "SetTargetIncline"
        case HaltBelt():
            return "StopOrPause"
        case _:
            return "StartOrResume"


def _words(order: Order) -> str:
    match order:
        case SetTarget(Axis.SPEED, speed):
            return f"the speed {speed / 100:g} km/h"
        case SetTarget(_, incline):
            return f"the incline {incline / 10:g} %"
        case HaltBelt(kind):
            return "the stop" if kind is Halt.STOP else "the pause"
        case _:
            return "the start"
