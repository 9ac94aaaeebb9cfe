"""Detection of a belt that does not respond: away from its setpoint without progress."""

from dataclasses import dataclass

from bridge.machines.learned import Interval, LearnedAxis

LONGEST_S = 30.0
"""Upper limit of the patience in seconds, however slow the machine is."""


@dataclass(slots=True)
class Response:
    """Response of one axis, in wire units and monotonic seconds.

    `since` is the time when the belt left its setpoint or last came closer by a report step. `at`
    is its reading then. `failed` is True once that took too long.
    """

    since: float | None = None
    at: float = 0.0
    above: bool = False
    failed: bool = False

    def judge(
        self, now: float, measured: float, band: Interval, learned: LearnedAxis, patience_s: float
    ) -> bool:
        """Judge a reading against the band around the setpoint; return True if `failed` changed.

        Only motion of the belt is progress. The patience begins when an obeying belt would have
        shown one report step.
        """
        before = self.failed
        if measured in band:
            self.since, self.failed = None, False
            return before
        above = measured > band.high
        nearer = self.at - measured if above else measured - self.at
        # Progress, or a new deviation: the patience starts again.
        if self.since is None or above is not self.above or nearer >= learned.resolution:
            self.since, self.at, self.above, self.failed = now, measured, above, False
            return before
        rate = learned.fall_per_s if above else learned.rise_per_s
        due = learned.lag_s.high + learned.resolution / rate.low + patience_s
        self.failed = before or now - self.since >= min(due, LONGEST_S)
        return self.failed is not before
