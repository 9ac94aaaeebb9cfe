"""Commanded but not responding: a belt that is not where it was told to be, and gets no nearer."""

from dataclasses import dataclass

from bridge.machines.learned import Interval, LearnedAxis

LONGEST_S = 30.0
"""However slow a machine may be, it gets no longer than this."""


@dataclass(slots=True)
class Response:
    """One axis, in wire units and monotonic seconds.

    `since` is when the belt came apart from its setpoint, or last got nearer by a report step, and
    `at` where it was then. `failed` is True once that took too long.
    """

    since: float | None = None
    at: float = 0.0
    above: bool = False
    failed: bool = False

    def judge(
        self, now: float, measured: float, band: Interval, learned: LearnedAxis, patience_s: float
    ) -> bool:
        """Judge a reading against the band around the setpoint; True when `failed` changed.

        Only what the belt does is progress. The patience begins when a belt that obeys would have
        shown one report step of it.
        """
        before = self.failed
        if measured in band:
            self.since, self.failed = None, False
            return before
        above = measured > band.high
        nearer = self.at - measured if above else measured - self.at
        if self.since is None or above is not self.above or nearer >= learned.resolution:
            self.since, self.at, self.above, self.failed = now, measured, above, False
            return before
        rate = learned.fall_per_s if above else learned.rise_per_s
        due = learned.lag_s.high + learned.resolution / rate.low + patience_s
        self.failed = before or now - self.since >= min(due, LONGEST_S)
        return self.failed is not before
