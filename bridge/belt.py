"""What the belt does, judged from three witnesses: the data, the words said of it, and silence.

No witness is believed alone. Data can be silent at rest, or end without a last zero. Status can be
missing, or say "stopped" seconds before the belt stands. Training status can be constant. In doubt
the belt is `unknown`, or counts as moving.
"""

from enum import Enum

from bridge.values import Belt
from protocols.ftms.training_status import TrainingStatus

STALE = 3.0
"""Seconds without a sample after which the data is silent."""
LOST = 10.0
"""Seconds without a sample or an answered read after which nothing is known."""
START_LIMIT = 15.0
"""Seconds from a start to the first speed: countdowns take 3 s, slow machines 6 s."""
SETTLE = 4.0
"""Seconds that a machine may take to say all of one change."""
CONFIRM = 1.0
"""Seconds between two samples of speed 0 that, without any word, mean that the belt stands."""
SLOWEST_FALL = 50
"""The slowest that a stopping belt is taken to slow: 0.5 km/h per s, in wire units."""
RISE = 20
"""A rise of speed (0.2 km/h) that belies a stop."""
LEARNT = 6.0
"""Seconds after the last sample within which a training status may be of before it."""
UNHEARD = 0x10000
"""Above every speed."""

_RESTING = frozenset({TrainingStatus.IDLE, TrainingStatus.POST_WORKOUT})
_TELLS_NOTHING = frozenset({TrainingStatus.OTHER, TrainingStatus.PRE_WORKOUT})


class Word(Enum):
    """The last thing said of the belt: by a status of either kind, or our own order's success."""

    START = "start"
    STOP = "stop"
    PAUSE = "pause"


