"""Exposure to steep incline, and the bounds that follow.

Unobserved time counts as steep if either end of it was, so that a disconnect frees no budget.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from bridge.guard.facts import Facts
from bridge.guard.journal import Journal
from bridge.guard.limits import Bound, Limit
from bridge.machines.learned import STALE_HOLD_S
from bridge.values import INCLINE
from bridge.values.policy import Policy, SteepTier
from protocols.frozen import frozen

if TYPE_CHECKING:
    from bridge.guard.person.past import Past

KEPT_S = 86_400.0
"""Seconds for which inclines are kept: a day, the longest window of a tier (`bridge.config`)."""
REACTION_S = 2.0
"""Seconds that a machine needs before its incline begins to fall."""
MOST_CLIMBS = 300
"""Most spans in the incline history: older ones count as unknown, to limit the stored size."""
NEXT_CLIMB = 5
"""0.5 %, a usual step: a smaller fall counts as the steeper incline, so that spans stay few."""

Spans = tuple[tuple[float, float], ...]


@frozen
class Steep:
    """Exposure to one tier.

    `spans` are the steep times that may still count, oldest first, each (began, ended). `seen` is
    the time of the last observation (None: never), `was_steep` its result. Times are monotonic
    seconds, in a `Past` seconds ago.
    """

    tier: SteepTier
    spans: Spans = ()
    seen: float | None = None
    was_steep: bool = False
    closed: bool = False
    warned: bool = False
    assumed: bool = False
    """True if the tier is closed because earlier exposure is unknown."""
    closing: bool = False
    """True if the tier closes at the next `judge`, which then reports it."""

    @classmethod
    def of(cls, tier: SteepTier, past: "Past", now: float) -> "Steep":
        """Continue from a past.

        A new or changed tier is counted from the recorded inclines; unknown time counts as steep.
        If another tier is closed, it closes unless half of it is free: a change opens nothing
        early.
        """
        for before in past.steep:
            if before.tier == tier:
                return before.turned(now)
        climbs = past.climbs
        # Unknown time counts as steep for one whole budget at most, as the tier would have closed
        # then.
        unknown = climbs.known_from < tier.window_s
        spans = climbs.at_least(tier.threshold)
        if unknown:
            began = climbs.known_from + tier.budget_s
            spans = without_overlap((*spans, (began, climbs.known_from)))
        new = cls(tier, spans, climbs.seen, climbs.incline >= tier.threshold).turned(now)
        used = new.used(now)
        assumed = unknown and used >= tier.budget_s
        # A changed tier must not open what an earlier one had closed.
        closing = any(before.closed for before in past.steep) and used > tier.budget_s / 2
        return replace(new, closed=assumed, assumed=assumed, closing=closing and not assumed)

    def turned(self, now: float) -> "Steep":
        """Convert monotonic times to seconds ago, or back."""
        spans = tuple((now - began, now - ended) for began, ended in self.spans)
        return replace(self, spans=spans, seen=ago(self.seen, now))

    def past(self, now: float, told: int) -> "Steep":
        """Return what to store; `told` is the commanded incline (0.1 %), 0 without one.

        The belt is unobserved from now on, so it counts as at `told` if that is steeper.
        """
        return replace(
            self.turned(now),
            was_steep=self.was_steep or told >= self.tier.threshold,
            closed=self.closed or self.closing,
            closing=False,
        )

    def observe(self, now: float, *, steep: bool) -> "Steep":
        """Record whether the belt moves at or above the threshold now."""
        spans, seen = self.spans, self.seen
        if seen is not None and (self.was_steep or (steep and now - seen > STALE_HOLD_S)):
            spans = _append(spans, seen, now)
        if spans and spans[0][1] <= now - self.tier.window_s:
            spans = spans[1:]
        rest = (self.closed, self.warned, self.assumed, self.closing)
        return Steep(self.tier, spans, now, steep, *rest)  # faster than `replace`

    def _with_unseen(self, now: float) -> Spans:
        if self.was_steep and self.seen is not None:
            return _append(self.spans, self.seen, now)
        return self.spans

    def used(self, now: float) -> float:
        """Return the seconds of budget used in the window that ends now."""
        start = now - self.tier.window_s
        spans = self._with_unseen(now)
        return sum([max(0.0, ended - max(began, start)) for began, ended in spans], 0.0)

    def left(self, used: float) -> float:
        """Return the seconds of budget left after `used`; 0 while the tier is closed."""
        return 0.0 if self.closed else self.tier.budget_s - used

    def opens_in(self, now: float) -> float:
        """Return the seconds until half of the budget is free again, without further steep time."""
        excess = self.used(now) - self.tier.budget_s / 2
        start = now - self.tier.window_s
        opens = 0.0
        for began, end in self._with_unseen(now):
            inside = max(began, start)
            leaves = min(excess, end - inside)
            if leaves > 0:
                opens = inside + leaves - start
                excess -= leaves
        return opens

    def judge(
        self, policy: Policy, now: float, leaving_s: float, journal: Journal, case: str = ""
    ) -> "Steep":
        """Close the tier when its budget is used up, open it when half of it is free; report both.

        `leaving_s` is how long the incline needs to fall below the threshold. That much is kept in
        reserve, at most a tenth of the budget.
        """
        tier, used = self.tier, self.used(now)
        budget = tier.budget_s
        if self.closed:
            # Hysteresis: opens at half the budget, so that it does not toggle.
            if used > budget / 2:
                return self
            journal.report("steep_open")
            return replace(self, closed=False, warned=False, assumed=False)
        # At most a tenth in reserve, so that a slow deck does not cost most of a short budget.
        if self.closing or used >= budget - min(leaving_s, budget / 10):
            journal.report(
                "steep_closed",
                INCLINE,
                limit=tier.then,
                ends_s=self.opens_in(now),
                case=case,
                budget=budget,
                threshold=tier.threshold,
                window=tier.window_s,
            )
            return replace(self, closed=True, closing=False)
        # At most a third of the budget, so that a short one does not warn at once.
        left, warned = budget - used, self.warned
        warns = (self.was_steep or warned) and left <= min(policy.steep_warning_s, budget / 3)
        if warns and not warned:
            journal.report("steep_warning", INCLINE, limit=tier.then, case=case, left=left)
        return self if warns is warned else replace(self, warned=warns)


def _append(spans: Spans, start: float, end: float) -> Spans:
    if spans and spans[-1][1] >= start:
        return (*spans[:-1], (spans[-1][0], max(end, spans[-1][1])))
    return (*spans, (start, end))


def ago(moment: float | None, now: float) -> float | None:
    """Convert a monotonic time to seconds ago, or back."""
    return None if moment is None else now - moment


def without_overlap(spans: Iterable[tuple[float, float]]) -> Spans:
    """Return spans in seconds ago, oldest first, with every second counted once."""
    merged: list[tuple[float, float]] = []
    for began, ended in sorted(spans, reverse=True):
        if merged and began >= merged[-1][1]:
            merged[-1] = (merged[-1][0], min(ended, merged[-1][1]))
        else:
            merged.append((began, ended))
    return tuple(merged)


@frozen
class Climbs:
    """Recorded inclines (0.1 %), for tiers that are configured later.

    `spans` are (began, ended, incline), oldest first. Time before `known_from` is unknown. `seen`
    is the time of the last observation (None: never), `incline` its value. Times are monotonic
    seconds, in a `Past` seconds ago.
    """

    spans: tuple[tuple[float, float, int], ...] = ()
    known_from: float = 0.0
    seen: float | None = None
    incline: int = 0

    def turned(self, now: float) -> "Climbs":
        """Convert monotonic times to seconds ago, or back."""
        spans = tuple((now - began, now - ended, at) for began, ended, at in self.spans)
        return Climbs(spans, now - self.known_from, ago(self.seen, now), self.incline)

    def at_least(self, threshold: int) -> Spans:
        """Return the spans of a past at or above an incline (0.1 %), each second once."""
        return without_overlap((began, ended) for began, ended, at in self.spans if at >= threshold)

    def observe(self, now: float, incline: int) -> "Climbs":
        """Record the incline of the moving belt; 0 or less is level."""
        spans, known_from, at = self.spans, self.known_from, self.incline
        if self.seen is not None:
            # An unobserved gap counts as the steeper of its two ends.
            at = max(at, incline) if now - self.seen > STALE_HOLD_S else at
            if at > 0:
                spans = _climb(spans, self.seen, now, at)
        if spans and (len(spans) > MOST_CLIMBS or spans[0][1] <= now - KEPT_S):
            known_from = max(known_from, spans[0][1])
            spans = spans[1:]
        return Climbs(spans, known_from, now, max(0, incline))

    def with_command(self, incline: int) -> "Climbs":
        """Take the commanded incline of an unobserved belt if it is steeper."""
        return replace(self, incline=max(incline, self.incline))


def _climb(
    spans: tuple[tuple[float, float, int], ...], start: float, end: float, at: int
) -> tuple[tuple[float, float, int], ...]:
    if spans:
        began, ended, top = spans[-1]
        if ended >= start and top - NEXT_CLIMB < at <= top:
            return (*spans[:-1], (began, max(end, ended), top))
    return (*spans, (start, end, at))


@frozen
class SteepWatch:
    """Exposure to every tier, and the inclines from which a new tier is counted."""

    exposures: tuple[Steep, ...]
    climbs: Climbs

    @classmethod
    def begin(cls, policy: Policy, now: float, past: "Past") -> "SteepWatch":
        """Start with free budgets only if the past is known."""
        exposures = tuple(Steep.of(tier, past, now) for tier in policy.steep)
        return cls(exposures, past.climbs.turned(now))

    def follow(
        self,
        policy: Policy,
        now: float,
        incline: int | None,
        journal: Journal,
        *,
        last: int | None = None,
        told: int | None = None,
        advice: bool = False,
    ) -> "SteepWatch":
        """Record the incline of the moving belt (0.1 %); None while it is unknown.

        While unknown, the belt counts as at `told`; the way down is that from `last` if that is
        steeper. `advice` is True if the guard cannot lower the incline.
        """
        if incline is not None:
            here = steepest = incline
            climbs = self.climbs.observe(now, here)
        else:
            here = told or 0
            steepest = max(last or here, here)
            climbs = self.climbs.with_command(here)
        exposures, case = [], "advice" if advice else ""
        for before in self.exposures:
            threshold, leaving = before.tier.threshold, 0.0
            steep = here >= threshold
            # A setpoint below the threshold does not show that the deck is there.
            known = steep or incline is not None
            after = before.observe(now, steep=steep) if known else before
            if after.was_steep:
                leaving = REACTION_S + max(0, steepest - threshold) / policy.incline_easing
            exposures.append(after.judge(policy, now, leaving, journal, case))
        return SteepWatch(tuple(exposures), climbs)


def steep(facts: Facts) -> Iterator[Limit]:
    """Bound the incline by every tier whose budget is used up."""
    for exposure in facts.steep:
        if exposure.closed:
            tier, opens = exposure.tier, exposure.opens_in(facts.now)
            case, then = "assumed" if exposure.assumed else "", float(tier.then)
            used = ("budget", tier.budget_s), ("threshold", tier.threshold)
            values = (*used, ("window", tier.window_s))
            yield Bound(INCLINE, then, "steep_incline", case, opens, values, announced=True)
