"""Detection of undeclared behaviour of one machine. Pure: no clock, no I/O.

Findings are quirks with stable names, and events for people. `bridge.tracking.learning.learner`
learns how the belt moves and what its numbers mean.
"""

from dataclasses import dataclass, field, replace

from bridge.machines import Quirk
from bridge.machines.learned import STALE_HOLD_S
from bridge.values import (
    Activity,
    Belt,
    Doing,
    Event,
    HaltBelt,
    MachineInfo,
    Measurement,
    Order,
    StartBelt,
)
from bridge.values.status import MachineEvent, Started

MOTION_S = 15.0
"""Seconds from a start to motion or data: countdowns take 3 s, slow machines 6 s."""
FIRST_DATA_S = 30.0
"""Seconds after which a machine that never sent data is reported."""
REST_S = 10.0
"""Seconds of silence at rest that are normal for a machine and no gap."""
BEYOND = 3
"""Samples above the machine's range that rule out a mistake."""
REFUSALS = 3
"""Refusals without a success that make a quirk; one is enough if the model is known for it."""
FRESH_S = STALE_HOLD_S
"""Seconds for which a sample is current."""
PARTS = 5
"""Partial records, without a complete one, that show a wrong More Data flag."""

_DULL = frozenset({Doing.UNTOLD, Doing.RESTING})


@dataclass(slots=True)
class Observer:
    """Observer of one link. Times are monotonic seconds, speeds converted 0.01 km/h.

    `machine` holds its facts, with the quirks found so far.
    """

    machine: MachineInfo
    linked: float
    events: list[Event] = field(default_factory=list)
    _heard: float | None = None
    _started: float | None = None
    _beyond: int = 0
    _training: Activity | None = None
    _training_moved: bool = False
    _running: float | None = None
    _blank: bool = True
    _parts: int = 0
    _refusals: int = 0
    _told_refusals: bool = False
    _obeyed: bool = False

    def add(self, quirk: Quirk) -> bool:
        """Add a quirk; return True if it is new on this link."""
        if self.has(quirk):
            return False
        self.machine = replace(self.machine, quirks=(*self.machine.quirks, quirk))
        return True

    def _drop(self, quirk: Quirk) -> None:
        """Remove a quirk that no longer applies."""
        if self.has(quirk):
            left = tuple(each for each in self.machine.quirks if each != quirk)
            self.machine = replace(self.machine, quirks=left)

    def has(self, quirk: Quirk) -> bool:
        """Return True if the machine has this quirk."""
        return quirk in self.machine.quirks

    def take_events(self) -> list[Event]:
        """Return and clear the events for people."""
        events, self.events = self.events, []
        return events

    # --- data of the machine

    def part(self) -> None:
        """Take a partial record."""
        self.add(Quirk.SPLIT_RECORDS)
        self._parts += 1

    def sample(self, data: Measurement, now: float) -> None:
        """Take a complete record, in converted units."""
        self._heard = now
        self._blank = self._blank and data.is_blank
        speed = data.speed
        if speed is None:
            return
        if speed:
            self._started = None
        self._compare_with_range(speed)

    def _compare_with_range(self, speed: int) -> None:
        told = self.machine.speed_range
        if told is None or not told.maximum:
            return
        beyond = speed > told.maximum * 1.02 + told.step
        self._beyond = self._beyond + 1 if beyond else 0
        if self._beyond >= BEYOND:
            self.add(Quirk.SPEED_BEYOND_RANGE)

    def training(self, activity: Activity | None) -> None:
        """Take a workout state; None is ignored."""
        if activity is None:
            self.add(Quirk.EMPTY_TRAINING_STATUS)
        elif activity != self._training:
            self._training_moved = self._training is not None
            self._training = activity

    def status(self, event: MachineEvent, now: float, *, replay: bool) -> None:
        """Take a status that names no target; `replay`: a repetition right after subscribing."""
        if replay:
            self.add(Quirk.STATUS_REPLAYED)
        elif isinstance(event, Started):
            self._started = now
        else:
            self._started = None

    # --- orders

    def written(self, order: Order, now: float) -> None:
        """Record an order that the machine reported as carried out."""
        self._obeyed = True
        self._drop(Quirk.REFUSES_EVERYTHING)
        self._drop(Quirk.NO_ANSWERS)
        if isinstance(order, StartBelt):
            self._started = now
        elif isinstance(order, HaltBelt):
            self._started = None

    def unanswered(self) -> None:
        """Record that the machine never answers orders."""
        if self.add(Quirk.NO_ANSWERS):
            self._report("no_answers")

    def refused(self) -> None:
        """Record an order that the machine refused or did not answer."""
        if not self.machine.can_control:
            return
        self._refusals += 1
        locked = self.machine.edge.profile.needs_unlock
        enough = locked or self._refusals >= REFUSALS
        if not enough or self._obeyed or not self.add(Quirk.REFUSES_EVERYTHING):
            return
        if not self._told_refusals:
            self._told_refusals = True
            self._report("refuses_everything", "locked" if locked else "")

    def try_again(self) -> None:
        """Reset after a new command: the next refusal shows again if it refuses everything."""
        self._drop(Quirk.REFUSES_EVERYTHING)

    # --- time

    def tick(self, belt: Belt, now: float) -> None:
        """Process the passing of time, with the judged state of the belt."""
        silent = now - (self.linked if self._heard is None else self._heard)
        if silent > REST_S and belt in {Belt.IDLE, Belt.PAUSED, Belt.UNKNOWN}:
            self.add(Quirk.SILENT_AT_REST)
        if self._heard is None and silent > FIRST_DATA_S and not belt.stands:
            self._no_data("never_whole" if self._parts >= PARTS else "")
        self._doubt_zeros(belt, now)
        self._await_motion(now)
        self._running = (self._running or now) if belt is Belt.RUNNING else None
        ran = self._running is not None and now - self._running > REST_S
        dull = self._training is not None and self._training.doing in _DULL
        if ran and dull and not self._training_moved:
            self.add(Quirk.TRAINING_STATUS_CONSTANT)

    def _doubt_zeros(self, belt: Belt, now: float) -> None:
        """Detect a belt that reports running with zeros only: see `BeltState`."""
        fresh = self._heard is not None and now - self._heard <= FRESH_S
        if belt is Belt.UNKNOWN and fresh and self._blank and now - self.linked > MOTION_S:
            self._started = None
            self._no_data("only_zeros")

    def _await_motion(self, now: float) -> None:
        if self._started is None or now - self._started <= MOTION_S:
            return
        started, self._started = self._started, None
        if self._heard is None or self._heard < started:
            self._no_data("")
        elif self._blank and self._training and self._training.doing is Doing.ACTIVE:
            self._no_data("only_zeros")
        elif self.add(Quirk.START_WITHOUT_MOTION):
            self._report("no_motion", ends_start=True)

    def _no_data(self, case: str) -> None:
        if self.add(Quirk.NO_DATA):
            self._report("no_data", case, ends_start=True)

    def _report(self, kind: str, case: str = "", *, ends_start: bool = False) -> None:
        self.events.append(Event(kind, case=case, ends_start=ends_start))
