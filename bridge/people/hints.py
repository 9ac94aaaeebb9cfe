"""Hints at useful moments: posture, drinking, and walking on after a hard run. Pure.

Hints never change the belt. All numbers are judgement. The content follows the advice of
physiotherapists to treadmill runners.
"""

from dataclasses import dataclass
from typing import Self

from bridge.values import Belt, Event, Snapshot

POSTURE = ("tall", "core", "ahead", "arms", "rails", "lean")
"""Cases of the event `cue_posture`, sent in turn."""
HARD_SPEED = 800
"""From 8 km/h on (0.01 km/h) most people run instead of walking."""
HARD_INCLINE = 80
"""From 8 % on (0.1 %) walking is hard too."""
SUDDEN_S = 60.0
"""Seconds before a stand within which a hard effort counts as stopped suddenly."""
LONG_PAUSE_S = 60.0
"""Seconds of pause after which the run counts as over for the walk-on hint."""
MAX_DT_S = 1.0
"""Longest time step in seconds; a longer one was not observed and counts as this."""


@dataclass(frozen=True, slots=True)
class Rhythm:
    """Seconds of belt time between hints, and the duration of a hard run."""

    posture_s: float = 600.0
    drink_first_s: float = 900.0
    drink_s: float = 1200.0
    hard_s: float = 300.0

    def faster(self, factor: float) -> "Rhythm":
        """Return the rhythm in less time, for demonstrations."""
        return Rhythm(
            self.posture_s / factor,
            self.drink_first_s / factor,
            self.drink_s / factor,
            self.hard_s / factor,
        )


@dataclass(frozen=True, slots=True)
class Look:
    """State of the belt at one moment: monotonic seconds, 0.01 km/h, 0.1 %, None where unknown."""

    now: float
    belt: Belt
    phase: str | None
    speed: int | None = None
    incline: int | None = None

    @classmethod
    def of(cls, snapshot: Snapshot, phase: str | None, now: float) -> Self:
        """Build the look from a snapshot."""
        data = snapshot.sample.data if snapshot.sample else None
        return cls(
            now,
            snapshot.belt,
            phase,
            data.speed if data else None,
            data.incline if data else None,
        )

    @property
    def hard(self) -> bool:
        """True if the effort is harder than an easy walk."""
        return (self.speed or 0) >= HARD_SPEED or (
            (self.speed or 0) > 0 and (self.incline or 0) >= HARD_INCLINE
        )


class Care:
    """Hints of one treadmill. Call `follow` a few times a second and send what it returns."""

    def __init__(self, rhythm: Rhythm) -> None:
        self._rhythm = rhythm
        self._cue = 0
        self._before: float | None = None
        self._stood_since: float | None = None
        self._begin()

    def _begin(self) -> None:
        self._ran_s = 0.0
        self._hard_s = 0.0
        self._hard_at: float | None = None
        self._posture_due = self._rhythm.posture_s
        self._drink_due = self._rhythm.drink_first_s

    def follow(self, look: Look) -> list[Event]:
        """Take a look; return the hints due now."""
        before, self._before = self._before, look.now
        if look.belt is Belt.RUNNING:
            self._stood_since = None
            dt = 0.0 if before is None else min(max(look.now - before, 0.0), MAX_DT_S)
            return self._run(look, dt)
        if look.belt.stands:
            return self._stand(look)
        return []

    def _run(self, look: Look, dt: float) -> list[Event]:
        self._ran_s += dt if look.speed else 0.0
        if look.phase == "cool_down":
            self._hard_at = None
            return []
        if look.hard:
            self._hard_s += dt
            self._hard_at = look.now
        if look.phase != "active":
            return []
        events = []
        if self._ran_s >= self._posture_due:
            self._posture_due = _next(self._posture_due, self._rhythm.posture_s, self._ran_s)
            events.append(Event("cue_posture", case=POSTURE[self._cue % len(POSTURE)]))
            self._cue += 1
        if self._ran_s >= self._drink_due:
            self._drink_due = _next(self._drink_due, self._rhythm.drink_s, self._ran_s)
            events.append(Event("cue_drink"))
        return events

    def _stand(self, look: Look) -> list[Event]:
        if self._stood_since is None:
            self._stood_since = look.now
        paused = look.belt is Belt.PAUSED
        if paused and look.now - self._stood_since < LONG_PAUSE_S:
            return []
        hard_at, hard_s = self._hard_at, self._hard_s
        self._hard_at = None
        if not paused:
            self._begin()
        sudden = hard_at is not None and self._stood_since - hard_at <= SUDDEN_S
        return [Event("cue_walk")] if sudden and hard_s >= self._rhythm.hard_s else []


def _next(due: float, every: float, now: float) -> float:
    """Return the next due time; hints delayed by a long warm-up are sent once, not in a row."""
    return every + max(due, now - MAX_DT_S)
