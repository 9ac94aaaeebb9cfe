"""Filter of heart rates: no contact, a frozen value or 0 counts as no heart rate."""

from dataclasses import dataclass

from bridge.values.policy import PLAUSIBLE_BPM

_STALE_S, _FROZEN_S = 5.0, 60.0
"""Seconds without a value, and with the same value, after which there is no heart rate."""


@dataclass(slots=True)
class Pulse:
    """Heart rate of one source, in beats per minute; times are monotonic seconds."""

    _value: int | None = None
    _heard: float = float("-inf")
    _changed: float = float("-inf")

    def take_sample(self, bpm: int | None, now: float) -> int | None:
        """Take a value, or None without one; return the valid heart rate, or None."""
        if bpm in PLAUSIBLE_BPM:
            if bpm != self._value:
                self._changed = now
            self._value, self._heard = bpm, now
        elif bpm is not None:
            self._value = None
        if now - self._heard > _STALE_S or now - self._changed > _FROZEN_S:
            return None
        return self._value
