"""Counters of the machine as evidence of motion: a moving belt advances them.

Pure. Times are monotonic seconds, speeds 0.01 km/h.
"""

from dataclasses import dataclass

from bridge.values import Measurement

FIELDS = ("distance", "elapsed", "step_count")
"""Counters used as evidence; energy is too slow, because at a walk it takes most of a minute."""


@dataclass(slots=True)
class Counter:
    """One counter. `resolution` is its smallest advance; None until it advances."""

    resolution: int | None = None
    value: int | None = None
    changed: float = 0.0
    seen: float = 0.0
    advanced: bool = False
    """True if it advanced on this link."""

    def add(self, value: int, now: float) -> bool:
        """Take a value; return True if it advanced."""
        before, self.value, self.seen = self.value, value, now
        if value == before:
            return False
        self.changed = now
        if before is None or value < before:
            return False  # the first value, or a reset
        gain = value - before
        self.resolution = min(gain, self.resolution or gain)
        self.advanced = True
        return True


class Counters:
    """Counters of one machine; resolutions are kept across its links."""

    def __init__(self) -> None:
        self._counters = {name: Counter() for name in FIELDS}

    def relink(self) -> None:
        """Begin a new link: its values are not compared with earlier ones."""
        for counter in self._counters.values():
            counter.value, counter.advanced = None, False

    def add(self, data: Measurement, now: float) -> bool:
        """Take a sample; return True if any counter advanced."""
        advanced = False
        for name, counter in self._counters.items():
            value = getattr(data, name)
            if value is not None and counter.add(value, now):
                advanced = True
        return advanced

    @property
    def unproven(self) -> bool:
        """True if counters are reported on this link and none has advanced on it yet."""
        told = [counter for counter in self._counters.values() if counter.value is not None]
        return bool(told) and not any(counter.advanced for counter in told)

    def stood(self, speed: int, since: float, least: float, *, guess: bool) -> bool:
        """Return True if every counter known to advance has stood long enough after `since`.

        That is `least` seconds, and twice the time of its resolution at `speed`. With `guess`,
        reported counters count where none is known to advance.
        """
        reported = [each for each in self._counters.items() if each[1].value is not None]
        known = [each for each in reported if each[1].resolution is not None]
        return bool(known or (guess and reported)) and all(
            counter.seen - max(counter.changed, since)
            >= max(least, 2 * _step_s(name, counter.resolution or 1, speed))
            for name, counter in known or reported
        )


def _step_s(name: str, resolution: int, speed: int) -> float:
    """Return the seconds that a belt at this speed needs to advance a counter by one step."""
    if name == "distance":
        return resolution / (max(1, speed) / 360)
    return float(resolution)  # elapsed seconds; or steps, at least one a second even at a slow walk
