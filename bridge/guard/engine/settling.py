"""A belt whose own speed is not known yet."""

import math
from dataclasses import dataclass

LONGEST_S = 15.0
"""A belt that does not settle is taken as it is after this long."""


@dataclass(slots=True)
class Settling:
    """A belt that was seen to start, or was found moving. Wire units, monotonic seconds."""

    began: float
    most: float
    """Beyond this it is eased."""
    samples: int = 0
    last: float = math.inf
    """The reading before: what a single one shows may be garbage."""

    @property
    def started(self) -> bool:
        """True of a belt that was seen to start."""
        return self.most < math.inf

    def take(self, measured: int) -> int:
        """Take a reading; return the lower one of the last two."""
        lower = int(min(measured, self.last))
        self.samples, self.last = self.samples + 1, measured
        return lower

    def is_over(self, now: float, *, steady: bool) -> bool:
        """Return True once what the belt does is its own speed."""
        return steady or now - self.began >= LONGEST_S
