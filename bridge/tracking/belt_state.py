"""State of the belt, judged from data, statuses, counters and silence.

No source is trusted alone. Data can be silent at rest, end without a last zero, freeze, or show a
residual speed at rest. Statuses can be missing, or report a stop seconds before the belt stands.
Training status can be constant. In doubt the belt is `unknown`, or counts as moving.
"""

from enum import Enum

from bridge.machines.learned import STALE_FAULT_S, UNLEARNED
from bridge.tracking.counters import Counters
from bridge.values import Activity, Belt, Doing, Measurement

LOST = STALE_FAULT_S
"""Seconds without a sample or an answered read after which the belt is unknown."""
START_LIMIT = 15.0
"""Seconds from a start to the first speed: countdowns take 3 s, slow machines 6 s."""
SETTLE = 4.0
"""Seconds within which a machine sends all statuses of one change."""
CONFIRM = 1.5
"""Seconds of zero speed that prove a stand without a status."""
FASTEST = 300
"""Fastest change of a belt speeding up, or running out without a status: 3 km/h per s."""
JUMP = 50
"""Additional change between readings (0.5 km/h), for rounding and a late report."""
WALK = 300
"""A belt below 3 km/h after a stand has started; a faster one was found moving."""
COUNTED = 3.0
"""Seconds of unchanged counters that prove a stand after a stop status."""
UNTOLD = 10.0
"""Seconds of unchanged counters that prove a stand without a stop status."""
RESIDUAL = 150
"""Highest residual speed at rest: 1.5 km/h."""
SLOWEST_FALL = 50
"""Slowest assumed deceleration of a stopping belt: 0.5 km/h per s, in wire units."""
RISE = 20
"""Least rise of speed (0.2 km/h) that contradicts a stop; noise and report steps need more."""
LEARNT = 6.0
"""Seconds after the last sample in which a training status may still predate it."""
UNHEARD = float("inf")
"""Larger than any speed."""


class BeltReport(Enum):
    """Last report about the belt: a status of either kind, or the success of our own order."""

    START = "start"
    STOP = "stop"
    PAUSE = "pause"


class Habits:
    """Rest behaviour of one machine, kept across its links."""

    def __init__(self) -> None:
        self.counters = Counters()
        self.residual: int | None = None
        """Speed (wire units) that it showed at rest; None if it showed none."""


