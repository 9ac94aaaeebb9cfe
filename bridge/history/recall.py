"""Computes the guard's past from stored rows. Pure."""

from collections.abc import Collection, Iterable
from dataclasses import replace

from bridge.guard.person.past import Past, later
from bridge.guard.rules.steep import Climbs, Steep, without_overlap
from bridge.history.store.rows import Session
from bridge.values.effort import COUNTS_S, NO_EFFORT, Baseline, Effort

DAY_S = 86_400.0
LONG_S = DAY_S
"""Longer than any window of steep time, any pause, and any cool-down."""
RECENT_S, KNOWN_S = 30 * DAY_S, 180 * DAY_S
"""Periods before now in which the longest session counts fully, and by half (design)."""


def aged(past: Past, seconds: float | None) -> Past:
    """Return the past after so many seconds; None if the elapsed time is unknown.

    With None no window drains and no rest ends. The time since the last steep incline may have been
    steep, as may the whole time if the belt is steep now. The warm-up has expired.
    """
    if seconds is not None:
        return past.aged(seconds)
    return replace(
        past,
        steep=tuple(_long_ago(tier) for tier in past.steep),
        session=past.session and later(past.session, LONG_S),
        climbs=_climbed_long(past.climbs),
        warm_up=later(past.warm_up, LONG_S),
    )


def _long_ago(tier: Steep) -> Steep:
    if tier.was_steep:
        return replace(tier, spans=((tier.tier.window_s, 0.0),))
    return replace(tier, seen=None if tier.seen is None else LONG_S)


def _climbed_long(climbs: Climbs) -> Climbs:
    """Count the last seen incline as steep for all the time since."""
    spans = climbs.spans if climbs.incline <= 0 else (*climbs.spans, (LONG_S, 0.0, climbs.incline))
    seen = None if climbs.seen is None else LONG_S
    return replace(climbs, spans=spans, seen=seen)


def joined(past: Past, others: Collection[Past]) -> Past:
    """Return a person's past on one treadmill, with the steep time on others added."""
    tiers = {tier.tier: tier for tier in past.steep}
    for other in others:
        for theirs in other.steep:
            mine = tiers.get(theirs.tier, Steep(theirs.tier))
            tiers[theirs.tier] = _both(mine, theirs)
    climbs = past.climbs
    for other in others:
        climbs = replace(
            climbs,
            spans=tuple(sorted((*climbs.spans, *_climbs(other.climbs)), reverse=True)),
            known_from=min(climbs.known_from, other.climbs.known_from),
        )
    return replace(past, steep=tuple(tiers.values()), climbs=climbs)


def _climbs(past: Climbs) -> tuple[tuple[float, float, int], ...]:
    """Return the spans, including unobserved time since the belt was last seen."""
    if past.seen is None or past.incline <= 0:
        return past.spans
    return (*past.spans, (past.seen, 0.0, past.incline))


def _both(mine: Steep, theirs: Steep) -> Steep:
    spans = [*mine.spans, *theirs.spans]
    if theirs.was_steep and theirs.seen is not None:
        spans.append((theirs.seen, 0.0))
    return replace(
        mine,
        spans=without_overlap(spans),
        closed=mine.closed or theirs.closed,
        warned=mine.warned or theirs.warned,
    )


def baseline(sessions: Iterable[Session], now: float) -> Baseline | None:
    """Return the baseline for a person's next session; `now` in Unix time."""
    counting = [(now - s.end, _effort(s)) for s in sessions if _counts(s)]
    if recent := [effort for ago, effort in counting if ago <= RECENT_S]:
        return Baseline(_most(recent))
    if known := [effort for ago, effort in counting if ago <= KNOWN_S]:
        most = _most(known)
        half = Effort(most.time_s / 2, most.distance_m / 2, most.climb_m / 2)
        return Baseline(half, recent=False)
    return None


def _counts(session: Session) -> bool:
    """True if the guard saw the whole session, and it was long enough."""
    observed = session.finished and session.source == "bridge"
    return observed and session.effort_s >= COUNTS_S


def _effort(session: Session) -> Effort:
    return Effort(session.effort_s, session.effort_m, session.effort_climb_m)


def _most(efforts: Iterable[Effort]) -> Effort:
    most = NO_EFFORT
    for effort in efforts:
        most = most.longest(effort)
    return most
