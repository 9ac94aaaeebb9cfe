"""A person at the console who slows the belt: the guard obeys and reports it once.

Speeds in 0.01 km/h, inclines in 0.1 %, times in seconds.
"""

from bridge.machines.learned import Echo
from bridge.values import Axis
from tests.guard.conftest import COUNTS
from tests.guard.proof.judges.moment import Moment
from tests.guard.proof.judges.record import RECENT_S, Record
from tests.guard.proof.ledger import NEAR

QUIET_S = 1.5
CROSSING_S = 2.0


class ConsoleJudge(Record):
    """Judge of what the console does to one axis."""

    def _judge_named(self, at: Moment, was: int, now: int) -> None:
        """A status that names less than the setpoint, and can be no echo, is obeyed at once."""
        axis, value = at.learned.of(self.axis), at.named[-1]
        named = value > 0 or self.axis is Axis.INCLINE
        if value >= was or not named or len(at.named) > 1 or self._names_current(at, was, value):
            return
        near = max(axis.press, axis.grid or at.steps.step)
        youngest = at.now - at.learned.echo_s - 2
        wrote = [w for t, w in self.writes if t >= youngest and abs(w - value) < near]
        if (not wrote or at.learned.echo is Echo.NEVER) and not self._crosses(at.now, value):
            COUNTS["times a lower target was named"] += 1
            assert now <= value, "what the console names is obeyed"

    def _judge_fall(self, at: Moment, was: int, now: int) -> None:
        """A fall under a constant or rising setpoint is obeyed once two samples show it."""
        axis = at.learned.of(self.axis)
        if at.garbled or not at.readings:
            return
        # Readings of a commanded fall are no peak to fall from (precision 9).
        since = max(at.now - RECENT_S, self.touched, self.grown, self.falls_until)
        late = [(t, v) for t, v in self.readings if t > since]
        fallen = []
        for n, (when, value) in enumerate(late):
            peak = max((v for _, v in late[:n]), default=value)
            # Every belt that reads its setpoint obeys, whatever was learned of it.
            usual = peak <= max(was, axis.readings(was, axis.resolution).high)
            fell = usual and value <= peak - axis.fall_of_a_press(peak)
            # A belt that falls no further than to its setpoint may be on its way there.
            if fell and value < was and when in self.below:
                fallen.append((when, value))
            elif fallen and value > fallen[-1][1] + axis.fall_of_a_press(value):
                fallen.clear()  # it is back: two dips are not one fall
        patience = max(3.0, 2 * at.learned.frame_s)
        if len(fallen) > 1 and fallen[-1][0] == at.now:
            COUNTS["looks at a belt that fell by itself"] += 1
        if len(fallen) > 1 and fallen[-1][0] == at.now and at.now - fallen[0][0] >= patience:
            assert now <= max(v for _, v in fallen), "a slower press is obeyed"

    def _judge_event(self, at: Moment, was: int) -> None:
        """Only a press is reported, and only at its end."""
        told = [e for e in at.after.events if e.type == "console_slowed"]
        if any(e.axis is self.axis for e in told):
            asked = at.before.requested[self.axis]
            pressed = self.pressed or self._slower_than(at, max(was, asked or was))
            assert pressed, "an event reports a press"
            assert at.now - self.obeyed >= QUIET_S - NEAR, "at the end of a gesture"

    def _judge_gesture(self, at: Moment) -> None:
        """A slower press is reported once the belt stops falling and no other key is pressed."""
        late = [(t, v) for t, v in self.readings if t >= self.touched]
        falling = [t for (t, v), (_, w) in zip(late[1:], late, strict=False) if v < w]
        quiet = at.now - max([self.touched, *falling])
        longest = max(4.0, 2 * at.learned.frame_s)
        self.owed = self.owed and not at.others  # then it may be another app's (precision 15a)
        assert not self.owed or quiet <= longest, "a press is told"
        assert not self.crossed or quiet <= longest, "a press that a write crossed is written"

    def _follow_crossing(self, at: Moment, was: int, now: int) -> None:
        """A write of the last 2 s may land after a press downwards, and undo it (precision 7)."""
        if any(t.axis is self.axis for t in at.after.targets) or now > was or at.others:
            self.crossed = False
        elif now < was and self.owed and at.learned.echo is not Echo.EACH:
            self.crossed |= any(at.now - t < CROSSING_S and w > now for t, w in self.writes)
        self.crossed &= now >= at.steps.lowest
