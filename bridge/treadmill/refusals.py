"""Orders that the machine did not carry out, and what of that is news. Pure."""

from bridge.values import Axis, Belt, Event
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
        axis, case, limit = _subject(request)
        return Event("refused", axis, limit, values=(("order", case), ("cause", why)), case=case)


def _subject(request: Request) -> tuple[Axis | None, str, int | None]:
    """Return what was refused: its axis, the case of its sentence, and its value."""
    match request:
        case SetTargetSpeed(speed):
            return Axis.SPEED, "speed", speed
        case SetTargetIncline(incline):
            return Axis.INCLINE, "incline", incline
        case StopOrPause(kind):
            return None, kind.name.lower(), None
        case StartOrResume():
            return None, "start", None
        case _:
            return None, "other", None
