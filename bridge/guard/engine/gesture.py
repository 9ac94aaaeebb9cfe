"""Presses at the console, and the gestures that they form."""

import math
from dataclasses import dataclass

from bridge.guard.facts import Facts
from protocols.frozen import frozen

QUIET_S = 1.5
"""A gesture ends after this many seconds, or 1.5 frames, without a press."""
LONGEST_S = 4.0
"""A change is judged after this many seconds, or 2 frames, even if it continues."""
STEP = 2
"""A rise of more than two presses, 1 km/h (1 %), is a held key; a smaller one may be creep."""
URGENT = 6
"""A rise of more than six presses, 3 km/h (3 %), is urgent without a bound too."""


@frozen
class Press:
    """A value that the person at the console requests on one axis, in wire units.

    `named` is True if a status reports it, `up` if it exceeds the setpoint. A press that is not
    `certain` may be an echo: nothing rises until that is resolved. `eases` is True if it lowers the
    console's own target, which is still above the setpoint.
    """

    value: int
    up: bool
    named: bool
    certain: bool = True
    eases: bool = False


@dataclass(slots=True)
class Gesture:
    """Presses that belong together, in wire units and monotonic seconds."""

    began: float
    changed: float
    value: int
    up: bool
    last: float
    """Reading of the last change."""
    named: bool = False
    """True if a status names the value, so that readings near it add nothing."""
    floor: float = math.inf
    """Value that a status named: readings not below it lower nothing."""

    def is_quiet(self, facts: Facts, least_s: float = QUIET_S) -> bool:
        """Return True if no press or change came for a while, of at least `least_s`."""
        return facts.now - self.changed >= max(least_s, 1.5 * facts.learned.frame_s)
