"""A belt whose own speed is not known yet."""

import math
from dataclasses import dataclass

LONGEST_S = 15.0
"""Seconds after which a belt that does not settle is adopted as it is."""


@dataclass(slots=True)
class Settling:
    """A belt that was seen to start or found moving. Wire units, monotonic seconds."""

    began: float
    most: float = math.inf
    """Value above which the belt is eased."""
    samples: int = 0
    last: float = math.inf
    """Previous reading; a single one may be garbage."""

    @property
    def started(self) -> bool:
        """True if the belt was seen to start."""
        return self.most < math.inf

    def take(self, measured: int) -> int:
        """Take a reading; return the lower of the last two."""
        lower = int(min(measured, self.last))
        self.samples, self.last = self.samples + 1, measured
        return lower

    def is_over(self, now: float, *, steady: bool) -> bool:
        """Return True once the reading is the belt's own speed."""
        return steady or now - self.began >= LONGEST_S
