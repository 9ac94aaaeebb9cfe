"""Plausibility of the incline that a machine reports. Pure.

A field with constant nonsense is ignored, so that the other fields stay usable. Times are monotonic
seconds, inclines 0.1 %.
"""

from bridge.values import Event
from protocols.ranges import InclineRange

MOST = 500
"""Highest plausible incline, up or down: 50 %."""
FAR = 30
"""A reading 3 % outside the machine's range exceeds any offset that could be learned."""
TIMES = 3
"""Consecutive samples that rule out an accident."""
APART = 20
"""From 2 % on, offset and rounding do not explain a difference between reading and target."""
SLOW_S = 30.0
"""A deck of 0.05 % per s that reports whole percents shows its first step in 20 s, plus lag."""
STEEP = 100
"""A reading of 10 % or more may be true even if it cannot be lowered, and is trusted."""
ALIKE = 5
"""Two differences within 0.5 % are the same offset."""


class InclineField:
    """Reported incline of one machine; once ignored, it stays ignored."""

    def __init__(self) -> None:
        self.set_aside = False
        self.event: Event | None = None
        """Event about the newest reading, for people."""
        self._beyond = 0
        self._outside: set[int] = set()
        self._seen: set[int] = set()
        self._steady: tuple[int, float] | None = None
        self._target: tuple[int, float] | None = None
        self._offset: tuple[int, int] | None = None

    @property
    def believed(self) -> bool:
        """True if values of this field were used."""
        return bool(self._seen)

    def written(self, target: int, now: float) -> None:
        """Record a target that the machine reported as carried out."""
        if self._target is None or self._target[0] != target:
            self._target = (target, now)

    def named(self, target: int) -> None:
        """Take a target from a status: an echo, or a console setting."""
        if self._target is not None and abs(self._target[0] - target) >= ALIKE:
            self._target = None

    def gesture(self) -> None:
        """Record a console gesture: the next readings belong to no known target."""
        self._target = None

    def take(self, incline: int, told: InclineRange | None, now: float) -> bool:
        """Judge a reading against the machine's range; return True if it is to be used."""
        self.event = None
        if self.set_aside:
            return False
        if not self._accepts(incline, told):
            self._beyond += 1
            if self._beyond >= TIMES:
                self._give_up("range", incline)
            return False
        self._beyond = 0
        self._seen.add(incline)
        if self._steady is None or self._steady[0] != incline:
            self._steady = (incline, now)
        self._compare(incline, self._steady[1], now)
        return not self.set_aside

    def _accepts(self, incline: int, told: InclineRange | None) -> bool:
        """Return True if a deck may have this incline.

        A range can be wrong: a reading that moves beyond it is trusted.
        """
        if abs(incline) > MOST:
            return False
        if told is None or told.minimum >= told.maximum:
            return True
        if told.minimum - FAR <= incline <= told.maximum + FAR:
            return True
        self._outside.add(incline)
        return len(self._outside) > 1

    def _compare(self, incline: int, since: float, now: float) -> None:
        """Compare with a target that the deck must have reached or approached by now."""
        if self._target is None:
            return
        target, written = self._target
        apart = incline - target
        if abs(apart) < APART or now - max(written, since) < SLOW_S:
            return
        if len(self._seen) == 1:
            if incline < STEEP or target > incline:
                self._give_up("constant", incline)
        elif self._offset is None or abs(self._offset[0] - target) < APART:
            self._offset = (target, apart)
        elif abs(self._offset[1] - apart) <= ALIKE:
            self._give_up("offset", apart)

    def _give_up(self, case: str, incline: int) -> None:
        self.set_aside = True
        self.event = Event(
            "incline_ignored", values=(("incline", incline), ("correction", -incline)), case=case
        )
