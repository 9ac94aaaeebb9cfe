"""Builder of one treadmill's snapshot, from the events of its driver in any order. Pure."""

from collections.abc import Collection
from dataclasses import replace

from bridge.machines import Quirk
from bridge.tracking.belt_state import SETTLE, BeltReport, BeltState, Habits
from bridge.tracking.fields import Fields, is_blank
from bridge.tracking.incline import InclineField
from bridge.tracking.learning.knowledge import Knowledge
from bridge.tracking.learning.learner import Learner
from bridge.tracking.learning.units import in_units
from bridge.tracking.pulse import Pulse
from bridge.tracking.quirk_detector import Observer
from bridge.values import (
    NOT_THIS_VALUE,
    Activity,
    Axis,
    Belt,
    Control,
    Event,
    Halt,
    HaltBelt,
    MachineInfo,
    Measurement,
    Order,
    Sample,
    SetTarget,
    Snapshot,
    StartBelt,
    Steps,
    Unusable,
)
from bridge.values.status import (
    MachineEvent,
    MachineReset,
    Paused,
    SafetyKey,
    Started,
    Stopped,
    TargetChanged,
)

REPLAY = 1.0
"""Seconds after subscribing in which a status is a repetition of the last one."""
IDLE_S = 20.0
"""Seconds of a link after which its end at rest may be an idle disconnect."""
IDLE_ENDS = 3
"""Consecutive ends after about the same time that show an idle disconnect."""
MOST_SPEED = 4000
"""No treadmill runs faster than 40 km/h (wire units): higher values are garbage."""
CONFIRM_S = 0.5
"""A zero in mid-run counts if a second sample, this many seconds later, is zero too."""
BABBLE_S = 8.0
"""Seconds after garbage in which a target status may be garbage as well."""

_SAID = {
    Started: BeltReport.START,
    Stopped: BeltReport.STOP,
    Paused: BeltReport.PAUSE,
    SafetyKey: BeltReport.STOP,
}


_NOBODY = MachineInfo("")