class BeltState:
    """Judge of one machine's belt. Times are monotonic seconds, speeds wire units (0.01 km/h).

    Pass in all data as they arrive, and call `tick` at least once a second; then read `belt`.
    `learned` gives the seconds for which data stay fresh without a sample.
    """

    def __init__(
        self, now: float, *, reports_target: bool = False, habits: Habits | None = None
    ) -> None:
        """Begin a new link at `now`; with `reports_target`, a speed of 0 may come too early."""
        self.reports_target = reports_target
        self.learned = UNLEARNED
        self.belt = Belt.UNKNOWN
        self._habits = habits or Habits()
        self._habits.counters.relink()
        self._counters = self._habits.counters
        self._started: float | None = None
        self._said: float | None = None
        self._halts: tuple[float, float] | None = None
        self._constant: int | None = None
        self._constant_since = now
        self._phantom: int | None = None
        self._moving: tuple[float, int] | None = None
        """Time and speed of the newest reading in motion; None before one on this link."""
        self._proven = False
        self._found = False
        self._linked = now
        self._answered = now
        self._speed: int | None = None
        self._speed_time = now
        self._zero_since: float | None = None
        self._lowest = UNHEARD
        self._fall_time = now
        self._blank = True
        self._word: BeltReport | None = None
        self._ours = False
        self._word_time = now
        self._training: Activity | None = None
        self._training_time = now

    def sample(self, data: Measurement, now: float) -> None:
        """Take a complete record; a missing speed is ignored."""
        if self._counters.add(data, now):
            self._phantom = None
        if data.speed is not None:
            self.speed(data.speed, now, blank=data.is_blank)

    def speed(self, speed: int, now: float, *, blank: bool) -> None:
        """Take a sample's speed; `blank` is True if no counter shows that it ever moved."""
        self._blank = self._blank and blank
        if speed != self._constant:
            self._constant, self._constant_since = speed, now
        late = self._is_late(speed, now)
        speed = self._true_speed(speed, now)
        self._found = not late and self._is_out_of_reach(speed, now)
        was = self._speed
        self._speed, self._speed_time = speed, now
        if speed:
            self._zero_since = None
        elif self._zero_since is None:
            self._zero_since = now
        if self._zero_since is not None:
            self._proven = self._proven or self._has_run_out(now, self._zero_since)
        elif not self._is_unproven(speed):
            self._proven, self._started = False, None
            self._moving = now, speed
            starts = self._word is BeltReport.START or (was == 0 and not late)
            if starts or self._belies_halt(speed, now):
                self._word = self._said = self._halts = None
                self._lowest = UNHEARD  # the next halt is judged by falls from this speed
            if speed < self._lowest:
                self._lowest, self._fall_time = speed, now
        self.tick(now)

    def _true_speed(self, speed: int, now: float) -> int:
        """Return 0 instead of a speed shown by a belt whose counters prove a stand."""
        if speed != self._phantom:
            self._phantom = None
        if speed and self._phantom is None and self._stands_by_counters(speed, now):
            self._phantom = speed
            self._proven = True
            if speed <= RESIDUAL:
                self._habits.residual = speed
        return speed if self._phantom is None else 0

    def _is_late(self, speed: int, now: float) -> bool:
        """Return True if a belt that stands by its counters shows its fall only now.

        The reports of some machines lag by seconds behind their statuses and counters.
        """
        falls = self._phantom is not None and speed < self._phantom
        return falls and now - self._word_time <= self.learned.speed.lag_s.high

    def _stands_by_counters(self, speed: int, now: float) -> bool:
        """Return True if a halt is over although the machine still shows this speed.

        After a stop status by the machine, and after our halt if there was one, this takes
        `COUNTED`. Without a status, a halt or a residual speed takes `UNTOLD`, with no halt written
        meanwhile.
        """
        first, last = self._halts or (float("-inf"), float("-inf"))
        if self._said is not None and self._said >= first:
            since, least, guess = self._said, COUNTED, speed <= RESIDUAL
        elif self._halts is not None or speed == self._habits.residual:
            since, least, guess = last, UNTOLD, False
        else:
            return False
        since = max(since, self._constant_since)
        return now - since >= least and self._counters.stood(speed, since, least, guess=guess)

    @property
    def counters_stand(self) -> bool:
        """True if a halt was written and every counter known to advance has stopped."""
        if self._halts is None or self._constant is None:
            return False
        return self._counters.stood(self._constant, float("-inf"), COUNTED, guess=False)

    def _is_out_of_reach(self, speed: int, now: float) -> bool:
        """Return True if a belt that stood cannot have reached this speed since."""
        reach = FASTEST * (now - self._speed_time) + JUMP
        return self.belt.stands and speed > max(WALK, reach)

    def _is_unproven(self, speed: int) -> bool:
        """Return True for a walk on a new link that no counter confirms: it may be residual."""
        fresh = self._moving is None and not self._proven and self._started is None
        return fresh and speed <= RESIDUAL and self._counters.unproven

    def _has_run_out(self, now: float, since: float) -> bool:
        """Return True if the zeros since then prove a stand without any status."""
        moving = self._moving
        at_rest = moving is None or now - moving[0] >= moving[1] / FASTEST
        return now - since >= CONFIRM and at_rest

    def _belies_halt(self, speed: int, now: float) -> bool:
        if speed > self._lowest + max(RISE, self.learned.speed.blur):
            return True
        # Ignore the resolution of the counters: at this speed their steps are short.
        still = self._counters.stood(UNHEARD, self._fall_time, COUNTED, guess=False)
        return now - self._fall_time > LOST and not still

    def halt_written(self, now: float) -> None:
        """Record a stop or pause that is being written: earlier reports do not end it."""
        first = now if self._halts is None else self._halts[0]
        self._halts = (first, now)

    def take_report(self, word: BeltReport, now: float, *, ours: bool = False) -> None:
        """Take a report: a status, or with `ours` the success of our own order."""
        if word is BeltReport.START:
            self._started, self._said, self._halts = now, None, None
        elif not ours:
            self._started, self._said = None, now
        self._word, self._word_time, self._ours = word, now, ours
        self._lowest = UNHEARD if self._speed is None else self._speed
        self._fall_time = now
        self.tick(now)

    def training(self, activity: Activity | None, now: float) -> None:
        """Take a workout state; None is ignored. Only a change is a report."""
        before, self._training = self._training, activity
        if activity != before:
            self._training_time = now
            said = (
                self._word in {BeltReport.STOP, BeltReport.PAUSE}
                and now - self._word_time <= SETTLE
            )
            if before is not None and self._rests() and before.doing is not Doing.RESTING:
                self._said, self._started = now, None
                if not said:
                    self.take_report(BeltReport.STOP, now)
        self.tick(now)

    def answered(self, now: float) -> None:
        """Record an answered read: the machine is alive."""
        self._answered = now

    def tick(self, now: float) -> None:
        """Update the state for the time `now`."""
        if self._speed is None:
            self.belt = self._never_heard(now)
        elif now - self._speed_time > self.learned.hold_s:
            self.belt = self._silent(now, self._speed)
        elif self._speed == 0:
            self.belt = self._zero(now)
        elif self._found or self._is_unproven(self._speed):
            self.belt = Belt.UNKNOWN
        else:
            self.belt = Belt.STOPPING if self._halting() else Belt.RUNNING

    def _halting(self) -> bool:
        return self._word in {BeltReport.STOP, BeltReport.PAUSE}

    def _starting(self, now: float) -> bool:
        if self._started is not None and now - self._started <= START_LIMIT:
            return True  # a halt during the countdown may be ignored
        counting = self._training is not None and self._training.doing is Doing.COUNTDOWN
        stopped = self._said is not None and self._said >= self._training_time
        return counting and not stopped and now - self._training_time <= START_LIMIT

    def _active(self) -> bool:
        return self._training is not None and self._training.doing is Doing.ACTIVE

    def _rests(self) -> bool:
        return self._training is not None and self._training.doing is Doing.RESTING

    def _rest(self) -> Belt:
        if self._blank and self._claims_to_run():
            return Belt.UNKNOWN  # its zeros are no measurement
        if self._halting():
            return Belt.PAUSED if self._word is BeltReport.PAUSE else Belt.IDLE
        return Belt.PAUSED if self._active() else Belt.IDLE

    def _claims_to_run(self) -> bool:
        """Return True if the machine reports motion; success of our own stop does not count."""
        if self._halting() and not (self._word is BeltReport.STOP and self._ours):
            return False
        return self._active() or (self._word is BeltReport.START and not self._ours)

    def _zero(self, now: float) -> Belt:
        if self._starting(now):
            return Belt.STARTING
        if self._active() and self._moving is None and now - self._training_time <= START_LIMIT:
            return Belt.STARTING  # "exercising" at speed 0: the countdown, or a pause
        if self._ran_out(now) and (self._proven or self._said is not None):
            return self._rest()
        # The first zero on a new link may be stale.
        return Belt.STOPPING if self._moving is not None else Belt.UNKNOWN

    def _ran_out(self, now: float) -> bool:
        """Return True if a belt that reports its target instead of its speed has run out."""
        since, moving = self._zero_since, self._moving
        if not self.reports_target or moving is None or since is None:
            return True
        return now - since >= SETTLE + moving[1] / SLOWEST_FALL

    def _is_last_zero(self, now: float) -> bool:
        """Return True if the silence after a zero means a machine that sends nothing at rest."""
        told = self._proven or self._halting() or self._rests()
        return told or (self._moving is not None and now - self._speed_time > LOST)

    def _present(self, now: float) -> bool:
        return now - max(self._answered, self._speed_time) <= LOST

    def _never_heard(self, now: float) -> Belt:
        """Return the state of a belt without data: some machines are silent until it starts."""
        if self._starting(now):
            return Belt.STARTING
        silent = now - self._linked > self.learned.hold_s
        at_rest = self._rests() or (self._halting() and now - self._word_time > SETTLE)
        return self._rest() if silent and at_rest and self._present(now) else Belt.UNKNOWN

    def _silent(self, now: float, last: int) -> Belt:
        """Return the state of a belt without recent data: some machines go silent as it stops."""
        if self._starting(now):
            return Belt.STARTING
        if last == 0:
            if not self._ran_out(now):
                return Belt.STOPPING
            if not self._is_last_zero(now):
                moved = self._moving is not None
                return Belt.STOPPING if moved and self._present(now) else Belt.UNKNOWN
            # Reads lag behind: after a stop, "active" may mean a pause.
            late = LEARNT if self._halting() else 0.0
            woken = self._active() and self._training_time - self._speed_time > late
            said_start = self._word is BeltReport.START and self._word_time > self._speed_time
            stands = not woken and not said_start and self._present(now)
            return self._rest() if stands else Belt.UNKNOWN
        if self._halting():
            fallen = now - self._word_time >= SETTLE + last / SLOWEST_FALL
            if fallen:
                return self._rest() if self._present(now) else Belt.UNKNOWN
            return Belt.STOPPING
        known = now - self._speed_time <= self.learned.fault_s
        return Belt.RUNNING if known else Belt.UNKNOWN
