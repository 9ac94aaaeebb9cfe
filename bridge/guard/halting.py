"""A stop or pause that is being carried out: written at once, and again until the belt slows."""

from dataclasses import dataclass, replace

from bridge.values import Belt, Halt

REPEAT_S = 1.0
ALARM_S = 5.0
SLOWER = 20
"""A belt that lost 0.2 km/h slows."""
FALLEN = 100
"""One that lost 1 km/h since it was told is on its way to a stand: no heavy step costs as much."""


@dataclass(slots=True)
class Halting:
    """Which halt, since when (monotonic seconds), and how fast the belt was then (0.01 km/h).

    `since` and `speed` move on with a belt that slows; `fallen` is whether it was seen to obey.
    """

    kind: Halt
    since: float
    speed: int | None
    written: float | None = None
    slowed: bool = False
    fallen: bool = False
    lost: int = 0
    alarmed: bool = False
    stops: bool = False
    """Whether a stop was asked, though a pause may have been since: the session ends with it."""

    def __post_init__(self) -> None:
        """Know a stop."""
        self.stops = self.stops or self.kind is Halt.STOP

    def again(self, kind: Halt) -> "Halting":
        """The same asked once more: written at once, and the alarm comes no later for it.

        A stop that was not written yet goes ahead of a pause.
        """
        waits = self.written is None and self.kind is Halt.STOP
        return replace(self, kind=Halt.STOP if waits else kind, written=None)

    def due(self, now: float, belt: Belt, speed: int | None) -> bool:
        """Whether the halt is to be written now; `speed` None: nothing is measured any more."""
        if _slows(belt, self.speed, speed):
            self.slowed, self.since = True, now
            if speed is not None:
                if self.speed is not None:
                    self.lost += self.speed - speed
                obeys = speed == 0 or self.lost > FALLEN
                self.fallen = self.fallen or (obeys and not belt.stands)
                self.speed = speed
        elif now - self.since > ALARM_S or (belt is Belt.STARTING and not self.fallen):
            self.slowed = False  # noise, or a belt that thought better of it
        if self.written is None or (not self.slowed and now - self.written >= REPEAT_S):
            self.written = now
            return True
        return False

    def alarms(self, now: float) -> bool:
        """True once, when the belt should have slowed by now and has not."""
        if self.alarmed or self.slowed or now - self.since <= ALARM_S:
            return False
        self.alarmed = True
        return True


def _slows(belt: Belt, before: int | None, speed: int | None) -> bool:
    """What is measured counts; a machine's word that it stops, only where nothing is.

    A belt that is about to start is at 0, and does not slow; nor is a 0 believed that leaves it
    unknown what the belt does.
    """
    if belt is Belt.STARTING:
        return False
    if belt.stands or (speed == 0 and belt is not Belt.UNKNOWN):
        return True
    if speed is None:
        return belt is Belt.STOPPING
    return before is not None and speed < before - SLOWER
