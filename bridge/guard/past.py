"""What of a guard outlives its process: for one person, in seconds ago and seconds left.

No clock is shared between two processes, so there is no point in time in here. Whoever keeps a
`Past` says how much time went by (`aged`) before it is handed to the next guard; time that nobody
observed counts as steep if either end of it was, and never as warm-up.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Self

from bridge.guard.policy import SteepTier
from bridge.values import Axis
from protocols.frozen import frozen

COUNTS_S = 300.0
"""A session shorter than this (belt time) is no baseline for the ones that follow."""
KEPT_S = 86_400.0
"""Inclines are kept for a day: the longest window that a tier may have (see `bridge.config`)."""

Spans = tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class SteepPast:
    """The exposure to one tier.

    `spans` are the steep times that may still count, the oldest first, each (began, ended) in
    seconds ago. `seen_ago_s` is when anybody last looked (None: never), `was_steep` what was seen.
    `assumed`: it is closed because nobody knew what was before.
    """

    tier: SteepTier
    spans: Spans = ()
    seen_ago_s: float | None = None
    was_steep: bool = False
    closed: bool = False
    warned: bool = False
    assumed: bool = False

    def aged(self, seconds: float) -> Self:
        """The same, later."""
        return replace(
            self,
            spans=tuple((began + seconds, ended + seconds) for began, ended in self.spans),
            seen_ago_s=_later(self.seen_ago_s, seconds),
        )


@dataclass(frozen=True, slots=True)
class ClimbsPast:
    """The inclines that were climbed, for a tier that is configured later.

    `spans` are (began, ended) in seconds ago with the incline in 0.1 %, the oldest first. Before
    `known_s` ago nothing is known. `seen_ago_s` is when the belt was last observed (None: never),
    `incline` what it climbed then.
    """

    spans: tuple[tuple[float, float, int], ...] = ()
    known_s: float = 0.0
    seen_ago_s: float | None = None
    incline: int = 0

    def aged(self, seconds: float) -> Self:
        """The same, later."""
        return replace(
            self,
            spans=tuple((began + seconds, ended + seconds, at) for began, ended, at in self.spans),
            known_s=self.known_s + seconds,
            seen_ago_s=_later(self.seen_ago_s, seconds),
        )

    def at_least(self, threshold: int) -> Spans:
        """The spans at or above an incline (0.1 %), each second once."""
        return without_overlap((began, ended) for began, ended, at in self.spans if at >= threshold)


@dataclass(frozen=True, slots=True)
class WarmUpPast:
    """The belt time that counts for the warm-up, and when the belt was last seen to move."""

    belt_time_s: float = 0.0
    moved_ago_s: float | None = None

    def aged(self, seconds: float) -> Self:
        """The same, later."""
        return replace(self, moved_ago_s=_later(self.moved_ago_s, seconds))


@dataclass(frozen=True, slots=True)
class CoolDownPast:
    """A cool-down under way: how long ago it began, and its slope (0.01 km/h, 0.1 %)."""

    began_ago_s: float
    duration_s: float
    from_speed: float
    from_incline: float
    to_speed: float
    to_incline: float


@dataclass(frozen=True, slots=True)
class SlowedPast:
    """What a hand at the console slowed: which axis, how long ago, and to what (wire units)."""

    axis: Axis
    ago_s: float
    to: int


@frozen
class Effort:
    """How much running: belt time in seconds, way and climb in metres."""

    time_s: float = 0.0
    distance_m: float = 0.0
    climb_m: float = 0.0

    def plus(self, time_s: float, distance_m: float, climb_m: float) -> "Effort":
        """This and some more."""
        return Effort(self.time_s + time_s, self.distance_m + distance_m, self.climb_m + climb_m)

    def longest(self, other: "Effort") -> "Effort":
        """The more of each."""
        return Effort(
            max(self.time_s, other.time_s),
            max(self.distance_m, other.distance_m),
            max(self.climb_m, other.climb_m),
        )


NO_EFFORT = Effort()


@dataclass(frozen=True, slots=True)
class SessionPast:
    """A session under way."""

    moved_ago_s: float | None = None
    effort: Effort = NO_EFFORT
    told: frozenset[str] = frozenset()
    """What is told but once in a session, and was."""
    cool_down: CoolDownPast | None = None

    def aged(self, seconds: float) -> Self:
        """The same, later."""
        slope = self.cool_down
        if slope is not None:
            slope = replace(slope, began_ago_s=slope.began_ago_s + seconds)
        return replace(self, moved_ago_s=_later(self.moved_ago_s, seconds), cool_down=slope)


@dataclass(frozen=True, slots=True)
class Baseline:
    """What a session is measured against, each on its own: time, way and climb.

    The most of the last 30 days (`recent`), else half the most of the last 180.
    """

    most: Effort
    recent: bool = True

    @classmethod
    def after(cls, before: "Baseline | None", done: Effort) -> "Baseline | None":
        """The baseline once a session is over: what it did counts from now on."""
        if done.time_s < COUNTS_S:
            return before
        if before is None or not before.recent:
            return cls(done)
        return cls(before.most.longest(done))


@dataclass(frozen=True, slots=True)
class Past:
    """One person's past on one treadmill."""

    steep: tuple[SteepPast, ...] = ()
    incline: int | None = None
    """Where the incline was last known to be (0.1 %), for machines that do not measure it."""
    session: SessionPast | None = None
    rest_left_s: float = 0.0
    baseline: Baseline | None = None
    slowed: tuple[SlowedPast, ...] = ()
    """What the console slowed a moment ago."""
    climbs: ClimbsPast = ClimbsPast()
    warm_up: WarmUpPast = WarmUpPast()

    @classmethod
    def nobody(cls) -> "Past":
        """The past of a person who is known not to have run: every steep budget is free."""
        return cls(climbs=ClimbsPast(known_s=KEPT_S))

    def aged(self, seconds: float) -> "Past":
        """The same, this many seconds later; time never runs backwards."""
        seconds = max(0.0, seconds)
        return replace(
            self,
            steep=tuple(tier.aged(seconds) for tier in self.steep),
            session=self.session and self.session.aged(seconds),
            rest_left_s=max(0.0, self.rest_left_s - seconds),
            slowed=tuple(replace(each, ago_s=each.ago_s + seconds) for each in self.slowed),
            climbs=self.climbs.aged(seconds),
            warm_up=self.warm_up.aged(seconds),
        )


def without_overlap(spans: Iterable[tuple[float, float]]) -> Spans:
    """Spans in seconds ago, the oldest first, so that no second counts twice."""
    merged: list[tuple[float, float]] = []
    for began, ended in sorted(spans, reverse=True):
        if merged and began >= merged[-1][1]:
            merged[-1] = (merged[-1][0], min(ended, merged[-1][1]))
        else:
            merged.append((began, ended))
    return tuple(merged)


def _later(ago: float | None, seconds: float) -> float | None:
    return None if ago is None else ago + seconds
