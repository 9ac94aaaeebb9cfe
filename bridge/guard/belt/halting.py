"""A stop or pause in progress: when to repeat it, when it is ignored, when it is over."""

from dataclasses import dataclass, field

from bridge.values import Belt, Halt

REPEAT_S = 1.0
"""Seconds between two writes of a halt."""
FALL_S = 2.0
"""A halt is not repeated within this many seconds of a fall: the belt is obeying."""
ALARM_S = 5.0
"""A halt without a fall for this many seconds is ignored by the machine."""
FALL = 30
"""Smallest drop that counts as a fall: 0.3 km/h by the contract, whatever was learned."""
RISE = 100
"""Rise after which falls are counted from the new speed: 1 km/h. Noise never rises that much, so it
cannot delay the alarm."""
BETWEEN_S = 0.5
"""Seconds from a halt to a target between two halts: the minimum gap between writes."""
COUNTDOWN_OVER_S = 1.5
"""Seconds of standing that end a countdown once the machine reported rest. Nothing moved before, so
zeros prove a stand as soon as elsewhere."""
START_S = 15.0
"""Seconds within which a start must show. Countdowns take 3 s, slow machines 6 s."""


@dataclass(slots=True)
class Halting:
    """One halt in progress. Monotonic seconds, speeds in 0.01 km/h.

    `since` is the time of the halt command or of the newest fall. `speed` is the reference for the
    next fall. `start` is the time of a start that was commanded or reported and has not shown yet.
    `said` is True if the machine reported a stop after the halt was written. `rests` is the time
    since which a belt stands that was in its countdown during this halt; infinite without one.
    """

    kind: Halt
    since: float
    speed: int | None
    start: float | None = None
    pending: bool = True
    written: float = float("-inf")
    repeated: bool = False
    fallen: bool = False
    said: bool = False
    counting: bool = False
    rests: float = float("inf")
    between: bool = False
    alarmed: bool = False
    stops: bool = field(init=False)
    """True if a stop was commanded, even if a pause followed: the session ends with it."""

    def __post_init__(self) -> None:
        self.stops = self.kind is Halt.STOP

    def again(self, kind: Halt) -> None:
        """Take a repeated command: it is written at once and does not delay the alarm.

        An unwritten stop takes precedence over a pause.
        """
        if not (self.pending and self.kind is Halt.STOP):
            self.kind = kind
        self.stops = self.stops or kind is Halt.STOP
        self.pending = True

    def due(
        self, now: float, belt: Belt, speed: int | None, *, lag_s: float, toggles: bool, still: bool
    ) -> bool:
        """Return True if the halt must be written now; `speed` is None without a reading.

        While all counters are `still`, the belt may stand at a frozen speed. The halt is then not
        repeated, so that a frozen speed can be told from an ignored halt.

        A machine that `toggles` would restart on a repeat. Its halt is repeated only while readings
        show no fall after `lag_s`.
        """
        self._follow(now, belt, speed)
        if self.pending:
            self.pending = False
        elif belt.stands or still or now - self.written < REPEAT_S or self._falls(now, FALL_S):
            return False
        elif toggles:
            falls = self._falls(now, lag_s + FALL_S)
            if falls or speed is None or self.answers(now, lag_s=lag_s):
                return False
        self.repeated = self.written > float("-inf")
        self.written, self.between = now, True
        return True

    def _falls(self, now: float, within_s: float) -> bool:
        return self.fallen and now - self.since < within_s

    def _follow(self, now: float, belt: Belt, speed: int | None) -> None:
        """Follow the measured speed; use the reported state only where there is no reading.

        A belt in its countdown reads 0 and does not fall. A 0 on an unknown belt is no fall,
        because some machines send only zeros.
        """
        if belt is Belt.STARTING:
            self.start = now if self.start is None else self.start
            self.fallen, self.counting, self.rests = False, True, float("inf")
            return
        self.rests = min(self.rests, now) if self.counting and belt.stands else float("inf")
        if speed and not belt.stands:
            self.start = None
        if belt.stands or (speed == 0 and belt is not Belt.UNKNOWN):
            falls = True
        elif speed is None:
            falls = belt is Belt.STOPPING
        else:
            falls = self.speed is not None and speed <= self.speed - FALL
        if falls:
            self.fallen, self.since = True, now
        if speed is not None and (falls or self.speed is None or speed > self.speed + RISE):
            self.speed = speed

    def alarms(self, now: float) -> bool:
        """Return True once, when the belt should have slowed by now and has not."""
        if self.alarmed or now - self.since <= ALARM_S:
            return False
        self.alarmed = True
        return True

    def is_between(self, now: float) -> bool:
        """Return True once after each write, when a target may follow it."""
        if not self.between or now - self.written < BETWEEN_S:
            return False
        self.between = False
        return not self._falls(now, FALL_S)

    def stop_seen(self) -> None:
        """Take a stop status; it counts only after the halt was written."""
        self.said = self.said or not self.pending

    def start_seen(self, now: float, *, lag_s: float) -> bool:
        """Take a Started status; return True if a person started the belt, which ends the halt.

        Within the lag of a halt, the status may be the machine's answer to it.
        """
        by_person = self.said and not self.answers(now, lag_s=lag_s)
        self.said, self.start = False, None
        return by_person

    def answers(self, now: float, *, lag_s: float) -> bool:
        """Return True if a status received now may answer the newest halt."""
        return now - self.written <= lag_s + FALL_S

    def is_over(self, now: float, belt: Belt) -> bool:
        """Return True if the belt stands after the halt was written and is not about to start."""
        # A stand before the write is no answer to this halt.
        if self.pending or not belt.stands:
            return False
        # Within 15 s only a report of the machine turns a countdown into a stand.
        calm = now - self.rests >= COUNTDOWN_OVER_S
        return self.start is None or self.said or calm or now - self.start > START_S
