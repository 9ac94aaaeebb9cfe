"""Guard state of one person that survives a restart, in seconds ago and seconds left.

Two processes share no monotonic clock, so a `Past` holds no points in time. The caller adds the
time that passed (`aged`) before the next guard takes it. Unobserved time counts as steep if either
end of it was steep, and never as warm-up.
"""

from dataclasses import dataclass, field, replace
from typing import TypeVar

from bridge.guard.person.session import Session, WarmUp
from bridge.guard.rules.steep import KEPT_S, Climbs, Steep
from bridge.guard.slowed import Slowed
from bridge.values.effort import Baseline
from bridge.values.plan import Ceilings

_T = TypeVar("_T", Steep, Climbs, Session, Slowed, WarmUp)


def later(value: _T, seconds: float) -> _T:
    """Return a part of a past as it is `seconds` later."""
    return value.turned(0.0).turned(seconds)


@dataclass(frozen=True, slots=True)
class Past:
    """Past of one person on one treadmill, in seconds ago."""

    steep: tuple[Steep, ...] = ()
    incline: int | None = None
    """Last known incline (0.1 %), for machines that do not measure it."""
    session: Session | None = None
    rest_left_s: float = 0.0
    baseline: Baseline | None = None
    slowed: tuple[Slowed, ...] = ()
    """Console lowerings that may still be in force."""
    climbs: Climbs = field(default_factory=Climbs)
    warm_up: WarmUp = field(default_factory=WarmUp)
    plan: Ceilings | None = None
    """Ceilings of the person's plan for the next session."""

    @classmethod
    def nobody(cls) -> "Past":
        """Return the past of a person known not to have run: every steep budget is free."""
        return cls(climbs=Climbs(known_from=KEPT_S))

    def aged(self, seconds: float) -> "Past":
        """Return the past this many seconds later; negative values count as 0."""
        seconds = max(0.0, seconds)
        return replace(
            self,
            steep=tuple(later(tier, seconds) for tier in self.steep),
            session=self.session and later(self.session, seconds),
            rest_left_s=max(0.0, self.rest_left_s - seconds),
            slowed=tuple(later(each, seconds) for each in self.slowed),
            climbs=later(self.climbs, seconds),
            warm_up=later(self.warm_up, seconds),
            plan=self.plan and self.plan.aged(seconds),
        )
