"""Orders that the machine did not carry out, and what of that is news. Pure."""

from bridge.values import Belt, Event
from protocols.ftms.control_point import (
    Request,
    SetTargetIncline,
    SetTargetSpeed,
    StartOrResume,
    StopOrPause,
)


class Refusals:
    """Remembers the last one: what the guard says again and again is refused again and again."""

    def __init__(self) -> None:
        self._last: tuple[type[Request], str] | None = None

    def forget(self) -> None:
        """Something was carried out, or asked anew: the next refusal is news."""
        self._last = None

    def take(self, request: Request, why: str, belt: Belt) -> Event | None:
        """What there is to tell of a refusal.

        Nothing of one that was told already, nor of a halt where the belt stands or slows.
        """
        again, self._last = (type(request), why) == self._last, (type(request), why)
        needless = isinstance(request, StopOrPause) and (belt.stands or belt is Belt.STOPPING)
        if again or needless:
            return None
        text = f"The treadmill refused {_words(request)}: {why}."
        return Event("refused", text, {"order": type(request).__name__, "reason": why})


def _words(request: Request) -> str:
    match request:
        case SetTargetSpeed(speed):
            return f"the speed {speed / 100:g} km/h"
        case SetTargetIncline(incline):
            return f"the incline {incline / 10:g} %"
        case StopOrPause(kind):
            return f"the {kind.name.lower()}"
        case StartOrResume():
            return "the start"
        case _:
            return "an order"
