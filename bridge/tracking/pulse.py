"""The heart rate as it is heard: without contact, frozen or 0 it is none."""

from dataclasses import dataclass

LOWEST_BPM, HIGHEST_BPM = 30, 240
_STALE_S, _FROZEN_S = 5.0, 60.0
"""Without a value for this long, or with the same one for this long, there is no heart rate."""


@dataclass(slots=True)
class Pulse:
    """One source's heart rate, in beats per minute; times are monotonic seconds."""

    _value: int | None = None
    _heard: float = float("-inf")
    _changed: float = float("-inf")

    def hear(self, bpm: int | None, now: float) -> int | None:
        """Take what was heard, None where that is nothing; return the heart rate that counts."""
        if bpm is not None and LOWEST_BPM <= bpm <= HIGHEST_BPM:
            if bpm != self._value:
                self._changed = now
            self._value, self._heard = bpm, now
        elif bpm is not None:
            self._value = None
        if now - self._heard > _STALE_S or now - self._changed > _FROZEN_S:
            return None
        return self._value
