"""A lowering at the console, and its hold against requests from elsewhere.

It outlives the run, the link and the process. An automation that repeats its request on a new link
must not undo what the runner just did.
"""

from dataclasses import replace

from bridge.values import Axis
from protocols.frozen import frozen

SLOWED_S = 30.0
"""Seconds for which a lowering at the console rejects higher requests from elsewhere."""


@frozen
class Slowed:
    """The last lowering of an axis: its value (wire units) and time.

    Times are monotonic seconds, in a `Past` seconds ago.
    """

    axis: Axis
    at: float
    to: int

    def turned(self, now: float) -> "Slowed":
        """Convert the monotonic time to seconds ago, or back."""
        return replace(self, at=now - self.at)

    def left(self, value: float, now: float) -> float:
        """Return the seconds for which `value` is rejected from elsewhere; 0 if it is allowed."""
        return max(0.0, self.at + SLOWED_S - now) if value > self.to else 0.0