class SnapshotBuilder:
    """Merges the data of one treadmill. Times are monotonic seconds.

    `snapshot` is the latest knowledge.
    """

    def __init__(self) -> None:
        self.snapshot = Snapshot()
        self._belt = BeltState(0.0)
        self._habits: dict[str, Habits] = {}
        self._fields = Fields()
        self._held: tuple[Measurement, float] | None = None
        self._inclines: dict[str, InclineField] = {}
        self._incline = InclineField()
        self._linked = 0.0
        self._running_since: float | None = None
        self._halted: MachineEvent | None = None
        self._observer = Observer(_NOBODY, 0.0)
        self._learner = Learner()
        self._idle_ends: tuple[float, ...] = ()
        self._babbled = float("-inf")
        self._strap = Pulse()
        self._worn = False
        """True if the strap's heart rate counted on this run, and its silence is still news."""

    def connected(self, machine: MachineInfo, now: float, known: Knowledge | None = None) -> None:
        """Begin a link; earlier data are no longer current.

        `known` is the stored knowledge of this machine. None continues with what this builder
        learned.
        """
        self._fields, self._held = Fields(), None
        self._incline = self._inclines.setdefault(machine.address, InclineField())
        self._linked = now
        self._learner.connected(machine, known)
        self._observer = Observer(machine, now)
        self._take_over()
        if self._incline.set_aside:
            self._observer.add(Quirk.INCLINE_MEANINGLESS)
        if self._bores():
            self._observer.add(Quirk.HANGS_UP_WHEN_IDLE)
        machine = self._observer.machine
        self._belt = BeltState(
            now,
            reports_target=self._observer.has(Quirk.REPORTS_TARGET),
            habits=self._habits.setdefault(machine.address, Habits()),
        )
        self.snapshot = Snapshot(
            connected=True,
            machine=machine,
            sample=self.snapshot.sample,
            read_time=now,
            learned=self._learner.learned,
        )

    def disconnected(self, now: float, *, lost: bool) -> None:
        """End the link: the belt is unknown.

        `lost` is True if the machine or the radio ended it.
        """
        lasted = now - self._linked
        idle = lost and self.snapshot.belt.stands and lasted >= IDLE_S
        self._idle_ends = (*self._idle_ends, lasted)[-IDLE_ENDS:] if idle else ()
        self.snapshot = replace(
            self.snapshot, connected=False, belt=Belt.UNKNOWN, control=Control.NONE
        )

    def measured(self, data: Measurement, now: float) -> Sample | None:
        """Take a measurement; return its sample, or None if it cannot be true."""
        if data.speed is not None and data.speed > MOST_SPEED:
            self._garble(now)
            return None
        if self._hold_back(data, now):
            return None
        return self._take(data, now)

    def unusable(self, what: Unusable, now: float) -> None:
        """Take data that are neither a measurement nor an event."""
        match what:
            case Unusable.PART:
                self._observer.part()
            case Unusable.MEASUREMENT:
                self._garble(now)
            case Unusable.STATUS | Unusable.UNKNOWN_STATUS:
                self._babbled = now
            case Unusable.OTHER:
                pass

    def _hold_back(self, data: Measurement, now: float) -> bool:
        """Return True to wait for the next record: this one may be blank by accident."""
        before, held = self.snapshot.sample, self._held
        if held is None:
            running = self.snapshot.belt is Belt.RUNNING
            if running and before is not None and is_blank(data, before, now):
                self._held = (data, now)
            return self._held is not None
        if data.speed == 0 and now - held[1] < CONFIRM_S:
            return True
        self._held = None
        if data.speed == 0:
            self._belt.sample(*held)
        return False

    def _without_false_incline(self, data: Measurement, now: float) -> Measurement:
        if data.incline is None:
            return data
        field, machine = self._incline, self.snapshot.machine
        told = None if machine is None else machine.incline_range
        if field.take(data.incline, told, now):
            return data
        if field.event is not None:
            self._observer.events.append(field.event)
            self._observer.add(Quirk.INCLINE_MEANINGLESS)
        elif field.believed and not field.set_aside:
            self._garble(now)
        return replace(data, incline=None)

    def strap(self, bpm: int, now: float) -> None:
        """Take the heart rate of a chest strap, in beats per minute; 0 without contact."""
        self._strap.take_sample(bpm, now)

    def _take(self, data: Measurement, now: float) -> Sample:
        data = self._without_false_incline(data, now)
        worn = self._strap.take_sample(None, now)
        if worn is not None:  # a strap is more accurate than the machine's handles
            data = replace(data, heart_rate=worn)
        elif self._worn and data.heart_rate:
            self._observer.events.append(Event("heart_rate_lost", case="strap"))
            self._worn = False
        running = self._belt.belt is Belt.RUNNING
        self._worn = running and (self._worn or worn is not None)
        sample = self._fields.merge(data, now, self.snapshot.learned.hold_s)
        self.snapshot = self.snapshot.with_sample(sample)
        self._belt.sample(data, now)
        self._observer.sample(data, now)
        self._learner.sample(data, now)
        self._judge(now)
        return sample

    def training(self, activity: Activity | None, now: float) -> None:
        """Take a workout state, read or notified; None is ignored."""
        self._belt.training(activity, now)
        self._observer.training(activity)
        self._judge(now)

    def stepped(self, a_minute: int, now: float) -> None:
        """Take the runner's steps per minute."""
        self.snapshot = replace(self.snapshot, steps=Steps(now, a_minute))

    def happened(self, event: MachineEvent, now: float) -> list[MachineEvent]:
        """Take an event of the machine; return the part of it that is news.

        A repetition after subscribing or of the same stop is no news. Nor is a status that names no
        target, because the belt starts, stops or reports its current speed. Amid garbage no target
        is trusted: a console press shows in the data too.
        """
        replay = now - self._linked <= REPLAY
        if not isinstance(event, TargetChanged):
            self._observer.status(event, now, replay=replay)
        if replay:
            # Except a safety key: if it came last, the belt was not started since.
            return [event] if isinstance(event, SafetyKey) else []
        if isinstance(event, TargetChanged):
            names = self._names_target(event)
            self._judge(now)
            return [event] if names else []
        self._learner.status(event)
        repeated = self._repeats(event)
        if word := _SAID.get(type(event)):
            self._belt.take_report(word, now)
        elif isinstance(event, MachineReset):
            self._belt.take_report(BeltReport.STOP, now)
        self._judge(now)
        return [] if repeated else [event]

    def sending(self, target: SetTarget, now: float) -> None:
        """Record a target that is being written; `written` or `refused` follows."""
        self._learner.sending(target, now)

    def written(self, order: Order, now: float) -> None:
        """Record an order that the machine carried out; it may send no status of that."""
        match order:
            case StartBelt():
                self._belt.take_report(BeltReport.START, now, ours=True)
            case HaltBelt(kind):
                self._belt.take_report(
                    BeltReport.STOP if kind is Halt.STOP else BeltReport.PAUSE, now, ours=True
                )
            case SetTarget(Axis.INCLINE, value):
                self._incline.written(value, now)
        self._learner.answers(never=False)
        self._observer.written(order, now)
        self._learner.written(order, now)
        self._judge(now)

    def halt_written(self, now: float) -> None:
        """Record a halt that is being written; `written` follows if it is answered."""
        self._belt.halt_written(now)

    def refused(self, order: Order, why: str) -> None:
        """Record an order that the machine did not carry out."""
        if why != NOT_THIS_VALUE:
            self._observer.refused()
        elif isinstance(order, SetTarget):
            self._learner.refused(order.axis, order.value)
        self.snapshot = replace(self.snapshot, learned=self._learner.learned)

    def gestures(self, axes: Collection[Axis]) -> None:
        """Record console gestures on these axes: nothing is learned there."""
        self._learner.gestures(axes)
        if Axis.INCLINE in axes:
            self._incline.gesture()

    def learned(self) -> Knowledge | None:
        """Return the knowledge to store if anything was learned since the last call."""
        return self._learner.news()

    def try_again(self, now: float) -> None:
        """Reset after a new command to a machine that refused everything."""
        self._observer.try_again()
        self._judge(now)

    def observed(self, quirk: Quirk) -> None:
        """Add a quirk that another part observed."""
        if quirk is Quirk.NO_ANSWERS:
            self._learner.answers(never=True)
            self._observer.unanswered()
        else:
            self._observer.add(quirk)

    def take_events(self) -> list[Event]:
        """Return and clear the events for people."""
        return [*self._observer.take_events(), *self._learner.take_events()]

    def alive(self, now: float) -> None:
        """Record an answered read."""
        self.snapshot = replace(self.snapshot, read_time=now)
        self._belt.answered(now)

    def control(self, state: Control) -> None:
        """Take the state of the control point."""
        self.snapshot = replace(self.snapshot, control=state)

    def tick(self, now: float) -> None:
        """Process the passing of time, silence included. Call at least once a second."""
        if self._held is not None and now - self._held[1] > self.snapshot.learned.hold_s:
            held, self._held = self._held, None
            self._take(*held)
        self._belt.learned = self.snapshot.learned
        self._belt.tick(now)
        self._judge(now)

    def _garble(self, now: float) -> None:
        self._babbled = now
        self.snapshot = replace(self.snapshot, garbled=now)

    def _judge(self, now: float) -> None:
        if not self.snapshot.connected:
            return
        belt = self._belt.belt
        self._learn(belt, now)
        if belt is not Belt.RUNNING:
            self._running_since = None
        elif self._running_since is None:
            self._running_since = now
        stand = self._belt.counters_stand
        if belt is not self.snapshot.belt or stand is not self.snapshot.counters_stand:
            self.snapshot = replace(self.snapshot, belt=belt, counters_stand=stand)

    def _learn(self, belt: Belt, now: float) -> None:
        """Take over findings of the learner and the detector."""
        observer, learner = self._observer, self._learner
        observer.tick(belt, now)
        learner.tick(belt, now)
        self._take_over()
        if observer.machine is not self.snapshot.machine:
            self.snapshot = replace(self.snapshot, machine=observer.machine)
            self._belt.reports_target = observer.has(Quirk.REPORTS_TARGET)
        if learner.learned is not self.snapshot.learned:
            self.snapshot = replace(self.snapshot, learned=learner.learned)

    def _take_over(self) -> None:
        """Apply learned facts that change how orders are written."""
        observer, learner = self._observer, self._learner
        observer.machine = in_units(
            observer.machine,
            miles=learner.takes_miles and not observer.has(Quirk.TARGETS_IN_MPH),
            names_kmh=learner.named.kmh,
        )
        for quirk in learner.quirks:
            observer.add(quirk)

    def _bores(self) -> bool:
        """Return True if link after link ended at rest, after about the same time."""
        ends = self._idle_ends
        return len(ends) == IDLE_ENDS and max(ends) <= 1.2 * min(ends)

    def _repeats(self, event: MachineEvent) -> bool:
        last = self._halted
        self._halted = event if isinstance(event, Stopped | Paused) else None
        return last is not None and type(last) is type(event) and event.time - last.time <= SETTLE

    def _names_target(self, event: TargetChanged) -> bool:
        if event.time - self._babbled <= BABBLE_S:
            return False
        if event.axis is Axis.INCLINE:
            self._incline.named(event.value)
            self._learner.status(event)
            return True
        if event.value == 0:
            return False
        if self._running_since is None or event.time - self._running_since < SETTLE:
            told = self._observer.machine.speed_range
            self._learner.started(event, 0 if told is None else told.minimum)
            return self._running_since is not None
        self._learner.status(event)
        return True
