"""Learner of one axis, from our writes and the readings that follow. Pure."""

from bisect import bisect_left
from dataclasses import replace

from bridge.machines.learned import UNLEARNED_INCLINE, UNLEARNED_SPEED, Interval
from bridge.tracking.learning.figures import (
    INCLINE_LIMITS,
    SPEED_LIMITS,
    explains,
    figures,
    fit,
    is_exact,
    is_plausible,
    shows_gain,
    within,
)
from bridge.tracking.learning.knowledge import (
    LATEST,
    VALUES,
    AxisKnowledge,
    Odd,
    Point,
    Span,
    latest,
    with_point,
)
from bridge.tracking.learning.motion import NOTHING_SEEN, Motion, Seen
from bridge.tracking.learning.steady import INCLINE_KIND, SPEED_KIND, Steadiness, Stretch
from bridge.values import INCLINE, SPEED, Axis

AGREE = 3
"""Consistent sessions that are needed to discard what earlier sessions showed."""
ALIKE = 0.04
"""Tolerance of that consistency, as a fraction of the target."""
GESTURE_S = 6.0
"""Seconds after which a gesture that a status named is over."""

_TRAITS = {
    SPEED: (UNLEARNED_SPEED, SPEED_LIMITS, SPEED_KIND),
    INCLINE: (UNLEARNED_INCLINE, INCLINE_LIMITS, INCLINE_KIND),
}


