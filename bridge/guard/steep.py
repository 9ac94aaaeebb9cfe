"""How long the incline has been steep, and whether more is allowed.

Time that nobody observed counts as steep if either end of it was, so nothing is won by being away.
"""

from dataclasses import replace

from bridge.guard.journal import Journal
from bridge.guard.past import Past, SteepPast
from bridge.guard.policy import Policy, SteepTier
from bridge.guard.texts import Amount, Coming, Lasting, Word, Words
from bridge.values import Axis
from protocols.frozen import frozen

GAP_S = 3.0
REACTION_S = 2.0
"""A machine needs this long to begin to lower."""


@frozen
class Steep:
    """The exposure to one tier: past steep spans (monotonic seconds) and what was last seen."""

    tier: SteepTier
    spans: tuple[tuple[float, float], ...] = ()
    seen: float | None = None
    was_steep: bool = False
    closed: bool = False
    warned: bool = False
    assumed: bool = False
    """Whether it is closed because nobody knows what was before."""

    @classmethod
    def spent(cls, tier: SteepTier, now: float) -> "Steep":
        """A budget that counts as used up: what is assumed where the past is not known."""
        return cls(tier, spans=((now - tier.budget_s, now),), closed=True, assumed=True)

    @classmethod
    def of(cls, tier: SteepTier, past: Past | None, now: float) -> "Steep":
        """Go on where the past ends; what it does not know counts as used up.

        A tier whose numbers were changed takes over the exposure to one that cannot have counted
        less: at a threshold as low or lower, in a window as long or longer.
        """
        known = [] if past is None else past.steep
        fitting = [
            p
            for p in known
            if p.tier.threshold <= tier.threshold and p.tier.window_s >= tier.window_s
        ]
        if not fitting:
            return cls(tier) if past is not None and past.unused else cls.spent(tier, now)
        # The nearest counts: the highest of the thresholds, the shortest of the windows.
        before = max(fitting, key=lambda p: (p.tier.threshold, -p.tier.window_s))
        return cls(
            tier,
            spans=tuple((now - began, now - ended) for began, ended in before.spans),
            seen=None if before.seen_ago_s is None else now - before.seen_ago_s,
            was_steep=before.was_steep,
            closed=before.closed,
            warned=before.warned,
            assumed=before.assumed,
        )

    def past(self, now: float, told: int | None = None) -> SteepPast:
        """What is to be known of it later, of a belt that was `told` to be there (0.1 %).

        From now on nobody sees it, so it is where it was told to be, if that is steeper.
        """
        sent = told is not None and told >= self.tier.threshold
        return SteepPast(
            self.tier,
            spans=tuple((now - began, now - ended) for began, ended in self.spans),
            seen_ago_s=None if self.seen is None else now - self.seen,
            was_steep=self.was_steep or sent,
            closed=self.closed,
            warned=self.warned,
            assumed=self.assumed,
        )

    def observe(self, now: float, *, steep: bool) -> "Steep":
        """Record whether the belt moves at or above the threshold now."""
        if self.seen is None:
            return replace(self, seen=now, was_steep=steep)
        spans = self.spans
        if self.was_steep or (steep and now - self.seen > GAP_S):
            spans = _append(spans, self.seen, now)
        start = now - self.tier.window_s
        if spans and spans[0][1] <= start:
            spans = spans[1:]
        return Steep(self.tier, spans, now, steep, self.closed, self.warned, self.assumed)

    def _with_unseen(self, now: float) -> tuple[tuple[float, float], ...]:
        if self.was_steep and self.seen is not None:
            return _append(self.spans, self.seen, now)
        return self.spans

    def used(self, now: float) -> float:
        """Seconds of the budget used in the window that ends now."""
        start = now - self.tier.window_s
        used = 0.0
        for began, end in self._with_unseen(now):
            used += max(0.0, end - max(began, start))
        return used

    def left(self, now: float) -> float:
        """Seconds of the budget left; 0 while the tier is closed."""
        return 0.0 if self.closed else max(0.0, self.tier.budget_s - self.used(now))

    def opens_in(self, now: float) -> float:
        """Seconds until half of the budget is free again, if nothing steep is added."""
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

    def judge(self, now: float, leaving_s: float) -> "Steep":
        """Close the tier when its budget is used up, open it when half of it is free.

        `leaving_s` is how long the incline will take to fall below the threshold: that much is kept
        back, though never more than a tenth of the budget.
        """
        used = self.used(now)
        budget = self.tier.budget_s
        if self.closed:
            if used <= budget / 2:
                return replace(self, closed=False, warned=False, assumed=False)
            return self
        if used >= budget - min(leaving_s, budget / 10):
            return replace(self, closed=True)
        return self


