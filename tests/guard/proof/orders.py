"""A start and a stop of the belt: what the design lets through, and when each is over.

Speeds in 0.01 km/h, times in monotonic seconds.
"""

import math
from dataclasses import dataclass, field

from bridge.values import Axis, Belt, Command, Verb

START_S = 15.0
"""Seconds that a start may take to show."""
RISE = 100


@dataclass
class Starts:
    """The start that may yet show, and the safety key."""

    asked: float = -math.inf
    """Time of its acceptance."""
    due: bool = False
    """True if it was taken since the newest decision, and is yet to be written."""
    key_pulled: bool = False
    """True until the belt moves, or the machine reports a start."""

    def take(self, command: Command, belt: Belt) -> None:
        """Judge a start that passed."""
        now = command.received
        assert belt.stands, "never started while it moves"
        assert belt is Belt.PAUSED or command.verb is Verb.START, "only a pause is resumed"
        assert not command.late
        assert not self.key_pulled, "never started without the safety key"
        assert now - self.asked > START_S, "no second start while the first may yet show"
        self.asked, self.due = now, True

    @property
    def awaited(self) -> float:
        """Time of a start that the pulled key has not dropped."""
        return -math.inf if self.key_pulled else self.asked

    def take_back(self) -> None:
        """Forget a start that was not written yet."""
        if self.due:
            self.forget()

    def forget(self) -> None:
        """No start may show any more."""
        self.asked, self.due = -math.inf, False

    def pull_key(self) -> None:
        """Nothing starts until the key is back."""
        self.key_pulled = True
        self.take_back()


@dataclass
class Stopping:
    """A stop or pause that was requested, until the belt stands."""

    asked: float
    written: float = -math.inf
    repeated: bool = False
    said: bool = False
    """True if the machine reported a stop after the halt was written."""
    start: float | None = None
    """Time of a start that has not shown yet: the belt stands, and may be about to move."""
    low: float = math.inf
    high: float = -math.inf
    """The most since the lowest speed."""
    fell: float = -math.inf
    """Time when the lowest speed was first read."""
    lower: dict[Axis, set[int]] = field(default_factory=lambda: {axis: set() for axis in Axis})
    """Targets that may be written in the meantime."""

    def ends(self, now: float, belt: Belt) -> bool:
        """Return True if the belt stands after the halt was written, and will not move."""
        starts = self.start is not None and not self.said and now - self.start <= START_S
        return self.written > -math.inf and belt.stands and not starts

    def see(self, now: float, speed: int) -> None:
        """Take a reading."""
        if speed < self.low:
            self.fell, self.low, self.high = now, speed, speed
        self.high = max(self.high, speed)

    def still(self, now: float, seconds: float) -> bool:
        """Return True if the belt surely has not fallen for so long, nor was sped up since."""
        since = now - max(self.asked, self.fell)
        return since >= seconds and self.high <= self.low + RISE
