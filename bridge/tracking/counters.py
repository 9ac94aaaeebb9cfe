"""Counters of the machine as evidence of motion: a moving belt advances them.

Pure. Times are monotonic seconds, speeds 0.01 km/h.
"""

from dataclasses import dataclass

from bridge.values import Measurement

FIELDS = ("distance", "elapsed", "step_count")
"""Counters used as evidence; energy is too slow, because at a walk it takes most of a minute."""


@dataclass(slots=True)
class Counter:
    """One counter on the present link."""

    value: int
    changed: float
    seen: float
    advanced: bool = False

    def add(self, value: int, now: float) -> int:
        """Take a value; return its change, which is negative after a reset."""
        gain, self.value, self.seen = value - self.value, value, now
        if gain:
            self.changed = now
        if gain > 0:
            self.advanced = True
        return gain


class Counters:
    """Counters of one machine; the smallest advance of each is kept across its links."""

    def __init__(self) -> None:
        self._resolutions: dict[str, int] = {}
        self._counters: dict[str, Counter] = {}

    def relink(self) -> None:
        """Begin a new link: its values are not compared with earlier ones."""
        self._counters.clear()

    def add(self, data: Measurement, now: float) -> bool:
        """Take a sample; return True if any counter advanced."""
        advances = [self._advances(name, getattr(data, name), now) for name in FIELDS]
        return any(advances)

    def _advances(self, name: str, value: int | None, now: float) -> bool:
        if value is None:
            return False
        counter = self._counters.get(name)
        if counter is None:
            self._counters[name] = Counter(value, now, now)
            return False
        gain = counter.add(value, now)
        if gain <= 0:
            return False
        self._resolutions[name] = min(gain, self._resolutions.get(name, gain))
        return True

    @property
    def unproven(self) -> bool:
        """True if counters are reported on this link and none has advanced on it yet."""
        counters = self._counters.values()
        return bool(counters) and not any(counter.advanced for counter in counters)

    def stood(self, speed: float, since: float, least: float, *, guess: bool) -> bool:
        """Return True if every counter known to advance has stood long enough after `since`.

        That is `least` seconds, and twice the time of its resolution at `speed`. With `guess`,
        reported counters count where none is known to advance, and none are needed.
        """
        reported = self._counters
        known = [name for name in reported if name in self._resolutions]
        return bool(known or guess) and all(
            reported[name].seen - max(reported[name].changed, since)
            >= max(least, 2 * self._step_s(name, speed))
            for name in known or reported
        )

    def _step_s(self, name: str, speed: float) -> float:
        """Return the seconds that a belt at this speed needs to advance a counter by one step."""
        resolution = self._resolutions.get(name, 1)
        if name == "distance":
            return resolution / (max(1.0, speed) / 360)
        return float(resolution)  # seconds; or steps, at least one a second even at a slow walk