def _append(
    spans: tuple[tuple[float, float], ...], start: float, end: float
) -> tuple[tuple[float, float], ...]:
    if spans and spans[-1][1] >= start:
        return (*spans[:-1], (spans[-1][0], max(end, spans[-1][1])))
    return (*spans, (start, end))


@frozen
class SteepWatch:
    """The exposure to every tier."""

    exposures: tuple[Steep, ...]

    @classmethod
    def begin(cls, policy: Policy, now: float, past: Past | None) -> "SteepWatch":
        """Start with free budgets only where the past is known."""
        return cls(tuple(Steep.of(tier, past, now) for tier in policy.steep))

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
        """Take the incline that the belt climbs at (0.1 %), None while nobody can tell.

        Then it climbs wherever it was `told` to, and the way down is that from the `last` one known
        if that was steeper. `advice`: nothing can be lowered from here.
        """
        at = incline
        if at is None:
            at = max((value for value in (last, told) if value is not None), default=None)
        exposures = []
        for before in self.exposures:
            after = before
            threshold = before.tier.threshold
            if incline is not None:
                after = after.observe(now, steep=incline >= threshold)
            elif told is not None and told >= threshold:
                after = after.observe(now, steep=True)
            leaving = 0.0
            if after.was_steep:
                above = 0 if at is None else max(0, at - threshold)
                leaving = REACTION_S + above / policy.incline_easing
            after = after.judge(now, leaving)
            exposures.append(_tell(policy, now, before, after, journal, advice=advice))
        return SteepWatch(tuple(exposures))


def _tell(
    policy: Policy, now: float, before: Steep, after: Steep, journal: Journal, *, advice: bool
) -> Steep:
    tier = after.tier
    if after.closed:
        if not before.closed:
            words = dict(tier_words(tier, after.opens_in(now)))
            _say(journal, "steep_closed", advice=advice, **words)
        return after
    if before.closed:
        journal.tell("steep_open")
        return after
    if not (after.was_steep or after.warned):
        return after
    left = tier.budget_s - after.used(now)
    warn_at = min(policy.steep_warning_s, tier.budget_s / 3)
    if after.was_steep and not after.warned and left <= warn_at:
        limit = Amount(Axis.INCLINE, tier.then)
        _say(journal, "steep_warning", advice=advice, left=Lasting(left), limit=limit)
        return replace(after, warned=True)
    if after.warned and left > warn_at:
        return replace(after, warned=False)
    return after


def _say(journal: Journal, key: str, *, advice: bool, **words: Word) -> None:
    if advice:
        journal.advise(key, **words)
    else:
        journal.tell(key, None, **words)


def tier_words(tier: SteepTier, opens_s: float) -> Words:
    """A tier in words, for the reason and for the events."""
    return (
        ("limit", Amount(Axis.INCLINE, tier.then)),
        ("budget", Lasting(tier.budget_s)),
        ("threshold", Amount(Axis.INCLINE, tier.threshold)),
        ("window", Lasting(tier.window_s)),
        ("opens", Coming(opens_s)),
    )