class BeltState:
    """Judges one machine's belt. All times are monotonic seconds, speeds wire units (0.01 km/h).

    Give it whatever arrives, and `tick` it at least once a second; then read `belt`.
    """

    def __init__(self, now: float, *, reports_target: bool = False) -> None:
        """Begin with a new link at `now`; `reports_target`: a speed of 0 may come too early."""
        self.reports_target = reports_target
        self.belt = Belt.UNKNOWN
        self._linked = now
        self._answered = now
        self._speed: int | None = None
        self._speed_time = now
        self._zero_since: float | None = None
        self._last_speed = 0
        self._lowest = UNHEARD
        self._fall_time = now
        self._moved = False
        self._blank = True
        self._word: Word | None = None
        self._ours = False
        self._word_time = now
        self._training: TrainingStatus | None = None
        self._training_time = now

    def speed(self, speed: int, now: float, *, blank: bool = False) -> None:
        """A sample's speed; `blank`: nothing else in it says that the machine ever moved."""
        self._blank = self._blank and blank
        was = self._speed
        self._speed, self._speed_time = speed, now
        if speed == 0:
            self._zero_since = now if self._zero_since is None else self._zero_since
        else:
            self._zero_since = None
            self._last_speed = speed
            self._moved = True
            if was == 0 or self._word is Word.START or self._belies_halt(speed, now):
                self._word = None
            if speed < self._lowest:
                self._lowest, self._fall_time = speed, now
        self.tick(now)

    def _belies_halt(self, speed: int, now: float) -> bool:
        return speed > self._lowest + RISE or now - self._fall_time > LOST

    def say(self, word: Word, now: float, *, ours: bool = False) -> None:
        """A status named it, or our own order for it succeeded (`ours`)."""
        self._word, self._word_time, self._ours = word, now, ours
        self._lowest = UNHEARD if self._speed is None else self._speed
        self._fall_time = now
        self.tick(now)

    def training(self, status: TrainingStatus | None, now: float) -> None:
        """A training status, read or notified; None says nothing. Only a change is a word."""
        before, self._training = self._training, status
        if status is not before:
            self._training_time = now
            said = self._word in {Word.STOP, Word.PAUSE} and now - self._word_time <= SETTLE
            if before is not None and status in _RESTING and before not in _RESTING and not said:
                self.say(Word.STOP, now)
        self.tick(now)

    def answered(self, now: float) -> None:
        """A read was answered: the machine is there."""
        self._answered = now
        self.tick(now)

    def tick(self, now: float) -> None:
        """Judge again."""
        if self._speed is None:
            self.belt = self._never_heard(now)
        elif now - self._speed_time > STALE:
            self.belt = self._silent(now, self._speed)
        elif self._speed > 0:
            self.belt = Belt.STOPPING if self._halting() else Belt.RUNNING
        else:
            self.belt = self._zero(now, self._zero_since or now)

    def _halting(self) -> bool:
        return self._word in {Word.STOP, Word.PAUSE}

    def _starting(self, now: float) -> bool:
        said = self._word is Word.START and now - self._word_time <= START_LIMIT
        counting = self._training is TrainingStatus.PRE_WORKOUT
        return said or (counting and now - self._training_time <= START_LIMIT)

    def _active(self) -> bool:
        training = self._training
        return training is not None and training not in _RESTING | _TELLS_NOTHING

    def _rest(self) -> Belt:
        if self._blank and self._claims_to_run():
            return Belt.UNKNOWN  # its zeros are no measurement
        if self._halting():
            return Belt.PAUSED if self._word is Word.PAUSE else Belt.IDLE
        return Belt.PAUSED if self._active() else Belt.IDLE

    def _claims_to_run(self) -> bool:
        """Whether the machine itself says so; success for a stop of ours is no word against it."""
        if self._halting() and not (self._word is Word.STOP and self._ours):
            return False
        return self._active() or (self._word is Word.START and not self._ours)

    def _zero(self, now: float, since: float) -> Belt:
        if self._starting(now):
            return Belt.STARTING
        if self._active() and not self._moved and now - self._training_time <= START_LIMIT:
            return Belt.STARTING  # "exercising" at speed 0: the countdown, or a pause
        if not self._ran_out(now):
            return Belt.STOPPING
        if self._halting() or not self._moved or self._speed_time - since >= CONFIRM:
            return self._rest()
        return Belt.STOPPING

    def _ran_out(self, now: float) -> bool:
        """Whether a belt stands by now whose machine shows the target instead of its speed."""
        since = self._zero_since
        if not self.reports_target or not self._moved or since is None:
            return True
        return now - since >= SETTLE + self._last_speed / SLOWEST_FALL

    def _present(self, now: float) -> bool:
        return now - max(self._answered, self._speed_time) <= LOST

    def _never_heard(self, now: float) -> Belt:
        """Some machines send nothing until the belt starts."""
        if self._starting(now):
            return Belt.STARTING
        silent = now - self._linked > STALE
        at_rest = self._training in _RESTING or (self._halting() and now - self._word_time > SETTLE)
        return self._rest() if silent and at_rest and self._present(now) else Belt.UNKNOWN

    def _silent(self, now: float, last: int) -> Belt:
        """Some machines stop sending with the belt, or a little before it stands."""
        if self._starting(now):
            return Belt.STARTING
        if last == 0:
            if not self._ran_out(now):
                return Belt.STOPPING
            # What is only read is learnt late: after a stop "active" may well mean a pause.
            late = LEARNT if self._halting() else 0.0
            woken = self._active() and self._training_time - self._speed_time > late
            said_start = self._word is Word.START and self._word_time > self._speed_time
            stands = not woken and not said_start and self._present(now)
            return self._rest() if stands else Belt.UNKNOWN
        if self._halting():
            fallen = now - self._word_time >= SETTLE + last / SLOWEST_FALL
            if fallen:
                return self._rest() if self._present(now) else Belt.UNKNOWN
            return Belt.STOPPING
        return Belt.RUNNING if now - self._speed_time <= LOST else Belt.UNKNOWN