class AxisLearner:
    """Learner of one axis across all links of one machine. Monotonic seconds, wire units."""

    def __init__(
        self, axis: Axis, known: AxisKnowledge, session: int, frame_s: float, step: int
    ) -> None:
        """Begin with stored knowledge; `step` is the declared step of the machine's targets."""
        self._start, self._limits, kind = _TRAITS[axis]
        self.known, self.step = known, step
        self.reading: int | None = None
        self.changed = False
        """True if anything was learned since this was last reset to False."""
        self.anew = False
        """True if earlier knowledge was discarded; reset like `changed`."""
        self._steadiness = Steadiness(kind)
        self._motion = Motion(self._limits.way)
        self._session, self._frame_s = session, frame_s
        self._heard = 0.0
        self._pressed = float("-inf")
        self._base = self.figures = self._start
        self._figure()
        self._rebase()

    def begin(self, session: int) -> None:
        """Begin a session: its additions to the bands are counted from here."""
        self._session = session
        self._rebase()

    def _rebase(self) -> None:
        """Take the figures of now as those of earlier sessions.

        While the gain is unknown, only its limits restrict what a session may add.
        """
        self._base = self.figures
        if not shows_gain(self.known.points, self._limits):
            self._base = replace(self.figures, rounding=0.0)

    def wrote(self, target: int, now: float) -> None:
        """Record a target that the machine accepted."""
        self._commanded(target, now, ours=True)
        if target not in self.known.taken:
            taken = (*self.known.taken, target)[-LATEST:]
            self._learn(replace(self.known, taken=taken))

    def _commanded(self, target: int, now: float, *, ours: bool) -> None:
        axis, lag_s, step_s = self.figures, self.figures.lag_s.high, 0.0
        if self.known.rises or self.known.falls:
            step_s = axis.resolution / max(axis.rise_per_s.low, axis.fall_per_s.low)
        self._steadiness.commanded(target, lag_s, now, ours=ours, step_s=step_s)
        self._motion.commanded(target, axis, self._frame_s, now, ours=ours)

    def refused(self, target: int) -> None:
        """Record a target within the range that the machine refused."""
        if target not in self.known.refused:
            refused = (*self.known.refused, target)[-LATEST:]
            self._learn(replace(self.known, refused=refused))

    def echoed(self, grid: int | None) -> None:
        """Take the step to which echoes are rounded; None if there is no single step."""
        if grid != self.known.echoed:
            self._learn(replace(self.known, echoed=grid))

    def rounded(self, off: Span | None) -> None:
        """Take the differences of echoes from their writes; None before the first."""
        if off != self.known.off:
            self._learn(replace(self.known, off=off))

    def pressed(self, target: int, now: float) -> None:
        """Record a console press that a status named: the belt moves there."""
        self._pressed = now
        self._commanded(target, now, ours=False)

    def readings(self, target: int) -> Interval:
        """Return all possible readings of a belt steady at a target."""
        return self.figures.readings(target, self.step)

    def highest(self, target: int) -> float:
        """Return the highest reading before anything was learned, of a machine that rounds."""
        axis = replace(self.figures, spread=None)
        return max(axis.readings(target, self.step).high, target + axis.coarsest / 2 + axis.noise)

    def gesture(self) -> None:
        """Record a console gesture; only its named targets are evidence."""
        if self._heard - self._pressed > GESTURE_S:
            self.spoil()

    def spoil(self) -> None:
        """Stop learning until the next write: a person or a halt moves the belt."""
        self._steadiness.spoil()
        self._motion.spoil(max(self._start.lag_s.high, self.figures.lag_s.high), self._heard)

    def sample(self, value: int, now: float, frame_s: float) -> Stretch | None:
        """Take a reading; return the steady stretch that it completes, or None."""
        self._frame_s, self.reading, self._heard = frame_s, value, now
        self._note(value)
        seen = self._motion.sample(value, self.figures, frame_s, now)
        if seen != NOTHING_SEEN:
            self._take_motion(seen)
        return self._steadiness.sample(value, now)

    def take(self, stretch: Stretch) -> None:
        """Learn from a steady stretch."""
        known, limits = self.known, self._limits
        target, mean = stretch.target, stretch.mean
        odd = not is_plausible(target, mean, limits)
        if not odd and self._base.spread is not None:
            odd = not explains(self._base, target, mean, limits, self.step)
        points = with_point(known.points, target, mean)
        wanders = latest(known.wanders, stretch.wander)
        wander = max(wanders)
        if not odd and not self._fits(points, wander):
            points = self._without_one(points, wander)
            odd = not points
        if odd:
            self._take_odd(Odd(self._session, target, mean))
            return
        overshoots = known.overshoots
        if stretch.peak is not None and target > 0:
            over = stretch.peak - mean - self.figures.noise
            overshoots = latest(overshoots, max(0.0, over / target))
        self._learn(
            replace(
                known,
                points=points,
                wanders=wanders,
                noises=latest(known.noises, stretch.noise),
                droops=latest(known.droops, stretch.droop(self.figures.resolution)),
                overshoots=overshoots,
            )
        )

    def _without_one(self, points: tuple[Point, ...], wander: float) -> tuple[Point, ...]:
        """Drop an early mistake in the first session; later the other points outweigh it.

        One that reads its target is none, unless two others agree: most machines are exact.
        """
        single = len(points) == 2 and is_exact(points[0], self._limits)
        if self._base.spread is not None or single:
            return ()
        lefts = (points[:at] + points[at + 1 :] for at in range(len(points) - 1))
        return next((left for left in lefts if self._fits(left, wander)), ())

    def _fits(self, points: tuple[Point, ...], wander: float) -> bool:
        limits = self._limits
        return fit(points, wander, limits, self.figures.resolution, limits.usual) is not None

    def _take_odd(self, odd: Odd) -> None:
        """Take a reading that contradicts the model; three consistent sessions replace it."""
        others = [each for each in self.known.odd if each.session != odd.session]
        kept = (*others, odd)[-AGREE:]
        share = [each.mean / each.target for each in kept if each.target]
        points: tuple[Point, ...] = ()
        for each in kept:
            points = with_point(points, each.target, each.mean)
        agree = len(kept) == len(share) == AGREE and max(share) - min(share) <= ALIKE
        plausible = all(is_plausible(each.target, each.mean, self._limits) for each in kept)
        if agree and plausible and self._fits(points, self._start.noise):
            self.anew = True
            self._base = self._start
            self._learn(AxisKnowledge(points=points, values=self.known.values))
            self._rebase()
        else:
            self._learn(replace(self.known, odd=kept))

    def _take_motion(self, seen: Seen) -> None:
        known = self.known
        if seen.lag is not None:
            known = replace(known, lags=(*known.lags, seen.lag)[-LATEST:])
        if seen.rise is not None:
            known = replace(known, rises=(*known.rises, seen.rise)[-LATEST:])
        if seen.fall is not None:
            known = replace(known, falls=(*known.falls, seen.fall)[-LATEST:])
        self._learn(known)

    def _note(self, value: int) -> None:
        """Collect distinct readings: their smallest distance is the step of the reports."""
        values = self.known.values
        at = bisect_left(values, value)
        if value == 0 or len(values) >= VALUES or (at < len(values) and values[at] == value):
            return
        self.known = replace(self.known, values=(*values[:at], value, *values[at:]))
        self._figure()

    def _learn(self, known: AxisKnowledge) -> None:
        self.known, self.changed = known, True
        self._figure()

    def _figure(self) -> None:
        known, limits = self.known, self._limits
        found = figures(known, self._start, self._frame_s, limits, self.step)
        found = within(found, self._base, limits, self.step)
        if found != self.figures:  # else the same object stays: no news for the guard
            self.figures = found
