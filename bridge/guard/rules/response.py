"""Commanded but not responding: a belt that is not where it was told to be, and gets no nearer."""

from dataclasses import replace

from protocols.frozen import frozen


@frozen
class Response:
    """One axis, in wire units.

    `since` (seconds) is when it came apart from what it was told, or last got nearer by a step,
    and `at` where it was then; `above` is whether it is above its target.
    """

    since: float | None = None
    at: float = 0.0
    above: bool = False
    failed: bool = False

    def judge(
        self,
        now: float,
        measured: float,
        target: float,
        *,
        tolerance: float,
        step: float,
        patience_s: float,
    ) -> "Response":
        """Judge one measured value: `failed` once it made no progress for `patience_s`.

        Only what the belt does is progress; a target that moves is not.
        """
        if abs(measured - target) <= tolerance:
            return self if self.since is None else Response()
        above = measured > target
        nearer = self.at - measured if above else measured - self.at
        if self.since is None or above is not self.above or nearer >= step:
            return Response(now, measured, above)
        failed = now - self.since >= patience_s
        return self if failed is self.failed else replace(self, failed=failed)
