"""What of a guard outlives its process: for one person, in seconds ago and seconds left.

No clock is shared between two processes, so there is no point in time in here. Whoever keeps a
`Past` says how much time went by (`aged`) before it is handed to the next guard; time that nobody
observed counts as steep if either end of it was, and never as warm-up.
"""

from dataclasses import dataclass, field, replace
from typing import Protocol, Self, TypeVar

from bridge.guard.person.respect import Slowed
from bridge.guard.person.session import Session, WarmUp
from bridge.guard.rules.gradual import Baseline
from bridge.guard.rules.plan import Ceilings
from bridge.guard.rules.steep import KEPT_S, Climbs, Steep


class _Turning(Protocol):
    """A value that holds monotonic times, or in a `Past` seconds ago."""

    def turned(self, now: float) -> Self:
        """Turn monotonic times into seconds ago, or back."""


_T = TypeVar("_T", bound=_Turning)


def later(value: _T, seconds: float) -> _T:
    """A part of a past, so much later."""
    return value.turned(0.0).turned(seconds)


@dataclass(frozen=True, slots=True)
class Past:
    """One person's past on one treadmill, in seconds ago."""

    steep: tuple[Steep, ...] = ()
    incline: int | None = None
    """Where the incline was last known to be (0.1 %), for machines that do not measure it."""
    session: Session | None = None
    rest_left_s: float = 0.0
    baseline: Baseline | None = None
    slowed: tuple[Slowed, ...] = ()
    """What the console slowed a moment ago."""
    climbs: Climbs = field(default_factory=Climbs)
    warm_up: WarmUp = field(default_factory=WarmUp)
    plan: Ceilings | None = None
    """What the person's plan allows in the next session."""

    @classmethod
    def nobody(cls) -> "Past":
        """The past of a person who is known not to have run: every steep budget is free."""
        return cls(climbs=Climbs(known_from=KEPT_S))

    def aged(self, seconds: float) -> "Past":
        """The same, this many seconds later; time never runs backwards."""
        seconds = max(0.0, seconds)
        return replace(
            self,
            steep=tuple(later(tier, seconds) for tier in self.steep),
            session=self.session and later(self.session, seconds),
            rest_left_s=max(0.0, self.rest_left_s - seconds),
            slowed=tuple(replace(each, ago_s=each.ago_s + seconds) for each in self.slowed),
            climbs=later(self.climbs, seconds),
            warm_up=later(self.warm_up, seconds),
            plan=self.plan and self.plan.aged(seconds),
        )
