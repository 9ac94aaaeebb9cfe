"""Heart rate against its ceiling, and the speed bound that follows."""

from collections.abc import Iterator
from dataclasses import replace

from bridge.guard.facts import Facts
from bridge.guard.limits import Bound, Hold, Limit
from bridge.values import Axis, Values
from bridge.values.policy import PLAUSIBLE_BPM, Policy
from protocols.frozen import frozen

LOST_S = 10.0
"""Seconds of silence after which the signal is lost; a slipping strap is silent for less."""


@frozen
class Heart:
    """State of the heart rate. Seconds, beats per minute; `bound` in 0.01 km/h."""

    rate: int = 0
    heard: float = float("-inf")
    above_since: float | None = None
    slowed: float | None = None
    bound: float | None = None

    def is_lost(self, now: float) -> bool:
        """Return True if there is no signal."""
        return now - self.heard > LOST_S

    def at_rest(self) -> "Heart":
        """Return the state without a bound."""
        return Heart(self.rate, self.heard)

    def with_sample(
        self, policy: Policy, now: float, rate: int | None, here: float | None
    ) -> "Heart":
        """Take a sample's heart rate.

        `here` is the speed (0.01 km/h) to slow from; None if the belt is not under guard.
        """
        if rate is None or rate not in PLAUSIBLE_BPM:
            return self.at_rest() if here is None else self
        ceiling = policy.heart_rate_ceiling
        if ceiling is None or here is None or rate <= ceiling:
            return Heart(rate, now)
        # Time above the ceiling does not include a silence.
        since = now if self.above_since is None or self.is_lost(now) else self.above_since
        heart = replace(self, rate=rate, heard=now, above_since=since)
        # Short peaks above the ceiling are ignored.
        if now - since < policy.heart_rate_s:
            return heart
        # The heart needs time to follow before the next step.
        if self.slowed is not None and now - self.slowed < policy.heart_rate_every_s:
            return heart
        start = here if self.bound is None else min(here, self.bound)
        return replace(heart, slowed=now, bound=start - policy.heart_rate_step)


NOT_HEARD = Heart()


def heart_rate(facts: Facts) -> Iterator[Limit]:
    """Hold both axes above the ceiling and without a signal; bound the speed step by step."""
    ceiling, heart = facts.policy.heart_rate_ceiling, facts.heart
    if ceiling is None:
        return
    values: Values = (("rate", heart.rate), ("ceiling", ceiling))
    if heart.is_lost(facts.now):
        yield Hold("heart_rate", "lost", values)
    elif heart.rate > ceiling:
        yield Hold("heart_rate", "above", values)
    if heart.bound is not None:
        most = max(heart.bound, float(facts.lowest(Axis.SPEED)))
        yield Bound(Axis.SPEED, most, "heart_rate", values=values)
